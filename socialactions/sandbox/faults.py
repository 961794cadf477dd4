"""Trouble on demand: which requests it meets, and how it spoils their answers. Leaves waiting and cutting to `app`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import unquote

from .exchange import HTML_TYPE, Answer, Refused, Request

DEEDS = ("refuse", "refuse_after", "delay", "drop_before", "drop_after", "malformed", "throttle")
FORMS = ("html", "truncated", "empty", "no_id", "wrong_actor", "odd_lifetime")
_IDS = ("id", "commentUrn", "$URN")


class ConnectionDropped(Exception):
    """The connection is to be cut without an answer."""


class AnswerTooLate(Exception):
    """In process only: the answer would come after the caller's read timeout."""


@dataclass(slots=True)
class Rule:
    """Meets `times` requests of this method ("*": any) whose decoded path matches; then it is spent.

    seconds, when: how late a "delay" is, and whether it comes before or after the work; how long a dropped connection
    is held before it is cut. restli_method: only such calls.
    """

    do: str
    method: str = "*"
    path: str = ""
    times: int = 1
    status: int = 500
    body: Any = None
    seconds: float = 0
    when: str = "after"
    form: str = "html"
    restli_method: str = ""

    @classmethod
    def read(cls, wish: Mapping[str, Any]) -> Rule:
        """Raises: ValueError saying what is wrong with the wish."""
        unknown = set(wish) - set(cls.__dataclass_fields__)
        if unknown:
            raise ValueError(f"a fault has no {', '.join(sorted(unknown))}")
        try:
            rule = cls(**wish)
            rule.method, rule.times, rule.status = rule.method.upper(), int(rule.times), int(rule.status)
            rule.seconds = float(rule.seconds)
            re.compile(rule.path)
        except (TypeError, AttributeError, ValueError, re.error) as error:
            raise ValueError(f"not a fault: {error}") from None
        if rule.do not in DEEDS or rule.form not in FORMS or rule.when not in ("before", "after"):
            raise ValueError(f"do is one of {', '.join(DEEDS)}; form one of {', '.join(FORMS)}; when before or after")
        if not (400 <= rule.status <= 599 or 300 <= rule.status <= 399):
            raise ValueError("status is one of 300 to 599")
        return rule

    def meets(self, request: Request) -> bool:
        return (
            self.times > 0
            and self.method in ("*", request.method)
            and self.restli_method.upper() in ("", request.restli_method)
            and re.search(self.path, unquote(request.path)) is not None
        )

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def take(rules: list[Rule], request: Request) -> Rule | None:
    """The first rule that meets this request, counted down; spent rules leave the list."""
    for rule in rules:
        if rule.meets(request):
            rule.times -= 1
            if rule.times == 0:
                rules.remove(rule)
            return rule
    return None


def refusal(rule: Rule) -> Answer:
    """The answer of both refusals: the given body (object, or text as it stands), else LinkedIn's for this status."""
    if isinstance(rule.body, str):
        kind = HTML_TYPE if rule.body.lstrip().startswith("<") else "application/json"
        return Answer(rule.status, rule.body.encode(), kind)
    if rule.body is not None:
        return Answer(rule.status, json.dumps(rule.body).encode())
    code, message, number = _USUAL.get(rule.status, ("", "Something went wrong", None))
    return Refused(rule.status, message, code=code, service_code=number).answer()


def throttled(request: Request) -> Refused:
    """429: for a new comment the one-minute throttle, else the daily limit."""
    if request.method == "POST" and request.path.endswith("/comments"):
        return creation_throttled()
    return daily_throttled()


def creation_throttled() -> Refused:
    return Refused(429, "Comment create throttled: creation rate limit exceeded for member", code="TOO_MANY_REQUESTS")


def daily_throttled() -> Refused:
    message = "Resource level throttle limit for calls to this resource is reached."
    return Refused(429, message, code="TOO_MANY_REQUESTS", service_code=101)


def spoil(answer: Answer, form: str) -> Answer:
    """The same answer, malformed: HTML, half of it, nothing, without ids, in another name, a token with an odd life."""
    if form == "html":
        return Answer(answer.status, b"<!doctype html><title>LinkedIn</title><p>One moment, please.", HTML_TYPE)
    if form == "truncated":
        return Answer(answer.status, answer.body[: len(answer.body) // 2], answer.content_type, _without_ids(answer))
    if form == "empty":
        return Answer(answer.status, b"", answer.content_type, _without_ids(answer))
    found = json.loads(answer.body) if answer.body else {}
    for element in found.get("elements", [found]):
        if form == "no_id":
            for name in _IDS:
                element.pop(name, None)
        elif form == "odd_lifetime":
            element["expires_in"] = "soon"
        else:
            element["actor"] = "urn:li:organization:999"
    headers = _without_ids(answer) if form == "no_id" else answer.headers
    return Answer(answer.status, json.dumps(found).encode(), answer.content_type, headers)


def _without_ids(answer: Answer) -> list[tuple[str, str]]:
    return [(name, text) for name, text in answer.headers if name.lower() in ("date", "x-li-uuid")]


_USUAL: dict[int, tuple[str, str, int | None]] = {
    401: ("REVOKED_ACCESS_TOKEN", "The token has been revoked", 65601),
    403: ("ACCESS_DENIED", "Not enough permissions to access: partnerApiSocialActions.CREATE.20260901", 100),
    404: ("NOT_FOUND", "Not Found", None),
    409: ("CONFLICT", "Write conflict", None),
    429: (
        "TOO_MANY_REQUESTS",
        "Resource level throttle limit for calls to this resource is reached.",
        101,
    ),
    500: ("INTERNAL_SERVER_ERROR", "Internal Server Error", None),
    503: ("SERVICE_UNAVAILABLE", "Service Unavailable", None),
    504: ("GATEWAY_TIMEOUT", "Gateway Timeout", None),
}
