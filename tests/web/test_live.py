"""What open pages are told: what they missed, what happens now, and what became visible late; in no case less."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError, connection

from dashboard.views import live
from socialactions.models import Desk, Event

pytestmark = pytest.mark.django_db(transaction=True)


def ago(seconds: float) -> datetime:
    return datetime.now(UTC) - timedelta(seconds=seconds)


def event(desk: Desk, topic: str, *, seconds: float = 0, **more: Any) -> Event:
    return Event.objects.create(desk=desk, at=ago(seconds), topic=topic, kind="read", **more)


@pytest.fixture
def desk() -> Desk:
    return Desk.objects.create(name="Acme")


def run(story: Callable[[], Awaitable[None]]) -> None:
    async def told() -> None:
        try:
            await story()
        finally:
            await sync_to_async(lambda: connection.close())()

    asyncio.run(told())


async def heard(stream: AsyncIterator[bytes], until: str) -> list[str]:
    """Names of events, in order, until one was heard."""
    names: list[str] = []
    while until not in names:
        part = await asyncio.wait_for(anext(stream), 30)
        names += [line[7:] for line in part.decode().splitlines() if line.startswith("event: ")]
    return names


def test_a_page_hears_what_it_missed_and_what_happens(desk: Desk) -> None:
    event(desk, "before", seconds=20)
    event(desk, "missed", seconds=2)

    async def story() -> None:
        stream = live._events(desk.pk, ago(10), 0)
        assert await heard(stream, "missed") == ["missed"]
        assert await sync_to_async(lambda: connection.connection)() is None
        await sync_to_async(event)(desk, "now")
        assert await heard(stream, "now") in (["now"], ["missed", "now"])
        await stream.aclose()  # type: ignore[attr-defined]

    run(story)


def test_a_lower_id_that_becomes_visible_later_is_told(desk: Desk) -> None:
    async def story() -> None:
        stream = live._events(desk.pk, ago(10), 0)
        assert await anext(stream)
        await sync_to_async(event)(desk, "higher", pk=500)
        await heard(stream, "higher")
        await sync_to_async(event)(desk, "lower", pk=499)
        assert await heard(stream, "lower") in (["lower"], ["higher", "lower"])
        await stream.aclose()  # type: ignore[attr-defined]

    run(story)


def test_a_database_that_comes_back_is_read_on(desk: Desk) -> None:
    failures = ["once", "twice"]

    def fail(execute: Any, *args: Any) -> Any:
        if (
            failures
            and str(args[0]).startswith("SELECT")
            and "socialactions_event" in str(args[0])
            and "LIMIT" not in str(args[0])
        ):
            failures.pop()
            raise OperationalError("the server closed the connection")
        return execute(*args)

    async def story() -> None:
        with live.fan.listening(desk.pk) as queue:
            await sync_to_async(lambda: connection.execute_wrappers.append(fail))()
            await sync_to_async(event)(desk, "after")
            assert (await asyncio.wait_for(queue.get(), 30))[1] == ["after"]
            await sync_to_async(lambda: connection.execute_wrappers.remove(fail))()

    run(story)
    assert not failures


def test_who_missed_too_much_is_told_so_and_hears_the_newest(desk: Desk) -> None:
    for number in range(live.MISSED_AT_MOST + 1):
        event(desk, f"post-{number}", seconds=1)

    async def story() -> None:
        missed, is_stale = await live._missed(desk.pk, ago(10), 0)
        assert is_stale
        assert [one.topic for one in missed] == [f"post-{number}" for number in range(1, live.MISSED_AT_MOST + 1)]

    run(story)


@pytest.mark.parametrize(("seconds", "is_stale"), [(30, False), (3600, False), (live.LOOK_BACK_S + 5, True)])
def test_who_comes_back_goes_on_after_the_last_event(desk: Desk, seconds: float, is_stale: bool) -> None:
    last = event(desk, "last", seconds=seconds)
    event(desk, "next", seconds=20)

    async def story() -> None:
        for since, seen in ((ago(0), last.pk), (last.at, 0)):  # by its number, or by when the page was drawn
            missed, said = await live._missed(desk.pk, since, seen)
            assert ([one.topic for one in missed][-1], said) == ("next", is_stale)

    run(story)


def test_who_names_an_event_that_was_forgotten_is_told_so(desk: Desk) -> None:
    async def story() -> None:
        assert (await live._missed(desk.pk, ago(0), 12345)) == ([], True)

    run(story)
