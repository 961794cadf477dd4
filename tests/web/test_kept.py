"""Settings → What is kept: everybody reads what is held until when; administrators forget a person, in two steps."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from socialactions import lifetimes
from socialactions.models import Comment, CommentContent, Forgotten, Receipt, Snapshot, User
from socialactions.queries import holdings
from socialactions.sandbox.seeds.cast import stranger
from socialactions.services import keeping, receipts
from socialactions.services.forgetting import ANYBODY
from tests.web.crowds import fill
from tests.web.desks import AtDesk, fields_of, text_of

DANA = stranger("Dana")


def held(desk: AtDesk) -> dict[str, holdings.Holding]:
    return {one.about.key: one for one in holdings.of_desk(desk.desk)}


def test_the_page_names_every_class_with_its_lifetime(ada_desk: AtDesk) -> None:
    words = text_of(ada_desk.get("settings-kept"))
    for one in lifetimes.TABLE:
        assert one.name in words and one.words in words and one.ends in words


def test_it_says_how_much_is_here_since_when_and_until_when(ada_desk: AtDesk) -> None:
    Snapshot.objects.all().delete()  # reading has written some down
    Snapshot.objects.create(post=ada_desk.post(), at=timezone.now() - timedelta(days=3))
    found = held(ada_desk)
    members, pages = found["members-words"], found["pages-words"]
    assert (members.many, pages.many) == ("4 rows", "1 row")
    assert members.oldest and members.until and pages.until
    newest = CommentContent.objects.filter(comment__is_ours=False).latest("fetched_at")
    assert members.until == newest.fetched_at + timedelta(hours=48)
    assert pages.until - pages.oldest == timedelta(days=182)
    assert found["counts"].until == found["counts"].oldest + timedelta(days=365)
    assert (found["references"].many, found["people"].many, found["forgotten"].many) == (
        "5 comments",
        "1 person",
        "no people",
    )
    assert "24 hours" in found["faces"].note


def test_a_desk_sees_its_own_rows_only(ada_desk: AtDesk, other_desk: AtDesk) -> None:
    found = held(other_desk)
    assert {key: found[key].many for key in ("members-words", "pages-words", "references", "own-actions")} == {
        "members-words": "no rows",
        "pages-words": "no rows",
        "references": "no comments",
        "own-actions": "no actions",
    }


def test_nothing_is_counted_without_end(ada_desk: AtDesk) -> None:
    fill(ada_desk.post("Quiet floor"), 300)
    with CaptureQueriesContext(connection) as few:
        ada_desk.get("settings-kept")
    fill(ada_desk.post(), 900)
    with CaptureQueriesContext(connection) as many:
        ada_desk.get("settings-kept")
    assert len(few) == len(many) <= 26
    assert all("LIMIT" in q["sql"] for q in many if "COUNT(" in q["sql"]), [q["sql"] for q in many]


def test_many_are_more_than_ten_thousand(ada_desk: AtDesk) -> None:
    fill(ada_desk.post(), 10_001)
    assert held(ada_desk)["references"].many == "more than 10,000 comments"
    assert "More than 10,000 rows" in text_of(ada_desk.get("settings-kept"))


def test_switched_off_and_shortened_faces_are_said(ada_desk: AtDesk, settings: Any) -> None:
    settings.FACES_TTL_S = 0
    assert "Switched off" in text_of(ada_desk.get("settings-kept"))
    settings.FACES_TTL_S = 3600
    assert "Here 1 hour." in text_of(ada_desk.get("settings-kept"))


def test_receipts_are_shown_with_their_chain(ada_desk: AtDesk) -> None:
    assert "None yet" in text_of(ada_desk.get("settings-kept"))
    CommentContent.everything.filter(comment__actor_urn=DANA).update(expires_at=timezone.now())
    keeping.purge()
    words = text_of(ada_desk.get("settings-kept"))
    assert "Receipts chain: unbroken, 1 followed" in words and "1 members' words" in words
    receipts.write({"posts": 2})
    Receipt.objects.filter(counts={"posts": 2}).update(counts={"posts": 1})
    assert "chain of receipts is broken at number" in text_of(ada_desk.get("settings-kept"))


def test_only_administrators_are_offered_to_forget(ada_desk: AtDesk, bo: AtDesk) -> None:
    assert b'name="member"' in ada_desk.get("settings-kept").content
    page = bo.get("settings-kept")
    assert b'name="member"' not in page.content and "Ask an administrator" in text_of(page)


def test_a_person_is_forgotten_in_two_steps(ada_desk: AtDesk) -> None:
    question = ada_desk.get("settings-forget", member=DANA)
    words = text_of(question)
    assert "Forget Dana Whitlock at this desk?" in words
    assert "1 comment of this person loses its author and words" in words
    assert not Forgotten.objects.exists()
    fields = {**fields_of(question), "confirmation": " Forget "}
    answer = ada_desk.send("settings-forget", fields=fields)
    assert (answer.status_code, answer["Location"]) == (302, "/settings/kept/")
    assert Comment.objects.filter(actor_urn=ANYBODY).count() == 1
    words = text_of(ada_desk.get("settings-kept"))
    assert "Forgotten. 1 comment has no author and no words any more" in words and "Whitlock" not in words


@pytest.mark.parametrize("word", ["", "yes", "forget Dana"])
def test_without_the_word_nobody_is_forgotten(ada_desk: AtDesk, word: str) -> None:
    answer = ada_desk.send("settings-forget", fields={"member": DANA, "confirmation": word})
    assert answer.status_code == 422 and "Type forget to forget this person." in text_of(answer)
    assert not Forgotten.objects.exists()


@pytest.mark.parametrize("typed", ["", "nobody at all", "urn:li:organization:1001", "\0", "x" * 5000, "https://[/in/a"])
def test_whom_we_do_not_understand_comes_back_with_what_to_do(ada_desk: AtDesk, typed: str) -> None:
    for answer in (
        ada_desk.get("settings-forget", member=typed),
        ada_desk.send("settings-forget", fields={"member": typed, "confirmation": "forget"}),
    ):
        assert answer.status_code == 422 and "Person: " in text_of(answer)


@pytest.mark.parametrize("htmx", [True, False])
@pytest.mark.parametrize("from_where", ["comment-delete", "comment-reactors"])
def test_the_way_there_leads_over_the_comment(ada_desk: AtDesk, from_where: str, htmx: bool) -> None:
    link = b'/settings/kept/forget/?member=urn%3Ali%3Aperson%3AdaW1hit_42"'
    theirs, ours = ada_desk.comment("Does it stop"), ada_desk.comment("80 ms")
    assert link in ada_desk.get(from_where, theirs.pk, htmx=htmx).content
    assert b"/settings/kept/forget/" not in ada_desk.get(from_where, ours.pk, htmx=htmx).content
    User.objects.filter(pk=ada_desk.user.pk).update(is_admin=False)
    answer = ada_desk.get(from_where, theirs.pk, htmx=htmx)
    assert answer.status_code == 200 and b"/settings/kept/forget/" not in answer.content


def test_a_person_without_comments_can_be_forgotten_beforehand(ada_desk: AtDesk) -> None:
    question = ada_desk.get("settings-forget", member=stranger("Ruth"))
    assert "Nothing of this person is here now" in text_of(question)
    ada_desk.send("settings-forget", fields={**fields_of(question), "confirmation": "forget"})
    ada_desk.say(ada_desk.post(), "Never stored.", by=stranger("Ruth"))
    cache.clear()
    ada_desk.read_comments(ada_desk.post())
    assert not CommentContent.everything.filter(text="Never stored.").exists()
