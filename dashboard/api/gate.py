"""Turns away, before anything is done for it, a call of a key that is known to have called too often.

No thread, no database, no reading of its body: so that a key that calls too often costs the others little. Who is over
is known from the count that all processes share (`rates.py`).
"""

from __future__ import annotations

from dashboard.limits import Application, Receive, Scope, Send
from socialactions.services.api_keys import public_id_of

from . import compat, problems
from .calls import secret_in, tell
from .edge import PREFIX
from .problems import Problem
from .rates import rates


class Gate:
    """An ASGI application around another one."""

    def __init__(self, app: Application) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        place = scope["path"] if scope["type"] == "http" else ""
        if place.startswith((PREFIX, compat.PREFIX)):
            try:
                rates.refuse_if_known(public_id_of(secret_in(scope)))
            except Problem as problem:
                refuse = compat.refusal_of if place.startswith(compat.PREFIX) else problems.answer
                return await tell(send, refuse(problem))
        await self.app(scope, receive, send)
