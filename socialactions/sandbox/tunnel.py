"""Query tunneling: a POST whose body carries the query, and maybe the real body, of another call."""

from __future__ import annotations

import re

from .exchange import Refused, Request

_VERBS = ("GET", "PUT", "DELETE", "POST", "OPTIONS")
_FORM = "application/x-www-form-urlencoded"


def unwrap(request: Request) -> None:
    """Turn a tunneled request into the one it stands for; others stay as they are.

    Raises: Refused 400 for an override that is no verb or a body that does not have the tunnel's form.
    """
    override = request.headers.get("x-http-method-override")
    if request.method != "POST" or override is None:
        return
    if override.upper() not in _VERBS:
        raise Refused(400, f"Unknown method override {override}")
    kind = request.headers.get("content-type", "")
    headers = dict(request.headers)
    if kind.partition(";")[0].strip().lower() == _FORM:
        request.query, request.body = _ascii(request.body), b""
        del headers["content-type"]
    elif kind.lower().startswith("multipart/mixed"):
        request.query, request.body, headers["content-type"] = _parts(kind, request.body)
    headers.pop("x-http-method-override")
    headers["content-length"] = str(len(request.body))
    request.method, request.headers, request.is_tunneled = override.upper(), headers, True


def _parts(kind: str, body: bytes) -> tuple[str, bytes, str]:
    """The query of the first part, and body and content type of the second."""
    boundary = re.search(r'boundary="?([^";]+)"?', kind)
    pieces = body.split(f"--{boundary[1]}".encode()) if boundary else []
    if len(pieces) != 4 or pieces[3].strip() != b"--":
        raise Refused(400, "The tunneled request does not have two parts")
    first, second = _part(pieces[1]), _part(pieces[2])
    if first[0].partition(";")[0].strip() != _FORM:
        raise Refused(400, "The first part of a tunneled request is the query")
    return _ascii(first[1]), second[1], second[0]


def _part(piece: bytes) -> tuple[str, bytes]:
    head, mark, content = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
    match = re.search(rb"(?im)^content-type:\s*(.+?)\s*$", head)
    if not mark or match is None:
        raise Refused(400, "A part of the tunneled request has no content type")
    return match[1].decode("latin-1"), content.removesuffix(b"\r\n")


def _ascii(text: bytes) -> str:
    try:
        return text.decode("ascii").strip()
    except UnicodeDecodeError:
        raise Refused(400, "Invalid query parameters passed to request") from None
