"""What programs have at a desk, for Settings and for programs themselves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from socialactions import clock
from socialactions.models import ApiKey, Organization, User

ENDED_SHOWN = 20


@dataclass(frozen=True, slots=True)
class KeyRow:
    """One key as Settings shows it."""

    id: UUID
    name: str
    hint: str
    person: str  # whose connection carries what it writes
    is_mine: bool
    scopes: list[str]
    actors: list[str]  # by name
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    state: str  # living ended revoked
    ended_at: datetime | None


def keys_of(user: User) -> tuple[list[KeyRow], list[KeyRow]]:
    """Living keys, and the last that ended, newest first: one's own, for administrators the desk's. Three queries."""
    now, desk = clock.now(), user.desk
    assert desk is not None
    found = ApiKey.objects.filter(desk=desk).select_related("user").order_by("-created_at")
    if not user.is_admin:
        found = found.filter(user=user)
    names = dict(Organization.objects.filter(desk=desk).values_list("urn", "name"))
    names |= dict(User.objects.filter(desk=desk).values_list("member_urn", "name"))
    rows = [_row(key, user, names, now) for key in found]
    living = [row for row in rows if row.state == "living"]
    return living, [row for row in rows if row.state != "living"][:ENDED_SHOWN]


def _row(key: ApiKey, viewer: User, names: dict[str, str], now: datetime) -> KeyRow:
    is_over = key.expires_at <= now
    ended_at = min(key.revoked_at or key.expires_at, key.expires_at) if key.revoked_at or is_over else None
    return KeyRow(
        id=key.pk,
        name=key.name,
        hint=key.hint,
        person=key.user.name,
        is_mine=key.user_id == viewer.pk,
        scopes=[scope for scope in ApiKey.Scope.values if scope in key.scopes],
        actors=[names.get(urn, urn) for urn in key.actors],
        created_at=key.created_at,
        expires_at=key.expires_at,
        last_used_at=key.last_used_at,
        state="living" if ended_at is None else "ended" if ended_at == key.expires_at else "revoked",
        ended_at=ended_at,
    )
