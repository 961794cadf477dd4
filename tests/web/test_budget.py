"""The day's calls: booked before they are made, so that readings at the same time never spend them twice."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from socialactions.models import CallCount, Connection, Post
from socialactions.sandbox import threads
from socialactions.sandbox.seeds.cast import ADA, stranger
from socialactions.sandbox.server import Running
from socialactions.services import budget, reading
from tests.deeds import Place, in_threads, settle_in
from tests.web.test_reading import on_linkedin

BO = "urn:li:person:bo"


@pytest.fixture
def place(sandbox_server: Running, db: None) -> Place:
    return settle_in(sandbox_server)


@pytest.fixture
def open_place(sandbox_server: Running, transactional_db: None, settings: Any) -> Place:
    """A desk whose rows other threads see."""
    settings.DAILY_CALLS_MEMBER = settings.DAILY_CALLS_APP = 0
    return settle_in(sandbox_server)


def meter_of(member: str = ADA, *, is_urgent: bool = False) -> budget.Meter:
    return budget.Meter(Connection(member_urn=member), is_urgent=is_urgent)


def until_spent(meter: budget.Meter, *, at_most: int = 1000) -> int:
    for made in range(at_most):
        try:
            meter.before_call()
        except budget.ReadsSpent:
            return made
    return at_most


def many_threads(place: Place, post: Post, count: int) -> None:
    """So many threads with a reply each, which cost a call each."""
    there, now = on_linkedin(place, post), place.world.now_ms()
    for number in range(count):
        head = threads.add_comment(place.world, there, actor=stranger("Ben"), text=f"{number}?", at_ms=now)
        threads.add_comment(place.world, there, actor=stranger("Dana"), text="!", parent=head, at_ms=now)


def test_two_readings_at_once_share_what_is_left(open_place: Place, settings: Any) -> None:
    place, posts = open_place, [open_place.post(), open_place.post("Quiet floor")]
    for post in posts:
        many_threads(place, post, 80)
        assert reading.claim_comments(post)
    CallCount.objects.all().delete()
    settings.DAILY_CALLS_MEMBER, settings.DAILY_CALLS_APP = 100, 500
    place.forget_calls()
    in_threads(2, lambda number: reading.read_comments(posts[number].pk))
    assert 60 <= place.calls() <= 70
    assert budget.spent(ADA) == place.calls()
    problems = Post.objects.filter(pk__in=[post.pk for post in posts]).values_list("read_problem", flat=True)
    assert all("Reading has used its share of today's calls" in problem for problem in problems)


def test_members_at_once_share_what_is_left_of_the_app(open_place: Place, settings: Any) -> None:
    CallCount.objects.all().delete()
    settings.DAILY_CALLS_MEMBER, settings.DAILY_CALLS_APP = 100, 100

    def read(number: int) -> int:
        meter = meter_of((ADA, BO)[number % 2])
        made = until_spent(meter)
        meter.write()
        return made

    assert sum(in_threads(4, read)) == 70
    assert (budget.spent(), budget.left_for_reads(ADA), budget.left_for_reads("urn:li:person:cy")) == (70, 0, 0)


def test_what_a_killed_process_booked_stays_counted(place: Place, settings: Any) -> None:
    CallCount.objects.all().delete()
    settings.DAILY_CALLS_MEMBER = 100
    for _ in range(3):  # crashes after three calls, and begins again, and crashes
        assert until_spent(meter_of(), at_most=3) == 3
    assert 9 <= budget.spent(ADA) <= 3 * budget.BOOKED_AT_ONCE
    assert until_spent(meter_of()) <= 70 - 9


def test_what_was_booked_and_not_used_is_free_again(place: Place, settings: Any) -> None:
    CallCount.objects.all().delete()
    settings.DAILY_CALLS_MEMBER, settings.DAILY_CALLS_APP = 100, 500
    meter = meter_of()
    meter.before_call()
    assert budget.spent(ADA) == budget.BOOKED_AT_ONCE
    meter.write()
    assert (budget.spent(ADA), budget.left_for_reads(ADA)) == (1, 69)


def test_what_is_urgent_is_counted_and_not_stopped(place: Place, settings: Any) -> None:
    CallCount.objects.all().delete()
    settings.DAILY_CALLS_MEMBER = 10
    meter = meter_of(is_urgent=True)
    assert until_spent(meter, at_most=25) == 25
    meter.write()
    assert budget.spent(ADA) == 25


def test_where_no_limit_is_known_counting_costs_little(place: Place, settings: Any) -> None:
    CallCount.objects.all().delete()
    settings.DAILY_CALLS_MEMBER = settings.DAILY_CALLS_APP = 0
    meter = meter_of()
    until_spent(meter, at_most=1)
    meter.write()
    with CaptureQueriesContext(connection) as queries:
        until_spent(meter, at_most=budget.WRITTEN_AT_ONCE - 1)
        meter.write()
    assert len(queries) == 1 and budget.spent(ADA) == budget.WRITTEN_AT_ONCE
    assert until_spent(meter_of(), at_most=250) == 250  # and is killed
    assert budget.spent(ADA) == 3 * budget.WRITTEN_AT_ONCE
