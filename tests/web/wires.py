"""Calls of programs over ASGI, as granian makes them, around a Django that says how often it was asked."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Coroutine
from typing import Any

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIHandler
from django.db import connections

from dashboard.limits import Application
from tests.web.programs import Program


class Caller:
    """One call, through ``around`` and what stands below it."""

    def __init__(self, around: Callable[[Application], Application], program: Program, address: str) -> None:
        path, _, query = address.partition("?")
        self.asked = 0  # how often Django was asked
        self.told: list[dict[str, Any]] = []
        self.is_gone = asyncio.Event()
        self.was_read = False
        self._django = ASGIHandler()
        self._app = around(self._counted)
        self.scope: dict[str, Any] = {
            **{"type": "http", "method": "GET", "path": path, "query_string": query.encode(), "scheme": "http"},
            **{"http_version": "1.1", "server": ("testserver", 80)},
            "headers": [(b"host", b"testserver"), (b"x-api-key", program.secret.encode())],
        }

    async def made(self) -> list[dict[str, Any]]:
        await self._app(self.scope, self._receive, self._send)
        return self.told

    async def call(self) -> tuple[int, dict[str, Any], float]:
        """Status, what was said, and how many seconds it took."""
        began = time.monotonic()
        await self.made()
        return self.told[0]["status"], json.loads(self.body), time.monotonic() - began

    @property
    def body(self) -> bytes:
        return b"".join(one.get("body", b"") for one in self.told[1:])

    @property
    def headers(self) -> dict[str, str]:
        return {name.decode().lower(): value.decode() for name, value in self.told[0]["headers"]}

    async def _counted(self, scope: Any, receive: Any, send: Any) -> None:
        self.asked += 1
        await self._django(scope, receive, send)

    async def _receive(self) -> dict[str, Any]:
        if not self.was_read:
            self.was_read = True
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
