"""Programs are told what happened: once, in its transaction, and never anybody's words."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from socialactions import clock
from socialactions.models import Comment, Outgoing, PageRole, WebhookDelivery
from socialactions.sandbox.seeds.cast import ACME
from socialactions.services import calling, decisions, outbox, writing
from tests.deeds import Place
from tests.environment import ROOT
from tests.receiver import Receiver
from tests.web.desks import AtDesk
from tests.web.hooks import RECENT, hook, like, only, overhear, read, told, verified
from tests.web.programs import Program, program_of

State = WebhookDelivery.State


# what is told, and to whom


def test_the_end_of_an_action_is_told_and_signed(place: Place, program: Program, receiver: Receiver) -> None:
    webhook, secret = hook(program, receiver.url)
    row = like(place, program)
    assert not calling.deliver(webhook.pk)
    (call,) = receiver.calls
    said = verified(call, secret)
    assert (said["type"], set(said)) == ("action.finished", {"type", "timestamp", "data"})
    assert abs(datetime.fromisoformat(said["timestamp"]) - clock.now()) < timedelta(minutes=1)
    assert said["data"] == {
        "id": str(row.uid),
        "kind": "like",
        "actor": ACME,
        "target": row.target_urn,
        "state": "sent",
        "final": True,
        "reason": None,
        "result_urn": None,
    }
    assert (only().state, only().tries, only().status) == (State.DELIVERED, 1, 204)
    assert not calling.deliver(webhook.pk) and len(receiver.calls) == 1


@pytest.mark.parametrize("end", ["cancelled", "discarded", "failed", "sent"])
def test_every_end_is_told_and_no_step_before_it(place: Place, program: Program, end: str) -> None:
    hook(program, "https://hooks.example.org/")
    speaker = writing.Speaker(user=place.user, actor_urn=ACME, way="Night shift", api_key=program.key)
    row = writing.comment_on(place.post(), speaker=speaker, text="Nobody's words leave.", form_key=uuid4())
    assert told() == []
    match end:
        case "cancelled":
            decisions.undo(row, by=place.user)
        case "discarded":
            Outgoing.objects.filter(pk=row.pk).update(state="blocked")
            decisions.discard(row, by=place.user)
        case _:
            Outgoing.objects.filter(pk=row.pk).update(due_at=clock.now())
            if end == "failed":
                place.world.posts.clear()
            outbox.deliver(row.pk)
    (delivery,) = told("action.finished")
    row.refresh_from_db()
    said = json.loads(delivery.body)["data"]
    assert (said["id"], said["state"], said["kind"]) == (str(row.uid), end, "comment")
    assert (said["reason"] or "", said["result_urn"]) == (row.reason, row.result_urn)
    assert "words" not in delivery.body


def test_the_guides_check_accepts_our_calls(place: Place, program: Program, receiver: Receiver) -> None:
    guide = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    found: dict[str, Any] = {}
    exec(next(one for one in guide.split("```python\n") if "def is_from" in one).partition("```")[0], found)  # noqa: S102
    webhook, secret = hook(program, receiver.url)
    like(place, program)
    calling.deliver(webhook.pk)
    call = receiver.calls[0]
    headers = {name.title(): value for name, value in call.headers.items()}
    assert found["is_from_threadwell"](secret, headers, call.body)
    assert not found["is_from_threadwell"](secret, headers, call.body + b" ")
    old = {**headers, "Webhook-Timestamp": str(int(headers["Webhook-Timestamp"]) - 301)}
    assert not found["is_from_threadwell"](secret, old, call.body)


def test_a_key_hears_of_its_own_actions_only(place: Place, program: Program) -> None:
    hook(program, "https://hooks.example.org/")
    other = program_of(place)
    like(place, None)
    like(place, other, state="PRAISE")
    assert told() == []
    like(place, program, state="EMPATHY")
    assert len(told()) == 1


def test_two_keys_that_asked_for_the_same_both_hear_of_it(place: Place, program: Program) -> None:
    other = program_of(place)
    urls = [hook(one, "https://hooks.example.org/")[0].pk for one in (program, other)]
    wish = {"kind": "like", "actor": ACME, "target": place.post().urn}
    first, second = program.act(**wish), other.act(**wish)
    assert first.json()["id"] == second.json()["id"]
    outbox.deliver(program.outgoing(first).pk)
    assert sorted(one.webhook_id for one in told()) == sorted(urls)
    assert {json.loads(one.body)["data"]["kind"] for one in told()} == {first.json()["kind"]}


def test_without_listeners_an_end_costs_one_question(place: Place, program: Program) -> None:
    for asker, state in ((None, "LIKE"), (program, "PRAISE")):
        with CaptureQueriesContext(connection) as asked:
            like(place, asker, state=state)
        assert len([one for one in asked if "webhook" in one["sql"]]) == 1


def test_a_new_comment_is_told_without_its_words(place: Place, program: Program, receiver: Receiver) -> None:
    webhook, secret = hook(program, receiver.url, actions=False, comments=True)
    overhear(place, "Strictly between us, Dana Whitlock.")
    comment = place.comment("Strictly between us")
    calling.deliver(webhook.pk)
    said = verified(receiver.calls[0], secret)
    assert said["type"] == "comment.new"
    assert said["data"] == {
        "comment": comment.urn,
        "post": place.post().urn,
        "organization": ACME,
        "is_reply": False,
        "seen_at": comment.first_seen_at.isoformat(),
    }
    content = comment.content
    for secret_part in ("Strictly", "Dana", comment.actor_urn, content.created_at.isoformat()[:16]):
        assert secret_part not in receiver.calls[0].body.decode()


def test_a_comment_is_told_once_and_our_own_never(place: Place, program: Program) -> None:
    hook(program, "https://hooks.example.org/", comments=True)
    overhear(place, "From outside.")
    overhear(place, "As ourselves.", by=place.user.member_urn)
    for _ in range(2):
        read(place)
    (delivery,) = told("comment.new")
    assert delivery.subject == place.comment("From outside").pk
    Comment.objects.filter(pk=delivery.subject).update(gone_at=clock.now())
    read(place)
    assert len(told("comment.new")) == 1


def test_what_stood_there_before_is_no_news(place: Place, program: Program) -> None:
    """A desk's first reading of a Page brings hundreds of old comments."""
    made, _ = hook(program, "https://hooks.example.org/", comments=True)
    Comment.objects.all().delete()
    read(place)
    since = made.created_at - RECENT
    fresh = Comment.objects.filter(is_ours=False, content__created_at__gte=since)
    assert {one.subject for one in told()} == set(fresh.values_list("pk", flat=True))
    assert Comment.objects.filter(is_ours=False).count() > fresh.count()


def test_who_may_not_read_the_page_hears_nothing_of_it(ada_desk: AtDesk, bo: AtDesk) -> None:
    hook(program_of(bo, actors=[]), "https://hooks.example.org/", comments=True)
    hook(program_of(ada_desk, scopes=["like"]), "https://hooks.example.org/", comments=True)
    lost, _ = hook(program_of(ada_desk), "https://hooks.example.org/", comments=True)
    PageRole.objects.filter(connection__user=ada_desk.user, organization=ada_desk.acme).update(state="REVOKED")
    overhear(ada_desk, "Not for Bo.")
    assert told() == []
    PageRole.objects.filter(connection__user=ada_desk.user).update(state="APPROVED")
    overhear(ada_desk, "For Ada.")
    assert {one.webhook for one in told()} == {lost}


def test_another_desk_that_reads_the_same_page_hears_its_own_reading_only(ada_desk: AtDesk, other_desk: AtDesk) -> None:
    hook(program_of(other_desk, actors=[]), "https://hooks.example.org/", comments=True)
    overhear(ada_desk, "Read by Ada's desk.")
    assert told() == []


def test_the_row_is_there_or_not_with_what_happened(place: Place, program: Program) -> None:
    """Told in the same transaction: what is rolled back was never told."""
    hook(program, "https://hooks.example.org/")
    with transaction.atomic():
        row = like(place, program)
        assert len(told()) == 1
        transaction.set_rollback(True)
    assert told() == [] and not Outgoing.objects.filter(pk=row.pk).exists()
