"""What changed in a thread since a person last looked: counted for each of them, quiet about the rest."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from socialactions import clock
from socialactions.models import Comment, CommentContent, LastLook, Post, Snapshot
from socialactions.queries import changes
from socialactions.queries import threads as thread_rows
from socialactions.sandbox import threads
from socialactions.sandbox.seeds.cast import ACME, stranger
from socialactions.services import visits, writing
from tests.web.crowds import fill
from tests.web.desks import HTMX, AtDesk, text_of

MARKS = ["first_seen_at", "changed_at", "gone_at", "likes_moved_at"]


def look(person: AtDesk, post: Post, *, since: str = "", **headers: Any) -> str:
    answer = person.client.post(reverse("post-changes", args=[post.pk]), {"since": since}, headers=headers)
    assert answer.status_code == 200
    return text_of(answer)


def pass_by(**time: float) -> None:
    """All that happened so far is so much longer ago."""
    for model, names in {LastLook: ["at", "before"], Comment: MARKS}.items():
        model.objects.update(**{name: F(name) - timedelta(**time) for name in names})


def reacts(ada: AtDesk, name: str, words: str = "The third arm") -> None:
    """Somebody's reaction to a post, counted by us as well."""
    world, post = ada.sandbox.world, ada.sandbox.world.post(ada.post(words).urn)
    threads.react(world, post, actor=stranger(name), agent=stranger(name), kind="LIKE")
    ada.read_comments(ada.post(words))


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
    pass_by(hours=1)
    meanwhile(ada_desk)
    page = look(ada_desk, post)
    assert "1 new comment, 1 edited, 1 removed" in page
    assert "Does it stop" in page and "1 new, 1 removed" in page
    assert "1 new comment" in look(ada_desk, post)  # the same visit
    pass_by(hours=2)
    assert "Nothing since" in look(ada_desk, post)


def test_each_person_has_looks_of_their_own(ada_desk: AtDesk) -> None:
    post = ada_desk.post()
    look(ada_desk, post)
    pass_by(hours=1)
    meanwhile(ada_desk)
    assert "Since you last looked" in look(ada_desk, post, **HTMX)
    assert visits.look(ada_desk.user, post) is not None


def test_likes_that_came_or_went_are_told_of_their_comment_and_announced_to_nobody(ada_desk: AtDesk) -> None:
    post, world = ada_desk.post(), ada_desk.sandbox.world
    liked = world.comments[ada_desk.comment("Does it stop").comment_id]
    look(ada_desk, post)
    pass_by(hours=1)
    before = clock.now()
    threads.react(world, liked, actor=stranger("Ruth"), agent=stranger("Ruth"), kind="LIKE")
    ada_desk.read_comments(post)
    page = look(ada_desk, post)
    assert page.count("other likes on 1 comment") == 2 and "Does it stop" in page  # in all, and of its thread
    assert "new comment" not in page and thread_rows.news(post.pk, since=before) == 0
    ada_desk.read_comments(post)
    pass_by(hours=2)
    assert "Nothing since" in look(ada_desk, post)


def test_our_own_like_is_no_change_when_linkedin_counts_it(ada_desk: AtDesk) -> None:
    post, before = ada_desk.post(), clock.now()
    writing.react(post, ada_desk.comment("Does it stop"), speaker=writing.Speaker(ada_desk.user, ACME), kind="LIKE")
    ada_desk.deliver()
    assert CommentContent.objects.get(pk=ada_desk.comment("Does it stop").pk).likes > 0
    ada_desk.read_comments(post)
    assert changes.since(post, before).liked == 0


def test_own_comments_are_no_news(ada_desk: AtDesk) -> None:
    moment = clock.now() - timedelta(days=1)
    found = changes.since(ada_desk.post(), moment)
    others = Comment.objects.filter(post=ada_desk.post(), is_ours=False)
    assert found.new == others.count() < Comment.objects.filter(post=ada_desk.post()).count()


def test_it_costs_two_queries_however_much_changed(ada_desk: AtDesk, django_assert_max_num_queries: Any) -> None:
    post = ada_desk.post()
    for much in (timedelta(), timedelta(days=1)):
        with django_assert_max_num_queries(2):
            found = changes.since(post, clock.now() - much)
        assert bool(found.new) is bool(much)


def test_nothing_is_said_where_nothing_changed(ada_desk: AtDesk) -> None:
    post = ada_desk.post()
    look(ada_desk, post)
    pass_by(hours=1)
    assert look(ada_desk, post, **HTMX) == ""


def test_reactions_are_compared_with_those_that_were_seen(ada_desk: AtDesk) -> None:
    """The count moved five minutes after the last row of its history, and was seen so."""
    post = ada_desk.post()
    Snapshot.objects.filter(post=post).update(at=clock.now() - timedelta(minutes=5))
    reacts(ada_desk, "Ruth")
    look(ada_desk, post)
    pass_by(hours=1)
    assert "Nothing since" in look(ada_desk, post)
    reacts(ada_desk, "Ben")
    pass_by(hours=1)
    assert "1 reaction more" in look(ada_desk, post)


@pytest.mark.parametrize("is_counted", [False, True])
def test_our_own_reaction_to_the_post_is_no_change(ada_desk: AtDesk, is_counted: bool) -> None:
    post = ada_desk.post()
    look(ada_desk, post)
    pass_by(hours=1)
    before = post.total_reactions
    for kind in ("LIKE", "PRAISE"):
        writing.react(post, None, speaker=writing.Speaker(ada_desk.user, ACME), kind=kind)
        ada_desk.deliver()
        if is_counted:
            ada_desk.read_comments(post)
        assert ada_desk.post().total_reactions == before + 1
        assert "Nothing since" in look(ada_desk, post)
    reacts(ada_desk, "Ruth")
    assert "1 reaction more" in look(ada_desk, post)


@pytest.mark.parametrize("off_s", [600, -600], ids=["ahead", "behind"])
def test_a_worker_whose_clock_is_wrong_hides_no_change(ada_desk: AtDesk, off_s: int) -> None:
    post = ada_desk.post()
    look(ada_desk, post)
    pass_by(hours=1)
    look(ada_desk, post)
    drawn = clock.now()
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=off_s), tick=True):
        meanwhile(ada_desk)
    assert "1 new comment, 1 edited, 1 removed" in look(ada_desk, post)
    assert thread_rows.news(post.pk, since=drawn) == 1
    look(ada_desk, post)
    pass_by(hours=1)
    assert "Nothing since" in look(ada_desk, post)


def test_a_web_host_whose_clock_is_wrong_hides_no_change(ada_desk: AtDesk) -> None:
    post = ada_desk.post()
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=10), tick=True):
        look(ada_desk, post)
    meanwhile(ada_desk)
    pass_by(hours=1)
    assert "1 new comment, 1 edited, 1 removed" in look(ada_desk, post)


def test_what_came_after_the_list_was_drawn_was_not_seen(ada_desk: AtDesk) -> None:
    post = ada_desk.post()
    drawn = since_of(ada_desk.get("post-show", post.pk))
    meanwhile(ada_desk)
    look(ada_desk, post, since=drawn)
    pass_by(hours=1)
    assert "1 new comment, 1 edited, 1 removed" in look(ada_desk, post)


def test_who_takes_the_news_in_for_hours_is_not_told_them_again(ada_desk: AtDesk) -> None:
    post = ada_desk.post()
    look(ada_desk, post, since=since_of(ada_desk.get("post-show", post.pk)))
    for hour in range(3):
        pass_by(hours=1)
        ada_desk.say(post, f"Said in hour {hour}.")
        ada_desk.read_comments(post)
        assert 'id="seen-' not in ada_desk.get("post-show", post.pk).content.decode()  # told by the page's own look
        news = ada_desk.get("post-show", post.pk, htmx=True, part="comments")
        assert 'id="seen-' in news.content.decode()
        look(ada_desk, post, since=since_of(news))
    pass_by(hours=1)
    assert "Nothing since" in look(ada_desk, post)


def test_a_screen_tells_once_what_it_shows_and_not_with_each_tick(ada_desk: AtDesk) -> None:
    post = ada_desk.post()
    drawn = since_of(ada_desk.get("post-show", post.pk))

    def seen() -> str:
        ticked = ada_desk.get("post-live", post.pk, htmx=True, since=drawn).content.decode()
        found = re.findall(r'<i id="(seen-[^"]*)"[^>]*hx-trigger="intersect once"', ticked)
        assert len(found) == 1
        return str(found[0])

    assert seen() == seen()
    before = seen()
    reacts(ada_desk, "Ruth")
    assert seen() != before
    look(ada_desk, post, since=drawn)
    pass_by(hours=1)
    assert "Nothing since" in look(ada_desk, post)


def since_of(page: Any) -> str:
    found = re.search(r'name="since"[^>]*value="([0-9.]+)"', page.content.decode())
    assert found is not None
    return found[1]


def test_a_flood_of_news_is_counted_no_further_than_anybody_would(ada_desk: AtDesk) -> None:
    """Each open screen asks every few seconds."""
    post, drawn = ada_desk.post(), clock.now()
    fill(post, 130)
    Comment.objects.update(first_seen_at=clock.now())
    with CaptureQueriesContext(connection) as asked:
        page = ada_desk.get("post-live", post.pk, htmx=True, since=f"{drawn.timestamp():.3f}")
    assert "100 or more new comments" in text_of(page)
    assert all("LIMIT" in q["sql"] for q in asked if "COUNT(" in q["sql"]), [q["sql"] for q in asked]
