"""The three ways of writing, as tests fill them in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.test import Client
from django.urls import reverse

from dashboard import signing
from socialactions.models import Comment, Outgoing, Post
from socialactions.sandbox.seeds.cast import ACME
from tests.web.desks import HTMX, AtDesk, fields_of, text_of

TYPED = "Words that <must> & shall 'survive' 👩\u200d🔧 أهلا"


@dataclass
class Composer:
    """One way of writing: its address, what its form is signed for, and whether it is sent by htmx."""

    ada: AtDesk
    kind: str
    pk: UUID
    target: str
    htmx: bool = False

    def ways(self) -> list[Composer]:
        """With script and without."""
        return [replace(self, htmx=False), replace(self, htmx=True)]

    @property
    def address(self) -> str:
        name = {"comment": "comment-create", "reply": "reply-create", "edit": "comment-edit"}[self.kind]
        return reverse(name, args=[self.pk])

    def token(self, *, user: Any = None, post: Post | None = None, actor: str = ACME, target: str = "") -> str:
        post = post or self.ada.post()
        return signing.sign(user=user or self.ada.user, post_id=post.pk, actor_urn=actor, target=target or self.target)

    def send(self, client: Client | None = None, **fields: Any) -> Any:
        return (client or self.ada.client).post(self.address, fields, headers=HTMX if self.htmx else {})

    def refused(self, answer: Any, *words: str, typed: str | None = None, status: int = 422) -> None:
        """The answer names what is wrong and keeps what was typed; nothing was accepted or sent."""
        assert answer.status_code == status, text_of(answer)[:500]
        said = text_of(answer)
        for part in words:
            assert part in said
        page = answer.content.decode()
        assert ("<!doctype" in page) is not self.htmx
        if not self.htmx:
            assert f'<a class="act" href="{self._back}' in page
        if typed is not None:
            assert fields_of(answer, form_id(page))["text"] == typed
        assert 'aria-invalid="true"' in page and "composer__said" in page
        self.nothing_happened()

    @property
    def _back(self) -> str:
        """Where the form stood: the post, or the thread on whichever page of the list."""
        if self.kind == "comment":
            return reverse("post-show", args=[self.pk])
        comment = Comment.objects.get(pk=self.pk)
        return reverse("comment-show", args=[comment.thread_id or comment.pk])

    def nothing_happened(self) -> None:
        assert not Outgoing.objects.exists()
        assert self.ada.ledger == []


def composer_of(ada: AtDesk, kind: str, htmx: bool = False) -> Composer:
    if kind == "comment":
        return Composer(ada, kind, ada.post().pk, "post", htmx)
    comment = ada.comment("Does it stop" if kind == "reply" else "within 80 ms")
    return Composer(ada, kind, comment.pk, f"{kind} {comment.pk}", htmx)


def form_id(page: str) -> str:
    return page[page.index('id="composer-') + 4 :].partition('"')[0]
