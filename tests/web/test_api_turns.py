"""The answer says when an action is due: by its member's pace, and by what stands in line before it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from socialactions import clock
from socialactions.models import Outgoing, Pace
from socialactions.sandbox.seeds.cast import ACME, ADA
from socialactions.services import outbox
from socialactions.services.outcomes import Reason
from tests.web.desks import AtDesk
from tests.web.programs import Program, program_of

State = Outgoing.State


@pytest.fixture
def program(ada_desk: AtDesk, settings: Any) -> Program:
    settings.UNDO_WINDOW_S = 0
    settings.COMMENT_EVERY_S, settings.COMMENT_BURST = 60, 3  # ten times the usual: a slow machine has its seconds
    settings.LIKE_EVERY_S, settings.LIKES_PER_HOUR = 60, 60
    return program_of(ada_desk)


def comment(desk: AtDesk, program: Program, text: str = "Words") -> Any:
    return program.act(kind="comment", actor=ACME, target=desk.post().urn, text=text).json()


def like(desk: AtDesk, program: Program, number: int) -> Any:
    targets = [desk.post().urn, desk.comment("Does it stop").urn]
    actor = (ACME, "member")[number // 2]
    return program.act(kind="like", actor=actor, target=targets[number % 2]).json()


def wait_s(said: Any) -> float | None:
    at = said["not_before"]
    return (datetime.fromisoformat(at) - clock.now()).total_seconds() if at else None


def test_a_burst_is_told_its_turns_and_they_come_true(ada_desk: AtDesk, program: Program) -> None:
    said = [comment(ada_desk, program, f"No. {n}") for n in range(6)]
    assert [one["state"] for one in said] == ["queued"] * 6
    assert [wait_s(one) for one in said[:3]] == [None] * 3
    assert [wait_s(one) for one in said[3:]] == pytest.approx([60, 120, 180], abs=20)
    assert not Outgoing.objects.exclude(not_before=None).exists()  # the row itself is not changed
    rows = list(Outgoing.objects.order_by("pk"))
    for row in rows:
        Outgoing.objects.filter(pk=row.pk).update(order_key=f"apart {row.pk}")
        outbox.deliver(row.pk)
    for row, one in zip(rows[3:], said[3:], strict=True):
        row.refresh_from_db()
        assert (row.state, row.reason) == (State.WAITING, Reason.PACE) and row.not_before is not None
        late_s = (datetime.fromisoformat(one["not_before"]) - row.not_before).total_seconds()
        assert -60 < late_s < 20, "earlier than it was, by less than a step; never later"
        assert program.get(f"/actions/{row.uid}").json()["not_before"][:19] == row.not_before.isoformat()[:19]


def test_what_waits_already_is_in_line(ada_desk: AtDesk, program: Program) -> None:
    rows = [program.outgoing(program.act(kind="comment", actor=ACME, target=ada_desk.post().urn, text=f"{n}"))
            for n in range(5)]  # fmt: skip
    for row in rows:
        Outgoing.objects.filter(pk=row.pk).update(order_key=f"apart {row.pk}")
        outbox.deliver(row.pk)
    assert wait_s(comment(ada_desk, program)) == pytest.approx(180, abs=20)
    assert wait_s(like(ada_desk, program, 0)) is None  # another pace
    Outgoing.objects.filter(pk=rows[4].pk).update(state=State.CANCELLED, finished_at=clock.now())
    assert wait_s(comment(ada_desk, program)) == pytest.approx(180, abs=20)  # one less, and the one just asked for


def test_who_stands_still_is_not_in_line(ada_desk: AtDesk, program: Program) -> None:
    for n in range(5):
        comment(ada_desk, program, f"No. {n}")
    head = Outgoing.objects.order_by("pk")[0]
    Outgoing.objects.filter(pk=head.pk).update(state=State.UNKNOWN, doubt_since=clock.now())
    reply = {"kind": "reply", "actor": ACME, "target": ada_desk.comment("Does it stop").urn, "text": "x"}
    assert wait_s(program.act(**reply).json()) is None


def test_likes_one_at_a_time_and_not_more_than_the_hour_has(ada_desk: AtDesk, program: Program, settings: Any) -> None:
    said = [like(ada_desk, program, number) for number in range(3)]
    assert wait_s(said[0]) is None
    assert [wait_s(one) for one in said[1:]] == pytest.approx([60, 120], abs=20)
    outbox.deliver(Outgoing.objects.order_by("pk")[0].pk)
    settings.LIKES_PER_HOUR = 1
    assert wait_s(program.get(said[2]["links"]["self"].removeprefix("/api/v1")).json()) == pytest.approx(3660, abs=20)


def test_a_closed_gate_is_told(ada_desk: AtDesk, program: Program) -> None:
    now = clock.now()
    gate = {"member_urn": ADA, "pace": "comment", "reason": Reason.DAILY_LIMIT, "slowed_at": now, "slowness": 1}
    Pace.objects.create(closed_until=now + timedelta(hours=3), **gate)
    assert wait_s(comment(ada_desk, program)) == pytest.approx(3 * 3600, abs=20)
    assert wait_s(comment(ada_desk, program)) == pytest.approx(3 * 3600 + 120, abs=20)  # half as fast


def test_the_hint_when_to_ask_again_says_the_same(ada_desk: AtDesk, program: Program) -> None:
    answers = [program.act(kind="comment", actor=ACME, target=ada_desk.post().urn, text=f"{n}") for n in range(5)]
    hints = [int(one["Retry-After"]) for one in answers]
    assert hints[:3] == [2] * 3 and hints[3:] == pytest.approx([62, 122], abs=20)
    Pace.objects.create(
        **{"member_urn": ADA, "pace": "comment", "reason": Reason.DAILY_LIMIT, "slowed_at": clock.now(), "slowness": 1},
        closed_until=clock.now() + timedelta(minutes=20),
    )
    uid = answers[4].json()["id"]
    old = program.client.get(
        "/linkedin-agent/get-task-status", {"api_agent_task_id": uid}, headers={"x-api-key": program.secret}
    )
    for answer, said in (
        (program.get(f"/actions/{uid}"), program.get(f"/actions/{uid}").json()),
        (old, old.json()["data"]),
    ):
        assert int(answer["Retry-After"]) == pytest.approx(wait_s(said), abs=5) and wait_s(said) > 1200  # type: ignore[operator]
    Pace.objects.update(closed_until=clock.now() + timedelta(hours=3))
    assert program.get(f"/actions/{uid}")["Retry-After"] == "3600"  # much may change until then


def test_the_old_clients_are_told_as_well(ada_desk: AtDesk, program: Program) -> None:
    said = [ask_old(ada_desk, program, f"No. {n}") for n in range(4)]
    assert said[2]["not_before"] is None and wait_s(said[3]) == pytest.approx(60, abs=20)


def ask_old(desk: AtDesk, program: Program, text: str) -> Any:
    body = {"social_urn": desk.post().urn, "comment_text": text, "actor": ACME}
    headers = {"x-api-key": program.secret}
    return program.client.post("/linkedin-agent/comment-post", body, "application/json", headers=headers).json()


def test_it_costs_a_query_while_it_is_queued_and_none_later(ada_desk: AtDesk, program: Program) -> None:
    uids = [comment(ada_desk, program, f"No. {n}")["id"] for n in range(4)]
    Outgoing.objects.filter(uid=uids[0]).update(state=State.SENT, finished_at=clock.now())
    for uid, queries in ((uids[0], 2), (uids[3], 3)):
        program.get(f"/actions/{uid}")
        with CaptureQueriesContext(connection) as asked:
            program.get(f"/actions/{uid}")
        assert len(asked) == queries
