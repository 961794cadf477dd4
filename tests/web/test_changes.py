"""What changed in a thread since a person last looked: counted for each of them, quiet about the rest."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import time_machine
from django.urls import reverse
from django.utils import timezone

from socialactions.models import Comment, CommentContent, Post
from socialactions.queries import changes
from socialactions.queries import threads as thread_rows
from socialactions.sandbox import threads
from socialactions.sandbox.seeds.cast import ACME, stranger
from socialactions.services import visits, writing
from tests.web.desks import HTMX, AtDesk, text_of


def look(person: AtDesk, post: Post, **headers: Any) -> str:
    answer = person.client.post(reverse("post-changes", args=[post.pk]), headers=headers)
    assert answer.status_code == 200
    return text_of(answer)


def later(**time: float) -> Any:
    return time_machine.travel(timezone.now() + timedelta(**time), tick=True)


def meanwhile(ada: AtDesk) -> None:
    """A new reply, an edited comment and one that goes, while nobody looks."""
    world, post = ada.sandbox.world, ada.sandbox.world.post(ada.post().urn)
    assert post is not None
    first = world.comments[ada.comment("Does it stop").comment_id]
    threads.add_comment(
        world, post, actor=stranger("Ben"), text="And on a slope?", parent=first, at_ms=world.now_ms() + 3_600_000
    )
    other = world.comments[ada.comment("Where is the data").comment_id]
    threads.edit_comment(world, other, agent=other.actor, text="Where is the data sheet now?", attributes=None)
    gone = world.comments[ada.comment("We measured 70").comment_id]
    threads.delete_comment(world, gone, actor=gone.actor, agent=gone.actor)
    ada.read_comments(ada.post())


def test_the_first_look_tells_nothing_and_the_next_visit_what_changed(ada_desk: AtDesk) -> None:
    post = ada_desk.post()
    assert "This is your first look" in look(ada_desk, post)
    with later(hours=1):
        meanwhile(ada_desk)
        page = look(ada_desk, post)
        assert "1 new comment, 1 edited, 1 removed" in page
        assert "Does it stop" in page and "1 new, 1 removed" in page
        assert "1 new comment" in look(ada_desk, post)  # the same visit
    with later(hours=3):
        assert "Nothing since" in look(ada_desk, post)


def test_each_person_has_looks_of_their_own(ada_desk: AtDesk) -> None:
    post = ada_desk.post()
    look(ada_desk, post)
    with later(hours=1):
        meanwhile(ada_desk)
        assert "Since you last looked" in look(ada_desk, post, **HTMX)
    assert visits.look(ada_desk.user, post) is not None


def test_likes_that_came_or_went_are_told_of_their_comment_and_announced_to_nobody(ada_desk: AtDesk) -> None:
    post, world = ada_desk.post(), ada_desk.sandbox.world
    liked = world.comments[ada_desk.comment("Does it stop").comment_id]
    look(ada_desk, post)
    with later(hours=1):
        before = timezone.now()
        threads.react(world, liked, actor=stranger("Ruth"), agent=stranger("Ruth"), kind="LIKE")
        ada_desk.read_comments(post)
        page = look(ada_desk, post)
        assert page.count("other likes on 1 comment") == 2 and "Does it stop" in page  # in all, and of its thread
        assert "new comment" not in page and thread_rows.news(post.pk, since=before) == 0
        ada_desk.read_comments(post)
    with later(hours=3):
        assert "Nothing since" in look(ada_desk, post)


def test_our_own_like_is_no_change_when_linkedin_counts_it(ada_desk: AtDesk) -> None:
    post, before = ada_desk.post(), timezone.now()
    writing.react(post, ada_desk.comment("Does it stop"), speaker=writing.Speaker(ada_desk.user, ACME), kind="LIKE")
    ada_desk.deliver()
    assert CommentContent.objects.get(pk=ada_desk.comment("Does it stop").pk).likes > 0
    ada_desk.read_comments(post)
    assert changes.since(post, before).liked == 0


def test_own_comments_are_no_news(ada_desk: AtDesk) -> None:
    moment = timezone.now() - timedelta(days=1)
    found = changes.since(ada_desk.post(), moment)
    others = Comment.objects.filter(post=ada_desk.post(), is_ours=False)
    assert found.new == others.count() < Comment.objects.filter(post=ada_desk.post()).count()


def test_it_costs_three_queries_however_much_changed(ada_desk: AtDesk, django_assert_max_num_queries: Any) -> None:
    post = ada_desk.post()
    for much in (timedelta(), timedelta(days=1)):
        with django_assert_max_num_queries(3):
            found = changes.since(post, timezone.now() - much)
        assert bool(found.new) is bool(much)


def test_nothing_is_said_where_nothing_changed(ada_desk: AtDesk) -> None:
    post = ada_desk.post()
    look(ada_desk, post)
    with later(hours=1):
        assert look(ada_desk, post, **HTMX) == ""
