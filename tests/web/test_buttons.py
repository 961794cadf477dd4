"""Likes, deletions and closing comments: small forms, as strict as the big ones."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import partial
from typing import Any

from django.urls import reverse

from dashboard import signing
from socialactions.models import Outgoing
from socialactions.sandbox.seeds.cast import ACME, BIRCH, stranger
from tests.web.crowds import fill
from tests.web.desks import HTMX, AtDesk, fields_of, options_of, text_of

BUTTONS = ("post-reaction", "post-reaction-remove", "comment-reaction", "comment-reaction-remove")


def test_a_button_with_a_bad_form_does_nothing_and_says_so(ada_desk: AtDesk, bo: AtDesk) -> None:
    post, comment = ada_desk.post(), ada_desk.comment("Does it stop")

    def token(**changes: Any) -> str:
        wish = {"user": ada_desk.user, "post_id": post.pk, "actor_urn": ACME, "target": "act", **changes}
        return signing.sign(**wish)

    bad: list[Callable[[], str]] = [
        lambda: "",
        lambda: "forged",
        lambda: token(user=bo.user),
        lambda: token(target="post"),
        lambda: token(post_id=ada_desk.post("Quiet floor").pk),
        lambda: token(actor_urn=stranger("Dana")),
    ]
    for name, make in itertools.product(BUTTONS, bad):
        pk = comment.pk if name.startswith("comment") else post.pk
        fragment = ada_desk.send(name, pk, fields={"as": make(), "kind": "LIKE"}, htmx=True)
        assert fragment.status_code == 422 and "hx-swap-oob" in fragment.content.decode()
        landed = ada_desk.client.post(reverse(name, args=[pk]), {"as": make(), "kind": "LIKE"}, follow=True)
        assert landed.redirect_chain and text_of(fragment).strip() in text_of(landed)
    assert not Outgoing.objects.exists() and ada_desk.ledger == []


def test_a_reaction_that_linkedin_does_not_know_is_refused(ada_desk: AtDesk) -> None:
    post = ada_desk.post()
    token = signing.sign(user=ada_desk.user, post_id=post.pk, actor_urn=ACME, target="act")
    for kind in ("", "like", "LOVE", "LIKE ", "x" * 5000, "\0"):
        answer = ada_desk.send("post-reaction", post.pk, fields={"as": token, "kind": kind}, htmx=True)
        assert answer.status_code == 422 and "six reactions" in text_of(answer)
    assert not Outgoing.objects.exists()


def test_deleting_needs_its_own_form_and_the_right_actor(ada_desk: AtDesk) -> None:
    post, comment = ada_desk.post(), ada_desk.comment("Does it stop")

    def ask(actor: str, target: str) -> Any:
        token = signing.sign(user=ada_desk.user, post_id=post.pk, actor_urn=actor, target=target)
        return ada_desk.send("comment-delete", comment.pk, fields={"as": token})

    me, right = ada_desk.user.member_urn, f"delete {comment.pk}"
    for actor, target, words in (
        (ACME, "act", "belongs to another place"),
        (ACME, f"delete {ada_desk.comment('within 80 ms').pk}", "belongs to another place"),
        (me, right, "Only the author or the Page itself"),
        (BIRCH, right, "Only the author or the Page itself"),
    ):
        answer = ask(actor, target)
        assert answer.status_code == 422 and words in text_of(answer)
    assert not Outgoing.objects.exists()
    dialog = ada_desk.get("comment-delete", comment.pk)
    assert "2 replies go with it." in text_of(dialog) and list(options_of(dialog)) == []
    assert ask(ACME, right).status_code == 302
    assert Outgoing.objects.get().actor_urn == ACME


def test_a_reply_is_deleted_in_its_thread_as_unfolded_as_it_was(ada_desk: AtDesk) -> None:
    post = ada_desk.post("Quiet floor")
    thread, reply, *_ = fill(post, 1, with_replies=1, replies_each=5)
    page = {**HTMX, "HX-Current-URL": f"http://testserver{reverse('post-show', args=[post.pk])}?as=me"}
    address = reverse("comment-delete", args=[reply.pk])
    dialog = ada_desk.client.get(address, headers=page)
    assert f'hx-include="#thread-{thread.pk}" hx-swap="none"' in dialog.content.decode()
    refused = ada_desk.client.post(address, {"as": "forged"}, headers=page)
    assert refused.status_code == 422 and refused["HX-Retarget"] == "#dialog" and refused["HX-Reswap"] == "innerHTML"
    assert "<!doctype" not in refused.content.decode() and "not made by Threadwell" in text_of(refused)
    answer = ada_desk.client.post(address, {**fields_of(dialog), "whole": str(thread.pk)}, headers=page)
    shown = answer.content.decode()
    assert f'id="thread-{thread.pk}" hx-swap-oob="morph"' in shown and " as Ada Berg</span>" in shown
    assert "(1)" in shown and "(5)" in shown and "earlier repl" not in shown
    assert "Deleting as Acme Robotics" in text_of(answer)
    elsewhere = ada_desk.get("comment-delete", reply.pk, htmx=True)
    assert "hx-post" not in elsewhere.content.decode()  # nothing there could be drawn anew


def test_what_is_gone_meanwhile_is_neither_deleted_nor_liked_and_says_so(ada_desk: AtDesk) -> None:
    post, comment = ada_desk.post(), ada_desk.comment("Does it stop")
    sign = partial(signing.sign, user=ada_desk.user, post_id=post.pk, actor_urn=ACME)
    asked, like = {"as": sign(target=f"delete {comment.pk}")}, {"as": sign(target="act"), "kind": "LIKE"}
    ada_desk.remove(comment)
    ada_desk.read_comments(post)
    for name, fields in (("comment-delete", asked), ("comment-reaction", like)):
        landed = ada_desk.client.post(reverse(name, args=[comment.pk]), fields, follow=True)
        assert landed.status_code == 200 and landed.redirect_chain
        said = text_of(landed)
        assert "This comment no longer exists on LinkedIn." in said and "write it as a new comment" not in said
    assert not Outgoing.objects.exists()


def test_closing_comments_takes_the_typed_word(ada_desk: AtDesk) -> None:
    post = ada_desk.post()
    page = ada_desk.get("comments-state", post.pk)
    form = fields_of(page, "") | {"as": signing.sign(
        user=ada_desk.user, post_id=post.pk, actor_urn=ACME, target=f"close {post.pk}"
    )}  # fmt: skip
    for word in ("", "yes", "clos", "close it", "\0close"):
        answer = ada_desk.send("comments-state", post.pk, fields={"as": form["as"], "confirmation": word})
        assert answer.status_code == 422 and "close" in text_of(answer), word
    assert not Outgoing.objects.exists()
    answer = ada_desk.send("comments-state", post.pk, fields={"as": form["as"], "confirmation": " CLOSE "})
    assert answer.status_code == 302 and Outgoing.objects.get().kind == "close_comments"


def test_nobody_but_the_page_closes_its_comments(ada_desk: AtDesk, bo: AtDesk) -> None:
    post = ada_desk.post()
    for actor in (ada_desk.user.member_urn, BIRCH):
        token = signing.sign(user=ada_desk.user, post_id=post.pk, actor_urn=actor, target=f"close {post.pk}")
        answer = ada_desk.send("comments-state", post.pk, fields={"as": token, "confirmation": "close"})
        assert answer.status_code == 422 and "Only Acme Robotics itself can" in text_of(answer)
    assert not Outgoing.objects.exists()
