"""How bodies are read: JSON, said to be JSON, and nothing that JSON does not know; or that as a part of a form."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest
from ninja.params.models import Body, BodyModel
from ninja.parser import Parser

from .problems import Problem

FORM = "multipart/form-data"


class JsonOnly(Parser):
    def parse_body(self, request: HttpRequest) -> Any:
        """Raises Problem, or ValueError for what is no JSON."""
        if request.content_type != "application/json":
            raise Problem(
                "wrong_media_type", "Send application/json, or a form (multipart/form-data) whose part wish is JSON."
            )
        return _read(request.body)


class _JsonOrPart(BodyModel):
    @classmethod
    def get_request_data(cls, request: HttpRequest, api: Any, path_params: Any) -> Any:
        if request.content_type != FORM:
            return super().get_request_data(request, api, path_params)
        wish = _wish_in(request)
        strange = {f"part {name[:80]}": "no part of an action" for name in sorted(_strange_parts(request))[:20]}
        if wish is None and not strange:
            return {}
        return {"wish": {**(wish or {}), **strange} if isinstance(wish, dict | None) else wish}


class JsonOrPart(Body):  # type: ignore[misc]  # as ninja's own
    """For ninja: the body of a call as JSON, or the part `wish` of a form; what else comes with the form may be a file
    `image` and its `alt`. A part that nobody knows is a wrong field of the wish, so that all are named at once.
    """

    _model = _JsonOrPart

    @classmethod
    def _param_source(cls) -> str:
        return "body"


def _wish_in(request: HttpRequest) -> Any:
    """Programs send JSON in a form as a field or as a file; both are meant. None without either."""
    said: str | bytes | None = request.POST.get("wish")
    if said is None and (file := request.FILES.get("wish")) is not None:
        if (file.size or 0) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            raise RequestDataTooBig
        said = file.read()
    if said is None:
        return None
    try:
        return _read(said)
    except (ValueError, RecursionError) as error:
        raise Problem("malformed", "The part wish is no JSON.") from error


def _strange_parts(request: HttpRequest) -> set[str]:
    """Parts that an action does not have, and those that come more than once."""
    strange = {name for form in (request.POST, request.FILES) for name in form if len(form.getlist(name)) > 1}
    strange |= (set(request.POST) - {"wish", "alt"}) | (set(request.FILES) - {"wish", "image"})
    return strange | (set(request.POST) & set(request.FILES))


def _read(said: str | bytes) -> Any:
    return json.loads(said, parse_constant=_no_constant)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
