"""What one action costs the database on its calm way, from accepted to written down as sent: each write by name.

Counted are INSERT, UPDATE and DELETE. Each transaction shows here as a savepoint, because the test is one itself: four
are commits, the others nested. Reads do not count, nor does the cache.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from socialactions.models import Outgoing
from socialactions.sandbox.server import Running
from socialactions.services import outbox, writing
from tests.deeds import Place, again, settle_in

THE_QUEUE = {  # accept · claim · attempt · outcome
    "INSERT outgoing": 1,
    "UPDATE outgoing": 2,
    "INSERT attempt": 1,
    "INSERT event": 3,
}
COMMITS = 4


@pytest.fixture
def place(sandbox_server: Running, db: None, settings: Any) -> Place:
    settings.UNDO_WINDOW_S = 0
    return settle_in(sandbox_server)


def say(place: Place) -> Outgoing:
    return place.say("Hello.")


def answer(place: Place) -> Outgoing:
    return place.reply("It does.")


def like(place: Place) -> Outgoing:
    return writing.react(place.post(), place.comment(), speaker=place.speaker(), kind="LIKE")


@pytest.mark.parametrize(
    ("accept", "ours", "nested"),
    [
        (say, {"INSERT comment": 1, "INSERT commentcontent": 1, "UPDATE post": 1}, 1),
        (
            answer,
            {
                **{"INSERT comment": 1, "UPDATE comment": 1, "UPDATE post": 1},
                **{"INSERT commentcontent": 1, "UPDATE commentcontent": 1},
            },
            1,
        ),
        (like, {"INSERT ownreaction": 1, "UPDATE commentcontent": 1}, 2),
    ],
)
def test_an_action_writes_seven_times_and_what_linkedin_now_shows(
    place: Place, accept: Any, ours: dict[str, int], nested: int
) -> None:
    with CaptureQueriesContext(connection) as asked:
        row = accept(place)
        outbox.deliver(row.pk)
    assert again(row).state == Outgoing.State.SENT
    statements = [query["sql"] for query in asked.captured_queries]
    assert Counter(filter(None, map(_write, statements))) == {**THE_QUEUE, **ours}
    assert sum(one.startswith("SAVEPOINT") for one in statements) == COMMITS + nested


def test_a_bell_for_who_waits_behind_another_holds_up_nobody(place: Place) -> None:
    answer(place)
    second = answer(place)
    with CaptureQueriesContext(connection) as asked:
        outbox.deliver(second.pk)
    assert again(second).state == Outgoing.State.QUEUED
    assert all(query["sql"].startswith("SELECT") for query in asked.captured_queries)


def _write(statement: str) -> str:
    found = re.match(r'(INSERT INTO|UPDATE|DELETE FROM) "socialactions_(\w+)"', statement)
    if found is None:
        assert not re.match("INSERT|UPDATE|DELETE", statement), statement
        return ""
    return f"{found[1].partition(' ')[0]} {found[2]}"
