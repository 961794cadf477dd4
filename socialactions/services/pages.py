"""Which Pages a connection reaches and with which roles, as organizationAcls says."""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.core.cache import cache
from django.db import transaction
from django.db.models import Q

from socialactions import clock, rights
from socialactions.linkedin.client import LinkedIn
from socialactions.linkedin.errors import LinkedInError
from socialactions.linkedin.oauth import TokenEndpointDown
from socialactions.linkedin.urns import Urn
from socialactions.models import Connection, Organization, PageRole, User

from . import addresses
from .connections import ConnectionEnded, read_with
from .events import record

log = logging.getLogger(__name__)
UNDO_WINDOW_MOST_S = 60
REFUSALS_READ_S = 600
ROLES_FRESH = timedelta(minutes=5)  # a role older than this is asked for again before it is relied on


@dataclass(frozen=True, slots=True)
class FoundPage:
    """A Page as LinkedIn shows it, before or after it is stored."""

    urn: str
    name: str
    vanity_name: str
    logo_url: str
    roles: frozenset[str]
    is_named: bool = True  # False when LinkedIn did not say its name this time


def find(client: LinkedIn, scopes: Collection[str]) -> list[FoundPage]:
    """Ask LinkedIn for the Pages of the token's member. Without the scope for it there are none."""
    if not rights.has(scopes, rights.ADMIN):
        return []
    roles: dict[Urn, set[str]] = {}
    for acl in client.organization_acls(state="APPROVED"):
        roles.setdefault(acl.organization, set()).add(acl.role)
    if not roles:
        return []
    found = client.organizations([urn.key for urn in roles]).results
    logos = addresses.of(client, (page.logo for page in found.values() if page.logo))
    return [
        FoundPage(
            urn=str(urn),
            name=(page.name if page else None) or f"Page {urn.key}",
            vanity_name=(page.vanity_name or "") if page else "",
            logo_url=logos.get(page.logo, "") if page and page.logo else "",
            roles=frozenset(names),
            is_named=page is not None,
        )
        for urn, names in roles.items()
        for page in [found.get(urn.key)]
    ]


def refresh_roles(connection: Connection, *, is_urgent: bool = False, is_brief: bool = False) -> None:
    """Bring the connection's Pages and roles up to date; what LinkedIn no longer lists is revoked here. ``is_urgent``
    where something waits to be written, for which reading leaves room; ``is_brief`` as for `read_with`.
    """
    asked_at = clock.now()
    found = read_with(
        connection, lambda client: find(client, connection.scopes), is_urgent=is_urgent, is_brief=is_brief
    )
    store(connection, found, asked_at)


def look_again(connection_id: UUID | str, *, is_urgent: bool = False) -> bool:
    """Refresh in the background: whoever lost a role stops seeing the Page. No answer (False) changes nothing."""
    connection = Connection.objects.select_related("desk").get(pk=connection_id)
    try:
        refresh_roles(connection, is_urgent=is_urgent)
    except (LinkedInError, ConnectionEnded, TokenEndpointDown) as error:
        log.warning("connection %s: roles were not asked for: %s", connection.pk, type(error).__name__)
        return False
    return True


def look_after_refusal(connection: Connection) -> bool:
    """LinkedIn refused who reads: their roles are asked for again, so that a colleague reads where they no longer may.
    False when that was done lately, or nobody answered: each question is three calls of the day's.
    """
    if not cache.add(f"roles-after-refused-reading:{connection.pk}", True, timeout=REFUSALS_READ_S):
        return False
    return look_again(connection.pk)


def has_fresh_roles(connection: Connection) -> bool:
    checked = connection.roles_checked_at
    return checked is not None and clock.now() - checked <= ROLES_FRESH


def fresh_roles(connection: Connection, *, is_brief: bool = False) -> None:
    """Before writing: ask again only when the last answer is older than five minutes."""
    if not has_fresh_roles(connection):
        refresh_roles(connection, is_urgent=True, is_brief=is_brief)


@transaction.atomic
def store(connection: Connection, found: Collection[FoundPage], asked_at: datetime) -> None:
    """Write Pages and roles as found. Nothing is written where a later question has been answered: a role that came
    back meanwhile would be gone again, and what waits for it with it.
    """
    not_answered_since = Q(roles_checked_at=None) | Q(roles_checked_at__lte=asked_at)
    if not Connection.objects.filter(not_answered_since, pk=connection.pk).update(roles_checked_at=asked_at):
        connection.refresh_from_db(fields=["roles_checked_at"])
        return
    now, held = clock.now(), []
    connection.roles_checked_at = asked_at
    for page in sorted(found, key=lambda page: page.urn):  # two that lock the same rows do so in one order
        shown = {"name": page.name, "vanity_name": page.vanity_name, "logo_url": page.logo_url}
        organization, _ = Organization.objects.update_or_create(
            desk=connection.desk,
            urn=page.urn,
            defaults={**(shown if page.is_named else {}), "checked_at": now},
            create_defaults={**shown, "checked_at": now},
        )
        for role in sorted(page.roles):
            one, _ = PageRole.objects.update_or_create(
                connection=connection,
                organization=organization,
                role=role,
                defaults={"state": "APPROVED", "checked_at": now},
            )
            held.append(one.pk)
    PageRole.objects.filter(connection=connection).exclude(pk__in=held).update(state="REVOKED", checked_at=now)


@transaction.atomic
def set_undo_window(organization: Organization, seconds: int | None, *, by: User) -> None:
    """How long what is written on this Page's posts can be taken back; None is as the installation says."""
    if Organization.objects.filter(pk=organization.pk).update(undo_window_s=seconds):
        record(desk=organization.desk, kind="settings", topic="settings", user=by, actor_urn=organization.urn)


def rights_on(connection: Connection, organization: Organization) -> rights.Rights:
    """What this connection may do on a Page, by what is stored."""
    if connection.health == Connection.Health.ENDED:
        return rights.on_page([], [], organization.name)
    roles = [r.role for r in connection.roles.all() if r.organization_id == organization.pk and r.state == "APPROVED"]
    return rights.on_page(roles, connection.scopes, organization.name)
