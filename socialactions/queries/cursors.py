"""Where a list goes on: the time and id of the last row shown, as text for an address."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID


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
        moment = datetime.fromisoformat(at)
        if moment.tzinfo is None:
            raise ValueError("a cursor's time names its zone")
        try:
            return cls(moment.astimezone(UTC), UUID(pk))
        except OverflowError as error:
            raise ValueError("a cursor's time lies within the calendar") from error
