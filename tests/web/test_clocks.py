"""Web and worker hosts whose clocks are ten minutes off: leases and windows go by the database's, which all share."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from asgiref.sync import sync_to_async
from django.db import connection

from dashboard.views import live
from socialactions import clock
from socialactions.linkedin.oauth import TokenEndpointDown
from socialactions.models import Connection, Desk, Event, Outgoing, PageRole
from socialactions.queries import viewing
from socialactions.sandbox.seeds.cast import ACME
from socialactions.services import connections, pages, reading, writing
from tests.deeds import Place
from tests.web.desks import AtDesk

TOKEN_CALL = "POST oauth/v2/accessToken"
ROLES_CALL = "organizationAcls"
MOMENT = timedelta(seconds=5)  # the contract's


@pytest.fixture(params=[600, -600], ids=["ahead", "behind"])
def off(request: pytest.FixtureRequest) -> Iterator[int]:
    """This process's clock, wrong by ten minutes; the database's is right."""
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=request.param), tick=True):
        yield request.param


def in_seconds(seconds: float) -> datetime:
    return clock.now() + timedelta(seconds=seconds)


def is_now(moment: datetime) -> bool:
    return abs(moment - clock.now()) < MOMENT


def test_a_database_slow_to_answer_hurries_nobody(ada_desk: AtDesk) -> None:
    """What is due in a while goes out not a moment early, however long the question for the time was on its way."""

    def slowly(execute: Callable[..., Any], *call: Any) -> Any:
        time.sleep(0.2)
        return execute(*call)

    for ask in (clock.now, lambda: viewing.signed_in(ada_desk.user.pk)):
        clock.forget()
        with connection.execute_wrapper(slowly):
            ask()
        reckoned = clock.now()
        clock.forget()
        assert reckoned <= clock.now() + timedelta(milliseconds=1)  # SQLite's own step


def test_a_lease_on_a_refresh_is_kept_to_its_end(place: Place, off: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "WAIT_FOR_OTHERS_S", 0)
    Connection.objects.update(expires_at=in_seconds(-1), refreshing_until=in_seconds(30))
    with pytest.raises(TokenEndpointDown):
        connections.fresh_token(place.connection)
    assert place.calls(TOKEN_CALL) == 0
    Connection.objects.update(refreshing_until=in_seconds(-1))
    connections.fresh_token(place.connection)
    assert place.calls(TOKEN_CALL) == 1
    assert is_now(place.connection.expires_at - timedelta(days=60))


def test_roles_are_asked_for_again_after_five_minutes(place: Place, off: int) -> None:
    for age_s, calls in ((240, 0), (360, 1)):
        Connection.objects.update(roles_checked_at=in_seconds(-age_s))
        pages.fresh_roles(place.connection)
        assert place.calls(ROLES_CALL) == calls
    checked = place.connection.roles_checked_at
    assert checked is not None and is_now(checked)


def test_a_role_that_is_gone_is_revoked_whatever_clock_saw_it_last(place: Place) -> None:
    PageRole.objects.update(checked_at=in_seconds(600))
    place.world.set_role(place.user.member_urn.rpartition(":")[2], "1001", None)
    pages.refresh_roles(place.connection)
    acme = PageRole.objects.filter(organization=place.page())
    assert {role.state for role in acme} == {"REVOKED"}
    assert PageRole.objects.filter(state="APPROVED").exists()


def test_a_lease_on_a_reading_is_kept_to_its_end(place: Place, off: int) -> None:
    post, page = place.post(), place.page()
    assert reading.claim_comments(post) and reading.claim_posts(page)
    post, page = place.post(), place.page()
    assert post.reading_until is not None and is_now(post.reading_until - reading.LEASE)
    assert page.posts_reading_until is not None and is_now(page.posts_reading_until - reading.LEASE)
    assert reading.is_under_way(post)
    assert not reading.claim_comments(post) and not reading.claim_posts(page)


def test_the_countdown_goes_by_the_clock_of_sending(ada_desk: AtDesk, off: int) -> None:
    speaker = writing.Speaker(ada_desk.user, ACME)
    comment = ada_desk.comment("It does, within 80 ms")
    row = writing.edit(comment, speaker=speaker, text="It does, in 70 ms.", form_key=uuid4())
    Outgoing.objects.filter(pk=row.pk).update(due_at=in_seconds(20))
    page = ada_desk.get("outgoing-show", row.uid, htmx=True).content.decode()
    told = re.search(r'<time-left due="[^"]*" now="([^"]*)"', page)
    assert told is not None and is_now(datetime.fromisoformat(told[1]))


def test_a_page_asks_for_what_happened_since_it_was_drawn(ada_desk: AtDesk, off: int) -> None:
    told = re.search(r"since=([0-9.]+)", ada_desk.get("post-show", ada_desk.post().pk).content.decode())
    assert told is not None and is_now(datetime.fromtimestamp(float(told[1]), UTC))


@pytest.mark.django_db(transaction=True)
def test_open_pages_hear_what_happens_and_what_they_missed(off: int) -> None:
    desk = Desk.objects.create(name="Acme")
    Event.objects.create(desk=desk, at=in_seconds(-2), topic="missed", kind="read")

    async def story() -> None:
        drawn = await sync_to_async(in_seconds)(-10)
        missed, is_stale = await live._missed(desk.pk, drawn, 0)
        assert ([one.topic for one in missed], is_stale) == (["missed"], False)
        with live.fan.listening(desk.pk) as queue:
            at = await sync_to_async(in_seconds)(0)
            await Event.objects.acreate(desk=desk, at=at, topic="now", kind="read")
            while (await asyncio.wait_for(queue.get(), 30))[1] != ["now"]:
                pass
        await sync_to_async(lambda: connection.close())()

    asyncio.run(story())
