"""When to ask LinkedIn again about a post: by its age and by how long nothing moved. Pure: knows no rows, no limits.

What a day's limit leaves is dealt out by `planning`: when it is short, all waits grow alike, and nothing is forgotten.
"""

from __future__ import annotations

from datetime import datetime, timedelta

SHORTEST = timedelta(minutes=5)
LONGEST = timedelta(days=1)
SHARE = 12  # of the time that a post has been quiet
NEW_POSTS = timedelta(minutes=15)  # between two looks for new posts of a Page
ALL_POSTS = timedelta(days=1)  # between two readings of a Page's whole list, which finds changed and deleted posts
ALL_POSTS_AT_LEAST = timedelta(days=7)  # however short the limit is
ALL_POSTS_ASKED_FOR = timedelta(hours=1)  # the same when somebody asks for it

LIVELY = timedelta(days=7)  # after something moved
STILL = timedelta(hours=12)  # between two readings of a lively post whose counts say the same


def wait(*, age: timedelta, quiet: timedelta) -> timedelta:
    """How long a look may be off: minutes for a fresh or lively post, a day for one that is old and quiet."""
    return min(max(min(age, quiet) / SHARE, SHORTEST), LONGEST)


def wants_all_posts(read_at: datetime | None, now: datetime, *, stretch: float, asked_for: bool = False) -> bool:
    """Whether a Page's whole list is due, or only what is new in it. ``stretch`` is by how much waits have grown."""
    wait = ALL_POSTS_ASKED_FOR if asked_for else min(ALL_POSTS * stretch, ALL_POSTS_AT_LEAST)
    return read_at is None or read_at < now - wait
