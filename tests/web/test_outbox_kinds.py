"""Every kind of action arrives on LinkedIn once, with its actor and its person, and our rows follow."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
import requests

from socialactions.models import Comment, CommentContent, Outgoing, OwnReaction, Post
from socialactions.queries import actions
from socialactions.sandbox import threads
from socialactions.sandbox.seeds.cast import ACME, ADA, stranger
from socialactions.sandbox.server import Running
from socialactions.services import decisions, outbox, resuming, writing
from socialactions.services.moves import step
from socialactions.services.outcomes import Outcome, Reason
from socialactions.services.refusals import Refused
from socialactions.services.writing import REACTIONS
from tests.deeds import Place, again, ago, later, settle_in

State = Outgoing.State


@pytest.fixture
def place(sandbox_server: Running, db: None, settings: Any) -> Place:
    settings.UNDO_WINDOW_S = 0
    return settle_in(sandbox_server)


def only(place: Place, kind: str, actor: str = ACME) -> Any:
    """The one thing that happened."""
    (entry,) = place.ledger
    assert (entry.kind, entry.actor, entry.agent) == (kind, actor, ADA)
    return entry


def react(place: Place, kind: str = "LIKE", *, actor: str = ACME, comment: Comment | None = None) -> Outgoing:
    return writing.react(place.post(), comment, speaker=place.speaker(actor), kind=kind)


def unreact(place: Place, *, actor: str = ACME, comment: Comment | None = None) -> Outgoing:
    return writing.unreact(place.post(), comment, speaker=place.speaker(actor))


@pytest.mark.parametrize("actor", [ACME, ADA])
def test_a_comment(place: Place, actor: str) -> None:
    before = place.post()
    row = place.deliver(place.say("Hello.", actor=actor))
    assert row.state == State.SENT
    entry = only(place, "comment", actor)
    assert (entry.text, entry.urn) == ("Hello.", row.result_urn)
    after = place.post()
    assert (after.total_comments, after.first_level_comments) == (
        before.total_comments + 1,
        before.first_level_comments + 1,
    )
    assert place.comment("Hello.").is_ours


def test_an_answer_to_a_reply_joins_its_thread(place: Place) -> None:
    place.deliver(place.reply("We agree.", to=place.comment("We measured 70")))
    assert only(place, "reply").target == place.comment().urn
    assert place.comment("We agree.").thread == place.comment()
    assert CommentContent.objects.get(pk=place.comment().pk).replies == 3


def test_an_edit_of_our_own(place: Place) -> None:
    ours = place.comment("It does, within 80 ms")
    row = place.deliver(writing.edit(ours, speaker=place.speaker(), text="It does, in 70 ms.", form_key=uuid4()))
    assert row.state == State.SENT
    entry = only(place, "edit")
    assert (entry.urn, entry.text) == (ours.urn, "It does, in 70 ms.")
    content = CommentContent.objects.get(pk=ours.pk)
    assert (content.text, content.is_edited) == ("It does, in 70 ms.", True)


def test_an_edit_that_linkedin_answers_without_a_body(place: Place) -> None:
    place.switch(edit_answer=204)
    ours = place.comment("It does, within 80 ms")
    row = place.deliver(writing.edit(ours, speaker=place.speaker(), text="Shorter.", form_key=uuid4()))
    assert row.state == State.SENT
    assert only(place, "edit").text == "Shorter."


def test_an_edit_in_doubt_is_repeated_and_the_last_text_stands(place: Place) -> None:
    ours = place.comment("It does, within 80 ms")
    place.fault_of_comments(do="refuse", status=500)
    place.fault(do="drop_after", method="POST", path=f"/comments/{ours.comment_id}")
    row = place.deliver(writing.edit(ours, speaker=place.speaker(), text="Final.", form_key=uuid4()))
    assert (row.state, row.reason) == (State.WAITING, Reason.NO_ANSWER)
    assert place.deliver(later(row, not_before=ago(seconds=1))).state == State.SENT
    assert place.world.comments[ours.comment_id].text == "Final."


def change_there(place: Place, comment: Comment, text: str) -> None:
    """Somebody edits it on LinkedIn itself; the ledger keeps what we did."""
    found = place.world.comments[comment.comment_id]
    found.text = text
    found.cache.clear()


def test_an_edit_asks_before_it_replaces_words_that_nobody_here_saw(place: Place) -> None:
    ours = place.comment("It does, within 80 ms")
    row = writing.edit(ours, speaker=place.speaker(), text="It does, in 70 ms.", form_key=uuid4())
    change_there(place, ours, "Changed on LinkedIn.")
    row = place.deliver(row)
    assert (row.state, row.reason, place.ledger) == (State.NEEDS_ATTENTION, Reason.CHANGED_THERE, [])
    told = actions.row(row)
    assert "It says: “Changed on LinkedIn.”." in told.sentence
    assert [step.label for step in told.steps] == ["Replace it", "Edit", "Discard"]
    change_there(place, ours, "And once more.")
    assert decisions.send_again(row, by=place.user)
    row = place.deliver(row)  # what was shown may be replaced, and nothing newer
    assert (row.state, row.result_text, place.ledger) == (State.NEEDS_ATTENTION, "And once more.", [])
    assert decisions.send_again(row, by=place.user)
    assert place.deliver(row).state == State.SENT
    assert only(place, "edit").text == "It does, in 70 ms."
    assert again(row).result_text == ""


def test_of_two_edits_of_the_desk_the_last_stands_without_a_question(place: Place) -> None:
    ours = place.comment("It does, within 80 ms")
    first = writing.edit(ours, speaker=place.speaker(), text="Once.", form_key=uuid4())
    second = writing.edit(ours, speaker=place.speaker(), text="Twice.", form_key=uuid4())
    assert (place.deliver(first).state, place.deliver(second).state) == (State.SENT, State.SENT)
    assert place.world.comments[ours.comment_id].text == "Twice."


def test_an_edit_goes_out_where_the_words_there_cannot_be_read(place: Place) -> None:
    ours = place.comment("It does, within 80 ms")
    row = writing.edit(ours, speaker=place.speaker(), text="Blindly.", form_key=uuid4())
    change_there(place, ours, "Changed on LinkedIn.")
    place.fault(do="refuse", status=403, method="GET", path=f"/comments/{ours.comment_id}")
    assert place.deliver(row).state == State.SENT


def test_deleting_our_own_reply(place: Place) -> None:
    ours, before = place.comment("It does, within 80 ms"), place.post()
    row = place.deliver(writing.delete(ours, speaker=place.speaker(), form_key=uuid4()))
    assert row.state == State.SENT
    assert only(place, "delete").urn == ours.urn
    ours.refresh_from_db()
    assert ours.gone_at is not None
    assert not CommentContent.everything.filter(pk=ours.pk).exists()
    after = place.post()
    assert after.total_comments == before.total_comments - 1
    assert after.first_level_comments == before.first_level_comments
    assert CommentContent.objects.get(pk=place.comment().pk).replies == 1


@pytest.mark.parametrize("actor", [ACME, ADA])
def test_a_deletion_names_an_actor_only_as_an_organization(place: Place, monkeypatch: Any, actor: str) -> None:
    row = place.deliver(place.say("Soon gone.", actor=actor))
    mine = Comment.objects.get(urn=row.result_urn)
    sent: list[Any] = []
    send: Any = requests.Session.send
    monkeypatch.setattr(requests.Session, "send", lambda own, one, **how: sent.append(one) or send(own, one, **how))
    assert place.deliver(writing.delete(mine, speaker=place.speaker(actor), form_key=uuid4())).state == State.SENT
    (asked,) = [one for one in sent if one.method == "DELETE"]
    assert ("actor=" in asked.url) is (actor == ACME)
    (entry,) = place.entries("delete")
    assert (entry.urn, entry.actor) == (mine.urn, actor)


def test_deleting_a_strangers_comment_takes_its_replies_along(place: Place) -> None:
    theirs, before = place.comment(), place.post()
    place.deliver(writing.delete(theirs, speaker=place.speaker(), form_key=uuid4()))
    assert only(place, "delete").urn == theirs.urn
    assert place.post().total_comments == before.total_comments - 3
    assert place.post().first_level_comments == before.first_level_comments - 1
    family = Comment.objects.filter(post=before).exclude(gone_at=None)
    assert family.count() == 3
    assert not CommentContent.everything.filter(pk__in=family).exists()


def test_a_deletion_whose_answer_was_lost_ends_as_done(place: Place) -> None:
    place.fault(do="drop_after", method="DELETE")
    row = place.deliver(writing.delete(place.comment(), speaker=place.speaker(), form_key=uuid4()))
    assert (row.state, row.reason) == (State.WAITING, Reason.NO_ANSWER)
    assert not decisions.undo(row, by=place.user)  # it may be gone already: "cancelled" could be a lie
    row = place.deliver(later(row, not_before=ago(seconds=1)))
    assert (row.state, row.reason) == (State.SENT, "")  # our own first try did it
    only(place, "delete")


def test_deleting_what_went_meanwhile_counts_it_once(place: Place) -> None:
    """Gone on LinkedIn and noticed by a reading before our deletion was sent."""
    theirs = place.comment("Where is the data sheet")
    row = writing.delete(theirs, speaker=place.speaker(), form_key=uuid4())
    threads.delete_comment(
        place.world, place.world.comments[theirs.comment_id], actor=theirs.actor_urn, agent=theirs.actor_urn
    )
    post = place.read_comments(place.post())
    assert place.deliver(row).reason == Reason.ALREADY_SO
    assert place.post().total_comments == post.total_comments


@pytest.mark.parametrize("kind", REACTIONS)
@pytest.mark.parametrize("actor", [ACME, ADA])
def test_each_reaction_on_a_post(place: Place, kind: str, actor: str) -> None:
    before = place.post().reactions
    assert place.deliver(react(place, kind, actor=actor)).state == State.SENT
    assert only(place, "react", actor).text == kind
    assert place.post().reactions[kind] == before.get(kind, 0) + 1
    assert OwnReaction.objects.get().kind == kind


def test_a_reaction_on_a_comment_and_back(place: Place) -> None:
    theirs = place.comment()
    place.deliver(react(place, comment=theirs))
    assert only(place, "react").target == theirs.urn
    assert CommentContent.objects.get(pk=theirs.pk).likes == 1
    place.deliver(unreact(place, comment=theirs))
    assert [entry.kind for entry in place.ledger] == ["react", "unreact"]
    assert CommentContent.objects.get(pk=theirs.pk).likes == 0
    assert not OwnReaction.objects.exists()


def test_another_reaction_takes_the_place_of_the_first(place: Place) -> None:
    place.deliver(react(place, "LIKE"))
    place.deliver(react(place, "PRAISE"))
    assert [entry.text for entry in place.ledger] == ["LIKE", "PRAISE"]
    assert place.post().reactions == {"LIKE": 1, "PRAISE": 1}  # Luca's like, and ours


def test_a_like_that_is_there_already_is_done(place: Place) -> None:
    place.deliver(react(place))
    OwnReaction.objects.all().delete()
    assert place.deliver(react(place)).state == State.SENT
    only(place, "react")


def test_taking_back_what_is_not_there_is_done(place: Place) -> None:
    assert place.deliver(unreact(place)).state == State.SENT
    assert place.ledger == []


def test_the_last_wish_wins(place: Place) -> None:
    rows = [react(place), unreact(place), react(place, "PRAISE"), unreact(place), react(place, "EMPATHY")]
    assert react(place, "EMPATHY").pk == rows[-1].pk  # a second click on the same
    for row in reversed(rows):
        place.deliver(row)
    for row in rows:
        place.deliver(row)
    found = place.world.post(place.post().urn).reactions[ACME]
    assert found.kind == "EMPATHY"
    assert len(place.entries("react")) == 1


def test_a_wish_that_was_stuck_does_not_come_alive_after_a_later_one(place: Place) -> None:
    stuck = later(react(place), state=State.BLOCKED, reason=Reason.TOKEN_ENDED)
    place.deliver(unreact(place))
    assert again(stuck).state == State.DISCARDED
    assert resuming.resume(place.user) == []
    assert place.ledger == []


def test_a_stuck_wish_can_be_wished_again(place: Place) -> None:
    stuck = later(react(place), state=State.BLOCKED, reason=Reason.NO_RIGHT)
    fresh = react(place)
    assert fresh.pk != stuck.pk
    assert place.deliver(fresh).state == State.SENT


def test_a_wish_that_is_refused_takes_nothing_back(place: Place) -> None:
    wished = react(place)
    type(place.connection).objects.update(scopes=["r_organization_social_feed"])
    with pytest.raises(Refused):
        unreact(place)
    assert again(wished).state == State.QUEUED


def test_wishes_of_two_actors_do_not_touch(place: Place) -> None:
    page, member = react(place), unreact(place, actor=ADA)
    place.deliver(member)
    assert place.deliver(page).state == State.SENT
    only(place, "react")


def test_closing_deletes_and_opening_brings_nothing_back(place: Place) -> None:
    row = writing.set_comments_open(place.post(), speaker=place.speaker(), is_open=False, form_key=uuid4())
    assert place.deliver(row).state == State.SENT
    assert only(place, "close").target == place.post().urn
    post = place.post()
    assert (post.comments_state, post.total_comments, post.first_level_comments) == ("CLOSED", 0, 0)
    assert not CommentContent.everything.filter(post=post).exists()
    assert not post.comments.filter(gone_at__isnull=True).exists()
    row = writing.set_comments_open(post, speaker=place.speaker(), is_open=True, form_key=uuid4())
    assert place.deliver(row).state == State.SENT
    assert [entry.kind for entry in place.ledger] == ["close", "open"]
    assert Post.objects.get(pk=post.pk).comments_state == "OPEN"
    assert place.deliver(place.say("First again.")).state == State.SENT


def test_a_comment_on_a_post_that_closed_meanwhile_keeps_its_words(place: Place) -> None:
    row = place.say("too late")
    place.world.post(place.post().urn).comments_state = "CLOSED"
    row = place.deliver(row)
    assert (row.state, row.text) == (State.BLOCKED, "too late")
    shown = actions.row(actions.of_desk(row.desk_id).get(pk=row.pk))
    assert "or its comments were closed" in shown.sentence
    assert "Comments are closed" in shown.details
    assert place.ledger == []


def test_a_reply_whose_comment_went_keeps_its_words(place: Place) -> None:
    theirs = place.comment()
    row = place.reply("too late")
    sandbox_comment = place.world.comments[theirs.comment_id]
    threads.delete_comment(place.world, sandbox_comment, actor=stranger("Dana"), agent=stranger("Dana"))
    row = place.deliver(row)
    assert (row.state, row.reason, row.text) == (State.FAILED, Reason.TARGET_GONE, "too late")
    assert place.entries("reply") == []


@pytest.mark.parametrize("end", ["too old", "token ended"])
def test_a_doubtful_like_does_not_come_alive_after_a_later_unlike(place: Place, end: str) -> None:
    place.fault(do="drop_after", method="POST", path="/reactions")
    like = place.deliver(react(place))
    assert (like.state, like.reason) == (State.WAITING, Reason.NO_ANSWER)
    unlike = unreact(place)
    assert again(like).state == State.WAITING  # it may be there, so it was not taken back
    if end == "too old":
        later(like, wanted_at=ago(hours=25))
        outbox.sweep()
    else:
        step(again(like), [State.WAITING], Outcome(State.BLOCKED, Reason.TOKEN_ENDED), None)
    like = again(like)
    assert (like.state, like.reason) == (State.DISCARDED, Reason.BY_PERSON)
    assert not decisions.send_again(like, by=place.user)
    assert place.deliver(unlike).state == State.SENT
    assert [entry.kind for entry in place.ledger] == ["react", "unreact"]


def test_a_like_that_nothing_overtook_still_asks(place: Place) -> None:
    like = later(react(place), wanted_at=ago(hours=25))
    outbox.sweep()
    assert again(like).state == State.NEEDS_ATTENTION
