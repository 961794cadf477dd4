"""Threads whose counts stand still: an edited comment, and a like of one, move no count, so a few are read all the
same.

They have a small part of the day (`planning`), counted apart from the threads that moved.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC

from django.db.models import Exists, OuterRef, Q, QuerySet, Sum
from django.utils import timezone

from socialactions.models import CommentContent, Connection, Organization, Post, SyncRun

from . import cadence

PAGE_SIZE = 100  # comments to a call
COUNTS = 1  # call for them, before the pages


def posts(pages: Iterable[Organization], calls: int) -> QuerySet[Post]:
    """Posts of these days that were not read for hours and take no more than so many calls, longest unread first. Older
    ones rest, so that their words come to their end.
    """
    now = timezone.now()
    if calls <= COUNTS:
        return Post.objects.none()
    lately = Q(created_at__gt=now - cadence.LIVELY) | Q(moved_at__gt=now - cadence.LIVELY)
    whole = Post.objects.filter(
        lately,
        organization__in=list(pages),
        gone_at__isnull=True,
        reading=Post.Reading.COMPLETE,
        read_at__lt=now - cadence.STILL,
        first_level_comments__lte=(calls - COUNTS) * PAGE_SIZE,
    )
    return whole.filter(Exists(CommentContent.objects.filter(post=OuterRef("pk")))).order_by("read_at")


def least_calls(post: Post) -> int:
    """What reading it takes when no thread of it is read again."""
    return COUNTS + max(-(-post.first_level_comments // PAGE_SIZE), 1)


def spent_today(connection: Connection) -> int:
    """Calls that such threads took since LinkedIn began to count anew."""
    midnight = timezone.now().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    runs = SyncRun.objects.filter(member_urn=connection.member_urn, started_at__gte=midnight)
    calls: int | None = runs.aggregate(calls=Sum("still_calls"))["calls"]
    return calls or 0
