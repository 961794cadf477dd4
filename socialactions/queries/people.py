"""People and grants for Settings and the first steps: connections, colleagues, scopes in words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from socialactions import rights
from socialactions.linkedin.errors import LinkedInError
from socialactions.linkedin.oauth import TokenEndpointDown
from socialactions.models import Connection, Desk, Invitation, Organization, User
from socialactions.services import connections, faces, pages

from .rows import Face, PageChoice, ScopeRow

ENDS_SOON = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class ConnectionRow:
    id: UUID
    person: Face
    is_mine: bool
    scopes: list[ScopeRow]
    expires_at: datetime
    refresh_expires_at: datetime | None
    state: str  # ok ends_soon ended
    pages: list[PageChoice]
    words: str
    connected_at: datetime


def face_of(user: User) -> Face:
    return Face(
        urn=user.member_urn,
        name=user.name,
        headline=user.headline,
        picture_url=user.picture_url,
        initials=faces.initials_of(user.name),
    )


def until(moment: datetime) -> str:
    """ "in 5 days", counting the day that has begun."""
    days = (moment - timezone.now()).days + 1
    return f"in {days} day{'' if days == 1 else 's'}"


def scope_rows(asked: Iterable[str], *, granted: Iterable[str] | None) -> list[ScopeRow]:
    """Each scope in plain words; ``granted`` None before connecting."""
    have = None if granted is None else set(granted)
    return [
        ScopeRow(name, *rights.SCOPES[name], granted=None if have is None else name in have)
        for name in asked
        if name in rights.SCOPES
    ]


def asks_otherwise(desk: Desk, asked: Iterable[str], *, apart_from: User) -> bool:
    """Whether a live connection of somebody else at the desk was granted when another scope set was asked for:
    LinkedIn ends those when somebody grants this one.
    """
    others = Connection.objects.filter(desk=desk, health=Connection.Health.OK).exclude(user=apart_from.pk)
    now = set(asked)
    return any(before and set(before) != now for before in others.values_list("asked_scopes", flat=True))


def connections_of(desk: Desk, viewer: User, asked: Iterable[str]) -> list[ConnectionRow]:
    """Every connection of the desk, the viewer's own first, in two queries."""
    asked = list(asked)
    found = (
        Connection.objects.filter(desk=desk)
        .select_related("user")
        .prefetch_related("roles__organization")
        .order_by("connected_at")
    )
    rows = [_connection_row(one, viewer, asked) for one in found]
    return sorted(rows, key=lambda row: not row.is_mine)


def pages_of_desk(desk: Desk) -> list[Organization]:
    return list(Organization.objects.filter(desk=desk).order_by("name"))


def team(desk: Desk) -> list[tuple[Face, str, datetime | None]]:
    people = User.objects.filter(desk=desk, is_active=True).order_by("joined_at")
    return [(face_of(one), "Administrator" if one.is_admin else "Colleague", one.joined_at) for one in people]


def open_invitations(desk: Desk) -> list[Invitation]:
    found = Invitation.objects.filter(
        desk=desk, used_at__isnull=True, withdrawn_at__isnull=True, expires_at__gt=timezone.now()
    )
    return list(found.select_related("created_by").order_by("created_at"))


def pages_of(user: User) -> tuple[list[PageChoice], str]:
    """The Pages a newcomer would bring, asked of LinkedIn now, or why they could not be asked for."""
    connection: Connection = user.connection
    if why := rights.why_no_pages(connection.scopes):
        return [], why
    try:
        found = connections.read_with(connection, lambda client: pages.find(client, connection.scopes))
    except (LinkedInError, connections.ConnectionEnded, TokenEndpointDown):
        return [], "LinkedIn did not tell us your Pages. You can go on; we ask again later."
    return [_as_choice(page, connection) for page in found], ""


def _as_choice(page: pages.FoundPage, connection: Connection) -> PageChoice:
    allowed = rights.on_page(page.roles, connection.scopes, page.name)
    return PageChoice(
        id=connection.pk,
        urn=page.urn,
        name=page.name,
        logo_url=page.logo_url,
        role=allowed.role,
        can_read=allowed.read_comments,
        can_write=allowed.write,
        why_not=allowed.why_not_read or allowed.why_not_write,
    )


def _connection_row(connection: Connection, viewer: User, asked: list[str]) -> ConnectionRow:
    now = timezone.now()
    ends = connection.refresh_expires_at or connection.expires_at
    if connection.health == Connection.Health.ENDED or ends <= now:
        state, words = "ended", "LinkedIn takes this connection no longer. Connect again to read and answer."
    elif ends - now < ENDS_SOON:
        state, words = "ends_soon", f"Ends {until(ends)}. Sign in again to renew it."
    else:
        state, words = "ok", "Reading and answering"
    by_page: dict[UUID, list[str]] = {}
    organizations = {}
    for role in connection.roles.all():
        if role.state == "APPROVED":
            by_page.setdefault(role.organization_id, []).append(role.role)
            organizations[role.organization_id] = role.organization
    choices = []
    for key, roles in by_page.items():
        page = organizations[key]
        allowed = rights.on_page(roles, connection.scopes, page.name)
        choices.append(
            PageChoice(
                id=page.pk,
                urn=page.urn,
                name=page.name,
                logo_url=page.logo_url,
                role=allowed.role,
                can_read=allowed.read_comments,
                can_write=allowed.write,
                why_not=allowed.why_not_read or allowed.why_not_write,
            )
        )
    return ConnectionRow(
        id=connection.pk,
        person=face_of(connection.user),
        is_mine=connection.user_id == viewer.pk,
        scopes=scope_rows(asked, granted=connection.scopes),
        expires_at=connection.expires_at,
        refresh_expires_at=connection.refresh_expires_at,
        state=state,
        pages=choices,
        words=words,
        connected_at=connection.connected_at,
    )
