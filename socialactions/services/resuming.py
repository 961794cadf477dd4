"""What was held back goes on once the reason is gone. The caller rings for what is returned."""

from __future__ import annotations

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet

from socialactions import rights
from socialactions.models import Outgoing, PageRole, User

from . import pages
from .moves import step
from .outcomes import Outcome, Reason
from .rights_now import blocked

State = Outgoing.State
AT_ONCE = 50  # of one actor and sweep


def resume(user: User) -> list[int]:
    """After connecting again: what waited only for that goes on. Returns ids to ring."""
    mine = Outgoing.objects.filter(user=user, member_urn=user.member_urn, state=State.BLOCKED)
    grant = getattr(user, "connection", None)
    return [
        row.pk
        for row in mine.filter(reason=Reason.TOKEN_ENDED)
        if step(row, [State.BLOCKED], Outcome(State.QUEUED, ""), None, connection=grant)
    ]


def regain(connection_id: str) -> list[int]:
    """Ask for roles again; what a missing right held back goes on when the right is there again. LinkedIn's own
    refusal of an attempt is not outvoted by what it says of roles. Returns ids to ring.
    """
    pages.look_again(connection_id, is_urgent=True)
    return _with_right(_without_right().filter(connection_id=connection_id))


def after_roles() -> None:
    """Whoever asked for the roles, and whatever for: what waited for one that is there goes on."""
    role = PageRole.objects.filter(
        connection_id=OuterRef("connection_id"),
        organization__urn=OuterRef("actor_urn"),
        role__in=rights.WRITERS,
        state="APPROVED",
    )
    held = _without_right().filter(Exists(role))
    for same in held.order_by().values("connection_id", "actor_urn", "user_id", "member_urn", "desk_id").distinct():
        alike = held.filter(**same).order_by("pk")
        if blocked(alike.select_related("desk", "user")[0]) is None:  # else all of them lack the same
            _with_right(alike[:AT_ONCE])


def _without_right() -> QuerySet[Outgoing]:
    return Outgoing.objects.filter(state=State.BLOCKED, reason=Reason.NO_RIGHT, missing__gt="")


def _with_right(held: QuerySet[Outgoing]) -> list[int]:
    return [
        row.pk
        for row in held.select_related("desk", "user")
        if blocked(row) is None and step(row, [State.BLOCKED], Outcome(State.QUEUED, ""), None)
    ]


def after_upgrade() -> None:
    """What LinkedIn refused for the API version goes on under another one."""
    held = Outgoing.objects.filter(state=State.BLOCKED, reason=Reason.VERSION_SUNSET)
    for row in held.exclude(missing=settings.LINKEDIN_API_VERSION):
        step(row, [State.BLOCKED], Outcome(State.QUEUED, ""), None)
