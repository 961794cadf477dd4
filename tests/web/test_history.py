"""History: what the desk did, by whom and as whom, to the last row, and nobody else's."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from socialactions.models import Outgoing
from socialactions.sandbox.seeds.cast import ACME, BIRCH
from socialactions.services import writing
from tests.web.desks import AtDesk, text_of


def _comment(desk: AtDesk, text: str, *, words: str = "The third arm", actor: str = ACME) -> Outgoing:
    speaker = writing.Speaker(user=desk.user, actor_urn=actor)
    return writing.comment_on(desk.post(words), speaker=speaker, text=text, form_key=uuid4())


def _many(desk: AtDesk, count: int) -> None:
    """As many more actions, each with its own text."""
    (first,) = Outgoing.objects.filter(pk=_comment(desk, "Copied").pk)
    rows = []
    for n in range(count - 1):
        first.pk, first.uid, first.form_key, first.text = None, uuid4(), uuid4(), f"Number {n}"
        rows.append(Outgoing(**{f.attname: getattr(first, f.attname) for f in Outgoing._meta.concrete_fields}))
    Outgoing.objects.bulk_create(rows)


def test_each_action_says_who_as_whom_what_where_and_how_it_ended(ada_desk: AtDesk, settings: Any) -> None:
    settings.UNDO_WINDOW_S = 0
    _comment(ada_desk, "Sent <b>words</b>")
    ada_desk.deliver()
    _comment(ada_desk, "As myself", actor=ada_desk.user.member_urn)
    page = text_of(ada_desk.get("history"))
    assert page.index("As myself") < page.index("Sent <b>words</b>")
    for words in ("Today", "Ada Berg", "Acme Robotics", "Comment", "The third arm is here", "On LinkedIn"):
        assert words in page


def test_an_action_has_a_page_with_its_story(ada_desk: AtDesk, settings: Any) -> None:
    settings.UNDO_WINDOW_S = 0
    row = _comment(ada_desk, "A story")
    ada_desk.deliver()
    page = text_of(ada_desk.get("outgoing-show", row.uid))
    for words in ("Comment as Acme Robotics", "Asked for by Ada Berg, through browser", "accepted", "sending", "sent"):
        assert words in page
    fragment = ada_desk.get("outgoing-show", row.uid, htmx=True)
    assert b"<!doctype" not in fragment.content and f'id="outgoing-{row.uid}"' in fragment.content.decode()


def test_an_empty_history_says_what_will_be_there(ada: AtDesk) -> None:
    assert "Nothing yet" in text_of(ada.get("history"))


def test_a_colleague_sees_it_and_another_desk_does_not(ada_desk: AtDesk, cy: AtDesk, other_desk: AtDesk) -> None:
    row = _comment(ada_desk, "Among us")
    assert "Among us" in text_of(cy.get("history"))
    assert "Among us" not in text_of(other_desk.get("history"))
    assert other_desk.get("outgoing-show", row.uid).status_code == 404


def test_members_words_are_not_part_of_it(ada_desk: AtDesk) -> None:
    comment = ada_desk.comment("Does it stop")
    speaker = writing.Speaker(user=ada_desk.user, actor_urn=ACME)
    writing.delete(comment, speaker=speaker, form_key=uuid4())
    page = text_of(ada_desk.get("history"))
    assert "Delete" in page and "Does it stop" not in page and "Dana" not in page


@pytest.mark.parametrize("htmx", [True, False], ids=["htmx", "plain"])
def test_earlier_leads_to_the_first_action(ada_desk: AtDesk, htmx: bool) -> None:
    _many(ada_desk, 120)
    seen: list[str] = []
    address = reverse("history")
    for _ in range(5):
        page = ada_desk.client.get(address, headers={"HX-Request": "true"} if htmx and seen else {}).content.decode()
        assert ("<!doctype" in page) is not (htmx and bool(seen))
        seen += re.findall(r'href="/outgoing/([0-9a-f-]{36})/"', page)
        more = re.search(r'href="([^"]*before=[^"]*)"', page)
        if more is None:
            break
        address = more[1].replace("&amp;", "&")
    wanted = Outgoing.objects.order_by("-pk").values_list("uid", flat=True)
    assert seen == [str(uid) for uid in wanted] and len(seen) == 120


@pytest.mark.parametrize("cursor", ["x", "-1", "1.5", "²", "１", "\0", "9" * 30, "1 OR 1=1"])
def test_a_bad_cursor_is_404(ada: AtDesk, cursor: str) -> None:
    for htmx in (True, False):
        assert ada.get("history", before=cursor, htmx=htmx).status_code == 404


def test_a_cursor_does_not_reach_into_another_desk(ada_desk: AtDesk, other_desk: AtDesk) -> None:
    newest = _comment(ada_desk, "Among us")
    assert "Among us" not in text_of(other_desk.get("history", before=str(newest.pk + 1)))


def test_history_costs_the_same_however_long_it_is(ada_desk: AtDesk) -> None:
    spent = []
    for count in (1, 40, 400):
        _many(ada_desk, count)
        with CaptureQueriesContext(connection) as queries:
            assert ada_desk.get("history").status_code == 200
        spent.append(len(queries))
    assert max(spent) <= 4 and len(set(spent)) == 1, spent


def test_steps_are_offered_and_taken_while_they_work(ada_desk: AtDesk) -> None:
    row = _comment(ada_desk, "Take it back", words="The chair", actor=BIRCH)
    page = ada_desk.get("post-show", row.post_id).content.decode()
    assert f'formaction="/outgoing/{row.uid}/undo/"' in page and "Sending as Birch &amp; Co in" in page
    assert ada_desk.send("outgoing-step", row.uid, "undo")["Location"] == reverse("post-show", args=[row.post_id])
    row.refresh_from_db()
    assert row.state == "cancelled"
    answer = ada_desk.send("outgoing-step", row.uid, "undo", htmx=True)
    assert answer.status_code == 409 and "This changed meanwhile" in text_of(answer)
    for name in ("nothing", "delete", "UNDO"):
        assert ada_desk.send("outgoing-step", row.uid, name).status_code == 404
    ada_desk.deliver()
    assert ada_desk.ledger == []
