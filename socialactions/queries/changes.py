"""What changed in a post's threads since a moment: new, edited and removed comments, and counts that moved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Q
from django.db.models.functions import Coalesce
from django.utils.text import Truncator

from socialactions.models import Comment, CommentContent, Post

THREADS = 20
EXCERPT = 60


@dataclass(frozen=True, slots=True)
class ThreadChanges:
    """``excerpt`` is how the thread begins; "" when its words are no longer kept."""

    id: UUID
    excerpt: str
    new: int
    edited: int
    removed: int
    liked: int  # comments with more or fewer likes

    @property
    def words(self) -> str:
        parts = [(self.new, "new"), (self.edited, "edited"), (self.removed, "removed")]
        return ", ".join([f"{n} {what}" for n, what in parts if n] + _other_likes(self.liked))


@dataclass(frozen=True, slots=True)
class Changes:
    since: datetime
    new: int
    edited: int
    removed: int
    liked: int
    reactions: int  # of the post, more or fewer than then
    threads: list[ThreadChanges]
    more_threads: int

    @property
    def words(self) -> str:
        """ "3 new comments, 1 edited, 4 reactions more"; "" when nothing changed."""
        parts = [
            (self.new, f"{self.new} new comment{'' if self.new == 1 else 's'}"),
            (self.edited, f"{self.edited} edited"),
            (self.removed, f"{self.removed} removed"),
            (self.reactions, _moved(self.reactions)),
        ]
        return ", ".join([words for count, words in parts if count] + _other_likes(self.liked))


def since(post: Post, moment: datetime, *, reactions: int | None = None) -> Changes:
    """In two queries, however much there is. ``reactions`` is how many the post had then; None where nobody knows. Our
    own comments are no news to us.
    """
    fresh = Q(first_seen_at__gt=moment, is_ours=False, gone_at__isnull=True)
    edited = Q(changed_at__gt=moment, first_seen_at__lte=moment, gone_at__isnull=True)
    removed = Q(gone_at__gt=moment, first_seen_at__lte=moment)
    liked = Q(likes_moved_at__gt=moment, first_seen_at__lte=moment, gone_at__isnull=True)
    kinds = {"new": fresh, "edited": edited, "removed": removed, "liked": liked}
    rows: list[Any] = list(
        Comment.objects.filter(fresh | edited | removed | liked, post=post)
        .annotate(head=Coalesce("thread_id", "pk"))
        .values("head")
        .annotate(**{name: Count("pk", filter=kind) for name, kind in kinds.items()})
        .order_by(*(f"-{name}" for name in kinds), "head")
    )
    shown = rows[:THREADS]
    heads = CommentContent.objects.filter(pk__in=[row["head"] for row in shown]).values_list("pk", "text")
    begins = {pk: Truncator(text).chars(EXCERPT) for pk, text in heads}
    return Changes(
        since=moment,
        **{name: sum(row[name] for row in rows) for name in kinds},
        reactions=0 if reactions is None else post.total_reactions - reactions,
        threads=[
            ThreadChanges(row["head"], begins.get(row["head"], ""), **{name: row[name] for name in kinds})
            for row in shown
        ],
        more_threads=len(rows) - len(shown),
    )


def _other_likes(many: int) -> list[str]:
    return [f"other likes on {many} comment{'' if many == 1 else 's'}"] if many else []


def _moved(by: int) -> str:
    return f"{abs(by)} reaction{'' if abs(by) == 1 else 's'} {'more' if by > 0 else 'fewer'}"
