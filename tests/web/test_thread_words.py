"""What strangers write is shown as they wrote it and never as markup; what may not be kept is not shown."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.utils import timezone

from socialactions.models import CommentContent
from socialactions.sandbox.seeds.cast import PRIVATE, stranger
from tests.web.desks import AtDesk, text_of

SCRIPT = "<script>alert('hi')</script> <b onclick=x>bold</b> & so on \"'` {{ frame }} {% now 'Y' %}"


def test_markup_and_script_are_text(ada_desk: AtDesk) -> None:
    post = ada_desk.post()
    ada_desk.say(post, SCRIPT)
    ada_desk.read_comments(post)
    for answer in (ada_desk.get("post-show", post.pk), ada_desk.thread("alert("), _reply_form(ada_desk, "alert(")):
        page = answer.content.decode()
        assert "<script>alert" not in page and "<b onclick" not in page
        assert "&lt;script&gt;alert(&#x27;hi&#x27;)&lt;/script&gt;" in page
    assert SCRIPT in text_of(ada_desk.get("post-show", post.pk))


def test_a_name_and_headline_with_markup_are_text(ada_desk: AtDesk) -> None:
    world = ada_desk.sandbox.world
    member = world.members[stranger("Hana").rpartition(":")[2]]
    member.first, member.headline = '<img src=x onerror="alert(1)">', '"><script>alert(2)</script>'
    post = ada_desk.post()
    ada_desk.say(post, "Hello from Hana", by=stranger("Hana"))
    ada_desk.read_comments(post)
    for answer in (
        ada_desk.get("post-show", post.pk),
        ada_desk.get("mention-list", post=post.pk, q="<img", htmx=True),
        _reply_form(ada_desk, "Hello from Hana"),
    ):
        page = answer.content.decode()
        assert "<img src=x" not in page and "<script>alert" not in page and 'onerror="alert' not in page
    assert "onerror=" in text_of(ada_desk.get("post-show", post.pk))


@pytest.mark.parametrize(
    ("text", "href"),
    [
        ("look at https://example.com/?a=1&b=2.", "https://example.com/?a=1&amp;b=2"),
        ("javascript:alert(1) data:text/html,x", None),
        ('https://example.com/"onmouseover="alert(1)', "https://example.com/"),
        ("HTTPS://EXAMPLE.COM/<script>", "HTTPS://EXAMPLE.COM/"),
        ("https://", None),
    ],
)
def test_only_web_addresses_become_links(ada_desk: AtDesk, text: str, href: str | None) -> None:
    post = ada_desk.post()
    ada_desk.say(post, text)
    ada_desk.read_comments(post)
    page = ada_desk.get("post-show", post.pk).content.decode()
    thread = page[page.index('<ol class="threads"') :]
    links = re.findall(r'<a class="mention" href="([^"]*)" target="_blank" rel="noopener nofollow">', thread)
    assert links == ([href] if href else [])
    assert "javascript:alert(1)" not in re.findall(r'href="([^"]*)"', page)


def test_foreign_words_keep_their_direction(ada_desk: AtDesk) -> None:
    post = ada_desk.post()
    for words in ("هل يعمل الذراع الثالث؟", "האם אפשר לתכנת", "abc \u202e gnp.exe"):
        ada_desk.say(post, words)
    ada_desk.read_comments(post)
    page = ada_desk.get("post-show", post.pk).content.decode()
    for words in ("هل يعمل الذراع الثالث؟", "האם אפשר לתכנת", "abc \u202e gnp.exe"):
        assert f'<div class="comment__text" dir="auto">{words}</div>' in page  # a block of its own isolates it
    assert "<bdi>Dana Whitlock</bdi>" in page


def test_mentions_of_pages_are_links_wherever_the_emoji_stand(ada_desk: AtDesk) -> None:
    post = ada_desk.post()
    pages, people = "@[Birch & Co](urn:li:organization:1002)", "@[Dana Whitlock](urn:li:person:daW1hit_42)"
    text = f"👩\u200d🔧👏🏽 é Thanks {pages} and {people}!"
    ada_desk.say(post, text)
    ada_desk.read_comments(post)
    page = ada_desk.get("post-show", post.pk).content.decode()
    link = '<a class="mention" href="https://www.linkedin.com/company/1002/" target="_blank" rel="noopener nofollow">'
    assert f"👩\u200d🔧👏🏽 é Thanks {link}Birch &amp; Co</a> and " in page
    assert "Dana Whitlock!" in text_of(ada_desk.get("post-show", post.pk)).replace("Whitlock !", "Whitlock!")


def test_a_private_member_has_no_name_and_no_face(ada_desk: AtDesk) -> None:
    post = ada_desk.post()
    ada_desk.say(post, "Whom do I write to?", by=PRIVATE)
    ada_desk.read_comments(post)
    page = text_of(ada_desk.thread("Whom do I write to?"))
    assert "LinkedIn member" in page and "LinkedIn does not share this person’s name with us" in page
    assert "Hidden" not in page


def test_expired_words_are_not_shown(ada_desk: AtDesk) -> None:
    post, comment = ada_desk.post(), ada_desk.comment("Does it stop")
    CommentContent.everything.filter(pk=comment.pk).update(expires_at=timezone.now())
    assert "Does it stop" not in text_of(ada_desk.get("post-show", post.pk))
    assert "Does it stop" not in text_of(ada_desk.get("comment-show", comment.pk, htmx=True))
    assert "Does it stop" not in text_of(ada_desk.get("reply-create", comment.pk))
    assert ada_desk.get("comment-delete", comment.pk).status_code == 404


def _reply_form(desk: AtDesk, words: str) -> Any:
    answer = desk.get("reply-create", desk.comment(words).pk)
    assert answer.status_code == 200
    return answer
