"""An Idempotency-Key is one wish: asked again, or fifty times at once, it is answered with the one action."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from socialactions import clock, lifetimes
from socialactions.models import ApiCall, ApiKey, Event, Outgoing
from socialactions.sandbox.seeds.cast import ACME
from socialactions.services import keeping
from tests.deeds import in_threads
from tests.web.desks import AtDesk
from tests.web.programs import Program, program_of, refusal

AT_ONCE = 50


@pytest.fixture
def program(ada_desk: AtDesk, settings: Any) -> Program:
    settings.UNDO_WINDOW_S = 0
    return program_of(ada_desk)


@pytest.fixture
def wish(ada_desk: AtDesk) -> dict[str, Any]:
    return {"kind": "comment", "actor": ACME, "target": ada_desk.post().urn, "text": "Once."}


def test_asking_again_is_answered_with_the_same_action(
    ada_desk: AtDesk, program: Program, wish: dict[str, Any]
) -> None:
    first = program.act(once="a", **wish)
    again = program.act(once="a", **wish, mentions=None, mention_unit="utf16")  # the same in other words
    assert (first.status_code, again.status_code, first["Location"]) == (202, 202, again["Location"])
    ada_desk.deliver()
    assert program.act(once="a", **wish).json()["state"] == "sent"
    assert len(ada_desk.ledger) == Outgoing.objects.count() == Event.objects.filter(kind="accepted").count() == 1
    assert program.act(once="b", **wish)["Location"] != first["Location"]


def test_the_answer_stays_the_same_when_rights_are_gone(program: Program, wish: dict[str, Any]) -> None:
    first = program.act(once="a", **wish)
    ApiKey.objects.update(actors=[])
    assert program.act(once="a", **wish)["Location"] == first["Location"]
    refusal(program.act(once="b", **wish), 403, "actor_not_allowed")


@pytest.mark.parametrize(
    "change", [{"text": "Twice."}, {"actor": "member"}, {"kind": "like", "text": None}, {"image": str(uuid4())}]
)
def test_other_things_under_the_same_key_are_refused(
    program: Program, wish: dict[str, Any], change: dict[str, Any]
) -> None:
    program.act(once="a", **wish)
    refusal(program.act(once="a", **{**wish, **change}), 422, "idempotency_key_reused")
    assert Outgoing.objects.count() == 1


def test_what_was_refused_is_not_remembered(program: Program, wish: dict[str, Any]) -> None:
    refusal(program.act(once="a", **{**wish, "text": ""}), 422, "invalid")
    refusal(program.act(once="a", **{**wish, "text": " "}), 422, "invalid")
    assert not ApiCall.objects.exists()
    assert program.act(once="a", **wish).status_code == 202


def test_each_key_has_names_of_its_own(ada_desk: AtDesk, program: Program, wish: dict[str, Any]) -> None:
    other = program_of(ada_desk)
    assert program.act(once="a", **wish)["Location"] != other.act(once="a", **wish)["Location"]
    assert Outgoing.objects.count() == 2


@pytest.mark.parametrize("is_purged", [False, True])
def test_after_seven_days_the_name_is_free_again(program: Program, wish: dict[str, Any], is_purged: bool) -> None:
    first = program.act(once="a", **wish)
    ApiCall.objects.update(at=clock.now() - lifetimes.API_CALLS_LIVE + timedelta(seconds=30))
    assert program.act(once="a", **wish)["Location"] == first["Location"]
    ApiCall.objects.update(at=clock.now() - lifetimes.API_CALLS_LIVE)
    if is_purged:
        assert keeping.purge()["programs' calls"] == 1
    assert program.act(once="a", **{**wish, "text": "Another."})["Location"] != first["Location"]
    assert ApiCall.everything.count() == 1


@pytest.mark.django_db(transaction=True)
def test_fifty_at_once_are_one_action(ada_desk: AtDesk, program: Program, wish: dict[str, Any]) -> None:
    def ask(_: int) -> tuple[int, str]:
        answer = Program(program.key, program.secret).act(once="all-the-same", **wish)
        return answer.status_code, answer.get("Location", answer.content.decode())

    answers = set(in_threads(AT_ONCE, ask))
    row = Outgoing.objects.get()
    assert answers == {(202, f"/api/v1/actions/{row.uid}")}
    ada_desk.deliver()
    assert [entry.text for entry in ada_desk.ledger] == ["Once."]
    assert Event.objects.filter(kind="accepted").count() == ApiCall.objects.count() == 1
