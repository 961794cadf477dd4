"""What of LinkedIn's day is spent. Reading stops at 70 % of a known daily limit, so that people's writes have room.

Reads are booked before they are made, writes count by their attempts. Both counters of LinkedIn begin again at 00:00
UTC.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.db.models import F, Sum

from socialactions import clock
from socialactions.lifetimes import SAMPLES_LIVE
from socialactions.linkedin.errors import RateLimited
from socialactions.models import Attempt, CallCount, Connection

from . import planning

READS_SHARE = 0.7
BOOKED_AT_ONCE = 10
WRITTEN_AT_ONCE = 100  # where no limit is known, the count is for people to see: a killed process may leave out these
EVERYBODY = ""  # in place of a member's URN
APP_WIDE = "APPLICATION"  # seen in LinkedIn's sentence about a limit of the whole app (docs/linkedin.md)
WORDS = "Reading has used its share of today's calls, so that your writing has room. It goes on after 00:00 UTC."


class ReadsSpent(RateLimited):
    """We stop here by ourselves; LinkedIn was not asked."""


@dataclass
class Tally:
    """Adds up the calls of several pieces of reading, and the pages of comments and replies among them."""

    calls: int = 0
    pages: int = 0


class Meter:
    """Counts the calls of one piece of reading, and ends it when the share of reading is used up.

    Where a limit is known, calls are booked into the day's count before they are made: readings at the same time share
    what is left, and what a killed process had booked stays counted. Only the thread that made the meter books; others
    spend what is booked, as they have no connection to the database.
    """

    def __init__(self, connection: Connection, *, is_urgent: bool, tally: Tally | None = None) -> None:
        self._tally = tally
        self._member_urn = connection.member_urn
        self._is_urgent = is_urgent
        self._books_ahead = any(share is not None for share in _limits())
        self._home = threading.get_ident()
        self._lock = threading.Lock()
        self._day = _today()
        self._booked = 0
        self._calls = 0
        self._is_spent = False

    def expect(self, calls: int) -> None:
        """Other threads are about to make so many; book what is missing, as far as the share goes."""
        if self._books_ahead and self._in_hand < calls:
            self._book(max(calls - self._in_hand, BOOKED_AT_ONCE))
        elif not self._books_ahead and -self._in_hand >= WRITTEN_AT_ONCE:
            self.write()

    def before_call(self) -> None:
        """Raises ReadsSpent; called from several threads."""
        if threading.get_ident() == self._home:
            self.expect(1)
        with self._lock:
            if self._books_ahead and self._in_hand < 1:
                raise ReadsSpent(WORDS, retry_at=_midnight(), retryable=True)
            self._calls += 1
            if self._tally is not None:
                self._tally.calls += 1

    def write(self) -> None:
        """Bring the day's count to what was really called; what was booked and not used is free again."""
        with self._lock:
            if self._in_hand:
                _add(self._member_urn, self._day, -self._in_hand)
            self._booked = self._calls

    @property
    def _in_hand(self) -> int:
        return self._booked - self._calls

    def _book(self, calls: int) -> None:
        if self._day != _today():  # LinkedIn counts anew
            self.write()
            self._day, self._is_spent = _today(), False
        if self._is_urgent:
            _add(self._member_urn, self._day, calls)
            self._booked += calls
        elif not self._is_spent:
            got = _booked_of_share(self._member_urn, self._day, calls)
            self._booked += got
            self._is_spent = got < calls


def left_for_reads(member_urn: str) -> int | None:
    """Calls that reading may still make today as this member; None when no limit is known."""
    left = [share - used for share, used in _shares(member_urn) if share is not None]
    return max(min(left), 0) if left else None


def note_refusal(member_urn: str, error: RateLimited) -> None:
    """LinkedIn knows better than our count how much is left: nothing is read ahead until it gives calls again."""
    if error.retry_at is None or isinstance(error, ReadsSpent):
        return
    key = f"reads-closed:{'' if APP_WIDE in error.message else member_urn}"
    before: datetime | None = cache.get(key)
    if before is None or before < error.retry_at:  # answers of one moment name different ends: the last one counts
        cache.set(key, error.retry_at, timeout=max((error.retry_at - clock.now()).total_seconds(), 0))


def closed_until(member_urn: str) -> datetime | None:
    """Until when LinkedIn takes no more calls of this member, or of the app, as far as it said so."""
    closed: dict[str, datetime] = cache.get_many([f"reads-closed:{member_urn}", "reads-closed:"])
    until = max(closed.values(), default=None)
    return until if until is not None and until > clock.now() else None


def left_ahead(member_urn: str) -> int:
    """Calls that reading ahead of people may make now as this member."""
    if closed_until(member_urn) is not None:
        return 0
    now = clock.now()
    return min(planning.allowance(now, share=share, spent=used) for share, used in _shares(member_urn))


def share_of_day(members: int) -> int | None:
    """Reading's part of a day of one member, when so many share the app; None when no limit is known."""
    whole = [settings.DAILY_CALLS_MEMBER, settings.DAILY_CALLS_APP // max(members, 1)]
    return min((int(limit * READS_SHARE) for limit in whole if limit), default=None)


def _limits() -> tuple[int | None, int | None]:
    """Reading's part of a member's day and of the app's; None where no limit is known."""
    member, app = settings.DAILY_CALLS_MEMBER, settings.DAILY_CALLS_APP
    return int(member * READS_SHARE) if member else None, int(app * READS_SHARE) if app else None


def _shares(member_urn: str) -> list[tuple[int | None, int]]:
    """Reading's part of the member's day and of the app's, with what is spent of each."""
    whose = zip(_limits(), (member_urn, EVERYBODY), strict=True)
    return [(share, 0 if share is None else spent(member)) for share, member in whose]


def _booked_of_share(member_urn: str, day: date, calls: int) -> int:
    """Add so many calls to the day's count, or those that are left of the share; returns how many."""
    with transaction.atomic():
        # All who book wait for each other at this row: one member's calls are of the app's share as well.
        CallCount.objects.select_for_update().get_or_create(member_urn=EVERYBODY, day=day)
        left = left_for_reads(member_urn)
        got = calls if left is None else min(calls, left)
        if got:
            _add(member_urn, day, got)
    return got


def _add(member_urn: str, day: date, calls: int) -> None:
    count = CallCount.objects.filter(member_urn=member_urn, day=day)
    if not count.update(calls=F("calls") + calls):
        CallCount.objects.get_or_create(member_urn=member_urn, day=day)
        count.update(calls=F("calls") + calls)


def _today() -> date:
    return clock.now().astimezone(UTC).date()


def spent(member_urn: str = EVERYBODY) -> int:
    """Today's calls of one member, or of all of the app's; what a reading has booked counts as made."""
    day = _today()
    began = datetime(day.year, day.month, day.day, tzinfo=UTC)
    reads = CallCount.objects.filter(day=day)
    writes = Attempt.objects.filter(wire_at__gte=began)
    if member_urn:
        reads, writes = reads.filter(member_urn=member_urn), writes.filter(outgoing__member_urn=member_urn)
    return (reads.aggregate(n=Sum("calls"))["n"] or 0) + writes.count()


@dataclass(frozen=True, slots=True)
class Day:
    """One member's day at LinkedIn."""

    limit: int | None
    spent: int
    left_for_reads: int | None
    resets_at: datetime


def day_of(member_urn: str) -> Day:
    return Day(
        limit=settings.DAILY_CALLS_MEMBER or None,
        spent=spent(member_urn),
        left_for_reads=left_for_reads(member_urn),
        resets_at=_midnight(),
    )


def forget_old() -> int:
    gone, _ = CallCount.objects.filter(day__lt=clock.now().date() - SAMPLES_LIVE).delete()
    return gone


def _midnight() -> datetime:
    now = datetime.now(UTC)
    return now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
