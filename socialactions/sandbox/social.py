"""`/socialActions`: figures of posts and comments, and likes. Comments themselves are next door in `comments`."""

from __future__ import annotations

from . import comments
from .exchange import Answer, Refused, Request, answer_json, missing, not_found, unpermitted, wrong_method, wrong_value
from .gates import denied, is_shown_nothing, may_read_social, require_actor, require_batches
from .records import Comment, Json, Post
from .restli import path_urn
from .shapes import batch_json, like_json, only_fields, page_text, summary_json, target_urn
from .shapes import comment_urn as shown_comment_urn
from .targets import actor_urn, entity_in_path, entity_named, post_of
from .threads import react, unreact
from .world import World

RESOURCE = "partnerApiSocialActions"
MAX_LIKES = 599


def route(world: World, request: Request) -> Answer:
    if not request.segments:
        return batch(world, request)
    entity, urn = entity_in_path(world, request.segments[0])
    rest = request.segments[1:]
    if not rest:
        if request.method != "GET":
            raise wrong_method()
        if is_shown_nothing(world, request, post_of(world, entity).author):
            return answer_json({"target": str(urn)})
        require_read(world, request, entity, "GET")
        return answer_json(only_fields(request, answer_text(world, request, entity, str(urn))))
    if rest[0] == "comments" and len(rest) <= 2:
        return comments.route(world, request, entity, rest[1:])
    if rest[0] == "likes" and len(rest) <= 2:
        return likes(world, request, entity, str(urn), rest[1:])
    raise not_found()


def require_read(world: World, request: Request, entity: Post | Comment, method: str) -> None:
    if not may_read_social(world, request, post_of(world, entity).author):
        raise denied(request, RESOURCE, method)


def answer_text(world: World, request: Request, entity: Post | Comment, asked: str) -> str:
    found = summary_json(world, request, entity, asked)
    return answer_json(found).body.decode()


def batch(world: World, request: Request) -> Answer:
    """Figures of many at once; what cannot be had lands in `errors` while the answer stays 200."""
    if request.method != "GET":
        raise wrong_method()
    require_batches(world, request, RESOURCE)
    results: dict[str, Json] = {}
    errors: dict[str, Json] = {}
    for asked in map(str, request.items("ids")):
        try:
            entity, _ = entity_named(world, asked)
            require_read(world, request, entity, "BATCH_GET")
            results[asked] = summary_json(world, request, entity, asked)
        except Refused as refused:
            errors[asked] = refused.body
    return answer_json(batch_json(results, errors))


def likes(world: World, request: Request, entity: Post | Comment, asked: str, key: tuple[str, ...]) -> Answer:
    if request.method == "GET" and not key:
        return list_likes(world, request, entity, asked)
    if request.method == "POST" and not key:
        return create_like(world, request, entity, asked)
    if not key:
        raise wrong_method()
    actor = str(path_urn(key[0], "person", "organization", "organizationBrand"))
    if request.method == "GET":
        return get_like(world, request, entity, asked, actor)
    if request.method == "DELETE":
        return delete_like(world, request, entity, actor)
    raise wrong_method()


def shown_target(world: World, request: Request, entity: Post | Comment, asked: str) -> str:
    if isinstance(entity, Comment):
        return shown_comment_urn(world, request, entity)
    return target_urn(world, request, entity, asked)


def list_likes(world: World, request: Request, entity: Post | Comment, asked: str) -> Answer:
    require_read(world, request, entity, "GET_ALL")
    start, count = request.whole("start", 0), request.whole("count", 10)
    refuse_too_many(world, count, MAX_LIKES)
    found = [reaction for reaction in entity.reactions.values() if reaction.kind == "LIKE"]
    if not found and world.switches.empty_list == 404:
        raise not_found()
    target = shown_target(world, request, entity, asked)
    parts = [answer_json(like_json(request, like, target)).body.decode() for like in found[start : start + count]]
    return answer_json(page_text(request, parts, start=start, count=count, total=len(found)))


def refuse_too_many(world: World, count: int, most: int) -> None:
    if count > most and world.switches.count_maximum == 504:
        raise Refused(504, "Gateway Timeout", code="GATEWAY_TIMEOUT")


def get_like(world: World, request: Request, entity: Post | Comment, asked: str, actor: str) -> Answer:
    require_read(world, request, entity, "GET")
    reaction = entity.reactions.get(actor)
    if reaction is None or reaction.kind != "LIKE":
        raise not_found()
    return answer_json(like_json(request, reaction, shown_target(world, request, entity, asked)))


def create_like(world: World, request: Request, entity: Post | Comment, asked: str) -> Answer:
    body = request.json()
    surplus = [f"/{name}" for name in body if name not in ("actor", "object")]
    if surplus:
        raise unpermitted(*surplus)
    for name in ("actor", "object"):
        if not body.get(name):
            raise missing(name)
    actor = actor_urn("actor", body["actor"])
    named = world.post(str(body["object"]))
    if named is None or named.urn != post_of(world, entity).urn:
        raise wrong_value("object", body["object"])
    require_actor(world, request, actor, RESOURCE, "CREATE")
    earlier = entity.reactions.get(actor)
    if earlier is not None and earlier.kind == "LIKE":
        if world.switches.double_like == 409:
            raise Refused(409, "The entity is already liked by this actor", code="CONFLICT")
        reaction = earlier
    else:
        reaction = react(world, entity, actor=actor, agent=request.viewer, kind="LIKE", as_like=True)
    found = like_json(request, reaction, shown_target(world, request, entity, asked))
    urn = found["$URN"] if request.is_v2 else found["id"]
    return answer_json(found, 201, [("x-restli-id", urn), ("x-resourceidentity-urn", urn)])


def delete_like(world: World, request: Request, entity: Post | Comment, actor: str) -> Answer:
    """`actor` is required in the query, too, and has to be the one who liked."""
    named = request.text("actor")
    if not named:
        raise missing("actor")
    if actor_urn("actor", named) != actor:
        raise denied(request, RESOURCE, "DELETE")
    require_actor(world, request, actor, RESOURCE, "DELETE")
    if actor not in entity.reactions:
        raise not_found()
    unreact(world, entity, actor=actor, agent=request.viewer)
    return Answer(204)
