"""Forgetting one person at a desk: their words, their number and their face go at once, and do not come back.

What remains is a keyed fingerprint, by which the next readings know whom to pass over: their comments are stored as
references without author and words, and mentions of them in others' comments without name. What the desk itself wrote
stays as it is, names in it included: those are its own words, and LinkedIn shows them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Any
from urllib.parse import unquote, urlsplit

from django.db import transaction
from django.db.models import TextField
from django.db.models.functions import Cast
from django.utils import timezone

from socialactions import fragments
from socialactions.linkedin.mentions import without_names
from socialactions.linkedin.payloads import Attribute
from socialactions.linkedin.payloads import Comment as CommentPayload
from socialactions.linkedin.urns import Urn
from socialactions.models import (
    Comment,
    CommentContent,
    Connection,
    Desk,
    Forgotten,
    Organization,
    Post,
    User,
)
from socialactions.spans import unit

from . import faces, free_pages, receipts
from .events import post_changed, record

ANYBODY = "urn:li:person:forgotten"
"""Stands where the URN of a forgotten person stood: a person for whom everything is nameless."""
WORDS_FOR_ANYBODY = "a LinkedIn member"
PERSON_ID = re.compile(r"[A-Za-z0-9_-]{4,60}")
NAMES_LOOKED_THROUGH = 5_000


class CannotForget(Exception):
    """Why not, in words for the person who asked."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


def person_meant(desk: Desk, typed: str) -> str:
    """The URN of whom somebody typed: a URN, LinkedIn's id, or a profile's address. Raises CannotForget."""
    typed = typed.strip()
    if not typed:
        raise CannotForget("Person: type their number (urn:li:person:…) or the address of their LinkedIn profile.")
    if typed.startswith("urn:"):
        urn = _as_urn(typed)
    elif "/" in typed or "linkedin.com" in typed:
        urn = _by_address(desk, typed)
    else:
        urn = _as_urn(f"urn:li:person:{typed}")
    if why := _why_not(desk, urn):
        raise CannotForget(why)
    return urn


def comments_of(desk: Desk, member_urn: str, *, at_most: int) -> int:
    """How many comments of theirs the desk knows; counts no further than that number."""
    return Comment.objects.filter(post__organization__desk=desk, actor_urn=member_urn)[:at_most].count()


def forget(*, desk: Desk, member_urn: str, by: User) -> int:
    """Forget a person at this desk from now on; returns how many comments lost their author. Raises CannotForget."""
    if why := _why_not(desk, member_urn):
        raise CannotForget(why)
    with transaction.atomic():
        digest = Forgotten.digest_of(desk.pk, member_urn)
        Forgotten.objects.get_or_create(desk=desk, digest=digest, defaults={"at": timezone.now(), "by": by})
        affected, words = _erase(desk, member_urn)
        record(desk=desk, kind="forgot", topic="settings", user=by)
        receipts.write({"words of forgotten people": words})
    free_pages.empty()
    return affected


def erase_again() -> int:
    """Once more at every desk that forgot somebody: what a reading under way stored meanwhile. Returns how many words
    went.
    """
    words = 0
    for desk in Desk.objects.filter(forgotten__isnull=False).distinct():
        spoke = Comment.objects.filter(post__organization__desk=desk, content__isnull=False).exclude(actor_urn=ANYBODY)
        urns = set(spoke.values_list("actor_urn", flat=True).distinct())
        for urn in Forgotten.objects.among(desk.pk, urns):
            words += _erase(desk, urn)[1]
    return words


def without_forgotten(desk_id: object, elements: Sequence[CommentPayload]) -> list[CommentPayload]:
    """The same comments as this desk may store them. Those that `is_silent` are stored without content."""
    named = {str(a.urn) for e in elements for a in e.attributes if a.urn} | {str(e.agent) for e in elements if e.agent}
    forgotten = Forgotten.objects.among(desk_id, named | {str(element.actor) for element in elements})
    if not forgotten:
        return list(elements)
    whom = {Urn.parse(urn) for urn in forgotten}
    ours = _ours(desk_id)
    return [_passed_over(element, whom, is_ours=str(element.actor) in ours) for element in elements]


def is_silent(element: CommentPayload) -> bool:
    """Whether it came from somebody who is forgotten, so that nothing but the reference may be stored."""
    return str(element.actor) == ANYBODY


def _why_not(desk: Desk, urn: str) -> str:
    if User.objects.filter(desk=desk, member_urn=urn).exists():
        return (
            "This person signs in at this desk, so their own data is theirs to end: they disconnect under Connections. "
            "After they have left the desk, they can be forgotten."
        )
    return ""


def _as_urn(text: str) -> str:
    kind, _, key = text.removeprefix("urn:li:").partition(":")
    if kind in ("organization", "organizationBrand", "company"):
        raise CannotForget("Person: this is a Page. Only people can be forgotten; a Page's words end after 48 hours.")
    if kind != "person" or not PERSON_ID.fullmatch(key):
        raise CannotForget(
            "Person: this is not a number LinkedIn gives people. It looks like urn:li:person:AbC12dEf; "
            "copy it from LinkedIn's letter or from one of their comments here."
        )
    if key in faces.NO_PERSON:
        raise CannotForget(
            "Person: this number stands for everybody whose name LinkedIn hides, not for one person. "
            "Nothing that names them is kept here."
        )
    return f"urn:li:person:{key}"


def _by_address(desk: Desk, address: str) -> str:
    """Whose profile that is, among the people whose names are still in the cache."""
    try:
        parts = urlsplit(address if "//" in address else f"https://{address}")
        host, path = parts.hostname or "", unquote(parts.path)
    except ValueError:
        host, path = "", ""
    found = re.fullmatch(r"/in/([^/]+)/?", path)
    if found is None or not (host == "linkedin.com" or host.endswith(".linkedin.com")):
        raise CannotForget(
            "Person: this is not the address of a LinkedIn profile. It looks like https://www.linkedin.com/in/name/."
        )
    vanity_name = found[1].casefold()
    speaking = CommentContent.objects.filter(post__organization__desk=desk).order_by()
    urns = list(speaking.values_list("comment__actor_urn", flat=True).distinct()[:NAMES_LOOKED_THROUGH])
    for face in faces.known(desk.pk, urns).values():
        if not face.is_page and face.url.rstrip("/").casefold().endswith(f"/in/{vanity_name}"):
            return face.urn
    raise CannotForget(
        "Person: nobody whose words are here now has this profile address. Addresses are kept for a day at most; "
        "open the comment's page and start from there, or type their number (urn:li:person:…)."
    )


def _erase(desk: Desk, urn: str) -> tuple[int, int]:
    """Take a person out of every row of the desk; returns how many comments and how many words that were."""
    theirs = Comment.objects.filter(post__organization__desk=desk, actor_urn=urn)
    posts = set(Post.objects.filter(comments__in=theirs).select_related("organization__desk").distinct())
    words, _ = CommentContent.everything.filter(comment__in=theirs).delete()
    affected = theirs.update(actor_urn=ANYBODY)
    Comment.objects.filter(post__organization__desk=desk, agent_urn=urn).update(agent_urn="")
    posts |= _unmention(desk, urn)
    for post in posts:
        post_changed(post)
    faces.forget(desk.pk, urn)
    transaction.on_commit(fragments.empty)  # here; other processes drop theirs by themselves within minutes
    return affected, words


def _unmention(desk: Desk, urn: str) -> set[Post]:
    """Take a person's name out of what others said; returns where. Expired words are left to `purge`."""
    said = Cast("attributes", TextField())
    found = CommentContent.objects.filter(post__organization__desk=desk, comment__is_ours=False).annotate(said=said)
    posts = set()
    for content in found.filter(said__contains=urn).select_related("post__organization__desk"):
        attributes = [Attribute(**one) for one in content.attributes if one["urn"]]
        message = without_names(content.text, attributes, {Urn.parse(urn)}, words=WORDS_FOR_ANYBODY, unit=unit())
        content.text = message.text
        content.attributes = [{"start": a.start, "length": a.length, "urn": str(a.urn)} for a in message.attributes]
        content.save(update_fields=["text", "attributes"])
        posts.add(content.post)
    return posts


def _ours(desk_id: Any) -> set[str]:
    pages = Organization.objects.filter(desk_id=desk_id).values_list("urn", flat=True)
    return {*pages, *Connection.objects.filter(desk_id=desk_id).values_list("member_urn", flat=True)}


def _passed_over(element: CommentPayload, whom: Collection[Urn], *, is_ours: bool) -> CommentPayload:
    agent = None if element.agent in whom else element.agent
    if element.actor in whom:
        nothing = {"text": "", "attributes": (), "images": (), "author": None, "impersonator": None}
        return element.model_copy(update={"actor": Urn.parse(ANYBODY), "agent": None, **nothing})
    if is_ours or not any(attribute.urn in whom for attribute in element.attributes):
        return element.model_copy(update={"agent": agent})
    said = without_names(element.text, element.attributes, whom, words=WORDS_FOR_ANYBODY, unit=unit())
    return element.model_copy(update={"agent": agent, "text": said.text, "attributes": said.attributes})
