"""Connections of the desk: whether they work, what LinkedIn granted, when they end. Never a token."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema

from dashboard.views.connect import asked_scopes
from socialactions.queries import people

from .keys import KeyRequest, needs
from .problems import documented

router = Router(tags=["desk"])


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
    auth=needs("read"),
    response={200: ConnectionsOut, **documented()},
    operation_id="listConnections",
    summary="Connections with their health, scopes and end dates",
)
def connections(request: HttpRequest) -> dict[str, Any]:
    """`health` is `ok`, `ends_soon` (within 30 days) or `ended`. The connection of the key's person comes first."""
    key = cast(KeyRequest, request).auth
    rows = people.connections_of(key.desk, key.user, asked_scopes())
    return {"connections": [_row(row) for row in rows]}


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
