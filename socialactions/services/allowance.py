"""How much one person may ask for in 24 hours, in the browser and through their API keys together.

Whoever stole a session can post only so much before somebody sees it in History. What takes back own words or an own
reaction is never refused: that is how such an attack is cleaned up.
"""

from __future__ import annotations

import logging
from datetime import datetime

from django.conf import settings

from socialactions import waits
from socialactions.models import Outgoing
from socialactions.queries.moments import at_clock

from .refusals import Refused

log = logging.getLogger(__name__)
DAY = 24 * waits.HOUR


class DayUsedUp(Refused):
    """``until`` is when this person's next action can be accepted."""

    def __init__(self, words: str, *, until: datetime) -> None:
        super().__init__(words)
        self.until = until


def check(row: Outgoing) -> None:
    """Raises DayUsedUp when whoever asks for this row has asked for as many as a day may have."""
    most: int = settings.OUTGOING_PER_PERSON_PER_DAY
    if not most or _takes_back(row):
        return
    mine = Outgoing.objects.filter(desk_id=row.desk_id, user_id=row.user_id, created_at__gt=row.created_at - DAY)
    # As many as may be, by the index that History uses for a person: never more is looked at.
    nth_last = mine.order_by("-created_at", "-id").values_list("created_at", flat=True)[most - 1 : most].first()
    if nth_last is not None:
        log.warning("user %s asked for more than %s actions within 24 hours", row.user_id, most)
        raise DayUsedUp(_words(row, most, nth_last + DAY), until=nth_last + DAY)


def _takes_back(row: Outgoing) -> bool:
    is_own = row.comment is not None and row.comment.actor_urn == row.actor_urn
    return row.kind == Outgoing.Kind.UNREACT or (row.kind == Outgoing.Kind.DELETE and is_own)


def _words(row: Outgoing, most: int, until: datetime) -> str:
    zone, kept = ("", " Your text is kept; send it then.") if row.api_key is None else (" UTC", "")
    said = f"You asked for {most} actions within 24 hours, the most that one person may here."
    return f"{said} The next is accepted from {at_clock(until)}{zone} on.{kept if row.text else ''}"
