"""Posts, threads and reactions as they are stored: nothing here asks LinkedIn, and nothing past its time is told."""

from __future__ import annotations

from typing import Annotated, Any, cast

from django.http import HttpRequest
from ninja import Router
from ninja.params.models import Query as Asked

from socialactions.models import ApiKey, Comment, Post
from socialactions.queries import finding, program_reads
from socialactions.queries.cursors import Cursor
from socialactions.spans import unit

from . import sights
from .keys import KeyRequest, eyes_of, needs
from .problems import Problem, documented
from .questions import CursorText, Limit, part, place_of
from .sights import CommentsOut, OrganizationsOut, PostOut, PostsOut, ReactionsOut, RepliesOut

router = Router(tags=["reading"], auth=needs("read"))


@router.get(
    "/organizations",
    response={200: OrganizationsOut, **documented()},
    operation_id="listOrganizations",
    summary="Pages of the key's person, with what the person may do there",
)
def organizations(request: HttpRequest) -> dict[str, Any]:
    pages = eyes_of(_key(request)).pages.values()
    return {"organizations": [sights.organization(page) for page in pages]}


@router.get(
    "/posts",
    response={200: PostsOut, **documented(404)},
    operation_id="listPosts",
    summary="Posts with their counts, newest first",
)
def posts(
    request: HttpRequest,
    organization: Annotated[str, Asked("", max_length=255, description="Only this Page's, by its URN.")],
    limit: Limit,
    cursor: CursorText,
) -> dict[str, Any]:
    pages = [page for page in eyes_of(_key(request)).pages.values() if page.rights.read_posts]
    wanted = [page.organization for page in pages if organization in ("", page.organization.urn)]
    if organization and not wanted:
        raise Problem("not_found")
    rows, following = program_reads.posts_of(wanted, after=place_of(cursor, Cursor), limit=limit)
    return part("posts", [sights.post(row) for row in rows], following)


@router.get(
    "/posts/{name}",
    response={200: PostOut, **documented(404)},
    operation_id="getPost",
    summary="One post, by any of its URNs or our id",
)
def post(request: HttpRequest, name: str) -> dict[str, Any]:
    return sights.post(program_reads.with_expired(_post(_key(request), name, comments=False)))


@router.get(
    "/posts/{name}/comments",
    response={200: CommentsOut, **documented(404)},
    operation_id="listComments",
    summary="The thread tree of a post",
)
def comments(
    request: HttpRequest,
    name: str,
    depth: Annotated[int, Asked(2, ge=1, le=2, description="1: first-level comments. 2: with their oldest replies.")],
    limit: Limit,
    cursor: CursorText,
) -> dict[str, Any]:
    """First-level comments, newest first. What members wrote may be kept until `expires_at` and not longer.

    `read` says whether the tree is whole. Members are their URNs; names are not handed on.
    """
    found = _post(_key(request), name)
    threads, following = program_reads.threads_of(
        found, after=place_of(cursor, Cursor), limit=limit, with_replies=depth == 2
    )
    read = sights.read_state(program_reads.with_expired(found))
    about = {"post": found.urn, "read": read, "mention_unit": unit()}
    return part("threads", [sights.thread(one) for one in threads], following, **about)


@router.get(
    "/comments/{name}/replies",
    response={200: RepliesOut, **documented(404)},
    operation_id="listReplies",
    summary="All replies of a thread, oldest first",
)
def replies(request: HttpRequest, name: str, limit: Limit, cursor: CursorText) -> dict[str, Any]:
    found = _comment(_key(request), name)
    thread = found.thread or found
    thread.post = found.post
    rows, following = program_reads.replies_of(thread, after=place_of(cursor, Cursor), limit=limit)
    told = [sights.comment(row) for row in rows]
    return part("replies", told, following, thread=thread.urn, mention_unit=unit())


@router.get(
    "/posts/{name}/reactions",
    response={200: ReactionsOut, **documented(404)},
    operation_id="getPostReactions",
    summary="Reactions of a post by kind, and which of your actors reacted",
)
def post_reactions(request: HttpRequest, name: str) -> dict[str, Any]:
    found = _post(_key(request), name)
    ours = program_reads.own_reactions(found, None)
    return sights.reactions(found.urn, found.reactions, found.total_reactions, found.counted_at, ours)


@router.get(
    "/comments/{name}/reactions",
    response={200: ReactionsOut, **documented(404)},
    operation_id="getCommentReactions",
    summary="Likes of a comment, and which of your actors reacted",
)
def comment_reactions(request: HttpRequest, name: str) -> dict[str, Any]:
    """LinkedIn counts all reactions of a comment together."""
    found = _comment(_key(request), name)
    content = program_reads.content_of(found)
    if content is None:
        raise Problem("not_found")
    ours = program_reads.own_reactions(found.post, found)
    return sights.reactions(found.urn, {}, content.likes, content.fetched_at, ours)


def _key(request: HttpRequest) -> ApiKey:
    return cast(KeyRequest, request).auth


def _post(key: ApiKey, name: str, *, comments: bool = True) -> Post:
    found = _reachable(key, name, comments=comments)
    if not isinstance(found, Post):
        raise Problem("not_found")
    return found


def _comment(key: ApiKey, name: str) -> Comment:
    found = _reachable(key, name)
    if not isinstance(found, Comment) or found.gone_at is not None:
        raise Problem("not_found")
    return found


def _reachable(key: ApiKey, name: str, *, comments: bool = True) -> Post | Comment | None:
    """What the key's person may look at; by the same work whether there is such a thing or not."""
    pages = eyes_of(key).pages
    try:
        found = finding.meant(key.desk, name)
    except ValueError:
        return None
    post = found.post if isinstance(found, Comment) else found
    page = pages.get(post.organization_id) if post else None
    if post is None or page is None or post.is_expired:
        return None
    return found if (page.rights.read_comments if comments else page.rights.read_posts) else None
