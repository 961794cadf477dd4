"""People at their desks, as tests of the web drive them: signed in through the sandbox's consent, with posts read.

Background work runs when a test says so, by calling the services that Celery would call.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import requests
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from socialactions.models import Comment, CommentContent, Desk, Organization, Outgoing, Post, User
from socialactions.sandbox.records import Entry
from socialactions.sandbox.records import Post as SandboxPost
from socialactions.sandbox.seeds import build
from socialactions.sandbox.seeds.cast import ACME, ADA, BIRCH, BO, CY, stranger
from socialactions.sandbox.server import Running
from socialactions.sandbox.threads import delete_comment
from socialactions.services import introducing, outbox, reading

MEMBERS = {"ada": ADA, "bo": BO, "cy": CY}
HTMX = {"HX-Request": "true"}
SignIn = Callable[..., Client]


def id_of(name: str) -> str:
    """The sandbox's id of a member: a name of the cast, or an id already."""
    return MEMBERS.get(name, name).rpartition(":")[2]


def go_to_linkedin(client: Client, *, to: str = "") -> str:
    """Press "Sign in" and return the consent page's address."""
    started = client.get(reverse("connect-start"), {"next": to} if to else {})
    assert started.status_code == 302, text_of(started)
    return str(started["Location"])


def decide(consent: str, name: str = "ada", *, decision: str = "allow") -> str:
    """Press a button of the consent page; returns where LinkedIn sends the browser."""
    answer = requests.post(
        consent, data={"member": id_of(name), "decision": decision}, allow_redirects=False, timeout=10
    )
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"]


def come_back(client: Client, name: str = "ada", *, decision: str = "allow", to: str = "") -> Any:
    """The whole way to LinkedIn and back; the answer of the callback."""
    return client.get(decide(go_to_linkedin(client, to=to), name, decision=decision))


def text_of(answer: Any) -> str:
    """What a person reads: the page without markup, white space made one."""
    words = re.sub(r"<(script|style|template)\b.*?</\1>|<[^>]+>", " ", answer.content.decode(), flags=re.DOTALL)
    return " ".join(html.unescape(words).split())


def fields_of(answer: Any, form_id: str = "") -> dict[str, str]:
    """The fields a browser would post from a form: hidden and typed inputs, the text, and the chosen actor."""
    page = answer.content.decode()
    if form_id:
        page = page[page.index(f'id="{form_id}"') :]
        page = page[: page.index("</form>")]
    found: dict[str, str] = {}
    for tag in re.findall(r"<input\b[^>]*>", page):
        name, kind = _attribute(tag, "name"), _attribute(tag, "type")
        if name and kind != "file" and not (kind in ("checkbox", "radio") and " checked" not in tag):
            found[name] = _attribute(tag, "value")
    for area in re.finditer(r"<textarea\b([^>]*)>\n?(.*?)</textarea>", page, re.DOTALL):
        found[_attribute(area[1], "name")] = html.unescape(area[2])
    for chooser in re.finditer(r"<select\b([^>]*)>(.*?)</select>", page, re.DOTALL):
        options = re.findall(r"<option\b[^>]*>", chooser[2])
        chosen = next((one for one in options if " selected" in one), options[0] if options else "")
        found[_attribute(chooser[1], "name")] = _attribute(chosen, "value")
    return found


def options_of(answer: Any) -> dict[str, str]:
    """The actors a composer offers: name → signed value."""
    options = re.findall(r"<option\b[^>]*>", answer.content.decode())
    return {html.unescape(_attribute(one, "data-name")): _attribute(one, "value") for one in options}


def link_to_reply(reply: Comment) -> str:
    """What LinkedIn's "Copy link" gives for a reply: the parent under `commentUrn`, the reply itself behind it."""
    parent = reply.thread
    assert parent is not None
    short = [one.urn.replace("urn:li:", "").replace("comment:", "urn:li:comment:") for one in (parent, reply)]
    names = urlencode({"commentUrn": short[0], "replyUrn": short[1]})
    return f"https://www.linkedin.com/feed/update/{reply.post.urn}?{names}"


def _attribute(tag: str, name: str) -> str:
    found = re.search(rf'\b{name}="([^"]*)"', tag)
    return html.unescape(found[1]) if found else ""


def read_everything(person: AtDesk) -> None:
    """Both Pages' posts and all their comments."""
    for organization in (person.acme, person.birch):
        person.read_posts(organization)
        for post in organization.posts.select_related("organization__desk"):
            person.read_comments(post)


@dataclass
class AtDesk:
    """One signed-in person and what they see."""

    client: Client
    user: User
    sandbox: Running

    @property
    def desk(self) -> Desk:
        assert self.user.desk is not None
        return self.user.desk

    def page(self, urn: str = ACME) -> Organization:
        return Organization.objects.get(desk=self.desk, urn=urn)

    @property
    def acme(self) -> Organization:
        return self.page(ACME)

    @property
    def birch(self) -> Organization:
        return self.page(BIRCH)

    def post(self, words: str = "The third arm") -> Post:
        """A post by its first words."""
        return Post.objects.select_related("organization__desk").get(
            organization__desk=self.desk, commentary__startswith=words
        )

    def comment(self, words: str) -> Comment:
        """A comment by words that only it has."""
        return CommentContent.everything.get(post__organization__desk=self.desk, text__contains=words).comment

    def get(self, name: str, *args: Any, htmx: bool = False, **query: Any) -> HttpResponse:
        return self.client.get(reverse(name, args=args), query, headers=HTMX if htmx else {})

    def send(
        self, name: str, *args: Any, fields: dict[str, Any] | None = None, htmx: bool = False, **query: Any
    ) -> Any:
        """POST as a browser does."""
        address = reverse(name, args=args, query=query or None)
        return self.client.post(address, fields or {}, headers=HTMX if htmx else {})

    # what Celery would do

    def read_posts(self, organization: Organization) -> None:
        assert reading.claim_posts(organization)
        reading.read_posts(organization.pk)

    def read_comments(self, post: Post) -> None:
        """All that moved; and somebody looked at every comment, so that their authors have names."""
        Post.objects.filter(pk=post.pk).update(reading_until=None)
        assert reading.claim_comments(post)
        reading.read_comments(post.pk)
        introducing.learn(post.pk, list(post.comments.values_list("pk", flat=True)))

    def deliver(self) -> None:
        """Send everything that is due."""
        for pk in outbox.sweep():
            self._deliver(pk)
        for pk in Outgoing.objects.order_by("pk").values_list("pk", flat=True):
            self._deliver(pk)

    def _deliver(self, pk: int) -> None:
        for other in outbox.deliver(pk):
            self._deliver(other.pk)

    # what LinkedIn has, and what others do there

    @property
    def ledger(self) -> list[Entry]:
        return self.sandbox.world.ledger

    def on_linkedin(self, post: Post) -> SandboxPost:
        found = self.sandbox.world.post(post.urn)
        assert found is not None
        return found

    def say(self, post: Post, text: str, *, by: str = "") -> None:
        """A stranger comments on LinkedIn; we know it after the next reading."""
        build.say(self.sandbox.world, self.on_linkedin(post), by or stranger("Dana"), text, age_s=60)

    def remove(self, comment: Comment) -> None:
        """Its author deletes a comment on LinkedIn."""
        world = self.sandbox.world
        found = world.comments[comment.comment_id]
        delete_comment(world, found, actor=found.actor, agent=found.actor)

    def thread(self, words: str) -> Any:
        """The fragment of the thread with these words."""
        answer = self.get("comment-show", self.comment(words).pk, htmx=True)
        assert answer.status_code == 200
        return answer
