"""History: what a desk did, newest first, narrowed by who, where, as whom, what, how it ended, when and how it came.

Every slice is found by an index in the list's order, so that the last page of a million rows costs what the first does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from socialactions.models import Desk, Organization, Outgoing, User

from . import actions
from .cursors import Place, beyond
from .rows import OutgoingRow
from .viewing import Viewer

State = Outgoing.State
PAGE = 50
ORDER = ("-created_at", "-pk")
OUTCOMES: Mapping[str, tuple[str, tuple[State, ...]]] = {
    "sent": ("On LinkedIn", (State.SENT,)),
    "open": ("Under way", (State.QUEUED, State.WAITING, State.SENDING)),
    "attention": ("Somebody must look", (State.UNKNOWN, State.NEEDS_ATTENTION, State.BLOCKED)),
    "failed": ("Refused by LinkedIn", (State.FAILED,)),
    "withdrawn": ("Cancelled or discarded", (State.CANCELLED, State.DISCARDED)),
}


@dataclass(frozen=True, slots=True)
class Filters:
    """What of History is wanted; nothing named is everything. ``since`` is part of it, ``until`` is not."""

    person: UUID | None = None
    page: UUID | None = None
    actor: str = ""
    kind: str = ""
    outcome: str = ""
    since: datetime | None = None
    until: datetime | None = None
    way: str = ""


@dataclass(frozen=True, slots=True)
class Choices:
    """Whom and what a desk can ask for, each as value and words."""

    people: list[tuple[str, str]]
    pages: list[tuple[str, str]]
    actors: list[tuple[str, str]]


def page(
    desk: Desk, filters: Filters, *, viewer: Viewer | None = None, after: Place | None = None, limit: int = PAGE
) -> tuple[list[OutgoingRow], str]:
    """One slice and the cursor of the next ("" at the end): its keys, then its rows."""
    keys = keys_of(desk.pk, filters, after=after, limit=limit + 1)
    part = list(actions.complete(Outgoing.objects.filter(pk__in=keys)).order_by(*ORDER))
    cursor = place_of(part[limit - 1]).text if len(part) > limit else ""
    return [actions.row(one, viewer=viewer) for one in part[:limit]], cursor


def keys_of(desk_id: UUID, filters: Filters, *, after: Place | None, limit: int) -> list[int]:
    """The next actions, newest first, by their keys: one query, or one for each state of the outcome.

    By keys alone, and apart from the rows: as a part of one query PostgreSQL joins everything before it looks at them
    (there are more tables than it puts in order), and SQLite walks the desk. No index holds several states
    in one order.
    """
    found = _matching(desk_id, filters)
    if after is not None:
        found = found.filter(beyond(after))
    states = OUTCOMES[filters.outcome][1] if filters.outcome else ()
    parts = [found.filter(state=state) for state in states] or [found]
    keys = [key for part in parts for key in part.order_by(*ORDER).values_list("created_at", "pk")[:limit]]
    return [pk for _, pk in sorted(keys, reverse=True)[:limit]]


def count(desk_id: UUID, filters: Filters, *, up_to: int) -> int:
    """How many there are; ``up_to`` where there are more."""
    states = OUTCOMES[filters.outcome][1] if filters.outcome else ()
    found = _matching(desk_id, filters)
    return (found.filter(state__in=states) if states else found)[:up_to].count()


def _matching(desk_id: UUID, filters: Filters) -> QuerySet[Outgoing]:
    """Everything that fits but for the outcome."""
    equal: dict[str, Any] = {
        "user_id": filters.person,
        "organization_id": filters.page,
        "actor_urn": filters.actor,
        "kind": filters.kind,
        "way": filters.way,
    }
    found = Outgoing.objects.filter(desk_id=desk_id, **{name: value for name, value in equal.items() if value})
    if filters.since:
        found = found.filter(created_at__gte=filters.since)
    if filters.until:
        found = found.filter(created_at__lt=filters.until)
    return found


def place_of(row: Outgoing) -> Place:
    return Place(row.created_at, row.pk)


def choices(desk: Desk) -> Choices:
    """People, Pages and actors of the desk by name, in two queries; who left is still there to be found."""
    people = list(User.objects.filter(desk=desk).order_by("name", "pk").values_list("pk", "member_urn", "name"))
    pages = list(Organization.objects.filter(desk=desk).order_by("name", "pk").values_list("pk", "urn", "name"))
    return Choices(
        people=[(str(pk), name) for pk, _, name in people],
        pages=[(str(pk), name) for pk, _, name in pages],
        actors=[(urn, name) for _, urn, name in [*pages, *people]],
    )
