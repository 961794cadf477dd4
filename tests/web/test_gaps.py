"""LinkedIn's count is what stands here and an explained gap, whatever happened to the reading."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from socialactions.models import Comment, Post
from socialactions.queries import posts
from socialactions.queries.rows import ReadState
from socialactions.sandbox.faults import Rule
from socialactions.services import reading
from tests.web.desks import AtDesk, fields_of, text_of


def state_of(post: Post) -> ReadState:
    """As it is told, after the figures were added up."""
    state = posts.read_state(Post.objects.select_related("organization").get(pk=post.pk))
    assert state.found == Comment.objects.filter(post=post, gone_at__isnull=True).count()
    assert state.expected == state.found + sum(gap.many for gap in state.gaps)
    return state


def screen(desk: AtDesk, post: Post) -> str:
    return text_of(desk.get("post-show", post.pk))


def trouble(desk: AtDesk, **rule: Any) -> None:
    desk.sandbox.world.faults.append(Rule.read({"method": "GET", "path": "/comments$", "times": 99, **rule}))


def test_a_whole_thread_says_when_and_how_many(ada_desk: AtDesk) -> None:
    post = ada_desk.post()
    assert state_of(post).gaps == ()
    words = screen(ada_desk, post)
    assert f"Complete at {timezone.localtime(post.read_at):%H:%M} : 4 of 4" in words and "LinkedIn counts" not in words


def test_a_broken_reading_says_how_many_why_and_when_it_goes_on(ada_desk: AtDesk) -> None:
    post = ada_desk.post()
    ada_desk.say(post, "One more.")
    trouble(ada_desk, do="refuse", status=503)
    ada_desk.read_comments(post)
    state = state_of(post)
    assert (state.state, state.found, state.expected) == ("incomplete", 4, 5) and state.again_at is not None
    words = screen(ada_desk, post)
    assert "4 of about 5 comments. LinkedIn stopped answering. 1 is missing here." in words
    again = f"{timezone.localtime(state.again_at):%H:%M}"
    assert f"We try again at {again}" in words and f"Read now : 4 of 5, tried again at {again}" in words


def test_what_was_not_readable_is_counted(ada_desk: AtDesk) -> None:
    post = ada_desk.post()
    ada_desk.say(post, "Nobody can read this.")
    trouble(ada_desk, do="malformed", form="no_id", times=1)
    ada_desk.read_comments(post)
    state_of(post)
    assert " could not be read." in screen(ada_desk, post) and "missing here." in screen(ada_desk, post)


def test_what_linkedin_counts_and_does_not_list_is_no_riddle(ada_desk: AtDesk) -> None:
    post = ada_desk.post()
    Post.objects.filter(pk=post.pk).update(total_comments=6, read_counted=6)
    assert [gap.many for gap in state_of(post).gaps] == [2]
    words = screen(ada_desk, post)
    assert "LinkedIn counts 6, 4 stand here. 2 are counted and not listed: LinkedIn does not say why." in words


@pytest.mark.parametrize(("now", "words"), [(7, "3 more since they"), (3, "1 fewer since they")])
def test_what_moved_since_the_reading_is_told_as_that(ada_desk: AtDesk, now: int, words: str) -> None:
    post = ada_desk.post()
    Post.objects.filter(pk=post.pk).update(total_comments=now)
    state_of(post)
    shown = screen(ada_desk, post)
    assert f"LinkedIn counts {now}, 4 stand here. {words} were last read." in shown
    assert ": 4 of 4" in shown and f"4 of {now}" not in shown  # whole is what was counted then


def test_more_than_linkedin_counts_is_told(ada_desk: AtDesk) -> None:
    post = ada_desk.post()
    Post.objects.filter(pk=post.pk).update(total_comments=3, read_counted=3)
    state_of(post)
    assert "LinkedIn lists 1 more than it counts." in screen(ada_desk, post)


def test_a_reply_below_a_comment_that_is_not_listed_is_missing(ada_desk: AtDesk) -> None:
    post, head = ada_desk.post(), ada_desk.comment("Does it stop")
    found = ada_desk.on_linkedin(post)
    found.comments.remove(head.comment_id)  # its replies are listed on the first level, and it is not
    found.comments.extend(ada_desk.sandbox.world.comments[head.comment_id].replies)
    Comment.objects.filter(post=post).delete()
    ada_desk.read_comments(post)
    state = state_of(post)
    assert state.state == "incomplete" and "below comments that LinkedIn does not list" in state.reason


def test_our_own_words_leave_no_gap_and_cost_no_reading(ada_desk: AtDesk, settings: Any) -> None:
    settings.UNDO_WINDOW_S = 0
    post = ada_desk.post()
    form = ada_desk.get("reply-create", ada_desk.comment("Does it stop").pk)
    ada_desk.send("reply-create", ada_desk.comment("Does it stop").pk, fields={**fields_of(form), "text": "It does."})
    ada_desk.deliver()
    state = state_of(post)
    assert (state.found, state.expected, state.gaps) == (5, 5, ())
    post.refresh_from_db()
    assert post.read_counted == post.total_comments
    assert not reading.is_resting(post)
