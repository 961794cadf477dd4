"""Whose turn it is to write into a database file.

SQLite has no line: whoever finds it locked looks again after a pause of up to 100 ms, and meanwhile others come and go.
Here the threads of a process go in the order in which they came, and processes take turns. A worker hands the turn on
after each write, so that people wait for one of its writes; others let all go first who came to them, for a while.
Nothing but the waiting depends on it: SQLite's own lock keeps writers apart, and who waited too long, or cannot have
the files, goes on and leaves it to SQLite.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import cache, partial

PATIENCE_S = 10.0  # of one who stands in line: somebody stopped in the middle of a turn must not stop everybody
LOOK_AGAIN_S = 0.001  # only the first of each process looks, so this costs next to nothing


class Line:
    """The writers of this process in the order they came; the first has the turn or waits for it.

    Two locked files beside the database: whose turn it is, and who is next. As nobody but the next waits for the turn,
    a process that has just given it back cannot take it again before the other. A process that ends, however, has given
    both back.
    """

    stay_s = 0.25  # how long a process goes on with its next thread while another process waits

    def __init__(self, database: str) -> None:
        self._paths = (f"{database}-next", f"{database}-turn")
        self._begin()
        os.register_at_fork(after_in_child=self._begin_in_child)

    def _begin(self) -> None:
        self._guard = threading.Lock()
        self.standing: deque[threading.Lock] = deque()
        self._files: tuple[int, ...] = ()
        self._ours_until: float | None = None  # None while the turn is not this process's

    def _begin_in_child(self) -> None:
        for file in self._files:  # the parent's locks would outlive it
            os.close(file)
        self._begin()

    def take(self) -> Callable[[], None] | None:
        """Wait for a turn. Returns what gives it back; None when it took too long, or cannot be had."""
        until = time.monotonic() + PATIENCE_S
        mine = threading.Lock()  # held until it is the first's
        mine.acquire()
        with self._guard:
            self.standing.append(mine)
            if self.standing[0] is mine:
                mine.release()
        is_ours = False
        try:
            with suppress(OSError):
                is_ours = mine.acquire(timeout=PATIENCE_S) and self._is_first_of_all(until)
        finally:
            if not is_ours:
                self._leave(mine)
        return partial(self._leave, mine) if is_ours else None

    def _leave(self, mine: threading.Lock) -> None:
        with self._guard:
            if mine not in self.standing:  # a forked child leaves what only its parent has
                return
            was_first = self.standing[0] is mine
            self.standing.remove(mine)
            if not was_first:
                return
            if not self.standing or self._ours_until is None or time.monotonic() >= self._ours_until:
                self._ours_until = None
                with suppress(OSError):  # of a folder that knows no locks
                    for file in self._files:
                        fcntl.flock(file, fcntl.LOCK_UN)
            if self.standing:
                self.standing[0].release()

    def _is_first_of_all(self, until: float) -> bool:
        if self._ours_until is not None:
            return True
        if not self._files:
            self._files = tuple(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600) for path in self._paths)
        following, turn = self._files
        if not (_lock(following, until) and _lock(turn, until)):
            return False
        fcntl.flock(following, fcntl.LOCK_UN)
        self._ours_until = time.monotonic() + self.stay_s
        return True


def people_first() -> None:
    """For a process that works in the background: it hands the turn on after each write."""
    Line.stay_s = 0


@cache
def line_for(database: str) -> Line:
    """The one line of this process for that file."""
    return Line(database)


def _lock(file: int, until: float) -> bool:
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() > until:
                return False
            time.sleep(LOOK_AGAIN_S)
