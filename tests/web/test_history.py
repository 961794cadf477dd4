"""History: what the desk did, by whom and as whom, to the last row, and nobody else's."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from socialactions.models import Outgoing, User
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


AT = "2026-11-22T14:05:00Z"


@pytest.mark.parametrize(
    "cursor",
    ["x", "1", f"{AT}_", f"{AT}_-1", f"{AT}_²", f"{AT}_１", f"{AT}_\0", f"{AT}_{'9' * 30}", "2026-11-22T14:05_1"],
)
def test_a_bad_cursor_is_404(ada: AtDesk, cursor: str) -> None:
    for htmx in (True, False):
        assert ada.get("history", before=cursor, htmx=htmx).status_code == 404


def test_a_cursor_does_not_reach_into_another_desk(ada_desk: AtDesk, other_desk: AtDesk) -> None:
    newest = _comment(ada_desk, "Among us")
    assert "Among us" not in text_of(other_desk.get("history", before=f"9999-01-01T00:00:00Z_{newest.pk + 1}"))


def test_history_costs_the_same_however_long_it_is(ada_desk: AtDesk) -> None:
    spent = []
    for count in (1, 40, 400):
        _many(ada_desk, count)
        with CaptureQueriesContext(connection) as queries:
            assert ada_desk.get("history").status_code == 200
        spent.append(len(queries))
    assert max(spent) <= 7 and len(set(spent)) == 1, spent


@pytest.fixture
def mixed(ada_desk: AtDesk, bo: AtDesk) -> AtDesk:
    """One of each: as Acme, as herself, on another Page, by another person, cancelled, refused, by a key, long ago."""
    rows = {
        "as Acme": _comment(ada_desk, "as Acme"),
        "as herself": _comment(ada_desk, "as herself", actor=ada_desk.user.member_urn),
        "on Birch": _comment(ada_desk, "on Birch", words="The chair", actor=BIRCH),
        "by Bo": _comment(bo, "by Bo", words="The chair", actor=BIRCH),
        "cancelled": _comment(ada_desk, "cancelled"),
        "discarded": _comment(ada_desk, "discarded"),
        "refused": _comment(ada_desk, "refused"),
        "by a key": _comment(ada_desk, "by a key"),
        "long ago": _comment(ada_desk, "long ago"),
        "changed": _comment(ada_desk, "changed"),
    }
    past = datetime(2026, 3, 5, 12, tzinfo=UTC)
    changes: dict[str, dict[str, Any]] = {
        "cancelled": {"state": "cancelled", "finished_at": past},
        "discarded": {"state": "discarded", "finished_at": past},
        "refused": {"state": "failed", "finished_at": past},
        "by a key": {"way": "crm"},
        "long ago": {"created_at": past},
        "changed": {"kind": "edit"},
    }
    for name, change in changes.items():
        Outgoing.objects.filter(pk=rows[name].pk).update(**change)
    return ada_desk


def _texts(answer: Any) -> set[str]:
    """The texts of the actions that a page lists."""
    return set(re.findall(r'<b>[^<]*</b><span dir="auto">([^<]*)</span>', answer.content.decode()))


EVERYTHING = {
    *("as Acme", "as herself", "on Birch", "by Bo", "cancelled"),
    *("discarded", "refused", "by a key", "long ago", "changed"),
}


def test_each_filter_leaves_what_it_names(mixed: AtDesk, bo: AtDesk) -> None:
    for query, wanted in (
        ({}, EVERYTHING),
        ({"person": bo.user.pk}, {"by Bo"}),
        ({"page": mixed.birch.pk}, {"on Birch", "by Bo"}),
        ({"actor": mixed.user.member_urn}, {"as herself"}),
        ({"actor": BIRCH, "person": mixed.user.pk}, {"on Birch"}),
        ({"kind": "edit"}, {"changed"}),
        ({"outcome": "withdrawn"}, {"cancelled", "discarded"}),
        ({"outcome": "failed"}, {"refused"}),
        ({"outcome": "open"}, EVERYTHING - {"cancelled", "discarded", "refused"}),
        ({"since": "2026-03-05", "until": "2026-03-05"}, {"long ago"}),
        ({"until": "2026-03-04"}, set()),
        ({"since": "2026-03-06"}, EVERYTHING - {"long ago"}),
        ({"way": "crm"}, {"by a key"}),
        ({"way": "browser", "kind": "comment", "until": "2026-03-31"}, {"long ago"}),
    ):
        assert _texts(mixed.get("history", **query)) == wanted, query


def test_days_are_those_of_the_viewers_zone(mixed: AtDesk) -> None:
    late = datetime(2026, 3, 5, 23, 30, tzinfo=UTC)
    Outgoing.objects.filter(text="long ago").update(created_at=late)
    assert _texts(mixed.get("history", until="2026-03-05")) == {"long ago"}
    mixed.client.cookies["tz"] = "Europe/Berlin"
    assert _texts(mixed.get("history", until="2026-03-05")) == set()
    assert _texts(mixed.get("history", until="2026-03-06")) == {"long ago"}


def test_an_action_of_a_colleague_who_left_is_found(mixed: AtDesk, bo: AtDesk) -> None:
    User.objects.filter(pk=bo.user.pk).update(is_active=False)
    assert _texts(mixed.get("history", person=bo.user.pk)) == {"by Bo"}


@pytest.mark.parametrize("outcome", ["", "withdrawn", "open"])
def test_a_filter_goes_on_to_the_last_row_and_none_comes_twice(ada_desk: AtDesk, outcome: str) -> None:
    _many(ada_desk, 120)
    at = datetime(2026, 3, 5, 12, tzinfo=UTC)
    keys = list(Outgoing.objects.values_list("pk", flat=True))
    Outgoing.objects.filter(pk__in=keys[::2]).update(created_at=at)  # many of one moment
    if outcome == "withdrawn":
        Outgoing.objects.filter(pk__in=keys[::3]).update(state="discarded", finished_at=at)
        Outgoing.objects.exclude(pk__in=keys[::3]).update(state="cancelled", finished_at=at)
    seen: list[str] = []
    address = reverse("history", query={"outcome": outcome, "way": "browser"})
    while address:
        page = ada_desk.client.get(address).content.decode()
        seen += re.findall(r'href="/outgoing/([0-9a-f-]{36})/"', page)
        more = re.search(r'href="([^"]*before=[^"]*)"', page)
        address = more[1].replace("&amp;", "&") if more else ""
        assert not address or "way=browser" in address
    wanted = Outgoing.objects.order_by("-created_at", "-pk").values_list("uid", flat=True)
    assert seen == [str(uid) for uid in wanted] and len(seen) == 120


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        (
            "person",
            "54569f4e-1109-43f4-a0f7-4be7467e68bf",
            "Person: nobody of your desk has this id. Choose one from the list.",
        ),
        ("person", "1", "Person: nobody of your desk has this id."),
        ("page", "x", "Page: your desk has no such Page."),
        ("actor", "urn:li:person:nobody", "Speaking as: nobody of your desk speaks as this."),
        ("kind", "shout", "Action: there is no such action."),
        ("outcome", "SENT", "Outcome: there is no such outcome."),
        ("since", "yesterday", "From: this is not a day such as 2026-11-22"),
        ("since", "0001-01-01", "From: this is not a day such as 2026-11-22"),
        ("until", "9999-12-31", "To: this is not a day such as 2026-11-22"),
        ("way", "x" * 61, "Through: this is no name of a way."),
        ("way", "a\0b", "Through: this is no name of a way."),
    ],
)
def test_what_a_filter_cannot_be_is_said_and_the_others_count(mixed: AtDesk, name: str, value: str, words: str) -> None:
    other = {"outcome": "failed"} if name != "outcome" else {"kind": "edit"}
    answer = mixed.get("history", **{name: value}, **other)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert words in text_of(answer) and f'id="{name}-error"' in page and 'aria-invalid="true"' in page
    assert _texts(answer) == ({"refused"} if name != "outcome" else {"changed"})
    assert reverse("history-csv", query=other).replace("&", "&amp;") in page


def test_days_in_the_wrong_order_are_said(mixed: AtDesk) -> None:
    answer = mixed.get("history", since="2026-03-06", until="2026-03-05")
    assert answer.status_code == 422
    assert "To: this day lies before “From”." in text_of(answer)
    assert _texts(answer) == EVERYTHING - {"long ago"}


def test_a_filter_that_finds_nothing_leads_back(mixed: AtDesk) -> None:
    page = text_of(mixed.get("history", way="nobody"))
    assert "Nothing fits" in page and "Show everything" in page


def test_the_choices_are_those_of_the_desk(mixed: AtDesk, other_desk: AtDesk) -> None:
    page = other_desk.get("history").content.decode()
    assert "Ada Berg" not in page and str(mixed.user.pk) not in page
    answer = other_desk.get("history", person=mixed.user.pk)
    assert answer.status_code == 422 and "by Bo" not in answer.content.decode()


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
