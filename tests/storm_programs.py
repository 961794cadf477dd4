"""Programs of the storm: each has a key, asks over HTTP until somebody says yes, and follows what it asked for.

What answers is a real web process, so that what stands around Django has its part in the storm.
"""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from queue import SimpleQueue
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from tests import processes

WAIT_S = 5  # of a long poll: nobody is waited for much longer when all is quiet
AGAIN_S = 0.2
LAST_LOOK_S = 30.0
NOT_NOW = (429, 503)


class Away(Exception):
    """Nobody answered, or not now: the same call may be made again."""


class Line:
    """A connection of one thread, with a key."""

    def __init__(self, base_url: str, secret: str) -> None:
        self._line = http.client.HTTPConnection(urlsplit(base_url).netloc, timeout=30)
        self._headers = {"Host": settings.ALLOWED_HOSTS[0], "x-api-key": secret, "Content-Type": "application/json"}

    def close(self) -> None:
        self._line.close()

    def call(self, method: str, address: str, body: Any = None, **headers: str) -> tuple[int, dict[str, Any]]:
        """Status and what was said. Raises Away."""
        said = None if body is None else json.dumps(body)
        try:
            self._line.request(method, f"/api/v1{address}", said, {**self._headers, **headers})
            answer = self._line.getresponse()
            heard = answer.read()
        except (OSError, http.client.HTTPException) as error:
            self._line.close()
            raise Away from error
        if answer.status in NOT_NOW:
            time.sleep(int(answer.headers.get("Retry-After", 0)))
            raise Away
        return answer.status, json.loads(heard)


class Program:
    """Whoever holds one key: asks in the caller's thread, follows in one of its own."""

    def __init__(self, base_url: str, secret: str) -> None:
        self.told: dict[str, dict[str, Any]] = {}  # by action: the last that was said of it
        self.polls = 0
        self.wrong: list[str] = []
        self._asking, self._following = Line(base_url, secret), Line(base_url, secret)
        self._wanted: SimpleQueue[str | None] = SimpleQueue()
        self._is_quiet, self._until = threading.Event(), 0.0
        self._thread = threading.Thread(target=self._follow_all, daemon=True)
        self._thread.start()

    def ask(self, wish: dict[str, Any], once: str) -> str:
        """The id of the action; asked twice, as by one that did not hear the first answer. Raises Away."""
        asked: set[str] = set()
        for _ in range(2):
            status, said = self._asking.call("POST", "/actions", wish, **{"Idempotency-Key": once})
            assert status == 202, said
            asked.add(said["id"])
        (uid,) = asked
        return uid

    def follow(self, uid: str) -> None:
        self._wanted.put(uid)

    def end(self) -> None:
        """All is quiet: what has no end by now waits for a person, and is asked for once more."""
        self._until = time.monotonic() + LAST_LOOK_S
        self._is_quiet.set()
        self._wanted.put(None)
        self._thread.join()
        self._asking.close()
        self._following.close()

    def _follow_all(self) -> None:
        for uid in iter(self._wanted.get, None):
            self._follow(uid)

    def _follow(self, uid: str) -> None:
        while True:
            is_last = self._is_quiet.is_set()
            try:
                status, said = self._following.call("GET", f"/actions/{uid}?wait={0 if is_last else WAIT_S}")
            except Away:
                if is_last and time.monotonic() > self._until:
                    return
                time.sleep(AGAIN_S)
                continue
            self.polls += 1
            if status != 200:
                self.wrong.append(f"{status} for {uid}: {said}")
                return
            self.told[uid] = said
            if said["final"] or is_last:
                return


@contextmanager
def programs_of(secrets: Iterable[str], env: dict[str, str]) -> Iterator[dict[str, Program]]:
    """A program for each key, beside a web process; none of either where there are no keys. All have heard the last of
    what they asked for when this is left.
    """
    with ExitStack() as stack:
        wanted = set(secrets)
        base_url = stack.enter_context(processes.web(env)) if wanted else ""
        programs = {secret: Program(base_url, secret) for secret in wanted}
        for program in programs.values():
            stack.callback(program.end)
        yield programs
