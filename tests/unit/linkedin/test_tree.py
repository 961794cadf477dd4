"""Reading a tree from lists that no honest LinkedIn would send: bounded, survived, and never called complete."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from socialactions.linkedin import tree
from socialactions.linkedin.errors import UnexpectedAnswer
from socialactions.linkedin.payloads import Comment
from socialactions.linkedin.tree import DEPTH_MAX, read_tree
from socialactions.linkedin.urns import Urn
from socialactions.linkedin.values import Page

POST = Urn.parse("urn:li:activity:1")


def comment(number: int, replies: int = 0) -> Comment:
    return Comment.model_validate(
        {
            "commentUrn": f"urn:li:comment:(urn:li:activity:1,{number})",
            "actor": "urn:li:person:abc",
            "object": str(POST),
            "message": {"text": f"number {number}"},
            "created": {"time": 1_700_000_000_000},
            "lastModified": {"time": 1_700_000_000_000},
            "commentsSummary": {"aggregatedTotalComments": replies},
        }
    )


def page(start: int, *elements: Comment, go_on: int | None = None, total: int | None = None) -> Page[Comment]:
    return Page(list(elements), [], start, total, go_on)


class Lists:
    """What a LinkedIn answers for a target from a start on."""

    def __init__(self, answer: Callable[[Urn, int], Page[Comment]]) -> None:
        self.answer = answer

    def comment_page(self, target: Urn, *, start: int = 0, count: int = 100) -> Page[Comment]:
        return self.answer(target, start)


def test_the_same_page_again_and_again_ends_the_list() -> None:
    found = read_tree(Lists(lambda _, start: page(start, comment(1), comment(2), go_on=start + 2)), POST)
    assert (found.comments, found.requests, found.complete) == (2, 2, False)


def test_a_next_link_that_leads_back_is_not_followed() -> None:
    found = read_tree(Lists(lambda _, start: page(start, comment(start + 1), go_on=100 - start)), POST)
    assert (found.comments, found.requests, found.complete) == (2, 2, True)


def test_a_list_that_never_ends_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree, "PAGES_MAX", 50)
    found = read_tree(Lists(lambda _, start: page(start, comment(start + 1), go_on=start + 1)), POST)
    assert (found.comments, found.requests, found.complete) == (50, 50, False)
    assert "stopped after 50 requests" in found.missing


def test_comments_that_answer_themselves_come_once() -> None:
    first, second = comment(1, replies=2), comment(2, replies=1)
    below = {POST: [first], first.urn: [first, second], second.urn: [first]}
    found = read_tree(Lists(lambda target, start: page(start, *below[target])), POST)
    assert (found.comments, found.requests, found.complete) == (2, 3, False)


def test_replies_to_replies_without_end_are_followed_to_a_depth() -> None:
    def answer(target: Urn, start: int) -> Page[Comment]:
        return page(start, comment(1 if target == POST else int(target.id) + 1, replies=1))

    whole: list[Urn] = []
    found = read_tree(Lists(answer), POST, on_replies=whole.append)
    assert found.comments == found.requests == DEPTH_MAX + 1
    assert (found.complete, found.too_deep, whole) == (False, 1, [])
    assert found.missing == [f"1 replies to {DEPTH_MAX + 1} stand too deep"]


@pytest.mark.parametrize("total", [None, 0])
def test_a_list_without_any_of_those_that_are_counted_is_not_complete(total: int | None) -> None:
    nothing = Lists(lambda target, start: page(start, total=total))
    found = read_tree(nothing, POST, promised=3)
    assert (found.comments, found.complete, found.unlisted) == (0, False, 3)
    assert read_tree(nothing, POST).complete


@pytest.mark.parametrize("total", [None, 0])
def test_a_comment_without_any_of_the_replies_that_are_counted_is_not_whole(total: int | None) -> None:
    head = comment(1, replies=2)
    whole: list[Urn] = []
    lists = Lists(lambda target, start: page(start, head) if target == POST else page(start, total=total))
    found = read_tree(lists, POST, on_replies=whole.append)
    assert (found.complete, found.unlisted, whole) == (False, 2, [])


def test_a_comment_is_whole_when_all_is_that_stands_below_it() -> None:
    """A hole two levels down: what is above it must be asked for again, its neighbours need not."""
    lost, kept = comment(11, replies=2), comment(21, replies=1)
    above_lost, above_kept = comment(1, replies=1), comment(2, replies=1)
    below = {
        POST: [above_lost, above_kept],
        above_lost.urn: [lost],
        above_kept.urn: [kept],
        lost.urn: [comment(111)],
        kept.urn: [comment(211)],
    }
    whole: list[Urn] = []
    found = read_tree(Lists(lambda target, start: page(start, *below[target])), POST, on_replies=whole.append)
    assert (found.complete, found.unlisted, whole) == (False, 1, [kept.urn, above_kept.urn])


def test_a_thread_with_a_reply_that_cannot_be_read_is_not_whole() -> None:
    """Its page came, and counts as much as was promised: which of the replies it was nobody can say."""
    one, two = comment(1, replies=2), comment(2, replies=1)
    odd = UnexpectedAnswer.of("no text")
    below = {
        POST: page(0, one, two),
        one.urn: Page([comment(11)], [odd], 0, 2, None),
        two.urn: page(0, comment(21), total=1),
    }
    whole: list[Urn] = []
    found = read_tree(Lists(lambda target, _: below[target]), POST, on_replies=whole.append)
    assert (found.complete, found.odd, whole) == (False, 1, [two.urn])


def test_a_page_of_ten_thousand_is_taken_as_it_is() -> None:
    many = [comment(number) for number in range(10_000)]
    taken: list[int] = []
    found = read_tree(Lists(lambda _, start: page(start, *many)), POST, on_page=lambda _, one: taken.append(len(one)))
    assert (found.comments, found.requests, found.complete, taken) == (10_000, 1, True, [10_000])
