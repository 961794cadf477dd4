"""`/socialMetadata`: reactions by kind, comment counts, and opening or closing comments."""

from __future__ import annotations

from collections import Counter

from .exchange import Answer, Refused, Request, answer_json, bad_path, missing, unpermitted, wrong_method, wrong_value
from .gates import denied, may_read_social, require_actor, require_batches
from .records import Comment, Json, Post
from .shapes import batch_json, comment_urn, target_urn
from .targets import actor_urn, entity_in_path, entity_named, post_of
from .threads import set_comments_state, total_comments
from .world import World

RESOURCE = "partnerApiSocialMetadata"


def route(world: World, request: Request) -> Answer:
    if not request.segments:
        if request.method != "GET":
            raise wrong_method()
        return batch(world, request)
    if len(request.segments) > 1:
        raise bad_path()
    entity, urn = entity_in_path(world, request.segments[0])
    if request.method == "GET":
        _require_read(world, request, entity, "GET")
        return answer_json(metadata_json(world, request, entity, str(urn)))
    if request.method == "POST" and request.restli_method == "PARTIAL_UPDATE":
        return change(world, request, entity, str(urn))
    raise wrong_method()


def _require_read(world: World, request: Request, entity: Post | Comment, method: str) -> None:
    if not may_read_social(world, request, post_of(world, entity).author):
        raise denied(request, RESOURCE, method)


def batch(world: World, request: Request) -> Answer:
    require_batches(world, request, RESOURCE)
    results: dict[str, Json] = {}
    errors: dict[str, Json] = {}
    for asked in map(str, request.items("ids")):
        try:
            entity, _ = entity_named(world, asked)
            _require_read(world, request, entity, "BATCH_GET")
            results[asked] = metadata_json(world, request, entity, asked)
        except Refused as refused:
            errors[asked] = refused.body
    return answer_json(batch_json(results, errors))


def metadata_json(world: World, request: Request, entity: Post | Comment, asked: str) -> Json:
    kinds = Counter(reaction.kind for reaction in entity.reactions.values())
    if isinstance(entity, Post):
        shown, state = target_urn(world, request, entity, asked), entity.comments_state
        count, first_level = total_comments(world, entity), len(entity.comments)
    else:
        shown, state = comment_urn(world, request, entity), "OPEN"
        count = first_level = len(entity.replies)
    return {
        "entity": shown,
        "commentsState": state,
        "commentSummary": {"count": count, "topLevelCount": first_level},
        "reactionSummaries": {kind: {"reactionType": kind, "count": number} for kind, number in sorted(kinds.items())},
    }


def change(world: World, request: Request, entity: Post | Comment, asked: str) -> Answer:
    """Close comments, which removes them all, or open them again. Posts only."""
    if isinstance(entity, Comment):
        raise bad_path()
    patch = request.json().get("patch")
    wish = patch.get("$set") if isinstance(patch, dict) else None
    if not isinstance(wish, dict) or "commentsState" not in wish:
        raise missing("patch/$set/commentsState")
    surplus = [f"/patch/$set/{name}" for name in wish if name != "commentsState"]
    if surplus:
        raise unpermitted(*surplus)
    if wish["commentsState"] not in ("OPEN", "CLOSED"):
        raise wrong_value("commentsState", wish["commentsState"])
    named = request.text("actor")
    if not named:
        raise missing("actor")
    actor = actor_urn("actor", named)
    require_actor(world, request, actor, RESOURCE, "PARTIAL_UPDATE")
    if actor != entity.author:
        raise denied(request, RESOURCE, "PARTIAL_UPDATE")
    if entity.comments_state != wish["commentsState"]:
        set_comments_state(world, entity, actor=actor, agent=request.viewer, state=wish["commentsState"])
    return answer_json(metadata_json(world, request, entity, asked), 202)
