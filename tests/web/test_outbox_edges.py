"""Seldom turns on the way out: what was looked at before, roles asked for in between, and who stops half-way."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from socialactions.models import Comment, Connection, Outgoing, PageRole, User
from socialactions.queries import actions
from socialactions.sandbox.seeds.cast import ADA, BO, token_for
from socialactions.sandbox.server import Running
from socialactions.services import (
    connections,
    decisions,
    high_water,
    pages,
    second_thoughts,
    writing,
)
from socialactions.services.outcomes import Reason
from tests.deeds import Place, again, ago, grant_of, in_threads, settle_in

State = Outgoing.State


@pytest.fixture
def place(sandbox_server: Running, db: None, settings: Any) -> Place:
    settings.UNDO_WINDOW_S = 0
    return settle_in(sandbox_server)


@pytest.fixture
def open_place(sandbox_server: Running, transactional_db: None, settings: Any) -> Place:
    settings.UNDO_WINDOW_S = 0
    return settle_in(sandbox_server)


def sentence(row: Outgoing) -> str:
    return actions.row(actions.of_desk(row.desk_id).get(pk=row.pk)).sentence


def edit(place: Place, text: str) -> tuple[Comment, Outgoing]:
    ours = place.comment("It does, within 80 ms")
    return ours, writing.edit(ours, speaker=place.speaker(), text=text, form_key=uuid4())


def change_there(place: Place, comment: Comment, text: str) -> None:
    found = place.world.comments[comment.comment_id]
    found.text = text
    found.cache.clear()


def test_who_takes_over_an_edit_replaces_only_what_its_writer_saw(place: Place) -> None:
    ours, row = edit(place, "By Ada.")
    place.world.set_role(ADA.rpartition(":")[2], "1001", None)
    Connection.objects.update(roles_checked_at=ago(minutes=6))
    row = place.deliver(row)
    assert row.state == State.BLOCKED
    place.world.set_role(BO.rpartition(":")[2], "1001", "ADMINISTRATOR")
    bo = User.objects.create(member_urn=BO, name="Bo", desk=place.user.desk)
    connections.connect(user=bo, grant=grant_of(token_for(place.world, BO)))
    pages.refresh_roles(bo.connection)
    change_there(place, ours, "Changed on LinkedIn.")
    assert decisions.offer(row, by=place.user)
    ours.content.text = "Changed on LinkedIn."
    ours.content.save()
    assert second_thoughts.take_over(again(row), by=bo)
    new = place.deliver(Outgoing.objects.get(user=bo))
    assert (new.state, new.reason) == (State.NEEDS_ATTENTION, Reason.CHANGED_THERE)


def test_a_mark_that_nobody_can_read_stops_nothing(place: Place, left: str) -> None:
    high_water.path().write_text(left, "ascii")
    assert place.deliver(place.reply()).state == State.SENT
    assert high_water.check()


def test_roles_of_two_people_are_written_in_one_order(open_place: Place) -> None:
    """Two transactions that lock the same rows in two orders stop each other on PostgreSQL."""
    bo = User.objects.create(member_urn=BO, name="Bo", desk=open_place.user.desk)
    connections.connect(user=bo, grant=grant_of(token_for(open_place.world, BO)))
    found = [
        pages.FoundPage(f"urn:li:organization:{number}", f"Page {number}", "", "", frozenset({"ADMINISTRATOR"}))
        for number in range(5000, 5040)
    ]

    def store(number: int) -> None:
        pages.store(Connection.objects.get(user=[open_place.user, bo][number]), found[:: 1 - 2 * number])

    in_threads(2, store)  # new ones
    in_threads(2, store)
    assert PageRole.objects.filter(state="APPROVED", organization__urn__in=[page.urn for page in found]).count() == 80
