"""A request as the sandbox sees it and the answers it gives. Leaves sockets and WSGI to `app`, meaning to the nouns."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .records import Json, Token

JSON_TYPE = "application/json"
HTML_TYPE = "text/html; charset=utf-8"


@dataclass(slots=True)
class Request:
    """One request; `path` and `query` stay raw, `method` is the real verb after query tunneling."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]  # lower-case names
    body: bytes
    host: str = "localhost"
    peer: str = "127.0.0.1"
    scheme: str = "http"
    is_tunneled: bool = False
    face: str = ""  # "rest", "v2" or nothing
    version: str = ""
    protocol: int = 1
    token: Token | None = None
    segments: tuple[str, ...] = ()  # raw, after the face
    parameters: dict[str, Any] = field(default_factory=dict)  # decoded query

    @property
    def is_v2(self) -> bool:
        return self.face == "v2"

    @property
    def viewer(self) -> str:
        """The signed-in member's URN."""
        assert self.token is not None
        return f"urn:li:person:{self.token.member}"

    @property
    def base_url(self) -> str:
        return f"{self.scheme}://{self.host}"

    @property
    def restli_method(self) -> str:
        return self.headers.get("x-restli-method", "").upper()

    def text(self, name: str, default: str = "") -> str:
        """The query value as text.

        Raises: Refused when it is a list or record.
        """
        value = self.parameters.get(name, default)
        if not isinstance(value, str):
            raise bad_query()
        return value

    def whole(self, name: str, default: int) -> int:
        text = self.text(name)
        if not text:
            return default
        if not (text.isascii() and text.isdigit()) or len(text) > 9:
            raise bad_query()
        return int(text)

    def items(self, name: str) -> list[Any]:
        """The query value as a list, in whichever form this protocol version writes lists."""
        value = self.parameters.get(name)
        if not isinstance(value, list):
            raise bad_query()
        return value

    def json(self) -> Json:
        """The body as an object.

        Raises: Refused 415 for another content type, 400 for what is not a JSON object.
        """
        kind = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != JSON_TYPE:
            raise Refused(415, f"Unsupported content type {kind or 'none'}: send application/json")
        try:
            found = json.loads(self.body)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise Refused(400, "Could not parse the request body as a JSON object", code="INVALID_VALUE_FOR_FIELD")
        return found


@dataclass(slots=True)
class Answer:
    status: int
    body: bytes = b""
    content_type: str = JSON_TYPE
    headers: list[tuple[str, str]] = field(default_factory=list)


def answer_json(found: object, status: int = 200, headers: Iterable[tuple[str, str]] = ()) -> Answer:
    """An answer from an object, or from text that is JSON already."""
    text = found if isinstance(found, str) else dump(found)
    return Answer(status, text.encode("utf-8", "replace"), headers=list(headers))


def dump(found: object) -> str:
    return json.dumps(found, ensure_ascii=False, separators=(",", ":"))


class Refused(Exception):
    """An answer that is an error; its body has the shape of LinkedIn's."""

    def __init__(self, status: int, message: str, *, code: str = "", service_code: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.body: Json = {"status": status}
        if service_code is not None:
            self.body["serviceErrorCode"] = service_code
        if code:
            self.body["code"] = code
        self.body["message"] = message

    def answer(self) -> Answer:
        return answer_json(self.body, self.status, [("X-RestLi-Error-Response", "true")])


def bad_query() -> Refused:
    return Refused(400, "Invalid query parameters passed to request")


def bad_path() -> Refused:
    return Refused(400, "Syntax exception in path variables")


def not_found() -> Refused:
    return Refused(404, "Not Found", code="NOT_FOUND")


def wrong_method() -> Refused:
    return Refused(405, "Method not allowed for this resource", code="METHOD_NOT_ALLOWED")


def missing(name: str) -> Refused:
    return Refused(400, f"{name} is required but missing", code="MISSING_FIELD")


def wrong_value(name: str, value: object) -> Refused:
    return Refused(400, f"{name} can't be set to {value}", code="INVALID_VALUE_FOR_FIELD")


def unpermitted(*pointers: str) -> Refused:
    listed = ", ".join(pointers)
    return Refused(
        403,
        "Unpermitted fields present in REQUEST_BODY: Data Processing Exception while processing fields "
        + f"[{listed}]",
    )
