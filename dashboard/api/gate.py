"""Keeps a key that calls too often from costing the others much: all of it happens before Django hears of a call."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from django.http import HttpResponse

from dashboard.limits import Application, Receive, Scope, Send
from socialactions.services.api_keys import SHAPE, public_id_of

from . import compat, problems
from .calls import AGAIN, secret_in, tell
from .edge import PREFIX
from .problems import Problem
from .rates import rates

AT_ONCE = 1  # call of one key that Django works on: more would take from the other keys, not add


class Gate:
    """An ASGI application around another one: turns away calls of a key that is known to be over its limit.

    No thread, no database, no reading of the body. Who is over is known from the count that all processes share.
    """

    def __init__(self, app: Application) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refused = _refusal_of(scope)
        await (self.app(scope, receive, send) if refused is None else tell(send, refused))


@dataclass(slots=True)
class _Line:
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    length: int = 0


class Turns:
    """An ASGI application around Django's: many calls of one key at once wait for one another, and hold no thread."""

    def __init__(self, app: Application) -> None:
        self.app = app
        self._lines: dict[str, _Line] = {}  # by the whole secret: nobody can stand in somebody else's way

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        secret = secret_in(scope) if is_of_program(scope) else ""
        if not SHAPE.fullmatch(secret):
            return await self.app(scope, receive, send)
        line = self._lines.setdefault(secret, _Line())
        line.length += 1
        try:
            async with line.turns:
                await Gate(self.app)(scope, receive, send)  # it may have had enough meanwhile
        finally:
            line.length -= 1
            if not line.length:
                del self._lines[secret]


def is_of_program(scope: Scope) -> bool:
    return scope["type"] == "http" and scope["path"].startswith((PREFIX, compat.PREFIX))


def refusal(scope: Scope, problem: Problem) -> HttpResponse:
    """In the form of the call's address."""
    is_old = scope["path"].startswith(compat.PREFIX)
    return compat.refusal_of(problem) if is_old else problems.answer(problem)


def _refusal_of(scope: Scope) -> HttpResponse | None:
    if AGAIN in scope or not is_of_program(scope):
        return None
    try:
        rates.refuse_if_known(public_id_of(secret_in(scope)))
    except Problem as problem:
        return refusal(scope, problem)
    return None
