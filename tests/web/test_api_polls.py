"""Polls that are answered beside Django say what Django says, and leave to it whatever else there is to say."""

from __future__ import annotations

import asyncio
import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, connections

from dashboard.api.polls import Polls
from dashboard.api.waiting import LongPolls
from dashboard.limits import Application
from socialactions import clock
from socialactions.models import Connection, Outgoing
from socialactions.sandbox.seeds.cast import ACME
from socialactions.services import api_keys
from tests import environment
from tests.web.desks import AtDesk
from tests.web.programs import Program, program_of
from tests.web.wires import Caller, run

pytestmark = pytest.mark.django_db(transaction=True)
TASK = "/linkedin-agent/get-task-status?api_agent_task_id="
REASONS = {"blocked": ("token_ended", "other_member", "no_right"), "needs_attention": ("nearly", "too_old")}


@pytest.fixture
def program(ada_desk: AtDesk, settings: Any) -> Program:
    settings.UNDO_WINDOW_S = 60
    return program_of(ada_desk)


@pytest.fixture
def row(ada_desk: AtDesk, program: Program) -> Outgoing:
    wish = {"kind": "comment", "actor": ACME, "target": ada_desk.post().urn, "text": "Words"}
    return program.outgoing(program.act(**wish))


@pytest.fixture
def polls() -> Iterator[Polls]:
    """One for all callers of a test, as in a process."""

    async def nobody(scope: Any, receive: Any, send: Any) -> None:
        raise AssertionError("every caller brings a Django of its own")

    found = Polls(nobody)
    yield found
    found.close()


def caller_of(polls: Polls, program: Program, address: str, *, below: str = "/api/v1") -> Caller:
    def around(app: Application) -> Application:
        polls.app = app
        return polls

    return Caller(around, program, f"{below}{address}")


def old_caller_of(polls: Polls, program: Program, uid: object) -> Caller:
    return caller_of(polls, program, f"{TASK}{uid}", below="")


def old_answer(program: Program, uid: object) -> Any:
    return program.client.get(f"{TASK}{uid}", headers={"x-api-key": program.secret})


def test_each_state_is_told_as_django_tells_it(polls: Polls, program: Program, row: Outgoing) -> None:
    Connection.objects.update(ended_at=clock.now())
    for state in Outgoing.State.values:
        for reason in REASONS.get(state, ("",)):
            now = clock.now()
            later, finished_at = now + timedelta(seconds=90), now if state in Outgoing.FINAL else None
            change = {"state": state, "reason": reason, "not_before": later, "finished_at": finished_at}
            Outgoing.objects.filter(pk=row.pk).update(**change)
            for caller, ask in (
                (caller_of(polls, program, f"/actions/{row.uid}"), lambda: program.get(f"/actions/{row.uid}")),
                (old_caller_of(polls, program, row.uid), lambda: old_answer(program, row.uid)),
            ):
                status = run(caller.call())[0]
                assert_as_by_django(caller, ask())
                assert (status, caller.asked) == (200, 0), (state, reason)


def assert_as_by_django(caller: Caller, answer: Any) -> None:
    said, expected = json.loads(caller.body), answer.json()
    for one in (said, expected):
        told = one.get("data", one)
        told["message"] = told["message"].rstrip("0123456789 s")  # until when, in seconds
        if output := told.get("task_output"):
            output.pop("error", None)  # the same message
    assert said == expected
    for name in ("Content-Type", "Cache-Control", "Referrer-Policy", "X-Content-Type-Options"):
        assert caller.headers[name.lower()] == answer[name]
    left = [int(told.get("retry-after", -1)) for told in (caller.headers, answer.headers)]
    assert abs(left[0] - left[1]) <= 1
    assert caller.headers["content-length"] == str(len(caller.body))


def test_what_it_does_not_know_django_is_asked_once(
    ada_desk: AtDesk, polls: Polls, program: Program, row: Outgoing, settings: Any
) -> None:
    settings.API_CALLS_PER_MINUTE = 600_000
    revoked, other = program_of(ada_desk), program_of(ada_desk, scopes=["like"])
    api_keys.revoke(revoked.key, by=ada_desk.user)
    stranger = Program(program.key, program.secret[:-1] + ("a" if program.secret[-1] != "a" else "b"))
    here = f"/actions/{row.uid}"
    for one, address, status in (
        (program, f"/actions/{uuid4()}", 404),
        (other, here, 404),
        (revoked, here, 401),
        (stranger, here, 401),
        (Program(program.key, "tw_x"), here, 401),
        (program, f"{here}?wait=31", 422),
        (program, f"{here}?colour=red", 422),
        (program, "/actions", 200),
        (program, f"/actions/{str(row.uid).upper()}", 200),
    ):
        caller = caller_of(polls, one, address)
        answered, _, _ = run(caller.call())
        assert (answered, caller.asked) == (status, 1), address


def test_what_it_does_not_know_of_a_task_django_says_in_the_old_words(
    ada_desk: AtDesk, polls: Polls, program: Program, row: Outgoing, settings: Any
) -> None:
    settings.API_CALLS_PER_MINUTE = 600_000
    revoked, other = program_of(ada_desk), program_of(ada_desk, scopes=["like"])
    api_keys.revoke(revoked.key, by=ada_desk.user)
    for one, uid, expected in (
        (program, uuid4(), (404, "Agent task not found")),
        (program, "x", (404, "Agent task not found")),
        (program, "", (400, "Missing or invalid 'api_agent_task_id'")),
        (other, row.uid, (404, "Agent task not found")),
        (revoked, row.uid, (401, "Invalid API Key")),
        (Program(program.key, ""), row.uid, (401, "Missing API Key")),
    ):
        caller = old_caller_of(polls, one, uid)
        status, said, _ = run(caller.call())
        assert ((status, said["error"]), caller.asked) == (expected, 1), uid
    for address in (f"{TASK}{row.uid}&colour=red", f"{TASK}{str(row.uid).upper()}"):
        caller = caller_of(polls, program, address, below="")
        assert (run(caller.call())[0], caller.asked) == (200, 1)
    bearer = old_caller_of(polls, program, row.uid)
    bearer.scope["headers"] = [(b"host", b"testserver"), (b"authorization", b"Bearer " + program.secret.encode())]
    status, said, _ = run(bearer.call())
    assert (status, said["error"], bearer.asked) == (401, "Missing API Key", 1)


def test_odd_calls_are_djangos(polls: Polls, program: Program, row: Outgoing) -> None:
    host, key = (b"host", b"testserver"), (b"x-api-key", program.secret.encode())
    bearer = (b"Authorization", b"Bearer " + program.secret.encode())
    for headers, expected in (
        ([host, bearer], (200, 0)),
        ([host, key, (b"authorization", b"Bearer x")], (200, 0)),
        ([host, (b"x-api-key", b"x"), bearer], (401, 1)),
        ([host, key, key], (401, 1)),
        ([host, (b"authorization", b"Basic " + program.secret.encode())], (401, 1)),
        ([(b"host", b"evil.example"), key], (400, 1)),
        ([host], (401, 1)),
    ):
        caller = caller_of(polls, program, f"/actions/{row.uid}")
        caller.scope["headers"] = headers
        status, _, _ = run(caller.call())
        assert (status, caller.asked) == expected, headers
    caller = caller_of(polls, program, f"/actions/{row.uid}")
    caller.scope["method"] = "HEAD"
    assert (run(caller.made())[0]["status"], caller.asked) == (405, 1)


def test_a_revoked_key_is_refused_by_the_next_poll(
    ada_desk: AtDesk, polls: Polls, program: Program, row: Outgoing
) -> None:
    for _ in range(3):
        assert run(caller_of(polls, program, f"/actions/{row.uid}").call())[0] == 200
    api_keys.revoke(program.key, by=ada_desk.user)
    status, said, _ = run(caller_of(polls, program, f"/actions/{row.uid}").call())
    assert (status, said["code"]) == (401, "key_invalid")


def test_each_call_is_counted_once_whoever_answers(
    ada_desk: AtDesk, polls: Polls, row: Outgoing, settings: Any
) -> None:
    settings.API_CALLS_PER_MINUTE = 60  # ten in each window of ten seconds
    for below in ("/api/v1/actions/", TASK):
        fresh = program_of(ada_desk)
        addresses = [f"{row.uid}", f"{uuid4()}"] * 13
        statuses = [run(caller_of(polls, fresh, one, below=below).call())[0] for one in addresses]
        assert statuses[:10] == [200, 404] * 5 and 429 in statuses


def test_a_broken_connection_is_made_anew(polls: Polls, program: Program, row: Outgoing) -> None:
    here = f"/actions/{row.uid}"
    assert run(caller_of(polls, program, here).call())[0] == 200
    for one in polls._connections:
        one.connection.close()  # as a server that restarts does
    for _ in range(len(polls._connections)):
        assert run(caller_of(polls, program, here).call())[0] == 200
    caller = caller_of(polls, program, here)
    assert (run(caller.call())[0], caller.asked) == (200, 0)


@pytest.fixture
def database(tmp_path: Path, row: Outgoing, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the test's database, which everybody uses from here on, and which a test may lose."""
    copy = tmp_path / "desk.sqlite3"
    connection.ensure_connection()
    with closing(sqlite3.connect(copy)) as kept:
        connection.connection.backup(kept)
    connections.close_all()
    with monkeypatch.context() as patch:
        patch.setitem(connection.settings_dict, "NAME", str(copy))
        yield copy
        connections.close_all()


@pytest.mark.skipif(environment.is_scaled_out(), reason="PostgreSQL keeps its files to itself")
def test_a_file_put_back_from_a_backup_is_seen_by_the_next_poll(
    polls: Polls, program: Program, row: Outgoing, database: Path, tmp_path: Path
) -> None:
    backup = Path(shutil.copy(database, tmp_path / "backup.sqlite3"))
    with closing(sqlite3.connect(backup)) as kept:
        kept.execute("UPDATE socialactions_apikey SET revoked_at = created_at")
        kept.commit()
    here = f"/actions/{row.uid}"
    assert [run(caller_of(polls, program, here).call())[0] for _ in range(3)] == [200] * 3
    connections.close_all()
    backup.replace(database)
    for left in ("-wal", "-shm"):
        database.with_name(database.name + left).unlink(missing_ok=True)
    status, said, _ = run(caller_of(polls, program, here).call())
    assert (status, said["code"]) == (401, "key_invalid")


def test_long_polls_ask_it_as_well(ada_desk: AtDesk, polls: Polls, program: Program, row: Outgoing) -> None:
    def around(app: Application) -> Application:
        polls.app = app
        return LongPolls(polls)

    caller = Caller(around, program, f"/api/v1/actions/{row.uid}?wait=1")
    status, said, took = run(caller.call())
    assert (status, said["state"], caller.asked) == (200, "queued", 0) and took >= 1
    assert "threadwell-state" not in caller.headers


def test_many_at_once_are_each_answered(polls: Polls, program: Program, row: Outgoing) -> None:
    async def ask() -> list[tuple[int, dict[str, Any], float]]:
        callers = [caller_of(polls, program, f"/actions/{row.uid}") for _ in range(50)]
        return await asyncio.gather(*(one.call() for one in callers))

    assert [(status, said["id"]) for status, said, _ in run(ask())] == [(200, str(row.uid))] * 50
