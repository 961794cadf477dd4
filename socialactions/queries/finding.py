"""Finding what a person pasted: a post under any of its names, a comment under any of its threads."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q

from socialactions.linkedin.urns import POSTS, Urn, from_address
from socialactions.models import Comment, Desk, Post

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


def _by_id(desk: Desk, pk: UUID) -> Post | Comment | None:
    found = Comment.objects.filter(pk=pk, post__organization__desk=desk).select_related(*NEEDED).first()
    if found is not None:
        return found
    return Post.objects.filter(pk=pk, organization__desk=desk).select_related("organization__desk").first()
