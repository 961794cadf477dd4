"""Who speaks in threads: names and pictures live in the cache only, and nobody is asked for in vain."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.core import serializers
from django.core.cache import cache

from socialactions.models import Post
from socialactions.queries import threads as thread_rows
from socialactions.queries.threads import Eyes
from socialactions.sandbox import threads
from socialactions.sandbox.seeds.cast import ACME, PRIVATE, stranger
from socialactions.sandbox.server import Running
from socialactions.services import faces
from tests.deeds import Place, settle_in


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
    place.read_comments(place.post())
    comment = place.comment("Nobody knows me")
    face = thread_rows.one(comment, eyes(place)).comment.face
    assert (face.name, face.is_private, face.url) == ("LinkedIn member", True, "")
    asked = place.calls("people")
    place.read_comments(place.post())
    assert place.calls("people") == asked


def test_names_that_linkedin_does_not_give_are_not_asked_for_again(place: Place) -> None:
    cache.clear()
    place.switch(partner_access="off")
    post = place.read_comments(place.post())
    assert post.reading == Post.Reading.COMPLETE
    assert thread_rows.one(place.comment(), eyes(place)).comment.face.name == "LinkedIn member"
    assert place.calls("people") == 2  # all at once, and one of them alone: it was not the batch that was refused
    for _ in range(2):
        place.read_comments(place.post())
    assert place.calls("people") == 2


def test_faces_can_be_switched_off(place: Place, settings: Any) -> None:
    cache.clear()
    settings.FACES_TTL_S = 0
    place.read_comments(place.post())
    assert faces.known(place.user.desk_id, [stranger("Dana")])[stranger("Dana")].name == "LinkedIn member"
