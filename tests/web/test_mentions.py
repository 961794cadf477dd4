"""What is asked of LinkedIn while somebody waits: whom an @ could mean, and who reacted."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from socialactions.models import OwnReaction
from socialactions.sandbox.faults import Rule
from socialactions.sandbox.seeds import build
from socialactions.sandbox.seeds.cast import ACME, PRIVATE, stranger
from tests.web.desks import AtDesk, text_of

ODD = ("", " ", "\0", "a\0b", "%", "_", "'", '"', "\\", "<b>", "Ω" * 500, "../..", "a b c d e f", "@[x](y)", "\u202e")


def _menu(desk: AtDesk, query: str, **more: str) -> str:
    answer = desk.get("mention-list", post=desk.post().pk, q=query, htmx=True, **more)
    assert answer.status_code == 200
    page: str = answer.content.decode()
    assert "<!doctype" not in page
    return page


def _offered(page: str) -> dict[str, str]:
    return {name: urn for urn, name in re.findall(r'data-urn="([^"]*)" data-name="([^"]*)"', page)}


def test_people_of_the_thread_come_first(ada_desk: AtDesk) -> None:
    assert _offered(_menu(ada_desk, "da")) == {"Dana Whitlock": stranger("Dana")}
    assert _offered(_menu(ada_desk, "whit")) == {"Dana Whitlock": stranger("Dana")}  # any of the names
    assert {"Dana Whitlock", "Priya Ramaswamy", "Ben Romano"} <= set(_offered(_menu(ada_desk, "")))


def test_pages_of_the_desk_are_offered(ada_desk: AtDesk) -> None:
    assert _offered(_menu(ada_desk, "birch"))["Birch &amp; Co"] == "urn:li:organization:1002"


def test_any_page_is_found_by_its_address(ada_desk: AtDesk) -> None:
    assert _offered(_menu(ada_desk, "kestrel-logistics")) == {"Kestrel Logistics": "urn:li:organization:2001"}
    assert _offered(_menu(ada_desk, "Kestrel Logistics")) == {"Kestrel Logistics": "urn:li:organization:2001"}


def test_followers_are_found_by_three_letters(ada_desk: AtDesk) -> None:
    assert "Type at least 3 letters" in text_of(ada_desk.get("mention-list", post=ada_desk.post().pk, q="zq"))
    assert _offered(_menu(ada_desk, "Sofie")) == {"Sofie Bergman": stranger("Sofie")}


def test_a_colleague_without_the_role_is_told_so(ada_desk: AtDesk, bo: AtDesk) -> None:
    post = ada_desk.post("The chair")
    page = text_of(bo.get("mention-list", post=post.pk, q="Zebulon"))
    assert "LinkedIn lets only administrators of the Page search its followers" in page


def test_private_members_and_the_page_itself_are_not_offered(ada_desk: AtDesk) -> None:
    post = ada_desk.post()
    ada_desk.say(post, "Whom do I write to?", by=PRIVATE)
    ada_desk.read_comments(post)
    offered = _offered(_menu(ada_desk, ""))
    assert PRIVATE not in offered.values() and list(offered.values()).count(ACME) <= 1


@pytest.mark.parametrize(
    "trouble", [{"do": "refuse", "status": 503}, {"do": "throttle"}, {"do": "drop_before"}], ids=str
)
def test_a_linkedin_that_does_not_answer_leaves_the_thread(ada_desk: AtDesk, trouble: dict[str, object]) -> None:
    ada_desk.sandbox.world.faults.append(Rule.read({**trouble, "times": 99}))
    assert "Dana Whitlock" in _offered(_menu(ada_desk, "dana"))
    assert "LinkedIn did not answer, so its followers" in text_of(
        ada_desk.get("mention-list", post=ada_desk.post().pk, q="Zebulon")
    )


def test_odd_questions_do_no_harm(ada_desk: AtDesk) -> None:
    for query in ODD:
        page = _menu(ada_desk, query)
        assert "<b>x" not in page and 'class="menu"' in page


# --- who reacted ----------------------------------------------------------------------------------------------------


def test_who_reacted_is_listed_with_how(ada_desk: AtDesk) -> None:
    post, comment = ada_desk.post(), ada_desk.comment("Does it stop")
    on_linkedin = ada_desk.sandbox.world.comments[comment.comment_id]
    build.react(on_linkedin, stranger("Kenji"), "INTEREST")
    build.react(on_linkedin, ACME, "EMPATHY")
    assert "Luca Moretti Integrator for small lines Like" in text_of(ada_desk.get("post-reactors", post.pk))
    page = text_of(ada_desk.get("comment-reactors", comment.pk))
    assert "Kenji Watanabe" in page and "Insightful" in page
    assert OwnReaction.objects.get(comment=comment).kind == "EMPATHY"  # learned on the way
    assert "Love as Acme Robotics" in text_of(ada_desk.get("comment-show", comment.pk, htmx=True))


def test_a_reaction_taken_back_on_linkedin_is_noticed(ada_desk: AtDesk) -> None:
    post, comment = ada_desk.post(), ada_desk.comment("Does it stop")
    for about, at in ((None, timedelta(hours=1)), (comment, timedelta(hours=1)), (ada_desk.comment("70"), timedelta())):
        OwnReaction.objects.create(post=post, comment=about, actor_urn=ACME, kind="LIKE", known_at=timezone.now() - at)
    ada_desk.get("post-reactors", post.pk)
    ada_desk.get("comment-reactors", comment.pk)
    ada_desk.get("comment-reactors", ada_desk.comment("70").pk)
    assert [mine.comment for mine in OwnReaction.objects.all()] == [ada_desk.comment("70")]  # LinkedIn may list it late


def test_nobody_and_a_linkedin_that_is_down_are_told_apart(ada_desk: AtDesk) -> None:
    quiet = ada_desk.post("Quiet floor").pk
    assert "did not answer" not in text_of(ada_desk.get("post-reactors", quiet))
    ada_desk.sandbox.world.faults.append(Rule.read({"do": "refuse", "status": 503, "times": 99}))
    assert "LinkedIn did not answer." in text_of(ada_desk.get("post-reactors", quiet))


def test_an_ended_connection_says_so(ada_desk: AtDesk) -> None:
    ada_desk.send("connection-end", ada_desk.user.connection.pk)
    assert "Your LinkedIn connection ended." in text_of(ada_desk.get("post-reactors", ada_desk.post().pk))
    assert "Dana Whitlock" in _offered(_menu(ada_desk, "dana"))
