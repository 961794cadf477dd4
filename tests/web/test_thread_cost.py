"""A thread page costs the same however long the thread is."""

from __future__ import annotations

import gzip
from typing import Any
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from socialactions import clock, tasks
from socialactions.models import CommentContent, Post
from socialactions.queries import threads
from socialactions.sandbox.seeds.cast import ACME
from socialactions.services import reading, writing
from tests.deeds import ago
from tests.web.crowds import fill
from tests.web.desks import AtDesk, text_of
from tests.worker.lives import empty_broker


@pytest.mark.parametrize("count", [100, 1000, 5000])
def test_a_thread_page_costs_six_queries_however_long_it_is(ada_desk: AtDesk, count: int, capsys: Any) -> None:
    post = ada_desk.post("Quiet floor")
    comments = fill(post, count, with_replies=count // 3)
    speaker = writing.Speaker(user=ada_desk.user, actor_urn=ACME)
    for comment in comments[-20:]:
        writing.reply_to(comment, speaker=speaker, text="Under way", form_key=uuid4())
    first = next(comment for comment in reversed(comments) if comment.thread_id is None)
    cursor = f"{CommentContent.everything.get(pk=first.pk).created_at.isoformat().replace('+00:00', 'Z')}_{first.pk}"
    looks: list[tuple[str, Any, dict[str, Any]]] = [
        ("post-show", post.pk, {}),
        ("post-show", post.pk, {"as": "me"}),
        ("post-show", post.pk, {"as": "me", "sort": "oldest"}),
        ("post-show", post.pk, {"before": cursor}),
        ("post-show", post.pk, {"before": cursor, "htmx": True}),
        ("post-show", post.pk, {"part": "comments", "htmx": True}),
        ("post-live", post.pk, {"htmx": True, "since": "1"}),
        ("comment-show", first.pk, {"htmx": True}),
    ]
    for is_stale in (False, True):
        Post.objects.update(read_at=ago(hours=is_stale))
        spent = {}
        for name, pk, query in looks:
            cache.delete(f"comments-wanted:{post.pk}")
            clock.forget()
            with CaptureQueriesContext(connection) as queries:
                assert ada_desk.get(name, pk, **query).status_code == 200
            spent[" ".join([name, *query])] = len(queries)
        with capsys.disabled():
            print(f"\n{count} threads, {'stale' if is_stale else 'fresh'}: {spent}")
        assert max(spent.values()) <= 6


@pytest.mark.parametrize("sort", ["newest", "oldest"])
def test_the_list_of_threads_is_walked_in_its_order_and_never_sorted(ada_desk: AtDesk, sort: str) -> None:
    post = ada_desk.post("Quiet floor")
    fill(post, 100)
    with CaptureQueriesContext(connection) as queries:
        ada_desk.get("post-show", post.pk, sort=sort)
    listing = [query["sql"] for query in queries if query["sql"].endswith(f"LIMIT {threads.PAGE + 1}")]
    assert len(listing) == 1
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_sort = off")  # it would sort so few even where it need not
        cursor.execute(("EXPLAIN QUERY PLAN " if connection.vendor == "sqlite" else "EXPLAIN ") + listing[0])
        plan = "\n".join(str(line[-1]) for line in cursor.fetchall())
    assert "content_in_order" in plan and "Sort" not in plan and "TEMP B-TREE" not in plan


def test_many_screens_of_a_stale_post_ring_once_and_the_worker_claims(ada_desk: AtDesk) -> None:
    post = ada_desk.post()
    ada_desk.say(post, "Said meanwhile.")
    empty_broker()
    ada_desk.get("post-show", post.pk)
    assert empty_broker() == 0  # fresh
    Post.objects.update(read_at=ago(hours=1))
    for name in ("post-show", "post-live") * 2:
        assert "Said meanwhile." not in text_of(ada_desk.get(name, post.pk))
    assert empty_broker() == 1 and ada_desk.post().reading_until is None
    assert reading.claim_comments(post)
    tasks.read_stale_comments(str(post.pk))  # somebody is at it
    assert ada_desk.post().read_at < ago(minutes=30)
    Post.objects.update(reading_until=None)
    tasks.read_stale_comments(str(post.pk))
    read_at = ada_desk.post().read_at
    assert "Said meanwhile." in text_of(ada_desk.get("post-show", post.pk))
    tasks.read_stale_comments(str(post.pk))  # a bell that comes late
    assert ada_desk.post().read_at == read_at


def test_a_page_of_fifty_threads_is_light(ada_desk: AtDesk, capsys: Any) -> None:
    plain = {}
    for words, with_replies in (("Quiet floor", 0), ("The third arm", 300)):
        post = ada_desk.post(words)
        fill(post, 1000, with_replies=with_replies)
        page = ada_desk.get("post-show", post.pk).content
        packed = len(gzip.compress(page, 6))
        comments = page.count(b'<article class="comment"')
        with capsys.disabled():
            print(f"\n50 threads, {comments} comments: {len(page):,} bytes plain, {packed:,} compressed")
        assert page.count(b'<li class="thread"') == 50 and packed <= 20_000
        plain[comments] = len(page)
    assert plain[50] <= 90_000
