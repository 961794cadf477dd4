"""The one clock of sending: the database's. Web, workers and beat agree by it even when their own clocks do not.

Leases, due times and windows are read from here; durations inside one process come from the boot-time clock.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import DateTimeField, Func

ASK_AGAIN_S = 300  # a boot-time clock drifts by less than 0.2 s in that time
ASKED = {
    "postgresql": "SELECT clock_timestamp()",
    "sqlite": "SELECT strftime('%Y-%m-%d %H:%M:%f+00:00', 'now')",
}
_anchor: tuple[float, datetime] | None = None


def now() -> datetime:
    """The database's time, asked for now and then and counted on in between; late by the answer's way, never early."""
    global _anchor  # one tuple, replaced as a whole: threads see the old or the new one
    anchor = _anchor
    if anchor is None or boot_s() - anchor[0] > ASK_AGAIN_S:
        with connection.cursor() as cursor:
            cursor.execute(ASKED[connection.vendor])
            found = cursor.fetchone()[0]
        anchor = _anchor = (boot_s(), found if isinstance(found, datetime) else datetime.fromisoformat(found))
    return (anchor[1] + timedelta(seconds=boot_s() - anchor[0])).astimezone(UTC)


class Told(Func):
    """The database's time as a column of a query that is made anyway; `learn` takes it."""

    function = "clock_timestamp"
    arity = 0
    output_field = DateTimeField()

    def as_sqlite(self, compiler: Any, connection: Any, **more: Any) -> Any:
        template = "strftime('%%%%Y-%%%%m-%%%%d %%%%H:%%%%M:%%%%f', 'now')"
        return super().as_sql(compiler, connection, template=template, **more)


def learn(told: datetime) -> None:
    """What a query brought just now, so that `now` need not ask for itself."""
    global _anchor
    if _anchor is None or boot_s() - _anchor[0] > ASK_AGAIN_S / 2:
        _anchor = (boot_s(), told)


def forget() -> None:
    """Ask the database again next time."""
    global _anchor
    _anchor = None


def boot_s() -> float:
    """Seconds since boot, suspension included; jumps with nobody's clock."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)
