"""What LinkedIn's refusals are called on the screen: what it means and what to do, with its own words under Details."""

from __future__ import annotations

import io
import json
from typing import Any
from uuid import uuid4

import pytest
from PIL import Image

from socialactions.linkedin import errors
from socialactions.models import Outgoing
from socialactions.queries import actions, refusals
from socialactions.sandbox.faults import Rule
from socialactions.sandbox.seeds.cast import ACME
from socialactions.services import attachments, decisions, lookup, outcomes, writing
from socialactions.services.outcomes import Reason
from tests.deeds import again, ago, later
from tests.web.desks import AtDesk, text_of

State = Outgoing.State
VENDOR = "<b>Something</b> went wrong."


def refused(desk: AtDesk, status: int) -> Outgoing:
    """A reply that LinkedIn refuses in this way, looked for once."""
    body = {"status": status, "message": VENDOR}
    rule = {"do": "refuse", "method": "POST", "path": "/comments$", "status": status, "body": body}
    desk.sandbox.world.faults.append(Rule.read(rule))
    speaker = writing.Speaker(desk.user, ACME)
    row = writing.reply_to(desk.comment("Does it stop"), speaker=speaker, text="Kept words", form_key=uuid4())
    decisions.send_now(row, by=desk.user)
    desk.deliver()
    assert again(row).state == State.UNKNOWN
    lookup.look(later(row, look_at=ago(seconds=1)).pk)
    assert (again(row).state, again(row).reason) == (State.FAILED, Reason.REFUSED)
    return again(row)


@pytest.mark.parametrize(
    ("status", "code", "means"),
    [
        (400, "", "it named no reason that we can explain. Change it and send it again"),
        (400, "SOMETHING_NEW", "it named no reason that we can explain. Change it and send it again"),
        (400, "MISSING_FIELD", "it could not read what Threadwell sent. That is Threadwell's fault and not yours"),
        (400, "INVALID_URN_ID", "it does not know whom or what this mentions or answers. Take out the mentions"),
        (400, "INVALID_VALUE_BLANK_FIELD", "it found no words in it. Write some"),
        (400, "FIELD_LENGTH_TOO_LONG", "it is too long. Shorten it"),
        (405, "METHOD_NOT_ALLOWED", "it could not read what Threadwell sent. That is Threadwell's fault"),
        (409, "CONFLICT", "something else changed there at the same moment. Look at the thread"),
        (413, "", "it is too big. Shorten it"),
        (422, "UNPROCESSABLE_ENTITY", "it understood this and does not take it as it is. Change the words"),
    ],
)
def test_each_refusal_says_what_it_means_and_what_to_do(status: int, code: str, means: str) -> None:
    error = errors.from_answer(status, {}, json.dumps({"code": code, "message": VENDOR}).encode(), write=True)
    words = refusals.told(Outgoing(text="Kept words", detail=outcomes.detail_of(error))).words
    assert words.startswith(f"LinkedIn refused it: {means}") and words.endswith("Your text is kept.")
    assert "Something" not in words and str(status) not in words


def test_a_plain_refusal_is_explained_and_keeps_the_words(ada_desk: AtDesk) -> None:
    row = refused(ada_desk, 400)
    answer = ada_desk.get("outgoing-show", row.uid, htmx=True)
    said, _, details = text_of(answer).partition(" Details ")
    assert "Change it and send it again" in said and "Your text is kept." in said and "Kept words" in said
    assert details == f"400: {VENDOR}" and "<b>Something" not in answer.content.decode()
    assert labels(row) == ["Edit", "Discard"]
    composer = ada_desk.get("reply-create", ada_desk.comment("Does it stop").pk, again=str(row.uid))
    assert "Kept words</textarea>" in composer.content.decode()


def test_a_picture_that_linkedin_cannot_use_is_named_and_may_be_left_out() -> None:
    row = Outgoing(text="Look", detail="400 MEDIA_ASSET_PROCESSING_FAILED: no", picture_id=uuid4())
    told = refusals.told(row)
    assert told.of_picture and told.words.startswith("LinkedIn refused it: it cannot use the picture.")


def test_what_has_no_words_is_told_without_an_advice_about_words() -> None:
    told = refusals.told(Outgoing(text="", detail="422 UNPROCESSABLE_ENTITY: no"))
    assert told.words.endswith("does not take it as it is. Nothing was changed there.")


def test_an_upload_that_linkedin_refuses_fails_at_once(ada_desk: AtDesk) -> None:
    rule: dict[str, Any] = {"do": "refuse", "method": "POST", "path": "/images", "status": 400, "times": 9}
    ada_desk.sandbox.world.faults.append(Rule.read(rule))
    file = io.BytesIO()
    Image.new("RGB", (4, 4), "red").save(file, "PNG")
    picture = attachments.keep(user=ada_desk.user, file=io.BytesIO(file.getvalue()), size=100)
    speaker = writing.Speaker(ada_desk.user, ACME)
    row = writing.comment_on(ada_desk.post(), speaker=speaker, text="Look", picture=picture, form_key=uuid4())
    decisions.send_now(row, by=ada_desk.user)
    ada_desk.deliver()
    row.refresh_from_db()
    assert (row.state, row.reason) == (State.FAILED, Reason.PICTURE_NOT_TAKEN)
    assert row.detail.startswith("400") and labels(row) == ["Send without picture", "Edit", "Discard"]


def labels(row: Outgoing) -> list[str]:
    return [step.label for step in actions.row(actions.of_desk(row.desk_id).get(pk=row.pk)).steps]
