"""The rim of the API: whatever Django or ninja refuses by itself leaves as a problem, never as a page for people."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBase

from . import problems

PREFIX = "/api/"


class ProblemsOnly:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        answer = self.get_response(request)
        if request.path.startswith(PREFIX) and answer.status_code >= 400 and isinstance(answer, HttpResponse):
            return problems.of_status(request, answer)
        return answer
