"""What every answer says about itself: a policy without inline scripts, private caches, quiet cookies, no strangers."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from dashboard import settings as house
from socialactions.sandbox.seeds.cast import ACME
from socialactions.services import writing
from tests.web.desks import AtDesk

POLICY = {
    "default-src": "'self'",
    "script-src": "'self'",
    "style-src": "'self'",
    "style-src-elem": f"'self' {' '.join(house.STYLE_HASHES)}",
    "style-src-attr": "'unsafe-inline'",  # components place their menus; an attribute runs nothing
    "img-src": "'self' data: blob: https://media.licdn.com",
    "connect-src": "'self'",
    "font-src": "'self'",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
LOADED = re.compile(r'<(?:img|script|link|source|video|audio|image|use)\b[^>]*?\b(?:src|href|srcset)="([^"]*)"')


@pytest.fixture
def pages(ada_desk: AtDesk) -> dict[str, Any]:
    """Every kind of page and fragment, as Ada sees it with something of everything in it."""
    post, comment, own = ada_desk.post(), ada_desk.comment("Does it stop"), ada_desk.comment("within 80 ms")
    speaker = writing.Speaker(user=ada_desk.user, actor_urn=ACME)
    outgoing = writing.comment_on(post, speaker=speaker, text="Not sent yet https://x.example/", form_key=uuid4())
    addresses = {
        "post-list": [],
        "post-show": [post.pk],
        "post-live": [post.pk],
        "post-reactors": [post.pk],
        "comments-state": [post.pk],
        "reply-create": [comment.pk],
        "comment-reactors": [comment.pk],
        "replies-earlier": [comment.pk],
        "comment-delete": [comment.pk],
        "comment-edit": [own.pk],
        "outgoing-show": [outgoing.uid],
        "history": [],
        "settings-connections": [],
        "settings-team": [],
        "settings-keys": [],
        "uninvited": [],
        "connect": [],
        "healthz": [],
    }
    found = {name: ada_desk.get(name, *args) for name, args in addresses.items()}
    found["a refusal"] = ada_desk.send("comment-create", post.pk, fields={"text": "x"})
    found["a cancelled sign-in"] = ada_desk.client.get("/connect/callback/")
    found["nowhere"] = ada_desk.client.get("/nowhere/")
    for name, answer in found.items():
        assert answer.status_code in (200, 401, 404, 422), name
    return found


def test_the_policy_is_this_one_on_every_answer(pages: dict[str, Any]) -> None:
    for name, answer in pages.items():
        parts = [part.strip() for part in answer["Content-Security-Policy"].split(";")]
        assert dict(part.split(" ", 1) for part in parts if part) == POLICY, name
    assert "unsafe-inline" not in POLICY["script-src"] + POLICY["style-src-elem"] + POLICY["default-src"]


def test_no_page_needs_what_the_policy_forbids(pages: dict[str, Any]) -> None:
    """Inline scripts, handlers and styles would be dead; so would a form that posts elsewhere."""
    for name, answer in pages.items():
        page = answer.content.decode()
        assert not re.search(r"<script(?![^>]*\bsrc=)", page), name
        assert not re.search(r"<[^>]+\son[a-z]+=", page), name
        assert not re.search(r"<style|<[^>]+\sstyle=|<base\b|<object|<embed|<iframe", page), name
        assert not re.search(r"hx-on|hx-vars|hx-vals=.js|\"js:|javascript:", page), name
        for action in re.findall(r'(?:form)?action="([^"]*)"', page):
            assert action.startswith("/") and not action.startswith("//"), (name, action)


def test_nothing_is_loaded_from_strangers(pages: dict[str, Any], ada_desk: AtDesk) -> None:
    """Pictures come from LinkedIn's media hosts (here: the sandbox), everything else from us; links may lead away."""
    media = urlsplit(ada_desk.sandbox.base_url).netloc
    for name, answer in pages.items():
        page = answer.content.decode()
        for address in LOADED.findall(page):
            assert urlsplit(address.replace("&amp;", "&")).netloc in ("", media), (name, address)
        for tag in re.findall(r'<a\b[^>]*href="https?://[^>]*>', page):
            assert 'rel="noopener' in tag, (name, tag)


def test_the_other_headers_of_every_answer(pages: dict[str, Any]) -> None:
    for name, answer in pages.items():
        assert answer["X-Content-Type-Options"] == "nosniff", name
        assert answer["X-Frame-Options"] == "DENY", name
        assert answer["Referrer-Policy"] == "same-origin", name
        assert answer["Cross-Origin-Opener-Policy"] == "same-origin", name
        assert "Server" not in answer and "X-Powered-By" not in answer, name


def test_what_belongs_to_a_person_is_kept_by_no_cache(pages: dict[str, Any]) -> None:
    """Members' words live 48 hours with us; a browser's disk or a proxy must not keep them longer."""
    for name, answer in pages.items():
        assert answer["Cache-Control"] == "private, no-store", name


def test_redirects_into_the_house_are_not_cached_either(ada: AtDesk) -> None:
    for name in ("home", "desk-create", "connect-start"):
        answer = ada.get(name)
        assert answer.status_code == 302 and answer["Cache-Control"] == "private, no-store"


def test_cookies_are_out_of_reach_of_scripts_and_strangers(ada: AtDesk) -> None:
    session, csrf = ada.client.cookies["threadwell_session"], ada.client.cookies["threadwell_csrf"]
    assert session["httponly"] and session["samesite"] == "Lax"
    assert csrf["samesite"] == "Lax" and csrf["httponly"]
    assert set(ada.client.cookies) <= {"threadwell_session", "threadwell_csrf", "messages"}


def test_https_makes_cookies_secure_and_stays_https(settings: Any, tmp_path: Any) -> None:
    """Settings as another process reads them."""
    code = (
        "from django.conf import settings as s; "
        "print(s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.SECURE_HSTS_SECONDS > 0, s.ALLOWED_HOSTS)"
    )
    env = {**os.environ, "BASE_URL": "https://desk.example", "DATA_DIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True True True ['desk.example']"


def test_a_foreign_host_is_turned_away(ada: AtDesk) -> None:
    answer = ada.client.get("/posts/", headers={"Host": "evil.example"})
    assert answer.status_code == 400 and b"evil.example" not in answer.content


def test_a_write_from_another_site_is_turned_away(ada: AtDesk) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = ada.client.cookies
    page = strict.get(reverse("post-list"))
    token = re.search(r'"X-CSRFToken":"([^"]+)"', page.content.decode())
    assert token is not None
    for origin, status in (("https://evil.example", 403), ("http://testserver", 302)):
        answer = strict.post(reverse("posts-refresh"), {}, headers={"Origin": origin, "X-CSRFToken": token[1]})
        assert answer.status_code == status, origin
