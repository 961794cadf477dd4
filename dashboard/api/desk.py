"""The desk itself: its connections and when they end, what of LinkedIn's day is left, and what happened."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, cast
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema
from ninja.params.models import Query as Asked
from pydantic import Field

from dashboard.views.connect import asked_scopes
from socialactions.models import Event
from socialactions.queries import people, program_reads
from socialactions.queries.cursors import Heard
from socialactions.services import budget, pacing

from .keys import KeyRequest, needs
from .problems import Problem, documented, invalid
from .questions import Limit

router = Router(tags=["desk"], auth=needs("read"))
FORGOTTEN = (
    "Some events since then may be missing: it is more than a day ago, or Threadwell's database came back from "
    "a backup. Call without after, read what you follow, and go on from the next_after of that call."
)


class ConnectionOut(Schema):
    id: UUID
    member: str
    name: str
    is_mine: bool
    health: str
    connected_at: datetime
    expires_at: datetime
    refresh_expires_at: datetime | None
    scopes_granted: list[str]
    scopes_missing: list[str]
    organizations: list[str]


class ConnectionsOut(Schema):
    connections: list[ConnectionOut]


@router.get(
    "/connections",
    response={200: ConnectionsOut, **documented()},
    operation_id="listConnections",
    summary="Connections with their health, scopes and end dates",
)
def connections(request: HttpRequest) -> dict[str, Any]:
    """`health` is `ok`, `ends_soon` (within 30 days) or `ended`. The connection of the key's person comes first."""
    key = cast(KeyRequest, request).auth
    rows = people.connections_of(key.desk, key.user, asked_scopes())
    return {"connections": [_row(row) for row in rows]}


class SpentOut(Schema):
    limit: int | None = Field(description="LinkedIn's calls a day; null where it is not known.")
    spent: int
    left_for_reads: int | None = Field(description="Reading keeps to its share, so that writing has room.")


class PaceOut(Schema):
    kind: str = Field(description="`comment` (and replies) or `reaction`.")
    closed_until: datetime | None = Field(description="LinkedIn holds the member back until then.")
    next_turn_at: datetime | None = Field(description="When the member's next of this kind may leave.")


class BudgetOut(Schema):
    member: str
    resets_at: datetime
    calls: SpentOut
    paces: list[PaceOut]


@router.get(
    "/budget",
    response={200: BudgetOut, **documented()},
    operation_id="getBudget",
    summary="What is left of LinkedIn's day for the key's person, and how fast they may speak",
)
def calls_left(request: HttpRequest) -> dict[str, Any]:
    """LinkedIn counts the member, so what colleagues write on this connection counts as well."""
    member = cast(KeyRequest, request).auth.user.member_urn
    day = budget.day_of(member)
    return {
        "member": member,
        "resets_at": day.resets_at,
        "calls": {"limit": day.limit, "spent": day.spent, "left_for_reads": day.left_for_reads},
        "paces": [
            {"kind": pace.kind, "closed_until": pace.closed_until, "next_turn_at": pace.next_turn_at}
            for pace in pacing.of_member(member)
        ],
    }


class EventOut(Schema):
    id: str
    at: datetime
    kind: str
    topic: str = Field(description="What changed: `post-…`, `thread-…`, `key-…` or `settings`.")
    by: str | None = Field(description="The member of the desk who did it; null for Threadwell.")
    actor: str | None
    action: UUID | None
    state: str | None
    reason: str | None
    way: str | None


class EventsOut(Schema):
    events: list[EventOut]
    next_after: str = Field(description="For the next call, without change.")


@router.get(
    "/events",
    response={200: EventsOut, **documented(410)},
    operation_id="listEvents",
    summary="What happened at the desk, in order",
)
def events(
    request: HttpRequest,
    after: Annotated[
        str,
        Asked(
            "",
            max_length=100,
            description="`next_after` of the answer before. Empty: from now on. 0: all that is kept.",
        ),
    ],
    limit: Limit,
) -> dict[str, Any]:
    """Each event once, oldest first, five seconds late so that none is passed over. Nobody's words are in them.

    Events of actions and settings stay. Those of the kind `read`, which only announce that something can be read anew,
    are kept for a day. 410 `events_forgotten`: some since `after` may be missing, because that is longer ago, or as the
    desk's database came back from a backup. Call without `after`, read what you follow, and go on from the `next_after`
    of that call.
    """
    desk_id = cast(KeyRequest, request).auth.desk_id
    if not after:
        return {"events": [], "next_after": program_reads.events_from_now(desk_id).text}
    try:
        rows, heard = program_reads.events_after(desk_id, Heard.parse(after), limit=limit)
    except ValueError as error:
        raise invalid(("after", "This is no next_after of ours. Leave it out to begin from now.")) from error
    except program_reads.EventsForgotten as error:
        raise Problem("events_forgotten", FORGOTTEN) from error
    return {"events": [_event(row) for row in rows], "next_after": heard.text}


def _event(row: Event) -> dict[str, Any]:
    return {
        "id": str(row.pk),
        "at": row.at,
        "kind": row.kind,
        "topic": row.topic,
        "by": row.user.member_urn if row.user else None,
        "actor": row.actor_urn or None,
        "action": row.outgoing.uid if row.outgoing else None,
        "state": row.state or None,
        "reason": row.reason or None,
        "way": row.way or None,
    }


def _row(row: people.ConnectionRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "member": row.person.urn,
        "name": row.person.name,
        "is_mine": row.is_mine,
        "health": row.state,
        "connected_at": row.connected_at,
        "expires_at": row.expires_at,
        "refresh_expires_at": row.refresh_expires_at,
        "scopes_granted": [scope.name for scope in row.scopes if scope.granted],
        "scopes_missing": [scope.name for scope in row.scopes if scope.granted is False],
        "organizations": [page.urn for page in row.pages],
    }
