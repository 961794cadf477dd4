"""Comments that LinkedIn has no more: the row stays and says since when, the words go at once."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet

from socialactions import clock
from socialactions.models import Comment, CommentContent, Post

LISTED_LATE = timedelta(minutes=5)  # LinkedIn may list a new comment late: what we just sent is not gone
BATCH = 500


def may_be_gone(post: Post, absent: Sequence[str], *, before: datetime) -> list[str]:
    """Of what a list that was read at that moment did not show, all that stood here long enough to be listed. Takes
    and returns LinkedIn's numbers.
    """
    parts = (absent[at : at + BATCH] for at in range(0, len(absent), BATCH))
    return [one for part in parts for one in _listed_by(post, part, before).values_list("comment_id", flat=True)]


def bury(post: Post, absent: Sequence[str], *, before: datetime) -> list[str]:
    """Gravestones for those that `may_be_gone`, and for what stands below them; returns the numbers of all of them."""
    buried: list[str] = []
    for at in range(0, len(absent), BATCH):
        heads = list(_listed_by(post, absent[at : at + BATCH], before).values_list("pk", flat=True))
        family = Comment.objects.filter(Q(pk__in=heads) | Q(thread__in=heads), gone_at__isnull=True)
        found = dict(family.values_list("pk", "comment_id"))
        Comment.objects.filter(pk__in=found).update(gone_at=clock.now())
        drop_content(found)
        buried += found.values()
    return buried


def drop_content(comments: Collection[UUID]) -> None:
    """Forget the words of these comments at once."""
    CommentContent.everything.filter(pk__in=comments).delete()


def _listed_by(post: Post, absent: Sequence[str], moment: datetime) -> QuerySet[Comment]:
    rows = post.comments.filter(comment_id__in=absent, gone_at__isnull=True, first_seen_at__lt=moment)
    return rows.exclude(made_by__finished_at__gt=moment - LISTED_LATE)
