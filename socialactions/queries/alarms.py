"""What stands in the way of a whole desk, and how much of one person's waits."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Case, Count, Exists, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.functions import Coalesce

from socialactions.models import Outgoing, User
from socialactions.services.outcomes import Reason

Kind, State = Outgoing.Kind, Outgoing.State
NO_DESK = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Alarms:
    """``sunset``: the API version that LinkedIn switched off, while something waits for another. ``stopped``: actors
    whose sending is stopped because something of them came out under another name, with the action to look at.
    """

    sunset: str
    stopped: dict[str, UUID]


def exist(desk_id: UUID) -> Exists:
    """For a query that is made anyway: whether `of_desk` would find anything."""
    return Exists(_found(desk_id))


def stand_before(user: User) -> bool:
    """The same by itself, for administrators of the desk: also without a role on any Page they set right what stops
    it.
    """
    return user.is_admin and _found(user.desk_id or NO_DESK).exists()


def of_desk(desk_id: UUID) -> Alarms:
    found = list(_found(desk_id).values_list("reason", "missing", "actor_name", "uid"))
    sunset = next((missing or "in use" for reason, missing, _, _ in found if reason == Reason.VERSION_SUNSET), "")
    return Alarms(sunset, {name: uid for reason, _, name, uid in found if reason == Reason.WRONG_ACTOR})


def waiting_of(user: User) -> str:
    """ "4 replies are waiting", or actions when they are of several kinds; empty when nothing waits."""
    mine = Outgoing.objects.filter(user=user).exclude(state__in=Outgoing.FINAL)
    by_kind = dict(mine.values_list("kind").annotate(many=Count("*")))
    return waiting_words(sum(by_kind.values()), by_kind.get(Kind.REPLY, 0))


def waiting_words(many: int, replies: int) -> str:
    """As above; ``replies`` of the many are replies."""
    if not many:
        return ""
    one, more = ("reply", "replies") if many == replies else ("action", "actions")
    return f"{many} {one} is waiting" if many == 1 else f"{many} {more} are waiting"


def waiting_with() -> dict[str, Case]:
    """For a query of actions: how many wait beside one whose connection ended, of the same person as the same actor.
    Counted for such rows only.
    """
    same = Outgoing.objects.filter(user_id=OuterRef("user_id"), actor_urn=OuterRef("actor_urn"))
    still_open = same.exclude(state__in=Outgoing.FINAL).order_by()
    has_ended = Q(state=State.BLOCKED, reason=Reason.TOKEN_ENDED)

    def counted(found: QuerySet[Outgoing]) -> Case:
        many = Subquery(found.values("user_id").annotate(many=Count("*")).values("many"))
        return Case(When(has_ended, then=Coalesce(many, 0)), default=0)

    return {"waiting": counted(still_open), "waiting_replies": counted(still_open.filter(kind=Kind.REPLY))}


def _found(desk_id: UUID) -> QuerySet[Outgoing]:
    return Outgoing.objects.filter(
        desk_id=desk_id,
        reason__in=[Reason.VERSION_SUNSET, Reason.WRONG_ACTOR],
        state__in=[State.BLOCKED, State.UNKNOWN, State.NEEDS_ATTENTION],
    )
