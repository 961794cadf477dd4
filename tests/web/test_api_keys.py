"""Keys open what they are made for, from their first moment to their last; Settings makes and ends them."""

from __future__ import annotations

import logging
import re
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from dashboard import kept_forms
from dashboard.access import JUST_NOW_S, SIGNED_IN_AT
from dashboard.api import problems
from dashboard.api.rates import Rates
from socialactions import clock
from socialactions.models import ApiKey, Event, User
from socialactions.sandbox.seeds.cast import ACME, BIRCH
from socialactions.services import api_keys
from tests.web.desks import AtDesk, come_back, fields_of, text_of
from tests.web.programs import Program, program_of, refusal

SHOWN = re.compile(r'id="secret" value="(tw_[0-9a-f]{12}_[\w-]{43})"')


def wish(**changes: Any) -> dict[str, Any]:
    ends_on = timezone.localdate() + timedelta(days=30)
    return {"name": "Night shift", "scopes": ["read", "like"], "actors": [ACME], "ends_on": str(ends_on), **changes}


# making and revoking


def test_a_key_is_made_and_shown_once(ada: AtDesk) -> None:
    answer = ada.send("settings-keys", fields=wish())
    shown = SHOWN.search(answer.content.decode())
    assert answer.status_code == 200 and shown is not None
    key = ApiKey.objects.get()
    assert (key.desk, key.user, key.name, key.scopes, key.actors) == (
        ada.desk,
        ada.user,
        "Night shift",
        ["like", "read"],
        [ACME],
    )
    assert (key.digest, key.hint) == (api_keys.digest_of(shown[1]), shown[1][-4:])
    event = Event.objects.latest("pk")
    assert (event.kind, event.user, event.way, event.topic) == (
        "key made",
        ada.user,
        "Night shift",
        f"key-{key.public_id}",
    )
    again = ada.get("settings-keys")
    assert shown[1] not in again.content.decode() and shown[1][3:15] not in again.content.decode()
    page = text_of(again)
    assert f"Night shift …{key.hint}" in page and "Read, like" in page and "Acme Robotics" in page
    assert Program(key, shown[1]).get("/connections").status_code == 200


def test_a_key_ends_at_the_end_of_its_day_for_who_chose_it(ada: AtDesk) -> None:
    ada.client.cookies["tz"] = "Pacific/Auckland"
    with timezone.override("Pacific/Auckland"):
        day = timezone.localdate() + timedelta(days=30)
        ada.send("settings-keys", fields=wish(ends_on=str(day)))
        ends = timezone.localtime(ApiKey.objects.get().expires_at)
    assert (ends.date(), ends.hour, ends.minute) == (day + timedelta(days=1), 0, 0)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("name", "", "Give the key a name"),
        ("name", "x" * 61, "at most 60 characters"),
        ("name", "Browser", "means something else in History"),
        ("name", "a\u202eb", "cannot be shown"),
        ("scopes", [], "at least one thing"),
        ("scopes", ["admin"], "admin is not one of the available choices"),
        ("actors", [], "Choose as whom the key may write"),
        ("actors", ["urn:li:organization:9"], "You cannot speak as one of these"),
        ("ends_on", "", "Choose a day"),
        ("ends_on", "2020-01-01", "within a year"),
        ("ends_on", "9999-12-31", "within a year"),
        ("ends_on", "soon", "Choose a day"),
    ],
)
def test_an_impossible_key_is_named_with_its_remedy(ada: AtDesk, field: str, value: Any, words: str) -> None:
    answer = ada.send("settings-keys", fields=wish(**{field: value}))
    assert answer.status_code == 422 and words in text_of(answer)
    assert not ApiKey.objects.exists()
    assert fields_of(answer)["name"] == (value if field == "name" else "Night shift")


def test_a_key_only_speaks_as_whom_its_maker_can(ada_desk: AtDesk, bo: AtDesk, cy: AtDesk) -> None:
    assert bo.send("settings-keys", fields=wish(actors=[ACME])).status_code == 422
    assert bo.send("settings-keys", fields=wish(actors=[ada_desk.user.member_urn])).status_code == 422
    assert bo.send("settings-keys", fields=wish(actors=[BIRCH, bo.user.member_urn])).status_code == 200
    assert "Birch & Co" not in cy.get("settings-keys").content.decode().partition("It may write as")[2]


def test_two_living_keys_of_a_desk_have_two_names(ada_desk: AtDesk, other_desk: AtDesk) -> None:
    first = program_of(ada_desk, name="Night shift")
    answer = ada_desk.send("settings-keys", fields=wish())
    assert answer.status_code == 422 and "a living key of this name" in text_of(answer)
    assert other_desk.send("settings-keys", fields=wish()).status_code == 200
    ApiKey.objects.filter(pk=first.key.pk).update(expires_at=clock.now() - timedelta(seconds=1))
    assert ada_desk.send("settings-keys", fields=wish()).status_code == 200
    assert ApiKey.objects.filter(desk=ada_desk.desk, name="Night shift").count() == 2


def test_keys_are_made_and_revoked_after_a_recent_sign_in_only(ada: AtDesk) -> None:
    key = program_of(ada).key
    session = ada.client.session
    session[SIGNED_IN_AT] -= JUST_NOW_S + 1
    session.save()
    page = ada.get("settings-keys")
    assert b"/connect/start/?next=/settings/keys/" in page.content and b"Make the key" not in page.content
    for name, args in (("settings-keys", []), ("key-revoke", [key.pk])):
        answer = ada.client.post(reverse(name, args=args), wish(), follow=True)
        assert "Sign in again first" in text_of(answer)
    assert ApiKey.objects.get().revoked_at is None
    assert come_back(ada.client, to="/settings/keys/")["Location"] == "/settings/keys/"
    ada.send("key-revoke", key.pk)
    assert ApiKey.objects.get().revoked_at is not None


def test_what_was_typed_too_late_is_there_again_after_signing_in(ada: AtDesk, settings: Any) -> None:
    session = ada.client.session
    session[SIGNED_IN_AT] -= JUST_NOW_S + 1
    session.save()
    typed = wish(name="Early <b>shift</b>", scopes=["read", "delete"])
    answer = ada.client.post(reverse("settings-keys"), {**typed, "password": "hunter2"}, follow=True)
    assert "Sign in again first" in text_of(answer) and "What you typed is kept" in text_of(answer)
    assert "Early" not in text_of(answer) and "hunter2" not in str(dict(ada.client.session))
    assert come_back(ada.client, to="/settings/keys/")["Location"] == "/settings/keys/"
    for _ in range(2):  # also after a reload
        page = ada.get("settings-keys")
        assert "This is what you typed before you signed in." in text_of(page) and not ApiKey.objects.exists()
        found = fields_of(page)
        assert (found["name"], found["ends_on"]) == (typed["name"], typed["ends_on"])
        ticked = re.findall(r'value="([^"]+)" checked', page.content.decode())
        assert ticked == ["read", "delete", ACME]
    assert ada.send("settings-keys", fields=typed).status_code == 200
    assert ApiKey.objects.get().name == typed["name"]
    assert "Early" not in fields_of(ada.get("settings-keys"))["name"]


def test_what_was_typed_is_kept_for_an_hour_for_its_person_and_its_page(ada: AtDesk, settings: Any) -> None:
    settings.OPEN_SIGN_UP = True
    session = ada.client.session
    session[SIGNED_IN_AT] -= JUST_NOW_S + 1
    session.save()
    ada.client.post(reverse("settings-keys"), wish(name="Early shift"))
    kept = ada.client.session[kept_forms.KEPT]
    for changes in ({"since": kept["since"] - 3601}, {"at": "/settings/elsewhere/"}):
        session = ada.client.session
        session[SIGNED_IN_AT], session[kept_forms.KEPT] = time.time(), {**kept, **changes}
        session.save()
        assert "Early shift" not in ada.get("settings-keys").content.decode()
    come_back(ada.client, "bo")
    assert kept_forms.KEPT not in ada.client.session


def test_people_see_their_own_keys_and_administrators_all(ada_desk: AtDesk, bo: AtDesk, other_desk: AtDesk) -> None:
    hers, his = program_of(ada_desk, name="Hers"), program_of(bo, name="His", actors=[])
    assert "Hers" not in text_of(bo.get("settings-keys")) and "His" in text_of(bo.get("settings-keys"))
    assert {"Hers", "His"} <= set(text_of(ada_desk.get("settings-keys")).split())
    assert "Hers" not in text_of(other_desk.get("settings-keys"))
    assert bo.send("key-revoke", hers.key.pk).status_code == 404
    assert other_desk.send("key-revoke", his.key.pk).status_code == 404
    assert ada_desk.send("key-revoke", his.key.pk).status_code == 302
    refusal(his.get("/connections"), 401, "key_invalid")
    assert "His …" in text_of(ada_desk.get("settings-keys")).partition("Ended")[2]
    assert Event.objects.latest("pk").kind == "key revoked"


# opening and refusing


def test_both_headers_open_and_a_session_opens_nothing(ada: AtDesk) -> None:
    program = program_of(ada)
    assert ada.client.get("/api/v1/connections").json()["code"] == "key_missing"
    for headers in ({"x-api-key": program.secret}, {"Authorization": f"Bearer {program.secret}"}):
        assert Client().get("/api/v1/connections", headers=headers).status_code == 200
    answer = Client().get("/api/v1/connections")
    assert "Send an API key" in refusal(answer, 401, "key_missing")
    assert answer["WWW-Authenticate"].startswith("Bearer") and not answer.cookies


@pytest.mark.parametrize("secret", ["", "x", "tw_", "tw_0123456789ab_" + "x" * 43, "tw_\u00e9", "x" * 5000])
def test_a_wrong_key_opens_nothing_and_costs_one_query_at_most(ada: AtDesk, secret: str) -> None:
    program = Program(ApiKey(), secret)
    with CaptureQueriesContext(connection) as asked:
        refusal(program.get("/connections"), 401, "key_invalid")
    assert len(asked) <= 1


def test_a_key_ends_with_its_day_its_revocation_or_its_persons_seat(ada_desk: AtDesk, bo: AtDesk) -> None:
    program = program_of(ada_desk)
    ends: list[tuple[Any, dict[str, Any], str]] = [
        (ApiKey, {"expires_at": clock.now() - timedelta(seconds=1)}, "past its end"),
        (ApiKey, {"revoked_at": clock.now()}, "was revoked"),
        (User, {"is_active": False}, "has left the desk"),
        (User, {"desk": None}, "has left the desk"),
    ]
    for model, change, words in ends:
        pk = program.key.pk if model is ApiKey else ada_desk.user.pk
        before = {name: getattr(model.objects.get(pk=pk), name) for name in change}
        assert program.get("/connections").status_code == 200
        model.objects.filter(pk=pk).update(**change)
        assert words in refusal(program.get("/connections"), 401, "key_invalid")
        model.objects.filter(pk=pk).update(**before)


def test_a_key_without_the_scope_is_told_which(ada: AtDesk) -> None:
    assert "the scope read" in refusal(program_of(ada, scopes=["like"]).get("/connections"), 403, "scope_missing")


def test_the_last_use_is_written_once_a_minute(ada: AtDesk) -> None:
    program = program_of(ada)
    now = clock.now()
    program.get("/connections")
    first = ApiKey.objects.get().last_used_at
    assert first is not None and abs(first - now) < timedelta(seconds=5)
    program.get("/connections")
    assert ApiKey.objects.get().last_used_at == first
    ApiKey.objects.update(last_used_at=now - timedelta(seconds=61))
    program.get("/connections")
    later = ApiKey.objects.get().last_used_at
    assert later is not None and later > now - timedelta(seconds=5)


def test_logs_never_hold_a_key(ada: AtDesk, caplog: pytest.LogCaptureFixture) -> None:
    program = program_of(ada)
    with caplog.at_level(logging.DEBUG):
        program.get("/connections")
        program.get("/nowhere")
        Program(program.key, program.secret[:-1] + "!").get("/connections")
    assert program.secret[15:50] not in caplog.text


# the pace of a key


def test_of_a_thousand_calls_most_are_held_back_and_no_other_keys(ada: AtDesk, settings: Any, still: Any) -> None:
    settings.API_CALLS_PER_MINUTE = 600  # a hundred in ten seconds
    eager, calm = program_of(ada), program_of(ada)
    statuses = [eager.get("/actions").status_code for _ in range(1000)]
    assert statuses == [200] * 100 + [429] * 900
    with CaptureQueriesContext(connection) as asked:
        answer = eager.get("/actions")
    refusal(answer, 429, "rate_limited")
    assert answer["Retry-After"] == "10" and len(asked) == 0
    assert calm.get("/actions").status_code == 200
    still.shift(10)
    assert eager.get("/actions").status_code == 200


def test_calls_are_counted_by_all_processes_together(ada: AtDesk, settings: Any, still: Any) -> None:
    """Each with its own memory of who is over: what counts stands in Redis, or in a file."""
    settings.API_CALLS_PER_MINUTE = 60
    public_id = program_of(ada).key.public_id
    processes = [Rates() for _ in range(4)]

    def call(number: int) -> bool:
        try:
            processes[number % 4].count(public_id)
        except problems.Problem:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(call, range(40))) == 10


def test_no_limit_is_no_limit(ada: AtDesk, settings: Any) -> None:
    settings.API_CALLS_PER_MINUTE = 0
    program = program_of(ada)
    assert {program.get("/connections").status_code for _ in range(20)} == {200}


# what Django and ninja refuse by themselves


def test_every_refusal_is_a_problem(ada: AtDesk) -> None:
    program = program_of(ada)
    refusal(program.get("/nowhere"), 404, "not_found")
    answer = program.ask("PUT", "/connections")
    refusal(answer, 405, "method_not_allowed")
    assert answer["Allow"] == "GET"
    refusal(Client().get("/api/v1/connections", headers={"Host": "evil.example"}), 400, "malformed")
    refusal(program.get("/connections?tokens=1"), 422, "invalid")
    assert program.get("/connections?tokens=1&x=2").json()["errors"] == [
        {"field": "tokens", "detail": "This address knows no such question."},
        {"field": "x", "detail": "This address knows no such question."},
    ]
