"""Long polls: a program waits for an action's next state, and no thread or database connection waits with it.

Around Django, not in it: an asynchronous view below Django's middleware would keep its thread. Django answers at once,
saying in a header that there may be news; this asks it again when the action's event, or its key's, was heard. So a key
that is revoked meanwhile is refused like at any other call.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dashboard.limits import Application, Nothing, Receive, Scope, Send
from dashboard.views.live import fan
from socialactions.services.api_keys import public_id_of

from .calls import AGAIN, look_in

AGAIN_HEADER = "Threadwell-State"  # Django to us: this state may change; never leaves the server
NOT_YET = "sending"  # a state that is over in a moment

Message = Mapping[str, Any]


@dataclass(slots=True)
class Answer:
    """What Django answered, held back until it is wanted."""

    messages: list[dict[str, Any]] = field(default_factory=list)
    state: str = ""  # "" when there is nothing to wait for

    async def take(self, message: Message) -> None:
        kept = dict(message)
        if kept["type"] == "http.response.start":
            name = AGAIN_HEADER.lower().encode()
            self.state = next((value.decode() for key, value in kept["headers"] if key.lower() == name), "")
            kept["headers"] = [(key, value) for key, value in kept["headers"] if key.lower() != name]
        self.messages.append(kept)


class LongPolls:
    """An ASGI application around Django's."""

    def __init__(self, app: Application) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        look = look_in(scope)
        if look is None or not look.wait_s:
            return await self.app(scope, receive, send)
        names = [f"outgoing-{look.uid}", f"key-{public_id_of(look.secret)}"]
        with fan.listening(*names) as heard:
            gone = asyncio.create_task(_gone(receive))
            try:
                answer = await self._answer(scope, heard, gone, look.wait_s)
            finally:
                gone.cancel()
        if answer is not None:
            for message in answer.messages:
                await send(message)

    async def _answer(
        self, scope: Scope, heard: asyncio.Queue[Any], gone: asyncio.Task[None], wait_s: int
    ) -> Answer | None:
        """The first answer that says something new; the last one when time is up; None when nobody waits any more."""
        until = asyncio.get_running_loop().time() + wait_s
        answer = await self._ask(scope)
        first = answer.state
        while answer.state and answer.state in (first, NOT_YET):
            left = until - asyncio.get_running_loop().time()
            if left <= 0 or not await _next(heard, gone, left):
                break
            answer = await self._ask({**scope, AGAIN: True})
        return None if gone.done() else answer

    async def _ask(self, scope: Scope) -> Answer:
        answer = Answer()
        await self.app(scope, Nothing().receive, answer.take)
        return answer


async def _next(heard: asyncio.Queue[Any], gone: asyncio.Task[None], left: float) -> bool:
    """Whether something was heard before the time or the caller's patience ended."""
    hearing = asyncio.create_task(heard.get())
    try:
        await asyncio.wait({hearing, gone}, timeout=left, return_when=asyncio.FIRST_COMPLETED)
        return hearing.done()
    finally:
        hearing.cancel()


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
