"""What stands above every page: LinkedIn down, connections that end, a disk that fills, and what stops a whole desk."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from socialactions import tasks
from socialactions.linkedin import errors
from socialactions.models import Connection, Outgoing, User
from socialactions.sandbox.faults import Rule
from socialactions.sandbox.seeds.cast import ACME
from socialactions.services import budget, connections, disk, weather, writing
from socialactions.services.outcomes import Reason
from tests.web.desks import AtDesk, text_of

State = Outgoing.State
DOWN = "LinkedIn does not answer since"


def accepted(desk: AtDesk, text: str = "Words", **changes: Any) -> Outgoing:
    speaker = writing.Speaker(desk.user, ACME)
    row = writing.reply_to(desk.comment("Does it stop"), speaker=speaker, text=text, form_key=uuid4())
    Outgoing.objects.filter(pk=row.pk).update(**changes)
    return Outgoing.objects.get(pk=row.pk)


def banners(desk: AtDesk) -> str:
    """The start of a page, up to its heading."""
    return text_of(desk.get("settings-connections")).partition("Threadwell reads and writes through")[0]


# the weather


def test_one_lost_answer_is_no_bad_weather_and_three_are() -> None:
    lost = errors.NoAnswer("Nothing came")
    for _ in range(2):
        weather.failed(lost)
    assert weather.down_since() is None
    weather.failed(errors.ServerBroken("Broken", status=503))
    since = weather.down_since()
    assert since is not None and timezone.now() - since < timedelta(seconds=5)
    weather.failed(lost)
    assert weather.down_since() == since  # it began with the first
    weather.answered()
    assert weather.down_since() is None


def test_no_connection_at_all_is_bad_weather_at_once() -> None:
    weather.failed(errors.Unreachable("Refused"))
    assert weather.down_since() is not None


def test_a_refusal_is_an_answer_and_our_own_limit_is_none() -> None:
    weather.failed(errors.Unreachable("Refused"))
    weather.failed(budget.ReadsSpent("Our share is used up"))
    assert weather.down_since() is not None
    weather.failed(errors.NotPermitted("No", status=403))
    assert weather.down_since() is None


def test_the_weather_costs_no_query(db: None) -> None:
    with CaptureQueriesContext(connection) as queries:
        weather.failed(errors.Unreachable("Refused"))
        weather.down_since()
        weather.answered()
    assert len(queries) == 0


def test_a_cache_that_fails_stops_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError("No space left on device")

    for name in ("get", "set", "delete"):
        monkeypatch.setattr(cache, name, full, raising=False)
    weather.failed(errors.Unreachable("Refused"))
    weather.answered()
    assert weather.down_since() is None


def test_reading_and_writing_both_notice(ada_desk: AtDesk) -> None:
    assert DOWN not in banners(ada_desk)
    rule = Rule.read({"do": "drop_before", "times": 99})
    ada_desk.sandbox.world.faults.append(rule)
    for _ in range(3):
        with pytest.raises(errors.NoAnswer):
            connections.read_with(ada_desk.user.connection, lambda client: client.me())
    now = timezone.localtime()
    said = banners(ada_desk)
    assert f"{DOWN} {now:%H:%M}. You can write; we send when it is back." in said
    ada_desk.sandbox.world.faults.clear()
    connections.read_with(ada_desk.user.connection, lambda client: client.me())
    assert DOWN not in banners(ada_desk)
    cache.clear()
    ada_desk.sandbox.world.faults.append(rule)
    for number in range(3):
        accepted(ada_desk, f"Lost {number}", order_key=str(number), due_at=timezone.now())
    ada_desk.deliver()
    assert DOWN in banners(ada_desk)


# connections that end


@pytest.mark.parametrize(
    ("left", "said", "tone"),
    [
        (timedelta(days=31), "", ""),
        (timedelta(days=29, hours=12), "ends in 30 days. Sign in again to renew it.", "banner"),
        (timedelta(days=6, hours=12), "ends in 7 days. Sign in again to renew it.", "banner banner--attention"),
        (
            timedelta(hours=20),
            "ends in 1 day. Sign in again today, or what you write waits",
            "banner banner--attention",
        ),
    ],
)
def test_the_end_of_a_grant_is_said_ahead_and_more_clearly_when_near(
    ada: AtDesk, left: timedelta, said: str, tone: str
) -> None:
    ends = timezone.now() + left
    for values in ({"refresh_expires_at": ends}, {"refresh_expires_at": None, "expires_at": ends}):
        Connection.objects.update(**values)
        page = ada.get("settings-connections")
        assert ("Your LinkedIn connection ends" in text_of(page)) is bool(said)
        assert said in text_of(page)
        assert not tone or f'class="{tone}"' in page.content.decode()


def test_an_ended_connection_says_when_and_what_waits(ada_desk: AtDesk) -> None:
    connections.end(ada_desk.user.connection, reason="by_person")
    now = timezone.localtime()
    begin = f"Your LinkedIn connection ended on {now.day} {now:%B}. Reading still works from what we have; "
    assert begin + "nothing of yours is waiting." in banners(ada_desk)


def test_what_waits_is_counted_by_whose_it_is(ada_desk: AtDesk, bo: AtDesk) -> None:
    accepted(ada_desk, "One")
    accepted(ada_desk, "Done", state=State.CANCELLED, finished_at=timezone.now())
    connections.end(ada_desk.user.connection, reason="by_person")
    connections.end(bo.user.connection, reason="by_person")
    assert "1 reply is waiting." in banners(ada_desk) and "nothing of yours is waiting." in banners(bo)
    Outgoing.objects.filter(state=State.CANCELLED).update(state=State.BLOCKED)
    assert "2 replies are waiting." in banners(ada_desk)
    Outgoing.objects.filter(text="One").update(kind=Outgoing.Kind.REACT)
    assert "2 actions are waiting." in banners(ada_desk)


# what stops a desk


def test_administrators_are_told_of_a_version_that_was_switched_off(ada_desk: AtDesk, bo: AtDesk) -> None:
    accepted(ada_desk, state=State.BLOCKED, reason=Reason.VERSION_SUNSET, missing="202511")
    words = "LinkedIn switched off API version 202511. Update Threadwell; writing is paused, nothing is lost."
    assert words in banners(ada_desk) and "API version" not in banners(bo)
    Outgoing.objects.update(state=State.QUEUED, reason="")
    assert "API version" not in banners(ada_desk)


def test_administrators_are_told_whose_sending_is_stopped(ada_desk: AtDesk, bo: AtDesk, other_desk: AtDesk) -> None:
    row = accepted(ada_desk, state=State.UNKNOWN, reason=Reason.WRONG_ACTOR)
    words = "LinkedIn published something of Acme Robotics under another name. Nothing more is sent as Acme Robotics"
    page = ada_desk.get("history")
    assert words in text_of(page) and f'href="/outgoing/{row.uid}/">Decide' in page.content.decode()
    assert words not in banners(bo) and words not in banners(other_desk)
    Outgoing.objects.update(state=State.SENT, finished_at=timezone.now())
    assert words not in banners(ada_desk)


def test_an_administrator_without_a_page_is_told_as_well(ada_desk: AtDesk, cy: AtDesk) -> None:
    accepted(ada_desk, state=State.BLOCKED, reason=Reason.VERSION_SUNSET, missing="202511")
    assert "API version" not in banners(cy)
    User.objects.filter(pk=cy.user.pk).update(is_admin=True)
    assert "LinkedIn switched off API version 202511." in banners(cy)
    Connection.objects.filter(user=cy.user).delete()
    assert "LinkedIn switched off API version 202511." in banners(cy)


# the disk


def test_administrators_are_told_that_the_disk_is_nearly_full(ada_desk: AtDesk, bo: AtDesk, settings: Any) -> None:
    assert "The disk that holds" not in banners(ada_desk)
    settings.DISK_ALARM_PERCENT = 1
    said = banners(ada_desk)
    assert re.search(r"The disk that holds Threadwell's data is \d+ % full: [\d.]+ [GM]B are left\.", said)
    assert "Make room on it, or give it more, before it is full: then nothing is accepted and nothing is sent." in said
    assert "The disk that holds" not in banners(bo)
    settings.DISK_ALARM_PERCENT = 100
    assert "The disk that holds" not in banners(ada_desk)


def test_an_administrator_without_a_connection_is_told_of_the_disk(cy: AtDesk, settings: Any) -> None:
    settings.DISK_ALARM_PERCENT = 1
    User.objects.filter(pk=cy.user.pk).update(is_admin=True)
    Connection.objects.filter(user=cy.user).delete()
    assert "The disk that holds" in banners(cy)


def test_a_probe_learns_of_the_disk_and_stays_well(ada: AtDesk, settings: Any) -> None:
    assert ada.client.get("/readyz").json() == {"database": "ok", "disk": "ok"}
    settings.DISK_ALARM_PERCENT = 1
    answer = ada.client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"database": "ok", "disk": "nearly full"})


def test_the_log_says_it_too(settings: Any, caplog: pytest.LogCaptureFixture) -> None:
    tasks.watch_disk()
    assert "% full" not in caplog.text
    settings.DISK_ALARM_PERCENT = 1
    tasks.watch_disk()
    assert "% full" in caplog.text


def test_the_disk_is_asked_once_a_minute_at_most(settings: Any, tmp_path: Path) -> None:
    settings.DISK_ALARM_PERCENT = 1
    first = disk.nearly_full()
    assert first is not None
    settings.DATA_DIR = tmp_path / "gone"  # would not be found
    assert disk.nearly_full() == first


def test_a_disk_that_does_not_answer_is_no_alarm(settings: Any, tmp_path: Path) -> None:
    settings.DISK_ALARM_PERCENT = 1
    assert disk.fullest([tmp_path / "gone"]) is None
    assert disk.fullest([tmp_path / "gone", tmp_path]) is not None
