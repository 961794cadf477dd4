"""Calling programs: one at a time for each webhook, oldest first, again and again with growing waits, for a day.

Signed as Standard Webhooks says. The row is the truth and messages only ring, as in `outbox`; but a call that was made
twice does no harm, because its id stays, so there is no doubt to be settled.
"""

from __future__ import annotations

import hmac
import logging
import random
from base64 import b64decode, b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from socialactions import clock
from socialactions.models import Webhook, WebhookDelivery
from socialactions.outside import NotCalled, Outside
from socialactions.sealing import SealBroken

from . import telling
from .api_keys import topic_of
from .events import record
from .webhooks import way_out

log = logging.getLogger(__name__)
State = WebhookDelivery.State

WAITS = tuple(timedelta(seconds=s) for s in (5, 30, 120, 600, 1800, 3600, 7200, 14_400, 28_800, 28_800))
SPREAD = 0.1  # of a wait, and only sooner: the last of them has to fall into the day
GIVEN_UP_AFTER = timedelta(hours=24)
REST_AT_MOST = timedelta(minutes=10)  # of a webhook that fails, whatever else there is to tell
OUTAGE = 3  # failures in a row after which a success means that it is back, and everything goes at once
OFF_AFTER = timedelta(days=3)  # of nothing but failures
GONE = 410  # "do not call again"
TURN_S = 20.0  # then others have theirs
LEASE = timedelta(seconds=60)  # longer than a turn and the call at its end
AT_ONCE = 2  # workers that call programs: slow ones must not hold back what goes to LinkedIn
RING_AGAIN = timedelta(seconds=15)
RINGS_AT_ONCE = 20
GIVEN_UP_WORDS = "Given up after a day."


@dataclass(frozen=True, slots=True)
class Result:
    """How one try went; without a status nobody answered."""

    status: int | None
    said: str
    is_success: bool = False


def deliver(webhook_id: UUID | str, *, outside: Outside | None = None) -> bool:
    """Call one webhook with what is due; True when there is more than fitted into this turn. Harmless to call twice,
    early, late or never: the sweeper finds it.
    """
    lease = _claim(webhook_id)
    if lease is None:
        return False
    try:
        return _turn(webhook_id, outside or way_out())
    finally:
        Webhook.objects.filter(pk=webhook_id, busy_until=lease).update(busy_until=None, slot=None)


def sweep() -> list[UUID]:
    """Give up what is too old, forget secrets that sign no more, and find webhooks with something due that no bell
    announced. Returns ids to ring.
    """
    now = clock.now()
    old = WebhookDelivery.objects.filter(state=State.WAITING, at__lte=now - GIVEN_UP_AFTER)
    old.update(state=State.GIVEN_UP, said=GIVEN_UP_WORDS, finished_at=now)
    Webhook.objects.filter(old_secret_until__lte=now).update(sealed_old_secret="", old_secret_until=None)
    free = _past("rest_until", now) & _past("busy_until", now) & _past("rang_at", now - RING_AGAIN)
    waiting = Webhook.objects.filter(free, pk__in=_due(now).values("webhook"))
    ids = list(waiting.order_by("rest_until", "pk").values_list("pk", flat=True)[:RINGS_AT_ONCE])
    if ids:
        Webhook.objects.filter(pk__in=ids).update(rang_at=now)
    return ids


def headers_of(webhook: Webhook, delivery: WebhookDelivery, now: datetime) -> dict[str, str]:
    """Id, time and signatures. Source: the Standard Webhooks specification, "Signature scheme"."""
    at = str(int(now.timestamp()))
    said = f"{delivery.pk}.{at}.{delivery.body}".encode()
    keys = [b64decode(secret.removeprefix(b"whsec_")) for secret in webhook.secrets_at(now)]
    digests = [b64encode(hmac.digest(key, said, "sha256")).decode() for key in keys]
    return {
        "Content-Type": "application/json",
        "User-Agent": "Threadwell-Webhooks/1",
        "Webhook-Id": str(delivery.pk),
        "Webhook-Timestamp": at,
        "Webhook-Signature": " ".join(f"v1,{digest}" for digest in digests),
    }


def _claim(webhook_id: UUID | str) -> datetime | None:
    """Nobody else calls it until then; None when somebody does, or when enough are calling."""
    now = clock.now()
    taken = Webhook.objects.filter(slot__isnull=False, busy_until__gt=now).values_list("slot", flat=True)
    free = sorted(set(range(AT_ONCE)).difference(taken))
    lease = now + LEASE
    return lease if any(_take(slot, webhook_id, now, lease) for slot in free) else None


def _take(slot: int, webhook_id: UUID | str, now: datetime, lease: datetime) -> bool:
    """One of the few slots for this webhook. The database gives each to one alone, however many saw it free."""
    waits = Webhook.objects.filter(_past("busy_until", now), _past("rest_until", now), pk=webhook_id)
    Webhook.objects.filter(slot=slot, busy_until__lte=now).update(slot=None)  # whoever had it died
    try:
        with transaction.atomic():
            return bool(waits.update(slot=slot, busy_until=lease, rang_at=None))
    except IntegrityError:
        return False


def _turn(webhook_id: UUID | str, outside: Outside) -> bool:
    began = clock.boot_s()
    while True:
        now = clock.now()
        webhook = telling.listening(now).select_related("api_key__desk").filter(pk=webhook_id).first()
        if webhook is None:
            _give_up_all(webhook_id, "Switched off, or its key opens nothing any more.")
            return False
        delivery = _due(now).filter(webhook=webhook).order_by("due_at", "at", "pk").first()
        if delivery is None:
            return False
        if clock.boot_s() - began > TURN_S:
            return True
        result = _call(webhook, delivery, outside)
        _note(webhook, delivery, result)
        if not result.is_success and delivery.kind != telling.TEST:
            return False


def _call(webhook: Webhook, delivery: WebhookDelivery, outside: Outside) -> Result:
    try:
        headers = headers_of(webhook, delivery, clock.now())
        answer = outside.post(webhook.url, delivery.body.encode(), headers)
    except NotCalled as error:
        return Result(None, error.words)
    except SealBroken:
        log.exception("webhook %s cannot sign", webhook.pk)
        return Result(None, "Its secret cannot be read with FIELD_KEYS any more. Give it a new secret.")
    if 300 <= answer.status < 400:
        return Result(answer.status, "Redirects are not followed: give the address it leads to.")
    return Result(answer.status, answer.excerpt, answer.is_success)


@transaction.atomic
def _note(webhook: Webhook, delivery: WebhookDelivery, result: Result) -> None:
    """Write how it went, and what follows for the webhook; nothing where both were removed meanwhile."""
    now = clock.now()
    tries = delivery.tries + 1
    wait = _spread(WAITS[min(tries, len(WAITS)) - 1])
    changes = {"tries": tries, "tried_at": now, "status": result.status, "said": result.said[:200]}
    if result.is_success:
        changes |= {"state": State.DELIVERED, "finished_at": now}
    elif delivery.kind == telling.TEST or now + wait > delivery.at + GIVEN_UP_AFTER:
        changes |= {"state": State.GIVEN_UP, "finished_at": now}
    else:
        changes |= {"due_at": now + wait}
    if not WebhookDelivery.objects.filter(pk=delivery.pk, state=State.WAITING).update(**changes):
        return
    log.info("webhook %s: %s %s, try %s: %s", webhook.pk, delivery.kind, delivery.pk, tries, result.status)
    if result.is_success:
        _note_success(webhook, now)
    elif delivery.kind != telling.TEST:
        _note_failure(webhook, result, now)


def _note_success(webhook: Webhook, now: datetime) -> None:
    if webhook.fails:
        Webhook.objects.filter(pk=webhook.pk).update(fails=0, failing_since=None, rest_until=None)
    if webhook.fails >= OUTAGE:
        webhook.deliveries.filter(state=State.WAITING, due_at__gt=now).update(due_at=now)


def _note_failure(webhook: Webhook, result: Result, now: datetime) -> None:
    fails, since = webhook.fails + 1, webhook.failing_since or now
    rest = _spread(min(WAITS[min(fails, len(WAITS)) - 1], REST_AT_MOST))
    Webhook.objects.filter(pk=webhook.pk).update(fails=fails, failing_since=since, rest_until=now + rest)
    if result.status == GONE:
        _switch_off(webhook, "It answered 410: do not call again.", now)
    elif now - since > OFF_AFTER:
        _switch_off(webhook, "Every call went wrong for three days.", now)


def _switch_off(webhook: Webhook, why: str, now: datetime) -> None:
    Webhook.objects.filter(pk=webhook.pk).update(off_at=now, off_why=why)
    _give_up_all(webhook.pk, why)
    key = webhook.api_key
    record(desk=key.desk, kind="webhook switched off", topic=topic_of(key), way=key.name)


def _give_up_all(webhook_id: UUID | str, why: str) -> None:
    waiting = WebhookDelivery.objects.filter(webhook_id=webhook_id, state=State.WAITING)
    waiting.update(state=State.GIVEN_UP, said=why, finished_at=clock.now())


def _due(now: datetime) -> QuerySet[WebhookDelivery]:
    return WebhookDelivery.objects.filter(state=State.WAITING, due_at__lte=now)


def _spread(wait: timedelta) -> timedelta:
    """Up to a tenth sooner: what failed together is not called again together."""
    return wait * (1 - SPREAD * random.random())  # noqa: S311 - nobody gains by guessing it


def _past(field: str, moment: datetime) -> Q:
    return Q(**{f"{field}__isnull": True}) | Q(**{f"{field}__lte": moment})
