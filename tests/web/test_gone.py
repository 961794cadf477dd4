"""Posts that were deleted on LinkedIn: found out, made sure of, read no more, and said; and never taken for deleted."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache

from socialactions.models import Comment, CommentContent, Connection, Event, Outgoing, Post, SyncRun
from socialactions.queries import posts as post_rows
from socialactions.sandbox.faults import Rule
from socialactions.services import gone, reading, sync
from tests.web.desks import AtDesk, fields_of, text_of


@pytest.fixture(autouse=True)
def no_limit(settings: Any) -> None:
    settings.DAILY_CALLS_MEMBER = settings.DAILY_CALLS_APP = 0


def delete(desk: AtDesk, post: Post) -> dict[str, Any]:
    """Its Page deletes it on LinkedIn; returns what `bring_back` needs."""
    world = desk.sandbox.world
    names = [name for name, urn in world.aliases.items() if urn == post.urn]
    below = [pk for pk, one in world.comments.items() if one.post == post.urn]
    return {
        "posts": {post.urn: world.posts.pop(post.urn)},
        "aliases": {name: world.aliases.pop(name) for name in names},
        "comments": {pk: world.comments.pop(pk) for pk in below},
    }


def bring_back(desk: AtDesk, taken: dict[str, Any]) -> None:
    for what, entries in taken.items():
        getattr(desk.sandbox.world, what).update(entries)


def run(desk: AtDesk) -> SyncRun:
    connection = Connection.objects.get(user=desk.user)
    desk.sandbox.world.requests.clear()
    found = sync.run(connection, way="beat", is_everything=True)
    assert found is not None and found.state == SyncRun.State.DONE
    return found


def asked_for_posts(desk: AtDesk) -> int:
    return dict(desk.sandbox.world.requests).get("GET posts/*", 0)


def test_a_deleted_post_is_said_to_be_and_its_comments_words_go(ada_desk: AtDesk) -> None:
    post = ada_desk.post()
    delete(ada_desk, post)
    ada_desk.read_comments(post)
    page = ada_desk.get("post-show", post.pk)
    assert "This post is no longer on LinkedIn, and its comments went with it" in text_of(page)
    assert "The third arm" in text_of(page) and "Does it stop" not in text_of(page)
    assert b"<textarea" not in page.content and b"/refresh/" not in page.content
    assert "no longer on LinkedIn, and" in text_of(ada_desk.get("post-live", post.pk, htmx=True))
    assert not CommentContent.everything.filter(post=post).exists()
    assert not Comment.objects.filter(post=post, gone_at=None).exists()
    assert Event.objects.filter(topic=f"post-{post.pk}", kind="read").exists()


def test_reading_ahead_notices_with_one_call_more_and_then_leaves_it_alone(ada_desk: AtDesk) -> None:
    run(ada_desk)
    assert asked_for_posts(ada_desk) == 0
    post = ada_desk.post()
    delete(ada_desk, post)
    run(ada_desk)
    assert asked_for_posts(ada_desk) == 1
    post.refresh_from_db()
    assert post.gone_at is not None and post.reading_until is None
    assert post.pk not in [row.id for row in post_rows.of_page(ada_desk.acme)[0]]
    run(ada_desk)
    assert asked_for_posts(ada_desk) == 0
    answer = ada_desk.send("post-refresh", post.pk)
    post.refresh_from_db()
    assert answer.status_code == 302 and post.reading_until is None


def test_counts_that_do_not_come_are_no_proof(ada_desk: AtDesk) -> None:
    post, world = ada_desk.post(), ada_desk.sandbox.world
    world.faults.append(Rule.read({"do": "refuse", "status": 404, "path": "/socialMetadata"}))
    ada_desk.read_comments(post)
    post.refresh_from_db()
    assert post.gone_at is None and post.read_problem == "LinkedIn does not know this any more."
    assert CommentContent.objects.filter(post=post).exists()


def test_who_may_not_read_posts_calls_none_deleted(ada_desk: AtDesk) -> None:
    post, world = ada_desk.post(), ada_desk.sandbox.world
    delete(ada_desk, post)
    world.faults.append(Rule.read({"do": "refuse", "status": 403, "path": "/posts/"}))
    ada_desk.read_comments(post)
    post.refresh_from_db()
    assert post.gone_at is None and post.read_problem == "LinkedIn does not know this any more."


def test_a_post_without_counts_that_is_there_is_asked_for_once_a_day(ada_desk: AtDesk) -> None:
    post, world = ada_desk.post(), ada_desk.sandbox.world
    for name in [name for name, urn in world.aliases.items() if urn == post.urn]:
        del world.aliases[name]  # by which counts are found, and posts are not
    for calls in (1, 0):
        run(ada_desk)
        post.refresh_from_db()
        assert asked_for_posts(ada_desk) == calls and post.gone_at is None


def test_what_is_listed_again_stands_here_again_with_its_comments(ada_desk: AtDesk) -> None:
    post = ada_desk.post()
    taken = delete(ada_desk, post)
    ada_desk.read_comments(post)
    bring_back(ada_desk, taken)
    ada_desk.read_posts(ada_desk.acme)
    post.refresh_from_db()
    assert post.gone_at is None and post in sync.unread([ada_desk.acme])
    cache.clear()
    assert reading.claim_comments(post)
    reading.read_comments(post.pk)
    assert "Does it stop" in text_of(ada_desk.get("post-show", post.pk))


def test_nothing_is_written_below_it(ada_desk: AtDesk) -> None:
    post = ada_desk.post()
    fields = {**fields_of(ada_desk.get("post-show", post.pk), f"composer-post-{post.pk}"), "text": "Too late"}
    gone.mark(post)
    answer = ada_desk.send("comment-create", post.pk, fields=fields)
    assert answer.status_code == 422
    assert "This post is no longer on LinkedIn. Your text is kept." in text_of(answer)
    assert b">Too late</textarea>" in answer.content.replace(b">\n", b">") and not Outgoing.objects.exists()
