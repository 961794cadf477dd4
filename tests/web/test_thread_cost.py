"""A thread page costs the same however long the thread is."""

from __future__ import annotations

import gzip
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from socialactions.models import CommentContent
from socialactions.sandbox.seeds.cast import ACME
from socialactions.services import writing
from tests.web.crowds import fill
from tests.web.desks import AtDesk


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
    spent = {}
    for name, pk, query in looks:
        with CaptureQueriesContext(connection) as queries:
            assert ada_desk.get(name, pk, **query).status_code == 200
        spent[" ".join([name, *query])] = len(queries)
    with capsys.disabled():
        print(f"\n{count} threads: {spent}")
    assert max(spent.values()) <= 6


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
