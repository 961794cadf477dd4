"""Reading ahead: few calls, only what moved, within the day's limit, and nothing lost when a run dies."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import StringIO
from itertools import pairwise
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.models.signals import post_save
from django.template.loader import render_to_string
from django.utils import timezone

from socialactions import clock
from socialactions.linkedin.errors import RateLimited
from socialactions.models import CallCount, Comment, CommentContent, Event, Organization, Post, SyncRun
from socialactions.queries import ahead
from socialactions.sandbox import threads
from socialactions.sandbox.seeds import build
from socialactions.sandbox.seeds.cast import ACME, stranger
from socialactions.sandbox.server import Running
from socialactions.services import budget, cadence, planning, reading, stillness, sync, walk
from tests.deeds import Place, settle_in
from tests.web.test_reading import crowd, on_linkedin

State = SyncRun.State


@pytest.fixture
def place(sandbox_server: Running, db: None, settings: Any) -> Place:
    settings.DAILY_CALLS_MEMBER = settings.DAILY_CALLS_APP = 0
    return settle_in(sandbox_server)


def many_posts(place: Place, count: int, *, age_s: float = 3600) -> None:
    for number in range(count):
        build.add_post(place.world, ACME, f"Post number {number}", age_s=age_s + number)


def run(place: Place, **options: Any) -> SyncRun:
    place.forget_calls()
    found = sync.run(place.connection, way="beat", **options)
    assert found is not None
    assert found.calls == place.calls()
    return found


def comment(place: Place, text: str, post: Post | None = None) -> Any:
    return threads.add_comment(
        place.world,
        on_linkedin(place, post or place.post()),
        actor=stranger("Ben"),
        text=text,
        at_ms=place.world.now_ms(),
    )


def later(**time: float) -> Any:
    return time_machine.travel(timezone.now() + timedelta(**time), tick=True)


@contextmanager
def at_hour(hour: int) -> Iterator[None]:
    """At this hour of today (UTC), by our clock and the database's."""
    with time_machine.travel(timezone.now().replace(hour=hour, minute=0), tick=True):
        clock._anchor = (clock.boot_s(), timezone.now())
        yield
    clock.forget()


def test_the_first_run_reads_everything_and_the_second_nothing(place: Place) -> None:
    first = run(place)
    assert (first.state, first.problem) == (State.DONE, "")
    assert not Post.objects.filter(reading=Post.Reading.NEVER).exists()
    assert Post.objects.filter(look_at__isnull=True).count() == 0
    second = run(place)
    assert (second.state, second.calls, second.changes) == (State.DONE, 0, 0)


def test_two_hundred_quiet_posts_cost_four_calls(place: Place) -> None:
    many_posts(place, 200 - Post.objects.filter(organization=place.page()).count())
    Organization.objects.exclude(urn=ACME).delete()
    run(place)
    assert Post.objects.count() == 200
    quiet = run(place, is_everything=True)
    assert (quiet.calls, quiet.posts_seen, quiet.posts_moved) == (4, 200, 0)


def test_only_the_thread_that_moved_is_read(place: Place) -> None:
    many_posts(place, 30)
    run(place)
    comment(place, "Nobody has asked this yet.")
    moved = run(place, is_everything=True)
    assert (moved.posts_moved, moved.posts_read, moved.changes) == (1, 1, 1)
    assert moved.pages == place.calls("comments") == 1
    assert place.comment("Nobody has asked").post == place.post()


def test_a_like_alone_reads_no_thread(place: Place) -> None:
    run(place)
    build.react(on_linkedin(place, place.post()), stranger("Dana"))
    moved = run(place, is_everything=True)
    assert (moved.posts_moved, moved.posts_read, place.calls("comments")) == (1, 0, 0)


def test_new_posts_are_found_by_one_call_a_page(place: Place) -> None:
    run(place)
    build.add_post(place.world, ACME, "Fresh from the press", age_s=5)
    with later(minutes=16):
        found = run(place)
    assert place.post("Fresh from").look_at is not None
    assert dict(place.world.requests)["FINDER posts" if "FINDER posts" in place.world.requests else "GET posts"] == 2
    assert found.state == State.DONE


def test_fresh_posts_are_looked_at_in_minutes_and_old_ones_daily(place: Place) -> None:
    build.add_post(place.world, ACME, "Old and quiet", age_s=90 * 86_400)
    build.add_post(place.world, ACME, "Fresh", age_s=60)
    Organization.objects.update(posts_whole_at=None)  # the whole list is read again
    run(place)
    now = timezone.now()
    waits = {post.commentary: (post.look_at or now) - now for post in Post.objects.filter(organization=place.page())}
    assert waits["Fresh"] <= timedelta(minutes=5)
    assert timedelta(hours=23) < waits["Old and quiet"] <= timedelta(days=1)


def test_a_run_stops_at_the_share_and_the_next_goes_on(place: Place, settings: Any) -> None:
    many_posts(place, 20)
    for post in place.world.posts.values():
        threads.add_comment(place.world, post, actor=stranger("Ben"), text="Hm.", at_ms=place.world.now_ms())
    settings.DAILY_CALLS_MEMBER = 100
    with at_hour(1):
        left = budget.left_ahead(place.connection.member_urn)
        first = run(place)
        assert left < 10 and first.calls <= left + 3  # the thread under way is read to its end
        assert sync.due() == []
    with at_hour(23):
        assert [one.pk for one in sync.due()] == [place.connection.pk]
        second = run(place)
        assert second.posts_read > 0
        assert budget.spent(place.connection.member_urn) <= 70


def test_a_run_whose_process_died_is_called_lost_and_the_next_goes_on(place: Place) -> None:
    crowd(place, 120, replies=5)
    now = timezone.now()
    dead = SyncRun.objects.create(
        desk=place.user.desk,
        member_urn=place.connection.member_urn,
        way="beat",
        started_at=now,
        alive_at=now,
    )
    assert sync.run(place.connection, way="beat") is None  # it may be alive
    SyncRun.objects.filter(pk=dead.pk).update(alive_at=now - sync.LOST_AFTER - timedelta(seconds=1))
    assert run(place).state == State.DONE
    dead.refresh_from_db()
    assert (dead.state, dead.problem) == (State.LOST, "Its process ended. What it had read is kept.")
    assert place.post().reading == Post.Reading.COMPLETE


def test_trouble_is_said_in_plain_words_and_what_was_read_stays(place: Place) -> None:
    run(place)
    place.fault(do="refuse", path="/socialMetadata", status=503, times=20)
    stopped = run(place, is_everything=True)
    assert (stopped.state, stopped.problem) == (State.STOPPED, "LinkedIn did not answer.")
    assert stopped.finished_at is not None
    assert Comment.objects.filter(gone_at__isnull=True).exists()


def test_linkedin_that_refuses_again_and_again_is_left_alone(place: Place) -> None:
    many_posts(place, 10)
    for post in place.world.posts.values():
        threads.add_comment(place.world, post, actor=stranger("Ben"), text="Hm.", at_ms=place.world.now_ms())
    place.fault(do="throttle", path="/comments$", times=100)
    stopped = run(place)
    assert (stopped.state, stopped.problem) == (State.STOPPED, "LinkedIn's limit for today is used up.")
    assert place.calls("comments") == 1
    assert sync.due() == []


def test_a_limit_that_linkedin_says_is_used_up_corrects_the_plan(place: Place) -> None:
    many_posts(place, 2 * planning.SUMMARY_SIZE)
    run(place)
    Post.objects.update(look_at=None)
    assert place.connection in sync.due()
    place.fault(do="throttle", path="/socialMetadata", times=100)
    stopped = run(place)
    assert (stopped.state, stopped.problem) == (State.STOPPED, "LinkedIn's limit for today is used up.")
    assert place.calls("socialMetadata") == 1  # for the other posts it is not asked
    member = place.connection.member_urn
    until = budget.closed_until(member)
    assert until is not None and (until.hour, until.minute) == (0, 0)
    assert sync.due() == [] and budget.left_ahead(member) == 0
    assert [plan.closed_until for plan in ahead.plans(place.connection.desk)] == [until]
    assert budget.closed_until("urn:li:person:other") is None  # the app has calls left
    budget.note_refusal(member, RateLimited("limit for APPLICATION DAY is reached", retry_at=until))
    budget.note_refusal(member, RateLimited("slower", retry_at=timezone.now() + timedelta(seconds=30)))
    assert budget.closed_until("urn:li:person:other") == budget.closed_until(member) == until
    assert "LinkedIn takes no more calls from us." in render_to_string(
        "settings/_reading.html", {"plans": ahead.plans(place.connection.desk)}
    )


def test_a_thread_that_stays_incomplete_is_tried_again_only_after_a_look(place: Place) -> None:
    run(place)
    comment(place, "One more")
    place.fault(do="malformed", form="no_id", method="GET", path="/comments$")
    run(place, is_everything=True)
    assert place.post().reading == Post.Reading.INCOMPLETE
    assert place.post() not in sync.unread([place.page()])
    with later(minutes=6):
        cache.clear()  # its rest is over: Redis counts by a clock of its own
        assert run(place).posts_read == 1
    assert place.post().reading == Post.Reading.COMPLETE


def test_what_moves_no_count_is_found_all_the_same(place: Place) -> None:
    run(place)
    said = place.world.comments[place.comment().comment_id]
    threads.edit_comment(place.world, said, agent=said.actor, text="Edited on LinkedIn.", attributes=None)
    assert run(place, is_everything=True).posts_read == 0
    Post.objects.update(read_at=timezone.now() - cadence.STILL - timedelta(minutes=1))
    assert stillness.posts([place.page()], 100).count() > 0
    for _ in range(stillness.posts([place.page()], 100).count()):
        assert run(place).posts_read <= planning.STILL_AT_ONCE
    assert CommentContent.objects.filter(text="Edited on LinkedIn.").exists()
    Post.objects.update(read_at=timezone.now() - timedelta(days=2), created_at=timezone.now() - timedelta(days=30))
    Post.objects.update(moved_at=timezone.now() - timedelta(days=8))
    assert not stillness.posts([place.page()], 100).exists()  # its words come to their end


def test_what_stands_still_takes_a_tenth_of_the_share_and_plans_nothing(place: Place, settings: Any) -> None:
    many_posts(place, 18)
    for post in place.world.posts.values():
        threads.add_comment(place.world, post, actor=stranger("Ben"), text="Hm.", at_ms=place.world.now_ms())
    run(place)
    SyncRun.objects.all().delete()
    CallCount.objects.all().delete()
    settings.DAILY_CALLS_MEMBER, settings.DAILY_CALLS_APP = 100, 500
    with at_hour(23):
        now = timezone.now()
        Post.objects.update(read_at=now - cadence.STILL - timedelta(minutes=1), look_at=now + timedelta(days=1))
        Organization.objects.update(posts_look_at=now + timedelta(days=1))
        for _ in range(9):
            run(place)
        assert 5 <= stillness.spent_today(place.connection) <= 9  # seven, and names that are asked for beside
        assert sync.reads_a_day(place.connection, [place.page()]) == 0
        assert not any(plan.is_too_small for plan in ahead.plans(place.connection.desk))
        Post.objects.update(first_level_comments=5000)
        SyncRun.objects.all().delete()
        assert run(place).still_calls == 0  # more than the whole day's part


def test_a_long_reading_is_seen_to_come_further(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walk, "PAGES_BETWEEN_NEWS", 1)
    crowd(place, 60, replies=50)
    told: list[int] = []

    def hear(instance: SyncRun, **_: Any) -> None:
        told.append(instance.calls)

    post_save.connect(hear, sender=SyncRun)
    try:
        run(place)
    finally:
        post_save.disconnect(hear, sender=SyncRun)
    steps = [after - before for before, after in pairwise(told)]
    assert max(told) > 50 and max(steps) < 25  # sixteen are asked for at once


def test_screens_are_told(place: Place) -> None:
    run(place)
    Event.objects.all().delete()
    comment(place, "Look here")
    run(place, is_everything=True)
    topics = set(Event.objects.values_list("topic", flat=True))
    assert {"sync", f"post-{place.post().pk}"} <= topics


def test_only_who_may_read_reads_and_each_page_is_read_once(place: Place) -> None:
    connection = place.connection
    connection.scopes = [scope for scope in connection.scopes if "r_organization" not in scope]
    connection.save()
    assert sync.due() == [] and sync.readers() == {}


def test_the_command_says_what_it_cost(place: Place) -> None:
    out = StringIO()
    call_command("sync", "--everything", stdout=out)
    assert "posts looked at" in out.getvalue() and place.connection.member_urn in out.getvalue()
    with pytest.raises(CommandError, match="Nobody is connected"):
        call_command("sync", "--member", "urn:li:person:nobody")


def test_what_the_database_refuses_last_does_not_hide_what_failed_first(place: Place) -> None:
    with pytest.raises(ZeroDivisionError):
        try:
            raise ZeroDivisionError
        except ZeroDivisionError:
            with reading.not_instead(), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SELECT no_such_column")
            raise
