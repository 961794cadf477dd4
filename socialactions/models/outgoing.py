"""Actions we owe LinkedIn. The row is the queue; broker messages only ring for it. States: docs/architecture.md."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from .comments import Comment
from .connections import Connection, Organization
from .desks import Desk, User
from .posts import Post


class Attachment(models.Model):
    """A picture that was checked and re-encoded, waiting for or belonging to an action."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    desk = models.ForeignKey(Desk, on_delete=models.CASCADE, related_name="attachments")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    file_name = models.CharField(max_length=80)  # random, below DATA_DIR/attachments
    content_type = models.CharField(max_length=20)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    size = models.PositiveIntegerField()  # bytes
    alt = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.file_name


class Outgoing(models.Model):
    """One reply, comment, reaction, edit, delete or change of a post's comments, and how far it came."""

    class Kind(models.TextChoices):
        COMMENT = "comment"
        REPLY = "reply"
        EDIT = "edit"
        DELETE = "delete"
        REACT = "react"
        UNREACT = "unreact"
        CLOSE = "close_comments"
        OPEN = "open_comments"

    class State(models.TextChoices):
        QUEUED = "queued"
        WAITING = "waiting"
        SENDING = "sending"
        UNKNOWN = "unknown"
        NEEDS_ATTENTION = "needs_attention"
        BLOCKED = "blocked"
        SENT = "sent"
        FAILED = "failed"
        CANCELLED = "cancelled"
        DISCARDED = "discarded"

    FINAL = frozenset({State.SENT, State.FAILED, State.CANCELLED, State.DISCARDED})
    HOLDING = frozenset({State.QUEUED, State.WAITING, State.SENDING, State.UNKNOWN})  # the next in the thread waits

    # The number is the order of acceptance; only the UUID leaves the server.
    id = models.BigAutoField(primary_key=True)
    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    desk = models.ForeignKey(Desk, on_delete=models.CASCADE, related_name="outgoing")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="outgoing")
    connection = models.ForeignKey(Connection, on_delete=models.SET_NULL, null=True, related_name="+")
    member_urn = models.CharField(max_length=255)  # on whose grant it was written
    actor_urn = models.CharField(max_length=255)
    actor_name = models.CharField(max_length=300)
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")  # whose post it is about
    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="outgoing")
    comment = models.ForeignKey(Comment, on_delete=models.SET_NULL, null=True, related_name="outgoing")
    thread = models.ForeignKey(Comment, on_delete=models.SET_NULL, null=True, related_name="+")
    target_urn = models.CharField(max_length=255)
    order_key = models.CharField(max_length=600)
    kind = models.CharField(max_length=20, choices=Kind)
    text = models.TextField(blank=True)  # as typed, with mention tokens
    reaction = models.CharField(max_length=20, blank=True)
    picture = models.ForeignKey(Attachment, on_delete=models.PROTECT, null=True, related_name="+")
    form_key = models.UUIDField()
    way = models.CharField(max_length=60, default="browser")
    state = models.CharField(max_length=20, choices=State, default=State.QUEUED)
    reason = models.CharField(max_length=40, blank=True)  # from services.outcomes.Reason
    detail = models.CharField(max_length=500, blank=True)  # LinkedIn's words, status and request id; never tokens
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()
    not_before = models.DateTimeField(null=True)
    rang_at = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)
    doubt_since = models.DateTimeField(null=True)
    fence = models.PositiveIntegerField(default=0)
    result_urn = models.CharField(max_length=255, null=True, unique=True)  # noqa: DJ001 - unique, and many rows have none
    result_comment = models.ForeignKey(Comment, on_delete=models.SET_NULL, null=True, related_name="made_by")
    result_text = models.TextField(blank=True)  # what LinkedIn shows, when it differs
    image_urn = models.CharField(max_length=255, blank=True)
    finished_at = models.DateTimeField(null=True)
    hidden_at = models.DateTimeField(null=True)  # a person put the ended row away; History keeps it

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "form_key"], name="one_action_per_form"),
            models.CheckConstraint(
                condition=Q(finished_at__isnull=False) | ~Q(state__in=["sent", "failed", "cancelled", "discarded"]),
                name="final_has_its_time",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "due_at"], name="outgoing_due"),
            models.Index(fields=["order_key", "id"], name="outgoing_in_order"),
            models.Index(fields=["post", "-id"], name="outgoing_of_post"),
            models.Index(fields=["desk", "-id"], name="outgoing_history"),
            models.Index(fields=["desk", "actor_urn", "reason"], name="outgoing_alarm"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.uid}"

    @property
    def is_final(self) -> bool:
        return self.state in self.FINAL


class Attempt(models.Model):
    """One try to send; committed before the first byte leaves, so that a crash is never invisible."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    outgoing = models.ForeignKey(Outgoing, on_delete=models.CASCADE, related_name="attempts")
    fence = models.PositiveIntegerField()
    wire_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=40, blank=True)
    status = models.PositiveIntegerField(null=True)
    code = models.CharField(max_length=60, blank=True)
    request_id = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["outgoing", "fence"], name="one_attempt_per_fence")]

    def __str__(self) -> str:
        return f"attempt {self.fence}"
