"""A program that does not hear is called again, with growing waits, for a day; and then no more."""

from __future__ import annotations

import base64
import threading
from datetime import timedelta
from typing import Any

import pytest

from socialactions import clock, tasks
from socialactions.models import Event, Webhook, WebhookDelivery
from socialactions.outside import Outside
from socialactions.services import api_keys, calling, telling, webhooks
from tests.deeds import Place, in_threads
from tests.receiver import Receiver
from tests.web.hooks import hook, later, like, only, told, verified
from tests.web.programs import Program, program_of

State = WebhookDelivery.State
WORKERS = 8  # as many threads as the embedded worker has


def test_a_refusal_is_tried_again_with_growing_waits_under_one_id(
    place: Place, program: Program, receiver: Receiver
) -> None:
    webhook, secret = hook(program, receiver.url)
    like(place, program)
    receiver.answers = [500, (503, "Later, please"), 302, 204]
    for tries, wait in enumerate((5, 30, 120), start=1):
        assert not calling.deliver(webhook.pk)
        row = only()
        assert (row.state, row.tries) == (State.WAITING, tries)
        assert 0.9 * wait - 2 <= (row.due_at - clock.now()).total_seconds() <= wait  # up to a tenth sooner
        assert calling.sweep() == []
        assert not calling.deliver(webhook.pk) and len(receiver.calls) == tries
        later(webhook, timedelta(seconds=wait + 1))
        assert calling.sweep() == [webhook.pk]
        assert calling.sweep() == []  # rung for: not again at once
    calling.deliver(webhook.pk)
    assert (only().state, only().status, only().tries) == (State.DELIVERED, 204, 4)
    assert len({call.headers["webhook-id"] for call in receiver.calls}) == 1
    assert len({call.body for call in receiver.calls}) == 1
    assert [verified(call, secret)["type"] for call in receiver.calls] == ["action.finished"] * 4
    webhook.refresh_from_db()
    assert (webhook.fails, webhook.failing_since, webhook.rest_until) == (0, None, None)


def test_a_redirect_is_a_refusal_with_words(place: Place, program: Program, receiver: Receiver) -> None:
    webhook, _ = hook(program, receiver.url)
    like(place, program)
    receiver.answers = [308]
    calling.deliver(webhook.pk)
    assert (only().status, only().said) == (308, "Redirects are not followed: give the address it leads to.")
    assert len(receiver.calls) == 1


def test_after_a_day_it_is_given_up(place: Place, program: Program, receiver: Receiver) -> None:
    webhook, _ = hook(program, receiver.url)
    like(place, program)
    receiver.answers = [500] * 50
    waited = timedelta()
    while only().state == State.WAITING:
        later(webhook, step := max(only().due_at - clock.now(), timedelta()) + timedelta(seconds=1))
        waited += step
        calling.deliver(webhook.pk)
    assert only().state == State.GIVEN_UP and len(receiver.calls) == only().tries == 11
    assert timedelta(hours=12) < waited < timedelta(hours=24)
    # What nobody came to is given up by its age.
    like(place, program, state="PRAISE")
    WebhookDelivery.objects.filter(state=State.WAITING).update(at=clock.now() - calling.GIVEN_UP_AFTER)
    calling.sweep()
    assert {one.state for one in told()} == {State.GIVEN_UP} and told()[0].said == calling.GIVEN_UP_WORDS


def test_one_that_is_refused_holds_up_no_other(place: Place, program: Program, receiver: Receiver) -> None:
    webhook, _ = hook(program, receiver.url)
    for kind in ("LIKE", "PRAISE", "EMPATHY"):
        like(place, program, state=kind)
    receiver.answers = [500]
    calling.deliver(webhook.pk)
    assert len(receiver.calls) == 1  # then it rests
    later(webhook, timedelta(seconds=6))
    calling.deliver(webhook.pk)
    assert [one.state for one in told()].count(State.DELIVERED) == 3


def test_when_a_webhook_is_back_everything_goes_at_once(place: Place, program: Program, receiver: Receiver) -> None:
    webhook, _ = hook(program, receiver.url)
    for kind in ("LIKE", "PRAISE"):
        like(place, program, state=kind)
    Webhook.objects.filter(pk=webhook.pk).update(fails=calling.OUTAGE, failing_since=clock.now())
    second = told()[1]
    WebhookDelivery.objects.filter(pk=second.pk).update(due_at=clock.now() + timedelta(hours=8), tries=9)
    calling.deliver(webhook.pk)
    assert [one.state for one in told()] == [State.DELIVERED] * 2


@pytest.mark.parametrize(
    ("status", "since", "why"),
    [(410, None, "It answered 410"), (500, timedelta(days=3, minutes=1), "three days")],
)
def test_after_long_failure_it_is_switched_off(
    place: Place, program: Program, receiver: Receiver, status: int, since: timedelta | None, why: str
) -> None:
    webhook, _ = hook(program, receiver.url)
    like(place, program)
    like(place, program, state="PRAISE")
    if since is not None:
        Webhook.objects.filter(pk=webhook.pk).update(fails=9, failing_since=clock.now() - since)
    receiver.answers = [status]
    calling.deliver(webhook.pk)
    webhook.refresh_from_db()
    assert webhook.off_at is not None and why in webhook.off_why
    assert {one.state for one in told()} == {State.GIVEN_UP}
    assert Event.objects.filter(kind="webhook switched off", topic=api_keys.topic_of(program.key)).count() == 1
    like(place, program, state="EMPATHY")
    assert len(told()) == 2 and calling.sweep() == []
    assert webhooks.switch_on(webhook, by=place.user) and not webhooks.switch_on(webhook, by=place.user)
    like(place, program, state="INTEREST")
    calling.deliver(webhook.pk)
    assert len(receiver.calls) == 2


def test_a_revoked_key_stops_its_calls(place: Place, program: Program, receiver: Receiver) -> None:
    webhook, _ = hook(program, receiver.url)
    like(place, program)
    api_keys.revoke(program.key, by=place.user)
    assert calling.sweep() == [webhook.pk]
    calling.deliver(webhook.pk)
    assert receiver.calls == [] and only().state == State.GIVEN_UP
    like(place, program, state="PRAISE")
    assert len(told()) == 1 and calling.sweep() == []


@pytest.mark.parametrize("end", ["expired", "left", "inactive"])
def test_so_does_a_key_past_its_end_or_of_who_left(
    place: Place, program: Program, receiver: Receiver, end: str
) -> None:
    webhook, _ = hook(program, receiver.url)
    like(place, program)
    key, user = program.key, program.key.user
    if end == "expired":
        type(key).objects.filter(pk=key.pk).update(expires_at=clock.now())
    else:
        type(user).objects.filter(pk=user.pk).update(**({"desk": None} if end == "left" else {"is_active": False}))
    calling.deliver(webhook.pk)
    assert receiver.calls == []


def test_a_removed_webhook_is_called_no_more(place: Place, program: Program, receiver: Receiver) -> None:
    webhook, _ = hook(program, receiver.url)
    like(place, program)
    row = only()
    webhooks.remove(webhook, by=place.user)
    assert not calling.deliver(row.webhook_id) and receiver.calls == [] and told() == []


def test_one_that_is_removed_during_its_call_leaves_nothing(place: Place, program: Program, receiver: Receiver) -> None:
    webhook, _ = hook(program, receiver.url)
    like(place, program)

    def resolve(host: str, port: int) -> list[str]:
        webhooks.remove(Webhook.objects.get(pk=webhook.pk), by=place.user)
        return ["127.0.0.1"]

    assert not calling.deliver(webhook.pk, outside=Outside(resolve=resolve, may_loopback=True))
    assert len(receiver.calls) == 1 and told() == []


@pytest.mark.parametrize("address", ["10.0.0.7", "169.254.169.254", "::ffff:127.0.0.1", "fd00::1"])
def test_a_name_that_leads_inside_is_not_called(place: Place, program: Program, address: str) -> None:
    webhook, _ = hook(program, "https://hooks.example.org/")
    like(place, program)
    calling.deliver(webhook.pk, outside=Outside(resolve=lambda host, port: [address]))
    assert (only().status, only().said) == (None, "The name leads to an address that is not on the public internet.")


def test_two_workers_never_call_one_webhook_together(place: Place, program: Program, receiver: Receiver) -> None:
    webhook, _ = hook(program, receiver.url)
    like(place, program)
    seen: list[bool] = []

    def resolve(host: str, port: int) -> list[str]:
        seen.append(calling.deliver(webhook.pk))
        return ["127.0.0.1"]

    calling.deliver(webhook.pk, outside=Outside(resolve=resolve, may_loopback=True))
    assert seen == [False] and len(receiver.calls) == 1


@pytest.mark.django_db(transaction=True)
def test_slow_programs_hold_few_workers(place: Place, receiver: Receiver) -> None:
    """All are rung for at the same moment, and none ends before each was given its turn or told that there is none."""
    made = [hook(program_of(place), receiver.url)[0] for _ in range(WORKERS)]
    for webhook in made:
        telling.trial(webhook)
    all_know = threading.Barrier(WORKERS)

    def work(number: int) -> bool:
        called = []

        def resolve(host: str, port: int) -> list[str]:
            called.append(host)
            all_know.wait(20)
            return ["127.0.0.1"]

        calling.deliver(made[number].pk, outside=Outside(resolve=resolve, may_loopback=True))
        if not called:
            all_know.wait(20)
        return bool(called)

    assert in_threads(WORKERS, work).count(True) == len(receiver.calls) == calling.AT_ONCE
    assert not Webhook.objects.filter(slot__isnull=False).exists()


def test_a_slot_of_who_died_is_free_after_its_lease(place: Place, program: Program, receiver: Receiver) -> None:
    busy = [hook(program, receiver.url)[0] for _ in range(calling.AT_ONCE)]
    webhook, _ = hook(program, receiver.url)
    like(place, program)
    for slot, one in enumerate(busy):
        Webhook.objects.filter(pk=one.pk).update(busy_until=clock.now() + calling.LEASE, slot=slot)
    assert not calling.deliver(webhook.pk) and receiver.calls == []
    later(busy[0], calling.LEASE + timedelta(seconds=1))
    calling.deliver(webhook.pk)
    assert len(receiver.calls) == 1


def test_a_turn_ends_so_that_others_have_theirs(
    place: Place, program: Program, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    webhook, _ = hook(program, receiver.url)
    like(place, program)
    monkeypatch.setattr(calling, "TURN_S", -1.0)
    assert calling.deliver(webhook.pk) is True and receiver.calls == []


def test_the_timer_and_the_bell_lead_there(place: Place, program: Program, receiver: Receiver) -> None:
    webhook, _ = hook(program, receiver.url)
    like(place, program)
    tasks.sweep()
    webhook.refresh_from_db()
    assert webhook.rang_at is not None
    assert tasks.call_webhook.name == "socialactions.tasks.call_webhook"  # as `bells` calls it
    tasks.call_webhook(str(webhook.pk))
    assert len(receiver.calls) == 1 and only().state == State.DELIVERED


def test_a_secret_that_cannot_be_read_is_said(
    place: Place, program: Program, receiver: Receiver, settings: Any
) -> None:
    webhook, _ = hook(program, receiver.url)
    like(place, program)
    settings.FIELD_KEYS = [base64.urlsafe_b64encode(b"another key that is quite unlike").decode()]
    calling.deliver(webhook.pk)
    assert "FIELD_KEYS" in only().said and receiver.calls == []


def test_the_secret_stands_sealed_in_its_row_alone(program: Program) -> None:
    made, secret = hook(program, "https://hooks.example.org/")
    stored = Webhook.objects.get(pk=made.pk)
    assert secret not in stored.sealed_secret and stored.sealed_secret.startswith("gAAAA")
    assert stored.secret.decode() == secret


def test_a_trial_is_tried_once_and_before_all_others(place: Place, program: Program, receiver: Receiver) -> None:
    webhook, secret = hook(program, receiver.url)
    like(place, program)
    Webhook.objects.filter(pk=webhook.pk).update(rest_until=clock.now() + timedelta(hours=1), fails=2)
    receiver.answers = [500]
    assert webhooks.try_out(webhook) and not webhooks.try_out(webhook)
    calling.deliver(webhook.pk)
    assert [verified(call, secret)["type"] for call in receiver.calls] == ["test", "action.finished"]
    (trial,) = told(telling.TEST)
    assert (trial.state, trial.tries, trial.status) == (State.GIVEN_UP, 1, 500)
    assert webhooks.try_out(webhook)


# a new secret


def test_for_a_day_both_secrets_sign_and_then_the_new_one(place: Place, program: Program, receiver: Receiver) -> None:
    webhook, first = hook(program, receiver.url)
    second = webhooks.renew_secret(webhook, by=place.user)
    for state, signing in (("LIKE", (second, first)), ("PRAISE", (second,))):
        like(place, program, state=state)
        calling.deliver(webhook.pk)
        verified(receiver.calls[-1], *signing)
        Webhook.objects.filter(old_secret_until__isnull=False).update(old_secret_until=clock.now())
    calling.sweep()
    webhook.refresh_from_db()
    assert (webhook.sealed_old_secret, webhook.old_secret_until) == ("", None)


def test_of_three_secrets_the_last_two_sign(place: Place, program: Program, receiver: Receiver) -> None:
    webhook, _ = hook(program, receiver.url)
    second, third = (webhooks.renew_secret(webhook, by=place.user) for _ in range(2))
    like(place, program)
    calling.deliver(webhook.pk)
    verified(receiver.calls[-1], third, second)


def test_a_secret_that_cannot_be_read_any_more_is_renewed(place: Place, program: Program, receiver: Receiver) -> None:
    webhook, _ = hook(program, receiver.url)
    Webhook.objects.update(sealed_secret="sealed with a key that was lost")
    like(place, program)
    calling.deliver(webhook.pk)
    assert "Give it a new secret" in only().said
    secret = webhooks.renew_secret(webhook, by=place.user)
    later(webhook, timedelta(seconds=6))
    calling.deliver(webhook.pk)
    verified(receiver.calls[-1], secret)


def test_calls_that_failed_together_are_not_repeated_together() -> None:
    waits = {calling._spread(timedelta(hours=1)).total_seconds() for _ in range(100)}
    assert len(waits) > 90 and min(waits) >= 3240 and max(waits) <= 3600
