"""Clients of the old task API know of no Idempotency-Key: the same words again are the same task, for seven days and
unless they surely were not published.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from socialactions import clock
from socialactions.lifetimes import API_CALLS_LIVE
from socialactions.models import ApiCall, Attempt, Outgoing
from socialactions.sandbox.server import Running
from socialactions.services import decisions, outbox
from socialactions.services.outcomes import Reason
from tests.deeds import Place, again, ago, in_threads, later, settle_in
from tests.web.programs import Program, program_of

State = Outgoing.State
AT_ONCE = 50


@pytest.fixture
def place(sandbox_server: Running, db: None, settings: Any) -> Place:
    settings.UNDO_WINDOW_S = 0
    return settle_in(sandbox_server)


@pytest.fixture
def program(place: Place) -> Program:
    return program_of(place, name="Old client")


def say(place: Place, program: Program, text: str = "Well done.") -> Outgoing:
    said = json.dumps({"social_urn": place.post().urn, "comment_text": text})
    headers = {"x-api-key": program.secret}
    answer = program.client.post("/linkedin-agent/comment-post", said, "application/json", headers=headers)
    assert answer.status_code == 200, answer.content
    return Outgoing.objects.get(uid=answer.json()["api_agent_task_id"])


def task(program: Program, row: Outgoing) -> Any:
    asked = {"api_agent_task_id": str(row.uid)}
    answer = program.client.get("/linkedin-agent/get-task-status", asked, headers={"x-api-key": program.secret})
    return answer.json()["data"]


def days_pass(days: float) -> None:
    for call in ApiCall.everything.all():
        ApiCall.everything.filter(pk=call.pk).update(at=call.at - timedelta(days=days))


def test_what_a_person_gave_up_in_doubt_is_not_said_again(place: Place, program: Program) -> None:
    place.fault_of_comments(do="drop_after")
    row = place.deliver(say(place, program))
    assert row.state == State.UNKNOWN and len(place.entries("comment")) == 1
    later(row, doubt_since=ago(hours=1))
    outbox.sweep()
    assert again(row).state == State.NEEDS_ATTENTION and decisions.discard(again(row), by=place.user)
    found = task(program, row)
    assert (found["status"], found["state"], found["task_output"]["success"]) == ("cancelled", "discarded", False)
    assert say(place, program) == row
    outbox.sweep()
    assert len(place.entries("comment")) == 1


@pytest.mark.parametrize("state", [State.CANCELLED, State.FAILED])
@pytest.mark.parametrize("outcome", [Reason.NO_ANSWER, Reason.WORKER_DIED, Reason.ODD_ANSWER])
def test_after_a_try_in_doubt_no_end_is_certain(place: Place, program: Program, state: State, outcome: str) -> None:
    row = say(place, program)
    Attempt.objects.create(outgoing=row, fence=1, wire_at=clock.now(), ended_at=clock.now(), outcome=outcome)
    later(row, state=state, finished_at=clock.now())
    assert say(place, program) == row


def test_what_linkedin_refused_may_be_asked_for_again(place: Place, program: Program) -> None:
    place.fault_of_comments(do="refuse", status=404)
    row = place.deliver(say(place, program))
    assert row.state == State.FAILED
    second = say(place, program)
    assert second != row and say(place, program) == second


def test_another_name_of_the_same_post_and_actor_is_the_same_task(place: Place, program: Program) -> None:
    """No answer was heard, and the client repeats what its task tells, or asks by an address it found on LinkedIn."""
    row = place.deliver(say(place, program, "Well\r\ndone."))
    told = task(program, row)["task_input"]
    post = place.post()
    names = [post.urn, *post.aliases.values_list("urn", flat=True)]
    assert len(names) > 1
    for said in [{name: told[name] for name in ("social_urn", "actor", "comment_text")}] + [
        {"social_urn": name, "comment_text": "Well\ndone.", "actor": actor}
        for name in names
        for actor in ("member", row.member_urn)
    ]:
        answer = program.client.post(
            "/linkedin-agent/comment-post", json.dumps(said), "application/json", headers={"x-api-key": program.secret}
        )
        assert answer.json().get("api_agent_task_id") == str(row.uid), said


def test_seven_days_count_from_each_attempt(place: Place, program: Program) -> None:
    first = say(place, program)
    assert decisions.undo(first, by=place.user)
    days_pass(6.9)
    second = place.deliver(say(place, program))
    assert second != first and second.state == State.SENT
    days_pass(0.2)  # the first attempt is forgotten, the second was moments ago
    assert say(place, program) == second
    days_pass(API_CALLS_LIVE.days)
    assert say(place, program) not in (first, second)


def test_many_attempts_are_each_one_task(place: Place, program: Program) -> None:
    rows = []
    for _ in range(4):
        rows.append(say(place, program))
        assert say(place, program) == rows[-1]
        assert decisions.undo(rows[-1], by=place.user)
    assert len(set(rows)) == 4
    assert say(place, program, "Other words.") not in rows


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_second", [False, True])
def test_fifty_at_once_are_one_task(sandbox_server: Running, settings: Any, is_second: bool) -> None:
    settings.UNDO_WINDOW_S = 0
    settings.API_CALLS_PER_MINUTE = 0
    place = settle_in(sandbox_server)
    program = program_of(place)
    if is_second:
        assert decisions.undo(say(place, program), by=place.user)
    rows = in_threads(AT_ONCE, lambda _: say(place, Program(program.key, program.secret)).pk)
    assert len(set(rows)) == 1 and Outgoing.objects.count() == 1 + is_second
