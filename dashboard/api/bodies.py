"""How bodies are read: JSON, said to be JSON, and nothing that JSON does not know."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from django.http import HttpRequest
from ninja.parser import Parser

from .problems import Problem


class JsonOnly(Parser):
    def parse_body(self, request: HttpRequest) -> Any:
        """Raises Problem, or ValueError for what is no JSON."""
        if request.content_type != "application/json":
            raise Problem("wrong_media_type", "Send the body as application/json.")
        return json.loads(request.body, parse_constant=_no_constant)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
