"""When an accepted action is expected to have its turn, before a worker has judged it: by what its member's pace has
given away, and by what stands in line before it. The row says nothing about that until it is due.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet, Subquery

from socialactions import clock, waits
from socialactions.models import Outgoing, Pace
from socialactions.prepared import Prepared
from socialactions.services import pacing
from socialactions.services.moves import stopped_by_alarm
from socialactions.services.outcomes import Reason

State = Outgoing.State


def expected_at(row: Outgoing) -> datetime | None:
    """The earliest moment, as far as it is known now; None where nothing holds it, or where the row says it itself. One
    query, and none for what has no pace or is not queued.

    Never much too late: who stands in doubt or is stopped before it is not counted, and each turn is a short one.
    """
    pace = pacing.PACES.get(row.kind)
    if row.state != State.QUEUED or row.not_before or not pace:
        return None
    now = clock.now()
    most: int = settings.LIKES_PER_HOUR if pace == "reaction" else 0
    found = _standing(most).first(uid=row.uid, **({"since": now - waits.HOUR} if most else {}))
    if found is None:
        return None
    last, ahead, first_due, closed_until, slowness, slowed_at, *hour = found
    gate = Pace(closed_until=closed_until, slowness=slowness, slowed_at=slowed_at) if closed_until else None
    every = pacing.every_of(pace, gate, now, at_least=True)
    in_line = every * (ahead or 0)
    start = max(now, first_due or row.due_at)
    turns = [max(last or start, start) + in_line - (pacing.burst_of(pace) - 1) * every]
    held_until = (closed_until, *(at + waits.HOUR for at in hour if at))
    turns += [until + in_line for until in held_until if until and until > now]
    at: datetime = max(turns)
    return at if at > max(row.due_at, now) else None


@cache
def _standing(most_an_hour: int) -> Prepared[tuple[Any, ...]]:
    """Of its pace: the last turn given away, how many stand before it and since when, the gate, and an hour's limit."""

    def ask(uid: UUID, since: datetime | None = None) -> QuerySet[Outgoing, Any]:
        same = Outgoing.objects.filter(member_urn=OuterRef("member_urn"), pace=OuterRef("pace")).order_by()
        ahead = _ahead(same)
        gate = Pace.objects.filter(member_urn=OuterRef("member_urn"), pace=OuterRef("pace"))
        return Outgoing.objects.filter(uid=uid).values_list(
            Subquery(same.filter(turn_after__isnull=False).order_by("-turn_after").values("turn_after")[:1]),
            Subquery(ahead.values("pace").annotate(n=Count("pk")).values("n")),
            Subquery(ahead.values("pace").annotate(at=Min("due_at")).values("at")),
            *(Subquery(gate.values(name)[:1]) for name in ("closed_until", "slowness", "slowed_at")),
            *([_full_since(same, since, most_an_hour)] if since else []),
        )

    return Prepared(ask)


def _full_since(same: QuerySet[Outgoing], since: datetime, most: int) -> Subquery:
    """A turn lies after its claim, and has an index."""
    claimed = same.filter(claimed_at__gt=since, turn_after__gt=since).order_by("-claimed_at").values("claimed_at")
    return Subquery(claimed[most - 1 : most])


def _ahead(same: QuerySet[Outgoing]) -> QuerySet[Outgoing]:
    """Who has its turn earlier: accepted before, or waiting for the pace already. Not what stands still itself."""
    waits_for_pace = Q(state=State.WAITING, reason__in=[Reason.PACE, Reason.DAILY_LIMIT])
    in_doubt = Exists(Outgoing.objects.filter(order_key=OuterRef("order_key"), state=State.UNKNOWN))
    before = same.filter(Q(state=State.QUEUED) | waits_for_pace, pk__lt=OuterRef("pk"))
    return before.exclude(in_doubt).exclude(stopped_by_alarm())
