"""What is under way is always somewhere on its post's screen, and never twice: when its reply is folded, when what it
is about is gone, and when its thread is on a further page.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from dashboard import signing
from dashboard.answers import at_thread, place_of
from dashboard.scenes import ANY_TARGET
from socialactions import fragments
from socialactions.models import Comment, CommentContent, Outgoing
from socialactions.queries import placing
from socialactions.sandbox.seeds.cast import ACME
from socialactions.services import writing
from socialactions.services.gravestones import LISTED_LATE
from tests.web.crowds import fill
from tests.web.desks import HTMX, AtDesk, text_of

State, Kind = Outgoing.State, Outgoing.Kind
KINDS = ("edit", "delete", "react")
FOLDED = 6  # of twelve replies; the Page's own, so that it can be edited
NAMES = {"edit": "comment-edit", "delete": "comment-delete", "react": "comment-reaction"}


def do(desk: AtDesk, kind: str, comment: Comment, *, htmx: bool = False, **fields: str) -> Any:
    """What a person does with a comment, by the form that the screen draws."""
    target = ANY_TARGET if kind == "react" else f"{kind} {comment.pk}"
    token = signing.sign(user=desk.user, post_id=comment.post_id, actor_urn=ACME, target=target, nonce=uuid4())
    fields = {"as": token, "text": "Other words", "kind": "LIKE", **fields}
    answer = desk.client.post(reverse(NAMES[kind], args=[comment.pk]), fields, headers=HTMX if htmx else {})
    assert answer.status_code in (200, 302), text_of(answer)
    return answer


def row() -> Outgoing:
    return Outgoing.objects.order_by("-pk")[0]


def times(answer: Any, outgoing: Outgoing) -> int:
    return int(answer.content.decode().count(f'id="outgoing-{outgoing.uid}"'))


def thread_of(answer: Any, thread: Comment) -> str:
    """The thread's part of a page."""
    _, _, rest = answer.content.decode().partition(f'id="thread-{thread.pk}"')
    return str(re.split(r'id="thread-|<div class="live"', rest)[0])


@pytest.fixture
def folded(ada_desk: AtDesk) -> Comment:
    """An own reply that its thread does not show."""
    _, *replies = fill(ada_desk.post("Quiet floor"), 1, with_replies=1, replies_each=12)
    return replies[FOLDED]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("htmx", [True, False], ids=["htmx", "plain"])
def test_what_is_about_a_folded_reply_ends_its_thread(ada_desk: AtDesk, folded: Comment, kind: str, htmx: bool) -> None:
    thread = folded.thread
    assert thread is not None
    answer = do(ada_desk, kind, folded, htmx=htmx)
    assert answer.status_code == 200 or answer["Location"] == at_thread(thread)
    screens = [
        ada_desk.get("post-show", folded.post_id),
        ada_desk.get("post-show", folded.post_id, part="comments", htmx=True),
        ada_desk.get("comment-show", thread.pk, htmx=True),
    ]
    for screen in (*screens, *([answer] if htmx and kind == "react" else [])):
        assert times(screen, row()) == 1 and placing.UNSHOWN in text_of(screen)
        assert f'id="end-{row().uid}"' in thread_of(screen, thread)
    assert "Other words" in text_of(screens[0]) or kind != "edit"


@pytest.mark.parametrize("kind", KINDS)
def test_unfolded_it_stands_below_its_reply_and_only_there(ada_desk: AtDesk, folded: Comment, kind: str) -> None:
    thread = folded.thread
    assert thread is not None
    do(ada_desk, kind, folded)
    fragment = ada_desk.get("replies-earlier", thread.pk, htmx=True)
    assert f'<li id="end-{row().uid}" hx-swap-oob="delete"></li>' in fragment.content.decode()
    whole = ada_desk.get("comment-show", thread.pk, whole=thread.pk, htmx=True)
    for screen in (fragment, whole, ada_desk.get("replies-earlier", thread.pk)):
        _, _, rest = screen.content.decode().partition(f'id="comment-{folded.pk}"')
        assert f'id="outgoing-{row().uid}"' in rest.partition("</article>")[0]
        assert times(screen, row()) == 1 and placing.UNSHOWN not in text_of(screen)
    assert f'id="end-{row().uid}"' not in whole.content.decode()


def test_a_thread_is_not_shown_as_it_was_drawn_before(ada_desk: AtDesk, folded: Comment) -> None:
    fragments.empty()
    ada_desk.get("post-show", folded.post_id)
    assert len(fragments.pieces()) == 1
    do(ada_desk, "delete", folded)
    assert times(ada_desk.get("post-show", folded.post_id), row()) == 1
    assert not any(str(row().uid) in piece for piece in fragments.pieces())
    Outgoing.objects.update(state=State.CANCELLED, finished_at=timezone.now() - timedelta(minutes=11))
    assert times(ada_desk.get("post-show", folded.post_id), row()) == 0


def test_an_own_reply_that_is_folded_and_asks_brings_its_words(ada_desk: AtDesk, folded: Comment) -> None:
    thread = folded.thread
    assert thread is not None
    speaker = writing.Speaker(user=ada_desk.user, actor_urn=ACME)
    sent = writing.reply_to(thread, speaker=speaker, text="Said by us", form_key=uuid4())
    changes = {"state": State.SENT, "finished_at": timezone.now(), "result_comment": folded, "twin_urn": "urn:li:x:1"}
    Outgoing.objects.filter(pk=sent.pk).update(**changes)
    screen = ada_desk.get("comment-show", thread.pk, htmx=True)
    assert times(screen, sent) == 1
    assert "Said by us" in text_of(screen) and "This appears twice on LinkedIn." in text_of(screen)
    assert "Said by us" not in text_of(ada_desk.get("replies-earlier", thread.pk, htmx=True))


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_about_a_reply_that_is_gone_ends_its_thread(ada_desk: AtDesk, kind: str) -> None:
    reply, thread = ada_desk.comment("within 80 ms"), ada_desk.comment("Does it stop")
    do(ada_desk, kind, reply)
    ada_desk.remove(reply)
    ada_desk.read_comments(ada_desk.post())
    assert Comment.objects.get(pk=reply.pk).gone_at is not None
    Outgoing.objects.update(due_at=timezone.now())
    for delivered in (False, True):
        if delivered:
            ada_desk.deliver()
            assert row().is_final
        for screen in (ada_desk.get("post-show", reply.post_id), ada_desk.get("comment-show", thread.pk, htmx=True)):
            assert times(screen, row()) == 1 and f'id="end-{row().uid}"' in thread_of(screen, thread)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_about_a_thread_that_is_gone_stands_above_the_threads(ada_desk: AtDesk, kind: str) -> None:
    post, head = ada_desk.post(), ada_desk.comment("Does it stop")
    if kind == "edit":
        head = own_comment(ada_desk)
    do(ada_desk, kind, head)
    ada_desk.remove(head)
    ada_desk.read_comments(post)
    Outgoing.objects.update(due_at=timezone.now())
    for delivered in (False, True):
        if delivered:
            ada_desk.deliver()
            assert row().is_final
        for screen in (ada_desk.get("post-show", post.pk), ada_desk.get("post-live", post.pk, htmx=True)):
            assert times(screen, row()) == 1 and placing.GONE in text_of(screen)
    stone = ada_desk.get("comment-show", head.pk, htmx=True)
    assert "A comment stood here." in text_of(stone) and times(stone, row()) == 0
    assert stone["HX-Trigger"] == "thread-gone"
    assert "thread-gone from:body" in ada_desk.get("post-show", post.pk).content.decode()


def test_a_comment_of_ours_that_is_gone_is_not_said_to_be_on_linkedin(ada_desk: AtDesk) -> None:
    post, head = ada_desk.post(), own_comment(ada_desk)
    sent = row()
    assert times(ada_desk.get("post-show", post.pk), sent) == 1
    ada_desk.remove(head)
    ada_desk.read_comments(post)
    assert times(ada_desk.get("post-show", post.pk), sent) == 0


@pytest.mark.parametrize("kind", KINDS)
def test_without_script_the_answer_leads_to_the_page_with_the_thread(ada_desk: AtDesk, kind: str) -> None:
    far = fill(ada_desk.post("Quiet floor"), 60)[0]
    follow(ada_desk, do(ada_desk, kind, far)["Location"], far)
    here = reverse("post-show", args=[far.post_id]) + "?sort=oldest"
    if kind == "react":
        assert do(ada_desk, kind, far, next=here)["Location"] == f"{here}#thread-{far.pk}"


def test_a_reply_far_down_leads_there_and_so_do_the_ways_out(ada_desk: AtDesk) -> None:
    far = fill(ada_desk.post("Quiet floor"), 60)[0]
    for name in ("reply-create", "comment-edit"):
        assert f'href="{at_thread(far)}" data-cancel' in ada_desk.get(name, far.pk).content.decode()
    token = signing.sign(user=ada_desk.user, post_id=far.post_id, actor_urn=ACME, target=f"reply {far.pk}")
    answer = ada_desk.send("reply-create", far.pk, fields={"as": token, "text": "Words"})
    follow(ada_desk, answer["Location"], far)


@pytest.mark.parametrize("state", placing.FOR_A_PERSON)
def test_what_asks_for_a_person_further_down_is_told_on_every_page(ada_desk: AtDesk, state: str) -> None:
    post = ada_desk.post("Quiet floor")
    far = fill(post, 60)[0]
    way = f'href="{reverse("comment-show", args=[far.pk])}">Change as Acme Robotics</a>'
    do(ada_desk, "edit", far)
    assert way not in ada_desk.get("post-show", post.pk).content.decode()
    Outgoing.objects.update(state=state, finished_at=timezone.now() if state == State.FAILED else None)
    for screen in (ada_desk.get("post-show", post.pk), ada_desk.get("post-live", post.pk, htmx=True)):
        assert way in screen.content.decode() and times(screen, row()) == 0
        assert "1 in the threads of this post waits for a person." in text_of(screen)
    assert ada_desk.get("comment-show", far.pk)["Location"] == place_of(far)


def test_where_every_thread_is_in_sight_nothing_is_told_twice(ada_desk: AtDesk) -> None:
    head = ada_desk.comment("Does it stop")
    do(ada_desk, "react", head)
    Outgoing.objects.update(state=State.NEEDS_ATTENTION)
    screen = ada_desk.get("post-show", head.post_id)
    assert times(screen, row()) == 1 and "for a person" not in text_of(screen)


@pytest.mark.parametrize("kind", KINDS)
def test_what_failed_stays_in_sight_when_the_words_around_it_expire(ada_desk: AtDesk, kind: str) -> None:
    head = ada_desk.comment("Does it stop")
    do(ada_desk, kind, own_comment(ada_desk) if kind == "edit" else head)
    failed = row()
    Outgoing.objects.filter(pk=failed.pk).update(state=State.FAILED, finished_at=timezone.now())
    CommentContent.everything.filter(comment=failed.comment).update(expires_at=timezone.now())
    assert times(ada_desk.get("post-show", failed.post_id), failed) == 1


def follow(desk: AtDesk, address: str, far: Comment) -> None:
    """The page it leads to shows the thread, and the newest row in it."""
    place = desk.client.get(address)["Location"]
    assert place == place_of(far) and "?before=" in place and place.endswith(f"#thread-{far.pk}")
    page = desk.client.get(place)
    assert times(page, row()) == 1 and f'id="outgoing-{row().uid}"' in thread_of(page, far)


def own_comment(desk: AtDesk) -> Comment:
    """The Page's own first-level comment, on LinkedIn and read."""
    speaker = writing.Speaker(user=desk.user, actor_urn=ACME)
    sent = writing.comment_on(desk.post(), speaker=speaker, text="Ours", form_key=uuid4())
    Outgoing.objects.filter(pk=sent.pk).update(due_at=timezone.now())
    desk.deliver()
    desk.read_comments(desk.post())
    sent.refresh_from_db()
    assert sent.result_comment is not None
    # Long enough ago that LinkedIn lists it for certain, and its row still stands.
    Outgoing.objects.filter(pk=sent.pk).update(finished_at=timezone.now() - LISTED_LATE)
    return sent.result_comment
