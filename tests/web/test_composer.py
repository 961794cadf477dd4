"""Every composer, with what people and attackers put in: a clear answer, nothing typed lost, never a 500.

Forms and their signatures are in test_composer_forms.py, pictures in test_composer_pictures.py.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from socialactions import clock
from socialactions.models import Comment, Outgoing, Post
from socialactions.sandbox.seeds.cast import ACME, ADA
from socialactions.services import writing
from tests.web.composers import TYPED, Composer, composer_of
from tests.web.desks import AtDesk, text_of


def test_a_good_form_is_accepted_once_and_reaches_linkedin(composer: Composer, settings: Any) -> None:
    settings.UNDO_WINDOW_S = 0
    for number, form in enumerate(composer.ways(), start=1):
        answer = form.send(**{"as": form.token(), "text": f"{TYPED} {number}"})
        assert answer.status_code == (200 if form.htmx and form.kind != "edit" else 302)
        row = Outgoing.objects.latest("pk")
        assert (row.kind, row.text, row.actor_urn, row.user) == (form.kind, f"{TYPED} {number}", ACME, form.ada.user)
        form.ada.deliver()
        assert len(form.ada.ledger) == number
        assert (form.ada.ledger[-1].kind, form.ada.ledger[-1].text) == (form.kind, f"{TYPED} {number}")
        assert (form.ada.ledger[-1].actor, form.ada.ledger[-1].agent) == (ACME, ADA)


def test_what_is_accepted_draws_no_composer(ada_desk: AtDesk) -> None:
    composer = composer_of(ada_desk, "reply")
    fields = {"as": composer.token(), "text": TYPED, "seen": str(writing.SAW_NONE)}
    clock.now()  # else it may ask the database what time it is
    with CaptureQueriesContext(connection) as asked:
        assert composer.send(**fields).status_code == 302
    reads = [query["sql"] for query in asked.captured_queries if query["sql"].startswith("SELECT")]
    reads = [sql for sql in reads if not sql.endswith("FOR NO KEY UPDATE")]  # PostgreSQL has two colleagues take turns
    assert len(reads) == 6, reads  # who, their rights, the comment; this form before, a colleague before, the role now
    assert not [sql for sql in reads if "commentcontent" in sql]


def test_an_empty_text_is_refused(composer: Composer) -> None:
    for form in composer.ways():
        for text in ("", "   ", "\r\n\t \u2003"):
            answer = form.send(**{"as": form.token(), "text": text})
            form.refused(answer, "The text is empty. Write something, then send.")


def test_a_text_that_is_too_long_is_told_by_how_much_and_kept_whole(composer: Composer) -> None:
    for form in composer.ways():
        for over in (1, 37, 20_000):
            text = "é👏" * 625 + "x" * over
            answer = form.send(**{"as": form.token(), "text": text})
            form.refused(answer, f"too long by {over} character{'' if over == 1 else 's'} (at most 1250)", typed=text)


def test_the_limit_itself_is_taken_and_mentions_count_as_their_names(composer: Composer) -> None:
    token = "@[Dana Whitlock](urn:li:person:daW1hit_42)"
    text = "x" * (1250 - len("Dana Whitlock")) + token
    assert composer.send(**{"as": composer.token(), "text": text}).status_code == 302
    answer = composer.send(**{"as": composer.token(), "text": f"x{text}"})
    assert answer.status_code == 422 and "too long by 1 character" in text_of(answer)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"text": "a\0b"}, "The text holds a character that cannot be kept (NUL). Type it again."),
        ({"alt": "a\0b"}, "The description holds a character that cannot be kept (NUL). Type it again."),
        ({"alt": "x" * 900}, "The picture's description is too long: at most 500 characters. Shorten it."),
        ({"attachment": "no-number"}, "The picture did not come with the form. Choose it again."),
        ({"as": "x" * 2001}, "The choice of whom you write as is not valid. Choose again."),
    ],
)
def test_a_wrong_field_is_named_with_its_remedy(composer: Composer, changes: dict[str, str], words: str) -> None:
    answer = composer.send(**{"as": composer.token(), "text": "Hello.", **changes})
    assert answer.status_code == 422 and words in text_of(answer)
    composer.nothing_happened()


MALFORMED = [
    "@[Dana](urn:li:person:)",
    "@[Dana](urn:li:person:a b)",
    "@[Dana](javascript:alert(1))",
    "@[Dana](urn:li:share:1)",
    "@[Dana](urn:li:person:x",
    "@[](urn:li:person:x)",
    "@[Da\nna](urn:li:person:x)",
    "@[@[Dana](urn:li:person:x)](urn:li:person:y)",
    "@[Dana](urn:li:comment:(urn:li:activity:1,2))",
]


def test_a_malformed_mention_is_refused_or_stays_the_text_it_is(ada_desk: AtDesk) -> None:
    composer = composer_of(ada_desk, "comment")
    for token in MALFORMED:
        if re.search(r"@\[[^\]\n]*\]\(urn:li:[^)\n]*\)", token):  # nobody means that for their readers
            again = composer.send(**{"as": composer.token(), "text": f"Hi {token}!"})
            assert again.status_code == 422 and "is no mention that LinkedIn knows" in again.content.decode()
            continue
        assert composer.send(**{"as": composer.token(), "text": f"Hi {token}!"}).status_code == 302
        assert Outgoing.objects.latest("pk").text == f"Hi {token}!"
    page = ada_desk.get("post-show", ada_desk.post().pk)
    assert page.status_code == 200 and b'href="javascript:' not in page.content


def test_a_post_that_was_closed_meanwhile_keeps_the_words(ada_desk: AtDesk) -> None:
    for kind in ("comment", "reply"):
        for htmx in (False, True):
            composer = composer_of(ada_desk, kind, htmx)
            token = composer.token()
            Post.objects.update(comments_state="CLOSED")
            answer = composer.send(**{"as": token, "text": TYPED})
            composer.refused(answer, "Comments on this post are closed.", typed=TYPED)


def test_a_comment_that_is_gone_meanwhile_keeps_the_words(ada_desk: AtDesk) -> None:
    for kind in ("reply", "edit"):
        for htmx in (False, True):
            composer = composer_of(ada_desk, kind, htmx)
            token, comment = composer.token(), Comment.objects.get(pk=composer.pk)
            comment.gone_at = timezone.now()
            comment.save()
            answer = composer.send(**{"as": token, "text": TYPED})
            composer.refused(answer, "This comment no longer exists on LinkedIn.", "Your text is kept", typed=TYPED)
            Comment.objects.filter(pk=composer.pk).update(gone_at=None)


def test_looking_at_the_form_of_a_gone_comment_does_no_harm(ada_desk: AtDesk) -> None:
    comment = ada_desk.comment("within 80 ms")
    Comment.objects.filter(pk=comment.pk).update(gone_at=timezone.now())
    for htmx in (False, True):
        assert ada_desk.get("reply-create", comment.pk, htmx=htmx).status_code == 200
        for name in ("comment-edit", "comment-delete"):
            assert ada_desk.get(name, comment.pk, htmx=htmx).status_code == 404


def test_only_an_actor_of_ours_edits_and_only_its_own(ada_desk: AtDesk) -> None:
    foreign = ada_desk.comment("Does it stop")
    assert ada_desk.get("comment-edit", foreign.pk).status_code == 404
    own = composer_of(ada_desk, "edit", False)
    as_member = own.token(actor=ada_desk.user.member_urn)
    answer = own.send(**{"as": as_member, "text": TYPED})
    own.refused(answer, "Only the author of a comment can edit it on LinkedIn.", typed=TYPED)


BODIES: list[tuple[str, bytes, set[int]]] = [
    ("application/json", b'{"text": "Words", "as": "x"}', {422}),
    ("text/plain", b"text=Words", {422}),
    ("application/xml", b"<text>Words</text>", {422}),
    ("multipart/form-data", b"no boundary", {400}),
    ("multipart/form-data; boundary=x", b"--y\r\nbroken", {400, 422}),
    ("multipart/form-data; boundary=" + "x" * 300, b"", {400, 422}),
    ("application/x-www-form-urlencoded", b"text=%FF%FE%00&as=%ED%A0%80", {422}),
    ("application/x-www-form-urlencoded; charset=utf-7", b"text=x", {400, 422}),
    ("application/x-www-form-urlencoded", b"&".join(b"f%d=1" % n for n in range(1500)), {400}),
    ("application/x-www-form-urlencoded", b"text=" + b"x" * 2_000_000, {413}),
    ("", b"", {422}),
]


def test_a_body_that_is_no_form_of_ours_is_turned_away(ada_desk: AtDesk) -> None:
    for composer in (composer_of(ada_desk, "comment"), composer_of(ada_desk, "reply")):
        for content_type, body, statuses in BODIES:
            answer = ada_desk.client.generic("POST", composer.address, body, content_type)
            assert answer.status_code in statuses, (content_type, body[:20])
            assert len(text_of(answer)) > 20  # a page with words
            composer.nothing_happened()
