"""History: what a desk did, newest first, narrowed by who, where, as whom, what, how it ended, when and how it came.

Every slice is found by an index in the list's order, so that the last page of a million rows costs what the first does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from socialactions.models import Desk, Organization, Outgoing, User

from . import actions
from .cursors import Place
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
    """One slice and the cursor of the next ("" at the end), in one query."""
    newest = slice_of(desk.pk, filters, after=after, limit=limit + 1)
    part = list(actions.complete(newest).order_by(*ORDER))
    cursor = place_of(part[limit - 1]).text if len(part) > limit else ""
    return [actions.row(one, viewer=viewer) for one in part[:limit]], cursor


def slice_of(desk_id: UUID, filters: Filters, *, after: Place | None, limit: int) -> QuerySet[Outgoing]:
    """The next ``limit`` actions, themselves in no order.

    They are picked by their keys, in an inner query that cannot but read an index from its place on. The outer one
    does not name the desk again, so that no database is tempted to walk all of it.
    """
    if not filters.outcome:
        return _with_keys_of([_keys(desk_id, filters, after)], limit)
    by_state = [_keys(desk_id, filters, after).filter(state=state) for state in OUTCOMES[filters.outcome][1]]
    if len(by_state) == 1:
        return _with_keys_of(by_state, limit)
    # No index holds several states in one order: so many of each, and of these so many.
    return _with_keys_of([_with_keys_of(by_state, limit).order_by(*ORDER)], limit)


def count(desk_id: UUID, filters: Filters, *, up_to: int) -> int:
    """How many there are; ``up_to`` where there are more."""
    states = OUTCOMES[filters.outcome][1] if filters.outcome else ()
    found = _matching(desk_id, filters)
    return (found.filter(state__in=states) if states else found)[:up_to].count()


def _with_keys_of(parts: list[QuerySet[Outgoing]], limit: int) -> QuerySet[Outgoing]:
    keys = (Q(pk__in=part.values("pk")[:limit]) for part in parts)
    return Outgoing.objects.filter(reduce(or_, keys))


def _keys(desk_id: UUID, filters: Filters, after: Place | None) -> QuerySet[Outgoing]:
    found = _matching(desk_id, filters)
    if after is not None:
        # The plain condition reaches the index; the other only breaks ties.
        found = found.filter(Q(created_at__lt=after.at) | Q(pk__lt=after.pk), created_at__lte=after.at)
    return found.order_by(*ORDER)


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
