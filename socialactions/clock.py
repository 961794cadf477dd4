"""The one clock of sending: the database's. Web, workers and beat agree by it even when their own clocks do not.

Leases, due times and windows are read from here; durations inside one process come from the boot-time clock.
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone

ASK_AGAIN_S = 300  # a boot-time clock drifts by less than 0.2 s in that time
_anchor: tuple[float, datetime] | None = None


def now() -> datetime:
    """The database's time, asked for now and then and counted on in between.

    SQLite is a file on this machine, so there the machine's clock is the database's.
    """
    if connection.vendor == "sqlite":
        return timezone.now()
    global _anchor  # one tuple, replaced as a whole: threads see the old or the new one
    here = boot_s()
    anchor = _anchor
    if anchor is None or here - anchor[0] > ASK_AGAIN_S:
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            anchor = _anchor = (boot_s(), cursor.fetchone()[0])
    return anchor[1] + timedelta(seconds=here - anchor[0])


def boot_s() -> float:
    """Seconds since boot, suspension included; jumps with nobody's clock."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)
