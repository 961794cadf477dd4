"""A role that was taken away while its person was in the middle of something: said plainly, and nothing is lost."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from socialactions.models import Connection, Outgoing
from socialactions.services import pages
from tests.web.desks import AtDesk, fields_of, id_of, text_of

SAID = "You no longer have the role Administrator on Acme Robotics. An administrator of the Page can give it back"


@pytest.fixture
def without(ada_desk: AtDesk, settings: Any) -> AtDesk:
    """Ada, who reads Acme's posts and then is no administrator of Acme any more."""
    settings.UNDO_WINDOW_S = 0
    return ada_desk


def take_away(person: AtDesk) -> None:
    person.sandbox.world.set_role(id_of("ada"), "1001", None)
    pages.refresh_roles(Connection.objects.get(user=person.user))


def test_the_post_says_why_it_is_not_shown_and_keeps_what_one_owes(without: AtDesk) -> None:
    comment = without.comment("Does it stop")
    form = fields_of(without.get("reply-create", comment.pk))
    assert without.send("reply-create", comment.pk, fields={**form, "text": "It does."}).status_code == 302
    without.sandbox.world.set_role(id_of("ada"), "1001", None)
    without.deliver()
    page = without.get("post-show", comment.post_id)
    row = Outgoing.objects.get()
    assert page.status_code == 403
    assert text_of(page).count(SAID) == 2  # of the page, and of the reply
    assert "It does." in text_of(page) and "Does it stop" not in text_of(page)
    assert reverse("outgoing-step", args=[row.uid, "discard"]) in page.content.decode()
    assert without.ledger == []


def test_words_on_their_way_to_it_are_given_back(without: AtDesk) -> None:
    comment = without.comment("Does it stop")
    form = fields_of(without.get("reply-create", comment.pk))
    take_away(without)
    answer = without.send("reply-create", comment.pk, fields={**form, "text": "Half a page of <words>"})
    assert answer.status_code == 403
    assert SAID in text_of(answer) and "Half a page of &lt;words&gt;</textarea>" in answer.content.decode()
    assert not Outgoing.objects.exists()


@pytest.mark.parametrize("name", ["comment-show", "post-live"])
def test_an_open_screen_is_told_in_one_line(without: AtDesk, name: str) -> None:
    comment = without.comment("Does it stop")
    take_away(without)
    answer = without.get(name, comment.post_id if name == "post-live" else comment.pk, htmx=True)
    assert answer.status_code == 403
    assert text_of(answer).startswith(SAID) and 'id="said"' in answer.content.decode()
    assert answer["HX-Trigger"] == "role-lost"


def test_a_smaller_role_is_named_with_what_it_does_not_allow(without: AtDesk) -> None:
    post = without.post()
    without.sandbox.world.set_role(id_of("ada"), "1001", "ANALYST")
    pages.refresh_roles(Connection.objects.get(user=without.user))
    answer = without.get("post-show", post.pk)
    assert answer.status_code == 403
    assert "Your role Analyst on Acme Robotics does not let us read comments." in text_of(answer)


def test_who_never_had_a_role_finds_nothing(ada_desk: AtDesk, cy: AtDesk) -> None:
    assert cy.get("post-show", ada_desk.post().pk).status_code == 404
