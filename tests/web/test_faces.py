"""Who speaks in threads: names and pictures live in the cache only, and nobody is asked for in vain."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote
from uuid import uuid4

import pytest
from django.apps import apps
from django.core import serializers
from django.core.cache import cache

from dashboard.celery import app
from socialactions.models import Comment, Event, Post
from socialactions.queries import threads as thread_rows
from socialactions.queries.threads import Eyes
from socialactions.sandbox import threads
from socialactions.sandbox.faults import Rule
from socialactions.sandbox.seeds.cast import ACME, PRIVATE, stranger
from socialactions.sandbox.server import Running
from socialactions.services import faces, introducing
from tests.deeds import Place, settle_in
from tests.web.crowds import fill
from tests.web.desks import AtDesk, text_of
from tests.worker.lives import empty_broker

PRIVATE_TO_US = "urn:li:person:private"


@pytest.fixture
def place(sandbox_server: Running, db: None, settings: Any) -> Place:
    settings.UNDO_WINDOW_S = 0
    return settle_in(sandbox_server)


def on_linkedin(place: Place, post: Post) -> Any:
    found = place.world.post(post.urn)
    assert found is not None
    return found


def eyes(place: Place) -> Eyes:
    assert place.user.desk_id
    return Eyes(desk_id=place.user.desk_id, page_urn=ACME, acting_urn=ACME)


def test_names_live_in_the_cache_and_in_no_table(place: Place) -> None:
    known = faces.known(place.user.desk_id, [stranger("Dana"), "urn:li:organization:1001"])
    assert known[stranger("Dana")].name == "Dana Whitlock"
    assert known[stranger("Dana")].headline.startswith("Works council member")
    rows = [row for model in apps.get_app_config("socialactions").get_models() for row in model._base_manager.all()]
    stored = serializers.serialize("json", rows)
    assert "Does it stop when I touch it?" in stored
    assert "Whitlock" not in stored and "sceptic" not in stored
    cache.clear()
    assert faces.known(place.user.desk_id, [stranger("Dana")])[stranger("Dana")].name == "LinkedIn member"


def test_faces_of_one_desk_are_not_anothers(place: Place) -> None:
    assert faces.known(uuid4(), [stranger("Dana")])[stranger("Dana")].name == "LinkedIn member"


def test_a_private_member_stays_nameless_and_is_asked_for_once(place: Place) -> None:
    threads.add_comment(place.world, on_linkedin(place, place.post()), actor=PRIVATE, text="Nobody knows me.")
    place.introduce(place.read_comments(place.post()))
    comment = place.comment("Nobody knows me")
    face = thread_rows.one(comment, eyes(place)).comment.face
    assert (face.name, face.is_private, face.url) == ("LinkedIn member", True, "")
    asked = place.calls("people")
    place.introduce(place.read_comments(place.post()))
    assert place.calls("people") == asked


def test_names_that_linkedin_does_not_give_are_not_asked_for_again(place: Place) -> None:
    cache.clear()
    place.switch(partner_access="off")
    place.introduce(place.post())
    assert thread_rows.one(place.comment(), eyes(place)).comment.face.name == "LinkedIn member"
    assert place.calls("people") == 2  # all at once, and one of them alone: it was not the batch that was refused
    for _ in range(2):
        place.introduce(place.post())
    assert place.calls("people") == 2


def test_faces_can_be_switched_off(place: Place, settings: Any) -> None:
    cache.clear()
    settings.FACES_TTL_S = 0
    place.introduce(place.post())
    assert place.calls("people") == 0
    assert faces.known(place.user.desk_id, [stranger("Dana")])[stranger("Dana")].name == "LinkedIn member"


def test_a_reading_asks_for_nobody(place: Place) -> None:
    cache.clear()
    place.forget_calls()
    place.read_comments(place.post())
    assert place.calls() and not place.calls("people") and not place.calls("images")


def wishes() -> list[Any]:
    """With what the worker was asked to learn faces, in order; takes the messages."""
    found = []
    with app.connection_for_read() as broker:
        while (message := broker.default_channel.basic_get("celery", no_ack=True)) is not None:
            if message.headers["task"].endswith("learn_faces"):
                found.append(message.payload[0])
    return found


def learn(how_many: int) -> list[str]:
    """Do what was wished for; returns what is drawn again."""
    before = Event.objects.count()
    asked = wishes()
    assert len(asked) == how_many
    for wish in asked:
        introducing.learn(*wish)
    return list(Event.objects.order_by("pk").values_list("topic", flat=True)[before:])


def named(ada: AtDesk) -> set[str]:
    return {first for first in ("Dana", "Ruth", "Ben") if not faces.missing(ada.desk.pk, [stranger(first)])}


def test_only_those_who_are_shown_are_asked_for_and_their_threads_drawn_again(ada_desk: AtDesk) -> None:
    """Dana wrote the newest thread, Ben a reply there that is folded, Ruth the one that begins the second page."""
    post = ada_desk.post("Quiet floor")
    *_, newest = heads = [one for one in fill(post, 51, with_replies=51, replies_each=4) if one.thread_id is None]
    Comment.objects.filter(post=post).update(actor_urn=PRIVATE_TO_US)
    Comment.objects.filter(pk=newest.pk).update(actor_urn=stranger("Dana"))
    Comment.objects.filter(pk=heads[0].pk).update(actor_urn=stranger("Ruth"))
    folded = newest.replies.order_by("content__created_at")[0]
    Comment.objects.filter(pk=folded.pk).update(actor_urn=stranger("Ben"))
    cache.clear()
    empty_broker()
    page = ada_desk.get("post-show", post.pk)
    assert "Dana Whitlock" not in text_of(page)
    assert learn(1) == [f"thread-{newest.pk}"]
    assert "Dana Whitlock" in text_of(ada_desk.get("comment-show", newest.pk, htmx=True))
    assert named(ada_desk) == {"Dana"}
    ada_desk.get("post-show", post.pk)
    assert learn(0) == []  # everybody there is known
    ada_desk.get("replies-earlier", newest.pk, htmx=True)
    assert learn(1) == [f"thread-{newest.pk}"] and named(ada_desk) == {"Dana", "Ben"}
    cursor = re.search(r"before=([^&]*)&", page.content.decode())
    assert cursor is not None
    for _ in range(2):
        ada_desk.get("post-show", post.pk, htmx=True, before=unquote(cursor[1]))
    assert learn(1) == [f"thread-{heads[0].pk}"] and named(ada_desk) == {"Dana", "Ben", "Ruth"}


def test_where_linkedin_does_not_answer_nothing_is_drawn_again(ada_desk: AtDesk) -> None:
    post = ada_desk.post()
    cache.clear()
    empty_broker()
    with ada_desk.sandbox.world.lock:
        for path in ("people", "organizations"):
            ada_desk.sandbox.world.faults.append(Rule.read({"do": "refuse", "status": 503, "path": path}))
    ada_desk.get("post-show", post.pk)
    assert learn(1) == []


def test_who_wants_no_faces_asks_nobody(ada_desk: AtDesk, settings: Any) -> None:
    settings.FACES_TTL_S = 0
    empty_broker()
    ada_desk.get("post-show", ada_desk.post().pk)
    assert learn(0) == []
