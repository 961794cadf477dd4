"""Whatever stands in an address, a form, a cookie or a header: an answer, never a broken page. PostgreSQL takes fewer
characters than SQLite, so this counts where the tests of the web run scaled out.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from dashboard import signing
from socialactions.models import Outgoing
from socialactions.sandbox.seeds.cast import ACME
from tests.web.desks import AtDesk, go_to_linkedin, text_of

LATEST = "9999-12-31T23:59:59.999999+00:00"
ODD = (
    "\0",
    "a\0b",
    "'\"%_\\",
    "٣" * 32,
    "9" * 40,
    "-62135596800",  # the first moment that Python knows
    "253402300799",  # and the last
    "1e308",
    "nan",
    "/posts/\0",
    "//[",
    f"0001-01-01T00:00:00+00:00_{uuid4()}",
    f"0001-01-01T00:00:00+23:59_{uuid4()}",
    f"{LATEST}_{uuid4()}",
    f"{LATEST}_\0",
    "\N{PERSON FROWNING}" * 3000,
)
READ = {
    "mention-list": ("post", "q"),
    "post-list": ("before",),
    "post-show": ("as", "before", "sort", "part", "shown", "since", "whole", "again"),
    "post-live": ("as", "since"),
    "post-reactors": ("as",),
    "comment-show": ("as", "whole"),
    "comment-reactors": ("as",),
    "comment-edit": ("again",),
    "comment-delete": ("as",),
    "reply-create": ("as", "again"),
    "replies-earlier": ("as", "whole"),
    "post-engagement": ("days",),
    "insights": ("days",),
    "history": ("before", "person", "page", "actor", "kind", "outcome", "since", "until", "way"),
    "history-csv": ("person", "page", "actor", "kind", "outcome", "since", "until", "way"),
    "connect": ("next",),
    "connect-start": ("next",),
    "connect-callback": ("state", "code", "error", "error_description"),
}
WRITTEN = {
    "comment-create": ("as", "text", "alt", "attachment", "again", "since", "whole"),
    "reply-create": ("as", "text", "alt", "attachment", "again", "whole"),
    "comment-edit": ("as", "text", "again", "was"),
    "comment-delete": ("as",),
    "comments-state": ("as", "confirmation"),
    "post-reaction": ("as", "kind", "next", "since"),
    "comment-reaction-remove": ("as", "next", "whole"),
    "post-refresh": ("next", "since"),
}


@pytest.fixture
def desk(ada: AtDesk) -> AtDesk:
    """Ada's desk with one post and its comments read."""
    ada.read_posts(ada.acme)
    ada.read_comments(ada.post())
    return ada


def _address(desk: AtDesk, name: str) -> str:
    noun = name.partition("-")[0]
    if name in ("post-list", "mention-list") or noun in ("connect", "history", "insights"):
        return reverse(name)
    if noun == "post" or name in ("comment-create", "comments-state"):
        return reverse(name, args=[desk.post().pk])
    return reverse(name, args=[desk.comment("80 ms" if name in ("comment-edit", "comment-delete") else "stop").pk])


@pytest.mark.parametrize("name", READ)
def test_no_question_breaks_a_page(name: str, desk: AtDesk) -> None:
    address = _address(desk, name)
    good = {"post": str(desk.post().pk)} if name == "mention-list" else {}
    for parameter in READ[name]:
        for value in ODD:
            for headers in ({}, {"HX-Request": "true", "HX-Current-URL": f"http://testserver/?since={quote(value)}"}):
                answer = desk.client.get(address, {**good, parameter: value}, headers=headers)
                assert answer.status_code < 500, (parameter, value)


@pytest.mark.parametrize("name", WRITTEN)
def test_no_form_breaks_a_page(name: str, desk: AtDesk) -> None:
    address, post = _address(desk, name), desk.post()
    targets = {
        "comment-create": "post",
        "reply-create": f"reply {desk.comment('stop').pk}",
        "comment-edit": f"edit {desk.comment('80 ms').pk}",
        "comment-delete": f"delete {desk.comment('80 ms').pk}",
        "comments-state": f"close {post.pk}",
    }
    for field in WRITTEN[name]:
        for value in ODD:
            token = signing.sign(
                user=desk.user, post_id=post.pk, actor_urn=ACME, target=targets.get(name, "act"), nonce=uuid4()
            )
            fields = {"as": token, "text": "Words", field: value}
            answer = desk.client.post(address, fields)
            assert answer.status_code < 500, (field, value)


def test_a_character_that_is_none_finds_what_the_others_find(desk: AtDesk) -> None:
    plain = desk.get("mention-list", post=desk.post().pk, q="Bir")
    assert "Birch" in text_of(plain)
    assert desk.get("mention-list", post=desk.post().pk, q="B\0ir").content == plain.content


def test_an_answer_of_linkedin_with_odd_words_is_a_page(desk: AtDesk) -> None:
    for parameter in ("code", "error", "error_description"):
        for value in ODD:
            state = go_to_linkedin(desk.client).partition("state=")[2].partition("&")[0]
            given = {"error": "other", "code": "x"} if parameter == "error_description" else {}
            answer = desk.client.get(reverse("connect-callback"), {**given, parameter: value, "state": state})
            assert answer.status_code in (302, 400), (parameter, value)


def test_no_invitation_breaks_a_page(desk: AtDesk) -> None:
    for value in ("\0", "a\0b", "%ff", "٣" * 32, "9" * 4000):
        assert desk.client.get(f"/join/{quote(value)}/").status_code == 404, value


def test_no_name_of_a_desk_breaks_a_page(sign_in: Any) -> None:
    client = sign_in("ada")
    for value in ("\0", "a\0b", "x" * 4000):
        assert client.post(reverse("desk-create"), {"name": value}).status_code == 422, value


@pytest.mark.parametrize("name", [settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME, "messages", "tz"])
@pytest.mark.parametrize(
    "value", ['"abcdefgh\\000"', '"\\000\\000\\000\\000\\000\\000\\000\\000"', '"\\377"', "x" * 4000]
)
def test_no_cookie_breaks_a_page(name: str, value: str, desk: AtDesk) -> None:
    client = Client()
    answer = client.get(reverse("post-list"), headers={"cookie": f"{name}={value}"})
    assert (answer.status_code, answer["Location"].partition("?")[0]) == (302, "/connect/")


@pytest.mark.parametrize("encoding", ["unicode_escape", "utf-7", "utf-16", "hex", "punycode"])
def test_words_in_another_encoding_are_refused(encoding: str, desk: AtDesk) -> None:
    """Some encodings make characters that no database takes and no page can show."""
    token = signing.sign(user=desk.user, post_id=desk.post().pk, actor_urn=ACME, target="post", nonce=uuid4())
    parts = {"as": token, "text": "\\ud800"}
    body = "".join(f'--x\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n' for n, v in parts.items())
    kind = f"multipart/form-data; boundary=x; charset={encoding}"
    answer = desk.client.generic("POST", _address(desk, "comment-create"), f"{body}--x--\r\n", content_type=kind)
    assert answer.status_code == 400
    assert not Outgoing.objects.exists()
