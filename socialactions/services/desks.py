"""Desks and who joins them. A desk is made by the first person; others come by an invitation that works once."""

from __future__ import annotations

import secrets
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from socialactions.linkedin.entities import Person
from socialactions.models import Connection, Desk, Invitation, User

from .events import record

INVITATION_LIVES = timedelta(days=7)


class InvitationUnusable(Exception):
    """Used, withdrawn, expired or never made; the words say which remedy there is."""


def person_signed_in(person: Person, picture_url: str | None = "") -> User:
    """The user for a member LinkedIn vouches for, made or brought up to date. The desk is not decided here.

    ``picture_url`` None leaves the picture they had.
    """
    said = {"name": person.name or "LinkedIn member", "headline": person.headline or ""}
    if picture_url is not None:
        said["picture_url"] = picture_url
    user, _ = User.objects.update_or_create(member_urn=str(person.urn), defaults=said)
    return user


def may_create_desk() -> bool:
    return settings.OPEN_SIGN_UP or not Desk.objects.exists()


@transaction.atomic
def create_desk(*, user: User, name: str) -> Desk:
    """Give a newcomer a desk of their own, as its administrator; the one they have when they sat down meanwhile."""
    seated = User.objects.select_for_update(of=("self",)).select_related("desk").get(pk=user.pk)
    if seated.desk is not None:
        user.desk, user.is_admin = seated.desk, seated.is_admin
        return seated.desk
    desk = Desk.objects.create(name=name)
    _seat(user, desk, is_admin=True)
    return desk


@transaction.atomic
def invite(*, by: User) -> tuple[Invitation, str]:
    """Make an invitation; the token in the answer is shown once and never stored."""
    assert by.desk is not None
    token = secrets.token_urlsafe(24)
    invitation = Invitation.objects.create(
        desk=by.desk,
        digest=Invitation.digest_of(token),
        created_by=by,
        expires_at=timezone.now() + INVITATION_LIVES,
    )
    record(desk=by.desk, kind="invited", topic="settings", user=by)
    return invitation, token


def open_invitation(token: str) -> Invitation:
    """The invitation behind a link that still works. Raises InvitationUnusable."""
    invitation = (
        Invitation.objects.select_related("desk", "created_by").filter(digest=Invitation.digest_of(token)).first()
    )
    if invitation is None or invitation.withdrawn_at or invitation.used_at or invitation.expires_at <= timezone.now():
        raise InvitationUnusable("This invitation was used, withdrawn, or is older than seven days. Ask for a new one.")
    return invitation


@transaction.atomic
def accept_invitation(*, user: User, token: str) -> Desk:
    """Seat a newcomer at the desk that invited them; the link is used up. Raises InvitationUnusable."""
    invitation = open_invitation(token)
    now = timezone.now()
    if Invitation.objects.filter(pk=invitation.pk, used_at__isnull=True).update(used_at=now, used_by=user) != 1:
        raise InvitationUnusable("Somebody used this invitation a moment ago. Ask for a new one.")
    _seat(user, invitation.desk, is_admin=False)
    return invitation.desk


def withdraw(invitation: Invitation) -> None:
    Invitation.objects.filter(pk=invitation.pk, used_at__isnull=True).update(withdrawn_at=timezone.now())


def _seat(user: User, desk: Desk, *, is_admin: bool) -> None:
    user.desk = desk
    user.is_admin = is_admin
    user.joined_at = timezone.now()
    user.save(update_fields=["desk", "is_admin", "joined_at"])
    connection: Connection | None = getattr(user, "connection", None)
    if connection is not None:  # the caller's copy too: it asks for the Pages next
        connection.desk = desk
        connection.save(update_fields=["desk"])
    record(desk=desk, kind="joined", topic="settings", user=user)
