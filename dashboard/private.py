"""Pages hold members' words, which may be kept for 48 hours: no browser and no proxy stores an answer by itself."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase


class NeverStored:
    """Answers that say nothing about caching are not stored; files and kept pictures say it themselves."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        answer = self.get_response(request)
        answer.setdefault("Cache-Control", "private, no-store")
        return answer
