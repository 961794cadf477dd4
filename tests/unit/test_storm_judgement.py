"""What the storm calls broken: each lie that rows and ledger can tell is one."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from socialactions.models import Comment, Outgoing, User
from socialactions.sandbox.records import Entry
from tests import storm

State, Kind = Outgoing.State, Outgoing.Kind
PAGE, MEMBER, OTHER = "urn:li:organization:1", "urn:li:person:a", "urn:li:person:b"
TARGET = "urn:li:comment:(urn:li:activity:7,8)"
URN = "urn:li:comment:(urn:li:activity:7,9)"


def wish(kind: str = Kind.REPLY, text: str = "Yes.") -> storm.Wish:
    user = User(member_urn=MEMBER)
    return storm.Wish(1, kind, user, PAGE, Comment(pk=uuid4(), urn=TARGET), text, pk=1)


def row(state: str, **columns: Any) -> dict[int, Outgoing]:
    return {1: Outgoing(pk=1, state=state, **columns)}


def entry(kind: str = "reply", **changes: Any) -> Entry:
    known: dict[str, Any] = {
        "n": 1,
        "actor": PAGE,
        "agent": MEMBER,
        "target": TARGET,
        "urn": URN,
        "text": "Yes.",
        "at": 0,
    }
    return Entry(kind=kind, **{**known, **changes})


SENT = row(State.SENT, result_urn=URN)


@pytest.mark.parametrize(
    ("rows", "ledger"),
    [
        ({}, []),
        *[(row(state), []) for state in Outgoing.HOLDING],
        *[(row(state, reason="refused"), []) for state in (State.FAILED, State.CANCELLED, State.DISCARDED)],
        (row(State.NEEDS_ATTENTION), []),
        (row(State.BLOCKED), []),
        (SENT, []),
        (SENT, [entry(urn="urn:li:comment:(urn:li:activity:7,10)")]),
        (SENT, [entry(), entry(n=2)]),
    ],
)
def test_what_is_neither_done_nor_with_a_person_for_a_reason_is_lost(rows: Any, ledger: Any) -> None:
    assert storm._is_lost(wish(), rows, ledger)


@pytest.mark.parametrize("kind", [Kind.REACT, Kind.DELETE])
def test_a_state_that_linkedin_does_not_have_is_lost(kind: str) -> None:
    assert storm._is_lost(wish(kind, "LIKE"), row(State.SENT), [entry()])


def test_what_is_done_once_or_waits_for_a_person_is_not_lost() -> None:
    assert not storm._is_lost(wish(), SENT, [entry()])
    assert not storm._is_lost(wish(Kind.REACT, "LIKE"), row(State.SENT), [entry("react", text="LIKE")])
    assert not storm._is_lost(wish(Kind.DELETE, ""), row(State.SENT), [entry("delete", text="")])
    assert not storm._is_lost(wish(), row(State.NEEDS_ATTENTION, reason="absent"), [])
    assert not storm._is_lost(wish(), row(State.BLOCKED, reason="no_right"), [])


def test_a_person_is_asked_about_what_is_absent_only_after_it_was_sent_once_more() -> None:
    assert storm._is_asked_in_vain(wish(), row(State.NEEDS_ATTENTION, reason="absent"))
    assert not storm._is_asked_in_vain(wish(), row(State.NEEDS_ATTENTION, reason="absent", repeats=1))
    assert not storm._is_asked_in_vain(wish(), row(State.NEEDS_ATTENTION, reason="nearly"))
    assert not storm._is_asked_in_vain(wish(), SENT)


@pytest.mark.parametrize("state", [State.FAILED, State.CANCELLED, State.DISCARDED])
def test_what_stands_there_and_is_said_not_to_is_a_lie(state: str) -> None:
    assert storm._has_lied(wish(), row(state), [entry()])
    assert not storm._has_lied(wish(), row(state), [])


def test_two_entries_of_one_wish_are_twice() -> None:
    assert storm._twice([wish()], [entry(), entry(n=2)])
    assert not storm._twice([wish()], [entry()])


@pytest.mark.parametrize("changes", [{"actor": OTHER}, {"agent": OTHER}, {"text": "Nobody asked for this."}])
def test_an_entry_as_another_or_that_nobody_asked_for_is_wrong(changes: dict[str, str]) -> None:
    assert storm._as_asked(entry(), [wish()])
    assert not storm._as_asked(entry(**changes), [wish()])
