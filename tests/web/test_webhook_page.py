"""Settings → API keys → one key: addresses are added after a sign-in, tried out, switched on again, removed."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest

from dashboard.access import JUST_NOW_S, SIGNED_IN_AT
from socialactions import clock
from socialactions.models import Event, Webhook, WebhookDelivery
from socialactions.services import api_keys, telling, webhooks
from tests.web.desks import AtDesk, come_back, fields_of, text_of
from tests.web.hooks import hook
from tests.web.programs import Program, program_of

URL = "https://hooks.example.org/in?for=us"
SHOWN = re.compile(r'id="secret" value="(whsec_[A-Za-z0-9+/]{43}=)"')


@pytest.fixture
def program(ada: AtDesk) -> Program:
    return program_of(ada, name="Night shift")


def add(person: AtDesk, program: Program, **changes: Any) -> Any:
    fields = {"url": URL, "events": [telling.ACTION_FINISHED], **changes}
    return person.send("settings-key", program.key.pk, fields=fields)


def long_ago(person: AtDesk) -> None:
    session = person.client.session
    session[SIGNED_IN_AT] -= JUST_NOW_S + 1
    session.save()


def test_an_address_is_added_and_its_secret_shown_once(ada: AtDesk, program: Program) -> None:
    assert f"/settings/keys/{program.key.pk}/" in ada.get("settings-keys").content.decode()
    answer = add(ada, program, events=[telling.ACTION_FINISHED, telling.COMMENT_NEW])
    shown = SHOWN.search(answer.content.decode())
    made = Webhook.objects.get()
    assert answer.status_code == 200 and shown and made.secret.decode() == shown[1]
    assert (made.url, made.wants_actions, made.wants_comments) == (URL, True, True)
    event = Event.objects.latest("pk")
    assert (event.kind, event.user, event.topic) == ("webhook made", ada.user, api_keys.topic_of(program.key))
    again = ada.get("settings-key", program.key.pk)
    assert "whsec_" not in again.content.decode()
    words = text_of(again)
    assert URL in words and "Hears action.finished, comment.new" in words and "Nothing was told here" in words


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"url": ""}, "Give the address to call"),
        ({"url": "http://hooks.example.org/"}, "must begin with https"),
        ({"url": "https://10.0.0.1/"}, "not on the public internet"),
        ({"url": "https://hooks.example.org:22/"}, "port must be 443"),
        ({"url": "\0"}, "Give the address to call, beginning with https://."),
        ({"events": []}, "Choose at least one thing"),
        ({"events": ["everything"]}, "Choose at least one thing that it hears about, from the list."),
    ],
)
def test_an_impossible_address_is_named_with_its_remedy(
    ada: AtDesk, program: Program, changes: dict[str, Any], words: str
) -> None:
    answer = add(ada, program, **changes)
    assert answer.status_code == 422 and words in text_of(answer)
    assert not Webhook.objects.exists()
    if changes.get("url"):
        assert fields_of(answer)["url"] == changes["url"]


def test_a_key_without_read_hears_of_no_comments(ada: AtDesk) -> None:
    answer = add(ada, program_of(ada, scopes=["like"]), events=[telling.COMMENT_NEW])
    assert answer.status_code == 422 and "This key may not read" in text_of(answer)


def test_a_key_has_few_addresses(ada: AtDesk, program: Program) -> None:
    for _ in range(webhooks.MOST):
        assert add(ada, program).status_code == 200
    answer = add(ada, program)
    assert answer.status_code == 422 and "at most 5 webhooks" in text_of(answer)
    assert add(ada, program_of(ada)).status_code == 200


def test_only_whose_key_it_is_adds_addresses_and_administrators_remove_them(ada: AtDesk, seat: Any) -> None:
    bo = seat("bo", invited_by=ada)
    his = program_of(bo, actors=[], name="His")
    add(bo, his)
    webhook = Webhook.objects.get()
    page = ada.get("settings-key", his.key.pk)
    assert "Only Bo Lindqvist, who made this key" in text_of(page) and b'name="url"' not in page.content
    assert add(ada, his).status_code == 302 and Webhook.objects.count() == 1
    hers = program_of(ada)
    assert bo.get("settings-key", hers.key.pk).status_code == 404
    assert ada.send("webhook-remove", webhook.pk).status_code == 302
    assert not Webhook.objects.exists()
    assert Event.objects.latest("pk").kind == "webhook removed"


def test_a_dead_key_takes_no_address(ada: AtDesk, program: Program) -> None:
    hook(program, URL)
    api_keys.revoke(program.key, by=ada.user)
    page = ada.get("settings-key", program.key.pk)
    assert "opens nothing any more" in text_of(page) and b"Send a test" not in page.content
    assert add(ada, program).status_code == 302 and Webhook.objects.count() == 1


def test_without_a_recent_sign_in_nothing_changes(ada: AtDesk, program: Program) -> None:
    webhook, _ = hook(program, URL)
    Webhook.objects.update(off_at=clock.now())
    long_ago(ada)
    page = ada.get("settings-key", program.key.pk)
    assert f"/connect/start/?next=/settings/keys/{program.key.pk}/".encode() in page.content
    assert b"Remove" not in page.content and b"Switch on" not in page.content
    assert add(ada, program).status_code == 302
    for name in ("webhook-on", "webhook-remove"):
        ada.send(name, webhook.pk)
    assert Webhook.objects.get().off_at is not None


def test_an_address_typed_too_late_is_there_again_after_signing_in(ada: AtDesk, program: Program) -> None:
    long_ago(ada)
    add(ada, program, events=[telling.COMMENT_NEW])
    waiting = ada.get("settings-key", program.key.pk)
    assert "What you typed is kept" in text_of(waiting) and URL not in waiting.content.decode()
    come_back(ada.client, to=f"/settings/keys/{program.key.pk}/")
    page = ada.get("settings-key", program.key.pk)
    assert fields_of(page)["url"] == URL and "This is what you typed before" in text_of(page)
    assert re.findall(r'value="([^"]+)" checked', page.content.decode()) == [telling.COMMENT_NEW]
    assert not Webhook.objects.exists()
    other = program_of(ada, name="Other")
    assert URL not in ada.get("settings-key", other.key.pk).content.decode()


def test_a_test_is_sent_from_the_page_and_seen_there(ada: AtDesk, program: Program) -> None:
    webhook, _ = hook(program, URL)
    assert b"Send a test" in ada.get("settings-key", program.key.pk).content
    ada.send("webhook-test", webhook.pk)
    assert "A test is on its way" in text_of(ada.get("settings-key", program.key.pk))
    ada.send("webhook-test", webhook.pk)
    words = text_of(ada.get("settings-key", program.key.pk))
    assert "Nothing was sent" in words and WebhookDelivery.objects.count() == 1
    now = clock.now()
    WebhookDelivery.objects.update(
        state="given_up", tries=1, tried_at=now, status=500, said="<b>No</b>", finished_at=now
    )
    page = ada.get("settings-key", program.key.pk)
    assert "Given up 1" in text_of(page) and "500: &lt;b&gt;No&lt;/b&gt;" in page.content.decode()


def test_trouble_is_said_on_the_page_and_ends_by_a_click(ada: AtDesk, program: Program) -> None:
    webhook, _ = hook(program, URL)
    since = clock.now() - timedelta(hours=1)
    Webhook.objects.update(fails=3, failing_since=since)
    assert "The last 3 calls went wrong." in text_of(ada.get("settings-key", program.key.pk))
    Webhook.objects.update(off_at=clock.now(), off_why="Every call went wrong for three days.")
    page = text_of(ada.get("settings-key", program.key.pk))
    assert "Switched off. Every call went wrong for three days. What happens meanwhile is not told later." in page
    assert "Switch on again" in page and "Send a test" not in page
    assert "Webhooks: one is switched off" in text_of(ada.get("settings-keys"))
    ada.send("webhook-test", webhook.pk)
    assert not WebhookDelivery.objects.exists()
    ada.send("webhook-on", webhook.pk)
    webhook.refresh_from_db()
    assert (webhook.off_at, webhook.fails, webhook.off_why) == (None, 0, "")
    assert "Switched off" not in text_of(ada.get("settings-key", program.key.pk))


def test_what_the_address_carries_stays_out_of_logs_and_events(
    ada: AtDesk, program: Program, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    add(ada, program)
    ada.send("webhook-test", Webhook.objects.get().pk)
    assert urlsplit(URL).query not in caplog.text
    assert not any("hooks.example" in str(vars(event)) for event in Event.objects.all())


def test_a_new_secret_is_shown_once_and_the_end_of_the_old_one_told(ada: AtDesk, program: Program) -> None:
    webhook, first = hook(program, URL)
    assert b"New secret" in ada.get("settings-key", program.key.pk).content
    answer = ada.send("webhook-secret", webhook.pk)
    shown = SHOWN.search(answer.content.decode())
    webhook.refresh_from_db()
    assert answer.status_code == 200 and shown and webhook.secret.decode() == shown[1] != first
    assert (Event.objects.latest("pk").kind, Event.objects.latest("pk").user) == ("webhook secret renewed", ada.user)
    page = ada.get("settings-key", program.key.pk)
    assert b"whsec_" not in page.content and "signed with the secret before as well, until" in text_of(page)
    Webhook.objects.update(old_secret_until=clock.now())
    assert "secret before" not in text_of(ada.get("settings-key", program.key.pk))


def test_only_whose_key_it_is_gets_a_new_secret_after_a_recent_sign_in(ada: AtDesk, seat: Any) -> None:
    bo = seat("bo", invited_by=ada)
    webhook, _ = hook(program_of(bo, actors=[], name="His"), URL)
    before = Webhook.objects.get().sealed_secret
    assert b"New secret" not in ada.get("settings-key", webhook.api_key_id).content
    assert ada.send("webhook-secret", webhook.pk).status_code == 302  # an administrator, but not whose key it is
    long_ago(bo)
    assert b"New secret" not in bo.get("settings-key", webhook.api_key_id).content
    assert bo.send("webhook-secret", webhook.pk).status_code == 302
    assert Webhook.objects.get().sealed_secret == before
