"""`/reactions`: the six kinds on posts and comments; likes are those of kind LIKE. Leaves figures to `metadata`."""

from __future__ import annotations

from .exchange import (
    Answer,
    Refused,
    Request,
    answer_json,
    bad_path,
    dump,
    missing,
    not_found,
    unpermitted,
    wrong_method,
    wrong_value,
)
from .gates import denied, may_read_social, require_actor, require_batches
from .records import Comment, Json, Post, Reaction
from .restli import path_record, reduced_record
from .shapes import batch_json, comment_urn, page_text, reaction_json, target_urn
from .targets import actor_urn, entity_named, post_of
from .threads import react, unreact
from .world import World

RESOURCE = "partnerApiReactions"
KINDS = ("LIKE", "PRAISE", "EMPATHY", "INTEREST", "APPRECIATION", "ENTERTAINMENT")
_SORTS = ("CHRONOLOGICAL", "REVERSE_CHRONOLOGICAL", "RELEVANCE")


def route(world: World, request: Request) -> Answer:
    if len(request.segments) > 1:
        raise not_found()
    if request.method == "POST" and not request.segments:
        return create(world, request)
    if request.segments:
        return keyed(world, request, path_record(request.segments[0]))
    if request.method != "GET":
        raise wrong_method()
    if "ids" in request.parameters:
        return batch(world, request)
    return finder(world, request, request.text("entity"))


def keyed(world: World, request: Request, key: dict[str, str]) -> Answer:
    if set(key) == {"entity"} and request.method == "GET":
        return finder(world, request, key["entity"])
    if set(key) != {"actor", "entity"}:
        raise bad_path()
    entity, urn = entity_named(world, key["entity"])
    actor = actor_urn("actor", key["actor"])
    if request.method == "GET":
        _require_read(world, request, entity, "GET")
        return answer_json(_one(world, request, entity, actor, str(urn)))
    if request.method == "DELETE":
        require_actor(world, request, actor, RESOURCE, "DELETE")
        if actor not in entity.reactions:
            raise not_found()
        unreact(world, entity, actor=actor, agent=request.viewer)
        return Answer(204)
    raise wrong_method()


def _require_read(world: World, request: Request, entity: Post | Comment, method: str) -> None:
    if not may_read_social(world, request, post_of(world, entity).author):
        raise denied(request, RESOURCE, method)


def _shown(world: World, request: Request, entity: Post | Comment, reaction: Reaction, asked: str) -> Json:
    root = (
        comment_urn(world, request, entity)
        if isinstance(entity, Comment)
        else target_urn(world, request, entity, asked)
    )
    return reaction_json(request, reaction, root)


def _one(world: World, request: Request, entity: Post | Comment, actor: str, asked: str) -> Json:
    if actor not in entity.reactions:
        raise not_found()
    return _shown(world, request, entity, entity.reactions[actor], asked)


def batch(world: World, request: Request) -> Answer:
    require_batches(world, request, RESOURCE)
    results: dict[str, Json] = {}
    errors: dict[str, Json] = {}
    for key in request.items("ids"):
        if not isinstance(key, dict) or set(key) != {"actor", "entity"}:
            raise bad_path()
        shown = reduced_record(actor=str(key["actor"]), entity=str(key["entity"]))
        try:
            entity, urn = entity_named(world, str(key["entity"]))
            _require_read(world, request, entity, "BATCH_GET")
            results[shown] = _one(world, request, entity, str(key["actor"]), str(urn))
        except Refused as refused:
            errors[shown] = refused.body
    return answer_json(batch_json(results, errors))


def finder(world: World, request: Request, named: str) -> Answer:
    """Reactions on one entity, sorted as asked."""
    if request.text("q") != "entity" or not named:
        raise missing("q" if named else "entity")
    entity, urn = entity_named(world, named)
    _require_read(world, request, entity, "FINDER")
    sort = request.parameters.get("sort", {})
    order = sort.get("value", "CHRONOLOGICAL") if isinstance(sort, dict) else ""
    if order not in _SORTS:
        raise wrong_value("sort", order)
    start, count = request.whole("start", 0), request.whole("count", 10)
    found = sorted(entity.reactions.values(), key=lambda one: one.created, reverse=order == "REVERSE_CHRONOLOGICAL")
    parts = [dump(_shown(world, request, entity, one, str(urn))) for one in found[start : start + count]]
    return answer_json(page_text(request, parts, start=start, count=count, total=len(found)))


def create(world: World, request: Request) -> Answer:
    body = request.json()
    surplus = [f"/{name}" for name in body if name not in ("root", "reactionType")]
    if surplus:
        raise unpermitted(*surplus)
    for name in ("root", "reactionType"):
        if not body.get(name):
            raise missing(name)
    if not request.text("actor"):
        raise missing("actor")
    actor = actor_urn("actor", request.text("actor"))
    kind = body["reactionType"]
    if kind not in KINDS:
        raise wrong_value("reactionType", kind)
    entity, urn = entity_named(world, str(body["root"]))
    require_actor(world, request, actor, RESOURCE, "CREATE")
    earlier = entity.reactions.get(actor)
    if earlier is not None and earlier.kind == kind:
        if world.switches.double_like == 409:
            raise Refused(409, "The reaction exists already", code="CONFLICT")
        reaction = earlier
    else:
        reaction = react(world, entity, actor=actor, agent=request.viewer, kind=kind)
    found = _shown(world, request, entity, reaction, str(urn))
    key = reduced_record(actor=actor, entity=found["root"])
    identity = found["$URN"] if request.is_v2 else found["id"]
    return answer_json(found, 201, [("x-restli-id", key), ("x-resourceidentity-urn", identity)])
