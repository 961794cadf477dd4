"""What was held back goes on once the reason is gone. The caller rings for what is returned."""

from __future__ import annotations

from django.conf import settings

from socialactions.models import Outgoing, User

from . import pages
from .moves import step
from .outcomes import Outcome, Reason
from .rights_now import blocked

State = Outgoing.State


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
    held = Outgoing.objects.filter(
        connection_id=connection_id, state=State.BLOCKED, reason=Reason.NO_RIGHT, missing__gt=""
    )
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
