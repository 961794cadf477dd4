"""Writing on posts: comments, replies, reactions, closing. Each function is one side effect and its line in the ledger.

Expects that rights and shapes were checked; leaves refusals to the nouns.
"""

from __future__ import annotations

from bisect import insort

from .records import Comment, Json, Post, Reaction
from .world import World


def add_comment(
    world: World,
    post: Post,
    *,
    actor: str,
    text: str,
    agent: str = "",
    parent: Comment | None = None,
    attributes: list[Json] | None = None,
    image: str = "",
    at_ms: int | None = None,
) -> Comment:
    """Write a comment, or a reply below `parent` (a first-level comment). `at_ms` backdates it, without ledger."""
    created = world.now_ms() if at_ms is None else at_ms
    comment = Comment(
        id=world.new_id(created),
        post=post.urn,
        actor=actor,
        agent=agent,
        text=text,
        created=created,
        modified=created,
        attributes=attributes or [],
        image=image,
        parent=parent.id if parent else "",
    )
    world.comments[comment.id] = comment
    insort(parent.replies if parent else post.comments, comment.id, key=int)
    if parent:
        parent.cache.clear()
    if at_ms is None:
        urn = world.comment_urn(comment)
        target = world.comment_urn(parent) if parent else post.urn
        world.record(
            "reply" if parent else "comment", actor=actor, agent=agent or actor, target=target, urn=urn, text=text
        )
        world.notify("ADMIN_COMMENT" if actor == post.author else "COMMENT", post, urn)
    return comment


def edit_comment(world: World, comment: Comment, *, agent: str, text: str, attributes: list[Json] | None) -> None:
    """Change the words; without attributes the old spans stay, however stale."""
    comment.text = text
    if attributes is not None:
        comment.attributes = attributes
    comment.modified = max(world.now_ms(), comment.created + 1)
    comment.cache.clear()
    urn = world.comment_urn(comment)
    world.record("edit", actor=comment.actor, agent=agent, target=urn, urn=urn, text=text)
    world.notify("COMMENT_EDIT", world.posts[comment.post], urn)


def delete_comment(world: World, comment: Comment, *, actor: str, agent: str) -> None:
    """Remove a comment and the replies below it."""
    post = world.posts[comment.post]
    urn = world.comment_urn(comment)
    _forget(world, comment)
    if comment.parent:
        parent = world.comments[comment.parent]
        parent.replies.remove(comment.id)
        parent.cache.clear()
    else:
        post.comments.remove(comment.id)
    world.record("delete", actor=actor, agent=agent, target=urn, urn=urn, text=comment.text)
    world.notify("COMMENT_DELETE", post, urn)


def _forget(world: World, comment: Comment) -> None:
    for reply in comment.replies:
        del world.comments[reply]
    del world.comments[comment.id]


def react(
    world: World, entity: Post | Comment, *, actor: str, agent: str, kind: str, as_like: bool = False
) -> Reaction:
    """Put a reaction on a post or comment, in place of the actor's earlier one."""
    now = world.now_ms()
    reaction = Reaction(actor, kind, agent, now, now)
    entity.reactions[actor] = reaction
    target = entity_urn(world, entity)
    post = entity if isinstance(entity, Post) else world.posts[entity.post]
    if isinstance(entity, Comment):
        entity.cache.clear()
    kind_done, urn = ("like", like_urn(actor, target)) if as_like else ("react", reaction_urn(actor, target))
    world.record(kind_done, actor=actor, agent=agent, target=target, urn=urn, text=kind)
    if kind == "LIKE" and isinstance(entity, Post) and actor != post.author:
        world.notify("LIKE", post, like_urn(actor, post.activity))
    return reaction


def unreact(world: World, entity: Post | Comment, *, actor: str, agent: str) -> None:
    """Take the actor's reaction back; it has to be there."""
    gone = entity.reactions.pop(actor)
    if isinstance(entity, Comment):
        entity.cache.clear()
    target = entity_urn(world, entity)
    world.record("unreact", actor=actor, agent=agent, target=target, urn=reaction_urn(actor, target), text=gone.kind)


def set_comments_state(world: World, post: Post, *, actor: str, agent: str, state: str) -> None:
    """Open or close the comments of a post; closing removes every comment for good."""
    removed = 0
    if state == "CLOSED":
        removed = total_comments(world, post)
        for comment_id in post.comments:
            _forget(world, world.comments[comment_id])
        post.comments.clear()
    post.comments_state = state
    kind = "close" if state == "CLOSED" else "open"
    text = f"{removed} comments removed" if removed else ""
    world.record(kind, actor=actor, agent=agent, target=post.urn, urn=post.urn, text=text)


def total_comments(world: World, post: Post) -> int:
    """First-level comments and replies."""
    return len(post.comments) + sum(len(world.comments[comment].replies) for comment in post.comments)


def entity_urn(world: World, entity: Post | Comment) -> str:
    return entity.urn if isinstance(entity, Post) else world.comment_urn(entity)


def like_urn(actor: str, target: str) -> str:
    return f"urn:li:like:({actor},{target})"


def reaction_urn(actor: str, target: str) -> str:
    return f"urn:li:reaction:({actor},{target})"
