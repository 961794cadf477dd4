"""Whether an accepted action may still be sent by the one who wrote it; asked again at the last moment."""

from __future__ import annotations

from datetime import timedelta

from django.core.cache import cache
from django.db.models import Q

from socialactions import clock, rights, waits
from socialactions.models import Connection, Organization, Outgoing

from .outcomes import Outcome, Reason
from .pages import look_again, rights_on

State = Outgoing.State
ASKED_AGAIN_S = 3600  # three calls each time; whoever opens a page, or clicks, is quicker
JUST_ASKED = timedelta(minutes=10)  # who found the right missing had LinkedIn asked
REFUSALS_BELIEVED_S = 60


def blocked(row: Outgoing) -> Outcome | None:
    """What stands against sending now by what our rows say, with the missing thing named; None when nothing does."""
    pk = row.connection_id
    connection = Connection.objects.filter(pk=pk).prefetch_related("roles").first() if pk else None
    if connection is None or connection.health == Connection.Health.ENDED:
        return Outcome(State.BLOCKED, Reason.TOKEN_ENDED)
    if connection.member_urn != row.member_urn:
        return Outcome(State.BLOCKED, Reason.OTHER_MEMBER)
    missing = _missing(row, connection)
    return Outcome(State.BLOCKED, Reason.NO_RIGHT, missing=missing) if missing else None


def after_refusal(row: Outgoing) -> Outcome | None:
    """403 was not applied. A role that was taken away since it was last asked for is named, and waited for; where
    LinkedIn still lists it, its refusal stands as it is (None), also for those that follow at once: each question is
    three calls of the day's. Where nobody could be asked it is tried again, or the right that comes back would move
    nothing.
    """
    connection = row.connection
    assert connection is not None
    key = f"roles-after-refusal:{connection.pk}"
    if row.actor_urn == row.member_urn or cache.get(key):
        return blocked(row)
    if not look_again(connection.pk, is_urgent=True):
        return blocked(row) or Outcome(State.WAITING, Reason.LINKEDIN_DOWN, clock.now() + waits.LINKEDIN_RESTS)
    cache.set(key, True, timeout=REFUSALS_BELIEVED_S)
    return blocked(row)


def to_ask_again() -> list[str]:
    """Connections whose actions wait for a right, now and then: LinkedIn does not tell when a role comes back."""
    waiting = Outgoing.objects.filter(state=State.BLOCKED, reason=Reason.NO_RIGHT, missing__gt="")
    just_asked = Q(connection__roles_checked_at__gt=clock.now() - JUST_ASKED)
    ids = (
        waiting.exclude(just_asked).filter(connection__isnull=False).values_list("connection_id", flat=True).distinct()
    )
    return [str(pk) for pk in ids if cache.add(f"roles-for-blocked:{pk}", True, timeout=ASKED_AGAIN_S)]


def _missing(row: Outgoing, connection: Connection) -> str:
    if not row.user.is_active or row.user.desk_id != row.desk_id:
        return f"{row.user.name} has left this desk."
    if row.actor_urn == connection.member_urn:
        return rights.why_not_as_member(connection.scopes)
    acting = Organization.objects.filter(desk_id=row.desk_id, urn=row.actor_urn).first()
    if acting is None:
        return f"This desk does not know {row.actor_name} any more."
    return _lost_role(connection, acting) or rights_on(connection, acting).why_not_write


def _lost_role(connection: Connection, acting: Organization) -> str:
    """The role that was taken away, when that is what is missing."""
    mine = [
        role for role in connection.roles.all() if role.organization_id == acting.pk and role.role in rights.WRITERS
    ]
    if not mine or any(role.state == "APPROVED" for role in mine):
        return ""
    return rights.lost(mine[0].role, connection.scopes, acting.name)
