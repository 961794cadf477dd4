"""Answers that got lost or arrived spoiled: what was done stays done, and nothing is asked twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from socialactions.linkedin.client import LinkedIn
from socialactions.linkedin.errors import LinkedInError, NoAnswer, ServerBroken, UnexpectedAnswer
from socialactions.sandbox.records import Post
from tests.contract.client.place import ACME, Place


def comment(linkedin: LinkedIn, place: Place) -> object:
    return linkedin.create_comment(target=place.post, actor=ACME, object=place.post, text="Thanks")


@pytest.mark.parametrize(
    ("rule", "kind", "done"),
    [
        ({"do": "drop_before"}, NoAnswer, []),
        ({"do": "drop_after"}, NoAnswer, ["comment"]),
        ({"do": "refuse", "status": 503}, ServerBroken, []),
        ({"do": "refuse", "status": 408}, NoAnswer, []),
        ({"do": "malformed", "form": "html"}, UnexpectedAnswer, ["comment"]),
        ({"do": "malformed", "form": "empty"}, UnexpectedAnswer, ["comment"]),
        ({"do": "malformed", "form": "no_id"}, UnexpectedAnswer, ["comment"]),
        ({"do": "malformed", "form": "truncated"}, UnexpectedAnswer, ["comment"]),
    ],
)
def test_a_comment_in_doubt_is_asked_for_once(
    linkedin: LinkedIn, place: Place, rule: dict[str, Any], kind: type[LinkedInError], done: list[str]
) -> None:
    place.fault(method="POST", path="/comments", **rule)
    before = place.requests()
    with pytest.raises(LinkedInError) as caught:
        comment(linkedin, place)
    assert type(caught.value) is kind
    assert not caught.value.retryable
    assert place.requests() - before <= 1
    assert place.done() == done


def test_another_actor_in_the_answer_is_visible_to_the_caller(linkedin: LinkedIn, place: Place) -> None:
    place.fault(do="malformed", form="wrong_actor", method="POST", path="/comments")
    made = linkedin.create_comment(target=place.post, actor=ACME, object=place.post, text="Thanks")
    assert made.actor != ACME


def test_a_late_answer_ends_with_the_total(client_of: Callable[..., LinkedIn], place: Place) -> None:
    place.fault(do="delay", seconds=5, method="POST", path="/comments")
    with pytest.raises(NoAnswer):
        comment(client_of(total_s=0.3), place)


def test_an_edit_that_cannot_be_read_again_is_in_doubt(linkedin: LinkedIn, place: Place) -> None:
    made = linkedin.create_comment(target=place.post, actor=ACME, object=place.post, text="Thnaks")
    place.switch(edit_answer=204)
    place.fault(do="refuse", status=503, method="GET", path="/comments/")
    with pytest.raises(UnexpectedAnswer):
        linkedin.edit_comment(post=place.post, comment_id=made.id, actor=ACME, text="Thanks")
    assert place.done() == ["comment", "edit"]


def test_one_odd_comment_does_not_lose_the_page(linkedin: LinkedIn, place: Place) -> None:
    post = place.world.post(str(place.post))
    assert isinstance(post, Post)
    place.world.comments[post.comments[0]].actor = "urn:li:unknownThing:1"
    page = linkedin.comment_page(place.post)
    assert [one.id for one in page.elements] == [post.comments[1]]
    (odd,) = page.odd
    assert odd.field == "actor"
    assert "unknownThing" in odd.sample
    assert "unknownThing" not in str(odd)
