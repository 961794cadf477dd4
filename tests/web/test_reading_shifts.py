"""One comment goes and another comes between two pages: every total is right, and what moved up was on no page."""

from __future__ import annotations

from typing import Any

import pytest

from socialactions.models import Comment, CommentContent, Post
from socialactions.sandbox import threads
from socialactions.sandbox.seeds.cast import stranger
from socialactions.sandbox.server import Running
from socialactions.services import vanished
from tests.deeds import Place, settle_in
from tests.web.test_reading import crowd
from tests.web.test_reading_again import answer, below, real, remove_now, shift, shifting, stored

MOVED_UP = "number 98"  # the first of the second page, behind the two of the small world


@pytest.fixture
def place(sandbox_server: Running, db: None, settings: Any) -> Place:
    settings.READS_IN_FLIGHT = 1
    place = settle_in(sandbox_server)
    crowd(place, 248)
    place.read_comments(place.post())
    place.forget_calls()
    return place


def one_goes_and_one_comes(place: Place, goes: str = "number 5", *, comes: str = "last of all") -> None:
    """In LinkedIn's thread, where there are no rows to look at."""
    dead = below(place, goes)
    post, parent = place.world.posts[dead.post], place.world.comments.get(dead.parent)
    remove_now(place, goes)
    now = place.world.now_ms()
    threads.add_comment(place.world, post, actor=stranger("Dana"), text=comes, parent=parent, at_ms=now)


def again_and_again(place: Place) -> None:
    """Before each page that follows."""
    numbers = iter(range(5, 20))

    def deed() -> None:
        number = next(numbers)
        one_goes_and_one_comes(place, f"number {number}", comes=f"later {number}")

    shift(place, deed, times=None)


def gone(place: Place) -> set[str]:
    return set(Comment.objects.filter(post=place.post(), gone_at__isnull=False).values_list("comment_id", flat=True))


def test_what_moved_up_between_two_pages_is_not_buried(place: Place) -> None:
    dead = below(place, "number 5").id
    post = shifting(place, lambda: one_goes_and_one_comes(place))
    assert post.reading == Post.Reading.COMPLETE
    assert stored(post) == real(place) and gone(place) == {dead}
    assert post.read_found == post.total_comments == 252
    assert place.calls("comments") == 2 * (3 + 1)  # the list twice, with a question each


def test_a_list_that_goes_on_hiding_somebody_is_incomplete_and_keeps_them(place: Place) -> None:
    kept = below(place, MOVED_UP).id
    again_and_again(place)
    post = place.read_comments(place.post())
    assert post.reading == Post.Reading.INCOMPLETE
    assert post.read_problem == "Comments came or went while they were read."
    assert kept in stored(post) and kept not in gone(place)
    assert post.read_found == Comment.objects.filter(post=post, gone_at__isnull=True).count()
    place.world.faults.clear()
    post = place.read_comments(post)
    assert post.reading == Post.Reading.COMPLETE and stored(post) == real(place)


@pytest.mark.parametrize(("status", "words"), [(503, "LinkedIn stopped answering."), (429, "limit for today")])
def test_without_an_answer_nobody_is_buried(place: Place, status: int, words: str) -> None:
    remove_now(place, "number 5")
    place.fault(do="refuse", method="GET", path="/comments$", restli_method="BATCH_GET", status=status)
    post = place.read_comments(place.post())
    assert post.reading == Post.Reading.INCOMPLETE and words in post.read_problem
    assert not gone(place) and len(stored(post)) == 252 == post.read_found
    place.world.faults.clear()
    post = place.read_comments(post)
    assert post.reading == Post.Reading.COMPLETE and stored(post) == real(place)


def test_an_answer_that_cannot_be_read_buries_nobody(place: Place) -> None:
    place.fault(do="malformed", form="empty", method="GET", path="/comments$", restli_method="BATCH_GET")
    remove_now(place, "number 5")
    post = place.read_comments(place.post())
    assert post.reading == Post.Reading.INCOMPLETE and not gone(place)


def test_what_went_costs_one_call_and_nothing_where_one_page_holds_all(place: Place) -> None:
    for number in range(20):
        remove_now(place, f"number {number}")
    post = place.read_comments(place.post())
    assert post.reading == Post.Reading.COMPLETE and stored(post) == real(place) and len(gone(place)) == 20
    assert place.calls("comments") == 3 + 1
    for number in range(20, 150):
        remove_now(place, f"number {number}")
    place.read_comments(post)
    place.read_comments(post)
    remove_now(place, "number 150")
    place.forget_calls()
    post = place.read_comments(post)
    assert post.reading == Post.Reading.COMPLETE and stored(post) == real(place)
    assert place.calls("comments") == 1  # a list in one answer cannot shift


def test_of_very_many_that_went_some_are_asked_for_at_a_time(place: Place) -> None:
    for number in range(130):
        remove_now(place, f"number {number}")
    post = place.read_comments(place.post())
    assert post.reading == Post.Reading.INCOMPLETE
    assert post.read_problem.startswith("30 more seem to be gone from LinkedIn")
    assert len(gone(place)) == vanished.ASKED_AT_MOST
    assert post.read_found == 152 and post.total_comments == 122
    post = place.read_comments(post)
    assert post.reading == Post.Reading.COMPLETE and stored(post) == real(place)


def test_a_long_thread_may_shift_as_well(place: Place) -> None:
    for number in range(130):
        answer(place, "number 7", f"reply {number}")
    place.read_comments(place.post())
    dead = below(place, "reply 5").id

    answer(place, "number 7", "so that it is read")
    place.world.sleep = lambda _: one_goes_and_one_comes(place, "reply 5")
    place.fault(do="delay", when="after", method="GET", path="comment:.*/comments$", seconds=0.01)
    post = place.read_comments(place.post())
    assert post.reading == Post.Reading.COMPLETE
    assert stored(post) == real(place) and gone(place) == {dead}


def test_words_of_who_was_on_no_page_are_fetched_with_the_question(place: Place) -> None:
    CommentContent.everything.filter(comment__comment_id=below(place, MOVED_UP).id).delete()
    again_and_again(place)
    post = place.read_comments(place.post())
    assert stored(post)[below(place, MOVED_UP).id] == MOVED_UP
