"""What of LinkedIn's day is spent. Reading stops at 70 % of a known daily limit, so that people's writes have room.

Reads are counted as they are made, writes by their attempts. Both counters of LinkedIn begin again at 00:00 UTC.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.core.cache import cache
from django.db import IntegrityError
from django.db.models import F, Sum

from socialactions import clock
from socialactions.lifetimes import SAMPLES_LIVE
from socialactions.linkedin.errors import RateLimited
from socialactions.models import Attempt, CallCount, Connection

from . import planning

READS_SHARE = 0.7
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
    """Counts the calls of one piece of reading, and ends it when the share of reading is used up."""

    def __init__(self, connection: Connection, *, is_urgent: bool, tally: Tally | None = None) -> None:
        self._tally = tally
        self._member_urn = connection.member_urn
        self._left = None if is_urgent else left_for_reads(connection.member_urn)
        self._lock = threading.Lock()
        self._calls = 0

    def before_call(self) -> None:
        """Raises ReadsSpent; called from several threads."""
        with self._lock:
            if self._left is not None and self._calls >= self._left:
                raise ReadsSpent(WORDS, retry_at=_midnight(), retryable=True)
            self._calls += 1
            if self._tally is not None:
                self._tally.calls += 1

    def write(self) -> None:
        """Add what was called to the day's count."""
        if not self._calls:
            return
        today = CallCount.objects.filter(member_urn=self._member_urn, day=clock.now().astimezone(UTC).date())
        if today.update(calls=F("calls") + self._calls):
            return
        try:
            CallCount.objects.create(
                member_urn=self._member_urn, day=clock.now().astimezone(UTC).date(), calls=self._calls
            )
        except IntegrityError:  # somebody else made today's row just now
            today.update(calls=F("calls") + self._calls)


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


def _shares(member_urn: str) -> list[tuple[int | None, int]]:
    """Reading's part of the member's day and of the app's, with what is spent of each."""
    return [
        (int(limit * READS_SHARE) if limit else None, spent(member) if limit else 0)
        for limit, member in ((settings.DAILY_CALLS_MEMBER, member_urn), (settings.DAILY_CALLS_APP, ""))
    ]


def spent(member_urn: str = "") -> int:
    """Today's calls of one member, or of all of the app's."""
    day = clock.now().astimezone(UTC).date()
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
