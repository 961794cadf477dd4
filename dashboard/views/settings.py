"""Settings: connections with their scopes and ends, how the desk works on each Page, the team and its invitations."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from dashboard import access
from dashboard.access import HtmxRequest, admin_required, desk_required
from dashboard.views.connect import asked_scopes
from socialactions.models import Organization
from socialactions.queries import ahead, people
from socialactions.services import connections, desks, pages, refreshing

UNDO_WINDOW_WRONG = (
    f"Undo window: this is not a number of seconds from 0 to {pages.UNDO_WINDOW_MOST_S}. "
    "Type such a number, or leave the field empty."
)


@require_GET
@desk_required
def show_connections(request: HtmxRequest) -> HttpResponse:
    rows = people.connections_of(request.desk, request.user, asked_scopes())
    return render(request, "settings/connections.html", {"connections": rows})


@require_POST
@desk_required
def end_connection(request: HtmxRequest, connection_id: UUID) -> HttpResponse:
    connection = access.connection_in_reach(request, connection_id)
    connections.disconnect(connection, by=request.user)
    messages.info(
        request, f"{connection.user.name}'s connection was ended here and revoked at LinkedIn as far as it listens."
    )
    return redirect("settings-connections")


class PageForm(forms.Form):
    """How the desk works on one Page."""

    undo_window_s = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=pages.UNDO_WINDOW_MOST_S,
        error_messages=dict.fromkeys(("invalid", "min_value", "max_value"), UNDO_WINDOW_WRONG),
    )


@require_GET
@admin_required
def show_pages(request: HtmxRequest) -> HttpResponse:
    return _pages(request)


@require_POST
@admin_required
def change_page(request: HtmxRequest, page_id: UUID) -> HttpResponse:
    page = access.page_to_change(request, page_id)
    form = PageForm(request.POST)
    if not form.is_valid():
        return _pages(request, wrong=page, form=form)
    pages.set_undo_window(page, form.cleaned_data["undo_window_s"], by=request.user)
    messages.info(request, f"Saved for {page.name}.")
    return redirect("settings-pages")


@require_GET
@desk_required
def show_reading(request: HtmxRequest) -> HttpResponse:
    """What reading ahead costs and does; the fragment that open screens fetch again while it runs."""
    context = {"plans": ahead.plans(request.desk), "runs": ahead.runs(request.desk), "is_on": settings.READ_AHEAD}
    return render(request, "settings/_reading.html" if request.htmx else "settings/reading.html", context)


@require_POST
@desk_required
def read_now(request: HtmxRequest, connection_id: UUID) -> HttpResponse:
    connection = access.connection_in_reach(request, connection_id)
    if refreshing.want_everything(connection):
        messages.info(request, "Reading has begun.")
    else:
        messages.warning(request, "Reading could not begin: no worker can be reached. Try again in a moment.")
    return redirect("settings-reading")


def _pages(request: HtmxRequest, *, wrong: Organization | None = None, form: PageForm | None = None) -> HttpResponse:
    rows = [
        {"page": page, "typed": form["undo_window_s"].value(), "errors": form.errors["undo_window_s"]}
        if form and page == wrong
        else {"page": page, "typed": page.undo_window_s, "errors": []}
        for page in people.pages_of_desk(request.desk)
    ]
    context = {"rows": rows, "usual_s": settings.UNDO_WINDOW_S, "most_s": pages.UNDO_WINDOW_MOST_S}
    return render(request, "settings/pages.html", context, status=422 if form else 200)


@require_http_methods(["GET", "POST"])
@admin_required
def team(request: HtmxRequest) -> HttpResponse:
    """People of the desk; POST makes an invitation and shows its link this once."""
    link = ""
    if request.method == "POST":
        _, token = desks.invite(by=request.user)
        link = f"{settings.BASE_URL}{reverse('invitation-accept', args=[token])}"
    context = {
        "people": people.team(request.desk),
        "invitation_link": link,
        "open_invitations": people.open_invitations(request.desk),
    }
    return render(request, "settings/team.html", context)


@require_POST
@admin_required
def withdraw_invitation(request: HtmxRequest, invitation_id: UUID) -> HttpResponse:
    desks.withdraw(access.invitation_to_withdraw(request, invitation_id))
    return redirect("settings-team")
