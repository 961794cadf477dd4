"""Who looks, and what they may look at: the signed-in user with their connection, Pages and rights, in one query."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from socialactions import clock, rights
from socialactions.lifetimes import MEMBERS_WORDS_LIVE
from socialactions.models import Connection, Organization, PageRole, User
from socialactions.prepared import Prepared
from socialactions.services.faces import initials_of

from . import alarms
from .rows import Actor, Face, PageChoice


@dataclass(frozen=True, slots=True)
class PageView:
    """One Page with what the viewer may do there."""

    organization: Organization
    rights: rights.Rights

    @property
    def choice(self) -> PageChoice:
        return PageChoice(
            id=self.organization.pk,
            urn=self.organization.urn,
            name=self.organization.name,
            logo_url=self.organization.logo_url,
            role=self.rights.role,
            can_read=self.rights.read_posts or self.rights.read_comments,
            can_write=self.rights.write,
            why_not=self.rights.why_not_read or self.rights.why_not_write,
        )


@dataclass(frozen=True, slots=True)
class Viewer:
    """A signed-in person. ``pages`` holds every Page their own roles reach, readable or not, by name."""

    user: User
    connection: Connection | None
    pages: dict[UUID, PageView]
    is_alarmed: bool = False  # something stands in the way of the whole desk: `alarms` says what

    @property
    def readable(self) -> list[PageView]:
        return [page for page in self.pages.values() if page.choice.can_read]

    def looking_at(self, wanted: str | None) -> PageView | None:
        """The Page chosen in the switcher when it may be read, else the first that may."""
        chosen = next((page for page in self.readable if str(page.organization.pk) == wanted), None)
        return chosen or next(iter(self.readable), None)

    @property
    def voices(self) -> frozenset[str]:
        """Every actor that the viewer can write as now."""
        if self.connection is None:
            return frozenset()
        pages = {page.organization.urn for page in self.pages.values() if page.rights.write}
        own = set() if rights.why_not_as_member(self.connection.scopes) else {self.user.member_urn}
        return frozenset(pages | own)

    @property
    def face(self) -> Face:
        return Face(
            urn=self.user.member_urn,
            name=self.user.name,
            headline=self.user.headline,
            picture_url=self.user.picture_url,
            initials=initials_of(self.user.name),
        )

    def actors_on(self, organization: Organization) -> list[Actor]:
        """As whom the viewer can speak on a Page's posts: the Page, the member, then their other Pages. Who may not
        read what is said there does not answer either.
        """
        page = self.pages.get(organization.pk)
        if page is None or not page.rights.read_comments:
            return []
        others = [_as_page(p) for key, p in self.pages.items() if key != organization.pk and p.rights.write]
        return [_as_page(page), *self._as_member(), *others]

    def why_no_comments(self, organization: Organization) -> str:
        """Why the viewer may not see what is said on a Page's posts; empty when they may."""
        page = self.pages.get(organization.pk)
        return page.rights.why_not_read if page else "You have no role on this Page."

    def _as_member(self) -> list[Actor]:
        if self.connection is None:
            return []
        face = self.face
        return [
            Actor(
                key="me",
                urn=face.urn,
                name=face.name,
                picture_url=face.picture_url,
                initials=face.initials,
                why_not=rights.why_not_as_member(self.connection.scopes),
                why_no_picture=rights.why_no_upload_as_member(self.connection.scopes),
            )
        ]


def signed_in(user_id: UUID) -> User | None:
    """Somebody who may be here, with their desk and connection, in one query; it tells the database's time as well."""
    found = next(iter(_USERS.rows(user_id=user_id)), None)
    if found is not None:
        clock.learn(found.told)  # type: ignore[attr-defined]  # annotated by _users
    return found


def viewer(user: User) -> Viewer:
    """One query beyond the user, whose desk and connection came with the session's; for an administrator of the desk
    without a role on any Page, two.
    """
    connection = getattr(user, "connection", None)
    if connection is None:
        return Viewer(user, None, {}, alarms.stand_before(user))
    rows = _ROLES.rows(connection_id=connection.pk, desk_id=user.desk_id or alarms.NO_DESK)
    roles: dict[UUID, set[str]] = {}
    organizations: dict[UUID, Organization] = {}
    is_alarmed = rows[0].is_alarmed if rows else alarms.stand_before(user)  # type: ignore[attr-defined]  # by _roles
    for row in rows:
        organizations[row.organization_id] = row.organization
        roles.setdefault(row.organization_id, set()).add(row.role)
    is_alive = connection.health == Connection.Health.OK
    scopes = connection.scopes
    pages = {
        key: PageView(organization, rights.on_page(roles[key], scopes, organization.name))
        for key, organization in organizations.items()
    }
    if is_alive:
        return Viewer(user, connection, pages, is_alarmed)
    checked = connection.roles_checked_at
    can_read = checked is not None and clock.now() - checked < MEMBERS_WORDS_LIVE
    return Viewer(user, None, _after_the_end(pages, can_read), is_alarmed)


def why_no_more(who: Viewer, organization: Organization) -> str:
    """Why somebody may not read on a Page of their desk any more; empty when they never could."""
    page = who.pages.get(organization.pk)
    if page is not None and who.connection is None:
        return page.rights.why_not_read
    could = PageRole.objects.filter(connection__user=who.user, organization=organization, state="REVOKED")
    last = could.filter(role__in=rights.POST_READERS).select_related("connection").order_by("-checked_at").first()
    if last is None:
        return ""
    return page.rights.why_not_read if page else rights.lost(last.role, last.connection.scopes, organization.name)


def _roles(connection_id: UUID, desk_id: UUID) -> QuerySet[PageRole]:
    return (
        PageRole.objects.filter(connection=connection_id, state="APPROVED")
        .select_related("organization")
        .annotate(is_alarmed=alarms.exist(desk_id))
        .order_by("organization__name")
    )


def _users(user_id: UUID) -> QuerySet[User]:
    found = User.objects.select_related("desk", "connection").filter(pk=user_id, is_active=True)
    return found.annotate(told=clock.Told())


_ROLES, _USERS = Prepared(_roles), Prepared(_users)


def _after_the_end(pages: dict[UUID, PageView], can_read: bool) -> dict[UUID, PageView]:
    """After a connection ended nothing can be written. What is stored may be read for as long as words are kept: nobody
    can ask LinkedIn any more whether the roles are still there, and colleagues read on.
    """
    ended = "Your LinkedIn connection ended. Connect again to answer."
    silent: dict[str, Any] = {
        **{"write": False, "find_followers": False},
        **{"why_not_write": ended, "why_not_upload": ended},
    }
    if not can_read:
        blind = "Your LinkedIn connection ended more than two days ago. Connect again to read."
        silent |= {"read_posts": False, "read_comments": False, "why_not_read": blind}
    return {key: PageView(page.organization, replace(page.rights, **silent)) for key, page in pages.items()}


def _as_page(page: PageView) -> Actor:
    return Actor(
        key=str(page.organization.pk),
        urn=page.organization.urn,
        name=page.organization.name,
        picture_url=page.organization.logo_url,
        initials=initials_of(page.organization.name),
        is_page=True,
        why_not=page.rights.why_not_write,
        why_no_picture=page.rights.why_not_upload,
    )
