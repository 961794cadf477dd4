"""What goes wrong, for programs: `application/problem+json` (RFC 9457) with a `code` out of one closed list.

A program reads `code` and `errors`; `detail` is for people and may change.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Schema

MEDIA_TYPE = "application/problem+json"

CODES: dict[str, tuple[int, str]] = {
    "malformed": (400, "The request cannot be read."),
    "key_missing": (401, "No API key was sent."),
    "key_invalid": (401, "The API key opens nothing."),
    "scope_missing": (403, "The API key does not have this scope."),
    "actor_not_allowed": (403, "The API key may not speak as this actor."),
    "not_permitted": (403, "The person behind the API key may not do this on LinkedIn now."),
    "not_found": (404, "There is nothing here that this API key may reach."),
    "method_not_allowed": (405, "This address does not take this method."),
    "too_slow": (408, "The request did not arrive in time."),
    "too_late": (409, "It is too late to take this back."),
    "colleague_first": (409, "A colleague has just answered in this thread."),
    "events_forgotten": (410, "Events since then are not all here."),
    "too_large": (413, "The request is too large."),
    "wrong_media_type": (415, "The body is of another kind than this address takes."),
    "invalid": (422, "Something in the request is not as it must be."),
    "refused": (422, "This cannot be done there now."),
    "idempotency_key_reused": (422, "This Idempotency-Key stands for another request."),
    "rate_limited": (429, "This API key calls too often."),
    "day_used_up": (429, "The person behind the API key asked for as much as a day may have."),
    "internal": (500, "Threadwell failed; this is our fault."),
    "not_saved": (503, "Threadwell cannot save anything at the moment."),
}
"""code → status and title. Codes may be added; none changes its meaning."""

OF_STATUS = {status: code for code, (status, _) in reversed(CODES.items())}


@dataclass(frozen=True, slots=True)
class Wrong:
    """One field that is not as it must be: where it stands ("mentions.0.start", "header Idempotency-Key")."""

    field: str
    detail: str


@dataclass(slots=True)
class Problem(Exception):
    code: str
    detail: str = ""
    errors: list[Wrong] = field(default_factory=list)
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def status(self) -> int:
        return CODES[self.code][0]


class WrongField(Schema):
    field: str
    detail: str


class ProblemOut(Schema):
    """RFC 9457, with our `code` and every field that is wrong."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: list[WrongField]


def invalid(*wrong: tuple[str, str]) -> Problem:
    """What stands where and is wrong there."""
    return Problem("invalid", " ".join(detail for _, detail in wrong), [Wrong(*one) for one in wrong])


def answer(problem: Problem) -> HttpResponse:
    status, title = CODES[problem.code]
    body = {
        "type": f"urn:threadwell:problem:{problem.code}",
        "title": title,
        "status": status,
        "detail": problem.detail or title,
        "code": problem.code,
        "errors": [asdict(one) for one in problem.errors],
    }
    response = HttpResponse(json.dumps(body), status=status, content_type=MEDIA_TYPE)
    if status == 401:
        response["WWW-Authenticate"] = 'Bearer realm="Threadwell"'
    for name, value in problem.headers.items():
        response[name] = value
    return response


def documented(*statuses: int) -> dict[int, type[Schema]]:
    """The problems of an operation, for its document; every one can be refused its key or its pace, or be ours."""
    return dict.fromkeys(sorted({401, 403, 422, 429, 500, 503, *statuses}), ProblemOut)


def headers_of(status: int, *names: str) -> dict[str, Any]:
    """For the document: headers that an answer may have."""
    told = {
        "Location": ("Where the action can be followed.", "string"),
        "Retry-After": ("Seconds until there may be news.", "integer"),
    }
    headers = {name: {"description": told[name][0], "schema": {"type": told[name][1]}} for name in names}
    return {"responses": {status: {"headers": headers}}}


def of_status(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """The same refusal for a program, where Django or ninja answered in words for people."""
    code = OF_STATUS.get(response.status_code)
    if code is None or response.get("Content-Type", "").startswith(MEDIA_TYPE):
        return response
    made = answer(Problem(code))
    if "Allow" in response:
        made["Allow"] = response["Allow"]
    return made


def of_validation(found: Iterable[Mapping[str, object]]) -> Problem:
    """ninja's list of what is wrong, each thing where the program wrote it."""
    errors = []
    for one in found:
        where, *rest = (str(part) for part in one["loc"])  # type: ignore[attr-defined]  # a tuple
        # ninja names the parameter of our function before the field of its body.
        name = ".".join(rest[1:] if where in ("body", "query") and len(rest) > 1 else rest)
        place = f"header {name}" if where == "header" else name or where
        errors.append(Wrong(place, str(one["msg"])))
    return Problem("invalid", "; ".join(f"{one.field}: {one.detail}" for one in errors)[:2000], errors)
