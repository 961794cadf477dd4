"""From a name in an address or body to the post or comment it means. Leaves rights to the gates."""

from __future__ import annotations

from collections.abc import Callable

from socialactions.linkedin.urns import Urn

from .exchange import Answer, Refused, Request, not_found
from .records import Comment, Post
from .restli import path_urn, read_urn
from .world import World

POSTS = ("share", "ugcPost", "activity")
Noun = Callable[[World, Request], Answer]


def find(world: World, urn: Urn) -> Post | Comment:
    """The post or comment of this name; a comment counts under every name of its post.

    Raises: Refused 404.
    """
    if urn.kind != "comment":
        post = world.post(str(urn))
        if post is None:
            raise not_found()
        return post
    thread, number = urn.parts
    comment = world.comments.get(str(number))
    if comment is None or world.aliases.get(str(thread)) != comment.post:
        raise not_found()
    return comment


def entity_in_path(world: World, segment: str) -> tuple[Post | Comment, Urn]:
    urn = path_urn(segment, *POSTS, "comment")
    return find(world, urn), urn


def entity_named(world: World, text: str) -> tuple[Post | Comment, Urn]:
    urn = read_urn(text, *POSTS, "comment")
    return find(world, urn), urn


def post_of(world: World, entity: Post | Comment) -> Post:
    return entity if isinstance(entity, Post) else world.posts[entity.post]


def comment_below(world: World, entity: Post | Comment, comment_id: str) -> Comment:
    """The comment of this id on the same post as the entity.

    Raises: Refused 404.
    """
    comment = world.comments.get(comment_id)
    if comment is None or comment.post != post_of(world, entity).urn:
        raise not_found()
    if isinstance(entity, Comment) and entity.id not in (comment.parent, comment.id):
        raise not_found()
    return comment


def actor_urn(field: str, value: object) -> str:
    """The URN of one who can act.

    Raises: Refused 400.
    """
    try:
        if not isinstance(value, str):
            raise ValueError(value)
        return str(Urn.parse(value, "person", "organization", "organizationBrand"))
    except ValueError:
        message = f"{field} value {value} must be a person or organization URN"
        raise Refused(400, message, code="INVALID_URN_TYPE") from None
