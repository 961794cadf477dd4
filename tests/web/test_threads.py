"""A post with its threads: everything that was said, in order, to the end, from the eyes of an actor."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from socialactions.models import CommentContent, Event
from socialactions.sandbox.seeds.cast import ACME, ADA, BIRCH
from socialactions.services import writing
from tests.web.crowds import fill
from tests.web.desks import AtDesk, text_of

BAD_CURSORS = (
    "x",
    "_",
    "2026-11-22_",
    "2026-11-22T10:00:00Z",
    "2026-11-22T10:00:00_6b1c9a0e-0000-4000-8000-000000000000",  # names no zone
    "2026-11-22T10:00:00Z_1",
    "9999-12-31T23:59:59-23:59_6b1c9a0e-0000-4000-8000-000000000000",
    "0001-01-01T00:00:00+23:59_6b1c9a0e-0000-4000-8000-000000000000",
    "2026-W01-1_6b1c9a0e-0000-4000-8000-000000000000",
    "' OR 1=1 --",
    "\x00",
    "9" * 5000,
)


def test_a_whole_thread_stands_in_order_with_names_and_words(ada_desk: AtDesk) -> None:
    page = text_of(ada_desk.get("post-show", ada_desk.post().pk))
    assert "The third arm is here." in page and "#robotics" in page
    said = ["Where is the data sheet? 📄", "Does it stop when I touch it?", "It does, within 80 ms.", "We measured 70."]
    places = [page.index(words) for words in said]
    assert places == sorted(places)  # newest thread first, its replies oldest first
    for words in ("Priya Ramaswamy", "Dana Whitlock", "Works council member", "Ben Romano", "by Ada Berg", "Your Page"):
        assert words in page
    assert "4 comments" in page and ": 4 of 4" in page


def test_oldest_first_turns_the_threads_not_the_replies(ada_desk: AtDesk) -> None:
    page = text_of(ada_desk.get("post-show", ada_desk.post().pk, sort="oldest"))
    said = ["Does it stop when I touch it?", "It does, within 80 ms.", "We measured 70.", "Where is the data sheet?"]
    places = [page.index(words) for words in said]
    assert places == sorted(places)


@pytest.mark.parametrize("sort", ["newest", "oldest"])
@pytest.mark.parametrize("htmx", [True, False], ids=["htmx", "plain"])
def test_more_leads_to_the_last_of_a_thousand_threads(ada_desk: AtDesk, sort: str, htmx: bool) -> None:
    post = ada_desk.post("Quiet floor")
    comments = fill(post, 1000, with_replies=50)
    wanted = [comment.pk for comment in comments if comment.thread_id is None]
    if sort == "newest":
        wanted.reverse()
    seen: list[str] = []
    address = f"{reverse('post-show', args=[post.pk])}?sort={sort}"
    for _ in range(30):
        headers = {"HX-Request": "true"} if htmx and seen else {}
        answer = ada_desk.client.get(address, headers=headers)
        page = answer.content.decode()
        assert ("<!doctype" in page) is not bool(headers)
        seen += re.findall(r'id="thread-([0-9a-f-]{36})"', page)
        more = re.search(r'<a class="act act--go" href="([^"]*before=[^"]*)"[^>]*>Show more', page)
        if more is None:
            break
        assert f"{len(seen)} of 1000 threads shown." in text_of(answer) or not htmx
        address = more[1].replace("&amp;", "&")
    assert seen == [str(pk) for pk in wanted]


def test_threads_of_the_same_moment_are_neither_lost_nor_doubled(ada_desk: AtDesk) -> None:
    post = ada_desk.post("Quiet floor")
    fill(post, 130)
    CommentContent.everything.filter(post=post).update(created_at=timezone.now() - timedelta(hours=1))
    seen: list[str] = []
    address = reverse("post-show", args=[post.pk])
    for _ in range(3):
        page = ada_desk.client.get(address, headers={"HX-Request": "true"} if seen else {}).content.decode()
        seen += re.findall(r'id="thread-([0-9a-f-]{36})"', page)
        more = re.search(r'href="([^"]*before=[^"]*)"', page)
        address = more[1].replace("&amp;", "&") if more else ""
    assert not address
    assert len(seen) == len(set(seen)) == 130


@pytest.mark.parametrize("cursor", BAD_CURSORS, ids=lambda text: text[:30] or "empty")
def test_a_bad_cursor_is_404(ada_desk: AtDesk, cursor: str) -> None:
    post = ada_desk.post()
    for htmx in (True, False):
        for sort in ("newest", "oldest"):
            assert ada_desk.get("post-show", post.pk, before=cursor, sort=sort, htmx=htmx).status_code == 404
        assert ada_desk.get("post-list", before=cursor, htmx=htmx).status_code == 404


def test_odd_values_in_the_address_do_no_harm(ada_desk: AtDesk) -> None:
    post = ada_desk.post()
    for odd in ("", "x", "-1", "1e400", "nan", "inf", "9" * 400, "\0", "²", "<script>"):
        for query in ({"sort": odd}, {"as": odd}, {"shown": odd}, {"part": odd}, {"again": odd}, {"since": odd}):
            for name in ("post-show", "post-live"):
                assert ada_desk.get(name, post.pk, **query).status_code == 200, (name, query)


def test_replies_are_shown_three_at_a_time_and_earlier_ones_on_demand(ada_desk: AtDesk) -> None:
    post = ada_desk.post("Quiet floor")
    first, *replies = fill(post, 1, with_replies=1, replies_each=8)
    page = text_of(ada_desk.get("post-show", post.pk))
    assert "Show 5 earlier replies" in page
    assert [n for n in range(1, 9) if f"({n})" in page] == [6, 7, 8]
    fragment = ada_desk.get("replies-earlier", first.pk, htmx=True)
    words = text_of(fragment)
    assert [n for n in range(1, 9) if f"({n})" in words] == [1, 2, 3, 4, 5]
    assert fragment.content.count(b'<li class="reply"') == 5 and b"<html" not in fragment.content
    whole = ada_desk.get("replies-earlier", first.pk)
    assert b"<!doctype html>" in whole.content and "(1)" in text_of(whole)
    for one in replies:  # a reply's own address leads to its thread
        assert ada_desk.get("comment-show", one.pk)["Location"].endswith(f"#thread-{first.pk}")


def test_replies_that_linkedin_counts_and_we_do_not_have_are_said(ada_desk: AtDesk) -> None:
    comment = ada_desk.comment("Does it stop")
    CommentContent.everything.filter(pk=comment.pk).update(replies=5)
    page = ada_desk.get("post-show", ada_desk.post().pk)
    assert "LinkedIn counts 3 more replies here. Load the rest" in text_of(page)
    assert reverse("post-refresh", args=[ada_desk.post().pk]).encode() in page.content


def test_the_actor_of_the_address_is_the_one_of_likes_and_composer(ada_desk: AtDesk) -> None:
    post = ada_desk.post()
    for key, name, urn in (
        ("", "Acme Robotics", ACME),
        ("me", "Ada Berg", ADA),
        (str(ada_desk.birch.pk), "Birch & Co", BIRCH),
    ):
        page = ada_desk.get("post-show", post.pk, **({"as": key} if key else {}))
        assert f"Speaking as {name}" in text_of(page)
        assert f"Like as {name}" in text_of(page)
        token = re.search(r'name="as" value="([^"]*)"', page.content.decode())
        assert token is not None
        ada_desk.client.post(reverse("post-reaction", args=[post.pk]), {"as": token[1], "kind": "LIKE"})
        assert ada_desk.user.outgoing.order_by("-pk")[0].actor_urn == urn


@pytest.mark.parametrize("key", ["nonsense", "ME", "00000000-0000-4000-8000-000000000000"])
def test_an_actor_one_cannot_be_falls_back_to_the_page(ada_desk: AtDesk, key: str) -> None:
    page = text_of(ada_desk.get("post-show", ada_desk.post().pk, **{"as": key}))
    assert "Speaking as Acme Robotics" in page


def test_switching_pages_in_another_tab_changes_nothing_in_an_open_form(ada_desk: AtDesk) -> None:
    post = ada_desk.post()
    page = ada_desk.get("post-show", post.pk)
    token = re.search(r'name="as" value="([^"]*)"', page.content.decode())
    assert token is not None
    ada_desk.send("page-look", ada_desk.birch.pk)
    ada_desk.client.post(reverse("post-reaction", args=[post.pk]), {"as": token[1]})
    assert ada_desk.user.outgoing.get().actor_urn == ACME


def test_likes_show_from_the_eyes_of_the_actor(ada_desk: AtDesk) -> None:
    post, comment = ada_desk.post(), ada_desk.comment("Does it stop")
    speaker = writing.Speaker(user=ada_desk.user, actor_urn=ADA)
    writing.react(post, comment, speaker=speaker, kind="PRAISE")
    ada_desk.deliver()
    assert [entry.kind for entry in ada_desk.ledger] == ["react"]
    assert "Celebrate as Ada Berg" in text_of(ada_desk.get("comment-show", comment.pk, htmx=True, **{"as": "me"}))
    assert "Celebrate" not in text_of(ada_desk.get("comment-show", comment.pk, htmx=True))


def test_each_address_gives_a_page_or_its_fragment(ada_desk: AtDesk) -> None:
    post, comment = ada_desk.post(), ada_desk.comment("Does it stop")
    cases: list[tuple[str, Any, dict[str, str]]] = [
        ("post-show", post.pk, {"part": "comments"}),
        ("reply-create", comment.pk, {}),
        ("comment-reactors", comment.pk, {}),
        ("post-reactors", post.pk, {}),
        ("comment-delete", comment.pk, {}),
        ("replies-earlier", comment.pk, {}),
    ]
    for name, pk, query in cases:
        page, fragment = ada_desk.get(name, pk, **query), ada_desk.get(name, pk, htmx=True, **query)
        assert b"<!doctype html>" in page.content and b"<!doctype" not in fragment.content, name
        for answer in (page, fragment):
            assert answer.status_code == 200 and "HX-Request" in answer["Vary"], name


def test_the_live_part_tells_of_news_since_a_moment(ada_desk: AtDesk) -> None:
    post = ada_desk.post()
    since = timezone.now().timestamp()
    assert "new comment" not in text_of(ada_desk.get("post-live", post.pk, since=since, htmx=True))
    ada_desk.say(post, "Just in")
    ada_desk.read_comments(post)
    answer = ada_desk.get("post-live", post.pk, since=since, htmx=True)
    assert "1 new comment" in text_of(answer) and "5 comments" in text_of(answer)
    assert "Just in" in text_of(ada_desk.get("post-show", post.pk, part="comments", htmx=True))
    assert Event.objects.filter(topic=f"post-{post.pk}", kind="read").exists()
