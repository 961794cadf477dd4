"""Long polls: the answer comes when the state changes, without a thread that waits for it."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Coroutine
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIHandler
from django.db import connections

from dashboard.api.waiting import LongPolls
from socialactions import clock
from socialactions.models import Outgoing
from socialactions.sandbox.seeds.cast import ACME
from socialactions.services import api_keys, decisions
from tests.web.desks import AtDesk
from tests.web.programs import Program, program_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def program(ada_desk: AtDesk, settings: Any) -> Program:
    settings.UNDO_WINDOW_S = 60
    return program_of(ada_desk)


@pytest.fixture
def row(ada_desk: AtDesk, program: Program) -> Outgoing:
    wish = {"kind": "comment", "actor": ACME, "target": ada_desk.post().urn, "text": "Words"}
    return program.outgoing(program.act(**wish))


class Caller:
    """One call over ASGI, as granian makes it."""

    def __init__(self, program: Program, uid: object, wait: str) -> None:
        self.asked = 0  # how often Django was asked
        self.told: list[dict[str, Any]] = []
        self.is_gone = asyncio.Event()
        self._was_read = False
        self._django = ASGIHandler()
        headers = [(b"host", b"testserver"), (b"x-api-key", program.secret.encode())]
        self._scope = {
            **{"type": "http", "method": "GET", "path": f"/api/v1/actions/{uid}", "query_string": wait.encode()},
            **{"headers": headers, "http_version": "1.1", "scheme": "http", "server": ("testserver", 80)},
        }

    async def call(self) -> tuple[int, dict[str, Any], float]:
        """Status, what was said, and how many seconds it took."""
        began = time.monotonic()
        await LongPolls(self._counted)(self._scope, self._receive, self._send)
        took = time.monotonic() - began
        status = self.told[0]["status"]
        return status, json.loads(b"".join(one.get("body", b"") for one in self.told[1:])), took

    async def _counted(self, scope: Any, receive: Any, send: Any) -> None:
        self.asked += 1
        await self._django(scope, receive, send)

    async def _receive(self) -> dict[str, Any]:
        if not self._was_read:
            self._was_read = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self.is_gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        self.told.append(message)


def run(work: Coroutine[Any, Any, Any]) -> Any:
    async def all_of_it() -> Any:
        try:
            return await asyncio.wait_for(work, 30)
        finally:
            await sync_to_async(connections.close_all)()

    return asyncio.run(all_of_it())


async def meanwhile(caller: Caller, deed: Any) -> tuple[int, dict[str, Any], float]:
    """The call, with something that happens once Django was asked the first time."""
    waiting = asyncio.create_task(caller.call())
    while caller.asked == 0:
        await asyncio.sleep(0.01)
    await sync_to_async(deed)()
    return await waiting


def test_the_answer_comes_with_the_change(ada_desk: AtDesk, program: Program, row: Outgoing) -> None:
    caller = Caller(program, row.uid, "wait=25")
    status, said, took = run(meanwhile(caller, lambda: decisions.undo(row, by=ada_desk.user)))
    assert (status, said["state"]) == (200, "cancelled") and took < 5
    assert all(b"threadwell" not in name.lower() for name, _ in caller.told[0]["headers"])


def test_being_sent_is_no_news(ada_desk: AtDesk, program: Program, row: Outgoing) -> None:
    def send() -> None:
        Outgoing.objects.filter(pk=row.pk).update(due_at=clock.now())
        ada_desk.deliver()

    status, said, took = run(meanwhile(Caller(program, row.uid, "wait=25"), send))
    assert (status, said["state"]) == (200, "sent") and took < 8


def test_time_ends_the_wait(program: Program, row: Outgoing) -> None:
    caller = Caller(program, row.uid, "wait=1")
    status, said, took = run(caller.call())
    assert (status, said["state"]) == (200, "queued") and 1 <= took < 4


def test_nobody_waits_for_what_is_over_unknown_or_refused(ada_desk: AtDesk, program: Program, row: Outgoing) -> None:
    decisions.undo(row, by=ada_desk.user)
    other = program_of(ada_desk, scopes=["like"])
    for caller, status in (
        (Caller(program, row.uid, "wait=25"), 200),
        (Caller(other, row.uid, "wait=25"), 404),
        (Caller(program, row.uid, "wait=31"), 422),
        (Caller(program, row.uid, "wait=-1"), 422),
        (Caller(Program(program.key, "tw_x"), row.uid, "wait=25"), 401),
    ):
        answered, _, took = run(caller.call())
        assert (answered, caller.asked) == (status, 1) and took < 4


def test_a_key_that_is_revoked_meanwhile_is_refused_within_a_second(
    ada_desk: AtDesk, program: Program, row: Outgoing
) -> None:
    revoked_at = 0.0

    def revoke() -> None:
        nonlocal revoked_at
        api_keys.revoke(program.key, by=ada_desk.user)
        revoked_at = time.monotonic()

    status, said, _ = run(meanwhile(Caller(program, row.uid, "wait=25"), revoke))
    assert (status, said["code"]) == (401, "key_invalid")
    assert time.monotonic() - revoked_at < 2  # the poller's tick is 0.4 s; the rest is this machine's patience


def test_whoever_hangs_up_is_not_waited_for(program: Program, row: Outgoing) -> None:
    async def hang_up() -> list[Any]:
        caller = Caller(program, row.uid, "wait=25")
        waiting = asyncio.create_task(LongPolls(caller._counted)(caller._scope, caller._receive, caller._send))
        while caller.asked == 0:
            await asyncio.sleep(0.01)
        caller.is_gone.set()
        await asyncio.wait_for(waiting, 5)
        return caller.told

    assert run(hang_up()) == []
