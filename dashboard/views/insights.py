"""Engagement over time: of one post, and of the Page one looks at."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from dashboard import access
from dashboard.access import HtmxRequest, desk_required
from dashboard.views.posts import why_none
from socialactions.queries import engagement, posts

PERIODS = {"7": 7, "30": 30, "90": 90}
USUAL = "30"
OF_POST: dict[str, int | None] = {**PERIODS, "all": None}


@require_GET
@desk_required
def index(request: HtmxRequest) -> HttpResponse:
    """The Page's growth, the posts that moved most, and what the desk did on them."""
    page = access.page_in_view(request)
    context = _period(request, PERIODS)
    if page is None:
        context |= {"empty": "no_read" if request.viewer.pages else "no_pages", "why": why_none(request)}
    else:
        course = engagement.of_page(page.organization, days=PERIODS[context["period"]], now=timezone.now())
        context |= {"page": page.organization, "course": course}
    return render(request, "insights/index.html", context, status=422 if context["wrong"] else 200)


@require_GET
@desk_required
def post(request: HtmxRequest, post_id: UUID) -> HttpResponse:
    """One post's counts over time, and what of ours reached LinkedIn meanwhile."""
    found, _ = access.post_to_read(request, post_id)
    context = _period(request, OF_POST)
    course = engagement.of_post(found, days=OF_POST[context["period"]], now=timezone.now())
    context |= {"post": posts.row(found), "course": course}
    return render(request, "insights/post.html", context, status=422 if context["wrong"] else 200)


def _period(request: HtmxRequest, periods: dict[str, Any]) -> dict[str, Any]:
    asked = request.GET.get("days", USUAL)
    known = asked in periods
    return {"period": asked if known else USUAL, "periods": list(periods), "wrong": not known}
