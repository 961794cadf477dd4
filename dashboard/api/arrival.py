"""Calls whose body is on its way. It is waited for here, where nothing else waits with it, and not for ever.

A key's turn, a thread and a database connection are for calls that can be worked on: whoever sends slowly, or lost the
network in the middle of a picture, holds up nobody. How large a body may be is judged outside (`dashboard/limits.py`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from django.conf import settings

from dashboard.limits import Application, Receive, Scope, Send

from .calls import tell
from .gate import is_of_program, refusal
from .problems import Problem

IN_MEMORY_BYTES = 64 * 1024  # wishes; what is larger has a picture in it, and lies on the disk meanwhile
PART_BYTES = 64 * 1024


class Arrived:
    """An ASGI application around another one, which hears of a program's call once the whole body is here."""

    def __init__(self, app: Application) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not is_of_program(scope):
            return await self.app(scope, receive, send)
        with SpooledTemporaryFile(max_size=IN_MEMORY_BYTES) as body:
            try:
                async with asyncio.timeout(settings.API_BODY_S):
                    is_whole = await _take(receive, body)
            except TimeoutError:
                return await tell(send, refusal(scope, _too_slow()))
            except OSError:  # the disk is full
                return await tell(send, refusal(scope, Problem("not_saved", headers={"Retry-After": "5"})))
            if is_whole:
                await self.app(scope, _Kept(body, receive).receive, send)


class _Kept:
    """A body to be read again, and then whatever else the caller does."""

    def __init__(self, body: IO[bytes], receive: Receive) -> None:
        self._body, self._receive = body, receive
        self._left = body.tell()
        self._is_read = False
        body.seek(0)

    async def receive(self) -> Mapping[str, Any]:
        if self._is_read:
            return await self._receive()
        part = self._body.read(PART_BYTES)
        self._left -= len(part)
        self._is_read = not self._left
        return {"type": "http.request", "body": part, "more_body": not self._is_read}


async def _take(receive: Receive, body: IO[bytes]) -> bool:
    """Whether it came to its end."""
    while True:
        event = await receive()
        if event["type"] != "http.request":
            return False  # the caller hung up, or it is too large
        body.write(event.get("body", b""))
        if not event.get("more_body", False):
            return True


def _too_slow() -> Problem:
    words = f"The whole request has to arrive within {settings.API_BODY_S} s. Nothing was accepted: send it again."
    return Problem("too_slow", words, headers={"Connection": "close"})
