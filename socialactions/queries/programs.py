"""What programs have at a desk, for Settings and for programs themselves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS
from django.db.models import Exists, OuterRef, Q, QuerySet

from socialactions import clock
from socialactions.lifetimes import API_CALLS_LIVE
from socialactions.models import ApiCall, ApiKey, Attachment, Organization, Outgoing, User
from socialactions.prepared import Prepared
from socialactions.services.moves import held_by, stopped_by_alarm

from . import history, wording
from .cursors import Place, beyond
from .turns import expected_at

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
    last_moment: datetime  # of the day that its person chose
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
        last_moment=key.expires_at - timedelta(seconds=1),
        last_used_at=key.last_used_at,
        state="living" if ended_at is None else "ended" if ended_at == key.expires_at else "revoked",
        ended_at=ended_at,
    )


def action_of(key: ApiKey, uid: str) -> Outgoing | None:
    """An action that the key may see: its own, and with the scope to read any of the desk. One query, found or not, and
    one more while a pace may hold it; columns that an answer does not need are fetched when they are touched.
    """
    try:
        pk = UUID(uid)
    except ValueError:
        return None
    found = _ACTION.first(uid=pk, desk=key.desk_id, key=key.pk, since=clock.now() - API_CALLS_LIVE)
    if found is None:
        return None
    *columns, first, is_stopped, asked_too = found
    row = Outgoing.from_db(DEFAULT_DB_ALIAS, _COLUMNS, columns)
    if not (asked_too or row.api_key_id == key.pk or ApiKey.Scope.READ in key.scopes):
        return None
    row.held_by, row.is_stopped = first, bool(is_stopped)  # type: ignore[attr-defined]  # as annotations are
    row.expected_at = expected_at(row)  # type: ignore[attr-defined]
    return row


def own_action_of(key: ApiKey, uid: str) -> Outgoing | None:
    """An action that the key asked for, whole. One query, found or not."""
    try:
        pk = UUID(uid)
    except ValueError:
        return None
    return _complete(Outgoing.objects.filter(_own(key), uid=pk, desk_id=key.desk_id)).first()


def actions_of(
    key: ApiKey, *, whole_desk: bool, state: str, after: Place | None, limit: int
) -> tuple[list[Outgoing], str]:
    """A slice of actions, newest first, and the cursor of the next: their keys by an index, then their rows."""
    found = Outgoing.objects.filter(desk_id=key.desk_id) if whole_desk else Outgoing.objects.filter(api_key=key)
    if state:
        found = found.filter(state=state)
    if after is not None:
        found = found.filter(beyond(after))
    uids = list(found.order_by(*history.ORDER).values_list("uid", flat=True)[: limit + 1])
    part = _ACTIONS.rows(uids=uids) if uids else []
    cursor = history.place_of(part[limit - 1]).text if len(part) > limit else ""
    return part[:limit], cursor


def has_admin(key: ApiKey) -> bool:
    """Whether somebody administers the key's desk."""
    return User.objects.filter(desk_id=key.desk_id, is_admin=True, is_active=True).exists()


def attachment_of(key: ApiKey, pk: UUID) -> Attachment | None:
    """A picture that the key's person uploaded."""
    return Attachment.objects.filter(pk=pk, desk_id=key.desk_id, user_id=key.user_id).first()


def sentence(row: Outgoing, now: datetime) -> str:
    """What the screen would say about an action of `action_of` or `actions_of`."""
    first, stopped = getattr(row, "held_by", None), getattr(row, "is_stopped", False)
    return wording.of(row, now=now, held_by=first, stopped=stopped).sentence


def _complete(found: QuerySet[Outgoing]) -> QuerySet[Outgoing]:
    annotated = found.annotate(held_by=held_by(), is_stopped=stopped_by_alarm())
    return annotated.select_related("user", "connection")


def _own(key: ApiKey) -> Q:
    """What it asked for; also where the same was under way already when it asked."""
    return Q(api_key=key) | Q(Exists(ApiCall.objects.filter(api_key=key, outgoing=OuterRef("pk"))))


_SAID = {
    *("id", "uid", "desk_id", "user_id", "connection_id", "api_key_id", "unwanted_by_id", "member_urn", "actor_urn"),
    *("actor_name", "target_urn", "kind", "text", "reaction", "way", "state", "reason", "detail", "missing"),
    *("created_at", "due_at", "not_before", "lease_until", "wanted_at", "claimed_at", "offered_at", "finished_at"),
    *("hidden_at", "near_urn", "twin_urn", "result_urn", "result_text"),
}
"""What an answer about an action is made of."""
_COLUMNS = [field.attname for field in Outgoing._meta.concrete_fields if field.attname in _SAID]  # as `from_db` wants


def _ask_action(uid: UUID, desk: UUID, key: UUID, since: datetime) -> QuerySet[Outgoing, Any]:
    asked_too = Exists(ApiCall.everything.filter(api_key=key, outgoing=OuterRef("pk"), at__gt=since))
    found = Outgoing.objects.filter(uid=uid, desk_id=desk)
    return found.values_list(*_COLUMNS, held_by(), stopped_by_alarm(), asked_too)


def _ask_actions(uids: list[UUID]) -> QuerySet[Outgoing]:
    told = _complete(Outgoing.objects.filter(uid__in=uids)).only(*_COLUMNS, "user__name", "connection__ended_at")
    return told.order_by(*history.ORDER)


_ACTION, _ACTIONS = Prepared(_ask_action), Prepared(_ask_actions)
