"""How accepted actions leave: claimed once, in order, written down before they go, taken back in time or not at all."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from socialactions import waits
from socialactions.models import Attempt, Event, Outgoing
from socialactions.queries import actions
from socialactions.sandbox.seeds.cast import ACME, ADA, BIRCH
from socialactions.sandbox.server import Running
from socialactions.services import decisions, outbox
from socialactions.services.outcomes import Reason
from tests.deeds import Place, again, ago, in_threads, later, settle_in

State = Outgoing.State


@pytest.fixture
def place(sandbox_server: Running, db: None, settings: Any) -> Place:
    settings.UNDO_WINDOW_S = 0
    return settle_in(sandbox_server)


@pytest.fixture
def open_place(sandbox_server: Running, transactional_db: None, settings: Any) -> Place:
    """The same with everything committed, so that other threads see it."""
    settings.UNDO_WINDOW_S = 0
    return settle_in(sandbox_server)


def sentence(row: Outgoing) -> str:
    return actions.row(actions.of_desk(row.desk_id).get(pk=row.pk)).sentence


# claim


def test_a_due_reply_is_sent_as_its_actor_by_its_person(place: Place) -> None:
    row = place.deliver(place.reply("It does, within 80 ms."))
    (entry,) = place.ledger
    assert (entry.kind, entry.actor, entry.agent, entry.text) == ("reply", ACME, ADA, "It does, within 80 ms.")
    assert (row.state, row.result_urn) == (State.SENT, entry.urn)
    assert row.result_comment is not None
    assert row.result_comment.content.text == "It does, within 80 ms."
    assert [event.state for event in Event.objects.filter(outgoing=row).order_by("pk")] == ["queued", "sending", "sent"]


def test_nothing_leaves_before_its_time(place: Place, settings: Any) -> None:
    settings.UNDO_WINDOW_S = 5
    row = place.deliver(place.reply())
    assert (row.state, row.fence) == (State.QUEUED, 0)
    assert place.deliver(later(row, due_at=timezone.now())).state == State.SENT


def test_a_doubled_bell_sends_once(place: Place) -> None:
    row = place.reply()
    for _ in range(3):
        place.deliver(row)
    assert len(place.entries("reply")) == 1
    assert again(row).fence == 1


def test_bells_at_the_same_moment_send_once(open_place: Place) -> None:
    row = open_place.reply()
    open_place.fault_of_comments(do="delay", seconds=0.3)
    in_threads(4, lambda _: outbox.deliver(row.pk))
    assert len(open_place.entries("reply")) == 1
    assert (again(row).state, again(row).fence) == (State.SENT, 1)
    assert Attempt.objects.count() == 1


# before the first byte


def test_the_attempt_is_committed_before_linkedin_hears_of_it(open_place: Place) -> None:
    row = open_place.reply()

    def look() -> Any:
        """From LinkedIn's side, on another connection: what would be left if we died now."""
        now = again(row)
        with transaction.atomic():  # takes the write lock: nobody holds a transaction open during the call
            Event.objects.create(desk=row.desk, at=timezone.now(), topic="look", kind="read")
        return now.state, now.lease_until, list(now.attempts.values_list("fence", "ended_at"))

    seen = open_place.meanwhile(look, path="/comments$")
    outbox.deliver(row.pk)
    ((state, lease_until, attempts),) = seen
    assert state == State.SENDING
    assert attempts == [(1, None)]
    assert lease_until - timezone.now() > timedelta(seconds=80)
    assert again(row).state == State.SENT


def test_who_lost_the_row_before_its_attempt_sends_nothing(open_place: Place) -> None:
    """Slow roles, a lapsed lease, another worker: the first finds its fence gone and stops."""
    row = open_place.reply()
    type(open_place.connection).objects.update(roles_checked_at=None)

    def another_takes_over() -> None:
        later(row, lease_until=ago(seconds=1))
        assert row.pk in outbox.sweep()
        outbox.deliver(row.pk)

    done = open_place.meanwhile(another_takes_over, path="/organizationAcls")
    outbox.deliver(row.pk)
    assert done
    assert len(open_place.entries("reply")) == 1
    assert (again(row).state, again(row).fence) == (State.SENT, 2)


def test_a_worker_that_slept_does_not_send(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock that counts suspension says that the claim is old: the row goes back, surely not sent."""
    row = place.reply()
    monkeypatch.setattr(waits, "LAST_MOMENT_S", -1)
    row = place.deliver(row)
    assert (row.state, row.attempts.count()) == (State.WAITING, 0)
    assert place.ledger == []
    monkeypatch.undo()
    assert place.deliver(later(row, not_before=ago(seconds=1))).state == State.SENT


@pytest.mark.parametrize(("state", "column"), [(State.QUEUED, "due_at"), (State.WAITING, "not_before")])
def test_a_bell_that_comes_a_moment_early_rings_once_more_in_time(place: Place, state: State, column: str) -> None:
    """Two processes agree on the time, but not on the millisecond."""
    row = place.reply()
    later(row, state=state, **{column: ago(seconds=-1)})
    (bell,) = outbox.deliver(row.pk)
    assert bell.pk == row.pk and 0 < bell.wait_s <= 1
    later(row, **{column: ago(seconds=-30)})
    assert outbox.deliver(row.pk) == []  # somebody else rings for that
    (bell,) = outbox.deliver(row.pk, is_early=True)
    assert 29 < bell.wait_s <= 30
    assert place.ledger == []


# order


def test_first_in_first_out_in_one_thread(place: Place) -> None:
    first, second = place.reply("one"), place.reply("two")
    assert place.deliver(second).state == State.QUEUED
    assert sentence(second) == "Waiting: one earlier reply in this thread goes first."
    assert [bell.pk for bell in outbox.deliver(first.pk)] == [second.pk]
    place.deliver(second)
    assert [entry.text for entry in place.entries("reply")] == ["one", "two"]


@pytest.mark.parametrize("state", [State.UNKNOWN, State.WAITING, State.SENDING])
def test_a_head_in_trouble_holds_only_its_own_thread_and_actor(place: Place, state: str) -> None:
    head = later(place.reply("head"), state=state, lease_until=ago(seconds=-60), not_before=ago(seconds=-60))
    behind = place.reply("behind")
    elsewhere = place.reply("elsewhere", to=place.comment("Where is the data sheet"))
    new = place.say("new comment")
    herself = place.reply("as Ada", actor=ADA)
    for row in (behind, elsewhere, new, herself):
        place.deliver(row)
    assert [again(row).state for row in (head, behind)] == [state, State.QUEUED]
    assert {entry.text for entry in place.ledger} == {"elsewhere", "new comment", "as Ada"}


@pytest.mark.parametrize("state", [State.BLOCKED, State.NEEDS_ATTENTION, State.FAILED, State.CANCELLED])
def test_what_waits_for_a_person_holds_nobody(place: Place, state: str) -> None:
    head = place.reply("head")
    behind = place.reply("behind")
    later(head, state=state, finished_at=timezone.now())
    assert place.deliver(behind).state == State.SENT


def test_one_sent_again_out_of_turn_waits_for_the_one_under_way(place: Place) -> None:
    """Equal texts must never race each other, also when a person brings an old one back."""
    old, new = place.reply("same"), place.reply("same")
    later(old, state=State.NEEDS_ATTENTION)
    place.fault_of_comments(do="drop_after")
    assert place.deliver(new).state == State.UNKNOWN
    assert decisions.send_again(again(old), by=place.user)
    assert place.deliver(old).state == State.QUEUED
    later(new, state=State.SENT, finished_at=timezone.now())
    assert place.deliver(old).state == State.SENT


def test_another_actor_in_the_answer_stops_the_page_until_a_person_looked(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    wrong = place.reply("wrong")
    place.fault_of_comments(do="malformed", form="wrong_actor")
    with caplog.at_level(logging.CRITICAL):
        wrong = place.deliver(wrong)
    assert (wrong.state, wrong.reason) == (State.UNKNOWN, Reason.WRONG_ACTOR)
    assert [record.levelname for record in caplog.records] == ["CRITICAL"]
    assert "under another name" in sentence(wrong)
    elsewhere = place.reply("elsewhere", to=place.comment("Where is the data sheet"))
    herself = place.reply("as Ada", actor=ADA)
    place.deliver(herself)
    assert place.deliver(elsewhere).state == State.QUEUED
    assert "under another name" in sentence(elsewhere)
    later(wrong, doubt_since=ago(minutes=20))
    outbox.sweep()
    assert again(wrong).state == State.NEEDS_ATTENTION
    assert place.deliver(elsewhere).state == State.QUEUED
    assert decisions.discard(again(wrong), by=place.user)
    assert place.deliver(elsewhere).state == State.SENT
    assert [entry.text for entry in place.ledger] == ["wrong", "as Ada", "elsewhere"]


# undo


def test_undo_in_time_cancels_and_nothing_is_sent(place: Place, settings: Any) -> None:
    settings.UNDO_WINDOW_S = 5
    row = place.reply()
    assert decisions.undo(row, by=place.user)
    row = place.deliver(later(row, due_at=ago(seconds=1)))
    assert row.state == State.CANCELLED
    assert row.finished_at is not None
    assert place.ledger == []
    assert not decisions.send_now(row, by=place.user)


def test_undo_that_loses_the_race_says_so(open_place: Place) -> None:
    row = open_place.reply()
    undone = open_place.meanwhile(lambda: decisions.undo(again(row), by=open_place.user), path="/comments$")
    outbox.deliver(row.pk)
    assert undone == [False]
    assert again(row).state == State.SENT
    assert not decisions.undo(row, by=open_place.user)


def test_undo_and_claim_at_the_same_moment_agree(open_place: Place) -> None:
    rows = [open_place.say(f"number {n}") for n in range(4)]
    for row in rows:
        later(row, order_key=f"apart {row.pk}")
    undone = {}

    def race(number: int) -> None:
        row = rows[number // 2]
        if number % 2:
            outbox.deliver(row.pk)
        else:
            undone[row.pk] = decisions.undo(row, by=open_place.user)

    in_threads(8, race)
    sent = {entry.text for entry in open_place.entries("comment")}
    for row in rows:
        assert (again(row).state == State.CANCELLED) == undone[row.pk]
        assert (row.text in sent) != undone[row.pk]


def test_send_now_ends_the_window(place: Place, settings: Any) -> None:
    settings.UNDO_WINDOW_S = 60
    row = place.reply()
    assert decisions.send_now(row, by=place.user)
    assert place.deliver(row).state == State.SENT


def test_two_pages_keep_their_actors(place: Place) -> None:
    """Two tabs with different Pages: each action goes out as its own actor."""
    as_acme = place.reply("as Acme")
    as_birch = place.reply("as Birch", actor=BIRCH)
    for row in (as_birch, as_acme):
        place.deliver(row)
    assert {(entry.text, entry.actor) for entry in place.ledger} == {("as Acme", ACME), ("as Birch", BIRCH)}
