"""Everything that comes in is UTF-8. Django would decode by any encoding that a request names, also by those that make
characters which no database takes, or that make no text at all.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponseBase

OURS = (None, "utf-8", "utf8")


class OnlyUtf8:
    """Answers 400 to what says that it is encoded otherwise. Stands above all that reads forms."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any) -> None:
        encoding = request.encoding
        if (encoding.lower() if encoding else None) not in OURS:
            raise BadRequest("Requests are read as UTF-8.")
