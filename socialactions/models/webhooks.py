"""Addresses that programs want to be called at, and each call we owe them. The row is the queue, as with actions."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import models

from socialactions.lifetimes import WEBHOOK_CALLS_LIVE
from socialactions.sealing import seal, unseal

from .living import Living
from .programs import ApiKey


class Webhook(models.Model):
    """One address of a key's program; it hears what the key may know. Its secret is sealed, and shown once."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    api_key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="webhooks")
    url = models.CharField(max_length=500)
    wants_actions = models.BooleanField(default=False)
    wants_comments = models.BooleanField(default=False)
    sealed_secret = models.TextField()
    sealed_old_secret = models.TextField(blank=True)  # the one before, while programs change over
    old_secret_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    fails = models.PositiveIntegerField(default=0)  # calls in a row that went wrong
    failing_since = models.DateTimeField(null=True)
    rest_until = models.DateTimeField(null=True)  # after a call that went wrong
    busy_until = models.DateTimeField(null=True)  # somebody is calling it: one call at a time
    slot = models.PositiveSmallIntegerField(null=True, unique=True)  # which of the few that are called at once it is
    rang_at = models.DateTimeField(null=True)
    off_at = models.DateTimeField(null=True)
    off_why = models.CharField(max_length=200, blank=True)

    def __str__(self) -> str:
        return f"webhook {self.pk}"

    @property
    def secret(self) -> bytes:
        return unseal(self.pk, "secret", self.sealed_secret).encode()

    @secret.setter
    def secret(self, value: str) -> None:
        self.sealed_secret = seal(self.pk, "secret", value)

    def secrets_at(self, now: datetime) -> list[bytes]:
        """Those that sign: the newest, and for a while the one before it."""
        is_old_good = self.old_secret_until is not None and self.old_secret_until > now
        old = [unseal(self.pk, "secret", self.sealed_old_secret).encode()] if is_old_good else []
        return [self.secret, *old]


class LivingDeliveries(Living["WebhookDelivery"]):
    counts_from = "at"
    lives = WEBHOOK_CALLS_LIVE


class WebhookDelivery(models.Model):
    """One thing to tell one webhook. Its id goes with every try, so that the program can tell a repeat."""

    class State(models.TextChoices):
        WAITING = "waiting"
        DELIVERED = "delivered"
        GIVEN_UP = "given_up"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="deliveries")
    kind = models.CharField(max_length=30)  # action.finished, comment.new, test
    subject = models.UUIDField()  # the action's or comment's; nothing is told twice
    body = models.TextField()  # as it is sent and signed; never members' words, names or times
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    at = models.DateTimeField()
    due_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    tried_at = models.DateTimeField(null=True)
    status = models.PositiveIntegerField(null=True)  # of the last answer
    said = models.CharField(max_length=200, blank=True)  # how a refusal began, or why nobody could be asked
    finished_at = models.DateTimeField(null=True)

    objects = LivingDeliveries()
    everything: models.Manager[WebhookDelivery] = models.Manager()  # for purge

    class Meta:
        constraints = [models.UniqueConstraint(fields=["webhook", "kind", "subject"], name="told_once")]
        indexes = [
            models.Index(fields=["state", "webhook", "due_at"], name="delivery_due"),
            models.Index(fields=["webhook", "-at", "-id"], name="delivery_log"),
            models.Index(fields=["at"], name="delivery_age"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
