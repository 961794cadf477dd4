"""Programs hear each event once and in order, or are told that some may be missing: never a gap in silence."""

from __future__ import annotations

from datetime import timedelta

import pytest

from socialactions import clock
from socialactions.lifetimes import ANNOUNCEMENTS_LIVE
from socialactions.models import Event
from socialactions.queries.cursors import Heard
from socialactions.services import events
from tests.web.desks import AtDesk
from tests.web.programs import Program, program_of, refusal


@pytest.fixture
def program(ada_desk: AtDesk) -> Program:
    made = program_of(ada_desk, scopes=["read"])
    time_passes(minutes=1)
    return made


def time_passes(**time: float) -> None:
    """For events; what programs were told is moved by `told_before`."""
    for event in Event.objects.all():
        Event.objects.filter(pk=event.pk).update(at=event.at - timedelta(**time))


def told_before(next_after: str, **time: float) -> str:
    """The same place, handed out that much earlier."""
    heard = Heard.parse(next_after)
    assert heard.all_until is not None
    at = heard.at - timedelta(**time) if heard.at else None
    return Heard(heard.number, at, heard.all_until - timedelta(**time)).text


def announce(desk: AtDesk, count: int = 1) -> None:
    for _ in range(count):
        events.post_changed(desk.post())
    Event.objects.filter(at__gt=clock.now() - timedelta(seconds=6)).update(at=clock.now() - timedelta(seconds=6))


def heard(program: Program, after: str, limit: int = 50) -> tuple[list[int], str]:
    answer = program.get(f"/events?after={after}&limit={limit}")
    assert answer.status_code == 200, answer.content
    return [int(one["id"]) for one in answer.json()["events"]], answer.json()["next_after"]


def start(program: Program) -> str:
    found: str = program.get("/events").json()["next_after"]
    return found


def numbers() -> list[int]:
    return list(Event.objects.order_by("pk").values_list("pk", flat=True))


def refused(program: Program, after: str) -> str:
    return refusal(program.get(f"/events?after={after}"), 410, "events_forgotten")


def test_after_a_restore_nobody_goes_on_in_the_middle(ada_desk: AtDesk, program: Program) -> None:
    before = start(program)
    announce(ada_desk, 5)
    told, place = heard(program, before)
    assert len(told) == 5
    Event.objects.filter(pk__in=told[2:]).delete()  # as the backup has it
    assert "came back from a backup" in refused(program, place)
    for number in told[2:]:  # a restored database gives the same numbers once more
        Event.objects.create(
            pk=number, desk=ada_desk.desk, kind="read", topic="settings", at=clock.now() - timedelta(seconds=6)
        )
    refused(program, place)
    assert heard(program, before)[0] == told  # what the backup knows is a place to go on from


def test_who_stays_away_for_more_than_a_day_is_told(ada_desk: AtDesk, program: Program) -> None:
    place = start(program)
    announce(ada_desk, 3)
    time_passes(hours=25)
    events.forget_announcements()
    refused(program, told_before(place, hours=25))


def test_a_quiet_desk_is_no_gap(ada_desk: AtDesk, program: Program) -> None:
    announce(ada_desk)
    _, place = heard(program, "0")
    for _ in range(3):  # days without any event, of a program that asks every twelve hours
        time_passes(hours=12)
        events.forget_announcements()
        told, place = heard(program, told_before(place, hours=12))
        assert told == []
    announce(ada_desk)
    events.forget_announcements()
    assert len(heard(program, place)[0]) == 1


def test_everything_that_is_kept_can_be_read_from_the_beginning(ada_desk: AtDesk, program: Program) -> None:
    announce(ada_desk, 4)
    time_passes(hours=72)
    announce(ada_desk, 4)
    told, place = heard(program, "0", limit=3)
    while True:
        more, place = heard(program, place, limit=3)
        if not more:
            break
        told += more
    assert told == numbers()


def test_who_reads_too_slowly_is_told_as_well(ada_desk: AtDesk, program: Program) -> None:
    announce(ada_desk, 4)
    _, place = heard(program, "0", limit=1)
    time_passes(hours=25)
    refused(program, told_before(place, hours=25))


def test_numbers_alone_as_they_once_were_go_on_or_are_refused(
    ada_desk: AtDesk, program: Program, other_desk: AtDesk
) -> None:
    announce(ada_desk, 3)
    first, *others = numbers()[-3:]
    told, place = heard(program, str(first))
    assert told == others and "_" in place
    foreign = events.record(desk=other_desk.desk, kind="read", topic="settings")
    for unknown in (foreign.pk, 10**17):
        refused(program, str(unknown))
    time_passes(hours=25)
    refused(program, str(first))


def test_a_desk_without_events_has_a_place_too(ada_desk: AtDesk, program: Program) -> None:
    Event.objects.all().delete()
    place = start(program)
    assert heard(program, place)[0] == []
    announce(ada_desk, 2)
    told, after = heard(program, place)
    assert told == numbers() and heard(program, after)[0] == []


@pytest.mark.parametrize(
    "after", ["x", "-1", "1_", "1__", "0_2026-11-23T07:00:00Z_2026-11-23T07:00:00Z", "5__2026-11-23T07:00:00Z",
              "5_2026-11-23T07:00:00_2026-11-23T07:00:00Z", "5_a_b", "5_b_c_d", "9" * 19, "²"],
)  # fmt: skip
def test_what_we_did_not_write_is_refused_by_name(program: Program, after: str) -> None:
    answer = program.get(f"/events?after={after}")
    refusal(answer, 422, "invalid")
    assert [one["field"] for one in answer.json()["errors"]] == ["after"]


def test_each_desk_keeps_the_announcement_that_its_programs_name(ada_desk: AtDesk, other_desk: AtDesk) -> None:
    Event.objects.all().delete()
    for desk in (ada_desk.desk, other_desk.desk):
        for hours in (90, 80, 70):
            at = clock.now() - timedelta(hours=hours)
            Event.objects.create(desk=desk, kind="read", topic="settings", at=at)
    assert events.forget_announcements() == 4 and timedelta(hours=70) > ANNOUNCEMENTS_LIVE
    assert Event.objects.count() == 2 and events.forget_announcements() == 0
