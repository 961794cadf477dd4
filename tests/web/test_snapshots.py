"""Snapshots: every change of a post's counts is written down, none twice, at most one in fifteen minutes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from socialactions.models import Desk, Organization, Post, Snapshot
from socialactions.services import snapshots
from tests.web.desks import AtDesk

NOW = datetime.now(UTC).replace(hour=14, minute=5, second=0, microsecond=0)  # rows end by the real time


@pytest.fixture
def page(db: None) -> Organization:
    desk = Desk.objects.create(name="Desk")
    return Organization.objects.create(desk=desk, urn="urn:li:organization:1", name="Acme")


def posts(page: Organization, count: int = 1) -> list[Post]:
    return [
        Post.objects.create(
            organization=page,
            urn=f"urn:li:share:{page.posts.count() + 1}",
            author_urn=page.urn,
            created_at=NOW,
            fetched_at=NOW,
            expires_at=NOW + timedelta(days=1),
            reactions={"LIKE": 3},
            total_comments=2,
            first_level_comments=1,
        )
        for _ in range(count)
    ]


def taken(post: Post) -> list[tuple[int, dict[str, int], int]]:
    """Minutes after NOW, reactions, comments."""
    rows = post.snapshots.order_by("at").values_list("at", "reactions", "total_comments")
    return [(int((at - NOW).total_seconds() // 60), reactions, total) for at, reactions, total in rows]


def test_the_first_look_is_written_down_even_of_a_post_that_nobody_noticed(page: Organization) -> None:
    (post,) = posts(page)
    post.reactions, post.total_comments, post.first_level_comments = {}, 0, 0
    assert snapshots.take([post], NOW) == 1
    assert taken(post) == [(0, {}, 0)]


def test_a_change_within_fifteen_minutes_waits_for_the_next_look_and_is_not_lost(page: Organization) -> None:
    (post,) = posts(page)
    snapshots.take([post], NOW)
    post.reactions, post.total_comments = {"LIKE": 5}, 4
    assert snapshots.take([post], NOW + timedelta(minutes=14, seconds=59)) == 0
    assert snapshots.take([post], NOW + timedelta(minutes=15)) == 1
    assert taken(post) == [(0, {"LIKE": 3}, 2), (15, {"LIKE": 5}, 4)]


def test_what_did_not_move_is_not_written_again(page: Organization) -> None:
    (post,) = posts(page)
    snapshots.take([post], NOW)
    post.reactions = {"LIKE": 3, "PRAISE": 0}
    assert snapshots.take([post], NOW + timedelta(days=3)) == 0


@pytest.mark.parametrize("change", [{"reactions": {"PRAISE": 3}}, {"total_comments": 9}, {"first_level_comments": 0}])
def test_each_of_the_counts_is_watched(page: Organization, change: dict[str, object]) -> None:
    (post,) = posts(page)
    snapshots.take([post], NOW)
    for name, value in change.items():
        setattr(post, name, value)
    assert snapshots.take([post], NOW + timedelta(hours=1)) == 1


def test_a_count_that_went_and_came_back_leaves_no_trace_when_nobody_looked(page: Organization) -> None:
    (post,) = posts(page)
    snapshots.take([post], NOW)
    post.total_comments = 9
    snapshots.take([post], NOW + timedelta(minutes=5))
    post.total_comments = 2
    assert snapshots.take([post], NOW + timedelta(minutes=20)) == 0


def test_it_costs_the_same_for_any_number_of_posts_and_snapshots(page: Organization) -> None:
    many = posts(page, 40)
    spent = []
    for number, count in enumerate((1, 40, 40, 40)):
        for post in many:
            post.total_comments += 1
        with CaptureQueriesContext(connection) as queries:
            assert snapshots.take(many[:count], NOW + timedelta(hours=number)) == count
        spent.append(len(queries))
    assert max(spent) <= 2, spent
    assert snapshots.take([], NOW) == 0


def test_reading_a_page_takes_one_of_each_post_and_the_next_reading_none(ada: AtDesk) -> None:
    ada.read_posts(ada.acme)
    known = Post.objects.filter(organization=ada.acme)
    assert known.count() > 1
    assert all(post.snapshots.count() == 1 for post in known)
    post = known.exclude(reactions={}).first()
    assert post is not None
    assert taken_now(post) == (post.reactions, post.total_comments, post.first_level_comments)
    ada.read_posts(ada.acme)
    ada.read_comments(ada.post())
    assert Snapshot.objects.count() == known.count()


def test_reading_comments_writes_down_counts_that_moved(ada: AtDesk) -> None:
    ada.read_posts(ada.acme)
    Snapshot.objects.update(at=NOW - timedelta(days=100))
    post = ada.post()
    ada.say(post, "One more")
    ada.read_comments(post)
    post.refresh_from_db()
    assert post.snapshots.count() == 2
    assert taken_now(post) == (post.reactions, post.total_comments, post.first_level_comments)


def taken_now(post: Post) -> tuple[dict[str, int], int, int]:
    last = post.snapshots.latest("at")
    return last.reactions, last.total_comments, last.first_level_comments
