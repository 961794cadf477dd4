"""Actions of programs: accepted by the same rules as a person's, under the key's name, and truly told."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, get_args
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from dashboard.api import shapes
from socialactions import clock
from socialactions.models import Event, Outgoing, User
from socialactions.sandbox.faults import Rule
from socialactions.sandbox.seeds.cast import ACME, ADA, BIRCH, stranger
from socialactions.services import writing
from socialactions.services.outcomes import Reason
from tests.web.desks import AtDesk, link_to_reply, text_of
from tests.web.programs import Program, program_of, refusal, wrong

State = Outgoing.State
DANA = stranger("Dana")


@pytest.fixture
def program(ada_desk: AtDesk, settings: Any) -> Program:
    settings.UNDO_WINDOW_S = 0
    return program_of(ada_desk, name="Night shift")


# each kind, all the way


@pytest.mark.parametrize(
    ("kind", "more", "done"),
    [
        ("comment", {"text": "Hello."}, "comment"),
        ("reply", {"text": "Hello."}, "reply"),
        ("like", {}, "react"),
        ("react", {"reaction": "PRAISE"}, "react"),
        ("edit", {"text": "Better."}, "edit"),
        ("delete", {}, "delete"),
    ],
)
def test_each_kind_arrives_once_under_the_keys_name(
    ada_desk: AtDesk, program: Program, kind: str, more: dict[str, Any], done: str
) -> None:
    on_post = ada_desk.post().urn
    targets = {"reply": ada_desk.comment("Does it stop").urn}
    own = ada_desk.comment("within 80 ms").urn
    target = own if kind in ("edit", "delete") else targets.get(kind, on_post)
    answer = program.act(kind=kind, actor=ACME, target=target, **more)
    assert answer.status_code == 202, answer.content
    said, row = answer.json(), program.outgoing(answer)
    assert answer["Location"] == said["links"]["self"] == f"/api/v1/actions/{row.uid}"
    assert int(answer["Retry-After"]) > 0
    assert (said["kind"], said["actor"], said["state"], said["final"]) == (kind, ACME, "queued", False)
    assert said["member"] == ADA
    assert (row.way, row.api_key, row.user, row.actor_urn) == ("Night shift", program.key, ada_desk.user, ACME)
    event = Event.objects.get(outgoing=row)
    assert (event.kind, event.way, event.user) == ("accepted", "Night shift", ada_desk.user)
    ada_desk.deliver()
    (entry,) = ada_desk.ledger
    assert (entry.kind, entry.actor, entry.agent) == (done, ACME, ADA)
    end = program.get(f"/actions/{row.uid}")
    assert (end.status_code, end.json()["state"], end.json()["final"]) == (200, "sent", True)
    assert "Retry-After" not in end
    assert (end.json()["result_urn"] is not None) is (kind in ("comment", "reply"))
    history = text_of(ada_desk.get("history"))
    assert "Ada Berg Night shift" in history
    assert "Night shift" in text_of(ada_desk.get("history", way="Night shift"))


def test_a_like_is_taken_back_as_a_page_and_as_the_member(ada_desk: AtDesk, program: Program) -> None:
    comment = ada_desk.comment("Does it stop").urn
    for actor, urn in ((ACME, ACME), ("member", ADA), (ADA, ADA)):
        for kind in ("like", "unlike", "react", "unreact"):
            more = {"reaction": "EMPATHY"} if kind == "react" else {}
            assert program.act(kind=kind, actor=actor, target=comment, **more).status_code == 202
            ada_desk.deliver()
            assert ada_desk.ledger[-1].actor == urn
    assert len(ada_desk.ledger) == 12


def test_a_post_is_named_by_any_of_its_names(ada_desk: AtDesk, program: Program) -> None:
    post, comment = ada_desk.post(), ada_desk.comment("Does it stop")
    names = [post.urn, *post.aliases.values_list("urn", flat=True), str(post.pk)]
    names += [f"https://www.linkedin.com/feed/update/{post.urn}/"]
    number = post.aliases.filter(urn__contains="activity").first()
    if number is not None:
        names.append(f"https://www.linkedin.com/posts/acme_third-arm-activity-{number.urn.rpartition(':')[2]}-aBcD")
    for name in names:
        row = program.outgoing(program.act(kind="like", actor=ACME, target=name))
        assert (row.post, row.comment) == (post, None), name
    for name in (comment.urn, str(comment.pk), f"https://www.linkedin.com/feed/update/x/?commentUrn={comment.urn}"):
        assert program.outgoing(program.act(kind="like", actor=ACME, target=name)).comment == comment, name


def test_the_link_to_a_reply_deletes_the_reply_and_not_its_parent(ada_desk: AtDesk, program: Program) -> None:
    reply = ada_desk.comment("We measured 70")
    answer = program.act(kind="delete", actor=ACME, target=link_to_reply(reply))
    assert answer.json()["target"] == reply.urn, answer.content
    ada_desk.deliver()
    assert [(entry.kind, entry.urn) for entry in ada_desk.ledger] == [("delete", reply.urn)]
    assert reply.thread is not None and reply.thread.comment_id in ada_desk.sandbox.world.comments


# mentions


def test_mentions_come_as_tokens_or_as_spans_in_either_unit(ada_desk: AtDesk, program: Program) -> None:
    target, text = ada_desk.post().urn, "🤖 Thanks Dana, ask @[Birch] at Birch & Co"
    start = text.index("Dana")
    birch = text.index("Birch & Co")

    def spans(ahead: int) -> list[dict[str, Any]]:
        return [
            {"start": start + ahead, "length": 4, "urn": DANA},
            {"start": birch + ahead, "length": 10, "urn": BIRCH},
        ]

    ways: list[dict[str, Any]] = [
        {"text": text, "mentions": spans(1)},  # the robot is two UTF-16 units
        {"text": text, "mentions": spans(0), "mention_unit": "codepoint"},
        {"text": rf"🤖 Thanks @[Dana]({DANA}), ask \@[Birch] at @[Birch & Co]({BIRCH})"},
    ]
    for way in ways:
        answer = program.act(kind="comment", actor=ACME, target=target, **way)
        assert answer.status_code == 202, answer.content
        ada_desk.deliver()
        stored = ada_desk.sandbox.world.comments[ada_desk.ledger[-1].urn.rpartition(",")[2].rstrip(")")]
        assert stored.text == text
        assert [(one["start"], one["length"]) for one in stored.attributes] == [(start + 1, 4), (birch + 1, 10)]


@pytest.mark.parametrize(
    "span",
    [
        {"start": 0, "length": 1},  # half of the robot
        {"start": 100, "length": 4},
        {"start": 3, "length": 400},
    ],
)
def test_a_span_that_cannot_be_is_named(ada_desk: AtDesk, program: Program, span: dict[str, int]) -> None:
    wish = {"kind": "comment", "actor": ACME, "target": ada_desk.post().urn, "text": "🤖 Thanks Dana"}
    assert "outside the text" in wrong(program.act(**wish, mentions=[{**span, "urn": DANA}]))["mentions"]
    good = {"start": 10, "length": 4, "urn": DANA}
    assert "overlaps" in wrong(program.act(**wish, mentions=[good, good]))["mentions"]
    assert "no URN" in wrong(program.act(**wish, mentions=[{**good, "urn": "urn:li:share:1"}]))["mentions.0.urn"]
    assert not Outgoing.objects.exists()


# following


def test_an_action_is_seen_by_its_key_and_by_those_that_may_read(ada_desk: AtDesk, bo: AtDesk) -> None:
    liker, other, reader = (program_of(ada_desk, scopes=[s]) for s in ("like", "like", "read"))
    colleague = program_of(bo, scopes=["read"], actors=[])
    target = ada_desk.post().urn
    uid = liker.outgoing(liker.act(kind="like", actor=ACME, target=target)).uid
    for program, status in ((liker, 200), (other, 404), (reader, 200), (colleague, 200)):
        assert program.get(f"/actions/{uid}").status_code == status
    # the same wish again, by another key: the same action, and so it is theirs to follow too
    assert other.act(kind="like", actor=ACME, target=target).json()["id"] == str(uid)
    assert other.get(f"/actions/{uid}").status_code == 200
    assert liker.get("/actions?of=desk").json()["code"] == "scope_missing"
    assert [one["id"] for one in reader.get("/actions?of=desk").json()["actions"]] == [str(uid)]
    assert reader.get("/actions").json() == {"actions": [], "next_cursor": None}


def test_a_poll_takes_four_queries_at_most(ada_desk: AtDesk, program: Program) -> None:
    uid = program.outgoing(program.act(kind="like", actor=ACME, target=ada_desk.post().urn)).uid
    for after_a_minute in (True, False):
        if after_a_minute:
            program.key.__class__.objects.update(last_used_at=clock.now() - timedelta(minutes=2))
        with CaptureQueriesContext(connection) as asked:
            assert program.get(f"/actions/{uid}").status_code == 200
        assert len(asked) <= (4 if after_a_minute else 3), [one["sql"][:90] for one in asked]


def test_the_list_goes_on_by_its_cursor_and_by_state(ada_desk: AtDesk, program: Program, settings: Any) -> None:
    settings.UNDO_WINDOW_S = 60
    target = ada_desk.post().urn
    made = [program.act(kind="comment", actor=ACME, target=target, text=f"No. {n}").json()["id"] for n in range(5)]
    program.ask("DELETE", f"/actions/{made[2]}")
    writing.comment_on(ada_desk.post(), speaker=writing.Speaker(ada_desk.user, ACME), text="By hand", form_key=uuid4())
    found, cursor = [], ""
    while True:
        with CaptureQueriesContext(connection) as asked:
            part = program.get(f"/actions?limit=2&cursor={cursor}").json()
        assert len(asked) <= 4
        found += [one["id"] for one in part["actions"]]
        cursor = part["next_cursor"]
        if cursor is None:
            break
    assert found == made[::-1]
    assert [one["id"] for one in program.get("/actions?state=cancelled").json()["actions"]] == [made[2]]
    assert len(program.get("/actions?of=desk").json()["actions"]) == 6
    for query in ("cursor=1", "cursor=a_b", "limit=0", "limit=101", "state=lost", "of=me", "wait=1"):
        refusal(program.get(f"/actions?{query}"), 422, "invalid")


def test_an_action_is_taken_back_while_that_is_possible(ada_desk: AtDesk, program: Program, settings: Any) -> None:
    settings.UNDO_WINDOW_S = 30
    wish = {"kind": "comment", "actor": ACME, "target": ada_desk.post().urn}
    answer = program.act(text="Never sent", **wish)
    assert int(answer["Retry-After"]) >= 30
    for _ in range(2):
        cancelled = program.ask("DELETE", answer["Location"].removeprefix("/api/v1"))
        assert (cancelled.status_code, cancelled.json()["state"], cancelled.json()["retryable"]) == (
            *(200, "cancelled", "safe"),
        )
    row = program.outgoing(program.act(text="Sent", **wish))
    Outgoing.objects.filter(pk=row.pk).update(due_at=clock.now())
    ada_desk.deliver()
    assert "sent already" in refusal(program.ask("DELETE", f"/actions/{row.uid}"), 409, "too_late")
    blocked = program.outgoing(program.act(text="Blocked", **wish))
    Outgoing.objects.filter(pk=blocked.pk).update(state="blocked", reason="no_right")
    assert program.ask("DELETE", f"/actions/{blocked.uid}").json()["state"] == "discarded"
    theirs = program_of(ada_desk)
    refusal(theirs.ask("DELETE", f"/actions/{row.uid}"), 404, "not_found")  # it may read it, it is not its own
    assert [entry.text for entry in ada_desk.ledger] == ["Sent"]


# the closed lists


def test_states_and_reasons_are_those_of_the_rows() -> None:
    assert set(get_args(shapes.StateName)) == set(State.values)
    assert set(shapes.REASONS) == {value for name, value in vars(Reason).items() if name.isupper()}
    kinds = set(get_args(shapes.ActionKind))
    assert {shapes.kind_of(Outgoing(kind=kind)) for kind in Outgoing.Kind.values} | {"like"} == kinds


@pytest.mark.parametrize("state", State.values)
def test_every_state_is_told_with_what_may_be_done(ada_desk: AtDesk, program: Program, state: str) -> None:
    row = program.outgoing(program.act(kind="comment", actor=ACME, target=ada_desk.post().urn, text="Words"))
    now = clock.now()
    final = state in Outgoing.FINAL
    Outgoing.objects.filter(pk=row.pk).update(
        state=state, not_before=now + timedelta(seconds=90), finished_at=now if final else None
    )
    answer = program.get(f"/actions/{row.uid}")
    said = answer.json()
    assert (said["state"], said["final"]) == (state, final) and said["message"]
    expected = {"cancelled": "safe", "unknown": "after_check", "needs_attention": "after_check"}
    assert said["retryable"] == {**expected, "discarded": "after_check"}.get(state, "no")
    assert ("Retry-After" in answer) is not final
    if state == "waiting":
        assert 90 <= int(answer["Retry-After"]) <= 93


def test_linkedins_faults_are_states_and_never_ours(ada_desk: AtDesk, program: Program) -> None:
    ada_desk.sandbox.world.faults.append(Rule.read({"do": "drop_before", "times": 99}))
    answer = program.act(kind="like", actor=ACME, target=ada_desk.post().urn)
    assert answer.status_code == 202
    ada_desk.deliver()
    said = program.get(f"/actions/{answer.json()['id']}").json()
    assert said["state"] in ("waiting", "unknown", "queued") and not said["final"]
    assert said["reason"] in shapes.REASONS


def test_no_members_words_leave_with_an_action(ada_desk: AtDesk, program: Program) -> None:
    row = program.outgoing(program.act(kind="like", actor=ACME, target=ada_desk.comment("Does it stop").urn))
    answer = program.get(f"/actions/{row.uid}")
    assert b"Does it stop" not in answer.content and b"Dana" not in answer.content
    assert answer["Cache-Control"] == "private, no-store"
    page = ada_desk.get("outgoing-show", row.uid)
    assert (
        "through Night shift" in text_of(page)
        and reverse("outgoing-show", args=[row.uid]) == answer.json()["links"]["history"]
    )


def test_whoever_leaves_takes_the_keys_voice_along(ada_desk: AtDesk, program: Program) -> None:
    row = program.outgoing(program.act(kind="like", actor=ACME, target=ada_desk.post().urn))
    User.objects.filter(pk=ada_desk.user.pk).update(is_active=False)
    refusal(program.get(f"/actions/{row.uid}"), 401, "key_invalid")
    ada_desk.deliver()
    row.refresh_from_db()
    assert (row.state, ada_desk.ledger) == ("blocked", [])
