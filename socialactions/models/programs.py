"""What programs have at a desk: keys to the API, and what each asked for under which Idempotency-Key."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from socialactions.lifetimes import API_CALLS_LIVE

from .desks import Desk, User
from .living import Living


class ApiKey(models.Model):
    """A program's key, by its digest alone. What it writes is carried by the grant of ``user``, who made it.

    Rows stay after their end, so that History can say what a name meant.
    """

    class Scope(models.TextChoices):
        READ = "read"
        LIKE = "like"
        COMMENT = "comment"
        DELETE = "delete"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    desk = models.ForeignKey(Desk, on_delete=models.CASCADE, related_name="api_keys")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=60)  # as long as `Outgoing.way`, which says it
    public_id = models.CharField(max_length=12, unique=True)  # part of the key that logs and events may name
    digest = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=4)  # how the key ends, for whoever wonders which one they hold
    scopes = models.JSONField(default=list)
    actors = models.JSONField(default=list)  # URNs it may speak as; without any it writes nothing
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)  # to the minute
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["desk", "name"], condition=Q(revoked_at__isnull=True), name="one_living_key_of_a_name"
            )
        ]

    def __str__(self) -> str:
        return f"key {self.public_id}"


class LivingCalls(Living["ApiCall"]):
    counts_from = "at"
    lives = API_CALLS_LIVE


class ApiCall(models.Model):
    """A write that a program asked for, so that asking again is answered with the same action."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    api_key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="calls")
    digest = models.CharField(max_length=64)  # of the Idempotency-Key
    asked = models.CharField(max_length=64)  # digest of what was asked for
    outgoing = models.ForeignKey("Outgoing", on_delete=models.CASCADE, null=True, related_name="api_calls")
    at = models.DateTimeField()

    objects = LivingCalls()
    everything: models.Manager[ApiCall] = models.Manager()  # for purge, and for asking again after its time

    class Meta:
        constraints = [models.UniqueConstraint(fields=["api_key", "digest"], name="one_action_per_idempotency_key")]
        indexes = [models.Index(fields=["at"], name="api_call_age")]

    def __str__(self) -> str:
        return f"call of {self.at}"
