"""The old task API's page, walked through: each row of its tables and each answer of its FAQ is one assertion.

Source: the seed about liking a post. What its FAQ advises is machinery here; what it cannot do works.
"""

from __future__ import annotations

import json
import time
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
import time_machine
from django.conf import settings as django_settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from dashboard.api import compat
from socialactions import clock
from socialactions.models import Connection, Outgoing, User
from socialactions.sandbox.seeds.cast import ACME, ADA, BIRCH
from socialactions.sandbox.server import Running
from socialactions.services import api_keys, decisions, outbox
from tests.deeds import Place, settle_in
from tests.web.desks import AtDesk
from tests.web.programs import Program, program_of

LIKE, UNLIKE, COMMENT = "/linkedin-agent/like-post", "/linkedin-agent/unlike-post", "/linkedin-agent/comment-post"
TASK = "/linkedin-agent/get-task-status"
UNKNOWN = "urn:li:activity:7123456789012345678"


@pytest.fixture
def place(sandbox_server: Running, db: None, settings: Any) -> Place:
    settings.UNDO_WINDOW_S = 0
    return settle_in(sandbox_server)


@pytest.fixture
def program(place: Place) -> Program:
    return program_of(place, name="Old client")


def post(program: Program, address: str, body: Any, **headers: str) -> Any:
    """As its clients call: JSON, the key, nothing else."""
    said = body if isinstance(body, str) else json.dumps(body)
    sent = {"x-api-key": program.secret, **headers}
    return program.client.post(address, said, content_type="application/json", headers=sent)


def ask(program: Program, task: str) -> Any:
    return program.client.get(TASK, {"api_agent_task_id": task}, headers={"x-api-key": program.secret})


def task(program: Program, answer: Any) -> Any:
    found = ask(program, answer.json()["api_agent_task_id"])
    assert found.status_code == 200 and found.json()["success"] is True, found.content
    return found.json()["data"]


def row_of(answer: Any) -> Outgoing:
    assert answer.status_code == 200, answer.content
    return Outgoing.objects.get(uid=answer.json()["api_agent_task_id"])


def deliver(place: Place, answer: Any) -> Outgoing:
    return place.deliver(row_of(answer))


def activity_of(place: Place) -> str:
    found: str = place.world.post(place.post().urn).activity
    return found


# "Headers" and "Request Body", "Response"


def test_the_three_fields_of_the_response(place: Place, program: Program) -> None:
    answer = post(program, LIKE, {"social_urn": activity_of(place)})
    said = answer.json()
    assert answer.status_code == 200 and answer["Content-Type"] == "application/json"
    assert said["success"] is True
    assert Outgoing.objects.filter(uid=said["api_agent_task_id"]).exists()
    assert said["message"] == "Like task created successfully"
    assert set(said) == {"success", "api_agent_task_id", "message", "status", "actor", "due_at", "not_before"}


@pytest.mark.parametrize(
    "kind", ["application/json; charset=utf-8", "text/plain", "application/x-www-form-urlencoded", ""]
)
def test_the_body_is_json_whatever_the_content_type_calls_it(place: Place, program: Program, kind: str) -> None:
    body = json.dumps({"social_urn": activity_of(place)})
    answer = program.client.generic("POST", LIKE, body, content_type=kind, headers={"x-api-key": program.secret})
    assert row_of(answer).target_urn == place.post().urn


# "Polling for Results"


def test_a_task_is_polled_to_its_true_end(place: Place, program: Program) -> None:
    answer = post(program, LIKE, {"social_urn": activity_of(place)})
    before = task(program, answer)
    assert (before["id"], before["status"]) == (answer.json()["api_agent_task_id"], "pending")
    assert before["task_input"] == {"task_type": "like-post", "social_urn": place.post().urn, "actor": ADA}
    assert (before["task_output"], before["final"]) == (None, False)
    deliver(place, answer)
    after = task(program, answer)
    assert (after["status"], after["state"], after["final"]) == ("completed", "sent", True)
    assert after["task_output"] == {"success": True, "result_urn": None}
    (entry,) = place.ledger
    assert (entry.kind, entry.actor) == ("react", ADA)


@pytest.mark.parametrize(
    ("state", "status", "said"),
    [
        ("queued", "pending", None),
        ("waiting", "pending", None),
        ("blocked", "pending", None),
        ("sending", "processing", None),
        ("unknown", "processing", None),
        ("needs_attention", "processing", None),
        ("sent", "completed", True),
        ("failed", "failed", False),
        ("cancelled", "cancelled", False),
        ("discarded", "cancelled", False),
    ],
)
def test_each_of_our_states_is_one_of_its(
    place: Place, program: Program, state: str, status: str, said: bool | None
) -> None:
    assert set(compat.STATUS) == set(Outgoing.State)
    answer = post(program, LIKE, {"social_urn": activity_of(place)})
    row = row_of(answer)
    Outgoing.objects.filter(pk=row.pk).update(state=state, finished_at=clock.now() if said is not None else None)
    found = task(program, answer)
    assert (found["status"], found["state"]) == (status, state)
    assert (found["task_output"] or {}).get("success") is said


def test_a_failed_task_is_told_apart_with_our_reason(place: Place, program: Program) -> None:
    """The old system knows waiting and done; whoever only looks for an output is not misled either."""
    answer = post(program, COMMENT, {"social_urn": activity_of(place), "comment_text": "Too late."})
    place.world.posts.clear()
    deliver(place, answer)
    found = task(program, answer)
    assert (found["status"], found["reason"], found["final"]) == ("failed", "target_gone", True)
    assert found["task_output"]["success"] is False and found["task_output"]["reason"] == "target_gone"
    assert "no longer exists" in found["task_output"]["error"]


# "Error Responses"


@pytest.mark.parametrize(
    "body",
    [
        {},
        "",
        "[]",
        "nonsense",
        "[" * 5000,
        {"social_urn": "urn:li:activity:\ud800"},
        {"social_urn": None},
        {"social_urn": 7123456789012345678},
        {"social_urn": ""},
        {"social_urn": "urn:li:person:abc"},
        {"social_urn": "urn:li:activity:abc"},
        {"social_urn": "https://www.example.org/feed/update/urn:li:activity:1/"},
        {"social_urn": "\0"},
    ],
)
def test_400_where_the_urn_is_missing_or_malformed(program: Program, body: Any) -> None:
    for address in (LIKE, UNLIKE, COMMENT):
        answer = post(program, address, body)
        assert (answer.status_code, answer.json()["error"]) == (400, "Missing or invalid 'social_urn'")
        assert answer.json()["success"] is False


@pytest.mark.parametrize("text", [None, "", "  ", 5, "half \ud800"])
def test_400_where_a_comment_has_no_text(place: Place, program: Program, text: Any) -> None:
    answer = post(program, COMMENT, {"social_urn": activity_of(place), "comment_text": text})
    assert (answer.status_code, answer.json()["error"]) == (400, "Missing or invalid 'comment_text'")


def test_400_where_more_is_asked_than_anybody_has_to_ask(program: Program) -> None:
    answer = program.client.get(f"{TASK}?{'a=1&' * 1001}", headers={"x-api-key": program.secret})
    assert (answer.status_code, answer.json()) == (400, {"success": False, "error": "The request cannot be read."})


def test_400_where_the_task_is_not_named(program: Program) -> None:
    answer = ask(program, "")
    assert (answer.status_code, answer.json()["error"]) == (400, "Missing or invalid 'api_agent_task_id'")


def test_401_without_a_key_and_with_a_wrong_one(place: Place, program: Program) -> None:
    body = {"social_urn": activity_of(place)}
    revoked = program_of(place)
    api_keys.revoke(revoked.key, by=place.user)
    for secret, words in (
        ("", "Missing API Key"),
        ("x", "Invalid API Key"),
        (f"tw_{'0' * 12}_{'x' * 43}", "Invalid API Key"),
        (revoked.secret, "Invalid API Key"),
    ):
        nobody = Program(program.key, secret)
        for answer in (post(nobody, LIKE, body), post(nobody, COMMENT, body), ask(nobody, str(uuid4()))):
            assert (answer.status_code, answer.json()["error"]) == (401, words)
    assert Client().post(LIKE).status_code == 401


def test_403_when_no_connection_can_act(place: Place, program: Program) -> None:
    Connection.objects.filter(user=place.user).update(health="ended")
    answer = post(program, LIKE, {"social_urn": activity_of(place)})
    assert answer.status_code == 403
    assert answer.json()["error"] == "Your LinkedIn connection ended. Connect again, then send."
    assert not Outgoing.objects.exists()


def test_404_without_an_administrator_or_such_a_task(place: Place, program: Program) -> None:
    for wrong in (str(uuid4()), "1", "\0"):
        answer = ask(program, wrong)
        assert (answer.status_code, answer.json()["error"]) == (404, "Agent task not found")
    User.objects.filter(desk=place.user.desk).update(is_admin=False)
    answer = post(program, LIKE, {"social_urn": activity_of(place)})
    assert (answer.status_code, answer.json()["error"]) == (404, "No admin user found in the team")


# "FAQ"


def test_whose_account_performs_the_like(ada_desk: AtDesk, seat: Any, settings: Any) -> None:
    """That of the person who made the key: said in the answer, and never the oldest administrator's."""
    bo = seat("bo", invited_by=ada_desk)
    assert ada_desk.user.is_admin and not bo.user.is_admin
    his = program_of(bo, actors=[bo.user.member_urn])
    found = ada_desk.birch.posts.first()
    answer = post(his, LIKE, {"social_urn": found.urn})
    assert answer.json()["actor"] == bo.user.member_urn
    assert (row_of(answer).member_urn, row_of(answer).way) == (bo.user.member_urn, his.key.name)
    ada_desk.deliver()
    assert ada_desk.ledger[-1].actor == bo.user.member_urn


def test_where_the_urn_of_a_post_comes_from(place: Place, program: Program) -> None:
    """Out of the address, with the word before the number; the whole address will do, and LinkedIn's other names."""
    share, activity = place.post().urn, activity_of(place)
    number = activity.rpartition(":")[2]
    assert share != activity
    for name in (
        activity,
        share,
        f"https://www.linkedin.com/feed/update/{activity}/",
        f"https://www.linkedin.com/feed/update/{quote(activity, safe='')}",
        f"https://www.linkedin.com/posts/acme_the-third-arm-activity-{number}-Ab_c/?utm_source=share",
    ):
        assert row_of(post(program, LIKE, {"social_urn": name})).target_urn == share
    answer = post(program, LIKE, {"social_urn": UNKNOWN})
    assert answer.status_code == 404 and answer.json()["error"].startswith("Post not found: Threadwell acts on posts")


def test_spacing_out_is_our_work_and_the_answer_says_when_it_is_due(
    place: Place, program: Program, settings: Any
) -> None:
    settings.LIKE_EVERY_S, settings.LIKES_PER_HOUR = 60, 60
    urns = [one.urn for one in place.page().posts.all()[:2]]
    answers = [post(program, LIKE, {"social_urn": urn}) for urn in urns]
    due = [datetime.fromisoformat(answer.json()["due_at"]) for answer in answers]
    assert all(abs(one - clock.now()) < timedelta(minutes=1) for one in due)
    for answer in answers:
        outbox.deliver(row_of(answer).pk)
    first, second = (task(program, answer) for answer in answers)
    assert (first["status"], second["status"], second["reason"]) == ("completed", "pending", "pace")
    assert datetime.fromisoformat(second["not_before"]) > clock.now() + timedelta(seconds=30)
    assert int(ask(program, second["id"])["Retry-After"]) > 30
    assert len(place.ledger) == 1


def test_a_post_can_be_unliked(place: Place, program: Program) -> None:
    deliver(place, post(program, LIKE, {"social_urn": activity_of(place)}))
    answer = post(program, UNLIKE, {"social_urn": activity_of(place)})
    assert answer.json()["message"] == "Unlike task created successfully"
    deliver(place, answer)
    assert task(program, answer)["status"] == "completed"
    assert task(program, answer)["task_input"]["task_type"] == "unlike-post"
    assert [entry.kind for entry in place.ledger] == ["react", "unreact"]
    assert ADA not in place.world.post(place.post().urn).reactions


def test_a_post_is_liked_as_a_company_page(place: Place, program: Program) -> None:
    answer = post(program, LIKE, {"social_urn": activity_of(place), "actor": ACME})
    assert answer.json()["actor"] == ACME
    deliver(place, answer)
    assert (place.ledger[-1].actor, place.ledger[-1].agent) == (ACME, ADA)
    foreign = post(program, LIKE, {"social_urn": activity_of(place), "actor": BIRCH})
    assert foreign.status_code == 403 and "may not speak as this actor" in foreign.json()["error"]
    guessed = post(program, LIKE, {"social_urn": activity_of(place), "actor_type": "company"})
    assert (guessed.status_code, guessed.json()["error"]) == (400, "Unknown field 'actor_type'")
    for odd in (None, 5, "x" * 300, "\0"):
        answer = post(program, LIKE, {"social_urn": activity_of(place), "actor": odd})
        assert (answer.status_code, answer.json()["error"]) == (400, "Missing or invalid 'actor'")


# "Related": commenting, and polling a comment


def test_a_comment_is_posted_and_polled(place: Place, program: Program) -> None:
    answer = post(program, COMMENT, {"social_urn": activity_of(place), "comment_text": "Well built.", "actor": ACME})
    assert answer.json()["message"] == "Comment task created successfully"
    row = deliver(place, answer)
    found = task(program, answer)
    assert found["task_output"] == {"success": True, "result_urn": row.result_urn} and row.result_urn
    assert found["task_input"]["comment_text"] == place.ledger[-1].text == "Well built."


def test_a_comment_that_is_too_long_is_refused_in_words(place: Place, program: Program) -> None:
    text = "x" * (django_settings.COMMENT_MAX_CHARS + 1)
    answer = post(program, COMMENT, {"social_urn": activity_of(place), "comment_text": text})
    assert answer.status_code == 422 and "too long by 1 character" in answer.json()["error"]


# what its clients do not know


def test_an_idempotency_key_is_honoured_where_one_is_sent(place: Place, program: Program) -> None:
    body = {"social_urn": activity_of(place), "comment_text": "Once."}
    once = {"Idempotency-Key": "a name of ours"}
    bad = post(program, COMMENT, body, **once)
    assert (bad.status_code, bad.json()["error"]) == (400, "Missing or invalid 'Idempotency-Key'")
    once = {"Idempotency-Key": "a-name-of-ours"}
    first, second = (post(program, COMMENT, body, **once) for _ in range(2))
    assert row_of(first) == row_of(second)
    other = post(program, COMMENT, {**body, "comment_text": "Twice."}, **once)
    assert other.status_code == 422 and "another request" in other.json()["error"]
    assert row_of(post(program, COMMENT, body)) != row_of(first)


def test_a_client_that_asks_again_without_a_header_comments_once(place: Place, program: Program) -> None:
    said = {"social_urn": place.post().urn, "comment_text": "Well done."}
    first = post(program, COMMENT, said).json()["api_agent_task_id"]
    assert post(program, COMMENT, said).json()["api_agent_task_id"] == first
    place.deliver(Outgoing.objects.get(uid=first))
    assert post(program, COMMENT, said).json()["api_agent_task_id"] == first
    assert [entry.text for entry in place.entries("comment")] == ["Well done."]
    meant = post(program, COMMENT, said, **{"Idempotency-Key": "once-more"}).json()["api_agent_task_id"]
    assert meant != first


def test_words_that_were_not_published_may_be_asked_for_again(place: Place, program: Program) -> None:
    said = {"social_urn": place.post().urn, "comment_text": "Well done."}
    first = post(program, COMMENT, said).json()["api_agent_task_id"]
    assert decisions.undo(Outgoing.objects.get(uid=first), by=place.user)
    second = post(program, COMMENT, said).json()["api_agent_task_id"]
    assert second != first
    assert post(program, COMMENT, said).json()["api_agent_task_id"] == second


def test_a_task_of_another_key_needs_read_and_the_same_desk(ada_desk: AtDesk, other_desk: AtDesk) -> None:
    answer = post(program_of(ada_desk), LIKE, {"social_urn": ada_desk.post().urn})
    found = answer.json()["api_agent_task_id"]
    assert ask(program_of(ada_desk, scopes=["read"]), found).status_code == 200
    for stranger in (program_of(ada_desk, scopes=["like"]), program_of(other_desk)):
        assert ask(stranger, found).json()["error"] == "Agent task not found"


def test_scopes_and_methods_count(place: Place) -> None:
    reader = program_of(place, scopes=["read"])
    for address, more in ((LIKE, {}), (UNLIKE, {}), (COMMENT, {"comment_text": "No."})):
        answer = post(reader, address, {"social_urn": activity_of(place), **more})
        assert answer.status_code == 403 and "needs the scope" in answer.json()["error"]
        assert reader.client.get(address, headers={"x-api-key": reader.secret}).status_code == 405
    assert post(reader, TASK, {}).status_code == 405


def test_a_key_that_calls_too_often_is_told_until_when(place: Place, program: Program, settings: Any) -> None:
    settings.API_CALLS_PER_MINUTE = 6  # one in a window of ten seconds
    with time_machine.travel(time.time(), tick=False):  # no new window begins meanwhile
        answers = [ask(program, str(uuid4())) for _ in range(2)]
    assert answers[0].status_code == 404
    assert answers[-1].status_code == 429 and int(answers[-1]["Retry-After"]) > 0
    assert "At most 6 calls a minute" in answers[-1].json()["error"]


def test_a_signed_in_browser_opens_nothing_here_and_needs_no_token(ada: AtDesk) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = ada.client.cookies
    for pattern in compat.urlpatterns:
        for method in ("GET", "POST"):
            answer = strict.generic(method, f"/linkedin-agent/{pattern.pattern}")
            assert answer.status_code in (401, 405), pattern.name
    secret = program_of(ada).secret
    assert strict.post(LIKE, "{}", content_type="application/json", headers={"x-api-key": secret}).status_code == 400


def test_a_poll_costs_few_questions(place: Place, program: Program) -> None:
    answer = post(program, LIKE, {"social_urn": activity_of(place)})
    ask(program, answer.json()["api_agent_task_id"])  # notes the use of the key
    with CaptureQueriesContext(connection) as asked:
        task(program, answer)
    assert len(asked) <= 4, [one["sql"] for one in asked]
