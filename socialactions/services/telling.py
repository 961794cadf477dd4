"""What programs are told by their webhooks: rows, written in the transaction of what happened. Calling is `calling`'s.

Bodies hold LinkedIn's numbers and our own, never anybody's words, names or times of speaking: those are asked for with
the key, while they may be shown.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from socialactions import bells, clock
from socialactions.models import ApiCall, ApiKey, Comment, Outgoing, Post, Webhook, WebhookDelivery

from .pages import rights_on

ACTION_FINISHED, COMMENT_NEW, TEST = "action.finished", "comment.new", "test"
Thing = tuple[UUID, dict[str, Any]]  # what it is about, and what is said of it


def listening(now: datetime | None = None) -> QuerySet[Webhook]:
    """Webhooks that are on, of keys that open something and people who are still at the desk."""
    return Webhook.objects.filter(
        off_at__isnull=True,
        api_key__revoked_at__isnull=True,
        api_key__expires_at__gt=now or clock.now(),
        api_key__user__is_active=True,
        api_key__user__desk=F("api_key__desk"),
    )


def action_finished(row: Outgoing) -> None:
    """Tell the keys that asked for an action how it ended; one question, also where nobody listens."""
    asked_too = ApiCall.objects.filter(api_key=OuterRef("api_key"), outgoing=row)
    asked = Q(api_key=row.api_key_id) | Q(Exists(asked_too))
    webhooks = list(listening().filter(asked, wants_actions=True, api_key__desk=row.desk_id))
    if webhooks:
        tell(webhooks, ACTION_FINISHED, [(row.uid, _about_action(row))])


def comments_new(post: Post, comments: Iterable[tuple[Comment, datetime]]) -> None:
    """Tell of comments that others wrote since a webhook was made; each with LinkedIn's time, which is not passed on.
    What stood there before is no news.
    """
    found = list(comments)
    if not found:
        return
    for webhook in _may_read(post):
        news = [(one.pk, _about_comment(post, one)) for one, written_at in found if written_at >= webhook.created_at]
        if news:
            tell([webhook], COMMENT_NEW, news)


def trial(webhook: Webhook) -> None:
    """One call that means nothing, tried once and before all others."""
    with transaction.atomic():
        Webhook.objects.filter(pk=webhook.pk).update(rest_until=None)
        tell([webhook], TEST, [(uuid4(), {"webhook": str(webhook.pk)})], due_at=webhook.created_at)


def tell(
    webhooks: Collection[Webhook], kind: str, things: Collection[Thing], *, due_at: datetime | None = None
) -> None:
    """Add the rows and ring after the commit; what was told before is not told again."""
    now = clock.now()
    said = {"type": kind, "timestamp": now.isoformat()}
    rows = [
        WebhookDelivery(
            webhook=webhook,
            kind=kind,
            subject=subject,
            body=json.dumps({**said, "data": about}, separators=(",", ":")),
            at=now,
            due_at=due_at or now,
        )
        for webhook in webhooks
        for subject, about in things
    ]
    WebhookDelivery.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)
    for pk in [webhook.pk for webhook in webhooks]:
        transaction.on_commit(lambda pk=pk: bells.ring_webhook(pk), robust=True)  # type: ignore[misc]


def _may_read(post: Post) -> list[Webhook]:
    """Webhooks of keys whose person reads the comments of this Page: one query when there are none."""
    desk_id = post.organization.desk_id
    wanting = listening().filter(wants_comments=True, api_key__desk=desk_id)
    found = []
    for webhook in wanting.select_related("api_key__user__connection").prefetch_related(
        "api_key__user__connection__roles"
    ):
        key = webhook.api_key
        grant = getattr(key.user, "connection", None)
        if ApiKey.Scope.READ in key.scopes and grant and rights_on(grant, post.organization).read_comments:
            found.append(webhook)
    return found


def _about_action(row: Outgoing) -> dict[str, Any]:
    return {
        "id": str(row.uid),
        "kind": kind_of(row),
        "actor": row.actor_urn,
        "target": row.target_urn,
        "state": row.state,
        "final": True,
        "reason": row.reason or None,
        "result_urn": row.result_urn,
    }


def kind_of(row: Outgoing) -> str:
    """What the API calls it."""
    if row.kind == Outgoing.Kind.UNREACT:
        return "unlike"
    return "like" if row.kind == Outgoing.Kind.REACT and row.reaction == "LIKE" else row.kind


def _about_comment(post: Post, comment: Comment) -> dict[str, Any]:
    return {
        "comment": comment.urn,
        "post": post.urn,
        "organization": post.organization.urn,
        "is_reply": comment.thread_id is not None,
        "seen_at": comment.first_seen_at.isoformat(),
    }
