"""Comments: read, write, edit, delete, with each refusal that LinkedIn documents. Words and pictures: `spans`."""

from __future__ import annotations

from zlib import crc32

from . import spans
from .decoration import decorated
from .exchange import (
    Answer,
    Refused,
    Request,
    answer_json,
    bad_path,
    missing,
    not_found,
    unpermitted,
    wrong_method,
    wrong_value,
)
from .faults import creation_throttled
from .gates import denied, is_shown_nothing, may_read_social, require_actor, require_batches
from .records import Comment, Json, Post
from .restli import read_urn
from .shapes import batch_json, comment_json, comment_text, comment_urn, only_fields, page_text
from .targets import actor_urn, comment_below, find, post_of
from .threads import add_comment, delete_comment, edit_comment
from .world import World

RESOURCE = "partnerApiSocialActions"
MAX_COMMENTS = 199
_FIELDS = ("actor", "object", "message", "content", "parentComment")


def route(world: World, request: Request, entity: Post | Comment, key: tuple[str, ...]) -> Answer:
    if not key:
        if request.method == "GET":
            return batch(world, request, entity) if "ids" in request.parameters else page(world, request, entity)
        if request.method == "POST":
            return create(world, request, entity)
        raise wrong_method()
    if not key[0].isdigit():
        raise bad_path()
    if request.method == "GET":
        _require_read(world, request, entity, "GET")
        comment = comment_below(world, entity, key[0])
        return answer_json(only_fields(request, comment_text(world, request, comment)))
    if request.method == "DELETE":
        return delete(world, request, entity, key[0])
    if request.method == "POST" and request.restli_method == "PARTIAL_UPDATE":
        return edit(world, request, entity, key[0])
    raise wrong_method()


def _require_read(world: World, request: Request, entity: Post | Comment, method: str) -> None:
    if not may_read_social(world, request, post_of(world, entity).author):
        raise denied(request, RESOURCE, method)


def page(world: World, request: Request, entity: Post | Comment) -> Answer:
    """A slice of the comments on a post, or of the replies to a comment."""
    start, count = request.whole("start", 0), request.whole("count", 10)
    if is_shown_nothing(world, request, post_of(world, entity).author):
        return answer_json(page_text(request, [], start=start, count=count, total=0))
    _require_read(world, request, entity, "GET_ALL")
    if count > MAX_COMMENTS and world.switches.count_maximum == 504:
        raise Refused(504, "Gateway Timeout", code="GATEWAY_TIMEOUT")
    ids = entity.comments if isinstance(entity, Post) else entity.replies
    if world.switches.listing_lag_s:
        ids = _listed(world, ids)
    total = len(ids)
    if not total and world.switches.empty_list == 404:
        raise not_found()
    if world.switches.order == "newest":
        chosen = ids[max(0, total - start - count) : max(0, total - start)][::-1]
    else:
        chosen = ids[start : min(start + count, total)]
    if request.is_v2 and "~" in request.text("projection"):
        parts = [decorated(world, request, world.comments[comment]) for comment in chosen]
    else:
        parts = [comment_text(world, request, world.comments[comment]) for comment in chosen]
    if request.parameters.get("fields"):
        parts = [only_fields(request, part) for part in parts]
    return answer_json(page_text(request, parts, start=start, count=count, total=total))


def _listed(world: World, ids: list[str]) -> list[str]:
    """Those that are old enough to be listed; where the lag varies, each comment has its own."""
    lag_ms, varies = world.switches.listing_lag_s * 1000, world.switches.listing_lag_varies == "on"
    now = world.now_ms()
    return [one for one in ids if world.comments[one].created + lag_ms * (_share(one) if varies else 1) <= now]


def _share(comment_id: str) -> float:
    """Between 0 and 1, evenly spread, and always the same for the same comment."""
    return crc32(comment_id.encode()) / 0xFFFFFFFF


def batch(world: World, request: Request, entity: Post | Comment) -> Answer:
    require_batches(world, request, RESOURCE)
    _require_read(world, request, entity, "BATCH_GET")
    results: dict[str, Json] = {}
    errors: dict[str, Json] = {}
    for asked in map(str, request.items("ids")):
        try:
            results[asked] = comment_json(world, request, comment_below(world, entity, asked))
        except Refused as refused:
            errors[asked] = refused.body
    return answer_json(batch_json(results, errors))


def create(world: World, request: Request, entity: Post | Comment) -> Answer:
    body = request.json()
    actor = _checked_body(body)
    post = post_of(world, entity)
    named = world.post(str(body["object"]))
    if named is None or named.urn != post.urn:
        raise wrong_value("object", body["object"])
    require_actor(world, request, actor, RESOURCE, "CREATE")
    if not world.knows_actor(actor):
        raise Refused(400, "The URN ID provided is invalid", code="INVALID_URN_ID")
    parent = _parent(world, entity, body)
    if post.comments_state == "CLOSED":
        raise Refused(403, "Comments are closed on this entity", code="ACCESS_DENIED")
    text, attributes = spans.read_message(world, request, body["message"], has_content="content" in body)
    image = spans.read_content(world, request, body, actor, is_reply=parent is not None)
    _throttle(world, request)
    comment = add_comment(
        world, post, actor=actor, agent=request.viewer, text=text, parent=parent, attributes=attributes, image=image
    )
    return answer_json(comment_json(world, request, comment, fresh=True), 201, _headers(world, request, comment))


def _headers(world: World, request: Request, comment: Comment) -> list[tuple[str, str]]:
    urn = comment_urn(world, request, comment)
    return [
        ("x-restli-id", comment.id),
        ("x-resourceidentity-urn", urn),
        ("Location", f"{request.path.rstrip('/')}/{comment.id}"),
    ]


def _checked_body(body: Json) -> str:
    """The actor of a body that has all it needs, nothing else, and no nulls."""
    surplus = [f"/{name}" for name, value in body.items() if name not in _FIELDS or value is None]
    if surplus:
        raise unpermitted(*surplus)
    for name in ("actor", "object", "message"):
        if not body.get(name):
            raise missing(name)
    return actor_urn("actor", body["actor"])


def _parent(world: World, entity: Post | Comment, body: Json) -> Comment | None:
    """The first-level comment to answer: path and `parentComment` have to agree."""
    named = body.get("parentComment")
    if isinstance(entity, Post):
        if named is not None:
            raise wrong_value("parentComment", named)
        return None
    if named is None:
        raise missing("parentComment")
    found = find(world, read_urn(named, "comment")) if isinstance(named, str) else None
    if found is not entity:
        raise wrong_value("parentComment", named)
    if not entity.parent:
        return entity
    if world.switches.replies_to_reply == 422:
        raise Refused(422, "A reply can't be the parent of a comment", code="UNPROCESSABLE_ENTITY")
    return world.comments[entity.parent]


def _throttle(world: World, request: Request) -> None:
    """The one-minute limit on new comments of a member."""
    limit, now = world.switches.comments_per_minute, world.now_ms()
    recent = [time for time in world.comment_times.get(request.viewer, []) if time > now - 60_000]
    if limit is not None and len(recent) >= limit:
        raise creation_throttled()
    world.comment_times[request.viewer] = [*recent, now]


def edit(world: World, request: Request, entity: Post | Comment, comment_id: str) -> Answer:
    patch = request.json().get("patch")
    if not isinstance(patch, dict):
        raise missing("patch")
    comment = comment_below(world, entity, comment_id)
    named = request.text("actor")
    actor = actor_urn("actor", named) if named else request.viewer
    require_actor(world, request, actor, RESOURCE, "PARTIAL_UPDATE")
    if comment.actor != actor:
        raise denied(request, RESOURCE, "PARTIAL_UPDATE")
    wish = _patched_message(patch)
    post = world.posts[comment.post]
    if post.comments_state == "CLOSED":
        raise Refused(403, "Comments are closed on this entity", code="ACCESS_DENIED")
    text, attributes = spans.read_message(world, request, wish, has_content=bool(comment.image))
    kept = attributes if "attributes" in wish else None
    edit_comment(world, comment, agent=request.viewer, text=text, attributes=kept)
    headers = _headers(world, request, comment)[1:2]
    if world.switches.edit_answer == 204:
        return Answer(204, headers=headers)
    return answer_json(comment_text(world, request, comment), 200, headers)


def _patched_message(patch: Json) -> Json:
    surplus = [f"/patch/{name}" for name in patch if name != "message"]
    message = patch.get("message")
    if isinstance(message, dict):
        surplus += [f"/patch/message/{name}" for name in message if name != "$set"]
    if surplus:
        raise unpermitted(*surplus)
    wish = message.get("$set") if isinstance(message, dict) else None
    if not isinstance(wish, dict):
        raise missing("patch/message/$set")
    return wish


def delete(world: World, request: Request, entity: Post | Comment, comment_id: str) -> Answer:
    """Own comments, and as the Page everybody's on the Page's posts. The path names the post, not a comment."""
    if isinstance(entity, Comment):
        raise bad_path()
    named = request.text("actor")
    actor = actor_urn("actor", named) if named else request.viewer
    require_actor(world, request, actor, RESOURCE, "DELETE")
    comment = comment_below(world, entity, comment_id)
    if actor not in (comment.actor, entity.author):
        raise denied(request, RESOURCE, "DELETE")
    delete_comment(world, comment, actor=actor, agent=request.viewer)
    return Answer(204)
