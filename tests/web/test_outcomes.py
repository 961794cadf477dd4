"""What LinkedIn's answers mean for an action: the table by itself, then the same answers over HTTP.

Comments and replies stand for the kinds that must never be repeated in doubt, reactions and deletions for the others.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from socialactions.linkedin import errors
from socialactions.models import Attempt, Outgoing
from socialactions.sandbox.server import Running
from socialactions.services import outcomes, writing
from socialactions.services.outcomes import Reason, SoFar, WrongActor
from tests.deeds import Place, ago, later, settle_in

Kind, State = Outgoing.Kind, Outgoing.State
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
FIRST = SoFar(tries=1, doubts=0, now=NOW)
EVENT_KINDS = (Kind.COMMENT, Kind.REPLY)
STATE_KINDS = (Kind.EDIT, Kind.DELETE, Kind.REACT, Kind.UNREACT, Kind.CLOSE, Kind.OPEN)


@pytest.fixture
def place(sandbox_server: Running, db: None, settings: Any) -> Place:
    settings.UNDO_WINDOW_S = 0
    return settle_in(sandbox_server)


def meaning(
    kind: str, error: errors.LinkedInError, *, tries: int = 1, doubts: int = 0, picture: bool = False
) -> outcomes.Outcome:
    row = Outgoing(kind=kind, picture_id=uuid4() if picture else None)
    return outcomes.of_error(row, error, SoFar(tries, doubts, NOW))


def answered(status: int, body: str = "", **headers: str) -> errors.LinkedInError:
    return errors.from_answer(status, headers, body.encode(), write=True, now=NOW)


# the table: error, event kinds, state kinds

BY_ERROR: dict[str, tuple[errors.LinkedInError, tuple[str, str], tuple[str, str]]] = {
    "no connection": (
        errors.Unreachable("x"),
        (State.WAITING, Reason.LINKEDIN_DOWN),
        (State.WAITING, Reason.LINKEDIN_DOWN),
    ),
    "creation throttle": (
        answered(429, '{"message": "Comment create throttled: creation rate limit exceeded for member"}'),
        (State.WAITING, Reason.PACE),
        (State.WAITING, Reason.PACE),
    ),
    "day's share spent": (
        answered(429, '{"message": "Resource level throttle limit for calls to this resource is reached."}'),
        (State.WAITING, Reason.DAILY_LIMIT),
        (State.WAITING, Reason.DAILY_LIMIT),
    ),
    "401": (answered(401), (State.WAITING, Reason.TOKEN_REFUSED), (State.WAITING, Reason.TOKEN_REFUSED)),
    "403": (answered(403), (State.BLOCKED, Reason.NO_RIGHT), (State.BLOCKED, Reason.NO_RIGHT)),
    "400": (answered(400), (State.UNKNOWN, Reason.REFUSED), (State.FAILED, Reason.REFUSED)),
    "413": (answered(413), (State.UNKNOWN, Reason.REFUSED), (State.FAILED, Reason.REFUSED)),
    "422": (answered(422), (State.UNKNOWN, Reason.REFUSED), (State.FAILED, Reason.REFUSED)),
    "426": (answered(426), (State.BLOCKED, Reason.VERSION_SUNSET), (State.BLOCKED, Reason.VERSION_SUNSET)),
    "3xx": (answered(302), (State.UNKNOWN, Reason.ODD_ANSWER), (State.WAITING, Reason.ODD_ANSWER)),
    "408": (answered(408), (State.UNKNOWN, Reason.NO_ANSWER), (State.WAITING, Reason.NO_ANSWER)),
    "500": (answered(500), (State.UNKNOWN, Reason.NO_ANSWER), (State.WAITING, Reason.NO_ANSWER)),
    "502 in HTML": (
        answered(502, "<html>Bad gateway</html>"),
        (State.UNKNOWN, Reason.NO_ANSWER),
        (State.WAITING, Reason.NO_ANSWER),
    ),
    "reset or timeout": (
        errors.NoAnswer("x"),
        (State.UNKNOWN, Reason.NO_ANSWER),
        (State.WAITING, Reason.NO_ANSWER),
    ),
    "2xx in another shape": (
        errors.UnexpectedAnswer("x"),
        (State.UNKNOWN, Reason.ODD_ANSWER),
        (State.WAITING, Reason.ODD_ANSWER),
    ),
    "something never heard of": (
        errors.LinkedInError("x"),
        (State.UNKNOWN, Reason.NO_ANSWER),
        (State.WAITING, Reason.NO_ANSWER),
    ),
}


@pytest.mark.parametrize("name", BY_ERROR)
def test_each_answer_has_its_meaning(name: str) -> None:
    error, event, state = BY_ERROR[name]
    for kind in EVENT_KINDS:
        found = meaning(kind, error)
        assert (found.state, found.reason) == event, kind
    for kind in STATE_KINDS:
        found = meaning(kind, error)
        assert (found.state, found.reason) == state, kind


def test_every_class_of_error_and_every_row_of_the_table_is_tried_here() -> None:
    tried = {type(error) for error, _, _ in BY_ERROR.values()}
    tried |= {errors.NotFound, errors.Conflict, WrongActor}  # they depend on the kind: below
    known = {one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, errors.LinkedInError)}
    assert known - tried == set()
    assert {row[0] for row in outcomes.TABLE} <= tried


@pytest.mark.parametrize("status", [404, 410])
def test_what_is_gone_fails_unless_it_was_to_go(status: int) -> None:
    error = answered(status, '{"message": "Not Found"}')
    for kind in (Kind.COMMENT, Kind.REPLY, Kind.EDIT, Kind.REACT, Kind.CLOSE, Kind.OPEN):
        found = meaning(kind, error)
        assert (found.state, found.reason) == (State.FAILED, Reason.TARGET_GONE), kind
    for kind in (Kind.DELETE, Kind.UNREACT):
        found = meaning(kind, error)
        assert (found.state, found.reason) == (State.SENT, Reason.ALREADY_SO), kind
        again = meaning(kind, error, tries=2)  # an earlier try that surely did nothing
        assert again.reason == Reason.ALREADY_SO, kind
        again = meaning(kind, error, tries=2, doubts=1)  # our own earlier try may have done it
        assert (again.state, again.reason) == (State.SENT, ""), kind


def test_a_wrong_address_is_no_missing_target() -> None:
    """404 also says that an address does not exist in this version; a deletion must not count as done by that."""
    error = answered(404, '{"message": "No virtual resource found for: socialAction", "code": "RESOURCE_NOT_FOUND"}')
    assert meaning(Kind.DELETE, error).state == State.FAILED
    assert meaning(Kind.REPLY, error).reason == Reason.REFUSED


def test_a_conflict_means_done_only_for_a_reaction() -> None:
    error = answered(409)
    assert meaning(Kind.REACT, error).reason == Reason.ALREADY_SO
    for kind in (Kind.EDIT, Kind.DELETE):
        assert meaning(kind, error).state == State.FAILED
    for kind in EVENT_KINDS:
        assert meaning(kind, error).state == State.UNKNOWN  # until a look says that nothing was stored


def test_a_refused_picture_is_told_from_a_missing_right() -> None:
    body = '{"message": "Unpermitted fields present in REQUEST_BODY: Data Processing Exception: [/content]"}'
    found = meaning(Kind.COMMENT, answered(403, body), picture=True)
    assert (found.state, found.reason) == (State.FAILED, Reason.PICTURE_REFUSED)
    assert meaning(Kind.COMMENT, answered(403, body)).reason == Reason.NO_RIGHT
    assert meaning(Kind.COMMENT, answered(403), picture=True).reason == Reason.NO_RIGHT


@pytest.mark.parametrize("kind", [*EVENT_KINDS])
def test_another_actor_is_never_repeated(kind: str) -> None:
    found = meaning(kind, WrongActor.of("x"))
    assert (found.state, found.reason) == (State.UNKNOWN, Reason.WRONG_ACTOR)


@pytest.mark.parametrize(
    ("error", "at"),
    [
        (answered(429, '{"message": "creation rate limit exceeded, throttled"}'), NOW + timedelta(seconds=60)),
        (answered(429, **{"retry-after": "90"}), NOW + timedelta(seconds=90)),
        (answered(429, **{"retry-after": "999999"}), datetime(2026, 11, 23, tzinfo=UTC)),
        (answered(429), datetime(2026, 11, 23, tzinfo=UTC)),
    ],
)
def test_a_limit_says_until_when(error: errors.LinkedInError, at: datetime) -> None:
    again_at = meaning(Kind.REPLY, error).again_at
    assert again_at is not None
    late_s = (again_at - at).total_seconds()
    if error.creation_throttle:  # type: ignore[attr-defined]  # of RateLimited
        assert late_s == 0
    else:  # not before LinkedIn counts anew, and not everybody in its first second
        assert 1 <= late_s <= (60 if at - NOW > timedelta(hours=1) else 1)


def test_waiting_grows_and_ends() -> None:
    waits = [meaning(Kind.REPLY, errors.Unreachable("x"), tries=tries).again_at for tries in range(1, 12)]
    seconds = [(at - NOW).total_seconds() for at in waits if at]
    assert seconds[:4] == [5, 10, 20, 40]
    assert seconds == sorted(seconds)
    assert seconds[-1] == 300


@pytest.mark.parametrize("kind", STATE_KINDS)
def test_a_state_in_doubt_is_tried_five_times_and_then_asked_about(kind: str) -> None:
    found = [meaning(kind, errors.NoAnswer("x"), tries=9, doubts=doubts).state for doubts in range(5)]
    assert found == [State.WAITING] * 4 + [State.NEEDS_ATTENTION]


def test_a_dead_worker_leaves_doubt_only_after_its_attempt_was_written() -> None:
    for kind in (*EVENT_KINDS, *STATE_KINDS):
        found = outcomes.of_dead_worker(Outgoing(kind=kind), None, FIRST)
        assert (found.state, found.again_at) == (State.WAITING, NOW)
    found = outcomes.of_dead_worker(Outgoing(kind=Kind.REPLY), Attempt(), FIRST)
    assert (found.state, found.reason) == (State.UNKNOWN, Reason.WORKER_DIED)
    found = outcomes.of_dead_worker(Outgoing(kind=Kind.REACT), Attempt(), FIRST)
    assert found.state == State.WAITING


# the same over HTTP: what the sandbox does · state · reason · how often it is on LinkedIn

OVER_HTTP: dict[str, tuple[dict[str, Any], str, str, int]] = {
    "cut before the work": ({"do": "drop_before"}, State.UNKNOWN, Reason.NO_ANSWER, 0),
    "cut after the work": ({"do": "drop_after"}, State.UNKNOWN, Reason.NO_ANSWER, 1),
    "HTML": ({"do": "malformed", "form": "html"}, State.UNKNOWN, Reason.ODD_ANSWER, 1),
    "half an answer": ({"do": "malformed", "form": "truncated"}, State.UNKNOWN, Reason.ODD_ANSWER, 1),
    "nothing": ({"do": "malformed", "form": "empty"}, State.UNKNOWN, Reason.ODD_ANSWER, 1),
    "no id": ({"do": "malformed", "form": "no_id"}, State.UNKNOWN, Reason.ODD_ANSWER, 1),
    "another actor": ({"do": "malformed", "form": "wrong_actor"}, State.UNKNOWN, Reason.WRONG_ACTOR, 1),
    "302": ({"do": "refuse", "status": 302}, State.UNKNOWN, Reason.ODD_ANSWER, 0),
    "408": ({"do": "refuse", "status": 408}, State.UNKNOWN, Reason.NO_ANSWER, 0),
    "500": ({"do": "refuse", "status": 500}, State.UNKNOWN, Reason.NO_ANSWER, 0),
    "503": ({"do": "refuse", "status": 503}, State.UNKNOWN, Reason.NO_ANSWER, 0),
    "429 of the minute": ({"do": "throttle"}, State.WAITING, Reason.PACE, 0),
    "429 of the day": ({"do": "refuse", "status": 429}, State.WAITING, Reason.DAILY_LIMIT, 0),
    "401": ({"do": "refuse", "status": 401}, State.WAITING, Reason.TOKEN_REFUSED, 0),
    "403": ({"do": "refuse", "status": 403}, State.BLOCKED, Reason.NO_RIGHT, 0),
    "404": ({"do": "refuse", "status": 404}, State.FAILED, Reason.TARGET_GONE, 0),
    "410": ({"do": "refuse", "status": 410}, State.FAILED, Reason.TARGET_GONE, 0),
    "400": ({"do": "refuse", "status": 400}, State.UNKNOWN, Reason.REFUSED, 0),
    "409": ({"do": "refuse", "status": 409}, State.UNKNOWN, Reason.REFUSED, 0),
    "413": ({"do": "refuse", "status": 413}, State.UNKNOWN, Reason.REFUSED, 0),
    "422": ({"do": "refuse", "status": 422}, State.UNKNOWN, Reason.REFUSED, 0),
    "426": ({"do": "refuse", "status": 426}, State.BLOCKED, Reason.VERSION_SUNSET, 0),
}


@pytest.mark.parametrize("name", OVER_HTTP)
def test_a_reply_meets_each_answer_once(place: Place, name: str) -> None:
    fault, state, reason, on_linkedin = OVER_HTTP[name]
    place.fault_of_comments(**fault)
    row = place.deliver(place.reply())
    assert (row.state, row.reason) == (state, reason)
    assert len(place.entries("reply")) == on_linkedin
    assert place.calls("POST socialActions") == 1
    attempt = row.attempts.get()
    assert attempt.outcome == reason
    assert attempt.ended_at is not None
    if state == State.UNKNOWN:
        assert row.doubt_since is not None
        assert place.deliver(row).state == State.UNKNOWN  # no bell moves it
        assert place.calls("POST socialActions") == 1


def test_the_attempt_keeps_what_support_asks_for(place: Place) -> None:
    place.fault_of_comments(do="refuse", status=403)
    row = place.deliver(place.reply())
    attempt = row.attempts.get()
    assert (attempt.status, attempt.code) == (403, "ACCESS_DENIED")
    assert "Not enough permissions" in row.detail
    assert place.connection.access_token not in row.detail


def test_nobody_listens_is_no_doubt(place: Place, settings: Any) -> None:
    row = place.reply()
    settings.LINKEDIN_API_BASE_URL = "http://127.0.0.1:1"
    row = place.deliver(row)
    assert (row.state, row.reason) == (State.WAITING, Reason.LINKEDIN_DOWN)
    assert row.not_before is not None
    assert place.ledger == []


def test_a_like_in_doubt_is_sent_again_and_is_there_once(place: Place) -> None:
    row = writing.react(place.post(), None, speaker=place.speaker(), kind="LIKE")
    place.fault(do="drop_after", method="POST", path="/reactions")
    row = place.deliver(row)
    assert (row.state, row.reason) == (State.WAITING, Reason.NO_ANSWER)
    row = place.deliver(later(row, not_before=ago(seconds=1)))
    assert row.state == State.SENT
    assert [one.text for one in place.entries("react")] == ["LIKE"]
