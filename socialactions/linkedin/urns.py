"""LinkedIn's names for things, `urn:li:{kind}:{key}`, as values that can be compared, hashed and put in a path.

Shared with the sandbox, so nothing here calls LinkedIn or knows how an answer looks. Which kinds are acceptable
somewhere is the caller's business: it names them when it parses.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Self
from urllib.parse import quote

# "at most 255 characters": Microsoft Learn, "URNs and IDs".
MAX_LENGTH = 255
NESTED = frozenset({"comment", "like", "reaction"})
POSTS = ("share", "ugcPost", "activity")
ACTORS = ("person", "organization", "organizationBrand")

_NUMBERED = frozenset({"organization", "organizationBrand", "share", "ugcPost", "activity"})
_NUMBER = re.compile(r"[0-9]+")
_WORD = re.compile(r"[A-Za-z0-9_-]+")
_KIND = re.compile(r"[A-Za-z][A-Za-z0-9]*")
# Whitespace and control characters never belong in a key; everything else is the kind's own business.
_KEY = re.compile(r"[^\s\x00-\x1f\x7f]+")
_SHORT_PART = re.compile(r"[A-Za-z][A-Za-z0-9]*:.+")


@dataclass(frozen=True, slots=True)
class Urn:
    """One thing on LinkedIn. Ids are text: they exceed 2^53, and the same post has several with different digits."""

    kind: str  # "organization", "person", "comment", …
    key: str  # "2414183"; for a comment "(urn:li:activity:1,2)"

    @classmethod
    def parse(cls, text: str, *kinds: str) -> Self:
        """Return the URN that `text` spells; ValueError when it is none, or none of `kinds` (when any are named).

        Comments, likes and reactions come back with their inner URNs written in full: notifications print
        `urn:li:comment:(activity:1,2)`, everything else `urn:li:comment:(urn:li:activity:1,2)`.
        """
        kind, key = _split(text)
        if kinds and kind not in kinds:
            raise ValueError(f"not a URN of {' or '.join(kinds)}: {text[:MAX_LENGTH]!r}")
        return cls(kind, key)

    @classmethod
    def comment(cls, thread: Urn, comment_id: str) -> Self:
        """Name the comment `comment_id` below `thread` (an activity, ugcPost or share)."""
        return cls.parse(f"urn:li:comment:({thread},{comment_id})", "comment")

    @property
    def parts(self) -> tuple[Urn | str, ...]:
        """What stands between the parentheses: (thread, id) of a comment, (actor, object) of a like or reaction.

        Empty for plain URNs.
        """
        if not self.key.startswith("("):
            return ()
        return tuple(Urn.parse(part) if part.startswith("urn:li:") else part for part in _pieces(self.key))

    @property
    def thread(self) -> Urn:
        """The post that a comment's name begins with: an alias of the post, with digits of its own."""
        inner = self.parts[0] if self.kind == "comment" else None
        if not isinstance(inner, Urn):
            raise ValueError(f"only comments have a thread: {self}")
        return inner

    @property
    def id(self) -> str:
        """The last part of the name: the comment's own id, or the key of a plain URN."""
        return str(self.parts[-1]) if self.key.startswith("(") else self.key

    def in_path(self) -> str:
        """Percent-encoded in full: LinkedIn wants ":", "(" and "," encoded in paths and inside lists."""
        return quote(str(self), safe="")

    def __str__(self) -> str:
        return f"urn:li:{self.kind}:{self.key}"


@lru_cache(maxsize=8192)  # a page of comments names the same few URNs hundreds of times
def _split(text: str) -> tuple[str, str]:
    head, _, rest = text.partition(":li:")
    kind, _, key = rest.partition(":")
    if head != "urn" or len(text) > MAX_LENGTH or not _KIND.fullmatch(kind) or not _KEY.fullmatch(key):
        raise ValueError(f"not a URN: {text[:MAX_LENGTH]!r}")
    if kind in NESTED:
        return kind, _nested_key(text, kind, key)
    pattern = _NUMBER if kind in _NUMBERED else _WORD if kind == "person" else None
    if pattern is not None and not pattern.fullmatch(key):
        raise ValueError(f"not the id of a {kind}: {text!r}")
    return kind, key


def _nested_key(text: str, kind: str, key: str) -> str:
    pieces = _pieces(key)
    if len(pieces) != 2:
        raise ValueError(f"not a URN of a {kind}: {text!r}")
    first, second = pieces
    first = _full(first)
    if kind == "comment":
        if not _NUMBER.fullmatch(second):
            raise ValueError(f"not the id of a comment: {text!r}")
    else:
        second = _full(second)
    return f"({first},{second})"


def _full(part: str) -> str:
    is_short = not part.startswith("urn:li:") and _SHORT_PART.fullmatch(part)
    return str(Urn.parse(f"urn:li:{part}" if is_short else part))


@lru_cache(maxsize=4096)  # a comment that is stored is asked for its id many times
def _pieces(key: str) -> tuple[str, ...]:
    """Split `(a,(b,c))` at its top-level commas; ValueError when the parentheses do not balance."""
    if not (key.startswith("(") and key.endswith(")")):
        raise ValueError(f"no parentheses around {key!r}")
    pieces, depth, begin = [], 0, 1
    for index, character in enumerate(key):
        if character == "(":
            depth += 1
        elif character == ")":
            depth -= 1
            if depth == 0 and index != len(key) - 1:
                raise ValueError(f"parentheses do not balance in {key!r}")
        elif character == "," and depth == 1:
            pieces.append(key[begin:index])
            begin = index + 1
    if depth != 0:
        raise ValueError(f"parentheses do not balance in {key!r}")
    pieces.append(key[begin:-1])
    return tuple(pieces)
