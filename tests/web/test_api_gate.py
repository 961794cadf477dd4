"""A key that calls too often is turned away before Django hears of it, in the words that Django has for it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from dashboard.api.gate import AT_ONCE, Gate, Turns
from tests.web.desks import AtDesk
from tests.web.programs import Program, program_of
from tests.web.wires import Caller, run

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def eager(ada: AtDesk, settings: Any, still: Any) -> Program:
    """Known to be over its limit."""
    settings.API_CALLS_PER_MINUTE = 60
    found = program_of(ada)
    statuses = [found.get("/connections").status_code for _ in range(11)]
    assert statuses == [200] * 10 + [429]
    return found


def test_it_is_refused_as_by_django_without_asking_it(eager: Program) -> None:
    answer = eager.get("/connections")
    for address in ("/api/v1/connections", "/api/v1/actions", "/api/v1/actions/x?wait=30", "/api/v1/nowhere"):
        caller = Caller(Gate, eager, address)
        caller.scope["method"] = "POST"
        status, said, _ = run(caller.call())
        assert (status, caller.asked, caller.was_read) == (429, 0, False)
        assert said == answer.json()
        for name in ("Retry-After", "Content-Type", "Cache-Control", "X-Content-Type-Options", "Referrer-Policy"):
            assert caller.headers[name.lower()] == answer[name]


def test_clients_of_the_old_tasks_are_told_in_their_words(eager: Program) -> None:
    caller = Caller(Gate, eager, "/linkedin-agent/get-task-status")
    status, said, _ = run(caller.call())
    assert (status, caller.asked, said["success"]) == (429, 0, False) and "Go on in" in said["error"]


def test_others_and_pages_pass(ada: AtDesk, eager: Program, still: Any) -> None:
    for program, address in (
        (program_of(ada), "/api/v1/connections"),
        (Program(eager.key, ""), "/api/v1/connections"),
        (eager, "/healthz"),
    ):
        caller = Caller(Gate, program, address)
        run(caller.made())
        assert caller.asked == 1 and caller.told[0]["status"] != 429
    still.shift(10)
    caller = Caller(Gate, eager, "/api/v1/connections")
    assert (run(caller.call())[0], caller.asked) == (200, 1)


def test_two_calls_of_a_key_are_worked_on_at_once_and_no_others_wait(ada: AtDesk) -> None:
    crowd, calm = program_of(ada), program_of(ada)
    at_work, most = 0, 0
    goes_on = asyncio.Event()

    async def slow(scope: Any, receive: Any, send: Any) -> None:
        nonlocal at_work, most
        at_work += 1
        most = max(most, at_work)
        await goes_on.wait()
        at_work -= 1

    turns = Turns(slow)

    async def all_of_them() -> None:
        calls = [asyncio.create_task(Caller(lambda _: turns, crowd, "/api/v1/budget").made()) for _ in range(20)]
        while at_work < AT_ONCE:
            await asyncio.sleep(0)
        other = asyncio.create_task(Caller(lambda _: turns, calm, "/api/v1/budget").made())
        while at_work == AT_ONCE:
            await asyncio.sleep(0)
        assert at_work == AT_ONCE + 1
        goes_on.set()
        await asyncio.gather(*calls, other)

    run(all_of_them())
    assert (most, at_work, turns._lines) == (AT_ONCE + 1, 0, {})


def test_who_has_had_enough_while_waiting_is_refused(ada: AtDesk, settings: Any, still: Any) -> None:
    settings.API_CALLS_PER_MINUTE = 60
    program = program_of(ada)

    async def rush() -> list[Caller]:
        app: list[Any] = []

        def around(django: Any) -> Any:
            app.append(app[0] if app else Turns(django))
            return app[0]

        callers = [Caller(around, program, "/api/v1/connections") for _ in range(30)]
        await asyncio.gather(*(one.made() for one in callers))
        return callers

    callers = run(rush())
    statuses = [one.told[0]["status"] for one in callers]
    assert sorted(statuses) == [200] * 10 + [429] * 20
    assert callers[0].asked <= 10 + AT_ONCE  # all share the first one's Django
