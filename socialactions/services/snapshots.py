"""Counts of posts over time: one row when they changed, at most one in fifteen minutes for each post.

What is skipped in between is not lost: the next look compares with the last row, not with the last look.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import OuterRef, Subquery

from socialactions.models import Post, Snapshot

APART = timedelta(minutes=15)


def take(posts: Iterable[Post], now: datetime) -> int:
    """Write down the counts of these posts where they moved; returns how many rows. Two queries beyond the posts.

    Call it in the transaction that stored the counts: its locks keep two readings from writing the same change twice.
    """
    counted = {post.pk: post for post in posts}
    newest = Snapshot.objects.filter(post=OuterRef("pk")).order_by("-at").values("pk")[:1]
    last = Snapshot.objects.filter(pk__in=Post.objects.filter(pk__in=counted).values_list(Subquery(newest)))
    before = {snapshot.post_id: snapshot for snapshot in last} if counted else {}
    due = [_of(post, now) for post in counted.values() if _is_due(post, before.get(post.pk), now)]
    return len(Snapshot.objects.bulk_create(due))


def _is_due(post: Post, last: Snapshot | None, now: datetime) -> bool:
    return last is None or (last.at <= now - APART and _counts(last) != _counts(post))


def _of(post: Post, now: datetime) -> Snapshot:
    return Snapshot(
        post_id=post.pk,
        at=now,
        reactions=post.reactions,
        total_comments=post.total_comments,
        first_level_comments=post.first_level_comments,
    )


def _counts(row: Post | Snapshot) -> tuple[dict[str, int], int, int]:
    """Zeros say nothing: LinkedIn leaves some kinds out and lists others without a reaction."""
    reactions = {kind: count for kind, count in row.reactions.items() if count}
    return reactions, row.total_comments, row.first_level_comments
