"""A disk without room: nothing is accepted, nothing typed is lost, and the screen says so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from typing import Any

import pytest
from django.db import OperationalError, connection

from socialactions.models import Outgoing
from tests.web.composers import composer_of
from tests.web.desks import AtDesk, text_of

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
