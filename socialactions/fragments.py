"""Drawn pieces of pages, kept in the memory of this process for some minutes; never in a cache, a file or a table.

A piece is asked for by a digest of everything that it was drawn from. Whoever may not see something, or no longer, has
other values, and so never meets it: nothing has to be invalidated. What is left to do here is that nothing stays in
memory for longer than what it shows may live: each piece has its own end, a timer sweeps also where nobody asks, and
forgetting a person empties everything.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

LIVE = timedelta(minutes=5)
AT_MOST = 2_000  # of some 2 kB each
SWEPT_EVERY_S = 60.0


@dataclass(frozen=True, slots=True)
class _Piece:
    text: str
    made_at: datetime
    until: datetime

    def lives(self, now: datetime) -> bool:
        """One from the future was made before the clock was set back: nobody knows how old it is."""
        return self.made_at <= now < self.until


def drawn(values: object, until: datetime, draw: Callable[[], str]) -> str:
    """What ``draw`` makes of these values, or made of the same lately. Their ``repr`` has to say all of them."""
    key = hashlib.sha256(repr(values).encode()).digest()
    now = timezone.now()
    with _lock:
        found = _kept.get(key)
        if found is not None and found.lives(now):
            _kept.move_to_end(key)
            return found.text
    piece = draw()
    with _lock:
        _kept[key] = _Piece(piece, now, min(until, now + LIVE))
        while len(_kept) > AT_MOST:
            _kept.popitem(last=False)
        _wake()
    return piece


def sweep() -> None:
    """Drop what is past its end."""
    global _timer
    now = timezone.now()
    with _lock:
        for key in [key for key, piece in _kept.items() if not piece.lives(now)]:
            del _kept[key]
        _timer = None
        if _kept:
            _wake()


def empty() -> None:
    with _lock:
        _kept.clear()


def pieces() -> list[str]:
    """Everything that is in memory now."""
    with _lock:
        return [piece.text for piece in _kept.values()]


def _wake() -> None:
    """Sweep in a while; call with the lock held."""
    global _timer
    if _timer is None:
        _timer = threading.Timer(SWEPT_EVERY_S, sweep)
        _timer.daemon = True
        _timer.start()


_kept: OrderedDict[bytes, _Piece] = OrderedDict()
_lock = threading.RLock()
_timer: threading.Timer | None = None
