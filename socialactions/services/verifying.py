"""Whether what we say happened is what happened: events against actions and, in the sandbox, LinkedIn's ledger."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import pairwise

from django.db.models import QuerySet

from socialactions.models import Attempt, Event, Outgoing

from . import ledger
from .moves import ROADS
from .outcomes import EVENTS

State = Outgoing.State


def contradictions(entries: Iterable[ledger.Entry] | None = None) -> Iterator[str]:
    """Sentences, one for each thing that does not fit; nothing when all is well."""
    events = _events()
    for row in Outgoing.objects.order_by("pk").iterator(chunk_size=500):
        yield from (f"{row.kind} {row.uid}: {what}" for what in _of_row(row, events[row.pk]))
    if entries is not None:
        yield from ledger.contradictions(entries)


def _events() -> dict[int, list[tuple[str, str]]]:
    found: dict[int, list[tuple[str, str]]] = defaultdict(list)
    told = Event.objects.filter(outgoing__isnull=False, kind__in=["accepted", "state"]).order_by("pk")
    for pk, kind, state in told.values_list("outgoing_id", "kind", "state").iterator():
        if pk is not None:
            found[pk].append((kind, state))
    return found


def _of_row(row: Outgoing, events: list[tuple[str, str]]) -> Iterator[str]:
    if not events or events[0] != ("accepted", State.QUEUED):
        yield "its acceptance is not written"
        return
    states = [state for _, state in events]
    for before, after in pairwise(states):
        if after not in ROADS.get(State(before), frozenset()):
            yield f"went from {before} to {after}, which is no road"
    if states[-1] != row.state:
        yield f"is {row.state}, but its last event says {states[-1]}"
    if row.is_final and row.finished_at is None:
        yield "is final without a time"
    if row.state == State.SENT and row.kind in EVENTS and not row.result_urn:
        yield "is sent without LinkedIn's id"
    if row.state == State.SENT and row.kind in EVENTS and not _tries(row).exists():
        yield "is sent without an attempt"
    if row.state not in (State.SENT, State.NEEDS_ATTENTION) and row.result_urn:
        yield f"is {row.state}, but bound to {row.result_urn}"


def _tries(row: Outgoing) -> QuerySet[Attempt]:
    """Those that may have sent it; LinkedIn's plain yes came to the last one."""
    tries = Attempt.objects.filter(outgoing=row)
    return tries if row.reason else tries.filter(fence=row.fence)
