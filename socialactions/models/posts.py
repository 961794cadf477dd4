"""Posts of organizations and the several names LinkedIn gives one post."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone

from socialactions.lifetimes import COUNTS_LIVE

from .connections import Organization
from .living import Living, Mortal


class LivingPosts(Living["Post"]):
    pass


class Post(Mortal):
    """A Page's own post; kept six months after it was fetched. Actions about it stay, and lead to it without words."""

    class Reading(models.TextChoices):
        NEVER = "never"
        READING = "reading"
        COMPLETE = "complete"
        INCOMPLETE = "incomplete"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="posts")
    urn = models.CharField(max_length=255)
    author_urn = models.CharField(max_length=255)
    kind = models.CharField(max_length=20, default="text")
    commentary = models.TextField(blank=True)
    pictures = models.JSONField(default=list)  # [{"urn", "url", "alt"}]
    link_title = models.TextField(blank=True)
    link_url = models.TextField(blank=True)
    created_at = models.DateTimeField()
    comments_state = models.CharField(max_length=20, default="OPEN")
    reactions = models.JSONField(default=dict)  # {"LIKE": 30}
    total_comments = models.PositiveIntegerField(default=0)
    first_level_comments = models.PositiveIntegerField(default=0)
    fetched_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    gone_at = models.DateTimeField(null=True)
    reading = models.CharField(max_length=12, choices=Reading, default=Reading.NEVER)
    reading_until = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)
    read_found = models.PositiveIntegerField(default=0)  # how many stood here at the end of the last reading
    read_so_far = models.PositiveIntegerField(default=0)  # how many stand here while one is under way, or broke off
    read_problem = models.CharField(max_length=300, blank=True)
    read_tried_at = models.DateTimeField(null=True)
    read_counted = models.PositiveIntegerField(default=0)  # how many LinkedIn counted when they were read
    counted_at = models.DateTimeField(null=True)  # when LinkedIn was last asked for the counts
    moved_at = models.DateTimeField(null=True)  # when a count was last seen to differ
    look_at = models.DateTimeField(null=True)  # when to ask for the counts again; see services/cadence.py

    WORDS = {
        "commentary": str,
        "pictures": list,
        "link_title": str,
        "link_url": str,
        "reactions": dict,
        "total_comments": int,
        "first_level_comments": int,
        "read_found": int,
        "read_so_far": int,
        "read_counted": int,
    }
    objects = LivingPosts()
    everything: models.Manager[Post] = models.Manager()  # for what stores and deletes, and for actions of ours

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "urn"], name="post_once_per_organization")]
        indexes = [
            models.Index(fields=["organization", "-created_at", "id"], name="post_newest_first"),
            models.Index(fields=["organization", "look_at"], name="post_next_look"),
        ]

    def __str__(self) -> str:
        return self.urn

    @property
    def total_reactions(self) -> int:
        return sum(self.reactions.values())

    @property
    def is_expired(self) -> bool:
        return self.expires_at <= timezone.now()


class PostAlias(models.Model):
    """Another URN of a post: share, ugcPost and activity have different digits."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="aliases")
    urn = models.CharField(max_length=255)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "urn"], name="alias_once_per_organization")]

    def __str__(self) -> str:
        return self.urn


class LivingSnapshots(Living["Snapshot"]):
    counts_from = "at"
    lives = COUNTS_LIVE


class Snapshot(models.Model):
    """A post's counts at one moment, as LinkedIn gave them; kept a year, written when they change."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="snapshots")
    at = models.DateTimeField()
    reactions = models.JSONField(default=dict)  # {"LIKE": 30}
    total_comments = models.PositiveIntegerField(default=0)
    first_level_comments = models.PositiveIntegerField(default=0)

    objects = LivingSnapshots()
    everything: models.Manager[Snapshot] = models.Manager()  # for purge

    class Meta:
        constraints = [models.UniqueConstraint(fields=["post", "at"], name="one_snapshot_a_moment")]
        indexes = [models.Index(fields=["at"], name="snapshot_age")]

    def __str__(self) -> str:
        return f"{self.total_comments} comments at {self.at}"


class LastLook(models.Model):
    """Until when a person has seen a post's thread, and with how many reactions, so that they are told what changed
    since. Own reactions of the desk move these as well: they are no news.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey("User", on_delete=models.CASCADE, related_name="+")
    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField()  # what stood there then was on the screen: the visit that is going on, or was last
    reactions = models.IntegerField(null=True)  # of the post, on the same screen; None where nobody wrote it down
    before = models.DateTimeField(null=True)  # how far the visit before it had come: changes count from here
    reactions_before = models.IntegerField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "post"], name="one_look_per_person")]

    def __str__(self) -> str:
        return f"look of {self.user_id} at {self.at}"
