"""Whether what we say happened is what happened: events against actions and, in the sandbox, LinkedIn's ledger."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from django.db.models import QuerySet

from socialactions.linkedin.mentions import to_message
from socialactions.models import Attempt, Event, Outgoing
from socialactions.spans import unit

from .matching import same_text
from .moves import ROADS
from .outcomes import EVENTS, Reason

State = Outgoing.State
IN_LEDGER = {Outgoing.Kind.COMMENT: "comment", Outgoing.Kind.REPLY: "reply"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One comment or reply that really came to stand on LinkedIn."""

    kind: str
    urn: str
    actor: str
    agent: str
    text: str


def contradictions(ledger: Iterable[Entry] | None = None) -> Iterator[str]:
    """Sentences, one for each thing that does not fit; nothing when all is well."""
    events = _events()
    for row in Outgoing.objects.order_by("pk").iterator(chunk_size=500):
        yield from (f"{row.kind} {row.uid}: {what}" for what in _of_row(row, events[row.pk]))
    if ledger is not None:
        yield from _of_ledger(list(ledger))


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


def _of_ledger(ledger: list[Entry]) -> Iterator[str]:
    by_urn = {entry.urn: entry for entry in ledger}
    bound = {}
    for row in Outgoing.objects.filter(state=State.SENT, kind__in=EVENTS).exclude(reason=Reason.ALREADY_SO):
        entry = by_urn.get(row.result_urn or "")
        if entry is None:
            yield f"{row.kind} {row.uid}: is sent, but LinkedIn never had {row.result_urn}"
            continue
        bound[entry.urn] = row
        if (entry.actor, entry.agent, entry.kind) != (
            row.actor_urn,
            row.member_urn,
            IN_LEDGER[Outgoing.Kind(row.kind)],
        ):
            yield f"{row.kind} {row.uid}: LinkedIn has it as a {entry.kind} of {entry.actor}, sent by {entry.agent}"
    open_rows = list(Outgoing.objects.filter(kind__in=EVENTS, attempts__isnull=False).exclude(state__in=Outgoing.FINAL))
    for entry in ledger:
        if entry.urn not in bound and not any(_may_be(row, entry) for row in open_rows):
            yield f"{entry.kind} {entry.urn}: stands on LinkedIn, but no action says so"


def _may_be(row: Outgoing, entry: Entry) -> bool:
    """An action that is still open may have written it."""
    return row.actor_urn == entry.actor and same_text(to_message(row.text, unit=unit()).text, entry.text)
