"""Where an action's state is written, and which actions may move: the low steps under `outbox`, which decides.

Every step is a conditional update that records its event in the same transaction.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from datetime import datetime
from functools import cache
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from socialactions import clock, waits
from socialactions.linkedin.payloads import Comment as CommentPayload
from socialactions.models import Attempt, Outgoing, User

from . import promptness, telling, wire
from .events import record, topic_of
from .outcomes import EVENTS, Outcome, Reason

log = logging.getLogger(__name__)
State = Outgoing.State

WRITTEN_BY_MOVES = [
    *("state", "reason", "detail", "missing", "not_before", "rang_at", "finished_at"),
    *("doubt_since", "looks", "look_at", "repeats", "near_urn", "twin_urn"),
    *("result_urn", "result_comment", "result_text"),
]
ROADS: dict[State, frozenset[State]] = {
    State.QUEUED: frozenset(
        {State.SENDING, State.WAITING, State.CANCELLED, State.NEEDS_ATTENTION, State.SENT, State.DISCARDED}
    ),
    State.WAITING: frozenset(
        {State.SENDING, State.WAITING, State.CANCELLED, State.NEEDS_ATTENTION, State.SENT, State.DISCARDED}
    ),
    State.SENDING: frozenset(
        {State.SENT, State.FAILED, State.WAITING, State.BLOCKED, State.UNKNOWN, State.NEEDS_ATTENTION, State.DISCARDED}
    ),
    State.UNKNOWN: frozenset(
        {State.SENT, State.FAILED, State.WAITING, State.BLOCKED, State.UNKNOWN, State.NEEDS_ATTENTION}
        | {State.QUEUED, State.DISCARDED}
    ),
    State.BLOCKED: frozenset({State.QUEUED, State.NEEDS_ATTENTION, State.DISCARDED}),
    State.NEEDS_ATTENTION: frozenset({State.NEEDS_ATTENTION, State.QUEUED, State.SENT, State.DISCARDED}),
}
"""Where an action may go from where. What is not named here is final."""

Kind = Outgoing.Kind
ONE_STATE = (frozenset({Kind.REACT, Kind.UNREACT}), frozenset({Kind.CLOSE, Kind.OPEN}), frozenset({Kind.EDIT}))
"""Kinds that set one state of their target, so that of two wishes the later wins."""

SUCCESS_ENDS = frozenset({State.SENDING, State.UNKNOWN, State.WAITING, State.QUEUED, State.NEEDS_ATTENTION})
"""LinkedIn's own yes, however late, ends all of these, unless the action was claimed anew meanwhile."""


def due(now: datetime) -> QuerySet[Outgoing]:
    """Rows that may be sent now: due, not held back, not too old, and the first of their actor in their thread."""
    ready = Q(state=State.QUEUED, due_at__lte=now) | Q(state=State.WAITING, not_before__lte=now)
    ripe = Outgoing.objects.filter(ready, wanted_at__gt=now - waits.TOO_OLD)
    return ripe.exclude(another_goes_first()).exclude(stopped_by_alarm())


@cache  # nothing in them changes, and building them costs more than asking
def another_goes_first() -> Exists:
    """Whether one action has to wait for another of its actor in its thread."""
    return Exists(_going_first())


@cache
def held_by() -> Subquery:
    """The state of the action that goes first; None when none does."""
    return Subquery(_going_first().order_by("pk").values("state")[:1])


def _going_first() -> QuerySet[Outgoing]:
    """Of one actor in one thread, the earlier goes first; and one that was sent again out of turn is waited for."""
    goes_first = Q(pk__lt=OuterRef("pk"), state__in=Outgoing.HOLDING) | Q(state__in=[State.SENDING, State.UNKNOWN])
    return Outgoing.objects.filter(goes_first, order_key=OuterRef("order_key")).exclude(pk=OuterRef("pk"))


@cache
def stopped_by_alarm() -> Exists:
    """LinkedIn published something of this actor under another name: nothing more goes out until a person looked."""
    return Exists(
        Outgoing.objects.filter(
            desk_id=OuterRef("desk_id"),
            actor_urn=OuterRef("actor_urn"),
            reason=Reason.WRONG_ACTOR,
            state__in=[State.UNKNOWN, State.NEEDS_ATTENTION],
        ).exclude(pk=OuterRef("pk"))
    )


def settle(row: Outgoing, outcome: Outcome, answer: CommentPayload | None = None, detail: str = "") -> bool:
    """Write how an attempt ended. Definite news also ends a doubt that the sweeper raised meanwhile."""
    ends = SUCCESS_ENDS if outcome.state == State.SENT else (State.SENDING, State.UNKNOWN)
    store = wire.store_for(row, answer)  # asked before the lock, which on SQLite keeps everybody else from writing
    with transaction.atomic():
        held = Outgoing.objects.filter(pk=row.pk, fence=row.fence, state__in=ends)
        found = list(held.select_for_update().values_list("unwanted_by_id", flat=True))
        if not found:
            log.error("action %s: the end %s of fence %s came too late", row.uid, outcome.state, row.fence)
            return False
        if found[0] and row.kind in EVENTS and outcome.state in (State.WAITING, State.BLOCKED):
            outcome = Outcome(State.DISCARDED, Reason.BY_PERSON)  # taken back meanwhile, and surely not there
        if outcome.state == State.SENT:
            wire.apply(row, answer, store)
        now = clock.now()
        row.detail = detail or row.detail
        move(row, outcome, now)
        if outcome != Outcome(State.SENT, ""):  # its attempt is known by the action's own end: `Attempt.went_well`
            Attempt.objects.filter(outgoing=row, fence=row.fence, ended_at__isnull=True).update(
                ended_at=now, outcome=outcome.reason or outcome.state
            )
    if outcome.reason == Reason.WRONG_ACTOR:
        log.critical("action %s: LinkedIn named another actor; everything as %s is stopped", row.uid, row.actor_urn)
    return True


def bind(
    row: Outgoing,
    answer: CommentPayload,
    reason: str,
    *,
    allowed: list[State],
    by: User | None = None,
    by_way: str = "",
) -> bool:
    """The comment on LinkedIn that this action is: one comment belongs to at most one action."""
    try:
        with transaction.atomic():
            if not Outgoing.objects.filter(pk=row.pk, state__in=allowed).select_for_update().exists():
                return False
            wire.apply(row, answer, wire.store_for(row, answer))
            move(row, Outcome(State.SENT, reason), clock.now(), by, by_way)
    except IntegrityError:  # another action was bound to it a moment ago
        row.refresh_from_db()
        return False
    return True


def step(
    row: Outgoing, allowed: Collection[State], outcome: Outcome, by: User | None, by_way: str = "", **changes: Any
) -> bool:
    """Compare and set; False when the row has left the allowed states. ``by_way`` is how ``by`` came, ``changes`` are
    columns that change with it.
    """
    return _step(row, Outgoing.objects.filter(pk=row.pk, state__in=allowed), outcome, by, by_way, changes)


def step_as_seen(row: Outgoing, outcome: Outcome, **changes: Any) -> bool:
    """As `step`, where what was found out is about the row as it was read."""
    return _step(row, as_seen(row), outcome, None, "", changes)


def as_seen(row: Outgoing) -> QuerySet[Outgoing]:
    """The row while it stands as it was read: the same doubt for the same reason, the same number of looks."""
    return Outgoing.objects.filter(pk=row.pk, state=row.state, reason=row.reason, fence=row.fence, looks=row.looks)


def _step(
    row: Outgoing,
    held: QuerySet[Outgoing],
    outcome: Outcome,
    by: User | None,
    by_way: str,
    changes: dict[str, Any],
) -> bool:
    with transaction.atomic():
        if not held.select_for_update().exists():
            return False
        for name, value in changes.items():
            setattr(row, name, value)
        move(row, outcome, clock.now(), by, by_way, also=changes)
    return True


def move(
    row: Outgoing,
    outcome: Outcome,
    now: datetime,
    by: User | None = None,
    by_way: str = "",
    *,
    also: Collection[str] = (),
) -> None:
    """Write a state. Call inside the transaction that holds the row; ``also`` names further columns to write."""
    if outcome.state in (State.NEEDS_ATTENTION, State.BLOCKED) and _is_superseded(row):
        outcome = Outcome(State.DISCARDED, Reason.BY_PERSON)
    row.state = outcome.state
    row.reason = outcome.reason
    row.not_before = outcome.again_at
    row.missing = outcome.missing
    row.rang_at = row.look_at = None
    if outcome.state in (State.QUEUED, State.WAITING, State.BLOCKED):  # surely not there
        row.doubt_since = None
    elif outcome.state == State.UNKNOWN:
        if row.doubt_since is None:
            row.doubt_since, row.looks = now, 0
        if outcome.reason != Reason.WRONG_ACTOR:  # no look finds it: it stands under another name
            row.look_at = row.doubt_since + waits.LOOKS[0]
    elif outcome.state == State.SENT and not outcome.reason:
        row.look_at, row.looks = promptness.first_look(row, now), 0
    if outcome.state in Outgoing.FINAL:
        row.finished_at = now
    row.save(update_fields=[*WRITTEN_BY_MOVES, *also])
    record(desk=row.desk, kind="state", topic=topic_of(row), user=by, outgoing=row, reason=outcome.reason, way=by_way)
    if outcome.state in Outgoing.FINAL:
        telling.action_finished(row)


def _is_superseded(row: Outgoing) -> bool:
    """What would wait for somebody, while a later wish about the same state has overtaken it: the last one wins, so
    this one must not come alive again.
    """
    return any(row.kind in kinds and _later(row, kinds) for kinds in ONE_STATE)


def _later(row: Outgoing, kinds: frozenset[Outgoing.Kind]) -> bool:
    later = Outgoing.objects.filter(desk_id=row.desk_id, actor_urn=row.actor_urn, target_urn=row.target_urn)
    later = later.filter(pk__gt=row.pk, kind__in=kinds)
    return later.exclude(state__in=[State.CANCELLED, State.FAILED]).exists()
