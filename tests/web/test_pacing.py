"""How fast a member speaks: one pace for all workers, LinkedIn's limits obeyed, nothing lost and nothing silent."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db.models import F

from socialactions import clock
from socialactions.models import CallCount, Connection, Event, Outgoing, Pace
from socialactions.queries import actions
from socialactions.sandbox.seeds.cast import ACME, ADA
from socialactions.sandbox.server import Running
from socialactions.services import budget, decisions, lookup, outbox, pages, shortfalls, writing
from socialactions.services.outcomes import Reason
from tests.deeds import Place, again, ago, in_threads, later, settle_in

Kind, State = Outgoing.Kind, Outgoing.State


@pytest.fixture
def place(sandbox_server: Running, db: None, settings: Any) -> Place:
    settings.UNDO_WINDOW_S = 0
    found = settle_in(sandbox_server)
    settings.COMMENT_EVERY_S, settings.COMMENT_BURST = 60, 3  # ten times the usual: a slow machine has its seconds
    settings.LIKE_EVERY_S, settings.LIKES_PER_HOUR = 30, 60
    return found


@pytest.fixture
def open_place(sandbox_server: Running, transactional_db: None, settings: Any) -> Place:
    settings.UNDO_WINDOW_S = 0
    found = settle_in(sandbox_server)
    settings.COMMENT_EVERY_S, settings.COMMENT_BURST = 60, 3  # ten times the usual: a slow machine has its seconds
    return found


def sentence(row: Outgoing) -> str:
    return actions.row(actions.of_desk(row.desk_id).get(pk=row.pk)).sentence


def wait_s(row: Outgoing) -> float:
    assert row.not_before is not None
    return (row.not_before - clock.now()).total_seconds()


def apart(place: Place, count: int) -> list[Outgoing]:
    """Comments that do not wait for one another."""
    return [later(place.say(f"number {n}"), order_key=f"apart {n}") for n in range(count)]


def age(**time: float) -> None:
    """Let time pass for all that was sent."""
    for row in Outgoing.objects.exclude(claimed_at=None):
        moved = {"claimed_at": row.claimed_at - timedelta(**time)} if row.claimed_at else {}
        if row.turn_after:
            moved["turn_after"] = row.turn_after - timedelta(**time)
        later(row, **moved)


def test_three_go_at_once_and_then_one_at_a_time(place: Place) -> None:
    rows = [place.deliver(row) for row in apart(place, 6)]
    assert [row.state for row in rows] == [State.SENT] * 3 + [State.WAITING] * 3
    assert [wait_s(row) for row in rows[3:]] == pytest.approx([60, 120, 180], abs=20)
    assert {row.reason for row in rows[3:]} == {Reason.PACE}
    assert "LinkedIn limits how fast you can comment. Nothing is lost." in sentence(rows[3])
    assert len(place.entries("comment")) == 3
    age(seconds=60)
    assert place.deliver(later(rows[3], not_before=ago(seconds=1))).state == State.SENT
    assert place.deliver(later(rows[4], not_before=ago(seconds=1))).state == State.WAITING


# Pages of one member share the pace


def said_as(place: Place, actor: str, count: int) -> list[Outgoing]:
    """Comments as one actor that do not wait for one another, each having had its bell."""
    rows = [later(place.say(f"{n}", actor=actor), order_key=f"{actor} {n}") for n in range(count)]
    return [place.deliver(row) for row in rows]


def turns(place: Place, count: int) -> list[str]:
    """Who had so many turns, a minute apart, when the sweeper rings for all that are due; one leaves in each."""
    had = []
    for _ in range(count):
        age(minutes=1)
        waiting = Outgoing.objects.filter(state=State.WAITING)
        waiting.update(not_before=F("not_before") - timedelta(minutes=1))
        before = set(Outgoing.objects.filter(state=State.SENT).values_list("pk", flat=True))
        for pk in outbox.sweep():
            outbox.deliver(pk)
        left = Outgoing.objects.filter(state=State.SENT).exclude(pk__in=before)
        assert left.count() == 1
        had.append(left[0].actor_urn)
    return had


def test_one_action_of_another_page_does_not_wait_for_two_hundred(place: Place) -> None:
    said_as(place, ACME, 200)
    other = said_as(place, ADA, 1)[0]
    assert wait_s(other) < 70
    assert ADA in turns(place, 2)
    assert turns(place, 3) == [ACME] * 3


def test_pages_of_one_member_take_turns(place: Place) -> None:
    said_as(place, ACME, 20)
    said_as(place, ADA, 20)
    had = turns(place, 12)
    assert 5 <= had.count(ADA) <= 7, had
    assert ADA in had[:2] and ACME in had[:2], had


def test_what_waits_for_something_else_is_pushed_back_by_nobody(place: Place) -> None:
    """A picture that LinkedIn still processes stands in no line."""
    row = said_as(place, ADA, 1)[0]
    row = later(row, state=State.WAITING, reason=Reason.PICTURE_PROCESSING, not_before=ago(seconds=-60))
    said_as(place, ACME, 30)
    assert again(row).not_before == row.not_before


def test_who_lost_a_turn_to_another_page_has_the_next(place: Place) -> None:
    first = said_as(place, ACME, 8)[3]  # the first of them that waits
    said_as(place, ADA, 1)
    turns(place, 2)
    assert again(first).state == State.SENT


def test_a_reaction_is_called_what_it_is(place: Place, settings: Any) -> None:
    """While it is sent, while it waits for the pace, and while it is taken back."""
    settings.LIKE_EVERY_S = 600
    speaker, head = place.speaker(), place.comment()
    wishes = ((None, "LIKE"), (head, "PRAISE"))
    rows = [writing.react(head.post, comment, speaker=speaker, kind=kind) for comment, kind in wishes]
    assert [sentence(row).partition(" as ")[0] for row in rows] == ["Liking", "Reacting"]
    waiting = [place.deliver(row) for row in rows][1]
    assert waiting.state == State.WAITING
    assert "LinkedIn limits how fast you can react." in sentence(waiting)
    back = writing.unreact(head.post, head, speaker=speaker)
    assert sentence(back).startswith("Taking the reaction back as ")


def test_who_waits_is_rung_for_at_its_own_time(place: Place, settings: Any) -> None:
    settings.COMMENT_EVERY_S = 25
    rows = apart(place, 5)
    bells = [outbox.deliver(row.pk) for row in rows]
    assert [bell.wait_s for part in bells[3:] for bell in part] == pytest.approx([25, 50], abs=20)


def test_waiting_is_written_down_and_can_be_cancelled(place: Place) -> None:
    rows = [place.deliver(row) for row in apart(place, 4)]
    told = Event.objects.filter(outgoing=rows[3]).order_by("pk").values_list("kind", "state", "reason")
    assert list(told) == [("accepted", "queued", ""), ("state", "waiting", Reason.PACE)]
    assert decisions.undo(rows[3], by=place.user)


def test_workers_share_the_pace(open_place: Place) -> None:
    rows = apart(open_place, 8)
    in_threads(8, lambda number: outbox.deliver(rows[number].pk))
    assert sorted(again(row).state for row in rows) == [State.SENT] * 3 + [State.WAITING] * 5
    waits = sorted(round(wait_s(again(row))) for row in rows if again(row).state == State.WAITING)
    assert waits == pytest.approx([60, 120, 180, 240, 300], abs=20)  # the first was claimed a moment ago


def test_reactions_have_a_pace_of_their_own_with_jitter(place: Place) -> None:
    for row in apart(place, 3):
        place.deliver(row)
    first = place.deliver(writing.react(place.post(), None, speaker=place.speaker(), kind="LIKE"))
    assert first.state == State.SENT
    row = place.deliver(writing.react(place.post(), place.comment(), speaker=place.speaker(), kind="LIKE"))
    assert row.state == State.WAITING and 10 < wait_s(row) <= 60


def test_sixty_reactions_in_an_hour_are_enough(place: Place, settings: Any) -> None:
    settings.LIKE_EVERY_S, settings.LIKES_PER_HOUR = 0, 2
    targets = [None, place.comment(), place.comment("Where is the data sheet")]
    rows = [writing.react(place.post(), target, speaker=place.speaker(), kind="LIKE") for target in targets]
    states = [place.deliver(row).state for row in rows]
    assert states == [State.SENT, State.SENT, State.WAITING]
    assert 3580 < wait_s(again(rows[2])) <= 3600


def test_edits_and_deletions_wait_for_nobody(place: Place) -> None:
    rows = [place.deliver(row) for row in apart(place, 3)]
    deletions = [
        place.deliver(writing.delete(row.result_comment, speaker=place.speaker(), form_key=row.uid)) for row in rows
    ]
    assert {row.state for row in deletions} == {State.SENT}


def test_the_throttle_closes_for_a_minute_and_halves_the_rate(place: Place) -> None:
    first, second, third = apart(place, 3)
    place.fault_of_comments(do="throttle")
    first = place.deliver(first)
    assert (first.state, first.reason) == (State.WAITING, Reason.PACE) and 40 < wait_s(first) <= 60
    second = place.deliver(second)
    assert (second.state, second.reason) == (State.WAITING, Reason.PACE) and 100 < wait_s(second) <= 180
    assert place.calls("POST socialActions") == 1
    Pace.objects.update(closed_until=ago(seconds=1))
    states = [place.deliver(later(row, not_before=ago(seconds=1))).state for row in (first, second, third)]
    assert states == [State.SENT, State.SENT, State.WAITING]  # what was refused had its turn, too
    assert 30 < wait_s(again(third)) <= 60
    age(seconds=60)
    assert place.deliver(later(third, not_before=ago(seconds=1))).state == State.SENT
    assert 90 < wait_s(place.deliver(later(place.say("fourth"), order_key="fourth"))) <= 120


def test_quiet_hours_restore_the_rate(place: Place) -> None:
    Pace.objects.create(
        member_urn=ADA,
        pace="comment",
        closed_until=ago(hours=3),
        reason=Reason.PACE,
        slowness=3,
        slowed_at=ago(hours=2, minutes=1),
    )
    for row in apart(place, 3):
        assert place.deliver(row).state == State.SENT
    assert 90 < wait_s(place.deliver(later(place.say("fourth"), order_key="fourth"))) <= 120


def test_the_days_limit_holds_until_midnight(place: Place) -> None:
    first, second = apart(place, 2)
    place.fault_of_comments(do="refuse", status=429)
    first, second = place.deliver(first), place.deliver(second)
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    assert {first.reason, second.reason} == {Reason.DAILY_LIMIT}
    assert first.not_before is not None and 0 <= (first.not_before - midnight).total_seconds() < 65
    assert second.not_before is not None and second.not_before >= first.not_before
    assert place.calls("POST socialActions") == 1


# the day's calls


def test_reading_leaves_room_for_writing(place: Place, settings: Any) -> None:
    settings.DAILY_CALLS_MEMBER = 100
    day = clock.now().astimezone(UTC).date()
    CallCount.objects.update_or_create(member_urn=ADA, day=day, defaults={"calls": 69})
    place.forget_calls()
    post = place.read_comments(place.post())
    assert place.calls("GET") == 1
    assert "Reading has used its share of today's calls" in post.read_problem
    assert budget.left_for_reads(ADA) == 0
    Connection.objects.update(roles_checked_at=ago(minutes=6))  # so writing has to ask for them first
    assert place.deliver(place.reply()).state == State.SENT
    checked = Connection.objects.get().roles_checked_at
    assert checked is not None and checked > ago(minutes=1)


def test_reads_are_counted_and_the_app_has_a_limit_of_its_own(place: Place, settings: Any) -> None:
    before = budget.spent(ADA)
    place.forget_calls()
    place.read_comments(place.post())
    assert budget.spent(ADA) - before == place.calls("GET") > 0
    settings.DAILY_CALLS_APP = 10
    assert budget.left_for_reads("urn:li:person:other") == 0


def test_a_look_in_doubt_is_not_stopped_by_the_share(place: Place, settings: Any) -> None:
    place.fault_of_comments(do="drop_after")
    row = place.deliver(place.reply())
    settings.DAILY_CALLS_MEMBER = 1
    with pytest.raises(budget.ReadsSpent) as stopped:
        pages.refresh_roles(place.connection)
    assert shortfalls.why_not_read(stopped.value).endswith("after 00:00 UTC.")
    later(row, look_at=ago(seconds=1))
    lookup.look(row.pk)
    assert (again(row).state, again(row).reason) == (State.SENT, Reason.FOUND)
