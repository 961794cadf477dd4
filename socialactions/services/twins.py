"""Comments of ours that stand twice on LinkedIn: found each night, or by a look; a person decides which stays."""

from __future__ import annotations

import logging
from datetime import timedelta
from uuid import uuid5

from django.db import transaction

from socialactions import clock
from socialactions.linkedin.urns import Urn
from socialactions.models import Comment, CommentContent, Outgoing, Post, User

from . import decisions, matching, reading, writing
from .events import record, topic_of
from .outcomes import EVENTS, IN_DOUBT

log = logging.getLogger(__name__)
LOOKED_BACK = timedelta(hours=48)  # members' comments, and so the thread, are forgotten after that
APART_AT_MOST = timedelta(minutes=60)


def search() -> int:
    """Look for twins of what was sent lately; reads the posts anew where there had been doubt. Returns how many."""
    since = clock.now() - LOOKED_BACK
    sent = Outgoing.objects.filter(
        state=Outgoing.State.SENT, kind__in=EVENTS, finished_at__gt=since, result_comment__isnull=False, twin_urn=""
    ).filter(hidden_at__isnull=True)
    doubtful = sent.filter(attempts__outcome__in=IN_DOUBT).values_list("post", flat=True)
    for post in Post.objects.filter(pk__in=doubtful.distinct()):
        if reading.claim_comments(post):
            reading.read_comments(post.pk)
    return sum(_has_twin(row) for row in sent.select_related("desk", "result_comment"))


def _has_twin(row: Outgoing) -> bool:
    itself = CommentContent.objects.filter(comment=row.result_comment).first()
    if itself is None:
        return False
    others = CommentContent.objects.filter(
        post_id=row.post_id,
        thread_id=itself.thread_id,
        comment__actor_urn=row.actor_urn,
        comment__gone_at__isnull=True,
        comment__made_by__isnull=True,  # what a person sent on purpose is no twin
        created_at__range=(itself.created_at - APART_AT_MOST, itself.created_at + APART_AT_MOST),
    ).exclude(comment=row.result_comment)
    twin = next((one for one in others.select_related("comment") if _equal(itself, one)), None)
    if twin is None:
        return False
    with transaction.atomic():
        is_new = Outgoing.objects.filter(pk=row.pk, twin_urn="").update(twin_urn=twin.comment.urn)
        if is_new:
            record(desk=row.desk, kind="twin", topic=topic_of(row), outgoing=row)
            log.warning("action %s stands twice on LinkedIn", row.uid)
    return bool(is_new)


def _equal(one: CommentContent, other: CommentContent) -> bool:
    return matching.same_text(one.text, other.text) and bool(one.pictures) == bool(other.pictures)


def delete_second(row: Outgoing, *, by: User) -> bool:
    """Delete the later of the two as the actor of the first. Two clicks are one deletion. Raises Refused."""
    if not row.twin_urn:
        return False
    second = Comment.objects.filter(post_id=row.post_id, comment_id=Urn.parse(row.twin_urn).id).first()
    if second is None or second.gone_at is not None:
        return decisions.keep(row, by=by)  # it is gone already
    speaker = writing.Speaker(user=by, actor_urn=row.actor_urn)
    with transaction.atomic():
        writing.delete(second, speaker=speaker, form_key=uuid5(row.uid, row.twin_urn))
        return decisions.keep(row, by=by)
