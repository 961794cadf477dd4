"""Whole threads: complete with as few requests as possible, or saying what is missing and why."""

from __future__ import annotations

import threading
import tracemalloc

import pytest

from socialactions.linkedin.client import LinkedIn
from socialactions.linkedin.errors import TokenRejected
from socialactions.linkedin.payloads import Comment
from socialactions.linkedin.tree import FAILURES_MAX, read_tree
from socialactions.linkedin.urns import Urn
from socialactions.linkedin.values import Page
from socialactions.sandbox.seeds.big import add_big_post
from tests.contract.client.place import Place


def big(place: Place, first_level: int = 1000, with_replies: int = 300) -> Urn:
    return Urn.parse(add_big_post(place.world, first_level=first_level, with_replies=with_replies).urn)


class Kept:
    """What a caller stores: every comment by its target, and the threads in which pages came."""

    def __init__(self) -> None:
        self.comments: list[Comment] = []
        self.targets: dict[str, Urn] = {}
        self.threads: set[int] = set()

    def __call__(self, target: Urn, page: Page[Comment]) -> None:
        self.threads.add(threading.get_ident())
        for one in page:
            self.comments.append(one)
            self.targets[one.id] = target


def test_the_big_post_costs_its_floor_of_310_requests(linkedin: LinkedIn, place: Place) -> None:
    post, kept = big(place), Kept()
    before = place.requests()
    tree = read_tree(linkedin, post, on_page=kept)
    assert (tree.comments, tree.complete, tree.missing) == (1900, True, [])
    assert tree.requests == place.requests() - before == 310
    assert place.world.in_flight_peak <= 8
    assert len(kept.comments) == len({one.id for one in kept.comments}) == 1900
    assert all(kept.targets[one.id] == (one.parent or post) for one in kept.comments)
    assert kept.threads == {threading.get_ident()}


@pytest.mark.parametrize("order", ["oldest", "newest"])
@pytest.mark.parametrize("page_size", [7, 100])
def test_small_pages_and_either_order_bring_the_same(
    linkedin: LinkedIn, place: Place, order: str, page_size: int
) -> None:
    place.switch(order=order)
    tree = read_tree(linkedin, big(place, 120, 40), page_size=page_size)
    assert (tree.comments, tree.complete) == (120 + 40 * 3, True)


def test_a_post_without_comments_costs_one_request(linkedin: LinkedIn, place: Place) -> None:
    tree = read_tree(linkedin, place.quiet_post)
    assert (tree.comments, tree.complete, tree.requests) == (0, True, 1)


def test_a_page_that_fails_is_missing_and_the_others_are_not(linkedin: LinkedIn, place: Place) -> None:
    post = big(place, 50, 10)
    place.fault(do="refuse", status=503, path="comment:")
    tree = read_tree(linkedin, post)
    assert (tree.comments, tree.complete) == (50 + 27, False)
    (reason,) = tree.missing
    assert reason.startswith("replies to comment ")
    assert "503" in reason


def test_a_dropped_answer_is_missing_and_not_asked_again(linkedin: LinkedIn, place: Place) -> None:
    post = big(place, 50, 10)
    place.fault(do="drop_after", path="comment:")
    tree = read_tree(linkedin, post)
    assert (tree.requests, tree.complete, tree.comments) == (11, False, 77)


def test_reading_stops_when_linkedin_is_down(linkedin: LinkedIn, place: Place) -> None:
    post = big(place, 200, 200)
    place.fault(do="refuse", status=503, path="comment:", times=1000)
    tree = read_tree(linkedin, post)
    assert not tree.complete
    assert tree.requests <= 2 + FAILURES_MAX + 2 * 8  # those under way when the last failure was counted
    assert "not asked for" in tree.missing[-1]


def test_reading_stops_at_once_when_the_share_is_spent(linkedin: LinkedIn, place: Place) -> None:
    post = big(place, 200, 200)
    place.fault(do="refuse", status=429, path="comment:", times=1000)
    tree = read_tree(linkedin, post)
    assert not tree.complete
    assert tree.requests <= 2 + 8
    assert tree.comments == 200


def test_an_answer_cut_off_keeps_the_rest(linkedin: LinkedIn, place: Place) -> None:
    post = big(place, 300, 0)
    place.fault(do="malformed", form="truncated", path="/comments", times=1)
    tree = read_tree(linkedin, post)
    assert not tree.complete
    assert tree.comments == 0


def test_comments_without_a_name_are_counted_as_missing(linkedin: LinkedIn, place: Place) -> None:
    place.fault(do="malformed", form="no_id", path="/comments", times=1)
    tree = read_tree(linkedin, place.post)
    assert not tree.complete
    assert all("could not be read" in reason for reason in tree.missing)


def test_what_the_caller_raises_ends_the_reading(linkedin: LinkedIn, place: Place) -> None:
    def full(target: Urn, page: Page[Comment]) -> None:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        read_tree(linkedin, big(place, 300, 100), on_page=full)
    assert place.requests() < 100


def test_a_rejected_token_is_said_once(linkedin: LinkedIn, place: Place) -> None:
    for token in place.world.tokens.values():
        token.is_revoked = True
    tree = read_tree(linkedin, place.post)
    assert (tree.comments, tree.complete, tree.requests) == (0, False, 1)
    with pytest.raises(TokenRejected):
        linkedin.comment_page(place.post)


def test_memory_does_not_grow_with_the_thread(linkedin: LinkedIn, place: Place) -> None:
    """The caller gets page by page; only the ids that were seen stay. The sandbox has rendered everything before."""
    small, large = big(place, 200, 0), big(place, 2000, 0)
    peaks = []
    for post in (small, large):
        read_tree(linkedin, post, page_size=20)
        tracemalloc.start()
        read_tree(linkedin, post, in_flight=2, page_size=20, on_page=lambda target, page: None)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 2 * peaks[0] + 2000 * 200
