"""Turns away bodies that nobody could mean, before Django keeps them on disk for whoever sent them.

A picture may have 8 MB. The limit is three times that, so that people without script who choose a larger one still
get their words back, with the composer's own sentence about the picture; only what is far beyond is cut off here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.template.loader import render_to_string
from django.views import defaults

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

MAX_BODY_BYTES = 24 * 1024 * 1024
TOO_LARGE = "threadwell.too_large"  # in the scope of a request whose body is not for Django to read
OF_BODY = (b"content-length", b"content-type", b"transfer-encoding")
OLD_CLIENTS = "/linkedin-agent/"


class LimitBody:
    """An ASGI application around Django's, which is asked to say 413: by the announced length, or by counting what
    comes. So the refusal has the form of its address, and the headers of all answers.
    """

    def __init__(self, app: Application, *, most: int = MAX_BODY_BYTES) -> None:
        self.app = app
        self.most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        if _announced(scope) > self.most:
            return await self._refuse(scope, send)
        taken = 0

        async def counted() -> Mapping[str, Any]:
            nonlocal taken
            event = await receive()
            if event["type"] == "http.request":
                taken += len(event.get("body", b""))
                if taken > self.most:
                    return {"type": "http.disconnect"}  # Django drops what it has, and says nothing
            return event

        await self.app(scope, counted, send)
        if taken > self.most:
            await self._refuse(scope, send)

    async def _refuse(self, scope: Scope, send: Send) -> None:
        headers = [(name, value) for name, value in scope["headers"] if name.lower() not in OF_BODY]
        await self.app({**scope, "headers": headers, TOO_LARGE: True}, Nothing().receive, send)


class Nothing:
    """An empty body, and then silence: Django listens for the end of the connection."""

    def __init__(self) -> None:
        self._told = False

    async def receive(self) -> Mapping[str, Any]:
        if self._told:
            await asyncio.Event().wait()
        self._told = True
        return {"type": "http.request", "body": b"", "more_body": False}


class SayTooLarge:
    """Innermost of Django's middleware: what `LimitBody` refused is answered here, whatever its address is."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not (isinstance(request, ASGIRequest) and request.scope.get(TOO_LARGE)):
            return self.get_response(request)
        answer = _too_large(request)
        answer["Connection"] = "close"  # the rest of the body is still on its way
        return answer


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """Django's 400; but fields beyond DATA_UPLOAD_MAX_MEMORY_SIZE are too large, as everything that is."""
    if isinstance(exception, RequestDataTooBig):
        return _too_large(request)
    return defaults.bad_request(request, exception)


def _too_large(request: HttpRequest) -> HttpResponse:
    if request.path.startswith(OLD_CLIENTS):
        return JsonResponse({"success": False, "error": "The request is too large."}, status=413)
    # for programs `ProblemsOnly` says the same in its own form
    return HttpResponse(render_to_string("413.html"), status=413)


def _announced(scope: Scope) -> int:
    """The length of the body by its header; 0 when it is not said, or is no number."""
    value = next((value for name, value in scope["headers"] if name.lower() == b"content-length"), b"")
    return int(value) if value.isdigit() and len(value) < 20 else 0
