"""A database that came back from an older backup: what it calls queued may have been said in public long since."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache

from socialactions import clock
from socialactions.models import Event, Outgoing
from socialactions.queries import actions
from socialactions.sandbox.server import Running
from socialactions.services import decisions, events, high_water, outbox, second_thoughts, verifying
from socialactions.services.outcomes import Reason
from tests.deeds import Place, again, ago, in_threads, later, settle_in

State = Outgoing.State


@pytest.fixture
def place(sandbox_server: Running, db: None, settings: Any) -> Place:
    settings.UNDO_WINDOW_S = 0
    return settle_in(sandbox_server)


@pytest.fixture
def open_place(sandbox_server: Running, transactional_db: None, settings: Any) -> Place:
    settings.UNDO_WINDOW_S = 0
    return settle_in(sandbox_server)


def restore(place: Place, row: Outgoing) -> Outgoing:
    """As the backup of a moment ago has it: the row queued, and no event since."""
    newest = Event.objects.filter(outgoing=row, kind="accepted").values_list("pk", flat=True).get()
    Event.objects.filter(pk__gt=newest).delete()
    row.attempts.all().delete()
    return later(row, state=State.QUEUED, fence=0, finished_at=None, result_urn=None, result_comment=None, look_at=None)


def test_what_was_sent_before_the_restore_is_not_sent_again(place: Place) -> None:
    row = place.deliver(place.reply("Once."))
    row = restore(place, row)
    assert outbox.deliver(row.pk) == []
    row = again(row)
    assert (row.state, row.reason) == (State.NEEDS_ATTENTION, Reason.RESTORED)
    assert len(place.entries("reply")) == 1
    shown = actions.row(actions.of_desk(row.desk_id).get(pk=row.pk))
    assert "came back from an older backup" in shown.sentence
    assert [step.name for step in shown.steps if not step.href] == ["there", "send-again", "discard"]


def test_what_a_restore_forgot_is_found_when_somebody_saw_it_there(place: Place) -> None:
    row = restore(place, place.deliver(place.reply("Once.")))
    outbox.deliver(row.pk)
    assert second_thoughts.it_is_there(again(row), by=place.user)
    assert (again(row).state, len(place.entries("reply"))) == (State.SENT, 1)


def test_the_sweeper_notices_as_well_and_everything_open_asks(place: Place) -> None:
    open_rows = [place.reply("queued"), later(place.say("waiting"), state=State.WAITING, not_before=ago(hours=-1))]
    done = place.deliver(place.reply("done", to=place.comment("Where is the data sheet")))
    outbox.sweep()
    Event.objects.order_by("-pk").first().delete()  # type: ignore[union-attr]
    assert outbox.sweep() == []
    assert {again(row).state for row in open_rows} == {State.NEEDS_ATTENTION}
    assert again(done).state == State.SENT


def test_an_alarm_stays_one_and_history_stays_in_order(place: Place) -> None:
    place.fault_of_comments(do="malformed", form="wrong_actor")
    alarm = place.deliver(place.reply("Under another name."))
    asked = later(place.reply("Too old."), wanted_at=ago(hours=25))
    outbox.sweep()
    assert (again(asked).state, again(asked).reason) == (State.NEEDS_ATTENTION, Reason.TOO_OLD)
    high_water.raise_to(10**6, None)
    assert outbox.sweep() == []
    assert (again(alarm).state, again(alarm).reason) == (State.NEEDS_ATTENTION, Reason.WRONG_ACTOR)
    assert (again(asked).state, again(asked).reason) == (State.NEEDS_ATTENTION, Reason.RESTORED)
    behind = place.reply("Elsewhere.", to=place.comment("Where is the data sheet"))
    assert place.deliver(behind).state == State.QUEUED  # nothing more of this actor until somebody looked
    assert list(verifying.contradictions()) == []


def test_a_person_who_looked_decides_and_work_goes_on(place: Place) -> None:
    row = restore(place, place.deliver(place.reply("Once.")))
    outbox.sweep()
    assert decisions.discard(again(row), by=place.user)
    other = place.reply("Another.", to=place.comment("Where is the data sheet"))
    assert place.deliver(other).state == State.SENT


def test_a_database_as_new_as_ever_changes_nothing(place: Place) -> None:
    place.deliver(place.reply())
    assert high_water.check() and high_water.check()
    high_water.path().unlink()
    assert high_water.check()  # nothing is open that could be on LinkedIn
    assert high_water.path().exists()


def test_forgetting_old_announcements_is_no_restore(place: Place) -> None:
    for _ in range(3):
        events.post_changed(place.post())
    outbox.sweep()
    Event.objects.update(at=ago(days=2))
    assert events.forget_announcements() > 0
    assert high_water.check()


def test_many_workers_at_once_are_no_restore(open_place: Place) -> None:
    def work(number: int) -> bool:
        seen = []
        for _ in range(20):
            events.post_changed(open_place.post())
            seen.append(high_water.check())
        return all(seen)

    assert all(in_threads(6, work))


def caught_up(place: Place, row: Outgoing) -> Outgoing:
    """As after a restore, with as many events of others since as the backup lacked, under the same numbers."""
    accepted = Event.objects.get(outgoing=row, kind="accepted")
    lost = list(Event.objects.filter(pk__gt=accepted.pk).values_list("pk", flat=True))
    row = restore(place, row)
    for pk in lost:
        Event.objects.create(pk=pk, desk=accepted.desk, at=clock.now(), kind="settings", topic="settings")
    events.record(desk=accepted.desk, kind="settings", topic="settings")
    return row


def test_a_restored_database_that_has_caught_up_is_noticed(place: Place) -> None:
    row = caught_up(place, place.deliver(place.reply("Once.")))
    assert outbox.deliver(row.pk) == []
    assert (again(row).state, again(row).reason) == (State.NEEDS_ATTENTION, Reason.RESTORED)
    assert len(place.entries("reply")) == 1


def test_a_host_that_only_looked_on_notices_as_well(place: Place) -> None:
    """Another host sent it; this one has only swept since."""
    row = place.deliver(place.reply("Once."))
    high_water.path().unlink()
    outbox.sweep()
    row = caught_up(place, row)
    assert outbox.deliver(row.pk) == []
    assert again(row).reason == Reason.RESTORED


def test_once_noticed_the_database_is_the_one_that_counts(place: Place) -> None:
    row = caught_up(place, place.deliver(place.reply("Once.")))
    assert not high_water.check()
    assert high_water.check()
    other = place.reply("Another.", to=place.comment("Where is the data sheet"))
    assert place.deliver(other).state == State.SENT
    assert again(row).state == State.NEEDS_ATTENTION


def test_a_file_with_a_number_alone_is_understood_and_made_exact(place: Place) -> None:
    place.deliver(place.reply())
    newest = Event.objects.order_by("-pk").values_list("pk", flat=True)[0]
    high_water.path().write_text(str(newest))
    assert high_water.check()
    assert high_water.path().read_text().startswith(f"{newest} ")
    high_water.path().write_text(str(newest + 1))
    assert not high_water.check()


def test_an_emptied_database_begins_anew(place: Place) -> None:
    place.deliver(place.reply())
    outbox.sweep()
    Event.objects.all().delete()
    assert not high_water.check()
    assert high_water.check()


def test_announcements_may_go_from_under_the_mark(place: Place) -> None:
    place.deliver(place.reply())
    events.post_changed(place.post())
    assert high_water.check()
    Event.objects.filter(kind="read").delete()
    assert high_water.check()


def test_looking_costs_one_query(place: Place, django_assert_num_queries: Any) -> None:
    place.deliver(place.reply())
    with django_assert_num_queries(1):
        assert high_water.check()


def test_the_mark_that_follows_a_number_alone_is_no_announcement(place: Place) -> None:
    place.deliver(place.reply())
    events.post_changed(place.post())
    high_water.path().write_text(str(Event.objects.order_by("-pk").values_list("pk", flat=True)[0]))
    assert high_water.check()
    Event.objects.filter(kind="read").delete()
    assert high_water.check()


# where the mark stands, and what it means that there is none


def test_the_mark_does_not_stand_in_the_folder_that_is_put_back(place: Place) -> None:
    place.deliver(place.reply())
    assert high_water.path().exists()
    assert not high_water.path().is_relative_to(django_settings.DATA_DIR)


def with_one_open(place: Place, *, is_alone: bool = True) -> Outgoing:
    """Something has left, something else is open, and the mark is away; that of other hosts too."""
    place.deliver(place.reply("Once."))
    row = place.reply("Open.", to=place.comment("Where is the data sheet"))
    high_water.path().unlink()
    if is_alone:
        cache.clear()
    return row


def test_without_a_mark_what_is_open_asks(place: Place) -> None:
    """A backup on a new machine, or a mark that was moved: nobody knows what left meanwhile."""
    row = with_one_open(place)
    assert outbox.sweep() == []
    assert (again(row).state, again(row).reason) == (State.NEEDS_ATTENTION, Reason.RESTORED)
    other = place.reply("Another.", to=place.comment("within 80 ms"))
    assert place.deliver(other).state == State.SENT  # said once, and then the database counts


def test_a_new_desk_has_no_mark_and_asks_nobody(place: Place) -> None:
    high_water.path().unlink()
    row = place.reply("The first of all.")
    assert place.deliver(row).state == State.SENT


def test_many_workers_begin_a_new_desk_at_once(open_place: Place) -> None:
    high_water.path().unlink()
    rows = [open_place.reply("One."), open_place.reply("Two.", to=open_place.comment("Where is the data sheet"))]
    in_threads(6, lambda number: outbox.deliver(rows[number % 2].pk))
    assert {again(row).state for row in rows} == {State.SENT}


def test_many_workers_without_a_mark_ask_once_for_each(open_place: Place) -> None:
    row = with_one_open(open_place)
    in_threads(6, lambda _: outbox.sweep())
    assert again(row).state == State.NEEDS_ATTENTION
    assert Event.objects.filter(outgoing=row, kind="state").count() == 1


@pytest.fixture
def earlier_mark() -> Any:
    path = Path(django_settings.DATA_DIR) / "high-water"
    yield path
    path.unlink(missing_ok=True)


def test_a_mark_of_an_earlier_version_is_taken_over(place: Place, earlier_mark: Path) -> None:
    row = with_one_open(place)
    newest = Event.objects.filter(outgoing__isnull=False).order_by("-pk")[0]
    earlier_mark.write_text(f"{newest.pk} {newest.at.isoformat()}", "ascii")
    assert place.deliver(row).state == State.SENT
    assert high_water.path().exists() and not earlier_mark.exists()


def test_a_mark_of_an_earlier_version_notices_as_well(place: Place, earlier_mark: Path) -> None:
    row = with_one_open(place)
    earlier_mark.write_text(str(10**6), "ascii")
    assert place.deliver(row).state == State.NEEDS_ATTENTION
    assert not earlier_mark.exists()


def test_many_workers_take_the_earlier_mark_over(open_place: Place, earlier_mark: Path) -> None:
    row = with_one_open(open_place)
    newest = Event.objects.filter(outgoing__isnull=False).order_by("-pk")[0]
    earlier_mark.write_text(f"{newest.pk} {newest.at.isoformat()}", "ascii")
    assert all(in_threads(6, lambda _: high_water.check()))
    assert again(row).state == State.QUEUED


def test_a_new_host_beside_others_is_no_restore(place: Place, settings: Any) -> None:
    """Hosts that share a cache tell each other: a worker that is added must not stop everybody's work."""
    settings.CACHE_URL = "redis://shared"
    cache.clear()
    place.deliver(place.reply("First."))
    outbox.sweep()  # which tells: nobody asks the cache on the way to LinkedIn
    assert place.deliver(with_one_open(place, is_alone=False)).state == State.SENT
    assert place.deliver(with_one_open(place)).state == State.NEEDS_ATTENTION


def test_a_host_that_stood_still_hears_how_far_others_were(place: Place, settings: Any) -> None:
    """Its own mark is old: the event in it stands in every later backup, and vouches for none."""
    settings.CACHE_URL = "redis://shared"
    place.deliver(place.reply("First."))
    old = high_water.path().read_text("ascii")
    row = place.reply("Once, by another host.", to=place.comment("Where is the data sheet"))
    assert place.deliver(row).state == State.SENT
    outbox.sweep()  # that host's, which tells
    restore(place, row)
    high_water.path().write_text(old, "ascii")
    high_water.forget()
    assert place.deliver(row).state == State.NEEDS_ATTENTION
    assert len(place.entries("reply")) == 2
    other = place.reply("Another.", to=place.comment("within 80 ms"))
    high_water.forget()  # what the others are told now is true of this database
    assert place.deliver(other).state == State.SENT
