"""What programs are refused: each wrong field by name, what is not theirs to do, what is foreign as if it were not."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from socialactions import clock
from socialactions.models import Connection, Outgoing, PageRole, Post
from socialactions.sandbox.seeds.cast import ACME, BIRCH, BO
from tests.web.desks import AtDesk
from tests.web.programs import Program, program_of, refusal, wrong


@pytest.fixture
def program(ada_desk: AtDesk, settings: Any) -> Program:
    settings.UNDO_WINDOW_S = 0
    return program_of(ada_desk, name="Night shift")


def test_every_wrong_field_is_named_at_once(ada_desk: AtDesk, program: Program) -> None:
    answer = program.ask("POST", "/actions", {"kind": "shout", "target": 5, "mentions": [{}], "colour": "red"})
    assert set(wrong(answer)) == {
        *("kind", "actor", "target", "colour", "header Idempotency-Key"),
        *("mentions.0.start", "mentions.0.length", "mentions.0.urn"),
    }
    answer = program.act(kind="like", actor=ACME, target=ada_desk.post().urn, text="Hi", mentions=[], reaction="LIKE")
    assert set(wrong(answer)) == {"text", "mentions", "reaction"}
    assert set(wrong(program.act(kind="react", actor=ACME, target="x"))) == {"reaction"}
    assert "no URN" in wrong(program.act(kind="like", actor=ACME, target="somewhere"))["target"]
    assert (
        "is a comment"
        in wrong(program.act(kind="comment", actor=ACME, target=ada_desk.comment("Does it").urn, text="x"))["target"]
    )
    assert "is a post" in wrong(program.act(kind="reply", actor=ACME, target=ada_desk.post().urn, text="x"))["target"]
    for text, words in (("", "needs a text"), (" \n", "is empty"), ("x" * 1264, "too long by 14"), ("a\0b", "NUL")):
        answer = program.act(kind="comment", actor=ACME, target=ada_desk.post().urn, text=text)
        assert words in wrong(answer)["text"], text
    assert not Outgoing.objects.exists() and ada_desk.ledger == []


@pytest.mark.parametrize("once", ["", "a b", "é", "x" * 256, "a\tb"])
def test_an_idempotency_key_is_visible_ascii(ada_desk: AtDesk, program: Program, once: str) -> None:
    headers = {"Idempotency-Key": once}
    answer = program.ask("POST", "/actions", {"kind": "like", "actor": ACME, "target": "x"}, headers=headers)
    assert set(wrong(answer)) == {"header Idempotency-Key"}


@pytest.mark.parametrize(
    ("body", "kind", "status", "code"),
    [
        ("{", "application/json", 400, "malformed"),
        ("[NaN]", "application/json", 400, "malformed"),
        ("[" * 50_000, "application/json", 400, "malformed"),
        ("[]", "application/json", 422, "invalid"),
        ('"x"', "application/json", 422, "invalid"),
        ("{}", "text/plain", 415, "wrong_media_type"),
        ("kind=like", "application/x-www-form-urlencoded", 415, "wrong_media_type"),
        ("", "application/json", 422, "invalid"),
        ('{"\\ud800": 1, "kind": "\\udfff"}', "application/json", 422, "invalid"),
        ('{"text": "' + "x" * 1_100_000 + '"}', "application/json", 413, "too_large"),
    ],
)
def test_no_body_breaks_it(ada: AtDesk, body: str, kind: str, status: int, code: str) -> None:
    program = program_of(ada)
    sent = {"x-api-key": program.secret, "Idempotency-Key": "1"}
    refusal(program.client.generic("POST", "/api/v1/actions", body, content_type=kind, headers=sent), status, code)


@pytest.mark.parametrize("half", ["\ud800", "a\udfffb"])
def test_half_of_a_surrogate_pair_is_named_where_it_stands(ada: AtDesk, half: str) -> None:
    wish = {"kind": "comment", "actor": half, "target": half, "text": half, "mentions": [_mention(half)]}
    assert set(wrong(program_of(ada).act(**wish))) == {"actor", "target", "text", "mentions.0.urn"}


def _mention(urn: str) -> dict[str, Any]:
    return {"start": 0, "length": 1, "urn": urn}


def _many_files(count: int) -> str:
    part = '--x\r\nContent-Disposition: form-data; name="file"; filename="{}"\r\n\r\n1\r\n'
    return "".join(part.format(number) for number in range(count)) + "--x--\r\n"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("x", "multipart/form-data"),
        ("x", "multipart/form-data; boundary=" + "é" * 3),
        ("x", "multipart/form-data; boundary=" + "b" * 300),
        (_many_files(101), "multipart/form-data; boundary=x"),
        ("a=1&" * 1001, "application/x-www-form-urlencoded"),
    ],
)
def test_no_form_breaks_it(ada: AtDesk, body: str, kind: str) -> None:
    program = program_of(ada)
    sent = {"x-api-key": program.secret}
    answer = program.client.generic("POST", "/api/v1/images", body, content_type=kind, headers=sent)
    refusal(answer, 400, "malformed")


@pytest.mark.parametrize("address", ["/posts", "/actions", "/budget", "/actions/x"])
def test_no_number_of_questions_breaks_it(ada: AtDesk, address: str) -> None:
    refusal(program_of(ada).get(f"{address}?{'a=1&' * 1001}"), 400, "malformed")


def test_a_key_speaks_only_as_whom_it_was_made_for(ada_desk: AtDesk, program: Program) -> None:
    target = ada_desk.post().urn
    for actor in (BIRCH, BO, "urn:li:organization:2001", "Acme", ""):
        refusal(program.act(kind="like", actor=actor, target=target), 403, "actor_not_allowed")
    pages_only = program_of(ada_desk, actors=[ACME])
    refusal(pages_only.act(kind="like", actor="member", target=target), 403, "actor_not_allowed")
    assert not Outgoing.objects.exists()


def test_a_key_does_only_what_its_scopes_say(ada_desk: AtDesk) -> None:
    own = ada_desk.comment("within 80 ms").urn
    wishes: dict[str, list[dict[str, str]]] = {
        "like": [{"kind": "like"}, {"kind": "unlike"}, {"kind": "react", "reaction": "LIKE"}, {"kind": "unreact"}],
        "comment": [{"kind": "edit", "text": "x"}, {"kind": "reply", "text": "x"}],
        "delete": [{"kind": "delete"}],
    }
    for scope in ("read", *wishes):
        program = program_of(ada_desk, scopes=[scope])
        for needed, asked in wishes.items():
            for wish in asked:
                answer = program.act(actor=ACME, target=own, **wish)
                if scope == needed:
                    assert answer.status_code == 202, answer.content
                else:
                    assert needed in refusal(answer, 403, "scope_missing")


def test_what_the_person_may_not_do_the_key_may_not(ada_desk: AtDesk, program: Program) -> None:
    target = ada_desk.post().urn
    PageRole.objects.filter(organization=ada_desk.acme).exclude(role="ANALYST").update(role="CURATOR")
    refusal(program.act(kind="like", actor=ACME, target=target), 404, "not_found")  # may not read it any more either
    PageRole.objects.filter(organization=ada_desk.acme).update(role="ADMINISTRATOR")
    Connection.objects.update(scopes=["r_organization_social_feed", "w_member_social_feed"])
    said = refusal(program.act(kind="like", actor=ACME, target=target), 403, "not_permitted")
    assert "w_organization_social_feed" in said
    assert program.act(kind="like", actor="member", target=target).status_code == 202
    Connection.objects.update(health="ended")
    assert "connection ended" in refusal(program.act(kind="like", actor=ACME, target=target), 403, "not_permitted")


def test_what_cannot_be_done_there_is_refused_with_its_reason(ada_desk: AtDesk, program: Program) -> None:
    post, comment = ada_desk.post(), ada_desk.comment("Does it stop")
    answer = program.act(kind="edit", actor=ACME, target=comment.urn, text="Mine now")
    assert "Only the author" in wrong(answer, "refused")["target"]
    Post.objects.filter(pk=post.pk).update(comments_state="CLOSED")
    answer = program.act(kind="comment", actor=ACME, target=post.urn, text="x")
    assert "are closed" in wrong(answer, "refused")["target"]
    comment.__class__.objects.filter(pk=comment.pk).update(gone_at=clock.now())
    answer = program.act(kind="like", actor=ACME, target=comment.urn)
    assert "no longer exists" in wrong(answer, "refused")["target"]


def test_what_is_foreign_looks_like_what_never_was(ada_desk: AtDesk, other_desk: AtDesk) -> None:
    """The same answer, by the same work."""
    stranger_, home = program_of(other_desk, actors=[ACME]), program_of(ada_desk)
    stranger_.get("/actions")  # its first use is written down
    post, comment = ada_desk.post(), ada_desk.comment("Does it stop")
    made = home.outgoing(home.act(kind="like", actor=ACME, target=post.urn))
    pairs: list[tuple[str, Any, str]] = [
        (post.urn, "like", "urn:li:share:999"),
        (comment.urn, "like", "urn:li:comment:(urn:li:activity:1,999)"),
        (str(post.pk), "like", str(uuid4())),
        (str(comment.pk), "like", str(uuid4())),
    ]
    for foreign, kind, never in pairs:
        answers = []
        for target in (foreign, never):
            with CaptureQueriesContext(connection) as asked:
                answer = stranger_.act(kind=kind, actor=ACME, target=target)
            refusal(answer, 404, "not_found")
            answers.append((answer.content, len(asked)))
        assert answers[0] == answers[1], foreign
    for method in ("GET", "DELETE"):
        told = []
        for uid in (made.uid, uuid4()):
            with CaptureQueriesContext(connection) as asked:
                answer = stranger_.ask(method, f"/actions/{uid}")
            refusal(answer, 404, "not_found")
            told.append((answer.content, len(asked)))
        assert told[0] == told[1]
        refusal(stranger_.ask(method, "/actions/1"), 404, "not_found")
    assert Outgoing.objects.count() == 1
