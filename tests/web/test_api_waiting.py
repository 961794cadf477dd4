"""Long polls: the answer comes when the state changes, without a thread that waits for it."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from dashboard.api.waiting import LongPolls
from socialactions import clock
from socialactions.models import Outgoing
from socialactions.sandbox.seeds.cast import ACME
from socialactions.services import api_keys, decisions
from tests.web.desks import AtDesk
from tests.web.programs import Program, program_of
from tests.web.wires import Caller, run

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def program(ada_desk: AtDesk, settings: Any) -> Program:
    settings.UNDO_WINDOW_S = 60
    return program_of(ada_desk)


@pytest.fixture
def row(ada_desk: AtDesk, program: Program) -> Outgoing:
    wish = {"kind": "comment", "actor": ACME, "target": ada_desk.post().urn, "text": "Words"}
    return program.outgoing(program.act(**wish))


def caller_of(program: Program, uid: object, wait: str) -> Caller:
    return Caller(LongPolls, program, f"/api/v1/actions/{uid}?{wait}")


async def meanwhile(caller: Caller, deed: Any) -> tuple[int, dict[str, Any], float]:
    """The call, with something that happens once Django was asked the first time."""
    waiting = asyncio.create_task(caller.call())
    while caller.asked == 0:
        await asyncio.sleep(0.01)
    await sync_to_async(deed)()
    return await waiting


def test_the_answer_comes_with_the_change(ada_desk: AtDesk, program: Program, row: Outgoing) -> None:
    caller = caller_of(program, row.uid, "wait=25")
    status, said, took = run(meanwhile(caller, lambda: decisions.undo(row, by=ada_desk.user)))
    assert (status, said["state"]) == (200, "cancelled") and took < 5
    assert all(b"threadwell" not in name.lower() for name, _ in caller.told[0]["headers"])


def test_being_sent_is_no_news(ada_desk: AtDesk, program: Program, row: Outgoing) -> None:
    def send() -> None:
        Outgoing.objects.filter(pk=row.pk).update(due_at=clock.now())
        ada_desk.deliver()

    status, said, took = run(meanwhile(caller_of(program, row.uid, "wait=25"), send))
    assert (status, said["state"]) == (200, "sent") and took < 8


def test_time_ends_the_wait(program: Program, row: Outgoing) -> None:
    caller = caller_of(program, row.uid, "wait=1")
    status, said, took = run(caller.call())
    assert (status, said["state"]) == (200, "queued") and 1 <= took < 4


def test_nobody_waits_for_what_is_over_unknown_or_refused(ada_desk: AtDesk, program: Program, row: Outgoing) -> None:
    decisions.undo(row, by=ada_desk.user)
    other = program_of(ada_desk, scopes=["like"])
    for caller, status in (
        (caller_of(program, row.uid, "wait=25"), 200),
        (caller_of(other, row.uid, "wait=25"), 404),
        (caller_of(program, row.uid, "wait=31"), 422),
        (caller_of(program, row.uid, "wait=-1"), 422),
        (caller_of(Program(program.key, "tw_x"), row.uid, "wait=25"), 401),
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

    status, said, _ = run(meanwhile(caller_of(program, row.uid, "wait=25"), revoke))
    assert (status, said["code"]) == (401, "key_invalid")
    assert time.monotonic() - revoked_at < 1  # the poller's tick is 0.4 s


def test_whoever_hangs_up_is_not_waited_for(program: Program, row: Outgoing) -> None:
    async def hang_up() -> list[Any]:
        caller = caller_of(program, row.uid, "wait=25")
        waiting = asyncio.create_task(caller.made())
        while caller.asked == 0:
            await asyncio.sleep(0.01)
        caller.is_gone.set()
        await asyncio.wait_for(waiting, 5)
        return caller.told

    assert run(hang_up()) == []
