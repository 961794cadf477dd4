"""Rest.li protocol 2.0 as text: values in paths and queries, keys in answers, headers, query tunneling. No I/O.

Sources: Microsoft Learn "Protocol versions" and "Query tunneling"; the escaping rules are those of linkedin/rest.li.
Which resources exist and what they answer is left to the client's modules by noun.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import quote, unquote

from socialactions.linkedin.urns import Urn

Value = str | int | float | Urn | Mapping[str, Any] | Sequence[Any]
Decoded = str | list[Any] | dict[str, Any]  # numbers and booleans stay text: only the caller knows the type

PROTOCOL = "2.0.0"
# Both official clients tunnel once the encoded query is longer than this; the documented limit is 4 KB.
TUNNEL_ABOVE = 4000

_REDUCED = {character: f"%{ord(character):02X}" for character in "(),:'"}
_SYNTAX = "(),:"


@dataclass(frozen=True, slots=True, repr=False)
class Request:
    """One call, ready for the wire. `url` is final: encoding it again would break it. Holds the token: no repr."""

    verb: str
    url: str
    headers: dict[str, str]
    body: bytes | None
    is_write: bool
    resource: str  # "socialActions.comments": for logs and budgets, without ids


def encode(value: Value) -> str:
    """Spell `value` for a path or query: strings escaped, `List(a,b)`, `(key:value)`, `''` for an empty string."""
    return _spell(value, partial(quote, safe=""))


def reduced(value: Value) -> str:
    """Spell `value` as a key inside JSON or a header, where only `( ) , : '` are escaped."""
    return _spell(value, _escape_syntax)


def decode(text: str) -> Decoded:
    """Read what `encode` wrote; ValueError when the syntax is broken."""
    return _read(text, unquote)


def decode_reduced(text: str) -> Decoded:
    """Read a key of `results`, `statuses` or `errors` in an answer."""
    return _read(text, _unescape_syntax)


def query(**parameters: Value | None) -> str:
    """Join `name=value` pairs; names with None are left out."""
    return "&".join(f"{name}={encode(value)}" for name, value in parameters.items() if value is not None)


def headers(token: str, version: str) -> dict[str, str]:
    """What every call to /rest carries; without the protocol header LinkedIn reads `List(...)` as protocol 1.0."""
    return {
        "Authorization": f"Bearer {token}",
        "Linkedin-Version": version,
        "X-Restli-Protocol-Version": PROTOCOL,
        "Accept": "application/json",
        "Accept-Encoding": "gzip",
        "User-Agent": "threadwell",
    }


def prepare(
    verb: str, url: str, *, headers: Mapping[str, str], query: str = "", body: object = None, method: str | None = None
) -> Request:
    """Build one call from finished parts; a query that is too long for an address travels in the body instead.

    `url` and `query` are already encoded, `method` is Rest.li's name (BATCH_GET, PARTIAL_UPDATE, …) where it matters.
    """
    out = dict(headers)
    if method is not None:
        out["X-RestLi-Method"] = method
    content = None if body is None else json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    is_write = verb != "GET"
    if len(query) > TUNNEL_ABOVE:
        return _tunnel(verb, url, out, query, content, is_write)
    if content is not None:
        out["Content-Type"] = "application/json"
    if is_write:  # an empty POST without a length is answered by 411
        out["Content-Length"] = str(len(content or b""))
    return Request(verb, f"{url}?{query}" if query else url, out, content, is_write, resource_of(url))


def resource_of(url: str) -> str:
    """Name the resource of an address without any id in it: `socialActions.comments`."""
    path = url.partition("://")[2].partition("/")[2] if "://" in url else url.lstrip("/")
    names = [part for part in path.partition("?")[0].split("/") if part.isalpha() and part not in ("rest", "v2")]
    return ".".join(names) or "root"


def _tunnel(verb: str, url: str, out: dict[str, str], query: str, content: bytes | None, is_write: bool) -> Request:
    out["X-HTTP-Method-Override"] = verb
    if content is None:
        out["Content-Type"] = "application/x-www-form-urlencoded"
        body = query.encode("ascii")
    else:
        body, out["Content-Type"] = _multipart(query.encode("ascii"), content)
    out["Content-Length"] = str(len(body))
    return Request("POST", url, out, body, is_write, resource_of(url))


def _multipart(query: bytes, content: bytes) -> tuple[bytes, str]:
    boundary = hashlib.sha256(query + content).hexdigest()[:32]  # depends on both parts, so it stands in neither
    parts = ((b"application/x-www-form-urlencoded", query), (b"application/json", content))
    mark = b"--" + boundary.encode()
    lines = [b"%b\r\nContent-Type: %b\r\n\r\n%b\r\n" % (mark, kind, part) for kind, part in parts]
    return b"".join(lines) + mark + b"--\r\n", f"multipart/mixed; boundary={boundary}"


def _spell(value: Value, escape: Callable[[str], str]) -> str:
    if isinstance(value, str):
        return escape(value) if value else "''"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Urn):
        return escape(str(value))
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, Mapping):
        return "(" + ",".join(f"{_spell(key, escape)}:{_spell(item, escape)}" for key, item in value.items()) + ")"
    return "List(" + ",".join(_spell(item, escape) for item in value) + ")"


def _escape_syntax(text: str) -> str:
    return "".join(_REDUCED.get(character, character) for character in text)


def _unescape_syntax(text: str) -> str:
    for character, escaped in _REDUCED.items():
        text = text.replace(escaped, character).replace(escaped.lower(), character)
    return text


def _read(text: str, unescape: Callable[[str], str]) -> Decoded:
    reader = _Reader(text, unescape)
    value = reader.value()
    if reader.at != len(text):
        raise ValueError(f"{text!r} goes on after its value, at {reader.at}")
    return value


class _Reader:
    """A cursor over encoded text: a value is a `List(…)`, a record in parentheses, or a run without syntax in it."""

    def __init__(self, text: str, unescape: Callable[[str], str]) -> None:
        self.text = text
        self.at = 0
        self._unescape = unescape

    def value(self) -> Decoded:
        if self._skip("List("):
            return self._items()
        return self._record() if self._skip("(") else self._string()

    def _items(self) -> list[Any]:
        items: list[Any] = []
        if self._skip(")"):
            return items
        while True:
            items.append(self.value())
            if self._skip(")"):
                return items
            self._need(",")

    def _record(self) -> dict[str, Any]:
        record: dict[str, Any] = {}
        if self._skip(")"):
            return record
        while True:
            key = self._string()
            self._need(":")
            record[key] = self.value()
            if self._skip(")"):
                return record
            self._need(",")

    def _string(self) -> str:
        begin = self.at
        while self.at < len(self.text) and self.text[self.at] not in _SYNTAX:
            self.at += 1
        run = self.text[begin : self.at]
        return "" if run == "''" else self._unescape(run)

    def _skip(self, mark: str) -> bool:
        if not self.text.startswith(mark, self.at):
            return False
        self.at += len(mark)
        return True

    def _need(self, mark: str) -> None:
        if not self._skip(mark):
            raise ValueError(f"{mark!r} expected at {self.at} in {self.text!r}")
