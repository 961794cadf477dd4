"""Asking LinkedIn for comments by their numbers, before what its lists do not show is given up.

Lists come by offset. When one comment goes and another comes between two pages, what stood between them moves up and is
on neither, while every total says that all came.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from socialactions.linkedin.client import LinkedIn
from socialactions.linkedin.errors import LinkedInError, NotFound
from socialactions.linkedin.payloads import Comment
from socialactions.linkedin.urns import Urn

ASKED_AT_MOST = 100  # in one reading: five calls; of what is left over, nothing is believed


@dataclass(frozen=True, slots=True)
class Answer:
    """What LinkedIn said of comments that its lists did not show."""

    living: list[Comment] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    open: int = 0  # not asked for yet, or not answered
    error: LinkedInError | None = None  # why not answered


def ask(client: LinkedIn, post: Urn, absent: Sequence[str]) -> Answer:
    """Costs nothing where nothing is absent, and a call for each twenty otherwise."""
    asked = absent[:ASKED_AT_MOST]
    try:
        found = client.comments_by_id(post, asked)
    except LinkedInError as error:
        return Answer(open=len(absent), error=error)
    gone = [one for one in asked if isinstance(found.errors.get(one), NotFound)]
    odd = next((error for error in found.errors.values() if not isinstance(error, NotFound)), None)
    living = [found[one] for one in asked if one in found]
    return Answer(living, gone, open=len(absent) - len(living) - len(gone), error=odd)
