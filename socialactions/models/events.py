"""What happened, in order, for ever: rows are added, never changed. Open screens and History both live from it."""

from __future__ import annotations

from django.db import models

from .desks import Desk, User


class Event(models.Model):
    """One thing that happened. ``topic`` names what changed (``post-<id>``), never anybody's words."""

    desk = models.ForeignKey(Desk, on_delete=models.CASCADE, related_name="events")
    at = models.DateTimeField()
    topic = models.CharField(max_length=60)
    kind = models.CharField(
        max_length=40
    )  # accepted, state, read, connected, disconnected, invited, joined, settings …
    user = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    actor_urn = models.CharField(max_length=255, blank=True)
    outgoing = models.ForeignKey("Outgoing", on_delete=models.CASCADE, null=True, related_name="events")
    state = models.CharField(max_length=20, blank=True)
    reason = models.CharField(max_length=40, blank=True)
    way = models.CharField(max_length=60, blank=True)

    class Meta:
        indexes = [models.Index(fields=["desk", "at"], name="event_since")]

    def __str__(self) -> str:
        return f"{self.kind} {self.topic}"
