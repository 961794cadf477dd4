"""Turns away bodies that nobody could mean, before Django keeps them on disk for whoever sent them.

A picture may have 8 MB. The limit is three times that, so that people without script who choose a larger one still
get their words back, with the composer's own sentence about the picture; only what is far beyond is cut off here.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

MAX_BODY_BYTES = 24 * 1024 * 1024
WORDS = b"This is more than 24 MB, which is too much for one form. Go back and choose a picture of at most 8 MB.\n"


class BodyTooLarge(Exception):
    pass


class LimitBody:
    """An ASGI application around another one: answers 413 by the announced length, or by counting what comes."""

    def __init__(self, app: Application, *, most: int = MAX_BODY_BYTES) -> None:
        self.app = app
        self.most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        if _announced(scope) > self.most:
            return await _refuse(send)
        taken = 0

        async def counted() -> Mapping[str, Any]:
            nonlocal taken
            event = await receive()
            if event["type"] == "http.request":
                taken += len(event.get("body", b""))
                if taken > self.most:
                    raise BodyTooLarge
            return event

        try:  # Django reads the whole body before it answers, so that nothing of another answer was sent yet
            await self.app(scope, counted, send)
        except BodyTooLarge:
            await _refuse(send)


def _announced(scope: Scope) -> int:
    """The length of the body by its header; 0 when it is not said, or is no number."""
    value = next((value for name, value in scope["headers"] if name.lower() == b"content-length"), b"")
    return int(value) if value.isdigit() and len(value) < 20 else 0


async def _refuse(send: Send) -> None:
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(WORDS)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": WORDS, "more_body": False})
