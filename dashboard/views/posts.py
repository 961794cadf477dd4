"""Posts of the Page one looks at, one post with its threads, and what is live about it."""

from __future__ import annotations

import itertools
import math
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST
from django.views.decorators.vary import vary_on_headers

from dashboard import access, composing, scenes
from dashboard.access import HtmxRequest, desk_required
from dashboard.answers import back
from socialactions import rights
from socialactions.models import Post
from socialactions.queries import actions, changes, placing, posts, threads
from socialactions.queries.cursors import Cursor
from socialactions.queries.rows import PostRow
from socialactions.services import refreshing, visits

MONTHS = "%B %Y"
EMPTY = {"never": "never", "reading": "never", "incomplete": "unread", "complete": "none"}


@require_GET
@desk_required
@vary_on_headers("HX-Request")
def index(request: HtmxRequest) -> HttpResponse:
    """The Page's posts, newest first; reading them is started when they are stale."""
    page = access.page_in_view(request)
    if page is None:
        context: dict[str, Any] = {
            "groups": [],
            "empty": "no_pages" if not request.viewer.pages else "no_read",
            "why": why_none(request),
        }
        return render(request, "posts/index.html", context)
    organization = page.organization
    if refreshing.want_posts(organization):
        organization.refresh_from_db()
    rows, cursor = posts.of_page(organization, after=_cursor(request))
    state = posts.page_read_state(organization)
    empty = "" if rows else EMPTY[state.state]
    context = {"groups": _by_time(rows), "next_cursor": cursor, "read": state, "empty": empty, "why": state.reason}
    name = "posts/_rows.html" if request.htmx and request.GET.get("before") else "posts/index.html"
    return render(request, name, context)


@require_GET
@desk_required
def news(request: HtmxRequest) -> HttpResponse:
    """How many posts came since the newest one that an open list shows."""
    page, since = access.page_in_view(request), _since(request)
    if page is None:
        raise Http404
    many = posts.newer(page.organization, since) if since else 0
    return render(request, "posts/_news.html", {"many": many})


@require_GET
@desk_required
def numbers(request: HtmxRequest, post_id: UUID) -> HttpResponse:
    """A post's counts, for its row in an open list, or for its line beside a thread."""
    post, _ = access.post_to_read(request, post_id)
    template = "posts/_short.html" if request.GET.get("short") else "posts/_numbers.html"
    return render(request, template, {"p": posts.row(post)})


@require_POST
@desk_required
def refresh_list(request: HtmxRequest) -> HttpResponse:
    page = access.page_in_view(request)
    if page is None:
        raise Http404
    refreshing.want_posts(page.organization, even_if_fresh=True)
    return back(request, "post-list")


@require_GET
@desk_required
@vary_on_headers("HX-Request")
def show(request: HtmxRequest, post_id: UUID) -> HttpResponse:
    """One post with fifty threads; ``before`` goes on, ``part=comments`` is the list alone."""
    post, siblings, scene = _post_and_scene(request, post_id)
    no_comments = request.viewer.why_no_comments(post.organization)
    if not no_comments:
        refreshing.want_comments(post)
    sort = _sort(request.GET)
    after = _cursor(request)
    found = threads.NOTHING if no_comments else threads.page(post, scene.eyes, sort=sort, after=after)
    refreshing.want_faces(post, [comment for thread in found.threads for comment in thread.unmet])
    context = {
        **scene.context,
        "post": posts.row(post),
        "threads": found.threads,
        "next_cursor": found.next_cursor,
        "outgoing": found.outgoing,
        "asking": found.asking,
        "shown": _shown(request, len(found.threads)),
        "total_threads": post.first_level_comments,
        "sort": sort,
        "news": 0,
        "no_comments": no_comments,
    }
    if request.htmx and after:
        return render(request, "threads/_more.html", context)
    if request.htmx and request.GET.get("part") == "comments":
        return render(request, "threads/_comments.html", context)
    context["siblings"] = [posts.row(one) for one in siblings]
    composer = composing.for_post(request.viewer, post, chosen=request.GET.get("as", ""))
    context["composer"] = composer.instead_of(composing.written_before(request, request.desk))
    return render(request, "threads/show.html", context)


@require_GET
@desk_required
def live(request: HtmxRequest, post_id: UUID) -> HttpResponse:
    """Counts, the like button, how fresh the reading is, what is under way, and whether there is news."""
    post, _, scene = _post_and_scene(request, post_id)
    if not request.viewer.why_no_comments(post.organization):
        refreshing.want_comments(post)
    return render(request, "threads/_live.html", live_context(request, post, scene))


@require_POST
@desk_required
def refresh(request: HtmxRequest, post_id: UUID) -> HttpResponse:
    """Read this post's comments again now."""
    access.post_to_touch(request, post_id)
    post, _, scene = _post_and_scene(request, post_id)
    if not refreshing.want_comments(post, even_if_fresh=True) and not request.htmx:
        messages.info(request, "This post is being read already.")
    post.refresh_from_db(fields=["reading", "reading_until"])
    if request.htmx:
        return render(request, "threads/_live.html", live_context(request, post, scene))
    return back(request, "post-show", post.pk)


@require_POST
@desk_required
def changed(request: HtmxRequest, post_id: UUID) -> HttpResponse:
    """What changed since the viewer's last visit; this one is noted, as of the list that they see. A fragment on the
    post's page, or a page.
    """
    post = access.post_to_touch(request, post_id)
    before = visits.look(request.user, post, drawn_at=_since(request))
    found = changes.since(post, before.at, reactions=before.reactions) if before else None
    template = "threads/_changes.html" if request.htmx else "threads/changes.html"
    return render(request, template, {"post": post, "changes": found})


def live_context(request: HtmxRequest, post: Post, scene: scenes.Scene) -> dict[str, object]:
    since = _since(request)
    no_comments = request.viewer.why_no_comments(post.organization)
    under_way = [] if no_comments else actions.open_on(post, request.desk.pk)
    return {
        **scene.context,
        "post": posts.row(post),
        "outgoing": placing.on_post(under_way, scene.eyes),
        "asking": placing.asking(post, under_way),
        "sent": threads.sent_since(post, scene.eyes, under_way, since=since) if since else [],
        "news": threads.news(post.pk, since=since) if since and not no_comments else 0,
        "no_comments": no_comments,
        # The fragment is for the page that asked, whose address says in which order it stands.
        "sort": _sort(scenes.page_of(request)[1]),
    }


def fresh_post(request: HtmxRequest, post_id: UUID, urn: str) -> Post:
    """The post again as this actor sees it, for the answer to a write."""
    return access.post_to_read(request, post_id, acting_urn=urn)[0]


def why_none(request: HtmxRequest) -> str:
    """Why there is no Page to look at, as far as we know."""
    viewer = request.viewer
    if not viewer.pages:
        return rights.why_no_pages(viewer.connection.scopes) if viewer.connection else ""
    return next((page.choice.why_not for page in viewer.pages.values() if page.choice.why_not), "")


def _post_and_scene(request: HtmxRequest, post_id: UUID) -> tuple[Post, list[Post], scenes.Scene]:
    """The post as the actor of ?as= sees it; without one, as its Page does."""
    key = request.GET.get("as", "")
    likely = scenes.urn_of(request, key)
    post, siblings = access.post_to_read(request, post_id, acting_urn=likely)
    scene = scenes.scene(request, post, key=key)
    acting = scene.eyes.acting_urn
    if acting != (likely or post.organization.urn):
        post, siblings = access.post_to_read(request, post_id, acting_urn=acting)
    return post, siblings, scene


def _sort(query: QueryDict) -> str:
    return "oldest" if query.get("sort") == "oldest" else "newest"


def _cursor(request: HtmxRequest) -> Cursor | None:
    text = request.GET.get("before", "")
    try:
        return Cursor.parse(text) if text else None
    except ValueError:
        raise Http404("This list does not go on there.") from None


def _since(request: HtmxRequest) -> datetime | None:
    try:
        seconds = float(request.GET.get("since") or request.POST.get("since") or "nan")
        return datetime.fromtimestamp(seconds, UTC) if math.isfinite(seconds) else None
    except (ValueError, OverflowError, OSError):
        return None


def _shown(request: HtmxRequest, here: int) -> int:
    before = request.GET.get("shown", "0")
    return here + (int(before) if before.isascii() and before.isdigit() and len(before) < 7 else 0)


def _by_time(rows: list[PostRow]) -> list[tuple[str, list[PostRow]]]:
    now = timezone.localtime()

    def label(row: PostRow) -> str:
        at = timezone.localtime(row.created_at)
        if (now - at).days < 7:
            return "Last seven days"
        return f"Earlier in {at:%B}" if (at.year, at.month) == (now.year, now.month) else at.strftime(MONTHS)

    return [(name, list(group)) for name, group in itertools.groupby(rows, key=label)]
