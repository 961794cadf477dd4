"""`/posts`: the finder by author with its short pages, single and many posts, create, edit, delete."""

from __future__ import annotations

from .exchange import (
    Answer,
    Refused,
    Request,
    answer_json,
    dump,
    missing,
    not_found,
    unpermitted,
    wrong_method,
    wrong_value,
)
from .gates import POST_ROLES, POST_WRITE_ROLES, denied, has_scope, require_batches
from .records import Json, Post
from .restli import path_urn, read_urn
from .shapes import batch_json, only_fields, page_text
from .targets import actor_urn
from .world import World

RESOURCE = "partnerApiPosts"
MAX_COUNT = 100
MAX_COMMENTARY = 3000
DUPLICATE_MS = 600_000
_EDITABLE = ("commentary", "contentCallToActionLabel", "contentLandingPage", "lifecycleState")
_CREATABLE = (
    *("author", "commentary", "visibility", "distribution", "lifecycleState", "isReshareDisabledByAuthor"),
    *("content", "reshareContext"),
)


def route(world: World, request: Request) -> Answer:
    if len(request.segments) > 1:
        raise not_found()
    if request.segments:
        return one(world, request, str(path_urn(request.segments[0], "share", "ugcPost")))
    if request.method == "POST":
        return create(world, request)
    if request.method != "GET":
        raise wrong_method()
    if "ids" in request.parameters:
        return batch(world, request)
    if request.text("q") != "author":
        raise missing("q")
    return finder(world, request)


def one(world: World, request: Request, urn: str) -> Answer:
    post = world.posts.get(urn) or world.post(urn)
    if request.method == "DELETE":
        return delete(world, request, post)
    if post is None:
        raise not_found()
    if request.method == "GET":
        require_read(world, request, post.author, "GET")
        if not _is_visible(request, post):
            raise not_found()
        return answer_json(only_fields(request, dump(post_json(post))))
    if request.method == "POST" and request.restli_method == "PARTIAL_UPDATE":
        return edit(world, request, post)
    raise wrong_method()


def require_read(world: World, request: Request, author: str, method: str) -> None:
    if author.startswith("urn:li:person:"):
        if not (author == request.viewer and has_scope(request, ("r_member_social",))):
            raise Refused(400, "Member permissions must be used when using member as author")
        return
    if not has_scope(request, ("r_organization_social",)) or world.role(request.viewer, author) not in POST_ROLES:
        raise denied(request, RESOURCE, method)


def _require_write(world: World, request: Request, author: str, method: str) -> None:
    if author.startswith("urn:li:person:"):
        allowed = author == request.viewer and has_scope(request, ("w_member_social",))
    else:
        role = world.role(request.viewer, author)
        allowed = has_scope(request, ("w_organization_social",)) and role in POST_WRITE_ROLES
    if not allowed:
        raise denied(request, RESOURCE, method)


def _is_visible(request: Request, post: Post) -> bool:
    return post.lifecycle == "PUBLISHED" or request.text("viewContext", "READER") == "AUTHOR"


def finder(world: World, request: Request) -> Answer:
    """Posts of one author, newest first. Pages can be short: what may not be seen is left out after paging."""
    author = actor_urn("author", request.text("author"))
    author = author.replace(":organizationBrand:", ":organization:")
    require_read(world, request, author, "FINDER")
    start, count = request.whole("start", 0), request.whole("count", 10)
    if count > MAX_COUNT:
        if world.switches.count_maximum == 504:
            raise Refused(504, "Gateway Timeout", code="GATEWAY_TIMEOUT")
        count = MAX_COUNT
    sort = request.text("sortBy", "LAST_MODIFIED")
    if sort not in ("LAST_MODIFIED", "CREATED"):
        raise wrong_value("sortBy", sort)
    dark = request.text("isDsc")
    found = [
        post
        for post in world.posts.values()
        if post.author == author and (not dark or post.is_dark == (dark == "true"))
    ]
    found.sort(key=lambda post: post.created if sort == "CREATED" else post.modified, reverse=True)
    shown = [post for post in found[start : start + count] if _is_visible(request, post)]
    parts = [dump(post_json(post) | {"id": name}) for post in shown for name in _listed_names(world, post)]
    if request.parameters.get("fields"):
        parts = [only_fields(request, part) for part in parts]
    return answer_json(page_text(request, parts, start=start, count=count, total=len(found)))


def _listed_names(world: World, post: Post) -> list[str]:
    choice = world.switches.list_alias
    names = [post.urn] if choice in ("same", "both") else []
    return names + ([world.other_name(post)] if choice in ("ugcPost", "both") else [])


def batch(world: World, request: Request) -> Answer:
    require_batches(world, request, RESOURCE)
    results: dict[str, Json] = {}
    errors: dict[str, Json] = {}
    for asked in map(str, request.items("ids")):
        try:
            name = str(read_urn(asked, "share", "ugcPost"))
            post = world.posts.get(name) or world.post(name)
            if post is None:
                raise not_found()
            require_read(world, request, post.author, "BATCH_GET")
            if not _is_visible(request, post):
                raise not_found()
            results[asked] = post_json(post)
        except Refused as refused:
            errors[asked] = refused.body
    return answer_json(batch_json(results, errors))


def post_json(post: Post) -> Json:
    found: Json = {
        "id": post.urn,
        "author": post.author,
        "commentary": post.commentary,
        "visibility": post.visibility,
        "lifecycleState": post.lifecycle,
        "distribution": {
            "feedDistribution": "NONE" if post.is_dark else "MAIN_FEED",
            "targetEntities": [],
            "thirdPartyDistributionChannels": [],
        },
        "isReshareDisabledByAuthor": False,
        "createdAt": post.created,
        "lastModifiedAt": post.modified,
        "lifecycleStateInfo": {"isEditedByAuthor": post.modified > post.created + 60_000},
    }
    if post.lifecycle == "PUBLISHED":
        found["publishedAt"] = post.created
    if post.content:
        found["content"] = post.content
    if post.reshare_of:
        found["reshareContext"] = {"parent": post.reshare_of, "root": post.reshare_of}
    return found


def create(world: World, request: Request) -> Answer:
    body = request.json()
    surplus = [f"/{name}" for name in body if name not in _CREATABLE]
    if surplus:
        raise unpermitted(*surplus)
    for name in ("author", "commentary", "visibility", "distribution", "lifecycleState"):
        if name not in body:
            raise missing(name)
    author = actor_urn("author", body["author"])
    _require_write(world, request, author, "CREATE")
    if body["lifecycleState"] != "PUBLISHED":
        raise wrong_value("lifecycleState", body["lifecycleState"])
    commentary = _checked_commentary(body["commentary"])
    now = world.now_ms()
    for post in world.posts.values():
        if post.author == author and commentary and post.commentary == commentary and post.created > now - DUPLICATE_MS:
            raise Refused(422, f"Content is a duplicate of {post.urn}", code="UNPROCESSABLE_ENTITY")
    context = body.get("reshareContext") or {}
    activity = f"urn:li:activity:{world.new_id(now)}"
    post = world.add_post(
        Post(
            urn=f"urn:li:share:{world.new_id(now)}",
            activity=activity,
            thread=activity,
            author=author,
            commentary=commentary,
            created=now,
            modified=now,
            content=body.get("content") or {},
            visibility=str(body["visibility"]),
            reshare_of=str(context.get("parent", "")),
            agent=request.viewer,
        )
    )
    world.record("post", actor=author, agent=request.viewer, target=author, urn=post.urn, text=commentary)
    return Answer(201, headers=[("x-restli-id", post.urn)])


def _checked_commentary(value: object) -> str:
    if not isinstance(value, str):
        raise wrong_value("commentary", value)
    if len(value) > MAX_COMMENTARY:
        message = f"commentary length {len(value)} can't exceeded maximum {MAX_COMMENTARY} length"
        raise Refused(400, message, code="FIELD_LENGTH_TOO_LONG")
    return value


def edit(world: World, request: Request, post: Post) -> Answer:
    _require_write(world, request, post.author, "PARTIAL_UPDATE")
    patch = request.json().get("patch")
    wish = patch.get("$set") if isinstance(patch, dict) else None
    if not isinstance(wish, dict):
        raise missing("patch/$set")
    surplus = [f"/patch/$set/{name}" for name in wish if name not in _EDITABLE]
    if surplus:
        raise unpermitted(*surplus)
    if "commentary" in wish:
        post.commentary = _checked_commentary(wish["commentary"])
    post.modified = world.now_ms()
    world.record("edit", actor=post.author, agent=request.viewer, target=post.urn, urn=post.urn, text=post.commentary)
    return Answer(204)


def delete(world: World, request: Request, post: Post | None) -> Answer:
    """Idempotent: a post that is gone already answers the same."""
    if post is None:
        return Answer(204)
    _require_write(world, request, post.author, "DELETE")
    for comment in [world.comments[number] for number in post.comments]:
        for reply in comment.replies:
            del world.comments[reply]
        del world.comments[comment.id]
    del world.posts[post.urn]
    for alias in [alias for alias, urn in world.aliases.items() if urn == post.urn]:
        del world.aliases[alias]
    world.record("delete", actor=post.author, agent=request.viewer, target=post.urn, urn=post.urn, text=post.commentary)
    return Answer(204)
