"""What must hold after each step of `tests/machine.py`, whatever happened: the promise, said of rows and of the ledger.

I-1 an action is done at most once. I-2 it is called sent exactly when LinkedIn has it, under the actor shown. I-3 what
was accepted is final, or open with a reason and a next step.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Any

from django.db import connection
from hypothesis import note

from socialactions.linkedin.urns import Urn
from socialactions.models import Outgoing
from socialactions.sandbox.records import Entry
from socialactions.services.outcomes import EVENTS

Kind, State = Outgoing.Kind, Outgoing.State
EVERYTHING = f"SELECT * FROM {Outgoing._meta.db_table} ORDER BY id"  # noqa: S608 - as often as this, building it costs


class Promises:
    """Compares our rows with LinkedIn's world. ``done`` names what each action's deliveries did there."""

    world: Any
    done: dict[int, list[Entry]]
    told: dict[int, str]  # what was said of each row last
    taken_away: set[str]  # by a closing of the post's comments
    asked_again: Counter[tuple[str, ...]]  # how often a person said to send it again
    seen: tuple[int, int] | None = None
    is_sound = True

    def _is_there(self, row: Outgoing) -> bool:
        """Whether a comment with these words stands there that belongs to no other action."""
        if row.kind not in EVENTS:
            return False
        bound = set(Outgoing.objects.filter(result_urn__gt="").values_list("result_urn", flat=True))
        return any(entry.urn not in bound and self._stands(entry) for entry in self._entries_like(row))

    # what must hold after each step

    def check_invariants(self, *_: Any) -> None:
        """As Hypothesis calls it after each step; its own way would print a line for each check."""
        self.check_promises()

    def check_promises(self) -> None:
        if (now := self._what_was_written()) is not None and now == self.seen:
            return  # neither here nor on LinkedIn anything changed since it held
        self.is_sound = False
        rows = list(Outgoing.objects.raw(EVERYTHING))
        self._tell(rows)
        for row in rows:
            self._check_doings(row)
            if row.state not in Outgoing.FINAL:
                self._check_next_step(row)
        self._check_groups(rows)
        self.is_sound, self.seen = True, now

    def _what_was_written(self) -> tuple[int, int] | None:
        """A number that grows with each write; only SQLite tells."""
        if connection.vendor != "sqlite":
            return None
        return connection.connection.total_changes, len(self.world.ledger)

    def _check_doings(self, row: Outgoing) -> None:
        entries = self.done[row.pk]
        assert all((one.actor, one.agent) == (row.actor_urn, row.member_urn) for one in entries), (
            f"{name_of(row)}: done by another: {entries}"
        )
        if row.state != State.SENT:
            return
        if row.kind in EVENTS:
            found = [one for one in self.world.ledger if one.urn == row.result_urn and one.kind in ("reply", "comment")]
            shown = [(one.actor, one.target, one.text) for one in found]
            assert shown == [(row.actor_urn, row.target_urn, row.text)], f"{name_of(row)} is sent, LinkedIn has {shown}"
        elif row.kind == Kind.EDIT:
            assert entries, f"{name_of(row)} is sent, but LinkedIn never did it"
        elif row.kind == Kind.DELETE:
            assert Urn.parse(row.target_urn).id not in self.world.comments, (
                f"{name_of(row)} is sent, but it is still there"
            )

    def _check_next_step(self, row: Outgoing) -> None:
        """Open, so it says why, and something will happen without anybody remembering."""
        match row.state:
            case State.QUEUED:
                has_next = row.due_at is not None
            case State.WAITING:
                has_next = row.not_before is not None and bool(row.reason)
            case State.SENDING:
                has_next = row.lease_until is not None
            case State.UNKNOWN:
                has_next = bool(row.reason) and row.doubt_since is not None
            case _:  # a person's turn
                has_next = bool(row.reason)
        assert has_next, f"{name_of(row)} is stuck as {row.state} {row.reason!r}"

    def _check_groups(self, rows: list[Outgoing]) -> None:
        """Actions with the same words in the same place may stand for one another; there are no more than actions.

        What a closing took away no look can find, so a person may send it again; nothing does so by itself.
        """
        wanted: Counter[tuple[str, ...]] = Counter()
        honest: Counter[tuple[str, ...]] = Counter()
        for row in rows:
            if row.kind in EVENTS:
                wanted[group_of(row)] += 1
                honest[group_of(row)] += row.state not in (State.FAILED, State.CANCELLED, State.DISCARDED)
        ever = Counter((one.actor, one.target, one.text) for one in self.world.ledger if one.kind in EVENTS)
        for group, count in ever.items():
            most = wanted[group] + self.asked_again[group]
            assert count <= most, f"{group} was published {count} times for {most} wish(es)"
        made: Counter[tuple[str, ...]] = Counter()
        standing: Counter[tuple[str, ...]] = Counter()
        for one in self.world.ledger:
            if one.kind in ("reply", "comment") and one.urn not in self.taken_away:
                made[one.actor, one.target, one.text] += 1
                standing[one.actor, one.target, one.text] += self._stands(one)
        for group, count in made.items():
            assert count <= wanted[group], f"{group} stands {count} times for {wanted[group]} action(s)"
            assert standing[group] <= honest[group], f"{group} is on LinkedIn, but its action says that it is not"

    def _check_last_reactions(self) -> None:
        """The last wish of each actor is what LinkedIn shows."""
        wishes = Outgoing.objects.filter(kind__in=[Kind.REACT, Kind.UNREACT]).exclude(state=State.CANCELLED)
        last = {(row.actor_urn, row.target_urn): row for row in wishes.order_by("pk")}
        for (actor, target), row in last.items():
            comment = self.world.comments.get(Urn.parse(target).id)
            if comment is None or row.state != State.SENT:
                continue
            reaction = comment.reactions.get(actor)
            shown = reaction.kind if reaction else ""
            assert shown == row.reaction, f"{name_of(row)} was the last wish, LinkedIn shows {shown!r}"

    def _check_nothing_unbound(self) -> None:
        bound = set(Outgoing.objects.filter(result_urn__gt="").values_list("result_urn", flat=True))
        alone = [one for one in self.world.ledger if one.kind in ("reply", "comment") and one.urn not in bound]
        standing = [one for one in alone if self._stands(one)]
        assert not standing, f"on LinkedIn, and no action knows of it: {standing}"

    def _entries_like(self, row: Outgoing) -> list[Entry]:
        return [one for one in self.world.ledger if (one.actor, one.target, one.text) == group_of(row)]

    def _stands(self, entry: Entry) -> bool:
        return Urn.parse(entry.urn).id in self.world.comments

    def _tell(self, rows: list[Outgoing]) -> None:
        """The story of a failure: what each step changed."""
        for row in rows:
            now = f"{row.state} {row.reason}".strip()
            if self.told.get(row.pk) != now:
                self.told[row.pk] = now
                note(f"    {datetime.now(UTC):%H:%M:%S} {name_of(row)}: {now}; LinkedIn did {len(self.done[row.pk])}")


def name_of(row: Outgoing) -> str:
    return f"action {row.pk} ({row.kind} {row.text or row.reaction!r} as {row.actor_urn.rpartition(':')[2]})"


def group_of(row: Outgoing) -> tuple[str, str, str]:
    return row.actor_urn, row.target_urn, row.text
