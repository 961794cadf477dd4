"""The threads that requests run in, kept from one request to the next, and with each its database connection.

Django under ASGI starts a thread for each request and loses its connection with it. Connecting to PostgreSQL anew costs
more than most requests do: a process, a password's thousand hashes, and empty catalogues for its first queries.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from asgiref.sync import ThreadSensitiveContext
from django.db import connections

from .limits import Application, Receive, Scope, Send

KEPT = 8
"""Of threads that rest; more run while more requests do, and end with them."""
CONNECTED_S = 600


def keep_connections() -> None:
    """For a process whose threads are kept: elsewhere a connection would be lost with its thread, and stay open."""
    its = connections.settings["default"]
    if its["ENGINE"] == "django.db.backends.postgresql":
        its.update(CONN_MAX_AGE=CONNECTED_S, CONN_HEALTH_CHECKS=True)  # asked whether it lives before it is used again


class KeptThreads:
    """An ASGI application around Django's: a request has a thread to itself, one that rested if there is any."""

    def __init__(self, app: Application, *, most: int = KEPT) -> None:
        self.app = app
        self.most = most
        self._resting: list[ThreadPoolExecutor] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # The last to come back goes first, so that the others' connections grow old and are few.
        thread = self._resting.pop() if self._resting else ThreadPoolExecutor(1, "request")
        try:
            async with ThreadSensitiveContext(executor=thread):
                await self.app(scope, receive, send)
        finally:
            # Said by the thread itself: whoever hung up may have left it in the middle of something.
            thread.submit(self._rest, thread)

    def _rest(self, thread: ThreadPoolExecutor) -> None:
        if len(self._resting) < self.most:
            self._resting.append(thread)
        else:
            connections.close_all()
            thread.shutdown(wait=False)
