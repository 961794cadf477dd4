"""Two colleagues answer in one thread: who comes second is told, and decides."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from dashboard.api import wishes
from socialactions.models import CommentContent, Outgoing
from socialactions.sandbox.seeds.cast import BIRCH
from socialactions.services import writing
from tests.web.desks import HTMX, AtDesk, fields_of, text_of
from tests.web.programs import program_of, refusal, wrong


class Thread:
    """A thread under Birch's post in which both may answer."""

    def __init__(self, ada: AtDesk, bo: AtDesk) -> None:
        self.ada, self.bo = ada, bo
        found = CommentContent.objects.filter(post__organization=ada.birch, thread__isnull=True).latest("created_at")
        self.comment = found.comment
        self.address = reverse("reply-create", args=[self.comment.pk])

    def form(self) -> dict[str, Any]:
        return {**self.fields(self.ada.client.get(self.address)), "text": "Mine as well"}

    def fields(self, answer: Any) -> dict[str, str]:
        return fields_of(answer, f"composer-reply-{self.comment.pk}")

    def send(self, fields: dict[str, Any], *, htmx: bool = False) -> Any:
        return self.ada.client.post(self.address, fields, headers=HTMX if htmx else {})

    def answer_of_bo(self, text: str = "Bo was @[Birch & Co](urn:li:organization:1002)\nfaster") -> Outgoing:
        return writing.reply_to(self.comment, speaker=writing.Speaker(self.bo.user, BIRCH), text=text, form_key=uuid4())


@pytest.fixture
def thread(ada_desk: AtDesk, bo: AtDesk) -> Thread:
    return Thread(ada_desk, bo)


@pytest.mark.parametrize("htmx", [False, True])
def test_who_comes_second_is_told_and_can_send_too(thread: Thread, htmx: bool) -> None:
    fields = thread.form()
    first = thread.answer_of_bo()
    answer = thread.send(fields, htmx=htmx)
    said = text_of(answer)
    assert answer.status_code == 422 and ("<!doctype" in answer.content.decode()) is not htmx
    assert "Bo Lindqvist answered 0 s ago as Birch & Co: “Bo was Birch & Co faster”" in said
    assert "Send too" in said and "Discard" in said and "Send reply" not in said
    assert f'href="/outgoing/{first.uid}/"' in answer.content.decode()
    again = thread.fields(answer)
    assert (again["text"], again["seen"]) == ("Mine as well", str(first.uid))
    assert Outgoing.objects.count() == 1
    assert thread.send(again, htmx=htmx).status_code == (200 if htmx else 302)
    assert Outgoing.objects.filter(user=thread.ada.user, text="Mine as well").count() == 1


def test_a_third_answer_is_told_again(thread: Thread) -> None:
    fields = thread.form()
    thread.answer_of_bo()
    again = thread.fields(thread.send(fields))
    thread.answer_of_bo("And once more")
    answer = thread.send(again)
    assert answer.status_code == 422 and "“And once more”" in text_of(answer)


def test_an_answer_that_was_written_before_the_form_was_drawn_and_saved_after_it_is_told(thread: Thread) -> None:
    """Its transaction was under way; a moment says less than what was there to be seen."""
    fields = thread.form()
    first = thread.answer_of_bo()
    Outgoing.objects.filter(pk=first.pk).update(created_at=first.created_at - timedelta(seconds=5))
    assert thread.send(fields).status_code == 422


def test_what_was_seen_first_is_kept_through_refusals(thread: Thread) -> None:
    fields = thread.form()
    refused = thread.send({**fields, "text": ""})
    assert thread.fields(refused)["seen"] == fields["seen"]
    thread.answer_of_bo()
    assert "Send too" in text_of(thread.send({**thread.fields(refused), "text": "Mine"}))


def test_what_was_answered_before_the_form_was_drawn_asks_nothing(thread: Thread) -> None:
    thread.answer_of_bo()
    assert thread.send(thread.form()).status_code == 302


def test_ones_own_answer_and_one_taken_back_ask_nothing(thread: Thread) -> None:
    fields, more = thread.form(), thread.form()
    first = thread.answer_of_bo()
    Outgoing.objects.filter(pk=first.pk).update(state=Outgoing.State.CANCELLED, finished_at=timezone.now())
    assert thread.send(fields).status_code == 302
    assert thread.send(more).status_code == 302


@pytest.mark.parametrize("seen", ["", "x", "nan", "1763899200.5", str(UUID(int=7)), "9" * 400, "\0", "１２"])
def test_nonsense_about_what_was_seen_does_no_harm(thread: Thread, seen: str) -> None:
    assert thread.send({**thread.form(), "seen": seen}).status_code == 302


def test_a_program_that_comes_second_is_told_and_can_send_too(thread: Thread) -> None:
    reader = program_of(thread.ada, actors=[BIRCH])
    blind = program_of(thread.ada, actors=[BIRCH], scopes=["comment"])
    wish = {"kind": "reply", "actor": BIRCH, "target": thread.comment.urn, "text": "Mine as well"}
    first = thread.answer_of_bo()
    for program in (reader, blind):
        answer = program.act(**wish, once="mine")
        said = refusal(answer, 409, "colleague_first")
        assert "Bo Lindqvist answered in this thread" in said and "as Birch & Co" in said and "faster" not in said
        links = f'</api/v1/actions/{first.uid}>; rel="related"' if program is reader else None
        assert answer.get("Link") == links
    assert Outgoing.objects.count() == 1
    told = [reader.act(**wish, allow_parallel=True, once="mine") for _ in range(2)]
    assert [one.status_code for one in told] == [202, 202] and told[0].json()["id"] == told[1].json()["id"]
    assert reader.act(**wish, allow_parallel=False, once="theirs").status_code == 409
    assert (
        "takes no" in wrong(reader.act(**{**wish, "kind": "like", "text": None}, allow_parallel=True))["allow_parallel"]
    )


def test_a_program_is_answered_again_though_a_colleague_came_meanwhile(thread: Thread) -> None:
    program = program_of(thread.ada, actors=[BIRCH])
    wish = {"kind": "reply", "actor": BIRCH, "target": thread.comment.urn, "text": "Mine", "once": "mine"}
    mine = program.act(**wish)
    thread.answer_of_bo()
    again = program.act(**wish)
    assert (mine.status_code, again.status_code) == (202, 202) and mine.json()["id"] == again.json()["id"]


def test_a_program_is_not_told_of_what_is_long_past_or_its_own(thread: Thread) -> None:
    program = program_of(thread.ada, actors=[BIRCH])
    wish = {"kind": "reply", "actor": BIRCH, "target": thread.comment.urn}
    first = thread.answer_of_bo()
    Outgoing.objects.filter(pk=first.pk).update(created_at=timezone.now() - wishes.SEEN_BEFORE)
    for text in ("Mine", "And one more"):
        assert program.act(**wish, text=text).status_code == 202


def test_a_new_comment_carries_no_moment(ada_desk: AtDesk) -> None:
    assert b'name="seen"' not in ada_desk.get("post-show", ada_desk.post().pk).content
