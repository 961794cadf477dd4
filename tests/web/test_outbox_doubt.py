"""What happens when nobody knows: dead workers, late news, lost bells, old actions, and what people decide then."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.db.models import F
from django.utils import timezone

from dashboard.api import shapes
from socialactions import clock
from socialactions.linkedin import payloads
from socialactions.models import Attempt, Connection, Event, Outgoing
from socialactions.queries import actions
from socialactions.sandbox.seeds.cast import ACME, ADA
from socialactions.sandbox.server import Running
from socialactions.services import decisions, lookup, outbox, pages, second_thoughts
from socialactions.services.outcomes import Outcome, Reason
from socialactions.services.refusals import Refused
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


def died(row: Outgoing, *, with_attempt: bool) -> Outgoing:
    """The row as a worker leaves it that was killed before, or after, it wrote its attempt; the lease is over."""
    if with_attempt:
        Attempt.objects.create(outgoing=row, fence=row.fence + 1, wire_at=ago(seconds=100))
    return later(row, state=State.SENDING, fence=row.fence + 1, lease_until=ago(seconds=1))


# a worker that died


def test_death_before_the_attempt_is_tried_again_at_once(place: Place) -> None:
    row = died(place.reply(), with_attempt=False)
    assert outbox.sweep() == [row.pk]
    assert (again(row).state, again(row).reason) == (State.WAITING, Reason.INTERRUPTED)
    assert place.deliver(row).state == State.SENT


def test_death_after_the_attempt_is_doubt_and_no_bell_ends_it(place: Place) -> None:
    row = died(place.reply(), with_attempt=True)
    assert outbox.sweep() == []
    assert (again(row).state, again(row).reason) == (State.UNKNOWN, Reason.WORKER_DIED)
    assert "Please do not send it again" in sentence(row)
    assert place.deliver(row).state == State.UNKNOWN
    assert place.ledger == []


def test_a_lease_that_still_runs_is_left_alone(place: Place) -> None:
    row = later(place.reply(), state=State.SENDING, fence=1, lease_until=ago(seconds=-5))
    outbox.sweep()
    assert again(row).state == State.SENDING


def test_the_sweeper_does_not_take_a_row_whose_worker_just_wrote_its_attempt(place: Place) -> None:
    """The sweeper saw a lapsed lease; until it holds the row the worker has renewed it and is sending."""
    row = later(place.reply(), state=State.SENDING, fence=1, lease_until=ago(seconds=-85))
    outbox._end_lease(row.pk, timezone.now())
    assert again(row).state == State.SENDING


def test_late_news_of_a_swept_action_still_binds(open_place: Place) -> None:
    row = open_place.reply("slow")

    def lapse() -> str:
        later(row, lease_until=ago(seconds=1))
        outbox.sweep()
        return str(again(row).state)

    seen = open_place.meanwhile(lapse, path="/comments$", when="after")
    outbox.deliver(row.pk)
    assert seen == [State.UNKNOWN]
    row = again(row)
    assert (row.state, row.result_urn) == (State.SENT, open_place.entries("reply")[0].urn)


def test_late_news_for_an_earlier_fence_changes_nothing(place: Place) -> None:
    row = later(place.reply(), state=State.SENDING, fence=2, lease_until=ago(seconds=-60))
    row.fence = 1
    assert not outbox.settle(row, Outcome(State.FAILED, Reason.REFUSED))
    assert again(row).state == State.SENDING


def test_one_linkedin_comment_ends_only_one_action(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    first = place.deliver(place.reply("same"))
    second = place.reply("same")
    stamp = {"time": 1_795_000_000_000}
    answer = {"commentUrn": first.result_urn, "actor": ACME, "object": place.post().urn, "message": {"text": "same"}}
    with caplog.at_level(logging.ERROR):
        claimed = outbox._claim(second.pk)
        assert claimed is not None
        assert outbox._begin_attempt(claimed, clock.boot_s())
        outbox._settle_success(claimed, payloads.comment({**answer, "created": stamp, "lastModified": stamp}))
    second = again(second)
    assert (second.state, second.reason, second.result_urn) == (State.UNKNOWN, Reason.ODD_ANSWER, None)
    assert again(first).result_urn == first.result_urn


def test_a_database_that_refuses_for_a_moment_loses_no_answer(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """LinkedIn's id is known and cannot be written at first; it is written later, never asked for again."""
    monkeypatch.setattr(outbox.time, "sleep", lambda _: None)
    refused: list[str] = []

    def refuse_first_answer(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if not refused and sql.startswith("UPDATE") and "result_urn" in sql:
            refused.append(sql)
            raise OperationalError("disk full")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(refuse_first_answer):
        row = place.deliver(place.reply())
    assert refused
    assert row.state == State.SENT
    assert len(place.entries("reply")) == 1


# the sweeper


def test_who_is_behind_hears_of_everything_and_of_nothing_all_the_time(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After hours without workers: each sweep rings for some, those first that waited longest for a bell."""
    rows = [place.say(f"Number {n}.") for n in range(5)]
    for n, row in enumerate(rows):  # each in a thread of its own, in the order opposite to their bells'
        later(row, order_key=f"thread {n}", rang_at=ago(seconds=600 + n))
    monkeypatch.setattr(outbox, "RINGS_AT_ONCE", 2)
    first, second, third, fourth, fifth = [row.pk for row in rows]
    assert [set(outbox.sweep()) for _ in range(4)] == [{fifth, fourth}, {third, second}, {first}, set()]


@pytest.mark.parametrize("differs", ["actor_urn", "member_urn"])
def test_the_sweeper_rings_for_pages_and_people_in_turn(place: Place, differs: str) -> None:
    """After a broker lost its messages, what somebody accepted behind two hundred of another is not behind them all."""
    for n in range(200):
        later(place.say(f"Number {n}."), order_key=f"thread {n}", rang_at=None)
    behind = later(place.say("Behind."), order_key="thread x", rang_at=None, **{differs: "urn:li:other:1"})
    assert behind.pk in outbox.sweep()[:3]


def test_the_sweeper_rings_for_what_no_bell_announced(place: Place) -> None:
    lost = place.reply()
    assert outbox.sweep() == []  # its own bell may still be under way
    later(lost, rang_at=ago(seconds=60))
    assert outbox.sweep() == [lost.pk]
    assert outbox.sweep() == []
    later(lost, rang_at=None)
    assert outbox.sweep() == [lost.pk]


def test_the_sweeper_does_not_ring_for_what_must_wait(place: Place, settings: Any) -> None:
    settings.UNDO_WINDOW_S = 30
    rows = [place.reply("undoable"), place.reply("behind it")]
    waiting = later(place.say(), state=State.WAITING, not_before=ago(seconds=-60))
    for row in (*rows, waiting):
        later(row, rang_at=None)
    assert outbox.sweep() == []


def test_what_is_a_day_old_asks_again_instead_of_surprising(place: Place) -> None:
    rows = [place.reply("queued"), place.reply("blocked", to=place.comment("Where is the data sheet")), place.say()]
    later(rows[1], state=State.BLOCKED, reason=Reason.NO_RIGHT)
    later(rows[2], state=State.WAITING, not_before=ago(seconds=1))
    for row in rows:
        later(row, created_at=ago(hours=24, seconds=1), wanted_at=ago(hours=24, seconds=1))
        assert place.deliver(row).state == again(row).state != State.SENT  # a bell that comes before the sweeper
    outbox.sweep()
    assert {again(row).state for row in rows} == {State.NEEDS_ATTENTION}
    assert "Written 24 hours ago. Still send it?" in sentence(rows[0])
    assert place.ledger == []
    assert decisions.send_again(again(rows[0]), by=place.user)
    assert place.deliver(rows[0]).state == State.SENT


def test_doubt_becomes_a_question_within_fifteen_minutes(place: Place) -> None:
    place.fault_of_comments(do="drop_after")
    row = place.deliver(place.reply())
    outbox.sweep()
    assert again(row).state == State.UNKNOWN
    later(row, doubt_since=ago(minutes=15, seconds=1))
    outbox.sweep()
    row = again(row)
    assert (row.state, row.reason) == (State.NEEDS_ATTENTION, Reason.UNDECIDED)
    assert "is your reply there?" in sentence(row)
    assert len(place.entries("reply")) == 1


# what people decide


def test_it_is_there_binds_what_linkedin_has(place: Place) -> None:
    place.fault_of_comments(do="drop_after")
    row = place.deliver(place.reply("Is it there? 🤖"))
    row = later(row, state=State.NEEDS_ATTENTION, reason=Reason.UNDECIDED)
    assert second_thoughts.it_is_there(row, by=place.user)
    row = again(row)
    assert (row.state, row.result_urn) == (State.SENT, place.entries("reply")[0].urn)
    assert place.calls("POST socialActions") == 1


def test_a_role_that_came_back_is_noticed_by_who_looks_for_a_comment(place: Place) -> None:
    place.fault_of_comments(do="drop_after")
    row = later(place.deliver(place.reply()), state=State.NEEDS_ATTENTION, reason=Reason.UNDECIDED)
    me = ADA.rpartition(":")[2]
    place.world.set_role(me, "1001", None)
    pages.refresh_roles(place.connection)
    with pytest.raises(Refused, match="Nobody connected here may read"):
        second_thoughts.it_is_there(again(row), by=place.user)
    place.world.set_role(me, "1001", "ADMINISTRATOR")
    with pytest.raises(Refused):  # LinkedIn was asked a moment ago
        second_thoughts.it_is_there(again(row), by=place.user)
    Connection.objects.update(roles_checked_at=F("roles_checked_at") - timedelta(minutes=6))
    assert second_thoughts.it_is_there(again(row), by=place.user)
    assert again(row).state == State.SENT


def test_it_is_there_takes_no_comment_of_another_action(place: Place) -> None:
    place.deliver(place.reply("same"))
    place.fault_of_comments(do="drop_before")
    doubtful = later(place.deliver(place.reply("same")), state=State.NEEDS_ATTENTION)
    with pytest.raises(Refused):
        second_thoughts.it_is_there(doubtful, by=place.user)
    assert again(doubtful).state == State.NEEDS_ATTENTION


def test_send_again_is_a_persons_decision_and_leaves_a_trace(place: Place) -> None:
    place.fault_of_comments(do="drop_before")
    row = place.deliver(place.reply())
    assert not decisions.send_again(row, by=place.user)  # not while it is looked for
    row = later(row, state=State.NEEDS_ATTENTION)
    assert decisions.send_again(row, by=place.user)
    row = place.deliver(row)
    assert row.state == State.SENT
    tries = actions.attempts(row)
    assert [fence for fence, _, _ in tries] == [1, 2]
    assert tries[0][2].startswith("no answer") and tries[1][2] == "sent"
    assert Event.objects.filter(outgoing=row, user=place.user, state=State.QUEUED, reason=Reason.BY_PERSON).exists()


def test_only_linkedins_plain_yes_makes_the_last_try_the_success(open_place: Place) -> None:
    restored = died(open_place.reply(), with_attempt=True)
    assert actions.attempts(again(restored))[0][2] == "no end was written"
    found = later(restored, state=State.SENT, reason=Reason.BY_PERSON, finished_at=ago())
    assert actions.attempts(found)[0][2] == "no end was written"


def test_words_that_may_be_there_are_not_called_cancelled(place: Place) -> None:
    """Somebody sends again what was in doubt, and takes it back in time: the first try may be there all the same."""
    place.fault_of_comments(do="drop_after")
    row = place.deliver(place.reply())
    assert row.state == State.UNKNOWN
    later(row, doubt_since=ago(minutes=20))
    outbox.sweep()
    assert decisions.send_again(again(row), by=place.user)
    assert decisions.undo(again(row), by=place.user)
    assert again(row).state == State.DISCARDED
    assert "Nothing was sent" not in sentence(again(row)) and shapes.retryable(again(row)) == "after_check"
    assert len(place.entries("reply")) == 1


def test_final_is_final(place: Place) -> None:
    row = place.deliver(place.reply())
    assert not decisions.undo(row, by=place.user)
    assert not decisions.discard(row, by=place.user)
    assert not decisions.send_again(row, by=place.user)
    assert place.deliver(row).state == State.SENT
    assert len(place.entries("reply")) == 1


# many at once


def test_two_sweepers_and_their_bells_send_once(open_place: Place) -> None:
    rows = [
        open_place.reply("one"),
        open_place.say("two"),
        died(open_place.reply("three", to=open_place.comment("Where is the data sheet")), with_attempt=True),
    ]
    for row in rows[:2]:
        later(row, rang_at=ago(seconds=60))

    def sweep_and_deliver(_: int) -> None:
        for pk in outbox.sweep():
            outbox.deliver(pk)
        for pk in lookup.wanted_now():
            lookup.look(pk)

    in_threads(4, sweep_and_deliver)
    assert [again(row).state for row in rows] == [State.SENT, State.SENT, State.UNKNOWN]
    assert len(open_place.ledger) == 2


def test_nothing_is_locked_while_linkedin_works(open_place: Place) -> None:
    """Somebody else writes the same row and its neighbours while the request is under way, and does not wait."""
    row = open_place.reply("free")

    def write() -> float:
        began = clock.boot_s()
        later(row, rang_at=ago(seconds=1))
        later(open_place.reply("meanwhile"), rang_at=ago(seconds=1))
        return clock.boot_s() - began

    took = open_place.meanwhile(write, path="/comments$")
    outbox.deliver(row.pk)
    assert len(took) == 1 and took[0] < 2
    assert again(row).state == State.SENT
