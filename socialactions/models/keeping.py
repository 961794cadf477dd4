"""What is known about keeping and forgetting: receipts of what was purged, and whom nobody may remember."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from django.db import models

from socialactions.sealing import fingerprints

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


class ForgottenPeople(models.Manager["Forgotten"]):
    def among(self, desk_id: Any, urns: Iterable[str]) -> frozenset[str]:
        """Which of these members the desk has forgotten. Whoever signs in at the desk let us know them again."""
        digests = set(self.filter(desk_id=desk_id).values_list("digest", flat=True))
        if not digests:
            return frozenset()
        found = {urn for urn in urns if not digests.isdisjoint(fingerprints(desk_id, urn))}
        if not found:
            return frozenset()
        return frozenset(found.difference(User.objects.filter(desk_id=desk_id).values_list("member_urn", flat=True)))


class Forgotten(models.Model):
    """A member who asked to be forgotten: only a keyed digest of their URN, so that it can be kept for good."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    desk = models.ForeignKey(Desk, on_delete=models.CASCADE, related_name="forgotten")
    digest = models.CharField(max_length=64)
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")

    objects = ForgottenPeople()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["desk", "digest"], name="forgotten_once_per_desk")]

    def __str__(self) -> str:
        return f"forgotten {self.pk}"

    @staticmethod
    def digest_of(desk_id: object, urn: str) -> str:
        return fingerprints(desk_id, urn)[0]
