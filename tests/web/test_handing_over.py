"""Steps that concern two people or a second thought: offering, taking over, deleting what came too late or twice."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from socialactions.linkedin.urns import Urn
from socialactions.models import Comment, Outgoing, Post
from socialactions.sandbox.seeds.cast import ACME
from socialactions.services import connections, writing
from socialactions.services.outcomes import Reason
from socialactions.services.writing import Speaker
from tests.web.desks import AtDesk, text_of

State = Outgoing.State


def birch_post(desk: AtDesk) -> Post:
    return Post.objects.select_related("organization__desk").filter(organization=desk.birch).latest("created_at")


def written(desk: AtDesk, *, actor: str = "", text: str = "Words of Ada", **changes: Any) -> Outgoing:
    """A comment of Ada's under Birch's post, brought into a state."""
    speaker = Speaker(desk.user, actor or desk.birch.urn)
    row = writing.comment_on(birch_post(desk), speaker=speaker, text=text, form_key=uuid4())
    if changes.get("state") in Outgoing.FINAL:
        changes["finished_at"] = timezone.now()
    Outgoing.objects.filter(pk=row.pk).update(**changes)
    return again(row)


def blocked(desk: AtDesk, **changes: Any) -> Outgoing:
    return written(desk, **{"state": State.BLOCKED, "reason": Reason.NO_RIGHT, "missing": "A role.", **changes})


def again(row: Outgoing) -> Outgoing:
    return Outgoing.objects.get(pk=row.pk)


def steps_on(desk: AtDesk, row: Outgoing) -> list[str]:
    """The names of the buttons under an action, as this person sees it."""
    page = desk.get("outgoing-show", row.uid, htmx=True).content.decode()
    found = [part.partition('"')[0].rstrip("/").rpartition("/")[2] for part in page.split('formaction="')[1:]]
    return found + (["reconnect"] if ">Reconnect<" in page else [])


def take(desk: AtDesk, row: Outgoing, step: str, status: int) -> Any:
    answer = desk.send("outgoing-step", row.uid, step, htmx=True)
    assert answer.status_code == status, text_of(answer)
    return answer


# offering and taking over


def test_only_its_author_offers_an_action(ada_desk: AtDesk, bo: AtDesk, cy: AtDesk) -> None:
    row = blocked(ada_desk)
    assert "Only Ada Berg, who wrote this" in text_of(take(bo, row, "offer", 403))
    take(cy, row, "offer", 404)
    assert again(row).offered_at is None
    assert "You offered it to your colleagues at" in text_of(take(ada_desk, row, "offer", 200))
    take(ada_desk, row, "offer", 409)
    assert again(row).state == State.BLOCKED
    assert "offered to colleagues Ada Berg" in text_of(ada_desk.get("outgoing-show", row.uid))


def test_a_colleague_sends_what_was_offered_on_their_own_grant(ada_desk: AtDesk, bo: AtDesk) -> None:
    row = blocked(ada_desk)
    assert steps_on(bo, row) == ["discard"]
    take(bo, row, "take-over", 409)  # not before it was offered
    take(ada_desk, row, "offer", 200)
    assert steps_on(bo, row) == ["take-over", "discard"] and steps_on(ada_desk, row) == ["discard"]
    seen = text_of(bo.get("outgoing-show", row.uid))
    assert "Ada Berg cannot send this and offers it to colleagues." in seen and "Send as Bo Lindqvist" in seen
    take(bo, row, "take-over", 200)
    assert again(row).state == State.DISCARDED
    bo.deliver()
    new = Outgoing.objects.exclude(pk=row.pk).get()
    assert (new.user_id, new.member_urn, new.actor_urn) == (bo.user.pk, bo.user.member_urn, bo.birch.urn)
    assert (new.text, new.reason) == (row.text, new.reason)
    take(bo, row, "take-over", 409)
    assert Outgoing.objects.count() == 2


def test_an_author_never_takes_over_their_own(ada_desk: AtDesk) -> None:
    row = blocked(ada_desk, offered_at=timezone.now())
    assert "You wrote this yourself." in text_of(take(ada_desk, row, "take-over", 403))
    assert again(row).state == State.BLOCKED


def test_nobody_takes_over_as_an_actor_they_may_not_speak_as(ada_desk: AtDesk, bo: AtDesk, cy: AtDesk) -> None:
    as_acme = blocked(ada_desk, actor=ACME, offered_at=timezone.now())
    assert "You cannot speak as Acme Robotics." in text_of(take(bo, as_acme, "take-over", 403))
    take(cy, as_acme, "take-over", 404)
    as_ada = blocked(ada_desk, actor=ada_desk.user.member_urn, offered_at=timezone.now())
    take(bo, as_ada, "take-over", 403)
    for row in (as_acme, as_ada):
        assert steps_on(bo, row) == ["discard"] and again(row).state == State.BLOCKED


@pytest.mark.parametrize("reason", [Reason.TOKEN_ENDED, Reason.OTHER_MEMBER])
def test_an_ended_connection_needs_no_offer(ada_desk: AtDesk, bo: AtDesk, reason: str) -> None:
    row = blocked(ada_desk, reason=reason, missing="")
    connections.end(ada_desk.user.connection, reason="by_person")
    assert steps_on(bo, row) == ["take-over", "discard"]
    seen = text_of(bo.get("outgoing-show", row.uid))
    today = f"{timezone.localtime().day} {timezone.localtime():%B}"
    assert f"The LinkedIn connection of Ada Berg ended on {today}. This was written as Ada Berg" in seen
    own = steps_on(ada_desk, row)
    assert "take-over" not in own and ("reconnect" in own) is (reason == Reason.TOKEN_ENDED)
    take(bo, row, "take-over", 200)
    assert Outgoing.objects.exclude(pk=row.pk).get().user_id == bo.user.pk


def test_what_only_the_author_can_do_is_offered_to_nobody_else(ada_desk: AtDesk, bo: AtDesk) -> None:
    queued, asks = written(ada_desk), written(ada_desk, state=State.NEEDS_ATTENTION, reason=Reason.ABSENT)
    assert steps_on(ada_desk, queued) == ["undo", "send-now"] and steps_on(bo, queued) == ["undo"]
    assert steps_on(ada_desk, asks) == ["there", "send-again", "discard"] and steps_on(bo, asks) == ["there", "discard"]


# second thoughts


def test_an_undo_that_came_too_late_offers_the_deletion(ada_desk: AtDesk) -> None:
    row = written(ada_desk, state=State.SENDING, lease_until=timezone.now())
    said = take(ada_desk, row, "undo", 409)
    assert text_of(said) == "Already on its way. You can delete it once it appears. Delete when there"
    page = ada_desk.send("outgoing-step", row.uid, "undo", fields={"next": "/history/"})
    assert (
        page.status_code == 409
        and "Delete when there" in text_of(page)
        and 'value="/history/"' in page.content.decode()
    )
    answer = ada_desk.send("outgoing-step", row.uid, "delete-when-there", fields={"next": "/history/"})
    assert answer["Location"] == "/history/"
    assert again(row).unwanted_by_id == ada_desk.user.pk
    assert "It is deleted as soon as it is there." in text_of(ada_desk.get("outgoing-show", row.uid))
    take(ada_desk, row, "delete-when-there", 409)


def test_what_is_no_comment_offers_no_deletion(ada_desk: AtDesk) -> None:
    row = written(ada_desk, state=State.SENDING, lease_until=timezone.now(), kind=Outgoing.Kind.EDIT)
    assert "Delete when there" not in text_of(take(ada_desk, row, "undo", 409))
    take(ada_desk, row, "delete-when-there", 409)


def test_who_may_speak_as_the_actor_may_want_it_deleted(ada_desk: AtDesk, bo: AtDesk, cy: AtDesk) -> None:
    as_birch, as_acme = written(ada_desk, state=State.UNKNOWN), written(ada_desk, actor=ACME, state=State.UNKNOWN)
    take(bo, as_acme, "delete-when-there", 403)
    take(cy, as_birch, "delete-when-there", 404)
    take(bo, as_birch, "delete-when-there", 200)
    assert again(as_birch).unwanted_by_id == bo.user.pk and again(as_acme).unwanted_by_id is None


def test_the_second_of_two_is_deleted_by_who_may_speak_as_its_actor(ada_desk: AtDesk, bo: AtDesk, cy: AtDesk) -> None:
    post = birch_post(ada_desk)
    number = "7001"
    urn = Urn.parse(f"urn:li:comment:({post.urn},{number})")
    Comment.objects.create(
        post=post, comment_id=number, urn=str(urn), actor_urn=ada_desk.birch.urn, first_seen_at=timezone.now()
    )
    row = written(ada_desk, state=State.SENT, twin_urn=str(urn))
    as_acme = written(ada_desk, actor=ACME, state=State.SENT, twin_urn=str(urn))
    assert "This appears twice on LinkedIn." in text_of(bo.get("outgoing-show", row.uid))
    take(bo, as_acme, "delete-second", 403)
    take(cy, row, "delete-second", 404)
    take(bo, row, "delete-second", 200)
    deletion = Outgoing.objects.get(kind=Outgoing.Kind.DELETE)
    assert (deletion.user_id, deletion.target_urn) == (bo.user.pk, str(urn))
    assert again(row).hidden_at is not None and again(as_acme).hidden_at is None


# what a row says


def test_a_doubt_says_how_often_we_looked(ada_desk: AtDesk) -> None:
    row = written(ada_desk, state=State.UNKNOWN, reason=Reason.NO_ANSWER)
    assert "Details We have not looked yet." in text_of(ada_desk.get("outgoing-show", row.uid, htmx=True))
    now = timezone.localtime()
    Outgoing.objects.filter(pk=row.pk).update(looks=2, look_at=now, claimed_at=now, detail="Timeout")
    said = text_of(ada_desk.get("outgoing-show", row.uid, htmx=True))
    assert f"Tried at {now:%H:%M}. We looked 2 times; the next look is at {now:%H:%M}. Timeout" in said


def test_who_has_to_find_out_is_led_to_the_place(ada_desk: AtDesk) -> None:
    now = timezone.localtime()
    row = written(ada_desk, state=State.NEEDS_ATTENTION, reason=Reason.UNDECIDED, claimed_at=now)
    answer = ada_desk.get("outgoing-show", row.uid, htmx=True)
    assert f"Look on LinkedIn: is your comment there? Tried at {now:%H:%M}." in text_of(answer)
    assert f'href="https://www.linkedin.com/feed/update/{row.target_urn}/"' in answer.content.decode()


def test_a_text_that_is_too_long_for_linkedin_is_told_by_how_much(ada_desk: AtDesk) -> None:
    words = "message/text length 34 can't exceeded maximum 20 length"
    row = written(ada_desk, state=State.FAILED, reason=Reason.REFUSED, detail=words)
    said = text_of(ada_desk.get("outgoing-show", row.uid, htmx=True))
    assert "LinkedIn refused it: too long by 14 characters." in said and f"Details {words}" in said


def test_an_answer_whose_thread_is_gone_stays_on_the_screen(ada_desk: AtDesk) -> None:
    thread = ada_desk.comment("Does it stop")
    speaker = Speaker(ada_desk.user, ACME)
    row = writing.reply_to(thread, speaker=speaker, text="Kept words", form_key=uuid4())
    Outgoing.objects.filter(pk=row.pk).update(
        state=State.FAILED, reason=Reason.TARGET_GONE, finished_at=timezone.now() - timedelta(hours=1)
    )
    says = "The comment you answer no longer exists. Your text is kept."
    for gone_at in (None, timezone.now()):
        Comment.objects.filter(pk=thread.pk).update(gone_at=gone_at)
        page = ada_desk.get("post-show", row.post_id)
        assert text_of(page).count(says) == 1 and f'href="/outgoing/{row.uid}/"' in page.content.decode()
