"""Finding what a person pasted: a post under any of its names, a comment under any of its threads, and its page."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.db.models import Q

from socialactions.linkedin.addresses import from_address
from socialactions.linkedin.urns import POSTS, Urn
from socialactions.models import Comment, CommentContent, Desk, Post

from . import threads
from .cursors import Cursor

NEEDED = ("post__organization__desk", "thread")


def meant(desk: Desk, text: str) -> Post | Comment | None:
    """The desk's post or comment by its URN, its address on LinkedIn, or our own id. Raises ValueError for what is
    none of these.
    """
    urn = from_address(text)
    if urn is None:
        return _by_id(desk, UUID(text))
    return post(desk, urn) if urn.kind in POSTS else comment(desk, urn)


def post(desk: Desk, urn: Urn) -> Post | None:
    """The desk's post of this share, ugcPost or activity URN."""
    named = Q(urn=str(urn)) | Q(aliases__urn=str(urn))
    return Post.objects.filter(named, organization__desk=desk).select_related("organization__desk").first()


def comment(desk: Desk, urn: Urn) -> Comment | None:
    """The desk's comment of this URN; LinkedIn may name its thread by any alias of the post, its id stays."""
    found = Comment.objects.filter(post__organization__desk=desk, comment_id=urn.id).select_related(*NEEDED)
    return found.order_by("gone_at").first()


def cursor_to(thread: Comment) -> str:
    """With which cursor the list, newest first, begins at this thread; "" when it is on the first page or wordless."""
    content = CommentContent.objects.filter(pk=thread.pk).only("created_at", "expires_at").first()
    if content is None:
        return ""
    newer = CommentContent.objects.filter(
        post=thread.post_id, thread__isnull=True, comment__gone_at__isnull=True, created_at__gt=content.created_at
    )
    is_far = newer.order_by("created_at", "comment")[threads.PAGE - 1 : threads.PAGE].exists()
    return Cursor(content.created_at + timedelta(microseconds=1), thread.pk).text if is_far else ""


def _by_id(desk: Desk, pk: UUID) -> Post | Comment | None:
    found = Comment.objects.filter(pk=pk, post__organization__desk=desk).select_related(*NEEDED).first()
    if found is not None:
        return found
    return Post.objects.filter(pk=pk, organization__desk=desk).select_related("organization__desk").first()
