"""Settings: connections with their scopes and ends, the team and its invitations."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from dashboard import access
from dashboard.access import HtmxRequest, admin_required, desk_required
from dashboard.views.connect import asked_scopes
from socialactions.queries import people
from socialactions.services import connections, desks


@require_GET
@desk_required
def show_connections(request: HtmxRequest) -> HttpResponse:
    rows = people.connections_of(request.desk, request.user, asked_scopes())
    return render(request, "settings/connections.html", {"connections": rows})


@require_POST
@desk_required
def end_connection(request: HtmxRequest, connection_id: UUID) -> HttpResponse:
    connection = access.connection_to_end(request, connection_id)
    connections.disconnect(connection, by=request.user)
    messages.info(
        request, f"{connection.user.name}'s connection was ended here and revoked at LinkedIn as far as it listens."
    )
    return redirect("settings-connections")


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
