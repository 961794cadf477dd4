"""What a database file still holds of rows that were deleted."""

from __future__ import annotations

import logging

from django.db import connection

log = logging.getLogger(__name__)
WAIT_MS = 1_000  # writers wait meanwhile


def empty() -> bool:
    """Fold SQLite's write-ahead log into the file and cut it to nothing: it holds pages as they were before.

    ``secure_delete`` (settings) has overwritten the rows in the file itself. False when a reader was in the way; the
    next run tries again. On PostgreSQL this is vacuum's business.
    """
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        return True
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout")
        (usual_ms,) = cursor.fetchone()
        cursor.execute(f"PRAGMA busy_timeout={WAIT_MS}")
        try:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            is_busy, _, _ = cursor.fetchone()
        finally:
            cursor.execute(f"PRAGMA busy_timeout={int(usual_ms)}")
    if is_busy:
        log.info("the write-ahead log is in use; it is emptied after the next purge")
    return not is_busy
