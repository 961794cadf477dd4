"""Posts, threads and events as programs read them: what is stored and unexpired, in a fixed number of queries.

Members are their URNs here. Names, headlines and pictures stay on our own screens: LinkedIn lets member data be shown,
not handed on.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import takewhile
from typing import TypeVar
from uuid import UUID

from django.db.models import Count, F, Q, QuerySet, Window
from django.db.models.functions import RowNumber

from socialactions import clock
from socialactions.lifetimes import ANNOUNCEMENTS_LIVE
from socialactions.models import Comment, CommentContent, Event, Organization, OwnReaction, Post

from . import posts
from .cursors import Cursor, Heard, beyond

REPLIES_AT_ONCE = 20
SETTLED = timedelta(seconds=5)  # ids are given before a transaction ends: a lower one may become visible so much later

Row = TypeVar("Row", Post, CommentContent)


@dataclass(slots=True)
class Thread:
    """A first-level comment with its oldest replies."""

    content: CommentContent
    replies: list[CommentContent] = field(default_factory=list)
    stored: int = 0  # how many replies there are here


def posts_of(organizations: Collection[Organization], *, after: Cursor | None, limit: int) -> tuple[list[Post], str]:
    """Newest first, and the cursor of the next slice ("" at the end)."""
    found = Post.objects.filter(organization__in=[one.pk for one in organizations], gone_at__isnull=True)
    found = (
        posts.with_expired(found)
        .select_related("organization")
        .prefetch_related("aliases")
        .order_by("-created_at", "-id")
    )
    if after:
        found = found.filter(beyond(after))
    return _slice(found, limit)


def with_expired(post: Post) -> Post:
    """The same post, with ``expired`` as in the list."""
    found = posts.with_expired(Post.objects.filter(pk=post.pk).only("pk")).first()
    post.expired = getattr(found, "expired", None)  # type: ignore[attr-defined]  # as an annotation would
    return post


def threads_of(post: Post, *, after: Cursor | None, limit: int, with_replies: bool) -> tuple[list[Thread], str]:
    """First-level comments, newest first; with replies, of each the oldest."""
    found = _contents(post).filter(thread__isnull=True).order_by("-created_at", "-comment")
    if after:
        found = found.filter(beyond(after, key="comment"))
    part, cursor = _slice(found, limit)
    threads = {content.pk: Thread(content) for content in part}
    if with_replies and threads:
        _add_replies(threads, post)
    return list(threads.values()), cursor


def replies_of(thread: Comment, *, after: Cursor | None, limit: int) -> tuple[list[CommentContent], str]:
    """Of one thread, oldest first."""
    found = _contents(thread.post).filter(thread=thread).order_by("created_at", "comment")
    if after:
        found = found.filter(Q(created_at__gt=after.at) | Q(comment__gt=after.pk), created_at__gte=after.at)
    return _slice(found, limit)


def content_of(comment: Comment) -> CommentContent | None:
    return _contents(comment.post).filter(pk=comment.pk).first()


def own_reactions(post: Post, comment: Comment | None) -> list[OwnReaction]:
    """Those of the desk's actors, as far as they are known."""
    return list(OwnReaction.objects.filter(post=post, comment=comment).order_by("actor_urn"))


class EventsForgotten(Exception):
    """Events since then are not all here any more, or never were in this database."""


def events_from_now(desk_id: UUID) -> Heard:
    """Where a program begins that wants to hear what happens from now on."""
    until = clock.now() - SETTLED
    settled = Event.objects.filter(desk_id=desk_id, at__lte=until).order_by("-at", "-pk")
    number, at = settled.values_list("pk", "at").first() or (0, None)
    return Heard(number, at, until)


def events_after(desk_id: UUID, after: Heard, *, limit: int) -> tuple[list[Event], Heard]:
    """What happened since, oldest first, and how far that is. Raises EventsForgotten.

    The newest seconds are left for the next time, so that nothing is passed over. From the very beginning, everything
    that is kept is told; what is forgotten by then was never promised.
    """
    now = clock.now()
    until = now - SETTLED
    found = Event.objects.filter(desk_id=desk_id, pk__gte=after.number).select_related("outgoing", "user")
    rows = list(found.order_by("pk")[: limit + 1])
    is_all = len(rows) <= limit
    if after.number:
        after = _known(after, rows.pop(0) if rows else None)
    all_until = after.all_until or until
    if all_until < now - ANNOUNCEMENTS_LIVE:
        raise EventsForgotten
    settled = list(takewhile(lambda event: event.at <= until, rows[:limit]))
    number, at = (settled[-1].pk, settled[-1].at) if settled else (after.number, after.at)
    reached = until if is_all or at is None else at
    return settled, Heard(number, at, max(reached, all_until))


def _known(after: Heard, event: Event | None) -> Heard:
    """With its times, as the event of that number is exactly this one. Raises EventsForgotten."""
    if event is None or event.pk != after.number or (after.at and event.at != after.at):
        raise EventsForgotten
    return Heard(event.pk, event.at, after.all_until or event.at)


def _contents(post: Post) -> QuerySet[CommentContent]:
    return CommentContent.objects.filter(post=post, comment__gone_at__isnull=True).select_related("comment")


def _add_replies(threads: dict[UUID, Thread], post: Post) -> None:
    """The oldest replies of all these threads and how many are stored, in one query."""
    ranked = (
        _contents(post)
        .filter(thread__in=list(threads))
        .annotate(
            rank=Window(RowNumber(), partition_by=F("thread"), order_by=[F("created_at").asc(), F("comment").asc()]),
            stored=Window(Count("*"), partition_by=F("thread")),
        )
    )
    for reply in ranked.filter(rank__lte=REPLIES_AT_ONCE).order_by("created_at", "comment"):
        assert reply.thread_id is not None
        thread = threads[reply.thread_id]
        thread.replies.append(reply)
        thread.stored = reply.stored


def _slice(found: QuerySet[Row], limit: int) -> tuple[list[Row], str]:
    part = list(found[: limit + 1])
    last = part[limit - 1] if len(part) > limit else None
    return part[:limit], Cursor(last.created_at, last.pk).text if last else ""
