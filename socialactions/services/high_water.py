"""Notices a database that was restored from an older backup: what it calls queued may be on LinkedIn long since.

The number of the newest event stands in a file outside the database, on each host that works. When the database knows
less than the file, every action that is not final asks a person.
"""

from __future__ import annotations

import logging
import os
from pathlib import Path

from django.conf import settings
from django.db.models import Max

from socialactions.models import Event, Outgoing

from .moves import step
from .outcomes import Outcome, Reason

log = logging.getLogger(__name__)
State = Outgoing.State
OPEN = [state for state in State if state not in Outgoing.FINAL]


def check() -> bool:
    """True when the database is at least as new as this host remembers; otherwise everything open now asks."""
    mark = _mark()  # before the database is asked: others raise it meanwhile
    newest = _newest()
    if newest >= mark:
        raise_to(newest)
        return True
    log.critical("the database is older than what was done already (event %s of %s)", newest, mark)
    for row in Outgoing.objects.filter(state__in=OPEN).exclude(reason=Reason.RESTORED):
        # Another name on LinkedIn stays the reason: it stops everything of that actor until somebody has looked.
        reason = row.reason if row.reason == Reason.WRONG_ACTOR else Reason.RESTORED
        step(row, OPEN, Outcome(State.NEEDS_ATTENTION, reason), None)
    _write(_newest())
    return False


def raise_to(number: int) -> None:
    """Remember the event, which is committed, before anything leaves that a backup would not know of."""
    if number > _mark():
        _write(number)


def path() -> Path:
    return Path(settings.DATA_DIR) / "high-water"


def _newest() -> int:
    found: int | None = Event.objects.aggregate(newest=Max("pk"))["newest"]
    return found or 0


def _mark() -> int:
    try:
        return int(path().read_text(encoding="ascii"))
    except FileNotFoundError:
        return 0


def _write(number: int) -> None:
    """As a whole: whoever reads meanwhile sees the old number or the new one."""
    own = path().with_suffix(f".{os.getpid()}-{os.urandom(4).hex()}")
    own.write_text(str(number), encoding="ascii")
    own.replace(path())
