"""Receipts of deletion: each names the digest of the one before, so that none can be changed or taken away unseen."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import connection, transaction
from django.utils import timezone

from socialactions.models import Receipt


@dataclass(frozen=True, slots=True)
class Chain:
    """How far receipts were looked at, and the first that does not follow from the one before it."""

    looked_at: int
    broken_at: Receipt | None = None

    @property
    def is_whole(self) -> bool:
        return self.broken_at is None


@transaction.atomic
def write(counts: Mapping[str, int]) -> Receipt | None:
    """A receipt when something was deleted, and the first of each day (UTC) in any case: silence is no proof."""
    deleted = {what: many for what, many in counts.items() if many}
    _one_after_the_other()
    last = Receipt.objects.order_by("-pk").first()
    now = timezone.now()
    if not deleted and last is not None and last.at.astimezone(UTC).date() == now.astimezone(UTC).date():
        return None
    previous = last.digest if last else ""
    return Receipt.objects.create(
        at=now, counts=deleted, previous=previous, digest=digest_of(previous=previous, at=now, counts=deleted)
    )


def digest_of(*, previous: str, at: datetime, counts: Mapping[str, int]) -> str:
    said = json.dumps([previous, at.astimezone(UTC).isoformat(), counts], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(said.encode()).hexdigest()


def chain(newest: int | None = None) -> Chain:
    """Follow the newest receipts, or all of them: each must be what it says, and name the one before it."""
    if newest is None:
        return _follow(Receipt.objects.order_by("pk").iterator(), begins_here=True)
    part = list(Receipt.objects.order_by("-pk")[: newest + 1])[::-1]
    return _follow(part, begins_here=len(part) <= newest)


def _one_after_the_other() -> None:
    """Until the transaction ends. Locking a row would need one, and of the first two neither finds any; SQLite lets
    one write at a time.
    """
    if connection.vendor == "postgresql":
        table = connection.ops.quote_name(Receipt._meta.db_table)
        with connection.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {table} IN EXCLUSIVE MODE")


def _follow(rows: Iterable[Receipt], *, begins_here: bool) -> Chain:
    before = "" if begins_here else None
    looked_at = 0
    for row in rows:
        follows = before is None or row.previous == before
        if not follows or row.digest != digest_of(previous=row.previous, at=row.at, counts=row.counts):
            return Chain(looked_at, row)
        before, looked_at = row.digest, looked_at + 1
    return Chain(looked_at)
