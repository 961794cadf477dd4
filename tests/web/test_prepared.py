"""Queries whose SQL is put together once say what the same query says that was put together just now."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from uuid import UUID, uuid4

import pytest
import time_machine
from django.db import connection
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from socialactions.models import CommentContent, Post
from socialactions.prepared import Prepared
from socialactions.queries import posts
from socialactions.sandbox.server import Running
from tests.deeds import Place, in_threads, settle_in


@pytest.fixture
def place(sandbox_server: Running, db: None) -> Place:
    return settle_in(sandbox_server)


@pytest.fixture
def open_place(sandbox_server: Running, transactional_db: None) -> Place:
    return settle_in(sandbox_server)


def words(post_id: UUID, since: datetime, author: str) -> QuerySet[CommentContent]:
    found = CommentContent.objects.filter(post=post_id, created_at__gt=since, comment__actor_urn__gte=author)
    return found.select_related("comment").order_by("created_at")


def those(ids: list[UUID]) -> QuerySet[Post]:
    return Post.objects.filter(pk__in=ids).order_by("created_at")


def test_every_value_is_given_anew(place: Place) -> None:
    prepared = Prepared(words)
    read, silent = place.post(), place.post("Quiet floor")
    middle = CommentContent.objects.filter(post=read).order_by("created_at")[1]
    long_ago = middle.created_at - timedelta(days=999)
    for post, since, author in (
        (read, long_ago, ""),
        (silent, long_ago, ""),
        (read, middle.created_at, ""),
        (read, long_ago, middle.comment.actor_urn),
        (read, long_ago, ""),
    ):
        with CaptureQueriesContext(connection) as queries:
            found = prepared.rows(post_id=post.pk, since=since, author=author)
            said = [(one, one.comment.urn, one.text, one.attributes, one.created_at) for one in found]
        assert len(queries) == 1
        plain = words(post.pk, since, author)
        assert said == [(one, one.comment.urn, one.text, one.attributes, one.created_at) for one in plain]
    assert len(found) == 4 and prepared.rows(post_id=silent.pk, since=long_ago, author="") == []


def test_what_ends_between_two_calls_is_not_returned_again(place: Place) -> None:
    prepared = Prepared(words)
    ask = partial(prepared.rows, post_id=place.post().pk, since=timezone.now() - timedelta(days=999), author="")
    assert len(ask()) == 4
    CommentContent.everything.filter(comment=place.comment()).update(expires_at=timezone.now() + timedelta(minutes=1))
    with time_machine.travel(timezone.now() + timedelta(minutes=2), tick=False):
        assert len(ask()) == 3
    assert len(ask()) == 4


def test_lists_of_any_length(place: Place) -> None:
    prepared, ids = Prepared(those), list(Post.objects.values_list("pk", flat=True))
    for some in (ids, ids[:1], [uuid4()], ids[1:]):
        assert prepared.rows(ids=some) == list(those(some))


def test_threads_that_ask_at_once_get_their_own(open_place: Place) -> None:
    ids = list(Post.objects.order_by("pk").values_list("pk", flat=True)) * 5
    found = in_threads(len(ids), lambda number: posts.with_siblings(ids[number])[0])
    assert [post and post.pk for post in found] == ids


def test_a_query_that_holds_a_moment_of_its_own_is_refused(place: Place) -> None:
    def late(post_id: UUID) -> QuerySet[Post]:
        return Post.objects.filter(pk=post_id, created_at__lt=timezone.now())

    with pytest.raises(ValueError, match="not given"):
        Prepared(late).rows(post_id=place.post().pk)
    with pytest.raises(ValueError, match="not in the query"):
        Prepared(lambda post_id, desk_id: Post.objects.filter(pk=post_id)).rows(post_id=uuid4(), desk_id=uuid4())
