"""Webhooks in tests: made, listened for, moved in time, and their signatures followed by the specification's words."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

from socialactions import clock
from socialactions.models import Outgoing, Post, Webhook, WebhookDelivery
from socialactions.sandbox.seeds import build
from socialactions.sandbox.seeds.cast import ACME, stranger
from socialactions.services import outbox, webhooks, writing
from tests.deeds import Place
from tests.receiver import Received
from tests.web.desks import AtDesk
from tests.web.programs import Program

RECENT = timedelta(hours=1)  # the sandbox's strangers spoke a minute ago


def overhear(desk: Place | AtDesk, text: str, *, by: str = "") -> None:
    """A stranger comments on LinkedIn, and we read it."""
    world = desk.world if isinstance(desk, Place) else desk.sandbox.world
    post = desk.post()
    build.say(world, world.post(post.urn), by or stranger("Dana"), text, age_s=60)
    read(desk)


def read(desk: Place | AtDesk) -> None:
    Post.objects.filter(pk=desk.post().pk).update(reading_until=None)
    desk.read_comments(desk.post())


def hook(program: Program, url: str, *, actions: bool = True, comments: bool = False) -> tuple[Webhook, str]:
    made, secret = webhooks.make(
        program.key, by=program.key.user, url=url, wants_actions=actions, wants_comments=comments
    )
    Webhook.objects.filter(pk=made.pk).update(created_at=made.created_at - RECENT)
    return made, secret


def like(desk: Place | AtDesk, program: Program | None, *, state: str = "LIKE") -> Outgoing:
    speaker = writing.Speaker(
        user=desk.user, actor_urn=ACME, way=program.key.name if program else "browser",
        api_key=program.key if program else None,
    )  # fmt: skip
    row = writing.react(desk.post(), None, speaker=speaker, kind=state)
    outbox.deliver(row.pk)
    return row


def told(kind: str = "") -> list[WebhookDelivery]:
    rows = WebhookDelivery.objects.order_by("at", "pk")
    return list(rows.filter(kind=kind) if kind else rows)


def only() -> WebhookDelivery:
    return WebhookDelivery.objects.get()


def later(webhook: Webhook, by: timedelta) -> None:
    """As if so much time had passed since everything that was written down about a webhook."""
    for row in WebhookDelivery.everything.filter(webhook=webhook):
        WebhookDelivery.everything.filter(pk=row.pk).update(at=row.at - by, due_at=row.due_at - by)
    now = Webhook.objects.get(pk=webhook.pk)
    moments = ("failing_since", "rest_until", "busy_until", "rang_at")
    values = {name: at - by for name in moments if (at := getattr(now, name))}
    Webhook.objects.filter(pk=webhook.pk).update(**values)


def verified(call: Received, *secrets: str) -> Any:
    """The body, if it is signed with these and no others; by the words of the specification, without our code."""
    signed = b".".join([call.headers["webhook-id"].encode(), call.headers["webhook-timestamp"].encode(), call.body])
    expected = []
    for secret in secrets:
        assert secret.startswith("whsec_")
        key = base64.b64decode(secret.partition("_")[2], validate=True)
        assert len(key) == 32
        expected.append(f"v1,{base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()}")
    assert call.headers["webhook-signature"].split(" ") == expected
    assert abs(int(call.headers["webhook-timestamp"]) - clock.now().timestamp()) < 60
    assert call.headers["content-type"] == "application/json"
    return json.loads(call.body)
