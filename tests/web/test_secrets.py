"""Tokens, codes and the app's secret exist in memory and sealed in one table: nowhere else, whatever happens."""

from __future__ import annotations

import base64
import json
import logging
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.urls import reverse

from dashboard.redaction import redact
from socialactions.models import Connection
from socialactions.sandbox.faults import Rule
from socialactions.sandbox.seeds.cast import ACME
from socialactions.services import connections, writing
from tests.web.desks import AtDesk, come_back, decide, go_to_linkedin

PAGES = ("home", "connect", "uninvited", "post-list", "history", "settings-connections", "settings-team")


@pytest.fixture
def lived(ada_desk: AtDesk, caplog: pytest.LogCaptureFixture, settings: Any) -> AtDesk:
    """A desk where much went well and wrong: sign-ins, refreshes, writes, refusals, a LinkedIn that was down."""
    caplog.set_level(logging.DEBUG)
    settings.UNDO_WINDOW_S = 0
    world = ada_desk.sandbox.world
    own = Connection.objects.get(user=ada_desk.user)
    connections.refreshed_token(own, refused_version=own.token_version)
    speaker = writing.Speaker(user=ada_desk.user, actor_urn=ACME)
    faults: list[dict[str, Any]] = [
        {"do": "refuse", "status": 500},
        {"do": "drop_after"},
        {"do": "refuse", "status": 401},
    ]
    for fault in [None, *faults]:
        if fault:
            world.faults.append(Rule.read({**fault, "method": "POST", "path": "/comments$"}))
        writing.comment_on(ada_desk.post(), speaker=speaker, text="Words", form_key=uuid4())
        ada_desk.deliver()
    for path in ("/oauth/v2/accessToken", "/me$"):
        world.faults.append(Rule.read({"do": "malformed", "path": path}))
        assert come_back(Client()).status_code == 502
    broken = decide(go_to_linkedin(Client()))
    assert Client().get(broken).status_code == 401
    return ada_desk


def _secrets(desk: AtDesk) -> list[str]:
    world = desk.sandbox.world
    found = [*world.tokens, *world.codes, settings.LINKEDIN_CLIENT_SECRET, settings.SECRET_KEY, *settings.FIELD_KEYS]
    assert len(found) > 8 and all(len(one) > 10 for one in found)
    return found


def _assert_clean(text: str, desk: AtDesk, where: str) -> None:
    for secret in _secrets(desk):
        assert secret not in text, f"{where}: …{text[max(0, text.index(secret) - 80) : text.index(secret)]}"


def test_the_database_holds_tokens_sealed_only(lived: AtDesk) -> None:
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608 - a name that the database gave
            _assert_clean(repr(cursor.fetchall()), lived, table)
    own = Connection.objects.get(user=lived.user)
    assert own.access_token in lived.sandbox.world.tokens and own.refresh_token in lived.sandbox.world.tokens
    assert own.sealed_access_token.startswith("gAAAA") and own.sealed_refresh_token.startswith("gAAAA")


def test_sessions_hold_no_token(lived: AtDesk) -> None:
    assert Session.objects.exists()
    for session in Session.objects.all():
        _assert_clean(repr(session.get_decoded()), lived, "session")


def test_logs_hold_no_token(lived: AtDesk, caplog: pytest.LogCaptureFixture) -> None:
    """Before any net below catches it: what code logs, tracebacks included."""
    records = caplog.get_records("setup")
    assert {"django.request", "socialactions.services.faces"} & {record.name for record in records}
    plain = logging.Formatter()
    for record in records:
        _assert_clean(plain.format(record), lived, f"log of {record.name}")


def test_pages_hold_no_token(lived: AtDesk) -> None:
    post = lived.post()
    answers = [lived.get(name) for name in PAGES] + [lived.get("post-show", post.pk), lived.get("post-live", post.pk)]
    answers += [lived.get("outgoing-show", row.uid) for row in lived.user.outgoing.all()]
    answers.append(lived.client.get(reverse("connect-callback"), {"code": "AQT", "state": "x"}))
    for answer in answers:
        _assert_clean(answer.content.decode() + repr(answer.headers), lived, answer.request["PATH_INFO"])


def test_messages_to_the_worker_hold_ids_only(lived: AtDesk) -> None:
    lived.send("post-refresh", lived.post().pk)
    if not settings.IS_EMBEDDED:
        return  # the same messages; only their folder can be read here
    folder = Path(settings.CELERY_BROKER_TRANSPORT_OPTIONS["data_folder_in"])
    messages = [json.loads(path.read_bytes()) for path in folder.iterdir() if path.is_file()]
    assert messages
    for message in messages:
        _assert_clean(json.dumps(message) + base64.b64decode(message["body"]).decode(), lived, "message")


def test_what_holds_a_token_does_not_show_it(lived: AtDesk) -> None:
    own = Connection.objects.get(user=lived.user)
    client = connections.client_for(own)
    grant = connections.oauth().refresh(own.refresh_token)
    for one in (own, client, grant, connections.oauth(), lived.user):
        _assert_clean(repr(one) + str(one), lived, type(one).__name__)


def test_the_log_of_a_fault_of_ours_is_redacted(lived: AtDesk) -> None:
    """The net below: a token in a message or traceback does not get through the formatter."""
    token = Connection.objects.get(user=lived.user).access_token
    for text in (f"Authorization: Bearer {token}", f"access_token={token}&x=1", f"GET /cb?code={token} HTTP/1.1"):
        assert token not in redact(text)
