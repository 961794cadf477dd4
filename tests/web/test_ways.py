"""History names for each thing that happened who did it and by which way, also where several ask for the same."""

from __future__ import annotations

import pytest

from socialactions.models import Event, Outgoing, Post
from socialactions.sandbox.seeds.cast import BIRCH
from socialactions.services import writing
from socialactions.services.verifying import contradictions
from tests.web.desks import AtDesk, text_of
from tests.web.programs import Program, program_of

State = Outgoing.State
BROWSER = "browser"


@pytest.fixture
def post(ada_desk: AtDesk) -> Post:
    found = Post.objects.select_related("organization__desk").filter(organization=ada_desk.birch)
    return found.latest("created_at")


@pytest.fixture
def program(bo: AtDesk) -> Program:
    return program_of(bo, actors=[BIRCH], name="Night shift")


def liked(person: AtDesk, post: Post) -> Outgoing:
    return writing.react(post, None, speaker=writing.Speaker(user=person.user, actor_urn=BIRCH), kind="LIKE")


def told(row: Outgoing) -> list[tuple[str, str, str, str]]:
    """Everything that happened to an action: what, who, by which way."""
    events = Event.objects.filter(outgoing=row).select_related("user").order_by("pk")
    return [(event.kind, event.state, event.user.name if event.user else "", event.way) for event in events]


def test_a_key_that_joins_an_action_and_takes_it_back_is_named(
    ada_desk: AtDesk, bo: AtDesk, program: Program, post: Post
) -> None:
    row = liked(ada_desk, post)
    wish = {"kind": "like", "actor": BIRCH, "target": post.urn}
    for _ in range(2):  # the second asks for what it was answered with before
        answer = program.act(once="a", **wish)
        assert (answer.status_code, answer.json()["id"]) == (202, str(row.uid)), answer.content
    assert program.ask("DELETE", f"/actions/{row.uid}").status_code == 200
    assert told(row) == [
        ("accepted", "queued", "Ada Berg", BROWSER),
        ("wanted too", "queued", "Bo Lindqvist", "Night shift"),
        ("state", "cancelled", "Bo Lindqvist", "Night shift"),
    ]
    words = text_of(ada_desk.get("outgoing-show", row.uid))
    assert "wanted too Bo Lindqvist, through Night shift" in words
    assert "cancelled · by person Bo Lindqvist, through Night shift" in words
    assert list(contradictions()) == []


def test_whoever_asks_again_by_the_same_way_is_no_news(ada_desk: AtDesk, program: Program, post: Post) -> None:
    assert liked(ada_desk, post) == (row := liked(ada_desk, post))
    assert [kind for kind, *_ in told(row)] == ["accepted"]
    wish = {"kind": "react", "reaction": "PRAISE", "actor": BIRCH, "target": post.urn}
    first, again = (program.outgoing(program.act(**wish)) for _ in range(2))
    assert first == again and [kind for kind, *_ in told(first)] == ["accepted"]


def test_a_later_wish_takes_back_the_earlier_by_its_own_way(ada_desk: AtDesk, program: Program, post: Post) -> None:
    row = liked(ada_desk, post)
    program.act(kind="unlike", actor=BIRCH, target=post.urn)
    assert told(row)[1:] == [("state", "cancelled", "Bo Lindqvist", "Night shift")]
    stuck = liked(ada_desk, post)
    Outgoing.objects.filter(pk=stuck.pk).update(state=State.BLOCKED)
    program.act(kind="unlike", actor=BIRCH, target=post.urn)
    assert told(stuck)[1:] == [("state", "discarded", "Bo Lindqvist", "Night shift")]


def test_a_programs_action_that_is_taken_back_in_the_browser_says_so(
    ada_desk: AtDesk, bo: AtDesk, program: Program, post: Post
) -> None:
    row = program.outgoing(program.act(kind="comment", actor=BIRCH, target=post.urn, text="Words"))
    assert bo.send("outgoing-step", row.uid, "undo").status_code == 302
    assert told(row) == [
        ("accepted", "queued", "Bo Lindqvist", "Night shift"),
        ("state", "cancelled", "Bo Lindqvist", BROWSER),
    ]
