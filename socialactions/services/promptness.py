"""How promptly LinkedIn lists what it accepted: measured here, because nobody documents it.

Absence from a list proves something only where listing is prompt. Each success is read back until it is listed; once
that is well known, one in ten is, as each read-back costs a call of a scarce day.
"""

from __future__ import annotations

from datetime import datetime

from socialactions import clock, waits
from socialactions.lifetimes import SAMPLES_LIVE
from socialactions.models import ListingDelay, Outgoing

from .outcomes import EVENTS

SAMPLES_NEEDED = 50
SAMPLES_SEEN = 200  # the newest ones speak
ONE_IN = 10
LATE = waits.BACK_OFF * 2  # twice as long as the sweeper needs to come by


def first_look(row: Outgoing, now: datetime) -> datetime | None:
    """When to read a success back for the first time; None when it is not one of those that are."""
    if row.kind not in EVENTS or (row.pk % ONE_IN and is_known()):
        return None
    return now + waits.READ_BACK[0]


def seen(row: Outgoing, *, is_listed: bool, now: datetime) -> None:
    """One read-back: done when it is listed or the time is over, else planned again."""
    assert row.finished_at is not None
    after = now - row.finished_at
    if is_listed or row.looks + 1 >= len(waits.READ_BACK):
        # A look of ours that came late makes nobody slow: LinkedIn may have listed it long before.
        we_are_late = after - waits.READ_BACK[row.looks] > LATE and after >= waits.LISTS_PROMPTLY
        if not (is_listed and we_are_late):
            ListingDelay.objects.create(at=now, seconds=after.total_seconds() if is_listed else None)
        Outgoing.objects.filter(pk=row.pk).update(look_at=None)
        return
    when = row.finished_at + waits.READ_BACK[row.looks + 1]
    Outgoing.objects.filter(pk=row.pk).update(looks=row.looks + 1, look_at=when)


def is_known() -> bool:
    return len(_newest()) >= SAMPLES_NEEDED


def is_prompt() -> bool:
    """Whether absence in a list may be believed: enough samples, and the slowest below half of the looks' time."""
    delays = _newest()
    limit = waits.LISTS_PROMPTLY.total_seconds()
    return len(delays) >= SAMPLES_NEEDED and all(one is not None and one < limit for one in delays)


def slowest() -> tuple[int, float | None]:
    """How many samples, and the slowest of them in seconds; None when one was never listed."""
    delays = _newest()
    if not delays or None in delays:
        return len(delays), None
    return len(delays), max(one for one in delays if one is not None)


def forget_old() -> int:
    gone, _ = ListingDelay.objects.filter(at__lt=clock.now() - SAMPLES_LIVE).delete()
    return gone


def _newest() -> list[float | None]:
    return list(ListingDelay.objects.order_by("-pk").values_list("seconds", flat=True)[:SAMPLES_SEEN])
