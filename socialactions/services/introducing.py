"""Names and pictures of those whom somebody is shown: LinkedIn is asked for nobody else, as each call is one of the
day's. A first reading asks for those who spoke last, whom whoever opens the post sees first.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from uuid import UUID

from socialactions import rights
from socialactions.linkedin.oauth import TokenEndpointDown
from socialactions.models import Comment, Post

from . import faces
from .connections import ConnectionEnded, read_with
from .events import record
from .reading import reader_for

log = logging.getLogger(__name__)


def learn(post_id: UUID | str, comments: Collection[UUID | str]) -> None:
    """Ask for the faces of who wrote these comments of a post, and have open screens draw their threads again."""
    post = Post.objects.select_related("organization__desk").get(pk=post_id)
    desk = post.organization.desk
    spoken = list(Comment.objects.filter(post=post, pk__in=comments).values_list("pk", "thread", "actor_urn"))
    speakers = {actor for _, _, actor in spoken}
    connection = reader_for(post.organization, rights.READ_COMMENTS)
    if connection is None or not (missing := faces.missing(desk.pk, speakers)):
        return
    try:
        read_with(connection, lambda client: faces.learn(client, desk.pk, missing))
    except (ConnectionEnded, TokenEndpointDown) as error:
        log.warning("who speaks below post %s was not asked: %s", post.pk, type(error).__name__)
        return
    learnt = missing - faces.missing(desk.pk, missing)
    for thread in {thread or pk for pk, thread, actor in spoken if actor in learnt}:
        record(desk=desk, kind="read", topic=f"thread-{thread}")
