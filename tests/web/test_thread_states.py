"""How complete and how old a thread is, told truly: never read, reading, broken off, stale, closed, gone."""

from __future__ import annotations

from datetime import timedelta

from django.urls import reverse
from django.utils import timezone

from socialactions.models import CommentContent, Post
from socialactions.sandbox.faults import Rule
from tests.web.desks import AtDesk, text_of
from tests.worker.lives import empty_broker


def test_a_post_that_was_never_read_is_read_now(ada: AtDesk) -> None:
    ada.read_posts(ada.acme)
    post = ada.post()
    empty_broker()
    page = ada.get("post-show", post.pk)
    assert "Reading this post’s comments for the first time" in text_of(page)
    assert '<noscript><meta http-equiv="refresh" content="3"></noscript>' in page.content.decode()
    ada.get("post-live", post.pk)
    assert empty_broker() == 1  # a second look does not ask again
    ada.read_comments(post)
    page = ada.get("post-show", post.pk)
    assert "for the first time" not in text_of(page) and b"http-equiv" not in page.content
    assert "Does it stop when I touch it?" in text_of(page)


def test_a_reading_that_broke_off_says_what_is_missing_and_why(ada_desk: AtDesk) -> None:
    post = ada_desk.post()
    ada_desk.sandbox.world.faults.append(Rule.read({"do": "refuse", "status": 503, "path": "/comments$", "times": 99}))
    ada_desk.read_comments(post)
    page = ada_desk.get("post-show", post.pk)
    assert " of about 4 comments." in text_of(page) and "Load the rest" in text_of(page)
    assert Post.objects.get(pk=post.pk).read_problem in text_of(page)
    assert "Does it stop when I touch it?" in text_of(page)  # what we had stays


def test_a_limit_that_is_used_up_is_told_as_that(ada_desk: AtDesk) -> None:
    post = ada_desk.post()
    ada_desk.sandbox.world.faults.append(Rule.read({"do": "throttle", "times": 99}))
    ada_desk.read_comments(post)
    assert "LinkedIn's limit for today is used up." in text_of(ada_desk.get("post-show", post.pk))


def test_an_old_reading_says_its_age_and_is_refreshed_in_the_background(ada_desk: AtDesk) -> None:
    post = ada_desk.post()
    Post.objects.filter(pk=post.pk).update(read_at=timezone.now() - timedelta(minutes=14))
    empty_broker()
    page = text_of(ada_desk.get("post-show", post.pk))
    assert "Read 14 min ago : 4 of 4" in page and empty_broker() == 1


def test_refresh_reads_at_once_and_only_once(ada_desk: AtDesk) -> None:
    post = ada_desk.post()
    here = reverse("post-show", args=[post.pk])
    assert ada_desk.send("post-refresh", post.pk, fields={"next": f"{here}?sort=oldest"})["Location"].endswith("oldest")
    assert Post.objects.get(pk=post.pk).reading_until is not None
    answer = ada_desk.client.post(reverse("post-refresh", args=[post.pk]), follow=True)
    assert "This post is being read already." in text_of(answer)


def test_a_closed_post_says_so_and_takes_no_comment(ada_desk: AtDesk) -> None:
    post = ada_desk.post()
    ada_desk.on_linkedin(post).comments_state = "CLOSED"
    ada_desk.read_comments(post)
    page = ada_desk.get("post-show", post.pk)
    assert "Comments are closed." in text_of(page) and "Comments on this post are closed." in text_of(page)
    assert b"<textarea" not in page.content


def test_a_post_nobody_touched_invites_the_first_word(ada_desk: AtDesk) -> None:
    page = text_of(ada_desk.get("post-show", ada_desk.post("Quiet floor").pk))
    assert "Nobody has commented yet. The first word can be yours." in page
    assert "No reactions yet" in page


def test_what_linkedin_no_longer_lists_leaves_a_gravestone_without_words(ada_desk: AtDesk) -> None:
    post, comment = ada_desk.post(), ada_desk.comment("Where is the data sheet")
    ada_desk.remove(comment)
    ada_desk.read_comments(post)
    fragment = text_of(ada_desk.get("comment-show", comment.pk, htmx=True))
    assert "A comment stood here. It was deleted on LinkedIn" in fragment
    for page in (fragment, text_of(ada_desk.get("post-show", post.pk))):
        assert "data sheet" not in page and "Priya" not in page
    assert not CommentContent.everything.filter(pk=comment.pk).exists()
