"""The JSON of comments, likes and figures in both faces, versioned and v2. Leaves rights and routing to the nouns.

A comment's text is rendered once and kept until something about it changes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .exchange import Request, dump
from .records import Comment, Json, Post, Reaction
from .threads import like_urn, reaction_urn, total_comments
from .world import World

LINK_LIFE_S = 7 * 86_400


def stamp(actor: str, agent: str, time: int) -> Json:
    """An audit stamp; `impersonator` only where a member acted for a Page."""
    if agent and agent != actor:
        return {"actor": actor, "impersonator": agent, "time": time}
    return {"actor": actor, "time": time}


def thread_urn(world: World, request: Request, post: Post) -> str:
    """The name of the post that comment URNs and `object` carry in this answer."""
    return post.activity if request.is_v2 or world.switches.answer_alias == "activity" else post.thread


def target_urn(world: World, request: Request, post: Post, asked: str) -> str:
    if world.switches.answer_alias == "post":
        return post.urn
    return post.activity if request.is_v2 or world.switches.answer_alias == "activity" else asked


def comment_urn(world: World, request: Request, comment: Comment) -> str:
    return f"urn:li:comment:({thread_urn(world, request, world.posts[comment.post])},{comment.id})"


def comment_text(world: World, request: Request, comment: Comment) -> str:
    """The comment as JSON text, from the kept copy where nothing in it depends on the hour."""
    if comment.image:
        return dump(comment_json(world, request, comment))
    key = (request.face, request.viewer in comment.reactions, world.render_epoch)
    text = comment.cache.get(key)
    if text is None:
        text = comment.cache[key] = dump(comment_json(world, request, comment))
    return text


def comment_json(world: World, request: Request, comment: Comment, *, fresh: bool = False) -> Json:
    """The comment as an object; `fresh` adds the all-zero figures that a just written comment carries."""
    post = world.posts[comment.post]
    urn = comment_urn(world, request, comment)
    found: Json = {
        "actor": comment.actor,
        "$URN" if request.is_v2 else "commentUrn": urn,
        "created": stamp(comment.actor, comment.agent, comment.created),
        "id": comment.id,
        "lastModified": stamp(comment.actor, comment.agent, comment.modified),
        "message": {"attributes": [attribute_json(request, span) for span in comment.attributes], "text": comment.text},
        "object": thread_urn(world, request, post),
    }
    if comment.agent and comment.agent != comment.actor:
        found["agent"] = comment.agent
    if comment.parent:
        found["parentComment"] = comment_urn(world, request, world.comments[comment.parent])
    if comment.image:
        found["content"] = [content_json(world, request, comment.image)]
    if comment.reactions or fresh:
        found["likesSummary"] = likes_json(world, request, comment, urn)
    if comment.replies:
        found["commentsSummary"] = replies_json(world, request, comment)
    return found


def attribute_json(request: Request, span: Json) -> Json:
    """A mention's span; stored as {start, length, urn}."""
    found: Json = {"start": span["start"], "length": span["length"]}
    urn = span.get("urn")
    if urn:
        kind = "person" if urn.startswith("urn:li:person:") else "organization"
        if request.is_v2:
            union = {
                "person": ("PersonAttributedEntity", "member"),
                "organization": ("OrganizationAttributedEntity", "company"),
            }
            name, member = union[kind]
            found["value"] = {f"com.linkedin.adsexternalapi.social.{name}": {member: urn}}
        else:
            found["value"] = {kind: {kind: urn}}
    return found


def content_json(world: World, request: Request, image: str) -> Json:
    entity = (
        {"digitalmediaAsset": f"urn:li:digitalmediaAsset:{image}"}
        if request.is_v2
        else {"image": f"urn:li:image:{image}"}
    )
    return {"type": "IMAGE", "entity": entity, "url": image_url(world, request, image)}


def image_url(world: World, request: Request, image: str) -> str:
    """A signed link that ends: `e` is its end in epoch seconds."""
    return f"{request.base_url}/media/images/{image}?e={link_expires_s(world)}&v=beta&t=sandbox"


def link_expires_s(world: World) -> int:
    return (int(world.now_s()) // 3600) * 3600 + LINK_LIFE_S


def likes_json(world: World, request: Request, entity: Post | Comment, urn: str) -> Json:
    reactions = entity.reactions
    counted = (
        len(reactions) if world.switches.total_likes == "all" else sum(r.kind == "LIKE" for r in reactions.values())
    )
    found: Json = {
        "aggregatedTotalLikes": counted,
        "likedByCurrentUser": request.viewer in reactions,
        "totalLikes": counted,
    }
    if not (request.is_v2 and isinstance(entity, Post)):
        newest = [actor for actor, reaction in reactions.items() if reaction.kind == "LIKE"][:-3:-1]
        found["selectedLikes"] = [like_urn(actor, urn) for actor in newest]
    return found


def replies_json(world: World, request: Request, comment: Comment) -> Json:
    """A comment's figures with a preview of its two newest replies."""
    newest = [comment_urn(world, request, world.comments[reply]) for reply in comment.replies[:-3:-1]]
    count = len(comment.replies)
    found: Json = {"selectedComments": newest, "totalFirstLevelComments": count, "aggregatedTotalComments": count}
    if not request.is_v2:
        found["commentsState"] = "OPEN"
    return found


def post_comments_json(world: World, request: Request, post: Post) -> Json:
    found: Json = {
        "totalFirstLevelComments": len(post.comments),
        "aggregatedTotalComments": total_comments(world, post),
    }
    if not request.is_v2:
        thread = thread_urn(world, request, post)
        found["selectedComments"] = [f"urn:li:comment:({thread},{comment})" for comment in post.comments[:-3:-1]]
        found["commentsState"] = post.comments_state
    return found


def summary_json(world: World, request: Request, entity: Post | Comment, asked: str) -> Json:
    """The figures of one post or comment: zeros, or nothing at all where nothing happened."""
    if isinstance(entity, Post):
        target = target_urn(world, request, entity, asked)
        comments, has_comments = post_comments_json(world, request, entity), bool(entity.comments)
    else:
        target = comment_urn(world, request, entity)
        comments, has_comments = replies_json(world, request, entity), bool(entity.replies)
    omit = request.is_v2 or world.switches.summary == "omitted"
    found: Json = {}
    if entity.reactions or not omit:
        found["likesSummary"] = likes_json(world, request, entity, target)
    if has_comments or not omit:
        found["commentsSummary"] = comments
    if found or not omit:
        found["target"] = target
        if request.is_v2:
            found["$URN"] = target
    return found


def like_json(request: Request, reaction: Reaction, target: str) -> Json:
    return {
        "$URN" if request.is_v2 else "id": like_urn(reaction.actor, target),
        "actor": reaction.actor,
        **({} if request.is_v2 and reaction.agent == reaction.actor else {"agent": reaction.agent}),
        "object": target,
        "created": stamp(reaction.actor, reaction.agent, reaction.created),
        "lastModified": stamp(reaction.actor, reaction.agent, reaction.modified),
    }


def reaction_json(request: Request, reaction: Reaction, root: str) -> Json:
    return {
        "$URN" if request.is_v2 else "id": reaction_urn(reaction.actor, root),
        "reactionType": reaction.kind,
        "root": root,
        "created": stamp(reaction.actor, reaction.agent, reaction.created),
        "lastModified": stamp(reaction.actor, reaction.agent, reaction.modified),
    }


def page_text(request: Request, parts: list[str], *, start: int, count: int, total: int, more: bool = False) -> str:
    """A page of rendered elements with its paging."""
    links: list[Json] = []
    if more or start + count < total:
        href = f"{request.path}?count={count}&start={start + count}"
        links.append({"rel": "next", "href": href, "type": "application/json"})
    paging = dump({"start": start, "count": count, "links": links, "total": total})
    return f'{{"paging":{paging},"elements":[{",".join(parts)}]}}'


def batch_json(results: Mapping[str, Any], errors: Mapping[str, Json] | None = None) -> Json:
    statuses = {key: error["status"] for key, error in (errors or {}).items()}
    return {"results": dict(results), "statuses": statuses, "errors": dict(errors or {})}


def only_fields(request: Request, text: str) -> str:
    """Trim an element's top level to `fields=`; versioned calls only."""
    wanted = request.text("fields")
    if not wanted or request.is_v2:
        return text
    names = {name.partition(":")[0] for name in wanted.split(",")}
    return dump({name: value for name, value in json.loads(text).items() if name in names})
