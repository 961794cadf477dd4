"""A real worker: prompt when all is well, and never twice, never lost, never a lie when it dies."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from socialactions import bells, tasks
from socialactions.models import Attempt, Connection, Outgoing, Post
from socialactions.queries import actions
from socialactions.services import refreshing
from tests.deeds import Place, again, ago, later
from tests.worker.lives import Worker, empty_broker, kill, kill_pool, until

State = Outgoing.State
PROMPT_S = 15.0  # half a second on a quiet machine; a busy one starts threads late


def is_in(state: str, *rows: Outgoing) -> Callable[[], bool]:
    return lambda: all(again(row).state == state for row in rows)


def lapse(row: Outgoing) -> None:
    """The lease of a worker that is no more runs out, and the sweeper comes by."""
    later(row, lease_until=ago(seconds=1))
    tasks.sweep.delay()


def sentence(row: Outgoing) -> str:
    return actions.row(actions.of_desk(row.desk_id).get(pk=row.pk)).sentence


# when all is well


def test_what_is_accepted_or_asked_for_is_done_promptly(place: Place, start_worker: Callable[[], Worker]) -> None:
    start_worker()
    row = place.reply("At once.")
    took_s = until(lambda: place.entries("reply"), "the reply is on LinkedIn")
    until(is_in(State.SENT, row), "it is written down")
    Post.objects.filter(pk=place.post().pk).update(read_at=None, reading=Post.Reading.NEVER)
    assert refreshing.want_comments(place.post())
    read_s = until(lambda: place.post().reading == Post.Reading.COMPLETE, "the post is read")
    print(f"\nfrom accepted to LinkedIn: {took_s:.2f} s; from asked for to read: {read_s:.2f} s")
    assert max(took_s, read_s) < PROMPT_S
    assert [entry.text for entry in place.entries("reply")] == ["At once."]
    assert place.post().read_found == 5


def test_doubled_bells_and_two_workers_send_each_once_and_threads_in_order(
    place: Place, start_worker: Callable[[], Worker]
) -> None:
    start_worker()
    start_worker()
    apart = [later(place.say(f"number {n}"), order_key=f"apart {n}") for n in range(8)]
    thread = [place.reply(f"reply {n}") for n in range(4)]
    for row in (*apart, *thread):
        for _ in range(3):
            bells.ring(row.pk)
    until(is_in(State.SENT, *apart, *thread), "all are sent")
    assert sorted(entry.text for entry in place.entries("comment")) == [row.text for row in apart]
    assert [entry.text for entry in place.entries("reply")] == [row.text for row in thread]
    assert Attempt.objects.count() == 12


# what gets lost


def test_a_broker_that_forgot_everything_loses_nothing(place: Place, start_worker: Callable[[], Worker]) -> None:
    rows = [place.reply("reply"), place.say("comment"), place.reply("there", to=place.comment("Where is the data"))]
    empty_broker()
    for row in rows:
        later(row, rang_at=ago(seconds=60))
    start_worker()
    tasks.sweep.delay()
    until(is_in(State.SENT, *rows), "all are sent")
    assert sorted(entry.text for entry in place.ledger) == ["comment", "reply", "there"]


def test_beat_rings_for_the_sweeper(place: Place, start_worker: Callable[[], Worker], beat: Worker) -> None:
    row = place.reply("nobody rang")
    empty_broker()
    start_worker()
    took_s = until(is_in(State.SENT, row), "it is sent")
    print(f"\nfrom a lost bell to LinkedIn: {took_s:.1f} s")
    assert beat.poll() is None
    assert len(place.entries("reply")) == 1


# who dies


def test_death_between_claim_and_attempt_is_tried_again_once(place: Place, start_worker: Callable[[], Worker]) -> None:
    first = start_worker()
    Connection.objects.update(roles_checked_at=None)  # so that LinkedIn hears from the worker after its claim
    died = place.meanwhile(lambda: kill(first), path="/organizationAcls")
    row = place.reply("at last")
    until(lambda: died, "the worker is dead")
    assert (again(row).state, row.attempts.count()) == (State.SENDING, 0)
    assert place.ledger == []
    start_worker()
    lapse(row)
    until(is_in(State.SENT, row), "another worker sent it")
    assert len(place.entries("reply")) == 1


@pytest.mark.parametrize("is_stored", [True, False])
def test_death_during_the_call_is_doubt_and_never_repeated(
    place: Place, start_worker: Callable[[], Worker], is_stored: bool
) -> None:
    first = start_worker()
    struck: list[bool] = []

    def strike() -> None:
        (kill_pool if is_stored else kill)(first)
        struck.append(True)
        if not is_stored:
            raise OSError("the request is lost on the way")

    place.meanwhile(strike, path="/comments$")
    row = place.reply("once at most")
    until(lambda: struck, "the worker is dead")
    start_worker()
    other = place.say("after the accident")
    until(is_in(State.SENT, other), "the next worker is at work")
    assert again(row).state == State.SENDING  # its lease still runs
    lapse(row)
    until(is_in(State.UNKNOWN, row), "the sweeper noticed")
    for _ in range(3):
        bells.ring(row.pk)
    another = place.say("and after the bells")
    until(is_in(State.SENT, another), "the bells were heard")
    assert again(row).state == State.UNKNOWN
    assert "Unclear" in sentence(row)
    assert len(place.entries("reply")) == is_stored
    assert row.attempts.count() == 1


def test_a_worker_that_was_frozen_sends_nothing_that_another_sent(
    place: Place, start_worker: Callable[[], Worker], beat: Worker
) -> None:
    """SIGSTOP after the claim, as a suspended machine; the lease lapses, another sends, the first wakes up.

    Beat goes on ringing: RabbitMQ deals its messages out, to the frozen worker as well.
    """
    frozen = start_worker()
    Connection.objects.update(roles_checked_at=None)
    stopped = place.meanwhile(lambda: os.killpg(frozen.pid, signal.SIGSTOP), path="/organizationAcls")
    row = place.reply("from the second")
    until(lambda: stopped, "the worker is frozen")
    start_worker()
    lapse(row)
    until(is_in(State.SENT, row), "another worker sent it")
    os.killpg(frozen.pid, signal.SIGCONT)
    frozen.terminate()  # ends politely: finishes what it began
    until(lambda: frozen.poll() is not None, "the first has ended")
    assert len(place.entries("reply")) == 1
    assert (again(row).fence, again(row).attempts.count()) == (2, 1)


def test_a_polite_end_lets_the_call_finish(place: Place, start_worker: Callable[[], Worker]) -> None:
    first = start_worker()
    ended = place.meanwhile(first.terminate, path="/comments$")
    row = place.reply("to its end")
    until(lambda: ended, "the worker was asked to end")
    until(lambda: first.poll() is not None, "it has ended")
    assert again(row).state == State.SENT
    assert len(place.entries("reply")) == 1


# clocks


@pytest.mark.parametrize("ahead_s", [600, -600])
def test_a_worker_whose_clock_is_wrong_neither_hurries_nor_waits(
    place: Place, settings: Any, start_skewed: Callable[[float], Worker], beat: Worker, ahead_s: float
) -> None:
    """Undo, leases and windows are read from the database's clock, which all processes share."""
    start_skewed(ahead_s)
    warm = place.say("the worker is warm")
    until(is_in(State.SENT, warm), "the worker works")
    settings.UNDO_WINDOW_S = 8
    row = place.reply("in eight seconds")
    until(lambda: place.entries("reply"), "it is on LinkedIn")
    late_s = place.entries("reply")[0].at / 1000 - row.due_at.timestamp()
    assert 0 <= late_s < 5
    died = later(place.say("died"), state=State.SENDING, fence=1, lease_until=ago(seconds=-6))
    other = place.reply("somewhere else", to=place.comment("Where is the data sheet"))
    assert again(died).state == State.SENDING
    until(is_in(State.SENT, other), "the next was sent")
    until(lambda: again(died).state != State.SENDING, "its lease was over")
    assert died.lease_until is not None and timezone.now() >= died.lease_until
