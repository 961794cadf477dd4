"""Engagement over time: what snapshots hold, day by day and moment by moment, with what we did marked."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from dashboard.templatetags.threadwell import more, signed
from socialactions.lifetimes import COUNTS_LIVE
from socialactions.models import Outgoing, Post, Snapshot
from socialactions.queries import engagement
from socialactions.sandbox.seeds.cast import ACME
from socialactions.services import writing
from tests.web.desks import AtDesk, text_of

NOW = datetime.now(UTC).replace(hour=14, minute=5, second=0, microsecond=0)  # rows end by the real time


@pytest.fixture
def desk(ada: AtDesk) -> AtDesk:
    """Ada's desk with Acme's posts read and no count written down yet."""
    ada.read_posts(ada.acme)
    Snapshot.objects.all().delete()
    return ada


def counted(post: Post, ago: timedelta, likes: int, comments: int, **more: int) -> None:
    Snapshot.objects.create(
        post=post,
        at=NOW - ago,
        reactions={"LIKE": likes, **more},
        total_comments=comments,
        first_level_comments=comments // 2,
    )


def stands(post: Post, likes: int, comments: int, *, looked_ago: timedelta = timedelta(0), **more: Any) -> Post:
    """What the post counts now, and when it was last looked at."""
    Post.objects.filter(pk=post.pk).update(
        reactions={"LIKE": likes},
        total_comments=comments,
        fetched_at=NOW - looked_ago,
        counted_at=None,
        **{"created_at": NOW - timedelta(days=100), "expires_at": NOW + timedelta(days=9), **more},
    )
    return Post.everything.get(pk=post.pk)


def acted(desk: AtDesk, ago: timedelta, *, kind: str = "comment", state: str = "sent") -> Outgoing:
    speaker = writing.Speaker(user=desk.user, actor_urn=ACME)
    row = writing.comment_on(desk.post(), speaker=speaker, text="Ours", form_key=uuid4())
    Outgoing.objects.filter(pk=row.pk).update(state=state, kind=kind, finished_at=NOW - ago)
    return row


DAY = timedelta(days=1)


def test_a_course_begins_with_what_was_true_and_ends_with_the_last_look(desk: AtDesk) -> None:
    post = desk.post()
    counted(post, 20 * DAY, 3, 2)
    counted(post, 10 * DAY, 5, 2)
    counted(post, 2 * DAY, 9, 4, PRAISE=1)
    post = stands(post, 12, 6, looked_ago=timedelta(hours=1))
    course = engagement.of_post(post, days=7, now=NOW)
    assert course.kinds == ["Like", "Celebrate"]
    assert [(NOW - point.at, point.kinds, point.reactions, point.comments, point.note) for point in course.points] == [
        (timedelta(hours=1), [12, 0], 12, 6, "look"),
        (2 * DAY, [9, 1], 10, 4, ""),
        (7 * DAY, [5, 0], 5, 2, "start"),
    ]
    assert course.looked_at == NOW - timedelta(hours=1)


def test_counts_older_than_a_year_are_never_shown(desk: AtDesk) -> None:
    post = desk.post()
    counted(post, COUNTS_LIVE + DAY, 1, 1)
    post = stands(post, 2, 2)
    for days in (7, None):
        assert engagement.of_post(post, days=days, now=NOW).points == []
    counted(post, COUNTS_LIVE - DAY, 2, 2)
    course = engagement.of_post(post, days=None, now=NOW)
    assert [point.reactions for point in course.points] == [2, 2]


def test_an_expired_post_shows_its_counts_and_no_last_look(desk: AtDesk) -> None:
    post = desk.post()
    counted(post, 2 * DAY, 9, 4)
    post = stands(post, 0, 0, expires_at=NOW - DAY)
    assert [point.reactions for point in engagement.of_post(post, days=7, now=NOW).points] == [9]


def test_ten_thousand_counts_are_thinned_to_two_hundred_at_the_same_price(desk: AtDesk) -> None:
    post = stands(desk.post(), 10_000, 0)
    spent = []
    for count in (1, 10, 10_000):
        Snapshot.objects.all().delete()
        Snapshot.objects.bulk_create(
            Snapshot(post=post, at=NOW - timedelta(minutes=4 * (count - n)), reactions={"LIKE": n})
            for n in range(count)
        )
        with CaptureQueriesContext(connection) as queries:
            course = engagement.of_post(post, days=30, now=NOW)
        spent.append(len(queries))
        assert len(course.points) <= engagement.POINTS
        assert (course.points[0].reactions, course.points[1].reactions) == (10_000, count - 1)
        assert course.points[-1].reactions == 0
    assert spent == [3, 3, 3]


@pytest.mark.parametrize("count", [0, 1, 2, 3, 9, 10, 11, 500])
def test_thinning_keeps_the_first_and_the_last(count: int) -> None:
    moments = [NOW + timedelta(minutes=n * n) for n in range(count)]
    kept = engagement.thin(moments, 10)
    assert len(kept) <= 10 and len(kept) == len(set(kept)) and kept == sorted(kept)
    if count:
        assert kept[0] == 0 and kept[-1] == count - 1
    if count <= 10:
        assert len(kept) == count


def test_what_reached_linkedin_is_marked_and_nothing_else(desk: AtDesk) -> None:
    post = stands(desk.post(), 1, 1)
    inside = acted(desk, DAY)
    acted(desk, 40 * DAY)
    acted(desk, DAY, state="failed")
    course = engagement.of_post(post, days=30, now=NOW)
    assert [(mark.id, mark.kind, mark.actor, mark.person) for mark in course.marks] == [
        (inside.uid, "comment", "Acme Robotics", "Ada Berg")
    ]


@time_machine.travel(NOW, tick=False)
def test_a_page_grows_day_by_day(desk: AtDesk) -> None:
    """One post known before, one that is new, one that was older than our first look; a count can fall."""
    known, new = list(Post.objects.filter(organization=desk.acme).order_by("pk"))
    counted(known, 40 * DAY, 10, 10)
    counted(known, 3 * DAY, 14, 11)
    counted(known, 3 * DAY - timedelta(hours=2), 16, 12)
    counted(known, 2 * DAY, 15, 12)
    stands(known, 20, 13)
    counted(new, 2 * DAY, 100, 1)
    stands(new, 100, 1, created_at=NOW - 2 * DAY - timedelta(hours=20))
    course = engagement.of_page(desk.acme, days=7, now=NOW)
    found = [((NOW.date() - day.at.date()).days, day.reactions, day.comments) for day in course.days]
    assert found == [(0, 5, 1), (1, 0, 0), (2, 99, 1), (3, 6, 2), (4, 0, 0), (5, 0, 0), (6, 0, 0)]
    assert (course.reactions, course.comments, course.is_counted) == (110, 4, True)
    assert [(one.post.id, one.reactions, one.comments) for one in course.movers] == [
        (new.pk, 100, 1),
        (known.pk, 10, 3),
    ]
    for created_ago in (4 * DAY, 50 * DAY):  # we came late: nobody knows when it got its hundred
        stands(new, 100, 1, created_at=NOW - created_ago)
        course = engagement.of_page(desk.acme, days=7, now=NOW)
        assert (course.reactions, len(course.movers)) == (10, 1)


@time_machine.travel(NOW, tick=False)
def test_our_actions_are_counted_per_day_and_kind(desk: AtDesk) -> None:
    for ago, kind in ((0 * DAY, "reply"), (DAY, "comment"), (DAY, "reply"), (DAY, "reply"), (7 * DAY, "react")):
        acted(desk, ago, kind=kind)
    course = engagement.of_page(desk.acme, days=7, now=NOW)
    assert course.kinds == ["comment", "reply"] and course.deeds_total == 4
    found = [((NOW.date() - day.at.date()).days, day.counts, day.total) for day in course.deeds]
    assert found[:2] == [(0, [0, 1], 1), (1, [1, 2], 3)]
    assert engagement.of_page(desk.birch, days=7, now=NOW).deeds_total == 0


@time_machine.travel(NOW, tick=False)
def test_a_page_costs_the_same_however_much_moved(desk: AtDesk) -> None:
    page, post = desk.acme, stands(desk.post(), 50, 50)
    spent = []
    for count in (1, 300):
        Snapshot.objects.bulk_create(
            Snapshot(post=post, at=NOW - timedelta(minutes=count + 30 * n), reactions={"LIKE": n}) for n in range(count)
        )
        acted(desk, timedelta(hours=count))
        with CaptureQueriesContext(connection) as queries:
            engagement.of_page(page, days=30, now=NOW)
        spent.append(len(queries))
        assert not any("comment" in name for query in queries for name in re.findall(r'FROM "(\w+)"', query["sql"]))
    assert spent == [4, 4]


def test_the_page_of_a_post_holds_the_numbers_and_loads_the_drawing_apart(ada_desk: AtDesk) -> None:
    post = ada_desk.post()
    address = reverse("post-engagement", args=[post.pk])
    assert f'href="{address}"' in ada_desk.get("post-show", post.pk).content.decode()
    Snapshot.objects.filter(post=post).update(at=datetime.now(UTC) - 2 * DAY)
    Post.objects.filter(pk=post.pk).update(reactions={"LIKE": 77}, counted_at=datetime.now(UTC))
    answer = ada_desk.get("post-engagement", post.pk)
    page, words = answer.content.decode(), text_of(answer)
    assert "As LinkedIn counted them, looked at" in words and "77" in words and "last look" in words
    assert re.search(r'<tr data-at="\d+"><th scope="row">', page)
    assert re.search(r'src="[^"]*uPlot.iife.min.js" defer', page)
    assert "style=" not in page.partition("<main")[2]
    for name in ("posts/", f"posts/{post.pk}/", "history/"):
        assert "uPlot" not in ada_desk.client.get(f"/{name}").content.decode()


def test_a_post_without_counts_and_one_with_a_single_one_say_so(desk: AtDesk) -> None:
    post = desk.post()
    words = text_of(desk.get("post-engagement", post.pk, days="7"))
    assert "No counts yet" in words and "Nothing of ours reached LinkedIn on this post" in words
    Snapshot.objects.create(post=post, at=datetime.now(UTC) + timedelta(seconds=1), reactions={"LIKE": 3})
    assert "One count so far" in text_of(desk.get("post-engagement", post.pk))


def test_insights_are_those_of_the_page_one_looks_at(ada_desk: AtDesk) -> None:
    post = ada_desk.post()
    Snapshot.objects.filter(post=post).update(reactions={}, at=datetime.now(UTC) - DAY)
    words = text_of(ada_desk.get("insights", days="7"))
    assert "Acme Robotics has" in words and "than 7 days ago" in words and "The third arm is here" in words
    answer = ada_desk.send("page-look", ada_desk.birch.pk, fields={"next": reverse("insights")})
    assert answer["Location"] == reverse("insights")
    words = text_of(ada_desk.get("insights"))
    assert "Birch & Co has" in words and "than 30 days ago" in words and "The third arm" not in words


def test_nobody_without_a_page_is_told_counts(ada_desk: AtDesk, cy: AtDesk) -> None:
    assert "No Page to look at yet" in text_of(cy.get("insights"))


@pytest.mark.parametrize("days", ["8", "", "all", "-1", "x" * 500])
def test_a_period_that_is_none_is_said(desk: AtDesk, days: str) -> None:
    answer = desk.get("insights", days=days)
    assert answer.status_code == 422 and "There is no such period." in text_of(answer)
    assert desk.get("post-engagement", desk.post().pk, days=days).status_code == (200 if days == "all" else 422)


@pytest.mark.parametrize(
    ("change", "said"), [(214, "214 more likes"), (1, "1 more like"), (0, "no more likes"), (-1, "1 fewer like")]
)
def test_changes_are_told_in_words(change: int, said: str) -> None:
    assert more(change, "like") == said


def test_changes_carry_their_sign() -> None:
    assert [signed(change) for change in (3, 0, -3)] == ["+3", "0", "−3"]
