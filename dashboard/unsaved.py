"""The answer when a form could not be saved: the disk is full, or the database is away."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.loader import render_to_string

log = logging.getLogger(__name__)
SAFE = ("GET", "HEAD", "OPTIONS")


class SayNotSaved:
    """Tells whoever pressed a button that nothing was done and what to do. Composers say it themselves, with what was
    typed; programs are told in their own form.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if request.method in SAFE or not isinstance(exception, OperationalError | InterfaceError):
            return None
        log.error("could not save what %s asked for: %s", request.path, type(exception).__name__)
        return HttpResponse(render_to_string("503.html"), status=503, headers={"Retry-After": "5"})
