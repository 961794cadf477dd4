"""Finding what a person pasted: a post under any of its names, a comment under any of its threads."""

from __future__ import annotations

from django.db.models import Q

from socialactions.linkedin.urns import Urn
from socialactions.models import Comment, Desk, Post


def post(desk: Desk, urn: Urn) -> Post | None:
    """The desk's post of this share, ugcPost or activity URN."""
    named = Q(urn=str(urn)) | Q(aliases__urn=str(urn))
    return Post.objects.filter(named, organization__desk=desk).select_related("organization__desk").first()


def comment(desk: Desk, urn: Urn) -> Comment | None:
    """The desk's comment of this URN; LinkedIn may name its thread by any alias of the post, its id stays."""
    found = Comment.objects.filter(post__organization__desk=desk, comment_id=urn.id).select_related("post")
    return found.order_by("gone_at").first()
