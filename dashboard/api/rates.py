"""How often a key may call: counted in windows of ten seconds, by all web processes together.

Redis counts where there is one (`CACHE_URL`); otherwise a small locked file for each key, which all processes of the
host see. A key that is over is remembered in the process until its window ends, so that its calls cost no query.
"""

from __future__ import annotations

import fcntl
import math
import os
import struct
import time
from pathlib import Path

from django.conf import settings
from django.core.cache import cache

from .problems import Problem

WINDOW_S = 10
REMEMBERED_AT_MOST = 10_000
_here: dict[str, tuple[int, int]] = {}  # key → the window, and its calls
_RECORD = struct.Struct("<qq")  # the window's number, and how many calls it has seen


class Rates:
    def __init__(self) -> None:
        self._over: dict[str, int] = {}  # key → the window in which it has had enough

    def refuse_if_known(self, public_id: str) -> None:
        """Raises Problem for a key that this process knows to be over its limit."""
        if self._over.get(public_id) == _window():
            raise _too_often()

    def count(self, public_id: str) -> None:
        """One call more. Raises Problem when that was one too many."""
        most: int = settings.API_CALLS_PER_MINUTE * WINDOW_S // 60
        window = _window()
        if not settings.API_CALLS_PER_MINUTE or _counted(public_id, window) <= max(most, 1):
            return
        if len(self._over) > REMEMBERED_AT_MOST:
            self._over.clear()
        self._over[public_id] = window
        raise _too_often()


rates = Rates()


def _window() -> int:
    return int(time.time() // WINDOW_S)


def _too_often() -> Problem:
    left = max(math.ceil((_window() + 1) * WINDOW_S - time.time()), 1)
    words = f"At most {settings.API_CALLS_PER_MINUTE} calls a minute. Go on in {left} s; waiting calls less often."
    return Problem("rate_limited", words, headers={"Retry-After": str(left)})


def _counted(public_id: str, window: int) -> int:
    if settings.CACHE_URL:
        from redis.exceptions import RedisError  # half a second that only an installation with Redis waits for

        try:
            return _counted_by_redis(f"calls:{public_id}:{window}")
        except RedisError:  # then each host counts for itself
            pass
    try:
        return _counted_by_file(Path(settings.DATA_DIR) / "rates" / public_id, window)
    except OSError:  # a full disk takes nobody's polls away; then each process counts for itself
        return _counted_here(public_id, window)


def _counted_here(public_id: str, window: int) -> int:
    if len(_here) > REMEMBERED_AT_MOST:
        _here.clear()
    before, calls = _here.get(public_id, (window, 0))
    _here[public_id] = (window, calls + 1 if before == window else 1)
    return _here[public_id][1]


def _counted_by_redis(name: str) -> int:
    try:
        return cache.incr(name)
    except ValueError:  # the first of its window; whoever is quicker adds it
        cache.add(name, 0, timeout=2 * WINDOW_S)
        return cache.incr(name)


def _counted_by_file(path: Path, window: int) -> int:
    path.parent.mkdir(mode=0o700, exist_ok=True)
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        kept = os.pread(file, _RECORD.size, 0)
        before, calls = _RECORD.unpack(kept) if len(kept) == _RECORD.size else (0, 0)
        calls = calls + 1 if before == window else 1
        os.pwrite(file, _RECORD.pack(window, calls), 0)
        return calls
    finally:
        os.close(file)  # and with it the lock
