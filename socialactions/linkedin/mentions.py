"""Mentions between what a person writes and what LinkedIn wants: `@[Name](urn:li:person:x)` ⇄ text with spans.

LinkedIn documents "character index" without saying what a character is; its servers count UTF-16 code units, so that
is the default and `codepoint` the other choice. They differ only after characters beyond U+FFFF, most emoji among
them. Drawing a mention is left to the templates, finding people to the composer.

In a token's name `\\]` stands for `]` and `\\\\` for a backslash. In the text `\\@[` stands for `@[`, and
backslashes right before a token or such an opening are doubled.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal

from socialactions.linkedin.payloads import Attribute
from socialactions.linkedin.urns import ACTORS, Urn

Unit = Literal["utf16", "codepoint"]

_OPENING = re.compile(
    r"""(?P<slashes>\\*)
        @\[
        (?P<token>
          (?P<name>(?:\\[\\\]]|(?!@\[|\]\(|\\[\\\]])[^\n\r])+)\]  # an escape is read in one way only
          \((?P<urn>urn:li:(?:person|organization|organizationBrand):[A-Za-z0-9_-]+)\)
        )?""",
    re.VERBOSE,
)
_END_SLASHES = re.compile(r"\\+\Z")
_ESCAPED = re.compile(r"\\([\\\]])")
_SPECIAL = re.compile(r"([\\\]])")


@dataclass(frozen=True, slots=True)
class Message:
    """What goes to LinkedIn: plain text, and the spans in it that mean somebody."""

    text: str
    attributes: tuple[Attribute, ...]


@dataclass(frozen=True, slots=True)
class Segment:
    """A run of text to show; with a URN it is a link to whom it means."""

    text: str
    urn: Urn | None = None


def to_message(text: str, *, unit: Unit = "utf16") -> Message:
    """Replace the tokens in what a person wrote by their names, and say where each name stands."""
    plain: list[str] = []
    attributes: list[Attribute] = []
    length, end = 0, 0
    while match := _OPENING.search(text, end):
        slashes = len(match["slashes"])
        is_token = match["token"] is not None and slashes % 2 == 0
        before = text[end : match.start()] + match["slashes"][: slashes // 2 if is_token or slashes % 2 else slashes]
        name = _ESCAPED.sub(r"\1", match["name"]) if is_token else "@["
        length += _length(before, unit)
        span = _length(name, unit)
        if is_token:
            urn = Urn.parse(match["urn"], *ACTORS)
            kind = "person" if urn.kind == "person" else "organization"
            attributes.append(Attribute(start=length, length=span, kind=kind, urn=urn))
        plain += [before, name]
        length += span
        end = match.end() if is_token else match.end("slashes") + len("@[")
    plain.append(text[end:])
    return Message("".join(plain), tuple(attributes))


def segments(text: str, attributes: Iterable[Attribute], *, unit: Unit = "utf16") -> list[Segment]:
    """Cut a comment's text at its mentions. Spans that overlap, fall outside, or split a character are ignored."""
    found: list[Segment] = []
    end = 0
    for start, stop, urn in _spans(text, attributes, unit):
        if start < end:
            continue
        if start > end:
            found.append(Segment(text[end:start]))
        found.append(Segment(text[start:stop], urn))
        end = stop
    if end < len(text):
        found.append(Segment(text[end:]))
    return found


def without_names(
    text: str, attributes: Iterable[Attribute], whom: Collection[Urn], *, words: str, unit: Unit = "utf16"
) -> Message:
    """The same comment with ``words`` where these people were mentioned; the other mentions still stand at theirs."""
    plain: list[str] = []
    kept: list[Attribute] = []
    length = 0
    for one in segments(text, attributes, unit=unit):
        run = words if one.urn in whom else one.text
        span = _length(run, unit)
        if one.urn is not None and one.urn not in whom:
            kind = "person" if one.urn.kind == "person" else "organization"
            kept.append(Attribute(start=length, length=span, kind=kind, urn=one.urn))
        plain.append(run)
        length += span
    return Message("".join(plain), tuple(kept))


def to_tokens(text: str, attributes: Iterable[Attribute], *, unit: Unit = "utf16") -> str:
    """Write an existing comment the way the composer does, so that editing keeps its mentions."""
    written, literal = "", ""
    for one in segments(text, attributes, unit=unit):
        if one.urn is not None and one.urn.kind in ACTORS and _is_name(one.text):
            written += _END_SLASHES.sub(_doubled, _escaped(literal)) + token(one.text, one.urn)
            literal = ""
        else:
            literal += one.text
    return written + _escaped(literal)


def token(name: str, urn: Urn) -> str:
    """Spell one mention for the composer."""
    escaped = _SPECIAL.sub(r"\\\1", name)
    return f"@[{escaped}]({urn})"


def _escaped(literal: str) -> str:
    return re.sub(r"(\\*)@\[", r"\1\1\\@[", literal)


def _doubled(slashes: re.Match[str]) -> str:
    return slashes[0] * 2


def _is_name(text: str) -> bool:
    return not any(mark in text for mark in ("@[", "\n", "\r"))


def _spans(text: str, attributes: Iterable[Attribute], unit: Unit) -> list[tuple[int, int, Urn]]:
    """The usable spans as indexes into `text`, in order."""
    offsets = None if text.isascii() or unit == "codepoint" else _utf16_offsets(text)
    spans = []
    for one in attributes:
        start, stop = _index(text, offsets, one.start), _index(text, offsets, one.start + one.length)
        if one.urn is not None and one.length > 0 and start is not None and stop is not None:
            spans.append((start, stop, one.urn))
    return sorted(spans, key=lambda span: span[:2])


def _utf16_offsets(text: str) -> list[int]:
    """Where each character begins, and the end, in UTF-16 code units."""
    return list(accumulate((_units(character) for character in text), initial=0))


def _index(text: str, offsets: Sequence[int] | None, offset: int) -> int | None:
    if offsets is None:
        return offset if 0 <= offset <= len(text) else None
    at = bisect_left(offsets, offset)
    return at if at < len(offsets) and offsets[at] == offset else None


def _length(text: str, unit: Unit) -> int:
    return len(text) if unit == "codepoint" else sum(_units(character) for character in text)


def _units(character: str) -> int:
    return 2 if ord(character) > 0xFFFF else 1
