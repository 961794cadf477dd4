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


# every kind


def everything(place: Place) -> dict[str, Outgoing]:
    """Something of each kind, in an order in which LinkedIn takes it."""
    done: dict[str, Outgoing] = {}
    speaker = place.speaker()
    said = place.deliver(place.say("First words."))
    post, comment = place.post(), said.result_comment
    assert comment is not None
    for kind in ("LIKE", "PRAISE"):
        done[kind] = place.deliver(writing.react(post, None, speaker=speaker, kind=kind))
    done["on comment"] = place.deliver(writing.react(post, comment, speaker=speaker, kind="LIKE"))
    done["unreact"] = place.deliver(writing.unreact(post, comment, speaker=speaker))
    done["edit"] = place.deliver(writing.edit(comment, speaker=speaker, text="Other words.", form_key=uuid4()))
    done["delete"] = place.deliver(writing.delete(comment, speaker=speaker, form_key=uuid4()))
    for name, is_open in (("close", False), ("open", True)):
        done[name] = place.deliver(
            writing.set_comments_open(place.post(), speaker=speaker, is_open=is_open, form_key=uuid4())
        )
    assert {row.state for row in done.values()} == {State.SENT}
    return done


def test_every_kind_agrees_and_a_state_that_was_set_twice(place: Place) -> None:
    count = len(everything(place)) + 1
    with place.world.lock:
        place.world.ledger.append(place.world.ledger[-1])
    assert verified() == f"{count} actions agree with their events, with LinkedIn's ledger.\n"


@pytest.mark.parametrize("name", ["PRAISE", "on comment", "unreact", "edit", "delete", "close", "open"])
def test_what_linkedin_never_did_is_found(place: Place, name: str) -> None:
    row = everything(place)[name]
    kind = {"PRAISE": "react", "on comment": "react"}.get(name, name)
    with place.world.lock:
        place.world.ledger = [
            one
            for one in place.world.ledger
            if (one.kind, one.target) != (kind, row.target_urn) or (row.reaction and one.text != row.reaction)
        ]
    assert f"{row.kind} {row.uid}: is sent, but LinkedIn never did it" in contradicted()


@pytest.mark.parametrize("kind", ["react", "unreact", "edit", "delete", "close", "open"])
def test_what_no_action_explains_is_found(place: Place, kind: str) -> None:
    row = place.deliver(writing.react(place.post(), None, speaker=place.speaker(), kind="LIKE"))
    with place.world.lock:
        place.world.record(kind, actor=row.actor_urn, agent=row.member_urn, target=row.target_urn, text="PRAISE")
    words = contradicted()
    assert f"{kind} of {row.target_urn} as {row.actor_urn}: was done on LinkedIn, but no action says so" in words


def test_what_strangers_do_is_not_ours_to_explain(place: Place) -> None:
    row = place.deliver(writing.react(place.post(), None, speaker=place.speaker(), kind="LIKE"))
    with place.world.lock:
        place.world.record(
            "react", actor="urn:li:person:x", agent="urn:li:person:x", target=row.target_urn, text="LIKE"
        )
    verified()


def test_an_earlier_wish_that_stands_at_last_is_found(place: Place) -> None:
    rows = everything(place)
    with place.world.lock:
        like = next(one for one in place.world.ledger if one.target == rows["LIKE"].target_urn and one.text == "LIKE")
        place.world.ledger.append(like)
    words = contradicted()
    assert f"{rows['PRAISE'].uid}: was the last wish, but the last that LinkedIn did is" in words


def contradicted() -> str:
    out = StringIO()
    with pytest.raises(CommandError, match="contradictions"):
        call_command("verify_history", stdout=out)
    return out.getvalue()
