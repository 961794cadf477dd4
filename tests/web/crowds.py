"""Many comments at once, stored as a reading would have stored them."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

from django.utils import timezone

from socialactions.models import Comment, CommentContent, OwnReaction, Post
from socialactions.queries.rows import Face
from socialactions.sandbox.seeds.cast import ACME, ADA, STRANGERS
from socialactions.services import faces

WORDS = (
    "We count every changeover, and this would save about a minute.",
    "What happens when the belt stops for a moment?",
    "I would love to see the same with heavier parts. 💪",
    "Wie laut ist das im Betrieb?",
    "هل يعمل الذراع الثالث مع البيئات المتربة؟",
)


def fill(post: Post, first_level: int, *, with_replies: int = 0, replies_each: int = 3) -> list[Comment]:
    """Give a post so many comments, evenly spread ones of them with replies; every seventh is the Page's own."""
    now = timezone.now()
    comments: list[Comment] = []
    contents: list[CommentContent] = []

    def add(n: int, thread: Comment | None, age: timedelta, replies: int) -> Comment:
        actor = ACME if n % 7 == 0 else STRANGERS[n % len(STRANGERS)]
        number = str(7_000_000_000_000_000_000 + len(comments))
        comment = Comment(
            pk=uuid4(), post=post, thread=thread, urn=f"urn:li:comment:(urn:li:activity:1,{number})",
            comment_id=number, actor_urn=actor, agent_urn=ADA if actor == ACME else "", is_ours=actor == ACME,
            first_seen_at=now - age,
        )  # fmt: skip
        comments.append(comment)
        contents.append(
            CommentContent(
                comment=comment, post=post, thread=thread, text=f"{WORDS[n % len(WORDS)]} ({n})", likes=n % 5,
                created_at=now - age, replies=replies, fetched_at=now, expires_at=now + timedelta(hours=48),
            )
        )  # fmt: skip
        return comment

    for n in range(first_level):
        has_replies = (n * with_replies) // first_level != ((n + 1) * with_replies) // first_level
        first = add(n, None, timedelta(minutes=first_level - n), replies_each if has_replies else 0)
        for k in range(replies_each if has_replies else 0):
            add(n + k + 1, first, timedelta(minutes=first_level - n, seconds=-k - 1), 0)
    Comment.objects.bulk_create(comments, batch_size=500)
    CommentContent.everything.bulk_create(contents, batch_size=500)
    OwnReaction.objects.bulk_create(
        [OwnReaction(post=post, comment=c, actor_urn=ACME, kind="LIKE", known_at=now) for c in comments[::9]]
    )
    faces.remember(
        post.organization.desk_id,
        [Face(urn, f"Person Number {n}", "Does something with machines", "", "PN") for n, urn in enumerate(STRANGERS)],
    )
    Post.objects.filter(pk=post.pk).update(
        reading="complete", read_at=now, read_found=len(comments), read_counted=len(comments),
        total_comments=len(comments), first_level_comments=first_level,
    )  # fmt: skip
    post.refresh_from_db()
    return comments
