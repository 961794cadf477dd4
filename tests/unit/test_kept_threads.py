"""Requests run in threads that are kept: one after the other in the same, at once in several, never behind another."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

from asgiref.sync import sync_to_async

from dashboard.threads import KeptThreads


class App:
    """Notes in which thread each request ran; those that are told to wait do so until `go` is set."""

    def __init__(self) -> None:
        self.ran_in: dict[str, int] = {}
        self.began = threading.Semaphore(0)
        self.go = threading.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await sync_to_async(self._work)(scope["path"], waits=scope["path"].startswith("/wait"))

    def _work(self, path: str, *, waits: bool) -> None:
        self.ran_in[path] = threading.get_ident()
        self.began.release()
        if waits:
            assert self.go.wait(10)


async def nothing(*_: Any) -> Any:
    return {}


def requests_of(app: App, threads: KeptThreads) -> Any:
    async def ask(path: str) -> None:
        await threads({"type": "http", "path": path}, nothing, nothing)

    return ask


async def rested(threads: KeptThreads, many: int) -> None:
    async with asyncio.timeout(10):
        while len(threads._resting) < many:
            await asyncio.sleep(0)  # the thread says so itself


def test_one_request_after_the_other_runs_in_the_same_thread() -> None:
    app = App()
    threads = KeptThreads(app)
    ask = requests_of(app, threads)

    async def main() -> None:
        for path in ("/a", "/b", "/c"):
            await ask(path)
            await rested(threads, 1)

    asyncio.run(main())
    assert len(set(app.ran_in.values())) == 1


def test_requests_at_once_run_in_threads_of_their_own_and_few_are_kept() -> None:
    app = App()
    threads = KeptThreads(app, most=2)
    ask = requests_of(app, threads)

    async def main() -> None:
        waiting = [asyncio.create_task(ask(f"/wait/{number}")) for number in range(4)]
        await asyncio.to_thread(lambda: [app.began.acquire() for _ in waiting])
        app.go.set()
        await asyncio.gather(*waiting)
        await rested(threads, 2)

    asyncio.run(main())
    assert len(set(app.ran_in.values())) == 4
    assert len(threads._resting) == 2


def test_nobody_waits_behind_whom_hung_up() -> None:
    app = App()
    threads = KeptThreads(app)
    ask = requests_of(app, threads)

    async def main() -> None:
        left = asyncio.create_task(ask("/wait"))
        await asyncio.to_thread(app.began.acquire)
        left.cancel()
        await asyncio.gather(left, return_exceptions=True)
        await ask("/next")  # while the first still runs
        app.go.set()
        await rested(threads, 2)

    asyncio.run(main())
    assert app.ran_in["/next"] != app.ran_in["/wait"]
