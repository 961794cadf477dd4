"""History against the actions and against LinkedIn's ledger: agreement is said, and each contradiction is found."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command

from socialactions.models import Event, Outgoing
from socialactions.sandbox.server import Running
from socialactions.services import decisions, writing
from tests.deeds import Place, ago, later, settle_in

State = Outgoing.State


@pytest.fixture
def place(sandbox_server: Running, db: None, settings: Any) -> Place:
    settings.UNDO_WINDOW_S = 0
    return settle_in(sandbox_server)


def verified() -> str:
    out = StringIO()
    call_command("verify_history", stdout=out)
    return out.getvalue()


def story(place: Place) -> Outgoing:
    """A bit of everything; returns the reply that arrived."""
    sent = place.deliver(place.reply("Arrived."))
    place.deliver(place.say("Also arrived."))
    place.deliver(writing.react(place.post(), None, speaker=place.speaker(), kind="LIKE"))
    decisions.undo(place.say("Taken back."), by=place.user)
    place.fault_of_comments(do="drop_after")
    place.deliver(place.reply("In doubt.", to=place.comment("Where is the data sheet")))
    place.fault_of_comments(do="refuse", status=404)
    place.deliver(place.say("Refused."))
    place.deliver(writing.delete(sent.result_comment, speaker=place.speaker(), form_key=uuid4()))
    return sent


def test_what_happened_agrees(place: Place) -> None:
    story(place)
    assert verified() == "7 actions agree with their events, with LinkedIn's ledger.\n"


def forget_the_acceptance(row: Outgoing) -> None:
    Event.objects.filter(outgoing=row, kind="accepted").delete()


def change_the_state(row: Outgoing) -> None:
    later(row, state=State.FAILED)


def take_no_road(row: Outgoing) -> None:
    Event.objects.filter(outgoing=row, state=State.SENDING).delete()
    Event.objects.create(
        desk=row.desk, at=ago(), topic="x", kind="state", outgoing=row, state=State.SENDING, actor_urn=row.actor_urn
    )
    Event.objects.create(
        desk=row.desk, at=ago(), topic="x", kind="state", outgoing=row, state=State.SENT, actor_urn=row.actor_urn
    )


def invent_a_result(row: Outgoing) -> None:
    later(row, result_urn="urn:li:comment:(urn:li:activity:1,2)")


def name_another_actor(row: Outgoing) -> None:
    later(row, actor_urn="urn:li:organization:2001")


def drop_the_attempt(row: Outgoing) -> None:
    row.attempts.all().delete()


def blame_another_try(row: Outgoing) -> None:
    row.attempts.update(fence=row.fence + 1)


@pytest.mark.parametrize(
    ("lie", "words"),
    [
        (forget_the_acceptance, "its acceptance is not written"),
        (change_the_state, "is failed, but its last event says sent"),
        (take_no_road, "which is no road"),
        (invent_a_result, "is sent, but LinkedIn never had"),
        (invent_a_result, "stands on LinkedIn, but no action says so"),
        (name_another_actor, "LinkedIn has it as a reply of urn:li:organization:1001"),
        (drop_the_attempt, "is sent without an attempt"),
        (blame_another_try, "is sent without an attempt"),
    ],
)
def test_each_contradiction_is_found(place: Place, lie: Callable[[Outgoing], None], words: str) -> None:
    lie(story(place))
    out = StringIO()
    with pytest.raises(CommandError, match="contradictions in 7 actions"):
        call_command("verify_history", stdout=out)
    assert words in out.getvalue()
