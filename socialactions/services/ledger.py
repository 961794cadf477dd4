"""Whether LinkedIn has what we call sent, and nothing of ours besides: actions against the sandbox's ledger.

Comments and replies are events: each is exactly one entry. Reactions, edits, deletes, closing and opening are states,
which may be set more than once; of two wishes about one state the later has to be what stands.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, QuerySet

from socialactions.linkedin.mentions import to_message
from socialactions.models import Attempt, Outgoing
from socialactions.spans import unit

from .matching import same_text
from .moves import ONE_STATE
from .outcomes import EVENTS, Reason

Kind, State = Outgoing.Kind, Outgoing.State
KINDS = {
    "comment": Kind.COMMENT,
    "reply": Kind.REPLY,
    "edit": Kind.EDIT,
    "delete": Kind.DELETE,
    "react": Kind.REACT,
    "like": Kind.REACT,
    "unreact": Kind.UNREACT,
    "close": Kind.CLOSE,
    "open": Kind.OPEN,
}
"""What the ledger calls what we do; the other entries are not ours to explain."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that really happened on LinkedIn. ``text`` is the words, or which reaction."""

    kind: str
    urn: str
    actor: str
    agent: str
    target: str
    text: str


def contradictions(entries: Iterable[Entry]) -> Iterator[str]:
    """Sentences, one for each thing that does not fit. ``entries`` are oldest first, of `KINDS` alone."""
    ledger = list(entries)
    yield from _of_events([entry for entry in ledger if KINDS[entry.kind] in EVENTS])
    yield from _of_states([entry for entry in ledger if KINDS[entry.kind] not in EVENTS])


def _of_events(ledger: list[Entry]) -> Iterator[str]:
    by_urn = {entry.urn: entry for entry in ledger}
    bound = set()
    for row in Outgoing.objects.filter(state=State.SENT, kind__in=EVENTS).exclude(reason=Reason.ALREADY_SO):
        entry = by_urn.get(row.result_urn or "")
        if entry is None:
            yield f"{row.kind} {row.uid}: is sent, but LinkedIn never had {row.result_urn}"
            continue
        bound.add(entry.urn)
        if (entry.actor, entry.agent, KINDS[entry.kind]) != (row.actor_urn, row.member_urn, row.kind):
            yield f"{row.kind} {row.uid}: LinkedIn has it as a {entry.kind} of {entry.actor}, sent by {entry.agent}"
    open_rows = list(_tried(Outgoing.objects.filter(kind__in=EVENTS)).exclude(state__in=Outgoing.FINAL))
    for entry in ledger:
        if entry.urn not in bound and not any(_may_be(row, entry) for row in open_rows):
            yield f"{entry.kind} {entry.urn}: stands on LinkedIn, but no action says so"


def _of_states(ledger: list[Entry]) -> Iterator[str]:
    rows = list(Outgoing.objects.exclude(kind__in=EVENTS).order_by("pk"))
    tried = set(_tried(Outgoing.objects.exclude(kind__in=EVENTS)).values_list("pk", flat=True))
    entries: dict[tuple[str, ...], list[Entry]] = defaultdict(list)
    for entry in ledger:
        entries[KINDS[entry.kind], entry.actor, entry.agent, entry.target].append(entry)
    wishes: dict[tuple[str, ...], list[Outgoing]] = defaultdict(list)
    for row in rows:
        wishes[_place(row)].append(row)
        is_done = row.state == State.SENT and row.reason != Reason.ALREADY_SO
        if is_done and not any(_says(row, entry) for entry in entries[_place(row)]):
            yield f"{row.kind} {row.uid}: is sent, but LinkedIn never did it"
    ours = {(row.actor_urn, row.member_urn) for row in rows}
    for place, found in entries.items():
        for entry in found:
            if (entry.actor, entry.agent) in ours and not any(
                row.pk in tried and _says(row, entry) for row in wishes[place]
            ):
                yield f"{entry.kind} of {entry.target} as {entry.actor}: was done on LinkedIn, but no action says so"
    yield from _of_last_wishes(rows, tried, ledger)


def _of_last_wishes(rows: list[Outgoing], tried: set[int], ledger: list[Entry]) -> Iterator[str]:
    """Where nothing is open or in doubt any more, the last wish about a state is the last that happened."""
    last_wish: dict[tuple[object, ...], Outgoing] = {}
    for row in rows:
        if row.state == State.SENT or row.pk in tried:
            last_wish[_family(row.kind), row.actor_urn, row.target_urn] = row
    last_done: dict[tuple[object, ...], Entry] = {
        (_family(KINDS[entry.kind]), entry.actor, entry.target): entry for entry in ledger
    }
    unsettled = {
        (_family(row.kind), row.actor_urn, row.target_urn) for row in rows if row.pk in tried and not row.is_final
    }
    for key, row in last_wish.items():
        entry = last_done.get(key)
        is_done = row.state == State.SENT and row.reason != Reason.ALREADY_SO
        if key in unsettled or key[0] is None or entry is None or not is_done:
            continue
        if KINDS[entry.kind] != row.kind or not _says(row, entry):
            yield f"{row.kind} {row.uid}: was the last wish, but the last that LinkedIn did is {entry.kind}"


def _tried(rows: QuerySet[Outgoing]) -> QuerySet[Outgoing]:
    """Those that may have reached LinkedIn."""
    return rows.filter(Exists(Attempt.objects.filter(outgoing=OuterRef("pk"))))


def _family(kind: str) -> frozenset[Outgoing.Kind] | None:
    return next((kinds for kinds in ONE_STATE if kind in kinds), None)


def _place(row: Outgoing) -> tuple[str, ...]:
    return (row.kind, row.actor_urn, row.member_urn, row.target_urn)


def _says(row: Outgoing, entry: Entry) -> bool:
    """Of an action and an entry of one kind, actor, agent and target: whether they also mean the same."""
    if row.kind == Kind.REACT:
        return row.reaction == entry.text
    return row.kind != Kind.EDIT or same_text(to_message(row.text, unit=unit()).text, entry.text)


def _may_be(row: Outgoing, entry: Entry) -> bool:
    """An action that is still open may have written it."""
    return row.actor_urn == entry.actor and same_text(to_message(row.text, unit=unit()).text, entry.text)
