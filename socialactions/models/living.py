"""Rows with an end: past it no manager called ``objects`` returns them, and no road to them brings their words.

Deleting is `purge`'s work, and may be late; not showing is the models' own, and is never late.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Self, TypeVar

from django.db import models
from django.utils import timezone

M = TypeVar("M", bound=models.Model, covariant=True)
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_moment: ContextVar[datetime | None] = ContextVar("moment", default=None)


@contextmanager
def at_moment(moment: datetime) -> Iterator[None]:
    """Judge ends by this moment. `Prepared` uses a mark for it, and puts the present one there at each call."""
    before = _moment.set(moment)
    try:
        yield
    finally:
        _moment.reset(before)


class Living(models.Manager[M]):
    """Never returns a row whose time is over. ``counts_from`` is its end, or with ``lives`` its beginning."""

    counts_from: ClassVar[str] = "expires_at"
    lives: ClassVar[timedelta] = timedelta(0)

    def get_queryset(self) -> models.QuerySet[M]:
        now = _moment.get() or timezone.now()
        return super().get_queryset().filter(**{f"{self.counts_from}__gt": now - self.lives})


class Mortal(models.Model):
    """Past ``expires_at`` a row is loaded without its words, also by ``select_related``, by an accessor of another
    row, or by ``everything``. Words that are loaded without ``expires_at`` come empty as well.
    """

    WORDS: ClassVar[dict[str, Callable[[], Any]]] = {}  # field → what stands there afterwards

    class Meta:
        abstract = True

    @classmethod
    def from_db(cls, db: str | None, field_names: Collection[str], values: Collection[Any], **more: Any) -> Self:
        row = super().from_db(db, field_names, values, **more)
        loaded = vars(row)
        if loaded.get("expires_at", LONG_AGO) <= timezone.now():
            loaded.update({name: nothing() for name, nothing in cls.WORDS.items() if name in loaded})
        return row
