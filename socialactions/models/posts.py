"""Posts of organizations and the several names LinkedIn gives one post."""

from __future__ import annotations

import uuid

from django.db import models

from .connections import Organization


class Post(models.Model):
    """A Page's own post; kept six months after it was fetched."""

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
    read_found = models.PositiveIntegerField(default=0)
    read_problem = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "urn"], name="post_once_per_organization")]
        indexes = [models.Index(fields=["organization", "-created_at", "id"], name="post_newest_first")]

    def __str__(self) -> str:
        return self.urn

    @property
    def total_reactions(self) -> int:
        return sum(self.reactions.values())


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
