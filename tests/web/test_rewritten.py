"""What is written anew takes the place of what did not go: the words are said once, whoever was faster."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from socialactions.models import Outgoing
from socialactions.sandbox.seeds.cast import BIRCH
from socialactions.services import decisions, outbox, writing
from socialactions.services.outcomes import Reason
from tests.deeds import again, ago, later
from tests.web.desks import AtDesk, fields_of, text_of

State = Outgoing.State


@pytest.fixture
def old(ada_desk: AtDesk) -> Outgoing:
    """Ada's comment as Birch, written a day ago; now it asks whether it is still to be sent."""
    post = ada_desk.birch.posts.filter(comments_state="OPEN").latest("created_at")
    speaker = writing.Speaker(ada_desk.user, BIRCH)
    row = later(writing.comment_on(post, speaker=speaker, text="Good.", form_key=uuid4()), wanted_at=ago(hours=26))
    outbox.sweep()
    assert (again(row).state, again(row).reason) == (State.NEEDS_ATTENTION, Reason.TOO_OLD)
    return again(row)


def composer(person: AtDesk, row: Outgoing) -> dict[str, Any]:
    """The form that Edit leads to, as it is sent."""
    led = person.send("outgoing-step", row.uid, "edit")
    assert led.status_code == 302
    return fields_of(person.client.get(led["Location"]), f"composer-post-{row.post_id}")


def send(person: AtDesk, row: Outgoing, fields: dict[str, Any]) -> Any:
    return person.send("comment-create", row.post_id, fields=fields)


def test_what_was_written_anew_fills_no_composer(ada_desk: AtDesk, old: Outgoing) -> None:
    fields = composer(ada_desk, old)
    assert fields["text"] == "Good."
    assert send(ada_desk, old, fields).status_code == 302
    assert again(old).state == State.DISCARDED
    reloaded = fields_of(ada_desk.get("post-show", old.post_id, again=str(old.uid)), f"composer-post-{old.post_id}")
    assert not reloaded["text"].strip() and "again" not in reloaded
    assert send(ada_desk, old, fields).status_code == 302  # the same form, by another click
    assert Outgoing.objects.filter(state=State.QUEUED).count() == 1


def test_a_colleague_who_writes_it_anew_takes_its_place(ada_desk: AtDesk, bo: AtDesk, old: Outgoing) -> None:
    assert send(bo, old, composer(bo, old)).status_code == 302
    assert again(old).state == State.DISCARDED
    assert not decisions.send_again(again(old), by=ada_desk.user)
    assert Outgoing.objects.filter(state=State.QUEUED).get().user == bo.user


@pytest.mark.parametrize("faster", ["sent as it was", "put away"])
def test_who_was_slower_is_asked_before_both_are_said(ada_desk: AtDesk, old: Outgoing, faster: str) -> None:
    fields = {**composer(ada_desk, old), "text": "Very good."}
    deed = decisions.send_again if faster == "sent as it was" else decisions.discard
    assert deed(again(old), by=ada_desk.user)
    count = Outgoing.objects.count()
    answer = send(ada_desk, old, fields)
    assert answer.status_code == 422
    assert f"What you began to edit was {faster} meanwhile" in text_of(answer)
    assert Outgoing.objects.count() == count
    shown = fields_of(answer, f"composer-post-{old.post_id}")
    assert shown["text"] == "Very good." and "again" not in shown
    assert send(ada_desk, old, shown).status_code == 302  # they looked, and mean it
    assert Outgoing.objects.count() == count + 1
