"""What comments say, as plain values straight from the database: enough to tell whether a thread still looks as it did,
and to make its row when it does not.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Window
from django.db.models.aggregates import Count
from django.db.models.functions import RowNumber

from socialactions.models import CommentContent, OwnReaction, User
from socialactions.prepared import Prepared

from .cursors import Cursor
from .viewing import Viewer

PAGE = 50
REPLIES_SHOWN = 3
Rows = QuerySet[CommentContent, tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Eyes:
    """For whom rows are drawn: what the viewer may do with a comment depends on as whom they can speak."""

    desk_id: UUID
    page_urn: str  # the post's Page
    acting_urn: str = ""  # as whom likes are shown and sent
    speaks_as: frozenset[str] = frozenset()  # actors the viewer may write as
    viewer: Viewer | None = None  # who they belong to; None sees actions as their authors do


class Said(NamedTuple):
    """One comment with its words. How long they may be kept stands last: it moves with every reading, and nobody sees
    it.
    """

    comment: UUID
    thread: UUID | None
    text: str
    attributes: list[dict[str, Any]]
    pictures: list[dict[str, Any]]
    created_at: datetime
    is_edited: bool
    likes: int
    replies: int
    comment__urn: str
    comment__actor_urn: str  # who said it
    comment__is_ours: bool
    our_reaction: str | None  # of the actor whose likes are shown
    by_name: str | None  # who of the desk wrote it for the Page
    expires_at: datetime

    @property
    def seen(self) -> tuple[Any, ...]:
        return self[:-1]


def part_of(eyes: Eyes, post_id: UUID, *, is_newest: bool, after: Cursor | None) -> list[Said]:
    """Fifty first-level comments in the list's order, behind the cursor, and one more where the list goes on."""
    place: dict[str, Any] = {"at": after.at, "pk": after.pk} if after else {}
    return _made(_PARTS[is_newest, bool(after)].rows(**_whose(eyes, post_id), **place))


def newest_replies(eyes: Eyes, post_id: UUID, threads: Iterable[UUID]) -> list[tuple[Said, int]]:
    """The newest replies of all these threads, oldest first, each with how many its thread has, in one query."""
    asked = list(threads)
    if not asked:
        return []
    asked += asked[-1:] * (-len(asked) % PAGE)  # pages of fifty are asked by one and the same query
    rows = _REPLIES.rows(**_whose(eyes, post_id), threads=asked)
    return [(Said(*row[:-1]), row[-1]) for row in rows]


def some(eyes: Eyes, post_id: UUID, **which: Any) -> list[Said]:
    """The post's comments that these conditions name, oldest first."""
    found = _of(**_whose(eyes, post_id)).filter(**which).order_by("created_at", "comment")
    return _made(found.values_list(*Said._fields))


def _whose(eyes: Eyes, post_id: UUID) -> dict[str, Any]:
    return {"post_id": post_id, "acting_urn": eyes.acting_urn, "desk_id": eyes.desk_id}


def _made(rows: Iterable[tuple[Any, ...]]) -> list[Said]:
    return [Said(*row) for row in rows]


def _of(post_id: UUID, acting_urn: str, desk_id: UUID) -> QuerySet[CommentContent]:
    mine = OwnReaction.objects.filter(
        post_id=OuterRef("post_id"), comment_id=OuterRef("comment_id"), actor_urn=acting_urn
    ).values("kind")[:1]
    # Who of the desk wrote it for the Page; colleagues signed in here, so their names may be kept.
    colleague = User.objects.filter(desk_id=desk_id, member_urn=OuterRef("comment__agent_urn")).values("name")[:1]
    return CommentContent.objects.filter(post=post_id, comment__gone_at__isnull=True).annotate(
        our_reaction=Subquery(mine), by_name=Subquery(colleague)
    )


def _part(is_newest: bool, *, at: datetime | None = None, pk: UUID | None = None, **whose: Any) -> Rows:
    found = _of(**whose).filter(thread__isnull=True)
    if at and pk:
        # The plain condition first, so that it reaches the index.
        if is_newest:
            found = found.filter(Q(created_at__lte=at) & (Q(created_at__lt=at) | Q(comment__lt=pk)))
        else:
            found = found.filter(Q(created_at__gte=at) & (Q(created_at__gt=at) | Q(comment__gt=pk)))
    # thread_id is NULL in all, but only where it is named PostgreSQL walks the index; else it sorts the whole post.
    order = ["-thread_id", "-created_at", "-comment"] if is_newest else ["thread_id", "created_at", "comment"]
    return found.order_by(*order).values_list(*Said._fields)[: PAGE + 1]


def _newest_replies(threads: list[UUID], **whose: Any) -> Rows:
    ranked = (
        _of(**whose)
        .filter(thread__in=threads)
        .annotate(
            rank=Window(RowNumber(), partition_by=F("thread"), order_by=[F("created_at").desc(), F("comment").desc()]),
            stored=Window(Count("*"), partition_by=F("thread")),
        )
    )
    found = ranked.filter(rank__lte=REPLIES_SHOWN).order_by("created_at", "comment")
    return found.values_list(*Said._fields, "stored")


_BOTH = (True, False)
_PARTS = {(is_newest, goes_on): Prepared(partial(_part, is_newest)) for is_newest in _BOTH for goes_on in _BOTH}
_REPLIES = Prepared(_newest_replies)
