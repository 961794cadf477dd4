"""Whether LinkedIn answers at all, by what reads and writes met lately. Kept in the cache: it is news, not truth."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from django.core.cache import cache
from django.utils import timezone

from socialactions.linkedin.errors import LinkedInError, NoAnswer, ServerBroken, Unreachable

log = logging.getLogger(__name__)
KEY = "linkedin-weather"
IN_A_ROW = 3  # one lost answer is no bad weather
KNOWN_FOR_S = 1800  # when nobody asked LinkedIn for so long, we do not know


@dataclass(frozen=True, slots=True)
class _Storm:
    since: datetime
    failures: int
    is_down: bool


def failed(error: LinkedInError) -> None:
    """A call ended with this. A refusal is an answer; an error without status that is none of these was our own."""
    if not isinstance(error, Unreachable | NoAnswer | ServerBroken):
        if error.status is not None:
            answered()
        return
    with _cache_may_fail():
        before: _Storm | None = cache.get(KEY)
        failures = before.failures + 1 if before else 1
        is_down = bool(before and before.is_down) or isinstance(error, Unreachable) or failures >= IN_A_ROW
        since = before.since if before else timezone.now()
        cache.set(KEY, _Storm(since, failures, is_down), timeout=KNOWN_FOR_S)


def answered() -> None:
    """LinkedIn answered, whatever it said."""
    with _cache_may_fail():
        if cache.get(KEY) is not None:
            cache.delete(KEY)


def down_since() -> datetime | None:
    """Since when LinkedIn does not answer; None while it does, as far as we know."""
    with _cache_may_fail():
        storm: _Storm | None = cache.get(KEY)
        return storm.since if storm and storm.is_down else None
    return None


@contextmanager
def _cache_may_fail() -> Iterator[None]:
    """Whoever sends or reads goes on whatever becomes of the news."""
    try:
        yield
    except Exception as error:  # each cache has errors of its own
        log.warning("the weather is not known: %s", type(error).__name__)
