"""Reading what Rest.li puts in addresses: lists, records and keys, in protocol 2.0 and 1.0, from the raw bytes.

Written apart from the client's encoder on purpose. Leaves it to others which kinds of key a path takes.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote, unquote_plus

from socialactions.linkedin.urns import Urn

from .exchange import bad_path, bad_query

_SYNTAX = re.compile(r"[(),:]")
_BAD_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_RESERVED = str.maketrans({"(": "%28", ")": "%29", ",": "%2C", ":": "%3A", "'": "%27"})


def parse_query(query: str, protocol: int) -> dict[str, Any]:
    """Decode a raw query string into text, lists and records.

    Raises: Refused 400 for what this protocol version cannot read.
    """
    pairs = [piece.partition("=") for piece in query.split("&") if piece]
    found: dict[str, Any] = {}
    for raw_name, _, raw in pairs:
        name = unquote(raw_name)
        if name in ("fields", "projection") or protocol == 1:
            _add_plain(found, name, raw)
        elif name in found:
            raise bad_query()
        else:
            found[name] = decode(raw)
    return found


def _add_plain(found: dict[str, Any], name: str, raw: str) -> None:
    """Protocol 1.0: repeated or numbered names make lists, dots make records; `List(...)` is not understood."""
    value: Any = _text(raw, plus=True)
    if name not in ("fields", "projection") and value.startswith("List("):
        raise bad_query()
    numbered = re.fullmatch(r"(\w+)\[\d+\]", name)
    if numbered:
        found.setdefault(numbered[1], [])
        name, value = numbered[1], [value]
    elif re.fullmatch(r"\w+\.\w+", name):
        outer, _, inner = name.partition(".")
        record = found.setdefault(outer, {})
        if not isinstance(record, dict):
            raise bad_query()
        record[inner] = value
        return
    elif name in ("ids", "actions") and name not in found:
        value = [value]
    if name in found:
        earlier = found[name]
        found[name] = (earlier if isinstance(earlier, list) else [earlier]) + (
            value if isinstance(value, list) else [value]
        )
    else:
        found[name] = value


def decode(raw: str) -> Any:
    """Decode one protocol 2.0 value.

    Raises: Refused 400 for raw syntax characters inside a value, or unbalanced ones.
    """
    value, end = _value(raw, 0)
    if end != len(raw):
        raise bad_query()
    return value


def _value(raw: str, at: int) -> tuple[Any, int]:
    if raw.startswith("List(", at):
        return _list(raw, at + 5)
    if raw.startswith("(", at):
        return _record(raw, at + 1)
    end = _end_of_text(raw, at)
    return _text(raw[at:end]), end


def _list(raw: str, at: int) -> tuple[list[Any], int]:
    found: list[Any] = []
    if raw.startswith(")", at):
        return found, at + 1
    while True:
        value, at = _value(raw, at)
        found.append(value)
        mark, at = raw[at : at + 1], at + 1
        if mark == ")":
            return found, at
        if mark != ",":
            raise bad_query()


def _record(raw: str, at: int) -> tuple[dict[str, Any], int]:
    found: dict[str, Any] = {}
    if raw.startswith(")", at):
        return found, at + 1
    while True:
        end = _end_of_text(raw, at)
        key = _text(raw[at:end])
        if raw[end : end + 1] != ":":
            raise bad_query()
        found[key], at = _value(raw, end + 1)
        mark, at = raw[at : at + 1], at + 1
        if mark == ")":
            return found, at
        if mark != ",":
            raise bad_query()


def _end_of_text(raw: str, at: int) -> int:
    match = _SYNTAX.search(raw, at)
    return match.start() if match else len(raw)


def _text(raw: str, *, plus: bool = False) -> str:
    if raw == "''":
        return ""
    if _BAD_PERCENT.search(raw) or ("'" in raw and not plus):
        raise bad_query()
    try:
        return (unquote_plus if plus else unquote)(raw, errors="strict")
    except UnicodeDecodeError:
        raise bad_query() from None


def path_text(segment: str) -> str:
    """One raw path segment as text.

    Raises: Refused 400 for broken percent signs.
    """
    if _BAD_PERCENT.search(segment):
        raise bad_path()
    try:
        return unquote(segment, errors="strict")
    except UnicodeDecodeError:
        raise bad_path() from None


def path_urn(segment: str, *kinds: str) -> Urn:
    """The URN in a raw path segment: encoded, or raw with balanced parentheses as the older samples print it."""
    return read_urn(path_text(segment), *kinds)


def read_urn(text: str, *kinds: str) -> Urn:
    try:
        urn = Urn.parse(text, *kinds)
    except ValueError:
        raise bad_path() from None
    if urn.kind in ("share", "ugcPost", "activity", "organization") and not urn.key.isdigit():
        raise bad_path()
    return urn


def path_record(segment: str) -> dict[str, str]:
    """A complex key: `(actor:…,entity:…)` with encoded values, or the whole segment encoded.

    Raises: Refused 400 for anything else.
    """
    if segment.startswith("("):
        try:
            found = decode(segment)
        except Exception:  # whatever a decoder says of bytes that a stranger sent, the answer is the same 400
            raise bad_path() from None
        if isinstance(found, dict) and all(isinstance(value, str) for value in found.values()):
            return found
        raise bad_path()
    whole = path_text(segment)
    if not (whole.startswith("(") and whole.endswith(")")):
        raise bad_path()
    pairs = [piece.partition(":") for piece in split_top(whole[1:-1])]
    return {key: unquote(value) for key, _, value in pairs}


def split_top(text: str) -> list[str]:
    """Split at the commas that no parenthesis encloses."""
    pieces, depth, start = [], 0, 0
    for at, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if letter == "," and depth == 0:
            pieces.append(text[start:at])
            start = at + 1
    return [*pieces, text[start:]]


def reduced(text: str) -> str:
    """The encoding of keys outside addresses: only the five syntax characters are escaped."""
    return text.translate(_RESERVED)


def reduced_record(**values: str) -> str:
    return "(" + ",".join(f"{key}:{reduced(value)}" for key, value in values.items()) + ")"
