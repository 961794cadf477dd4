"""Webhooks as people keep them: made with a secret that is shown once, tried out, switched on again, removed."""

from __future__ import annotations

import secrets
from base64 import b64encode
from datetime import timedelta
from uuid import uuid4

from django.conf import settings
from django.db import transaction

from socialactions import clock
from socialactions.models import ApiKey, User, Webhook, WebhookDelivery
from socialactions.outside import NotCalled, Outside
from socialactions.sealing import SealBroken

from . import telling
from .api_keys import topic_of
from .events import record

MOST = 5  # of one key
OLD_SECRET_SIGNS = timedelta(hours=24)  # beside the new one, as Standard Webhooks advises


class TooMany(Exception):
    """The key has as many as it may."""


def way_out() -> Outside:
    """How this installation calls programs."""
    return Outside(may_loopback=settings.WEBHOOKS_TO_LOOPBACK)


def why_never(url: str) -> str:
    """Why this address will not be called; empty when it may be. Where its name leads is seen at each call."""
    try:
        way_out().target(url)
    except NotCalled as error:
        return error.words
    return ""


@transaction.atomic
def make(key: ApiKey, *, by: User, url: str, wants_actions: bool, wants_comments: bool) -> tuple[Webhook, str]:
    """The secret in the answer is shown once. Raises TooMany."""
    ApiKey.objects.select_for_update().get(pk=key.pk)
    if Webhook.objects.filter(api_key=key).count() >= MOST:
        raise TooMany
    secret = _new_secret()
    webhook = Webhook(
        id=uuid4(),
        api_key=key,
        url=url,
        wants_actions=wants_actions,
        wants_comments=wants_comments,
        created_at=clock.now(),
    )
    webhook.secret = secret
    webhook.save(force_insert=True)
    record(desk=key.desk, kind="webhook made", topic=topic_of(key), user=by, way=key.name)
    return webhook, secret


@transaction.atomic
def renew_secret(webhook: Webhook, *, by: User) -> str:
    """A new secret, shown once. For a day the one before signs as well, so that no call is lost while a program changes
    over; one before that signs no more.
    """
    held = Webhook.objects.select_for_update().get(pk=webhook.pk)
    secret = _new_secret()
    try:
        _ = held.secret
        held.sealed_old_secret, held.old_secret_until = held.sealed_secret, clock.now() + OLD_SECRET_SIGNS
    except SealBroken:  # nobody can sign with it any more
        held.sealed_old_secret, held.old_secret_until = "", None
    held.secret = secret
    held.save(update_fields=["sealed_secret", "sealed_old_secret", "old_secret_until"])
    key = webhook.api_key
    record(desk=key.desk, kind="webhook secret renewed", topic=topic_of(key), user=by, way=key.name)
    return secret


@transaction.atomic
def remove(webhook: Webhook, *, by: User) -> None:
    """It is called no more; what it was told goes with it."""
    key = webhook.api_key
    webhook.delete()
    record(desk=key.desk, kind="webhook removed", topic=topic_of(key), user=by, way=key.name)


@transaction.atomic
def switch_on(webhook: Webhook, *, by: User) -> bool:
    """It hears what happens from now on. False when it was on."""
    is_off = Webhook.objects.filter(pk=webhook.pk, off_at__isnull=False)
    done = is_off.update(off_at=None, off_why="", fails=0, failing_since=None, rest_until=None)
    if done:
        key = webhook.api_key
        record(desk=key.desk, kind="webhook switched on", topic=topic_of(key), user=by, way=key.name)
    return bool(done)


def try_out(webhook: Webhook) -> bool:
    """Call it with nothing to say. False while an earlier trial is under way, or when it is off."""
    if not telling.listening().filter(pk=webhook.pk).exists():
        return False
    if webhook.deliveries.filter(kind=telling.TEST, state=WebhookDelivery.State.WAITING).exists():
        return False
    telling.trial(webhook)
    return True


def _new_secret() -> str:
    return f"whsec_{b64encode(secrets.token_bytes(32)).decode()}"
