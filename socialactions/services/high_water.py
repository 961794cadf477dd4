"""Notices a database that was restored from an older backup: what it calls queued may be on LinkedIn long since.

The newest event of an action stands in a file outside the database, on each host that works: its number and its time,
because a restored database gives the same numbers once more. When the database does not know exactly this event, every
action that is not final asks a person. Events of actions are never deleted, those that only announce something are.
"""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.db.models import Max, Q

from socialactions.models import Event, Outgoing

from .moves import step
from .outcomes import Outcome, Reason

log = logging.getLogger(__name__)
State = Outgoing.State
OPEN = [state for state in State if state not in Outgoing.FINAL]


@dataclass(frozen=True, slots=True)
class Mark:
    """An event that was committed. Without a time it is any event up to this number, as files once had it."""

    number: int
    at: datetime | None


NOTHING = Mark(0, None)


def check() -> bool:
    """True when the database is at least as new as this host remembers; otherwise everything open now asks."""
    mark = _mark()  # before the database is asked: others raise it meanwhile
    newest, is_known = _newest_and_whether_known(mark)
    if is_known:
        if newest.number > mark.number or (mark.at is None and newest != mark):
            _write(newest)
        return True
    log.critical("the database is older than what was done already (event %s is not in it)", mark.number)
    for row in Outgoing.objects.filter(state__in=OPEN).exclude(reason=Reason.RESTORED):
        # Another name on LinkedIn stays the reason: it stops everything of that actor until somebody has looked.
        reason = row.reason if row.reason == Reason.WRONG_ACTOR else Reason.RESTORED
        step(row, OPEN, Outcome(State.NEEDS_ATTENTION, reason), None)
    _write(_newest_and_whether_known(NOTHING)[0])
    return False


def raise_to(number: int, at: datetime | None) -> None:
    """Remember the event, which is committed, before anything leaves that a backup would not know of."""
    if number > _mark().number:
        _write(Mark(number, at))


def path() -> Path:
    return Path(settings.DATA_DIR) / "high-water"


def _newest_and_whether_known(mark: Mark) -> tuple[Mark, bool]:
    """The newest event of an action, and whether the marked one is here, in one query by number: it runs at each claim.

    The newest is found from the end, a few rows away: whoever accepts or claims has just written one.
    """
    last = Event.objects.filter(outgoing__isnull=False).order_by("-pk").values("pk")[:1]
    marked = mark.number if mark.at else 0  # a number alone may be an announcement's, which does not stay
    found = dict(Event.objects.filter(Q(pk=marked) | Q(pk=last)).values_list("pk", "at"))
    newest = Mark(max(found), found[max(found)]) if found else NOTHING
    if mark.at is not None:
        return newest, found.get(mark.number) == mark.at
    if mark.number == 0:
        return newest, True
    highest: int | None = Event.objects.aggregate(highest=Max("pk"))["highest"]
    return newest, (highest or 0) >= mark.number


def _mark() -> Mark:
    try:
        number, _, at = path().read_text(encoding="ascii").strip().partition(" ")
        return Mark(int(number), datetime.fromisoformat(at) if at else None)
    except FileNotFoundError:
        return NOTHING
    except ValueError:  # the host lost its power while this was written: nothing would ever be sent again
        log.critical("%s cannot be read; it begins anew with the newest event", path())
        return NOTHING


def _write(mark: Mark) -> None:
    """As a whole: whoever reads meanwhile sees the old mark or the new one."""
    own = path().with_suffix(f".{os.getpid()}-{os.urandom(4).hex()}")
    own.write_text(f"{mark.number} {mark.at.astimezone(UTC).isoformat()}" if mark.at else str(mark.number), "ascii")
    own.replace(path())
