"""Drawn threads that are kept: nobody meets another's, nothing in them is late, and they end with what they show."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from socialactions import fragments
from socialactions.models import CommentContent, OwnReaction, Post
from socialactions.queries import threads
from socialactions.queries.rows import Face
from socialactions.queries.said import Eyes, Said
from socialactions.sandbox.seeds.cast import ACME, ADA, stranger
from socialactions.sandbox.threads import add_comment
from socialactions.services import forgetting, keeping
from tests.web.crowds import fill
from tests.web.desks import AtDesk, fields_of, text_of
from tests.web.scanning import found


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    fragments.empty()
    yield
    fragments.empty()


def listed(desk: AtDesk, post: Post, **query: Any) -> str:
    """The list of threads as this person gets it."""
    page = desk.get("post-show", post.pk, htmx=True, part="comments", **query).content.decode()
    return page[page.index('<ol class="threads"') : page.index(f'<div class="live" id="live-{post.pk}"')]


def test_the_second_look_draws_nothing_and_looks_the_same(ada_desk: AtDesk) -> None:
    post = ada_desk.post("Quiet floor")
    fill(post, 60, with_replies=20)
    with time_machine.travel(timezone.now(), tick=False):
        cold = listed(ada_desk, post)
        pieces = fragments.pieces()
        assert len(pieces) == 50 and "Person Number" in pieces[0]
        assert listed(ada_desk, post) == cold and fragments.pieces() == pieces
        whole = ada_desk.get("post-show", post.pk).content.decode()
        assert all(piece in whole for piece in pieces) and len(fragments.pieces()) == 50


def test_a_new_reply_draws_one_thread_anew(ada_desk: AtDesk) -> None:
    post, head = ada_desk.post(), ada_desk.comment("Does it stop")
    listed(ada_desk, post)
    before = fragments.pieces()
    world = ada_desk.sandbox.world
    add_comment(
        world, ada_desk.on_linkedin(post), actor=stranger("Ben"), text="And at night?",
        parent=world.comments[head.comment_id], at_ms=world.now_ms() - 60_000,
    )  # fmt: skip
    ada_desk.read_comments(post)
    assert "And at night?" in listed(ada_desk, post)
    fresh = [piece for piece in fragments.pieces() if piece not in before]
    assert len(fresh) == 1 and "And at night?" in fresh[0]


def test_nobody_meets_what_was_drawn_for_another(ada_desk: AtDesk, bo: AtDesk, cy: AtDesk, other_desk: AtDesk) -> None:
    """Rights, likes, actor, zone and desk: what each sees is the same whether others looked before or not."""
    for desk in (ada_desk, other_desk):
        desk.read_posts(desk.acme)
        desk.read_comments(desk.post())
    liked = ada_desk.comment("Does it stop")
    for actor, kind in ((ACME, "PRAISE"), (ADA, "EMPATHY")):
        OwnReaction.objects.create(post=liked.post, comment=liked, actor_urn=actor, kind=kind, known_at=timezone.now())
    birch = ada_desk.birch.posts.select_related("organization__desk").get()
    fill(birch, 3)
    far = AtDesk(Client(), ada_desk.user, ada_desk.sandbox)
    far.client.force_login(ada_desk.user)
    far.client.cookies["tz"] = "Asia/Tokyo"
    looks: list[tuple[AtDesk, Post, dict[str, str]]] = [
        (ada_desk, ada_desk.post(), {}),
        (ada_desk, ada_desk.post(), {"as": "me"}),
        (far, ada_desk.post(), {}),
        (other_desk, other_desk.post(), {}),
        (ada_desk, birch, {}),
        (bo, birch, {}),
        (bo, birch, {"as": "me"}),
    ]
    with time_machine.travel(timezone.now(), tick=False):
        alone = []
        for desk, post, query in looks:
            fragments.empty()
            alone.append(listed(desk, post, **query))
        assert "Celebrate" in alone[0] and "Love" in alone[1] and "JST" in alone[2] and "Celebrate" not in alone[3]
        fragments.empty()
        for _ in range(2):
            assert [listed(desk, post, **query) for desk, post, query in looks] == alone
    assert "Does it stop" not in text_of(cy.get("post-show", ada_desk.post().pk))  # who may not read is shown none


def test_a_lost_right_is_gone_at_the_next_look(ada_desk: AtDesk) -> None:
    post = ada_desk.post()
    assert ">Delete</a>" in listed(ada_desk, post)
    ada_desk.acme.roles.update(role="ANALYST")
    words = text_of(ada_desk.get("post-show", post.pk))
    assert "Does it stop" not in words and "Delete" not in words


def test_what_is_under_way_is_never_kept(ada_desk: AtDesk) -> None:
    post, head = ada_desk.post(), ada_desk.comment("Does it stop")
    form = ada_desk.get("reply-create", head.pk)
    ada_desk.send("reply-create", head.pk, fields={**fields_of(form), "text": "Being sent."})
    assert "Being sent." in listed(ada_desk, post)
    assert not [piece for piece in fragments.pieces() if "Being sent." in piece or "Does it stop" in piece]
    assert not [piece for piece in fragments.pieces() if "csrf" in piece]


def test_ages_go_on(ada_desk: AtDesk) -> None:
    post = ada_desk.post()
    ada_desk.say(post, "Just said.")
    ada_desk.read_comments(post)
    assert ">1 min</time>" in listed(ada_desk, post)
    with time_machine.travel(timezone.now() + timedelta(minutes=3), tick=True):
        assert ">4 min</time>" in listed(ada_desk, post)


def test_words_and_names_do_not_outlive_themselves_in_memory(ada_desk: AtDesk) -> None:
    post, ends = ada_desk.post(), timezone.now() + timedelta(seconds=90)
    CommentContent.everything.filter(post=post).update(expires_at=ends)
    listed(ada_desk, post)
    canaries = ["Does it stop", "Whitlock"]
    assert "fragments in memory" in found(canaries)
    with time_machine.travel(ends, tick=False):
        assert "Does it stop" not in text_of(ada_desk.get("post-show", post.pk))
        keeping.purge()
        assert "fragments in memory" not in found(canaries)


def test_none_is_kept_for_more_than_minutes(ada_desk: AtDesk) -> None:
    listed(ada_desk, ada_desk.post())
    with time_machine.travel(timezone.now() + fragments.LIVE, tick=False):
        fragments.sweep()
        assert fragments.pieces() == []


def test_forgetting_somebody_empties_what_was_drawn(ada_desk: AtDesk, django_capture_on_commit_callbacks: Any) -> None:
    post = ada_desk.post()
    assert "Whitlock" in listed(ada_desk, post)
    with django_capture_on_commit_callbacks(execute=True):
        forgetting.forget(desk=ada_desk.desk, member_urn=stranger("Dana"), by=ada_desk.user)
    assert fragments.pieces() == []
    assert "Whitlock" not in listed(ada_desk, post)


def test_whatever_a_thread_shows_is_in_what_it_is_known_by(ada_desk: AtDesk) -> None:
    eyes = Eyes(ada_desk.desk.pk, ACME, ACME, frozenset([ACME]))
    sketch = next(one for one in threads.page(ada_desk.post(), eyes).threads if one.replies)
    voice = sketch.replies[0]
    later = voice._replace(said=voice.said._replace(expires_at=timezone.now() + timedelta(days=9)))
    assert later.seen == voice.seen and later.row([]) == voice.row([])  # read again, and nothing moved
    others = {"face": Face("urn:li:person:x", "X"), "can_edit": True, "can_delete": False, "earlier": "2 comments"}
    for name, value in {**dict.fromkeys(Said._fields, "other"), **others}.items():
        if name == "expires_at":
            continue
        said = voice.said._replace(**{name: value}) if name in Said._fields else voice.said
        other = voice._replace(said=said, **({} if name in Said._fields else {name: value}))
        assert replace(sketch, replies=[other]).seen != sketch.seen, name
    assert {*others, "said"} == set(voice._fields)
    assert replace(sketch, stored_replies=9).seen != sketch.seen
