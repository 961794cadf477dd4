"""Bugs to plant under the state machine of sending, one at a time: a net that catches none of them proves nothing.

Each breaks one thing that the promise rests on, in this process only. `tests/bench/machine.py --plant` runs them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import replace
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

from socialactions import waits
from socialactions.models import Attempt, Outgoing
from socialactions.sandbox.seeds.cast import ADA
from socialactions.services import decisions, lookup, matching, moves, outbox, outcomes, second_thoughts, wire
from socialactions.services.outcomes import Outcome, Reason, SoFar

State = Outgoing.State
Swap = tuple[Any, str, Any]


@contextmanager
def planted(name: str) -> Iterator[None]:
    """The product with this bug."""
    with ExitStack() as stack:
        for place, attribute, wrong in BUGS[name]():
            stack.callback(setattr, place, attribute, getattr(place, attribute))
            setattr(place, attribute, wrong)
        yield


def _again_at_once(row: Outgoing, reason: str, so_far: SoFar) -> Outcome:
    return Outcome(State.WAITING, reason, so_far.now)


def _whoever_holds_it(row: Outgoing, *arguments: Any) -> bool:
    row.fence = Outgoing.objects.values_list("fence", flat=True).get(pk=row.pk)
    return bool(SETTLE(row, *arguments))


def _unfenced(row: Outgoing, claimed_at: float) -> bool:
    row.attempts.get_or_create(fence=row.fence, defaults={"wire_at": outbox.clock.now()})
    return True


def _as_the_member(client: Any, row: Outgoing, actor: Any, post: Any) -> Any:
    return CREATE(client, row, type(actor).parse(ADA), post)


def _whatever_is_bound(wanted: Any, listed: Any, *, taken: Any) -> Any:
    return FIND(wanted, listed, taken=set())


def _any_time(wanted: Any, listed: Any, *, taken: Any) -> Any:
    always = tuple((early - timedelta(days=1), late + timedelta(days=1)) for early, late in wanted.windows)
    return FIND(replace(wanted, windows=always), listed, taken=set())


def _undo_whenever(row: Outgoing, *, by: Any) -> bool:
    allowed = [State.QUEUED, State.WAITING, State.SENDING, State.UNKNOWN]
    return moves.step(row, allowed, Outcome(State.CANCELLED, Reason.BY_PERSON), by)


def _dead_means_unsent(row: Outgoing, attempt: Attempt | None, so_far: SoFar) -> Outcome:
    return Outcome(State.WAITING, Reason.WORKER_DIED, so_far.now)


def _everybody(now: datetime) -> Any:
    return Outgoing.objects.filter(state__in=[State.QUEUED, State.WAITING, State.SENDING])


SETTLE, CREATE, FIND = moves.settle, wire._create, matching.find
SOON = (timedelta(seconds=1),) * len(waits.LOOKS)

BUGS: dict[str, Callable[[], list[Swap]]] = {
    "a lost answer is tried again": lambda: [(outcomes, "_doubt", _again_at_once)],
    "a dead worker's attempt is tried again": lambda: [(outbox, "of_dead_worker", _dead_means_unsent)],
    "one look proves absence": lambda: [(waits, "LOOKS_NEEDED", 1), (waits, "LOOKS", SOON)],
    "a comment satisfies two actions": lambda: [(matching, "find", _whatever_is_bound)],
    "an old comment satisfies a new action": lambda: [(matching, "find", _any_time)],
    "what another worker sends is claimed too": lambda: [(outbox, "due", _everybody)],
    "a worker that slept goes on": lambda: [(waits, "LAST_MOMENT_S", 10**9), (outbox, "_begin_attempt", _unfenced)],
    "a late end is written over a newer try": lambda: [(outbox, "settle", _whoever_holds_it)],
    "an outcome is written in halves": lambda: [(moves, "transaction", SimpleNamespace(atomic=nullcontext))],
    "everything goes out as the member": lambda: [(wire, "_create", _as_the_member)],
    "what is on its way is called undone": lambda: [(decisions, "undo", _undo_whenever)],
    "an overtaken reaction comes alive": lambda: [(moves, "_is_superseded", lambda row: False)],
    "leases never end": lambda: [(outbox, "_end_lease", lambda pk, now: None)],
    "nobody looks": lambda: [(lookup, "wanted_now", lambda: []), (waits, "DOUBT_AT_MOST", timedelta(days=999))],
    "what is not wanted stays": lambda: [(second_thoughts, "delete_unwanted", lambda: None)],
}
