"""Words past their time are missed aloud: on the post, in the thread, and where something of ours is still open."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.utils import timezone

from socialactions import tasks
from socialactions.models import Comment, CommentContent, Outgoing, Post
from socialactions.queries.posts import LOOKED_FOR_EXPIRED
from socialactions.sandbox.seeds.cast import ACME, stranger
from socialactions.services import forgetting, keeping, reading, writing
from tests.web.crowds import fill
from tests.web.desks import AtDesk, text_of

HEAD = "The words of {} have expired."


def expire(*comments: Comment) -> None:
    CommentContent.everything.filter(comment__in=comments).update(expires_at=timezone.now())


def reply(desk: AtDesk, comment: Comment) -> Outgoing:
    speaker = writing.Speaker(user=desk.user, actor_urn=ACME)
    return writing.reply_to(comment, speaker=speaker, text="Still to be sent", form_key=uuid4())


@pytest.mark.parametrize("is_purged", [False, True])
def test_a_post_says_how_many_words_have_expired(ada_desk: AtDesk, is_purged: bool) -> None:
    post, comment = ada_desk.post(), ada_desk.comment("Does it stop")
    assert "have expired" not in text_of(ada_desk.get("post-show", post.pk))
    expire(comment, ada_desk.comment("data sheet"))
    if is_purged:
        keeping.purge()
    for answer in (ada_desk.get("post-show", post.pk), ada_desk.get("post-live", post.pk, htmx=True)):
        words = text_of(answer)
        assert HEAD.format("2 comments") in words and "Fetch again" in words and "Does it stop" not in words


def test_replies_are_missed_on_a_post_with_hundreds_of_threads(ada_desk: AtDesk) -> None:
    post = ada_desk.post()
    fill(post, LOOKED_FOR_EXPIRED + 20, with_replies=4)
    Post.objects.filter(pk=post.pk).update(total_comments=LOOKED_FOR_EXPIRED + 36)
    assert "have expired" not in text_of(ada_desk.get("post-show", post.pk))
    expire(*Comment.objects.filter(post=post, thread__isnull=False, comment_id__startswith="7000")[:9])
    assert HEAD.format("at least 9 comments") in text_of(ada_desk.get("post-show", post.pk))


def test_fetching_again_brings_the_words_back(ada_desk: AtDesk) -> None:
    post, comment = ada_desk.post(), ada_desk.comment("Does it stop")
    expire(comment)
    assert ada_desk.send("post-refresh", post.pk).status_code == 302
    assert Post.objects.get(pk=post.pk).reading_until is not None  # a reading was asked for, however fresh the last is
    ada_desk.read_comments(post)
    words = text_of(ada_desk.get("post-show", post.pk))
    assert "Does it stop" in words and "have expired" not in words


def test_one_thread_says_so_in_its_place_and_keeps_the_pages_replies(ada_desk: AtDesk) -> None:
    comment = ada_desk.comment("Does it stop")
    expire(comment)
    words = text_of(ada_desk.get("comment-show", comment.pk, htmx=True))
    assert "The words of this comment were kept for as long as they may be and are gone. Fetch them again" in words
    assert "It does, within 80 ms." in words and "We measured 70." in words


def test_open_work_stays_in_sight_without_the_words_it_is_about(ada_desk: AtDesk) -> None:
    post, comment = ada_desk.post(), ada_desk.comment("Does it stop")
    reply(ada_desk, comment)
    expire(comment)
    page = ada_desk.get("post-show", post.pk)
    words = text_of(page)
    assert "Still to be sent" in words and words.count("Fetch them again") == 1
    assert f'id="thread-{comment.pk}"'.encode() in page.content


def test_who_is_forgotten_is_not_offered_to_be_fetched_again(ada_desk: AtDesk) -> None:
    post, comment = ada_desk.post(), ada_desk.comment("Does it stop")
    forgetting.forget(desk=ada_desk.desk, member_urn=stranger("Dana"), by=ada_desk.user)
    assert "have expired" not in text_of(ada_desk.get("post-show", post.pk))
    words = text_of(ada_desk.get("comment-show", comment.pk, htmx=True))
    assert "Somebody wrote here who asked to be forgotten." in words and "Fetch them again" not in words
    assert "We measured 70." in words


def test_an_expired_post_leads_nowhere_and_stays_in_history(ada_desk: AtDesk) -> None:
    action, post, comment = (
        reply(ada_desk, ada_desk.comment("Does it stop")),
        ada_desk.post(),
        ada_desk.comment("80 ms"),
    )
    Post.objects.filter(pk=post.pk).update(expires_at=timezone.now())
    for name, pk in (("post-show", post.pk), ("comment-show", comment.pk), ("reply-create", comment.pk)):
        assert ada_desk.get(name, pk).status_code == 404
    for answer in (ada_desk.get("history"), ada_desk.get("outgoing-show", action.uid)):
        assert answer.status_code == 200 and "Still to be sent" in text_of(answer)
        assert "The third arm" not in text_of(answer) and str(post.pk) not in answer.content.decode()


def test_words_that_open_work_needs_are_read_again_before_they_end(ada_desk: AtDesk) -> None:
    comment, now = ada_desk.comment("Does it stop"), timezone.now()
    row = reply(ada_desk, comment)
    assert keeping.wants_words_again(now) == []
    assert keeping.wants_words_again(now + timedelta(hours=41, minutes=59)) == []
    assert keeping.wants_words_again(now + timedelta(hours=42, minutes=1)) == [ada_desk.post()]
    Outgoing.objects.filter(pk=row.pk).update(state=Outgoing.State.CANCELLED, finished_at=now)
    assert keeping.wants_words_again(now + timedelta(hours=42, minutes=1)) == []


def test_each_such_post_is_asked_for_once_an_hour_and_not_while_it_rests(ada_desk: AtDesk) -> None:
    reply(ada_desk, ada_desk.comment("Does it stop"))
    CommentContent.everything.update(expires_at=timezone.now() + timedelta(hours=5))
    post = ada_desk.post()
    assert keeping.to_read_again() == [str(post.pk)]
    Post.objects.update(reading_until=None)
    assert keeping.to_read_again() == []
    cache.delete(f"words-again:{post.pk}")
    tasks.keep_open_work()
    assert Post.objects.get(pk=post.pk).reading_until is not None
    Post.objects.update(reading_until=None)
    cache.clear()
    reading.rest(post)
    assert keeping.to_read_again() == []


def test_no_budget_no_reading_and_the_screen_says_so(ada_desk: AtDesk, settings: Any) -> None:
    settings.DAILY_CALLS_MEMBER = 1
    post, comment = ada_desk.post(), ada_desk.comment("Does it stop")
    expire(comment)
    ada_desk.read_comments(post)
    words = text_of(ada_desk.get("post-show", post.pk))
    assert HEAD.format("1 comment") in words and "Reading has used its share of today" in words
