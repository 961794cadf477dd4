"""Comments in two rows: the durable reference, and the words that expire.

LinkedIn lets members' words and times live 48 hours after the last fetch; the row that holds them carries its own end,
``CommentContent.objects`` never returns one that is past it, and none is ever loaded with words past it.
"""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from .living import LONG_AGO, Living, Mortal
from .posts import Post


class Comment(models.Model):
    """A comment or reply as a reference: who, under what, ours or not, first seen, gone since. Never its words."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="comments")
    thread = models.ForeignKey("self", on_delete=models.CASCADE, null=True, related_name="replies")
    urn = models.CharField(max_length=255)
    comment_id = models.CharField(max_length=40)
    actor_urn = models.CharField(max_length=255)
    agent_urn = models.CharField(max_length=255, blank=True)
    is_ours = models.BooleanField(default=False)
    first_seen_at = models.DateTimeField()
    gone_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField(null=True)  # when its words were first seen to differ
    likes_moved_at = models.DateTimeField(null=True)  # when others' likes of it were last seen to be more or fewer
    # Of a thread: when its replies were last read to the end, and how many LinkedIn counted then.
    replies_read_at = models.DateTimeField(null=True)
    replies_counted = models.PositiveIntegerField(default=0)

    class Meta:
        # LinkedIn names one comment under several thread URNs; its id is the same under all of them.
        constraints = [models.UniqueConstraint(fields=["post", "comment_id"], name="comment_once_per_post")]
        indexes = [models.Index(fields=["post", "first_seen_at"], name="comment_news")]

    def __str__(self) -> str:
        return self.urn


class LivingContents(Living["CommentContent"]):
    pass


class CommentContent(Mortal):
    """What a comment says, until ``expires_at``."""

    comment = models.OneToOneField(Comment, on_delete=models.CASCADE, primary_key=True, related_name="content")
    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="+")
    thread = models.ForeignKey(Comment, on_delete=models.CASCADE, null=True, related_name="+")
    text = models.TextField(blank=True)
    attributes = models.JSONField(default=list)  # [{"start", "length", "urn"}], in units of MENTION_OFFSETS
    pictures = models.JSONField(default=list)  # [{"urn", "url"}]
    created_at = models.DateTimeField()
    is_edited = models.BooleanField(default=False)
    likes = models.PositiveIntegerField(default=0)
    replies = models.PositiveIntegerField(default=0)  # as LinkedIn counts them
    fetched_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)

    WORDS = {
        "text": str,
        "attributes": list,
        "pictures": list,
        "created_at": lambda: LONG_AGO,
        "is_edited": bool,
        "likes": int,
        "replies": int,
    }
    everything: models.Manager[CommentContent] = models.Manager()  # for what stores and deletes, never for screens
    objects = LivingContents()

    class Meta:
        base_manager_name = "everything"
        default_manager_name = "objects"
        indexes = [models.Index(fields=["post", "thread", "created_at", "comment"], name="content_in_order")]

    def __str__(self) -> str:
        return f"content of {self.comment_id}"


class OwnReaction(models.Model):
    """The reaction one of our actors has on a post or comment, as far as we know."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="own_reactions")
    comment = models.ForeignKey(Comment, on_delete=models.CASCADE, null=True, related_name="own_reactions")
    actor_urn = models.CharField(max_length=255)
    kind = models.CharField(max_length=20)
    known_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["post", "actor_urn"], condition=Q(comment__isnull=True), name="one_reaction_on_a_post"
            ),
            models.UniqueConstraint(fields=["comment", "actor_urn"], name="one_reaction_on_a_comment"),
        ]

    def __str__(self) -> str:
        return self.kind
