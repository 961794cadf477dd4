"""Notices a database that was restored from an older backup: what it calls queued may be on LinkedIn long since.

The newest event of an action stands in a file outside the database, on each host that works: its number and its time,
because a restored database gives the same numbers once more. When the database does not know exactly this event, or
when there is no mark although something has left already, every action that is not final asks a person. Events of
actions are never deleted, those that only announce something are.

`HIGH_WATER_FILE` says where the file stands: not in the data folder, which is put back as a whole (`docs/backup.md`).
"""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.core.cache import cache
from django.db import connection, transaction
from django.db.models import Max, Q

from socialactions.models import Attempt, Event, Outgoing

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
    own = _mark()  # before the database is asked: others raise it meanwhile
    mark = _higher(own, _heard_from_others(own))
    if mark is None:
        return _begin()
    newest, is_known = _newest_and_whether_known(mark)
    if not is_known:
        log.critical("the database is older than what was done already (event %s is not in it)", mark.number)
        _ask_about_all_that_is_open()
        _write(_newest_and_whether_known(NOTHING)[0])
        tell_others()
        return False
    if own is None or newest.number > mark.number or (mark.at is None and newest != mark):
        _write(newest)
    return True


def _begin() -> bool:
    """Without a mark: the first start of a desk, or a database that came to another machine, nobody knows from when."""
    something_left = Attempt.objects.exists()
    if _mark() is not None:  # who shares this host has begun meanwhile, and left its mark before anything else
        return check()
    is_sound = not (something_left and _ask_about_all_that_is_open())
    if not is_sound:
        log.critical("%s is not there: the database may have been restored, so everything open asks", path())
    newest = _newest_and_whether_known(NOTHING)[0]
    _write(newest)
    return is_sound


def _ask_about_all_that_is_open() -> bool:
    """Whether anything was. Each is looked at under its lock: others of this host may have noticed as well."""
    waiting = Outgoing.objects.filter(state__in=OPEN).exclude(reason=Reason.RESTORED)
    found = list(waiting.values_list("pk", flat=True))
    for pk in found:
        with transaction.atomic():
            if (row := waiting.select_for_update().filter(pk=pk).first()) is not None:
                # Another name on LinkedIn stays the reason: it stops all of that actor until somebody has looked.
                reason = row.reason if row.reason == Reason.WRONG_ACTOR else Reason.RESTORED
                step(row, OPEN, Outcome(State.NEEDS_ATTENTION, reason), None)
    return bool(found)


def raise_to(number: int, at: datetime | None) -> None:
    """Remember the event, which is committed, before anything leaves that a backup would not know of."""
    if number > (_mark() or NOTHING).number:
        _write(Mark(number, at))


def path() -> Path:
    return Path(settings.HIGH_WATER_FILE)


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


def _mark() -> Mark | None:
    """This host's; an earlier version left it in the data folder."""
    return _read(path()) or _taken_over()


def _taken_over() -> Mark | None:
    earlier = Path(settings.DATA_DIR) / "high-water"
    if earlier == path() or (mark := _read(earlier)) is None:
        return _read(path())  # another process may have taken it over just now
    _write(mark)
    earlier.unlink(missing_ok=True)
    return mark


def _read(file: Path) -> Mark | None:
    try:
        return _understood(file.read_text(encoding="ascii"))
    except FileNotFoundError:
        return None
    except ValueError:  # the host lost its power while this was written: nothing would ever be sent again
        log.critical("%s cannot be read; it begins anew with the newest event", file)
        return NOTHING


def _understood(text: str) -> Mark:
    number, _, at = text.strip().partition(" ")
    return Mark(int(number), datetime.fromisoformat(at) if at else None)


def _written(mark: Mark) -> str:
    return f"{mark.number} {mark.at.astimezone(UTC).isoformat()}" if mark.at else str(mark.number)


def _write(mark: Mark) -> None:
    """As a whole: whoever reads meanwhile sees the old mark or the new one."""
    own = path().with_name(f"{path().name}.{os.getpid()}-{os.urandom(4).hex()}")
    own.write_text(_written(mark), "ascii")
    own.replace(path())


def _higher(own: Mark | None, other: Mark | None) -> Mark | None:
    return max((mark for mark in (own, other) if mark is not None), key=lambda mark: mark.number, default=None)


def _heard_from_others(own: Mark | None) -> Mark | None:
    """What other hosts at this database say, so that a host which is added does not look like a restored database. Each
    process asks once: the mark of a host that stood still is old, and every later backup holds its event.
    """
    global _has_asked
    if not settings.CACHE_URL:  # then the cache is a folder of this host, and is put back with all others
        return None
    if own is not None and _has_asked:
        return None
    _has_asked = True
    try:
        text = cache.get(_shared_key())
        return _understood(text) if text else None
    except Exception as error:  # each cache has errors of its own
        log.warning("other hosts' mark is not known: %s", type(error).__name__)
        return None


def tell_others() -> None:
    """Now and then, and never on the way to LinkedIn: a cache that hangs must not hold up what is sent."""
    if not settings.CACHE_URL or (mark := _mark()) is None:
        return
    try:
        cache.set(_shared_key(), _written(mark), timeout=None)
    except Exception as error:  # as above; the own mark counts
        log.warning("other hosts are not told the mark: %s", type(error).__name__)


def _shared_key() -> str:
    return f"high-water of {connection.settings_dict['NAME']}".replace(" ", "-")


def forget() -> None:
    """As a process that has just begun."""
    global _has_asked
    _has_asked = False


_has_asked = False
