"""What a row under way says beside its sentence: a countdown only while there is one, and the words that will stand."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from socialactions.models import CommentContent, Outgoing
from socialactions.sandbox import threads
from socialactions.sandbox.seeds.cast import ACME
from socialactions.services import writing
from socialactions.services.outcomes import Reason
from tests.web.desks import AtDesk, fields_of, text_of

State = Outgoing.State


def _row(desk: AtDesk, **changes: object) -> Outgoing:
    """A change of Acme's own comment."""
    comment = desk.comment("It does, within 80 ms")
    speaker = writing.Speaker(desk.user, ACME)
    row = writing.edit(comment, speaker=speaker, text="It does, in 70 ms.", form_key=uuid4())
    Outgoing.objects.filter(pk=row.pk).update(**changes)
    return row


@pytest.mark.parametrize(("seconds", "counts"), [(5, 1), (-5, 0)], ids=["before", "after"])
def test_only_a_sentence_that_counts_down_has_a_countdown(ada_desk: AtDesk, seconds: int, counts: int) -> None:
    row = _row(ada_desk, due_at=timezone.now() + timedelta(seconds=seconds))
    page = ada_desk.get("outgoing-show", row.uid, htmx=True).content.decode()
    assert page.count("<time-left") == counts


@pytest.mark.parametrize("state", [State.QUEUED, State.WAITING, State.SENDING, State.UNKNOWN, State.NEEDS_ATTENTION])
def test_a_change_under_way_shows_its_new_words(ada_desk: AtDesk, state: str) -> None:
    row = _row(ada_desk, state=state)
    for answer in (ada_desk.get("post-show", row.post_id), ada_desk.get("outgoing-show", row.uid, htmx=True)):
        assert text_of(answer).count("It does, in 70 ms.") == 1
        assert "not on LinkedIn" not in text_of(answer)


def test_a_change_that_was_cancelled_shows_its_words_in_its_story_only(ada_desk: AtDesk) -> None:
    row = _row(ada_desk, state=State.CANCELLED, finished_at=timezone.now())
    assert "Cancelled" in text_of(ada_desk.get("post-show", row.post_id))
    assert "in 70 ms" not in text_of(ada_desk.get("post-show", row.post_id))
    assert "in 70 ms" in text_of(ada_desk.get("outgoing-show", row.uid))


def test_an_edit_replaces_what_its_form_showed_and_nothing_that_was_read_since(ada_desk: AtDesk, settings: Any) -> None:
    settings.UNDO_WINDOW_S = 0
    comment = ada_desk.comment("It does, within 80 ms")
    form = fields_of(ada_desk.get("comment-edit", comment.pk))
    found = ada_desk.sandbox.world.comments[comment.comment_id]
    threads.edit_comment(ada_desk.sandbox.world, found, agent=found.actor, text="Not so fast.", attributes=None)
    CommentContent.objects.filter(comment=comment).update(text="Not so fast.")  # as a reading found it meanwhile
    assert ada_desk.send("comment-edit", comment.pk, fields={**form, "text": "In 70 ms."}).status_code == 302
    ada_desk.deliver()
    row = Outgoing.objects.get()
    assert (row.state, row.reason) == (Outgoing.State.NEEDS_ATTENTION, Reason.CHANGED_THERE)
    assert "It says: “Not so fast.”." in text_of(ada_desk.get("post-show", comment.post_id))
    assert "Replace it" in text_of(ada_desk.get("post-show", comment.post_id))


def test_who_edits_again_after_the_question_is_not_asked_the_same_again(ada_desk: AtDesk, settings: Any) -> None:
    settings.UNDO_WINDOW_S = 0
    comment = ada_desk.comment("It does, within 80 ms")
    form = fields_of(ada_desk.get("comment-edit", comment.pk))
    world = ada_desk.sandbox.world
    found = world.comments[comment.comment_id]
    threads.edit_comment(world, found, agent=found.actor, text="Not so fast.", attributes=None)
    assert ada_desk.send("comment-edit", comment.pk, fields={**form, "text": "In 70 ms."}).status_code == 302
    ada_desk.deliver()
    asked = Outgoing.objects.get(reason=Reason.CHANGED_THERE)
    # Here the comment still stands as it was read last; the question alone said what it has become.
    page = ada_desk.client.get(ada_desk.send("outgoing-step", asked.uid, "edit", fields={"as": ""})["Location"])
    again = {**fields_of(page), "text": "In 70 ms, truly."}
    assert ada_desk.send("comment-edit", comment.pk, fields=again).status_code == 302
    ada_desk.deliver()
    assert Outgoing.objects.latest("pk").state == Outgoing.State.SENT
    assert world.comments[comment.comment_id].text == "In 70 ms, truly."
