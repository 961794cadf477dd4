"""How far an action came: the question that programs ask most, answered beside Django instead of through it.

Django's road makes a thread, a database connection and a request for every call. Here a few threads keep theirs. Only a
living key that finds its action is answered; whatever else there is to say, Django says it, so that refusals have one
source, and what is foreign takes the same road as what never was.
"""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from django.db import DatabaseError, InterfaceError, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.http import HttpResponse
from ninja.responses import NinjaJSONEncoder

from dashboard.limits import Application, Receive, Scope, Send
from socialactions.queries import programs as program_queries
from socialactions.services import api_keys
from socialactions.sqlite.base import DatabaseWrapper as SqliteConnection

from . import compat, keys
from .calls import AGAIN, Look, look_in, tell
from .problems import Problem
from .shapes import action, ask_again_after_s
from .waiting import AGAIN_HEADER

THREADS = 4
MEDIA_TYPE = "application/json; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Seen:
    answer: HttpResponse | None  # None: for Django to say
    is_counted: bool


class Polls:
    """An ASGI application around Django's."""

    def __init__(self, app: Application) -> None:
        self.app = app
        self._connections: list[BaseDatabaseWrapper] = []
        self._threads = ThreadPoolExecutor(THREADS, "polls", initializer=self._begin)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        look = look_in(scope)
        if look is None:
            return await self.app(scope, receive, send)
        seen = await asyncio.get_running_loop().run_in_executor(self._threads, _see, look)
        if seen.answer is None:
            return await self.app({**scope, AGAIN: True} if seen.is_counted else scope, receive, send)
        await tell(send, seen.answer)

    def close(self) -> None:
        """For whoever starts and ends it within a process."""
        self._threads.shutdown()
        for one in self._connections:
            one.close()

    def _begin(self) -> None:
        own = connections["default"]
        own.inc_thread_sharing()  # so that `close` may
        self._connections.append(own)


def _see(look: Look) -> Seen:
    is_counted = look.is_again
    try:
        if isinstance(kept := connections["default"], SqliteConnection):
            kept.leave_replaced_file()
        key = keys.living(look.secret, is_again=look.is_again, find=api_keys.glance)
        is_counted = True
        row = program_queries.action_of(key, look.uid)
        if row is None:
            return Seen(None, is_counted)
        if look.is_of_task:
            return Seen(compat.told_of(row), is_counted)
        answer = HttpResponse(json.dumps(action(row), cls=NinjaJSONEncoder), content_type=MEDIA_TYPE)
        if (again_s := ask_again_after_s(row)) is not None:
            answer["Retry-After"] = str(again_s)
        if look.wait_s and not row.is_final:
            answer[AGAIN_HEADER] = row.state
        return Seen(answer, is_counted)
    except Problem:
        return Seen(None, is_counted)
    except (DatabaseError, InterfaceError, OSError):
        connection.close()
        return Seen(None, is_counted)
