"""What is known about keeping and forgetting: receipts of what was purged, and whom nobody may remember."""

from __future__ import annotations

import uuid

from django.db import models

from .desks import Desk, User


class Receipt(models.Model):
    """One run of `purge`: how many rows of each class it deleted. Each names the digest of the one before."""

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField()
    counts = models.JSONField(default=dict)  # {"members' words": 12}
    previous = models.CharField(max_length=64, blank=True)
    digest = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"receipt {self.pk}"


class Forgotten(models.Model):
    """A member who asked to be forgotten: only a keyed digest of their URN, so that it can be kept for good."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    desk = models.ForeignKey(Desk, on_delete=models.CASCADE, related_name="forgotten")
    digest = models.CharField(max_length=64)
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["desk", "digest"], name="forgotten_once_per_desk")]

    def __str__(self) -> str:
        return f"forgotten {self.pk}"
