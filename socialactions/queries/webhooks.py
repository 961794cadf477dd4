"""Webhooks of a key and what was told to them lately, for Settings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from socialactions import clock
from socialactions.models import ApiKey, Desk, Webhook, WebhookDelivery

CALLS_SHOWN = 20
STATES = {"waiting": "waiting", "delivered": "arrived", "given_up": "given up"}


@dataclass(frozen=True, slots=True)
class CallRow:
    """One thing told, or to be told."""

    id: UUID
    kind: str
    at: datetime
    state: str  # in words
    is_trouble: bool
    tries: int
    tried_at: datetime | None
    again_at: datetime | None
    answer: str  # "204", "500: Sorry", "No answer in time."


@dataclass(frozen=True, slots=True)
class WebhookRow:
    """``trouble`` is what stands in the way, in whole sentences; "" when nothing does."""

    id: UUID
    url: str
    hears: Sequence[str]
    is_on: bool
    trouble: str
    failing_since: datetime | None
    old_secret_until: datetime | None  # the secret before signs as well
    calls: Sequence[CallRow]


def of_key(key: ApiKey) -> list[WebhookRow]:
    """In the order of their making; one query for them and one for each one's calls."""
    return [_row(webhook) for webhook in Webhook.objects.filter(api_key=key).order_by("created_at")]


def switched_off(desk: Desk) -> set[UUID]:
    """Keys of which a webhook is switched off."""
    return set(Webhook.objects.filter(api_key__desk=desk, off_at__isnull=False).values_list("api_key", flat=True))


def is_living(key: ApiKey) -> bool:
    return key.revoked_at is None and key.expires_at > clock.now()


def _row(webhook: Webhook) -> WebhookRow:
    calls = WebhookDelivery.objects.filter(webhook=webhook).order_by("-at", "-id")[:CALLS_SHOWN]
    until = webhook.old_secret_until
    hears = [name for name, wants in _hears(webhook) if wants]
    return WebhookRow(
        id=webhook.pk,
        url=webhook.url,
        hears=hears,
        is_on=webhook.off_at is None,
        trouble=_trouble(webhook),
        failing_since=webhook.failing_since,
        old_secret_until=until if until and until > clock.now() else None,
        calls=[_call(one, webhook) for one in calls],
    )


def _hears(webhook: Webhook) -> tuple[tuple[str, bool], ...]:
    return ("action.finished", webhook.wants_actions), ("comment.new", webhook.wants_comments)


def _trouble(webhook: Webhook) -> str:
    if webhook.off_at is not None:
        return f"Switched off. {webhook.off_why} What happens meanwhile is not told later."
    if webhook.fails:
        calls = "The last call" if webhook.fails == 1 else f"The last {webhook.fails} calls"
        return f"{calls} went wrong. Each is made again for a day, with growing waits."
    return ""


def _call(row: WebhookDelivery, webhook: Webhook) -> CallRow:
    is_waiting = row.state == WebhookDelivery.State.WAITING
    again_at = max(row.due_at, webhook.rest_until or row.due_at) if is_waiting and row.tries else None
    return CallRow(
        id=row.pk,
        kind=row.kind,
        at=row.at,
        state=STATES[row.state],
        is_trouble=row.state == WebhookDelivery.State.GIVEN_UP or again_at is not None,
        tries=row.tries,
        tried_at=row.tried_at,
        again_at=again_at,
        answer=": ".join(part for part in (str(row.status or ""), row.said) if part),
    )
