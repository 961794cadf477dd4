"""What colleagues may do with each other's actions, and what two of them at once do once."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from socialactions.linkedin.urns import Urn
from socialactions.models import Comment, CommentContent, Desk, Organization, Outgoing, Post, User
from socialactions.sandbox.seeds import build
from socialactions.sandbox.seeds.cast import ACME, ADA, stranger
from socialactions.services import comment_store, connections, desks, pages, second_thoughts, writing
from socialactions.services.refusals import Refused
from socialactions.services.writing import Speaker
from tests.web.desks import AtDesk

State = Outgoing.State


def birch_post(desk: AtDesk) -> Post:
    return Post.objects.select_related("organization__desk").filter(organization=desk.birch).latest("created_at")


def accepted(desk: AtDesk, post: Post, *, actor: str, text: str = "Words of Ada") -> Outgoing:
    return writing.comment_on(post, speaker=Speaker(desk.user, actor), text=text, form_key=uuid4())


@pytest.mark.parametrize("step", ["send-now", "send-again"])
def test_a_colleague_never_publishes_on_anothers_grant(ada_desk: AtDesk, bo: AtDesk, step: str) -> None:
    row = accepted(ada_desk, birch_post(ada_desk), actor=ada_desk.birch.urn)
    if step == "send-again":
        Outgoing.objects.filter(pk=row.pk).update(state=State.NEEDS_ATTENTION)
    before = Outgoing.objects.values("state", "due_at").get(pk=row.pk)
    assert bo.send("outgoing-step", row.uid, step, htmx=True).status_code == 403
    assert Outgoing.objects.values("state", "due_at").get(pk=row.pk) == before


def test_a_colleague_never_speaks_as_an_actor_they_may_not(ada_desk: AtDesk, bo: AtDesk) -> None:
    row = accepted(ada_desk, birch_post(ada_desk), actor=ACME)
    Outgoing.objects.filter(pk=row.pk).update(state=State.NEEDS_ATTENTION)
    assert bo.send("outgoing-step", row.uid, "there", htmx=True).status_code == 403
    assert Outgoing.objects.get(pk=row.pk).state == State.NEEDS_ATTENTION


def test_a_colleague_of_the_page_may_take_an_action_back(ada_desk: AtDesk, bo: AtDesk) -> None:
    row = accepted(ada_desk, birch_post(ada_desk), actor=ada_desk.birch.urn)
    assert bo.send("outgoing-step", row.uid, "undo", htmx=True).status_code == 200
    assert Outgoing.objects.get(pk=row.pk).state == State.CANCELLED


def test_failed_words_are_written_anew_only_once(ada_desk: AtDesk) -> None:
    thread = ada_desk.comment("Does it stop")
    reply = writing.reply_to(
        Comment.objects.select_related("post__organization__desk").get(pk=thread.pk),
        speaker=Speaker(ada_desk.user, ACME),
        text="Yes",
        form_key=uuid4(),
    )
    Outgoing.objects.filter(pk=reply.pk).update(state=State.FAILED, finished_at=timezone.now())
    first, second = Outgoing.objects.get(pk=reply.pk), Outgoing.objects.get(pk=reply.pk)
    assert second_thoughts.as_new_comment(first, by=ada_desk.user)
    assert not second_thoughts.as_new_comment(second, by=ada_desk.user)
    assert Outgoing.objects.filter(kind=Outgoing.Kind.COMMENT).count() == 1


def test_what_never_left_cannot_be_there(ada_desk: AtDesk) -> None:
    row = accepted(ada_desk, ada_desk.post(), actor=ACME)
    Outgoing.objects.filter(pk=row.pk).update(state=State.NEEDS_ATTENTION, reason="too_old")
    with pytest.raises(Refused, match="never left"):
        second_thoughts.it_is_there(Outgoing.objects.select_related("connection").get(pk=row.pk), by=ada_desk.user)


def test_a_comment_stored_by_somebody_else_meanwhile_keeps_its_key(ada_desk: AtDesk) -> None:
    post = ada_desk.post()
    late, early = comment_store.CommentStore(post), comment_store.CommentStore(post)
    build.say(ada_desk.sandbox.world, ada_desk.on_linkedin(post), stranger("Dana"), "Seen twice at once", age_s=5)
    with connections.client_for(ada_desk.user.connection) as client:
        page = client.comment_page(Urn.parse(post.urn))
    early.page(Urn.parse(post.urn), page.elements)
    late.page(Urn.parse(post.urn), page.elements)
    content = CommentContent.objects.get(text="Seen twice at once")
    assert Comment.objects.get(pk=content.pk).post_id == post.pk


def test_two_clicks_make_one_desk(sign_in: Any) -> None:

    sign_in("ada")
    user = User.objects.get(member_urn__contains="person")
    twin = User.objects.get(pk=user.pk)
    assert desks.create_desk(user=user, name="First") == desks.create_desk(user=twin, name="Second")
    assert Desk.objects.count() == 1
    assert not Organization.objects.exists()


def test_an_odd_address_of_the_page_is_no_error(ada_desk: AtDesk) -> None:
    post = ada_desk.post()
    headers = {"HX-Request": "true", "HX-Current-URL": "http://["}
    assert ada_desk.client.get(f"/posts/{post.pk}/live/", headers=headers).status_code == 200


def test_a_role_taken_away_on_linkedin_ends_reading(ada_desk: AtDesk) -> None:
    post = ada_desk.post()
    connection = ada_desk.user.connection
    ada_desk.sandbox.world.set_role(ADA.rpartition(":")[2], "1001", None)
    pages.look_again(connection.pk)
    assert ada_desk.get("post-show", post.pk).status_code == 403
