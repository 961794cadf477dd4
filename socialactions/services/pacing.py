"""Whose turn it is, and when: LinkedIn counts what a member does, so all workers share one pace per member.

The state of the pace stands on the rows that were claimed (`turn_after`), so a claim costs no write of its own. A
`Pace` row exists only where LinkedIn held a member back. Call with the member's rows locked.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, F, Q

from socialactions import clock, waits
from socialactions.models import Outgoing, Pace

from .outcomes import Reason

Kind, State = Outgoing.Kind, Outgoing.State
PACES: dict[str, str] = {
    Kind.COMMENT: "comment",
    Kind.REPLY: "comment",
    Kind.REACT: "reaction",
    Kind.UNREACT: "reaction",
}
PACED = (Reason.PACE, Reason.DAILY_LIMIT)  # who waits for these stands in line
SLOWNESS_MOST = 4  # 1/16 of the usual rate


@dataclass(frozen=True, slots=True)
class Turn:
    """Either now, and then the member's next turn comes ``after``; or not before ``at``, for this reason."""

    at: datetime | None
    reason: str = ""
    after: datetime | None = None


def turn_of(row: Outgoing, now: datetime) -> Turn:
    """Whether a due row may leave now. Edits, deletes and closings are not limited by LinkedIn as far as we know."""
    pace = row.pace
    if not pace:
        return Turn(None)
    gate = Pace.objects.filter(member_urn=row.member_urn, pace=pace).first()
    every = every_of(pace, gate, now)
    if gate is not None and gate.closed_until > now:
        return Turn(_in_line(row, gate.closed_until, every), gate.reason)
    mine = Outgoing.objects.filter(member_urn=row.member_urn, pace=pace, turn_after__isnull=False)
    last = mine.order_by("-turn_after").values_list("turn_after", flat=True).first()
    may_from = last - (burst_of(pace) - 1) * every if last else now
    if may_from > now:
        return Turn(_in_line(row, may_from, every), Reason.PACE)
    if full_until := _hour_is_full(row, now):
        return Turn(_in_line(row, full_until, every), Reason.PACE)
    return Turn(None, after=max(last or now, now) + every)


@dataclass(frozen=True, slots=True)
class PaceNow:
    """How one kind of a member's writing stands; None where nothing holds it back."""

    kind: str
    closed_until: datetime | None
    next_turn_at: datetime | None


def of_member(member_urn: str) -> list[PaceNow]:
    """For whoever plans ahead. What is queued already is not counted in."""
    now = clock.now()
    gates = {gate.pace: gate for gate in Pace.objects.filter(member_urn=member_urn, closed_until__gt=now)}
    found = []
    for pace in sorted(set(PACES.values())):
        mine = Outgoing.objects.filter(member_urn=member_urn, pace=pace, turn_after__gt=now)
        last = mine.order_by("-turn_after").values_list("turn_after", flat=True).first()
        closed = gates[pace].closed_until if pace in gates else None
        turn = _burst_left(pace, last, gates.get(pace), now) if last else None
        found.append(PaceNow(pace, closed, max(filter(None, (closed, turn)), default=None)))
    return found


def _burst_left(pace: str, last: datetime, gate: Pace | None, now: datetime) -> datetime | None:
    """When the next turn comes by what has left; None when it is now."""
    may_from = last - (burst_of(pace) - 1) * every_of(pace, gate, now)
    return may_from if may_from > now else None


def slow_down(row: Outgoing, *, until: datetime, reason: str, now: datetime) -> None:
    """LinkedIn held the member back: nothing of this pace leaves before, and then half as fast."""
    if not row.pace:
        return
    gate, is_new = Pace.objects.get_or_create(
        member_urn=row.member_urn,
        pace=row.pace,
        defaults={"closed_until": until, "reason": reason, "slowed_at": now, "slowness": 1},
    )
    if not is_new:
        slowness = min(_slowness(gate, now) + 1, SLOWNESS_MOST)
        Pace.objects.filter(pk=gate.pk).update(
            closed_until=max(until, gate.closed_until), reason=reason, slowed_at=now, slowness=slowness
        )


def burst_of(pace: str) -> int:
    burst: int = settings.COMMENT_BURST
    return burst if pace == "comment" else 1


def every_of(pace: str, gate: Pace | None, now: datetime, *, at_least: bool = False) -> timedelta:
    """How long one turn takes; reactions are irregular, as people are, and the shortest that one can take is asked for
    with ``at_least``.
    """
    seconds: float = settings.COMMENT_EVERY_S
    if pace == "reaction":
        seconds = settings.LIKE_EVERY_S * (1 if at_least else random.uniform(1, 2))  # noqa: S311 - no secret
    return timedelta(seconds=seconds / waits.SPEED) * 2 ** (_slowness(gate, now) if gate else 0)


def _slowness(gate: Pace, now: datetime) -> int:
    """Each quiet hour doubles the rate again, up to the usual one."""
    return max(gate.slowness - int((now - gate.slowed_at) / waits.HOUR), 0)


def _hour_is_full(row: Outgoing, now: datetime) -> datetime | None:
    most: int = settings.LIKES_PER_HOUR
    if row.pace != "reaction" or not most:
        return None
    claimed = Outgoing.objects.filter(member_urn=row.member_urn, pace=row.pace, claimed_at__gt=now - waits.HOUR)
    nth_last = claimed.order_by("-claimed_at").values_list("claimed_at", flat=True)[most - 1 : most].first()
    return nth_last + waits.HOUR if nth_last else None


def _in_line(row: Outgoing, start: datetime, every: timedelta) -> datetime:
    """A time of its own, so that one bell each is enough: behind those of its Page that wait already, and behind as
    many of each other Page, whose later ones make room. Pages of one member take turns.
    """
    waiting = Outgoing.objects.filter(
        member_urn=row.member_urn, pace=row.pace, state=State.WAITING, reason__in=PACED, not_before__gte=start
    ).exclude(pk=row.pk)
    counts = waiting.values_list("actor_urn").annotate(many=Count("pk"), earlier=Count("pk", filter=Q(pk__lt=row.pk)))
    ahead = {actor: (many, earlier) for actor, many, earlier in counts}
    many, earlier = ahead.pop(row.actor_urn, (0, 0))
    is_new = row.state != State.WAITING  # else it was in line, came a moment too early for the pace, and stays there
    own = many if is_new else earlier
    at = start + every * (own + sum(min(of_other, own) for of_other, _ in ahead.values()))
    if is_new and ahead:
        waiting.exclude(actor_urn=row.actor_urn).filter(not_before__gte=at).update(not_before=F("not_before") + every)
    return at
