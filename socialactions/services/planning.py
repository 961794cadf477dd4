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
AHEAD = timedelta(hours=2)  # of an even share: so many calls may come at once
SUMMARY_SIZE = 70  # posts to a call; their names stay below 4,000 characters
LIST_SIZE = 50  # posts to a page of a Page's whole list
PICTURES_SIZE = 20  # to a call
LEAST_LOOKS = 0.2  # of the share, however much the threads that moved would need
PEOPLES_SHARE = 0.1  # of the share, about: for what people open themselves
CALLS_A_THREAD = 4  # about: its counts again, a page, names and pictures
STILL_AT_ONCE = 2  # threads in a run that are read although their counts say the same
STILL_SHARE = 0.1  # of the share, at most: for these
PLANNED_SHARE = 1 - STILL_SHARE - PEOPLES_SHARE
RUN_AT_MOST = 2000  # calls of one run where LinkedIn's limit is not known


def allowance(now: datetime, *, share: int | None, spent: int) -> int:
    """Calls that reading ahead may make now. ``share`` is reading's part of the day's limit, None when unknown."""
    if share is None:
        return RUN_AT_MOST
    by_now = min((now - _midnight(now) + AHEAD) / DAY, 1.0) * share
    return max(int(by_now) - spent, 0)


def looks_a_day(waits: Collection[timedelta], pages: int, *, to_a_call: int = SUMMARY_SIZE) -> int:
    """Calls that a day of looks costs at these waits: for the counts of posts, each Page's new posts and whole list.

    One call carries ``to_a_call`` posts, so the shortest wait decides until the calls are full.
    """
    batches = max(sum(DAY / wait for wait in waits) / to_a_call, DAY / min(waits)) if waits else 0
    lists = (DAY / cadence.ALL_POSTS) * whole_list(len(waits))
    return math.ceil(batches + lists + pages * (DAY / cadence.NEW_POSTS))


def whole_list(posts: int) -> float:
    """About how many calls a reading of lists with so many posts takes, were there a picture to each."""
    return posts / LIST_SIZE + posts / SUMMARY_SIZE + posts / PICTURES_SIZE


def stretch(looks: int, reads: int, share: int | None) -> float:
    """By which factor all waits grow because the share is short; never below 1.

    ``reads`` are the calls a day that threads which moved take: what they need comes first, because a count without
    its comments answers nobody. What people open, and threads that stand still, have parts of their own.
    """
    if share is None:
        return 1.0
    return max(looks / max(share * PLANNED_SHARE - reads, share * LEAST_LOOKS, 1), 1.0)


def left_for_still(now: datetime, *, share: int | None, spent: int, allowed: int) -> int:
    """Calls that threads whose counts stand still may take now, of which so many were spent on them today.

    Of what reading ahead is ``allowed`` now, as much as may come at once is kept back: what moves then comes first.
    """
    if share is None:
        return RUN_AT_MOST
    by_now = share * STILL_SHARE * (now - _midnight(now)) / DAY
    return max(min(int(by_now) - spent, allowed - math.ceil(share * AHEAD / DAY)), 0)


def still_at_most(share: int | None) -> int:
    """Calls that such threads may take in a day."""
    return RUN_AT_MOST if share is None else int(share * STILL_SHARE)


def is_too_small(reads: int, share: int | None) -> bool:
    """Whether the share cannot carry the threads that move: some are read late however far waits are stretched."""
    return share is not None and reads > share * (PLANNED_SHARE - LEAST_LOOKS)


def _midnight(now: datetime) -> datetime:
    return now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
