"""Whether an accepted action may still be sent by the one who wrote it; asked again at the last moment."""

from __future__ import annotations

from socialactions import rights
from socialactions.models import Connection, Organization, Outgoing

from .outcomes import Reason
from .pages import rights_on


def why_blocked(row: Outgoing) -> str:
    """The reason that stands against sending now, by what our rows say; empty when nothing does."""
    if row.connection_id is None:
        return Reason.TOKEN_ENDED
    connection = Connection.objects.filter(pk=row.connection_id).prefetch_related("roles").first()
    if connection is None or connection.health == Connection.Health.ENDED:
        return Reason.TOKEN_ENDED
    if connection.member_urn != row.member_urn:
        return Reason.OTHER_MEMBER
    if not row.user.is_active or row.user.desk_id != row.desk_id:
        return Reason.NO_RIGHT
    if row.actor_urn == connection.member_urn:
        return Reason.NO_RIGHT if rights.why_not_as_member(connection.scopes) else ""
    acting = Organization.objects.filter(desk_id=row.desk_id, urn=row.actor_urn).first()
    if acting is None or rights_on(connection, acting).why_not_write:
        return Reason.NO_RIGHT
    return ""
