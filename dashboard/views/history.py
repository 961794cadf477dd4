"""What the desk did on LinkedIn, newest first."""

from __future__ import annotations

import itertools

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers

from dashboard.access import HtmxRequest, desk_required
from socialactions.queries import actions
from socialactions.queries.rows import OutgoingRow


@require_GET
@desk_required
@vary_on_headers("HX-Request")
def index(request: HtmxRequest) -> HttpResponse:
    before = request.GET.get("before", "")
    if before and not (before.isascii() and before.isdigit() and len(before) < 19):
        raise Http404("This list does not go on there.")
    rows, cursor = actions.history(request.desk, viewer=request.viewer, before=int(before) if before else None)
    days = [(label, list(group)) for label, group in itertools.groupby(rows, key=_day)]
    name = "history/_rows.html" if request.htmx and before else "history/index.html"
    return render(request, name, {"days": days, "next_cursor": cursor})


def _day(row: OutgoingRow) -> str:
    at = timezone.localtime(row.created_at)
    days = (timezone.localtime().date() - at.date()).days
    return {0: "Today", 1: "Yesterday"}.get(days, f"{at:%A}, {at.day} {at:%B %Y}")
