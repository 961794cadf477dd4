"""While a post is read nothing false is said of it, and a reading that dies is told as that, taken up again and paid
for once.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django.db.transaction import TransactionManagementError
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from socialactions.models import Comment, Post
from socialactions.queries import posts
from socialactions.queries.rows import ReadState
from socialactions.sandbox.server import Running
from socialactions.services import reading, sync, walk
from tests.deeds import Place, ago, settle_in
from tests.web.desks import AtDesk, text_of
from tests.web.test_reading import crowd
from tests.web.test_reading_again import answer, real, remove_now, shift, shifting, stored


@pytest.fixture
def place(sandbox_server: Running, db: None, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Place:
    settings.READS_IN_FLIGHT = 1
    monkeypatch.setattr(walk, "PAGES_BETWEEN_NEWS", 1)
    return settle_in(sandbox_server)


def state_of(post: Post) -> ReadState:
    """As it is told, after the figures were added up."""
    state = posts.read_state(Post.objects.select_related("organization").get(pk=post.pk))
    assert state.state == "never" or state.expected == state.found + sum(gap.many for gap in state.gaps)
    return state


def standing(post: Post) -> int:
    return Comment.objects.filter(post=post, gone_at__isnull=True).count()


def as_new(post: Post) -> Post:
    """A post whose comments nobody has read."""
    Comment.objects.filter(post=post).delete()
    Post.objects.filter(pk=post.pk).update(reading=Post.Reading.NEVER, read_at=None, read_found=0, read_counted=0)
    return Post.objects.select_related("organization__desk").get(pk=post.pk)


def killed_after(pages: int, post: Post, look: Callable[[], None] = lambda: None) -> None:
    """Read so many pages and die as by `kill -9`: nothing that comes after them reaches the database."""
    left = [pages]

    def die() -> None:
        look()
        left[0] -= 1
        if not left[0]:
            transaction.set_rollback(True)  # from here on the database refuses everything
            raise KeyboardInterrupt

    assert reading.claim_comments(post)
    with pytest.raises((KeyboardInterrupt, TransactionManagementError)):
        reading.read_comments(post.pk, again=reading.ALL_AGAIN, on_news=die)
    assert not left[0]
    transaction.set_rollback(False)
    cache.delete(f"reading-rests:{post.pk}")
    Post.objects.filter(pk=post.pk).update(reading_until=ago(seconds=1))  # three minutes later


# what is said meanwhile


def test_a_complete_post_that_is_read_again_keeps_its_figures(place: Place) -> None:
    crowd(place, 130, replies=8)
    post = place.read_comments(place.post())
    before = state_of(post)
    seen: list[tuple[Any, ...]] = []

    def look() -> None:
        state = state_of(post)
        seen.append((state.state, state.found, state.counted, state.gaps))

    assert reading.claim_comments(post)
    reading.read_comments(post.pk, on_news=look)
    assert seen == [("complete", 142, 142, ())] * 2
    killed_after(1, post)
    after = state_of(post)
    assert (after.state, after.read_at, after.found, after.gaps) == ("complete", place.post().read_at, 142, ())
    assert before.found == after.found == standing(post)


def test_a_first_reading_tells_how_far_it_is(place: Place) -> None:
    crowd(place, 130, replies=8)
    post = as_new(place.post())
    seen: list[tuple[str, int]] = []

    def look() -> None:
        state = posts.read_state(Post.objects.select_related("organization").get(pk=post.pk))
        seen.append((state.state, state.found - standing(post)))

    assert reading.claim_comments(post)
    reading.read_comments(post.pk, on_news=look)
    assert seen == [("reading", 0)] * (2 + 1 + 8)
    assert state_of(post).state == "complete"


# what is said afterwards


def test_a_first_reading_that_died_is_incomplete_with_what_it_had_brought(place: Place) -> None:
    crowd(place, 130, replies=8)
    post = as_new(place.post())
    killed_after(1, post)
    state = state_of(post)
    assert (state.state, state.found, state.expected) == ("incomplete", 100, 142)
    assert [gap.words for gap in state.gaps] == ["42 are missing here."]
    assert state.reason == "The reading broke off before its end. It goes on by itself."
    killed_after(1, post)
    assert state_of(post).found == standing(post) == 100  # not fewer because it began anew


def test_its_screen_offers_to_go_on(ada_desk: AtDesk) -> None:
    post = ada_desk.post()
    Post.objects.filter(pk=post.pk).update(reading="reading", read_at=None, read_so_far=4, total_comments=9)
    words = text_of(ada_desk.get("post-show", post.pk))
    assert "4 of about 9 comments. The reading broke off before its end." in words and "Load the rest" in words
    assert "Reading LinkedIn" not in words and "Refresh" in words


def test_reading_ahead_takes_up_a_first_reading_that_died(place: Place, settings: Any) -> None:
    settings.DAILY_CALLS_MEMBER = settings.DAILY_CALLS_APP = 0
    sync.run(place.connection, way="beat")
    post = as_new(place.post())
    Post.objects.filter(pk=post.pk).update(total_comments=4)  # as counted, so that no count moves
    killed_after(1, post)
    Post.objects.filter(pk=post.pk).update(reading_until=timezone.now() + reading.LEASE)
    assert post not in sync.unread([place.page()])  # somebody may be reading it
    for over in (ago(seconds=1), None):
        Post.objects.filter(pk=post.pk).update(reading_until=over)
        assert post in sync.unread([place.page()])
    assert sync.due() == [place.connection]
    run = sync.run(place.connection, way="beat")
    assert run is not None and run.posts_read == 1
    assert state_of(post).state == "complete" and stored(place.post()) == real(place)


# what it costs to go on


def test_threads_that_were_whole_before_the_kill_are_not_asked_for_again(place: Place) -> None:
    crowd(place, 130, replies=60)
    post = as_new(place.post())
    killed_after(1 + 40, post)
    place.forget_calls()
    post = place.read_comments(post)
    assert post.reading == Post.Reading.COMPLETE and stored(post) == real(place)
    assert place.calls("comments") == 2 + 61 - (39 - 1)  # the newest page was not known to be the last of its thread


def test_a_thread_that_was_whole_once_stays_so_through_a_kill(place: Place) -> None:
    crowd(place, 130, replies=20)
    post = place.read_comments(place.post())
    Comment.objects.filter(post=post, replies_read_at__isnull=False).update(replies_read_at=ago(days=1))
    killed_after(2 + 15, post)
    place.forget_calls()
    place.read_comments(post)
    assert place.calls("comments") <= 2 + reading.AGAIN + 2


@pytest.mark.parametrize("pages", [3, 4], ids=["before it is written down", "after"])
def test_what_went_from_a_thread_that_was_read_is_buried_all_the_same(place: Place, pages: int) -> None:
    crowd(place, 130, replies=8)
    post = place.read_comments(place.post())
    remove_now(place, "to 3")
    answer(place, "number 3", "instead")
    answer(place, "number 5", "another")
    killed_after(pages, post)
    post = place.read_comments(post)
    assert post.reading == Post.Reading.COMPLETE
    assert stored(post) == real(place) and standing(post) == len(real(place)) == post.read_found


def test_a_list_that_shifts_costs_its_pages_again_and_no_thread(place: Place) -> None:
    crowd(place, 130, replies=60)
    post = as_new(place.post())
    post = shifting(place, lambda: remove_now(place, "number 0"))
    assert post.reading == Post.Reading.COMPLETE and stored(post) == real(place)
    assert place.calls("comments") <= 2 * 2 + 61 + 1


def test_changes_before_and_after_a_shift_are_counted_once(place: Place) -> None:
    crowd(place, 130)
    place.read_comments(place.post())
    crowd(place, 3)
    shift(place, lambda: remove_now(place, "number 129"))
    post = place.post()
    assert reading.claim_comments(post)
    assert reading.read_comments(post.pk) == 3 + 1


def test_a_page_of_a_hundred_is_stored_in_few_statements(place: Place) -> None:
    """Which threads are whole is one of them, however many these are and whatever LinkedIn counts there."""
    crowd(place, 300)
    for number in range(60):
        for _ in range(number % 5):
            answer(place, f"number {number}", "Hm.")
    post = as_new(place.post())
    with CaptureQueriesContext(connection) as said:
        at: list[int] = []
        assert reading.claim_comments(post)
        reading.read_comments(post.pk, on_news=lambda: at.append(len(said)))
    steps = [after - before for before, after in pairwise(at)]
    assert max(steps) <= 10 + 2, steps  # with the savepoint that stands for a transaction here, and the news
