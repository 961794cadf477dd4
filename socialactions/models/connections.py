"""A person's grant at LinkedIn, the organizations it reaches, and the roles that count there."""

from __future__ import annotations

import uuid

from django.db import models

from socialactions.sealing import seal, unseal

from .desks import Desk, User


class Connection(models.Model):
    """Tokens, scopes and end dates of one person's grant. Tokens exist in the clear only in memory."""

    class Health(models.TextChoices):
        OK = "ok"
        ENDED = "ended"  # LinkedIn takes the token no longer, or it was disconnected here

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # None between signing in and taking a seat at a desk.
    desk = models.ForeignKey(Desk, on_delete=models.CASCADE, null=True, related_name="connections")
    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="connection")
    member_urn = models.CharField(max_length=255)
    sealed_access_token = models.TextField(blank=True)
    sealed_refresh_token = models.TextField(blank=True)
    token_version = models.PositiveIntegerField(default=0)
    scopes = models.JSONField(default=list)
    expires_at = models.DateTimeField()
    refresh_expires_at = models.DateTimeField(null=True)
    refreshing_until = models.DateTimeField(null=True)
    health = models.CharField(max_length=10, choices=Health, default=Health.OK)
    ended_at = models.DateTimeField(null=True)
    connected_at = models.DateTimeField()
    roles_checked_at = models.DateTimeField(null=True)
    asked_scopes = models.JSONField(default=list)  # another set ends every token of this app, LinkedIn says

    def __str__(self) -> str:
        return f"connection {self.pk}"

    @property
    def access_token(self) -> str:
        return unseal(self.pk, "access_token", self.sealed_access_token)

    @access_token.setter
    def access_token(self, value: str) -> None:
        self.sealed_access_token = seal(self.pk, "access_token", value)

    @property
    def refresh_token(self) -> str:
        return unseal(self.pk, "refresh_token", self.sealed_refresh_token)

    @refresh_token.setter
    def refresh_token(self, value: str) -> None:
        self.sealed_refresh_token = seal(self.pk, "refresh_token", value)


class Organization(models.Model):
    """An organization of LinkedIn in one desk; people call it a Page."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    desk = models.ForeignKey(Desk, on_delete=models.CASCADE, related_name="organizations")
    urn = models.CharField(max_length=255)
    name = models.CharField(max_length=300)
    vanity_name = models.CharField(max_length=200, blank=True)
    logo_url = models.TextField(blank=True)
    checked_at = models.DateTimeField(null=True)
    posts_read_at = models.DateTimeField(null=True)  # new posts at least
    posts_whole_at = models.DateTimeField(null=True)  # the whole list
    posts_reading_until = models.DateTimeField(null=True)
    posts_problem = models.CharField(max_length=300, blank=True)
    posts_look_at = models.DateTimeField(null=True)  # when to look for new posts again
    undo_window_s = models.PositiveSmallIntegerField(null=True)  # None: as the installation says

    class Meta:
        constraints = [models.UniqueConstraint(fields=["desk", "urn"], name="organization_once_per_desk")]

    def __str__(self) -> str:
        return self.name


class PageRole(models.Model):
    """A role that LinkedIn says a connected member has on an organization."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="roles")
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="roles")
    role = models.CharField(max_length=60)
    state = models.CharField(max_length=20)
    checked_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["connection", "organization", "role"], name="role_once_per_connection")
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.state}"
