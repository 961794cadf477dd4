"""The record of what happened. Everything that changes something people see adds an Event in the same transaction."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Max

from socialactions import clock
from socialactions.lifetimes import ANNOUNCEMENTS_LIVE
from socialactions.models import Desk, Event, Outgoing, Post, User

CROSSING = timedelta(seconds=5)  # within so much, a higher number may have an earlier time
BROWSER = "browser"  # the way of what a person does on a screen; a program's is its key's name


def record(
    *,
    desk: Desk,
    kind: str,
    topic: str,
    user: User | None = None,
    outgoing: Outgoing | None = None,
    reason: str = "",
    actor_urn: str = "",
    way: str = "",
) -> Event:
    """Add one event; for an action, its actor and state are taken from the row, and its way unless somebody came by
    another.
    """
    return Event.objects.create(
        desk=desk,
        at=clock.now(),
        kind=kind,
        topic=topic,
        user=user,
        outgoing=outgoing,
        actor_urn=actor_urn or (outgoing.actor_urn if outgoing else ""),
        state=outgoing.state if outgoing else "",
        reason=reason,
        way=way or (outgoing.way if outgoing else ""),
    )


def topic_of(outgoing: Outgoing) -> str:
    """What has to be drawn again when this action moves: its thread, or the post when it has none."""
    return f"thread-{outgoing.thread_id}" if outgoing.thread_id else f"post-{outgoing.post_id}"


def post_changed(post: Post) -> None:
    """Tell open screens that counts, comments or the reading state of a post moved."""
    record(desk=post.organization.desk, kind="read", topic=f"post-{post.pk}")


def forget_announcements() -> int:
    """What only told open screens to draw again is no history. The newest of each desk's past ones stay: programs that
    heard all name the last as the place where they go on, and `high_water` counts by it.
    """
    until = clock.now() - ANNOUNCEMENTS_LIVE
    gone = 0
    for desk in Desk.objects.values_list("pk", flat=True):
        past = Event.objects.filter(desk_id=desk, at__lt=until)
        latest = past.order_by("-at").values_list("at", flat=True).first()
        if latest:  # by an index; the numbers of all that is past are not
            newest = past.filter(at__gte=latest - CROSSING).aggregate(pk=Max("pk"))["pk"]
            gone += past.filter(kind="read", pk__lt=newest).delete()[0]
    return gone
