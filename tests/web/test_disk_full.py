"""A disk without room: nothing is accepted, nothing typed is lost, and the screen says so."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import OperationalError, connection
from django.urls import reverse

from dashboard import signing
from socialactions.models import Outgoing
from socialactions.sandbox.seeds.cast import ACME
from socialactions.sandbox.server import Running
from tests.deeds import settle_in
from tests.web.composers import composer_of
from tests.web.desks import HTMX, AtDesk, text_of
from tests.web.programs import program_of

WORDS = "🙂" * 1200  # more than a page of the file holds


@pytest.fixture
def full_disk() -> Iterator[Any]:
    """A database file that may not grow by a page. A full disk of PostgreSQL cannot be made without harming others."""
    if connection.vendor != "sqlite":
        pytest.skip("only a file of our own can be kept from growing")

    def fill() -> None:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA page_count")
            pages = cursor.fetchone()[0]
            cursor.execute(f"PRAGMA max_page_count = {pages}")
            with suppress(OperationalError):  # each takes a page, until not even one that was free is left
                for number in count():
                    cursor.execute(f"CREATE TABLE filling_{number} (words TEXT)")

    yield fill
    room_again()


@pytest.fixture
def read_only() -> Iterator[Any]:
    """A database that takes nothing, not even the few bytes for which a full disk has room in a page."""
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL is made read-only for everybody, or for one transaction")

    def switch(word: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA query_only = {word}")

    yield switch
    switch("off")


def room_again() -> None:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA max_page_count = 1073741823")
        cursor.execute("SELECT name FROM sqlite_master WHERE name LIKE 'filling_%%'")
        for (name,) in cursor.fetchall():
            cursor.execute(f"DROP TABLE {name}")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["comment", "reply", "edit"])
def test_a_full_disk_accepts_nothing_and_keeps_the_words(ada_desk: AtDesk, full_disk: Any, kind: str) -> None:
    form = composer_of(ada_desk, kind)
    for way in form.ways():
        fields = {"as": form.token(), "text": WORDS}
        full_disk()
        answer = way.send(**fields)
        assert answer.status_code == 503
        assert "We could not save this. Your text is still here; please try again." in text_of(answer)
        assert WORDS in answer.content.decode()
        assert not Outgoing.objects.filter(text=WORDS).exists()
        room_again()
    assert ada_desk.sandbox.world.ledger == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
@pytest.mark.parametrize("button", ["like a post", "like a comment", "delete", "close", "undo"])
def test_a_button_that_cannot_be_saved_says_that_nothing_was_done(
    ada_desk: AtDesk, read_only: Any, button: str, headers: dict[str, str]
) -> None:
    address, fields = _button(ada_desk, button)
    rows = Outgoing.objects.count()
    read_only("on")
    answer = ada_desk.client.post(address, fields, headers=headers)
    assert answer.status_code == 503 and "no-store" in answer["Cache-Control"]
    assert "We could not save this: nothing was done, and nothing was sent to LinkedIn." in text_of(answer)
    assert Outgoing.objects.count() == rows
    read_only("off")
    assert ada_desk.sandbox.world.ledger == []
    assert ada_desk.client.post(address, fields, headers=headers).status_code in (200, 302)


def _button(ada: AtDesk, button: str) -> tuple[str, dict[str, Any]]:
    """Its address, and what its form posts."""
    post, comment = ada.post(), ada.comment("within 80 ms")
    sign = partial(signing.sign, user=ada.user, post_id=post.pk, actor_urn=ACME)
    match button:
        case "like a post":
            return reverse("post-reaction", args=[post.pk]), {"as": sign(target="act"), "kind": "PRAISE"}
        case "like a comment":
            return reverse("comment-reaction", args=[comment.pk]), {"as": sign(target="act"), "kind": "PRAISE"}
        case "delete":
            return reverse("comment-delete", args=[comment.pk]), {"as": sign(target=f"delete {comment.pk}")}
        case "close":
            wish = {"as": sign(target=f"close {post.pk}"), "confirmation": "close"}
            return reverse("comments-state", args=[post.pk]), wish
    form = composer_of(ada, "comment")
    form.send(**{"as": form.token(), "text": WORDS})
    return reverse("outgoing-step", args=[Outgoing.objects.get().uid, "undo"]), {}


@pytest.mark.django_db(transaction=True)
def test_programs_hear_what_became_of_their_actions(sandbox_server: Running, read_only: Any) -> None:
    """Nothing may be written down of a poll, neither that its key was used nor how often."""
    place = settle_in(sandbox_server)
    program = program_of(place)
    asked = place.say()
    rates = Path(settings.DATA_DIR) / "rates"
    shutil.rmtree(rates, ignore_errors=True)
    rates.write_text("in the way of every file", "ascii")
    read_only("on")
    try:
        assert program.get("/actions").status_code == 200
        answer = program.get(f"/actions/{asked.uid}")
        assert answer.status_code == 200 and answer.json()["state"] == "queued"
    finally:
        rates.unlink()
