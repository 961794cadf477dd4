"""How many calls reading ahead may make, so that a day's limit lasts for the day. Pure arithmetic.

LinkedIn's counters begin again at 00:00 UTC. Reading has 70 % of a known limit (`budget`), dealt out evenly over the
day: whoever spends it in the morning is blind in the evening. What people asked for counts first, and what the night
left is not lost. Where wishes are dearer than the share, all waits grow by the same factor and nothing is forgotten.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from . import cadence

DAY = timedelta(days=1)
AHEAD = timedelta(hours=1)  # of an even share: so many calls may come at once
SUMMARY_SIZE = 70  # posts to a call; their names stay below 4,000 characters
LEAST_LOOKS = 0.2  # of the share, however much the threads that moved would need
RUN_AT_MOST = 2000  # calls of one run where LinkedIn's limit is not known


def allowance(now: datetime, *, share: int | None, spent: int) -> int:
    """Calls that reading ahead may make now. ``share`` is reading's part of the day's limit, None when unknown."""
    if share is None:
        return RUN_AT_MOST
    begun = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    by_now = min((now - begun + AHEAD) / DAY, 1.0) * share
    return max(int(by_now) - spent, 0)


def looks_a_day(waits: Collection[timedelta], pages: int, *, to_a_call: int = SUMMARY_SIZE) -> int:
    """Calls that a day of looks costs at these waits: for the counts of posts, and for each Page's new posts.

    One call carries ``to_a_call`` posts, so the shortest wait decides until the calls are full.
    """
    batches = max(sum(DAY / wait for wait in waits) / to_a_call, DAY / min(waits)) if waits else 0
    return math.ceil(batches + pages * (DAY / cadence.NEW_POSTS))


def stretch(looks: int, reads: int, share: int | None) -> float:
    """By which factor all waits grow because the share is short; never below 1.

    ``reads`` are the calls a day that threads which moved take: what they need comes first, because a count without
    its comments answers nobody.
    """
    if share is None:
        return 1.0
    return max(looks / max(share - reads, share * LEAST_LOOKS, 1), 1.0)


def is_too_small(reads: int, share: int | None) -> bool:
    """Whether the share cannot carry the threads that move: some are read late however far waits are stretched."""
    return share is not None and reads > share * (1 - LEAST_LOOKS)
