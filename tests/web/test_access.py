"""Who may reach what: one table of address and method × person → status, complete by construction.

Ids are those of Ada's desk and her Page Acme. Bo and Cy are her colleagues, with a role on Birch and none at all; the
other desk's administrator administers Acme on LinkedIn too; "out" is nobody.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

import pytest
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, reverse
from PIL import Image

from dashboard import signing, urls
from socialactions import clock
from socialactions.models import ApiKey, Attachment, Connection, Event, Invitation, Outgoing, Webhook, WebhookDelivery
from socialactions.sandbox.seeds.cast import ACME, stranger
from socialactions.services import api_keys, attachments, desks, webhooks, writing
from tests.web.desks import AtDesk

PEOPLE = ("ada", "bo", "cy", "other", "out")
# name, method: status for Ada · Bo · Cy · the other desk's administrator · signed out
TABLE: dict[tuple[str, str], tuple[int, int, int, int, int]] = {
    ("home", "GET"): (302, 302, 302, 302, 302),
    ("connect", "GET"): (200, 200, 200, 200, 200),
    ("connect-start", "GET"): (302, 302, 302, 302, 302),
    ("connect-callback", "GET"): (401, 401, 401, 401, 401),
    ("desk-create", "GET"): (302, 302, 302, 302, 302),
    ("desk-create", "POST"): (302, 302, 302, 302, 302),
    ("uninvited", "GET"): (200, 200, 200, 200, 302),
    ("invitation-accept", "GET"): (200, 200, 200, 200, 200),
    ("invitation-accept", "POST"): (200, 200, 200, 200, 200),
    ("sign-out", "POST"): (302, 302, 302, 302, 302),
    ("page-look", "POST"): (302, 404, 404, 404, 302),
    ("density", "POST"): (302, 302, 302, 302, 302),
    ("post-list", "GET"): (200, 200, 200, 200, 302),
    ("posts-refresh", "POST"): (302, 302, 404, 302, 302),
    ("posts-news", "GET"): (200, 200, 404, 200, 302),
    ("post-numbers", "GET"): (200, 404, 404, 404, 302),
    ("post-show", "GET"): (200, 404, 404, 404, 302),
    ("post-live", "GET"): (200, 404, 404, 404, 302),
    ("post-engagement", "GET"): (200, 404, 404, 404, 302),
    ("post-refresh", "POST"): (302, 404, 404, 404, 302),
    ("comment-create", "POST"): (302, 404, 404, 404, 302),
    ("comments-state", "GET"): (200, 404, 404, 404, 302),
    ("comments-state", "POST"): (302, 404, 404, 404, 302),
    ("post-reaction", "POST"): (302, 404, 404, 404, 302),
    ("post-reaction-remove", "POST"): (302, 404, 404, 404, 302),
    ("post-reactors", "GET"): (200, 404, 404, 404, 302),
    ("comment-show", "GET"): (302, 404, 404, 404, 302),
    ("reply-create", "GET"): (200, 404, 404, 404, 302),
    ("reply-create", "POST"): (302, 404, 404, 404, 302),
    ("replies-earlier", "GET"): (200, 404, 404, 404, 302),
    ("comment-reaction", "POST"): (302, 404, 404, 404, 302),
    ("comment-reaction-remove", "POST"): (302, 404, 404, 404, 302),
    ("comment-reactors", "GET"): (200, 404, 404, 404, 302),
    ("comment-edit", "GET"): (200, 404, 404, 404, 302),
    ("comment-edit", "POST"): (302, 404, 404, 404, 302),
    ("comment-delete", "GET"): (200, 404, 404, 404, 302),
    ("comment-delete", "POST"): (302, 404, 404, 404, 302),
    ("outgoing-show", "GET"): (200, 200, 200, 404, 302),
    ("outgoing-step", "POST"): (302, 404, 404, 404, 302),
    ("attachment-show", "GET"): (200, 200, 200, 404, 302),
    ("mention-list", "GET"): (200, 404, 404, 404, 302),
    ("post-changes", "POST"): (200, 404, 404, 404, 302),
    ("find", "GET"): (200, 200, 200, 200, 302),
    ("history", "GET"): (200, 200, 200, 200, 302),
    ("history-csv", "GET"): (200, 200, 200, 200, 302),
    ("history-xlsx", "GET"): (200, 200, 200, 200, 302),
    ("insights", "GET"): (200, 200, 200, 200, 302),
    ("settings-connections", "GET"): (200, 200, 200, 200, 302),
    ("connection-end", "POST"): (302, 404, 404, 404, 302),
    ("settings-pages", "GET"): (200, 404, 404, 200, 302),
    ("settings-page", "POST"): (302, 404, 404, 404, 302),
    ("settings-reading", "GET"): (200, 200, 200, 200, 302),
    ("read-now", "POST"): (302, 404, 404, 404, 302),
    ("settings-kept", "GET"): (200, 200, 200, 200, 302),
    ("settings-forget", "GET"): (200, 404, 404, 200, 302),
    ("settings-forget", "POST"): (302, 404, 404, 302, 302),
    ("settings-team", "GET"): (200, 404, 404, 200, 302),
    ("settings-team", "POST"): (200, 404, 404, 200, 302),
    ("invitation-withdraw", "POST"): (302, 404, 404, 404, 302),
    ("settings-keys", "GET"): (200, 200, 200, 200, 302),
    ("settings-keys", "POST"): (422, 422, 422, 422, 302),
    ("key-revoke", "POST"): (302, 404, 404, 404, 302),
    ("settings-key", "GET"): (200, 404, 404, 404, 302),
    ("settings-key", "POST"): (422, 404, 404, 404, 302),
    ("webhook-test", "POST"): (302, 404, 404, 404, 302),
    ("webhook-on", "POST"): (302, 404, 404, 404, 302),
    ("webhook-secret", "POST"): (200, 404, 404, 404, 302),
    ("webhook-remove", "POST"): (302, 404, 404, 404, 302),
    ("events", "GET"): (204, 204, 204, 204, 204),  # a stream needs ASGI: see test_events.py
    ("scripts", "GET"): (200, 200, 200, 200, 200),
    ("styles", "GET"): (200, 200, 200, 200, 200),
    ("healthz", "GET"): (200, 200, 200, 200, 200),
    ("readyz", "GET"): (200, 200, 200, 200, 200),
}
OPEN_TO_ALL = ("home", "connect", "connect-start", "connect-callback", "invitation-accept", "sign-out")


@dataclass
class Place:
    """Ids of Ada's desk, and forms that would work if Ada sent them."""

    ada: AtDesk
    outgoing: Outgoing
    picture: Attachment
    invitation: Invitation
    invitation_token: str
    key: ApiKey
    webhook: Webhook

    def args(self, name: str) -> list[Any]:
        first = name.partition("-")[0]
        special: dict[str, list[Any]] = {
            "invitation-accept": [self.invitation_token],
            "invitation-withdraw": [self.invitation.pk],
            "outgoing-show": [self.outgoing.uid],
            "outgoing-step": [self.outgoing.uid, "undo"],
            "attachment-show": [self.picture.pk],
            "connection-end": [Connection.objects.get(user=self.ada.user).pk],
            "read-now": [Connection.objects.get(user=self.ada.user).pk],
            "page-look": [self.ada.acme.pk],
            "settings-page": [self.ada.acme.pk],
            "key-revoke": [self.key.pk],
            "settings-key": [self.key.pk],
            "webhook-test": [self.webhook.pk],
            "webhook-on": [self.webhook.pk],
            "webhook-secret": [self.webhook.pk],
            "webhook-remove": [self.webhook.pk],
            "post-list": [],
            "scripts": ["0123456789ab"],
            "styles": ["0123456789ab"],
        }
        if name in special:
            return special[name]
        if first == "post" or name in ("comment-create", "comments-state"):
            return [self.ada.post().pk]
        if first in ("comment", "reply", "replies"):
            own = name in ("comment-edit", "comment-delete")
            return [self.ada.comment("80 ms" if own else "Does it stop").pk]
        return []

    def fields(self, name: str) -> dict[str, str]:
        post, own, first = self.ada.post(), self.ada.comment("80 ms"), self.ada.comment("Does it stop")
        targets = {
            "comment-create": "post",
            "reply-create": f"reply {first.pk}",
            "comment-edit": f"edit {own.pk}",
            "comment-delete": f"delete {own.pk}",
            "comments-state": f"close {post.pk}",
        }
        token = signing.sign(
            user=self.ada.user, post_id=post.pk, actor_urn=ACME, target=targets.get(name, "act"), nonce=uuid4()
        )
        word = "forget" if name == "settings-forget" else "close"
        said = {"confirmation": word, "name": "A second desk", "member": stranger("Dana")}
        return {"as": token, "text": "Words", "kind": "LIKE", **said}

    def query(self, name: str) -> dict[str, str]:
        return {"post": str(self.ada.post().pk), "q": "Da"} if name == "mention-list" else {}


@pytest.fixture
def place(ada_desk: AtDesk) -> Place:
    post = ada_desk.post()
    speaker = writing.Speaker(user=ada_desk.user, actor_urn=ACME)
    outgoing = writing.comment_on(post, speaker=speaker, text="Not sent yet", form_key=uuid4())
    file = io.BytesIO()
    Image.new("RGB", (4, 4)).save(file, "PNG")
    file.seek(0)
    picture = attachments.keep(user=ada_desk.user, file=file, size=100)
    invitation, token = desks.invite(by=ada_desk.user)
    key, _ = api_keys.make(
        user=ada_desk.user, name="Night shift", scopes=["read"], actors=[], expires_at=clock.now() + timedelta(days=1)
    )
    webhook, _ = webhooks.make(
        key, by=ada_desk.user, url="https://hooks.example.org/", wants_actions=True, wants_comments=False
    )
    return Place(ada_desk, outgoing, picture, invitation, token, key, webhook)


@pytest.fixture
def people(place: Place, bo: AtDesk, cy: AtDesk, other_desk: AtDesk) -> dict[str, Client]:
    return {"ada": place.ada.client, "bo": bo.client, "cy": cy.client, "other": other_desk.client, "out": Client()}


def test_every_address_is_in_the_table() -> None:
    """Those of the API have a table of their own: sessions open none of them."""
    ours = [pattern for pattern in urls.urlpatterns if isinstance(pattern, URLPattern)]
    assert {pattern.name for pattern in ours} == {name for name, _ in TABLE}


@pytest.mark.parametrize("person", PEOPLE)
def test_each_person_gets_what_the_table_says(person: str, place: Place, people: dict[str, Client]) -> None:
    odd = []
    for (name, method), statuses in TABLE.items():
        with _undone(people[person]):
            before = _rows()
            answer = _ask(people[person], place, name, method)
            wanted = statuses[PEOPLE.index(person)]
            if answer.status_code != wanted:
                odd.append(f"{method} {name}: {answer.status_code}, not {wanted}")
            if person == "out" and name not in OPEN_TO_ALL and wanted == 302:
                assert answer["Location"].startswith("/connect/"), name
            if (wanted == 404 or person == "out") and _rows() != before:
                odd.append(f"{method} {name}: left something behind")
    assert odd == []


@pytest.mark.parametrize("person", ["ada", "out"])
def test_a_method_that_is_not_in_the_table_is_405(person: str, place: Place, people: dict[str, Client]) -> None:
    for name in {name for name, _ in TABLE}:
        for method in ("GET", "POST", "PUT", "DELETE"):
            if (name, method) not in TABLE:
                assert _ask(people[person], place, name, method).status_code == 405, f"{method} {name}"


def test_no_post_works_without_its_csrf_token(place: Place, people: dict[str, Client]) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = people["ada"].cookies
    before = _rows()
    for name, method in TABLE:
        if method == "POST":
            answer = _ask(strict, place, name, method)
            assert answer.status_code == 403, name
            assert b"This form is too old" in answer.content, name
    assert _rows() == before


def test_a_foreign_id_looks_like_one_that_never_was(place: Place, people: dict[str, Client]) -> None:
    """Byte for byte: an address must not tell whether another desk has something."""
    for (name, method), statuses in TABLE.items():
        if statuses[3] == 404 and name != "mention-list":
            foreign = _ask(people["other"], place, name, method)
            args = [uuid4() if isinstance(one, UUID) else one for one in place.args(name)]
            wrong = _ask(people["other"], place, name, method, args)
            own_wrong = _ask(people["ada"], place, name, method, args)
            assert foreign.status_code == wrong.status_code == own_wrong.status_code == 404, name
            assert foreign.content == wrong.content == own_wrong.content, name


def test_a_word_in_place_of_an_id_is_404(people: dict[str, Client]) -> None:
    for address in ("/posts/1/", "/posts/urn:li:share:1/", "/comments/1/", "/outgoing/1/", "/attachments/../x/"):
        assert people["ada"].get(address).status_code == 404, address
    for post in ("", "1", "urn:li:share:1", str(uuid4()), "\0"):
        assert people["ada"].get(reverse("mention-list"), {"post": post}).status_code == 404, post


def _ask(client: Client, place: Place, name: str, method: str, args: list[Any] | None = None) -> Any:
    address = reverse(name, args=place.args(name) if args is None else args)
    if method == "POST":
        return client.post(address, place.fields(name))
    answer = client.generic(method, address, QUERY_STRING=urlencode(place.query(name)))
    if answer.streaming:
        answer.getvalue()  # closes the file
    return answer


@contextmanager
def _undone(client: Client) -> Iterator[None]:
    """What happens inside did not happen; session and cookies included."""
    cookies = client.cookies.output(header="", sep=";")
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
    client.cookies = SimpleCookie(cookies)
    cache.clear()  # holds a copy of the session


def _rows() -> tuple[int, ...]:
    kinds = (Outgoing.objects, Event.objects, Webhook.objects, WebhookDelivery.objects)
    return *(one.count() for one in kinds), Invitation.objects.filter(withdrawn_at=None).count()
