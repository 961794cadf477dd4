"""Actions we owe LinkedIn. The row is the queue; broker messages only ring for it. States: docs/architecture.md."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from .comments import Comment
from .connections import Connection, Organization
from .desks import Desk, User
from .posts import Post
from .programs import ApiKey


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

    # In this order also where an index knows them.
    FINAL = (State.SENT, State.FAILED, State.CANCELLED, State.DISCARDED)
    HOLDING = (State.QUEUED, State.WAITING, State.SENDING, State.UNKNOWN)  # the next in the thread waits

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
    seen_words = models.CharField(max_length=64, blank=True)  # edits: digest of the words that they are to replace
    reaction = models.CharField(max_length=20, blank=True)
    picture = models.ForeignKey(Attachment, on_delete=models.PROTECT, null=True, related_name="+")
    form_key = models.UUIDField()
    way = models.CharField(max_length=60, default="browser")  # or the name of the API key
    api_key = models.ForeignKey(ApiKey, on_delete=models.SET_NULL, null=True, db_index=False, related_name="outgoing")
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
    wanted_at = models.DateTimeField()  # when a person last said that it shall go: the age limit counts from here
    claimed_at = models.DateTimeField(null=True)
    pace = models.CharField(max_length=10, blank=True)  # which limit of the member it counts for: comment, reaction
    turn_after = models.DateTimeField(null=True)  # when the member's next of this pace has its turn
    looks = models.PositiveSmallIntegerField(default=0)  # complete ones on LinkedIn since the doubt began
    look_at = models.DateTimeField(null=True)  # the next look: in doubt for the comment, after success for the listing
    repeats = models.PositiveSmallIntegerField(default=0)  # sent again without asking anybody
    missing = models.CharField(max_length=400, blank=True)  # blocked: what is missing, in words
    offered_at = models.DateTimeField(null=True)  # blocked: colleagues may send it as themselves
    unwanted_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="+"
    )  # delete it when there
    twin_urn = models.CharField(max_length=255, blank=True)  # the same comment a second time on LinkedIn
    result_urn = models.CharField(max_length=255, null=True, unique=True)  # noqa: DJ001 - unique, and many rows have none
    # One by what it is too: a comment has an address by each name of its post.
    result_comment = models.OneToOneField(Comment, on_delete=models.SET_NULL, null=True, related_name="made_by")
    result_text = models.TextField(blank=True)  # what LinkedIn shows, when it differs
    near_urn = models.CharField(max_length=255, blank=True)  # in doubt: much like ours, but not the same
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
            # History in its order, whole and by each of its filters.
            models.Index(fields=["desk", "-created_at", "-id"], name="history_all"),
            models.Index(fields=["desk", "user", "-created_at", "-id"], name="history_person"),
            models.Index(fields=["desk", "organization", "-created_at", "-id"], name="history_page"),
            models.Index(fields=["desk", "actor_urn", "-created_at", "-id"], name="history_actor"),
            models.Index(fields=["desk", "kind", "-created_at", "-id"], name="history_kind"),
            models.Index(fields=["desk", "state", "-created_at", "-id"], name="history_state"),
            models.Index(fields=["desk", "way", "-created_at", "-id"], name="history_way"),
            models.Index(
                fields=["api_key", "-created_at", "-id"], condition=Q(api_key__isnull=False), name="outgoing_of_key"
            ),
            models.Index(fields=["organization", "finished_at"], condition=Q(state="sent"), name="outgoing_done"),
            models.Index(fields=["desk", "actor_urn", "reason"], name="outgoing_alarm"),
            models.Index(fields=["member_urn", "pace", "-turn_after"], name="outgoing_turn"),
            # How much of somebody's waits: few, however long their history is.
            models.Index(
                fields=["user", "actor_urn"],
                condition=~Q(state__in=["sent", "failed", "cancelled", "discarded"]),
                name="outgoing_open",
            ),
            models.Index(fields=["look_at"], condition=Q(look_at__isnull=False), name="outgoing_look"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.uid}"

    @property
    def is_final(self) -> bool:
        return self.state in self.FINAL


class Attempt(models.Model):
    """One try to send; committed before the first byte leaves, so that a crash is never invisible.

    Doubt and refusals are written here as the try's end. A plain success is not: the action's own end says it.
    """

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

    @property
    def went_well(self) -> bool:
        """Whether this is the try that LinkedIn answered with its yes."""
        row = self.outgoing
        is_last = self.ended_at is None and self.fence == row.fence
        return is_last and row.state == Outgoing.State.SENT and not row.reason


class Pace(models.Model):
    """How LinkedIn holds one member back; rows exist only once it did."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    member_urn = models.CharField(max_length=255)
    pace = models.CharField(max_length=10)
    closed_until = models.DateTimeField()
    reason = models.CharField(max_length=40)
    slowness = models.PositiveSmallIntegerField(default=0)  # how often the rate was halved
    slowed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["member_urn", "pace"], name="one_pace_per_member")]

    def __str__(self) -> str:
        return f"{self.pace} closed until {self.closed_until}"


class ListingDelay(models.Model):
    """How long LinkedIn took to list a comment that it had accepted, measured; no value when it never did."""

    at = models.DateTimeField(db_index=True)
    seconds = models.FloatField(null=True)

    def __str__(self) -> str:
        return f"{self.seconds} s"


class CallCount(models.Model):
    """Calls to LinkedIn of one member's grant on one day (UTC). The row without a member counts none: who books calls
    holds it (`budget`).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    member_urn = models.CharField(max_length=255)
    day = models.DateField()
    calls = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["member_urn", "day"], name="one_count_per_day")]
        indexes = [models.Index(fields=["day"], name="count_of_day")]

    def __str__(self) -> str:
        return f"{self.calls} calls on {self.day}"
