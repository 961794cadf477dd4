"""Where a list goes on: the time and id of the last row shown, as text for an address."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from django.db.models import Q


@dataclass(frozen=True, slots=True)
class Cursor:
    at: datetime
    pk: UUID

    @property
    def text(self) -> str:
        return f"{self.at.isoformat()}_{self.pk}".replace("+00:00", "Z")

    @classmethod
    def parse(cls, text: str) -> Cursor:
        """Raises ValueError for anything that we did not write."""
        at, _, pk = text.partition("_")
        return cls(_moment(at), UUID(pk))


@dataclass(frozen=True, slots=True)
class Place:
    """A row of History: when it was accepted and its number."""

    at: datetime
    pk: int

    @property
    def text(self) -> str:
        return f"{self.at.isoformat()}_{self.pk}".replace("+00:00", "Z")

    @classmethod
    def parse(cls, text: str) -> Place:
        """Raises ValueError for anything that we did not write."""
        at, _, pk = text.partition("_")
        if not (pk.isascii() and pk.isdigit() and len(pk) < 19):
            raise ValueError("a place names a number")
        return cls(_moment(at), int(pk))


@dataclass(frozen=True, slots=True)
class Heard:
    """How far a program heard of events: the last one, by number and time, and until when it heard all that there were.

    The time is there because a restored database gives the same numbers once more. Number 0: none yet.
    """

    number: int
    at: datetime | None
    all_until: datetime | None  # None: as far as its event, in numbers alone as earlier versions wrote them

    @property
    def text(self) -> str:
        assert self.all_until is not None
        at = self.at.isoformat() if self.at else ""
        return f"{self.number}_{at}_{self.all_until.isoformat()}".replace("+00:00", "Z")

    @classmethod
    def parse(cls, text: str) -> Heard:
        """Raises ValueError for anything that we did not write."""
        number, *times = text.split("_")
        if not (number.isascii() and number.isdigit() and len(number) < 19):
            raise ValueError("an event has a number")
        if not times:
            return cls(int(number), None, None)
        at, all_until = times
        if bool(at) != bool(int(number)):
            raise ValueError("an event has a time")
        return cls(int(number), _moment(at) if at else None, _moment(all_until))


def beyond(row: Cursor | Place, *, key: str = "pk") -> Q:
    """What comes after that row in a list with the newest first. The plain condition reaches the index; the other only
    breaks ties.
    """
    return Q(created_at__lte=row.at) & (Q(created_at__lt=row.at) | Q(**{f"{key}__lt": row.pk}))


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a cursor's time names its zone")
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("a cursor's time lies within the calendar") from error
