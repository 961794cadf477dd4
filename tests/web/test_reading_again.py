"""Reading a thread again asks only for what moved, and never calls complete what shifted while it was read."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from socialactions.models import Comment, CommentContent, Post
from socialactions.sandbox import threads
from socialactions.sandbox.records import Comment as SandboxComment
from socialactions.sandbox.seeds.cast import stranger
from socialactions.sandbox.server import Running
from socialactions.services import comment_store
from tests.deeds import Place, settle_in
from tests.web.test_reading import crowd, on_linkedin, remove


@pytest.fixture
def place(sandbox_server: Running, db: None) -> Place:
    place = settle_in(sandbox_server)
    crowd(place, 130, replies=8)
    place.read_comments(place.post())
    place.forget_calls()
    return place


def below(place: Place, words: str) -> SandboxComment:
    return next(one for one in place.world.comments.values() if one.text == words)


def answer(place: Place, words: str, text: str) -> SandboxComment:
    post = on_linkedin(place, place.post())
    return threads.add_comment(
        place.world, post, actor=stranger("Dana"), text=text, parent=below(place, words), at_ms=place.world.now_ms()
    )


def change(place: Place, comment: SandboxComment, text: str) -> None:
    threads.edit_comment(place.world, comment, agent=comment.actor, text=text, attributes=None)


def stored(post: Post) -> dict[str, str]:
    return {c.comment.comment_id: c.text for c in CommentContent.objects.filter(post=post).select_related("comment")}


def real(place: Place) -> dict[str, str]:
    post = on_linkedin(place, place.post())
    return {one.id: one.text for one in place.world.comments.values() if one.post == post.urn}


def test_nothing_moved_costs_the_pages_alone(place: Place) -> None:
    post = place.read_comments(place.post())
    assert place.calls("comments") == 2 and place.calls() == 3
    assert (post.reading, post.read_found, post.read_counted) == (Post.Reading.COMPLETE, 142, 142)


def test_each_thread_that_moved_costs_one_call_more(place: Place) -> None:
    answer(place, "number 3", "one more")
    answer(place, "number 100", "the first here")
    remove(place, Comment.objects.get(comment_id=below(place, "to 7").id))
    post = place.read_comments(place.post())
    assert place.calls("comments") == 2 + 3 - 1  # no request for a comment without replies
    assert stored(post) == real(place)
    assert post.read_found == 143


def test_a_reply_that_took_anothers_place_is_seen(place: Place) -> None:
    """The count is the same; LinkedIn's newest replies are not."""
    remove(place, Comment.objects.get(comment_id=below(place, "to 3").id))
    answer(place, "number 3", "instead")
    post = place.read_comments(place.post())
    assert stored(post) == real(place)


def test_changed_words_are_marked_and_others_are_not(place: Place) -> None:
    change(place, below(place, "number 5"), "number five")
    began = timezone.now()
    post = place.read_comments(place.post())
    assert stored(post) == real(place)
    changed = Comment.objects.filter(post=post, changed_at__gte=began)
    assert [one.comment_id for one in changed] == [below(place, "number five").id]


def test_quiet_threads_have_their_turn_the_longest_unread_first(place: Place, monkeypatch: Any) -> None:
    change(place, below(place, "to 4"), "to four")
    place.read_comments(place.post())
    assert "to 4" in stored(place.post()).values()  # LinkedIn's summary does not tell
    long_ago = timezone.now() - comment_store.UNSEEN_AT_MOST - timedelta(hours=1)
    Comment.objects.filter(comment_id=below(place, "number 4").id).update(replies_read_at=long_ago)
    place.forget_calls()
    place.read_comments(place.post())
    assert place.calls("comments") == 2 + 1
    assert stored(place.post()) == real(place)


def test_what_a_dead_reading_had_read_whole_is_not_read_again(place: Place) -> None:
    crowd(place, 20, replies=20)
    place.fault(do="refuse", method="GET", path="comment:.*/comments$", status=500, times=2)
    post = place.read_comments(place.post())
    assert post.reading == Post.Reading.INCOMPLETE
    place.forget_calls()
    post = place.read_comments(post)
    assert (post.reading, post.read_found) == (Post.Reading.COMPLETE, 182)
    assert place.calls("comments") == 2 + 2
    assert stored(post) == real(place)


def test_a_reply_that_cannot_be_read_buries_nobody_and_stays_said(place: Place) -> None:
    """Until it can be: a reading that finds nothing moved must not call complete what could not be read."""
    answer(place, "number 3", "one more")
    place.fault(do="malformed", form="no_id", method="GET", path="comment:.*/comments$", times=2)
    for _ in range(2):
        post = place.read_comments(place.post())
        assert post.reading == Post.Reading.INCOMPLETE and "could not be read" in post.read_problem
        assert not Comment.objects.exclude(gone_at=None).exists()
    post = place.read_comments(place.post())
    assert post.reading == Post.Reading.COMPLETE
    assert stored(post) == real(place)


def test_a_thread_that_goes_takes_its_replies_along(place: Place) -> None:
    remove(place, Comment.objects.get(comment_id=below(place, "number 2").id))
    post = place.read_comments(place.post())
    assert stored(post) == real(place)
    assert Comment.objects.filter(post=post, gone_at__isnull=False).count() == 2


@pytest.mark.parametrize("order", ["oldest", "newest"])
def test_a_list_that_shifts_between_two_pages_is_read_once_more(place: Place, settings: Any, order: str) -> None:
    settings.READS_IN_FLIGHT = 1
    place.switch(order=order)
    first = "number 0" if order == "oldest" else "number 129"

    def deed() -> None:
        with place.world.lock:
            remove_now(place, first)

    post = shifting(place, deed)
    assert post.reading == Post.Reading.COMPLETE
    assert stored(post) == real(place)
    assert place.calls("comments") > 2


def test_a_list_that_never_stands_still_is_incomplete_and_says_so(place: Place, settings: Any) -> None:
    settings.READS_IN_FLIGHT = 1
    numbers = iter(range(130))
    post = shifting(place, lambda: remove_now(place, f"number {next(numbers)}"), times=None)
    assert post.reading == Post.Reading.INCOMPLETE
    assert post.read_problem == "Comments came or went while they were read."


def remove_now(place: Place, words: str) -> None:
    found = below(place, words)
    threads.delete_comment(place.world, found, actor=found.actor, agent=found.actor)


def shifting(place: Place, deed: Any, times: int | None = 1) -> Post:
    """Read while LinkedIn's list changes after its first page, `times` readings long (None: each page)."""
    shift(place, deed, times)
    return place.read_comments(place.post())


def shift(place: Place, deed: Any, times: int | None = 1) -> None:
    """Let it change while the next calls are answered."""
    left = [times]

    def wait(_: float) -> None:
        if left[0] is None or left[0] > 0:
            deed()
            if left[0] is not None:
                left[0] -= 1

    place.world.sleep = wait
    place.fault(do="delay", when="after", method="GET", path="/comments$", seconds=0.01, times=1000)
