"""Whether a comment on LinkedIn is the one that an action wanted to write. Pure: rows and answers in, a verdict out.

Source: the look-up rule for outgoing actions (docs/architecture.md, *Doubt*).
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from difflib import SequenceMatcher

from socialactions.linkedin.payloads import Comment
from socialactions.linkedin.urns import Urn

PREFIX_ENOUGH = 0.8  # of the longer text
ALIKE_ENOUGH = 0.9  # difflib's ratio; about one changed letter in ten


@dataclass(frozen=True, slots=True)
class Wanted:
    """What we asked LinkedIn to write. ``windows`` are on LinkedIn's clock, one for each request that may have left."""

    actor: Urn
    agent: Urn
    parent: Urn | None  # the comment answered; None for a first-level comment
    text: str
    mentions: frozenset[Urn]
    has_picture: bool
    windows: tuple[tuple[datetime, datetime], ...]


@dataclass(frozen=True, slots=True)
class Found:
    """Comments that are ours without doubt, oldest first; and those that only look like it."""

    exact: tuple[Comment, ...]
    near: tuple[Comment, ...]


def find(wanted: Wanted, listed: Iterable[Comment], *, taken: Collection[str]) -> Found:
    """Look for the action among the comments of its post. ``taken`` are the numbers of those that belong to other
    actions: of one post a comment has one number, but an address by each name of the post.
    """
    here = {one.id: one for one in listed if one.id not in taken and _is_ours(wanted, one)}
    oldest_first = sorted(here.values(), key=lambda one: (one.created_at, one.id))
    exact = [one for one in oldest_first if _says_the_same(wanted, one)]
    near = [one for one in oldest_first if one not in exact and is_alike(wanted.text, one.text)]
    return Found(tuple(exact), tuple(near))


def digest(text: str) -> str:
    """Stands for words where these are not kept; the same for texts that `same_text` calls the same."""
    return hashlib.sha256(_plain(text).encode()).hexdigest()


def same_text(one: str, other: str) -> bool:
    return _plain(one) == _plain(other)


def is_alike(ours: str, theirs: str) -> bool:
    """Cut short, or with a link rewritten: likely ours, for a person to judge."""
    one, other = sorted((_plain(ours), _plain(theirs)), key=len)
    if not one:
        return not other
    if other.startswith(one) and len(one) >= PREFIX_ENOUGH * len(other):
        return True
    return SequenceMatcher(None, one, other, autojunk=False).ratio() >= ALIKE_ENOUGH


def _is_ours(wanted: Wanted, one: Comment) -> bool:
    """Same speaker, same person behind it, same place, at the time of a request."""
    agent = one.agent or one.impersonator
    return (
        one.actor == wanted.actor
        and (agent is None or agent == wanted.agent)
        and _same_place(wanted, one)
        and any(begin <= one.created_at <= end for begin, end in wanted.windows)
    )


def _same_place(wanted: Wanted, one: Comment) -> bool:
    """LinkedIn may attach a reply to another comment of the thread, or show it flat."""
    if wanted.parent is None:
        return one.parent is None
    return one.parent is None or one.parent.id == wanted.parent.id


def _says_the_same(wanted: Wanted, one: Comment) -> bool:
    mentions = frozenset(attribute.urn for attribute in one.attributes if attribute.urn is not None)
    return same_text(wanted.text, one.text) and mentions == wanted.mentions and bool(one.images) == wanted.has_picture


def _plain(text: str) -> str:
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n")).strip()
