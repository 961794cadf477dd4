"""The list of a Page's posts: counts, ages, states, the Page one looks at, and what is said when there is none."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from socialactions.models import Connection, Organization, Post
from socialactions.sandbox.faults import Rule
from socialactions.sandbox.seeds import build
from socialactions.sandbox.seeds.cast import ACME, ADA
from tests.deeds import ago
from tests.web.desks import AtDesk, come_back, id_of, text_of


def test_posts_stand_newest_first_with_their_counts(ada_desk: AtDesk) -> None:
    page = ada_desk.get("post-list")
    words = text_of(page)
    assert words.index("Quiet floor, quiet mind") < words.index("The third arm is here")
    assert "1 d ago" in words and "2 d ago" in words
    assert "reaction 1 comments 4" in words and "reactions 0 comments 0" in words
    assert reverse("post-show", args=[ada_desk.post().pk]).encode() in page.content


def test_a_page_that_was_never_read_is_read_now(ada: AtDesk) -> None:
    assert "Reading your Page for the first time" in text_of(ada.get("post-list"))
    assert ada.acme.posts_reading_until is not None
    Organization.objects.update(posts_reading_until=None)
    ada.read_posts(ada.acme)
    assert "The third arm is here" in text_of(ada.get("post-list"))


def test_a_page_without_posts_says_so(ada: AtDesk) -> None:
    ada.sandbox.world.posts.clear()
    ada.read_posts(ada.acme)
    assert "This Page has not posted yet" in text_of(ada.get("post-list"))


def test_linkedin_down_is_no_empty_list(ada_desk: AtDesk) -> None:
    ada_desk.sandbox.world.faults.append(Rule.read({"do": "refuse", "status": 503, "times": 99}))
    ada_desk.read_posts(ada_desk.acme)
    page = text_of(ada_desk.get("post-list"))
    assert "LinkedIn did not answer." in page and "The third arm is here" in page
    Post.objects.all().delete()
    page = text_of(ada_desk.get("post-list"))
    assert "could not be read" in page and "LinkedIn did not answer." in page and "not posted yet" not in page


def test_states_of_posts_show_in_their_row(ada_desk: AtDesk) -> None:
    post = ada_desk.post()
    Post.objects.filter(pk=post.pk).update(
        comments_state="CLOSED", reading="incomplete", read_found=2, total_comments=9, read_problem="It broke off."
    )
    page = text_of(ada_desk.get("post-list"))
    assert "Comments are closed" in page and "2 of about 9 read" in page


def test_an_expired_post_is_not_shown(ada_desk: AtDesk) -> None:
    Post.objects.filter(pk=ada_desk.post().pk).update(expires_at=timezone.now())
    assert "The third arm" not in text_of(ada_desk.get("post-list"))
    assert "The third arm" not in text_of(ada_desk.get("post-show", ada_desk.post("Quiet floor").pk))


def test_markup_in_a_post_is_text_and_its_link_is_a_web_address(ada: AtDesk) -> None:
    world = ada.sandbox.world
    article = {"source": "javascript:alert(1)", "title": "<img src=x onerror=alert(2)>"}
    text = '<script>alert(3)</script> {hashtag|\\#|a"b} @[<b>Acme</b>](urn:li:organization:1001) https://ok.example/'
    build.add_post(world, ACME, text, age_s=10, content={"article": article}, agent=ADA)
    ada.read_posts(ada.acme)
    post = Post.objects.get(commentary__contains="alert(3)")
    for answer in (ada.get("post-list"), ada.get("post-show", post.pk), ada.get("history")):
        page = answer.content.decode()
        for evil in ("<script>alert", "<img src=x", 'href="javascript:', "<b>Acme</b>"):
            assert evil not in page
    assert 'href="https://ok.example/"' in ada.get("post-show", post.pk).content.decode()


def test_switching_pages_changes_what_one_looks_at(ada_desk: AtDesk) -> None:
    assert ada_desk.send("page-look", ada_desk.birch.pk)["Location"] == reverse("post-list")
    page = text_of(ada_desk.get("post-list"))
    assert "The chair that stays" in page and "The third arm" not in page
    ada_desk.send("page-look", ada_desk.acme.pk)
    assert "The third arm" in text_of(ada_desk.get("post-list"))


def test_a_page_one_may_not_read_is_greyed_with_the_reason(ada_desk: AtDesk) -> None:
    ada_desk.sandbox.world.set_role(id_of("ada"), "1002", "ANALYST")
    come_back(ada_desk.client)
    page = ada_desk.get("post-list").content.decode()
    (button,) = re.findall(rf'<button[^>]*formaction="{reverse("page-look", args=[ada_desk.birch.pk])}"[^>]*>', page)
    assert " disabled" in button
    assert "Your role Analyst on Birch &amp; Co does not let us read comments." in page
    assert ada_desk.send("page-look", ada_desk.birch.pk).status_code == 404


def test_who_has_no_page_is_told_what_to_do(cy: AtDesk) -> None:
    page = text_of(cy.get("post-list"))
    assert "No Page to look at yet" in page and "LinkedIn lists no Page that you manage." in page
    assert cy.send("posts-refresh").status_code == 404


def test_who_may_read_no_page_is_told_why(ada_desk: AtDesk, seat: Any) -> None:
    ada_desk.sandbox.world.set_role(id_of("cy"), "1001", "CURATOR")
    page = text_of(seat("cy", invited_by=ada_desk).get("post-list"))
    assert "You cannot read this Page’s comments" in page
    assert "Your role Curator on Acme Robotics does not let us read comments." in page


def test_refresh_reads_once_however_often_it_is_pressed(ada_desk: AtDesk) -> None:
    ada_desk.send("posts-refresh")
    first = ada_desk.acme.posts_reading_until
    ada_desk.send("posts-refresh")
    assert first is not None and ada_desk.acme.posts_reading_until == first


def test_an_ended_connection_still_shows_what_is_kept(ada_desk: AtDesk) -> None:
    ada_desk.send("connection-end", ada_desk.user.connection.pk)
    page = text_of(ada_desk.get("post-list"))
    assert "Your LinkedIn connection ended on" in page and "The third arm" in page
    page = text_of(ada_desk.get("post-show", ada_desk.post().pk))
    assert "Does it stop when I touch it?" in page and "Your LinkedIn connection ended on" in page


def test_an_ended_connection_does_not_read_on_for_ever(ada_desk: AtDesk) -> None:
    """Colleagues bring new comments, and nobody can ask whether the role that shows them is still there."""
    post = ada_desk.post()
    ada_desk.send("connection-end", ada_desk.user.connection.pk)
    Connection.objects.update(roles_checked_at=ago(hours=49))
    blind = "Your LinkedIn connection ended more than two days ago. Connect again to read."
    answer = ada_desk.get("post-show", post.pk)
    assert answer.status_code == 403 and blind in text_of(answer)
    assert "Does it stop when I touch it?" not in text_of(answer)
    page = text_of(ada_desk.get("post-list"))
    assert "Your LinkedIn connection ended on" in page and "The third arm" not in page


@pytest.mark.parametrize("htmx", [True, False], ids=["htmx", "plain"])
def test_earlier_posts_lead_to_the_last(ada_desk: AtDesk, htmx: bool) -> None:
    _many(ada_desk, 95)
    seen: list[str] = []
    address = reverse("post-list")
    for _ in range(6):
        page = ada_desk.client.get(address, headers={"HX-Request": "true"} if htmx and seen else {}).content.decode()
        assert ("<!doctype" in page) is not (htmx and bool(seen))
        seen += re.findall(r'<h3 class="post-row__title"><a href="/posts/([0-9a-f-]{36})/"', page)
        more = re.search(r'href="([^"]*before=[^"]*)"', page)
        if more is None:
            break
        address = more[1].replace("&amp;", "&")
    wanted = ada_desk.acme.posts.order_by("-created_at", "-id").values_list("pk", flat=True)
    assert seen == [str(pk) for pk in wanted] and len(seen) == 97


def test_an_open_list_hears_what_moved_and_announces_new_posts(ada_desk: AtDesk) -> None:
    page = ada_desk.get("post-list").content.decode()
    post = ada_desk.post()
    row = page[: page.index(f'href="/posts/{post.pk}/"')].rpartition("<li")[2]
    assert f'hx-get="/posts/{post.pk}/numbers/" hx-trigger="sse:post-{post.pk}" hx-target="find dl"' in row
    ada_desk.say(post, "One more.")
    ada_desk.read_comments(post)
    assert text_of(ada_desk.get("post-numbers", post.pk, htmx=True)) == "reaction 1 comments 5"
    beside = ada_desk.get("post-show", post.pk).content.decode()  # the same in the line beside its thread
    short = re.search(r'hx-get="([^"]+short=1)" hx-trigger="sse:post-([^"]+)" hx-swap="innerHTML">5 comments', beside)
    assert short and short[2] == str(post.pk)
    assert text_of(ada_desk.client.get(short[1])) == "5 comments"
    heard = re.search(r'hx-get="(/posts/news/[^"]+)" hx-trigger="sse:page-([^,]+), every 60s"', page)
    assert heard and heard[2] == str(ada_desk.acme.pk)
    assert text_of(ada_desk.client.get(heard[1])) == ""
    build.add_post(ada_desk.sandbox.world, ACME, "Brand new", age_s=60)
    ada_desk.read_posts(ada_desk.acme)
    assert text_of(ada_desk.client.get(heard[1])) == "1 new post"
    assert "Brand new" in text_of(ada_desk.get("post-list"))


def test_the_list_costs_the_same_however_long_it_is(ada_desk: AtDesk) -> None:
    spent = []
    for more in (0, 50, 500):
        _many(ada_desk, more)
        with CaptureQueriesContext(connection) as queries:
            assert ada_desk.get("post-list").status_code == 200
        spent.append(len(queries))
    assert max(spent) <= 5 and len(set(spent)) == 1, spent


def _many(desk: AtDesk, count: int) -> None:
    now, organization = timezone.now(), desk.acme
    known = organization.posts.count()
    Post.objects.bulk_create(
        Post(
            organization=organization, urn=f"urn:li:share:{known + n}", author_urn=ACME, commentary=f"Post {n}.",
            created_at=now - timedelta(days=3, minutes=n // 2), fetched_at=now, expires_at=now + timedelta(days=180),
        )
        for n in range(count)
    )  # fmt: skip


def test_everything_stands_closer_together_on_this_screen_when_asked(ada_desk: AtDesk) -> None:
    compact = b'<html lang="en" data-density="compact">'
    assert compact not in ada_desk.get("post-list").content
    answer = ada_desk.send("density", fields={"density": "compact", "next": reverse("history")})
    assert answer["Location"] == reverse("history")
    assert compact in ada_desk.get("history").content and b"Comfortable view" in ada_desk.get("post-list").content
    ada_desk.send("density", fields={"density": "comfortable"})
    assert compact not in ada_desk.get("post-list").content
