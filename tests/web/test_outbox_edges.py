"""Seldom turns on the way out: what was looked at before, roles asked for in between, and who stops half-way."""

from __future__ import annotations

import io
from typing import Any
from uuid import uuid4

import pytest
from PIL import Image

from socialactions import clock
from socialactions.models import Attempt, Comment, Connection, Outgoing, PageRole, User
from socialactions.queries import actions
from socialactions.sandbox.seeds.cast import ADA, BO, token_for
from socialactions.sandbox.server import Running
from socialactions.services import (
    attachments,
    connections,
    decisions,
    high_water,
    outbox,
    pages,
    second_thoughts,
    writing,
)
from socialactions.services.outcomes import Reason
from tests.deeds import Place, again, ago, grant_of, in_threads, later, settle_in
from tests.web.test_lookup import ours

Kind, State = Outgoing.Kind, Outgoing.State


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


def test_what_looked_alike_is_no_longer_shown_once_it_was_sent_again(place: Place) -> None:
    row = place.say("See the whole data sheet of this arm")
    row = later(row, state=State.NEEDS_ATTENTION, reason=Reason.NEARLY, result_text="See the whole data sheet of this")
    assert decisions.send_again(row, by=place.user)
    row = place.deliver(row)
    assert (row.state, row.result_text) == (State.SENT, "")
    assert sentence(row).startswith("On LinkedIn · ")


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


@pytest.mark.parametrize("left", ["", "\0\0\0\0", "12 yesterday"])
def test_a_mark_that_nobody_can_read_stops_nothing(place: Place, left: str) -> None:
    high_water.path().write_text(left, "ascii")
    assert place.deliver(place.reply()).state == State.SENT
    assert high_water.check()


def test_a_refusal_is_noted_before_roles_are_asked_for(open_place: Place) -> None:
    row = open_place.reply()
    open_place.fault_of_comments(do="refuse", status=403)
    noted = open_place.meanwhile(lambda: Attempt.objects.get().status, method="GET", path="organizationAcls")
    assert open_place.deliver(row).state == State.BLOCKED
    assert noted == [403]


@pytest.mark.parametrize(
    ("status", "then"),
    [(403, (State.BLOCKED, Reason.NO_RIGHT)), (401, (State.WAITING, Reason.INTERRUPTED)), (None, (State.UNKNOWN,))],
)
def test_a_worker_that_died_after_linkedins_refusal_leaves_no_doubt(
    place: Place, status: int | None, then: tuple[str, ...]
) -> None:
    row = place.reply()
    Attempt.objects.create(outgoing=row, fence=1, wire_at=ago(minutes=2), status=status)
    later(row, state=State.SENDING, fence=1, lease_until=ago(seconds=1))
    outbox.sweep()
    row = again(row)
    assert (row.state, row.reason)[: len(then)] == then
    assert place.ledger == []


def test_many_refusals_ask_for_roles_once_in_a_while(place: Place) -> None:
    rows = [place.reply(f"No. {number}") for number in range(3)]
    before = place.calls("GET organizationAcls")
    for row in rows:
        place.fault_of_comments(do="refuse", status=403)
        assert place.deliver(row).state == State.BLOCKED
    assert place.calls("GET organizationAcls") == before + 1


def test_a_refusal_is_tried_again_where_nobody_can_be_asked_about_the_role(place: Place) -> None:
    """Blocked without a name it would wait for a click for ever, also after the role came back."""
    row = place.reply()
    place.world.set_role(ADA.rpartition(":")[2], "1001", None)
    place.fault(do="refuse", status=503, method="GET", path="organizationAcls")
    row = place.deliver(row)
    assert (row.state, row.reason) == (State.WAITING, Reason.LINKEDIN_DOWN)
    row = place.deliver(later(row, not_before=ago(seconds=1)))
    assert (row.state, row.reason) == (State.BLOCKED, Reason.NO_RIGHT)
    assert sentence(row).startswith("You no longer have the role Administrator on Acme Robotics.")
    assert place.ledger == []


@pytest.mark.parametrize("status", [500, 503])
def test_trouble_while_looking_before_an_edit_is_no_answer_to_it(place: Place, status: int) -> None:
    ours, row = edit(place, "Shorter.")
    place.fault(do="refuse", status=status, method="GET", path=f"/comments/{ours.comment_id}")
    row = place.deliver(row)
    assert not row.attempts.exists()
    assert (row.state, row.reason) == (State.WAITING, Reason.LINKEDIN_DOWN)
    assert "undo" in [step.name for step in actions.row(row).steps]
    assert place.deliver(later(row, not_before=ago(seconds=1))).state == State.SENT


def test_trouble_while_roles_are_asked_is_no_answer_to_a_reaction(place: Place) -> None:
    row = writing.react(place.post(), None, speaker=place.speaker(), kind="LIKE")
    Connection.objects.update(roles_checked_at=ago(minutes=6))
    place.fault(do="refuse", status=400, method="GET", path="organizationAcls")
    row = place.deliver(row)
    assert (row.state, row.reason) == (State.WAITING, Reason.LINKEDIN_DOWN)
    assert place.deliver(later(row, not_before=ago(seconds=1))).state == State.SENT


def test_an_edit_is_answered_itself_where_linkedin_takes_no_question(place: Place) -> None:
    ours, row = edit(place, "Shorter.")
    place.fault(do="refuse", status=400, method="GET", path=f"/comments/{ours.comment_id}")
    assert place.deliver(row).state == State.SENT


def test_who_may_write_and_not_read_is_not_asked_for_reading(place: Place) -> None:
    PageRole.objects.update(role="RECRUITING_POSTER")
    place.world.set_role(ADA.rpartition(":")[2], "1001", "RECRUITING_POSTER")
    _, row = edit(place, "Blindly.")
    before = place.calls("GET socialActions")
    assert place.deliver(row).state == State.SENT
    assert place.calls("GET socialActions") == before


def test_the_words_that_stopped_an_edit_are_shown_and_may_then_be_edited(place: Place) -> None:
    ours, row = edit(place, "Mine.")
    change_there(place, ours, "Changed on LinkedIn.")
    assert place.deliver(row).reason == Reason.CHANGED_THERE
    assert place.comment("Changed on LinkedIn") == ours
    second = writing.edit(ours, speaker=place.speaker(), text="Mine, too.", form_key=uuid4())
    assert place.deliver(second).state == State.SENT


def test_a_right_lost_before_a_picture_went_up_is_named(place: Place) -> None:
    file = io.BytesIO()
    Image.new("RGB", (4, 3), "red").save(file, "PNG")
    file.seek(0)
    picture = attachments.keep(user=place.user, file=file, size=file.getbuffer().nbytes)
    row = place.say(picture=picture)
    place.world.set_role(ADA.rpartition(":")[2], "1001", None)
    row = place.deliver(row)
    assert (row.state, row.attempts.exists()) == (State.BLOCKED, False)
    assert "You no longer have the role Administrator on Acme Robotics" in sentence(row)


def test_roles_of_two_people_are_written_in_one_order(open_place: Place) -> None:
    """Two transactions that lock the same rows in two orders stop each other on PostgreSQL."""
    bo = User.objects.create(member_urn=BO, name="Bo", desk=open_place.user.desk)
    connections.connect(user=bo, grant=grant_of(token_for(open_place.world, BO)))
    found = [
        pages.FoundPage(f"urn:li:organization:{number}", f"Page {number}", "", "", frozenset({"ADMINISTRATOR"}))
        for number in range(5000, 5040)
    ]

    def store(number: int) -> None:
        pages.store(Connection.objects.get(user=[open_place.user, bo][number]), found[:: 1 - 2 * number], clock.now())

    in_threads(2, store)  # new ones
    in_threads(2, store)
    assert PageRole.objects.filter(state="APPROVED", organization__urn__in=[page.urn for page in found]).count() == 80


@pytest.mark.parametrize("kind", [Kind.EDIT, Kind.DELETE])
def test_only_what_is_a_comment_of_its_own_can_be_found_as_that(place: Place, kind: str) -> None:
    target, row = edit(place, "Yes.")
    Attempt.objects.create(outgoing=row, fence=1, wire_at=ago(seconds=5))
    row = later(row, kind=kind, state=State.NEEDS_ATTENTION, reason=Reason.RESTORED, fence=1)
    ours(place, "Yes.", parent=place.comment().comment_id)
    assert not second_thoughts.it_is_there(row, by=place.user)
    assert again(row).state == State.NEEDS_ATTENTION
    target.refresh_from_db()
    assert target.gone_at is None
