"""Stored texts as runs that templates can place: mentions and links become links made by us."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from socialactions.linkedin import little_text, mentions
from socialactions.linkedin.payloads import Attribute
from socialactions.linkedin.urns import Urn
from socialactions.spans import unit

from .rows import Segment

LINK = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:!?)\]]", re.IGNORECASE)
TITLE_CHARS = 90


def comment_segments(text: str, attributes: Iterable[Mapping[str, Any]]) -> list[Segment]:
    runs = mentions.segments(text, stored_attributes(attributes), unit=unit())
    return [piece for run in runs for piece in _pieces(run.text, run.urn)]


def typed_segments(text: str) -> list[Segment]:
    """What a person typed, tokens shown as the mentions they will be."""
    message = mentions.to_message(text, unit=unit())
    runs = mentions.segments(message.text, message.attributes, unit=unit())
    return [piece for run in runs for piece in _pieces(run.text, run.urn)]


def plain(text: str) -> str:
    """What a person typed as LinkedIn shows it: mentions as their names."""
    return mentions.to_message(text, unit=unit()).text


def stored_attributes(attributes: Iterable[Mapping[str, Any]]) -> list[Attribute]:
    return [
        Attribute(start=one["start"], length=one["length"], urn=Urn.parse(one["urn"]))
        for one in attributes
        if one.get("urn")
    ]


def post_paragraphs(commentary: str) -> list[list[Segment]]:
    """A post's commentary (little text) as paragraphs of runs."""
    paragraphs: list[list[Segment]] = [[]]
    for run in little_text.parse(commentary):
        if run.urn is not None or run.hashtag:
            paragraphs[-1].append(
                Segment(run.text, address_of(run.urn) if run.urn else _hashtag(run.text), bool(run.urn))
            )
            continue
        first, *more = re.split(r"\n\s*\n", run.text)
        paragraphs[-1].extend(_pieces(first, None))
        for part in more:
            paragraphs.append(_pieces(part, None))
    return [p for p in paragraphs if any(run.text.strip() for run in p)]


def title_and_excerpt(commentary: str, fallback: str) -> tuple[str, str]:
    """The first line for lists, cut at a word, and what follows it."""
    plain = "".join(run.text for run in little_text.parse(commentary)).strip()
    if not plain:
        return fallback, ""
    first, _, rest = plain.partition("\n")
    sentence = re.match(r".{12,88}?[.!?](?=\s)", first)
    if sentence:
        title, rest = sentence[0], first[sentence.end() :] + "\n" + rest
    elif len(first) > TITLE_CHARS:
        title = first[:TITLE_CHARS].rsplit(" ", 1)[0] + "…"
        rest = "…" + first[len(title) - 1 :] + "\n" + rest
    else:
        title = first
    return title.removesuffix(".").strip(), " ".join(rest.split())[:220]


def address_of(urn: Urn) -> str:
    """A page on LinkedIn for somebody who was mentioned. People's ids belong to our app and lead nowhere public."""
    if urn.kind in ("organization", "organizationBrand"):
        return f"https://www.linkedin.com/company/{quote(urn.key, safe='')}/"
    return ""


def permalink(urn: str) -> str:
    """Where a post or comment stands on LinkedIn."""
    parsed = Urn.parse(urn)
    if parsed.kind != "comment":
        return f"https://www.linkedin.com/feed/update/{quote(urn, safe=':')}/"
    return (
        f"https://www.linkedin.com/feed/update/{quote(str(parsed.thread), safe=':')}/?commentUrn={quote(urn, safe='')}"
    )


def _hashtag(text: str) -> str:
    return f"https://www.linkedin.com/feed/hashtag/{quote(text.removeprefix('#'), safe='')}/"


def _pieces(text: str, urn: Urn | None) -> list[Segment]:
    """A mention as it is; plain text cut at the web addresses in it."""
    if urn is not None:
        return [Segment(text, address_of(urn), is_mention=True)]
    found, end = [], 0
    for match in LINK.finditer(text):
        if match.start() > end:
            found.append(Segment(text[end : match.start()]))
        found.append(Segment(match[0], match[0]))
        end = match.end()
    if end < len(text):
        found.append(Segment(text[end:]))
    return found
