"""What an address that was copied on linkedin.com names: a post or a comment, by the id that stands in it.

LinkedIn documents one form (docs/linkedin.md); the others are what people paste. Nothing here asks anybody.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from .urns import POSTS, Urn

OFTEN_ENCODED = 3  # a link that was handed on inside of other links
REPLY = ("replyUrn", "dashReplyUrn")
COMMENT = ("commentUrn", "dashCommentUrn")
_KINDS = "|".join(POSTS)
_NAME = re.compile(rf"urn:li:(?:fsd_)?comment:\([^()]*\)|urn:li:(?:{_KINDS}):[0-9]+(?![\w-])", re.ASCII)
# "/posts/acme_some-words-activity-7123-aBcD/": nowhere documented, but what "Copy link" gives people.
_IN_WORDS = re.compile(rf"/posts/[^/]*-({_KINDS})-([0-9]+)(?=[-/]|$)", re.ASCII)
_ENCODED = re.compile(r"(?:https?|urn)%", re.IGNORECASE)
# Turned round: the comment's own id stands first.
_TURNED = re.compile(r"urn:li:fsd_comment:\(([0-9]+),([^,()]+)\)", re.ASCII)


def from_address(text: str) -> Urn | None:
    """Read what a person pasted: an address of a post or comment on linkedin.com, or a bare URN. None when it is
    neither, or names several.
    """
    text = text.strip().replace("&amp;", "&")
    if _ENCODED.match(text):
        text = _plain(text)
    if text.startswith("urn:li:"):
        return _comment(text) or _post(text)
    address = _split(text)
    if address is None or not _is_at(address, "linkedin.com"):
        return None
    said = {name: [_plain(one) for one in values] for name, values in parse_qs(address.query, True).items()}
    # A link to a reply names its parent as well. One that is broken means nothing: never the parent in its stead.
    for names in (REPLY, COMMENT):
        if any(name in said for name in names):
            return _same(_comment(one) for name in names for one in said.get(name, ()))
    path = _plain(address.path)
    if match := _IN_WORDS.search(path):
        return _post(f"urn:li:{match[1]}:{match[2]}")
    return _named_in([path]) or _led_to(one for values in said.values() for one in values)


def is_short_link(text: str) -> bool:
    """Whether only LinkedIn can say what this address names."""
    address = _split(text.strip())
    return address is not None and _is_at(address, "lnkd.in")


def _split(text: str) -> SplitResult | None:
    try:
        return urlsplit(text if "://" in text else f"https://{text}")
    except ValueError:  # "https://[half"
        return None


def _is_at(address: SplitResult, domain: str) -> bool:
    host = address.hostname or ""
    is_there = host == domain or host.endswith(f".{domain}")
    return is_there and address.scheme in ("https", "http") and "@" not in address.netloc


def _plain(text: str) -> str:
    for _ in range(OFTEN_ENCODED):
        text = unquote(text)
    return text


def _led_to(values: Iterable[str]) -> Urn | None:
    """What a page was to show, or the address that somebody was to see after they signed in."""
    values = list(values)
    for one in values:
        if "linkedin.com/" in one:
            return from_address(one)
    return _named_in(values)


def _named_in(texts: Iterable[str]) -> Urn | None:
    return _same(_comment(name) or _post(name) for text in texts for name in _NAME.findall(text))


def _same(found: Iterable[Urn | None]) -> Urn | None:
    """The one thing that all of these name, whichever of its post's names a comment comes with."""
    named = list(found)
    first = named[0] if named else None
    return first if first and all(one and (one.kind, one.id) == (first.kind, first.id) for one in named) else None


def _comment(text: str) -> Urn | None:
    if match := _TURNED.fullmatch(text):
        thread = _post(match[2] if match[2].startswith("urn:li:") else f"urn:li:{match[2]}")
        return Urn.comment(thread, match[1]) if thread else None
    return _or_none(text, "comment")


def _post(text: str) -> Urn | None:
    return _or_none(text, *POSTS)


def _or_none(text: str, *kinds: str) -> Urn | None:
    try:
        return Urn.parse(text, *kinds)
    except ValueError:
        return None
