"""Things asked of LinkedIn while somebody waits for the page: who reacted, and whom a mention could mean."""

from __future__ import annotations

import hashlib
import logging
import re
from datetime import timedelta

from django.conf import settings
from django.core.cache import cache
from django.utils import timezone

from socialactions import rights
from socialactions.linkedin import deadline
from socialactions.linkedin.client import LinkedIn
from socialactions.linkedin.errors import LinkedInError, NotFound
from socialactions.linkedin.oauth import TokenEndpointDown
from socialactions.linkedin.urns import Urn
from socialactions.models import Comment, CommentContent, Connection, Forgotten, Organization, OwnReaction, Post
from socialactions.queries.rows import Face

from . import faces
from .connections import ConnectionEnded, read_with
from .pages import rights_on
from .shortfalls import why_not_read

log = logging.getLogger(__name__)

REACTORS_SHOWN = 100
LONGEST_S = 4.0  # somebody looks at an empty place meanwhile, and a worker of the web waits with them
NOT_ASKED = "LinkedIn did not answer, so its followers and Pages are missing here. Type on to ask again."
LISTED_LATE = timedelta(minutes=2)
PEOPLE_SHOWN = 8
ASKED_AGAIN_S = 300  # an answer to somebody's letters serves so long, as they come back to them while they type
# LinkedIn's rules for the follower search: letters, space, ' - . ; 3 of them, or 6 with a space or dot.
KEYWORDS = re.compile(r"[^\W\d_]+(?:[ '.-][^\W\d_]+){0,3}", re.UNICODE)
VANITY = re.compile(r"[a-z0-9-]{3,100}")


def reactors(
    post: Post, comment: Comment | None, *, connection: Connection | None
) -> tuple[list[tuple[Face, str]], str]:
    """Who reacted and how, newest first, or why that cannot be said now. Learns our own reactions on the way."""
    if connection is None:
        return [], "Your LinkedIn connection ended. Connect again to see who reacted."
    entity = Urn.parse(comment.urn if comment else post.urn)
    desk_id = post.organization.desk_id

    def ask(client: LinkedIn) -> list[tuple[str, str]]:
        found = []
        for reaction in client.reactions(entity, count=REACTORS_SHOWN):
            found.append((str(reaction.actor), reaction.kind))
            if len(found) >= REACTORS_SHOWN:
                break
        faces.learn(client, desk_id, {urn for urn, _ in found})
        return found

    try:
        with deadline.within(LONGEST_S):
            found = read_with(connection, ask, is_brief=True)
    except NotFound:
        found = []
    except (LinkedInError, ConnectionEnded, TokenEndpointDown) as error:
        return [], why_not_read(error)
    _remember_ours(post, comment, found)
    known = faces.known(desk_id, {urn for urn, _ in found})
    return [(known[urn], kind) for urn, kind in found], ""


def mentionable(query: str, *, post: Post, connection: Connection | None) -> tuple[list[tuple[str, list[Face]]], str]:
    """People and Pages a mention could mean, in groups, and a hint when there is none."""
    groups = [("In this thread", _in_thread(post, query)), ("Your Pages", _own_pages(post, query))]
    hint = ""
    if connection is not None and query:
        known = {face.urn for _, part in groups for face in part}
        with deadline.within(LONGEST_S):  # for both questions together
            followers, hint = _followers(query, post, connection)
            pages = _by_address(query, connection) if hint != NOT_ASKED else []
        groups.append(("Followers", [face for face in followers if face.urn not in known]))
        groups.append(("Page by its address", [face for face in pages if face.urn not in known]))
    found = [(label, part[:PEOPLE_SHOWN]) for label, part in groups if part]
    if found:
        return found, hint if hint == NOT_ASKED else ""
    return [], hint or "Nobody found. Type three letters of a follower's name, or the last part of a Page's address."


def _in_thread(post: Post, query: str) -> list[Face]:
    """Commenters whose names we may still show; newest first."""
    urns = (
        CommentContent.objects.filter(post=post, comment__gone_at__isnull=True)
        .order_by("-created_at")
        .values_list("comment__actor_urn", flat=True)[:300]
    )
    known = faces.known(post.organization.desk_id, dict.fromkeys(urns))
    wanted = query.casefold()
    named = [face for face in known.values() if not face.is_private and face.urn != post.organization.urn]
    return [f for f in named if any(word.casefold().startswith(wanted) for word in [f.name, *f.name.split()])]


def _own_pages(post: Post, query: str) -> list[Face]:
    pages = Organization.objects.filter(desk_id=post.organization.desk_id, name__icontains=query)[:PEOPLE_SHOWN]
    return [
        Face(
            urn=page.urn,
            name=page.name,
            picture_url=page.logo_url,
            initials=faces.initials_of(page.name),
            is_page=True,
        )
        for page in pages
    ]


def _followers(query: str, post: Post, connection: Connection) -> tuple[list[Face], str]:
    if not rights_on(connection, post.organization).find_followers:
        return (
            [],
            rights.why_no_followers(connection.scopes)
            or "LinkedIn lets only administrators of the Page search its followers; people of the thread are offered.",
        )
    letters = query.strip()
    least = 6 if " " in letters or "." in letters else 3
    if not KEYWORDS.fullmatch(letters) or len(letters) < least:
        return [], f"Type at least {least} letters of a follower's name."

    desk_id = post.organization.desk_id
    # The answer is kept as URNs: names have one home, where they end and where somebody can be forgotten.
    key = _asked("follower-urns", desk_id, post.organization_id, letters)
    kept: list[str] | None = cache.get(key)
    if kept is not None:
        return [face for face in faces.known(desk_id, kept).values() if not face.is_private], ""
    try:
        found = read_with(connection, lambda client: _ask_for_followers(client, post, letters), is_brief=True)
    except (LinkedInError, ConnectionEnded, TokenEndpointDown) as error:
        log.info("follower search failed: %s", type(error).__name__)
        return [], NOT_ASKED
    _keep(key, [face.urn for face in found])
    return found, ""


def _ask_for_followers(client: LinkedIn, post: Post, letters: str) -> list[Face]:
    desk_id = post.organization.desk_id
    found = [
        Face(urn=str(one.urn), name=one.name, headline=one.headline or "", initials=faces.initials_of(one.name))
        for one in client.people_typeahead(Urn.parse(post.organization.urn), letters)
        if one.name
    ]
    faces.remember(desk_id, found)
    forgotten = Forgotten.objects.among(desk_id, [face.urn for face in found])
    return [face for face in found if face.urn not in forgotten]


def _by_address(query: str, connection: Connection) -> list[Face]:
    name = query.strip().lower().replace(" ", "-")
    if not VANITY.fullmatch(name) or not rights.has(connection.scopes, rights.ADMIN):
        return []
    key = _asked("address", connection.desk_id, connection.pk, name)
    kept: list[Face] | None = cache.get(key)
    if kept is not None:
        return kept
    try:
        page = read_with(connection, lambda client: client.organization_by_vanity_name(name), is_brief=True)
    except (LinkedInError, ConnectionEnded, TokenEndpointDown) as error:
        log.info("page look-up failed: %s", type(error).__name__)
        return []
    found = []
    if page is not None and page.name:
        found = [Face(urn=str(page.urn), name=page.name, initials=faces.initials_of(page.name), is_page=True)]
    _keep(key, found)
    return found


def _keep(key: str, found: list[str] | list[Face]) -> None:
    """For a moment only, and never longer than faces may."""
    if settings.FACES_TTL_S:
        cache.set(key, found, timeout=min(ASKED_AGAIN_S, settings.FACES_TTL_S))


def _asked(what: str, *parts: object) -> str:
    """A key that tells nobody what was typed."""
    return f"asked:{what}:{hashlib.sha256(repr([str(part) for part in parts]).encode()).hexdigest()}"


def _remember_ours(post: Post, comment: Comment | None, found: list[tuple[str, str]]) -> None:
    """The answer also says which of our actors reacted, however they did it; a complete one, which did not. LinkedIn
    may list a new reaction late, so what we know for minutes only is not doubted.
    """
    desk_id = post.organization.desk_id
    ours = {*Organization.objects.filter(desk_id=desk_id).values_list("urn", flat=True)}
    ours |= {*Connection.objects.filter(desk_id=desk_id).values_list("member_urn", flat=True)}
    now = timezone.now()
    for urn, kind in found:
        if urn in ours:
            OwnReaction.objects.update_or_create(
                post=post, comment=comment, actor_urn=urn, defaults={"kind": kind, "known_at": now}
            )
    if len(found) < REACTORS_SHOWN:
        known = OwnReaction.objects.filter(
            post=post, comment=comment, actor_urn__in=ours, known_at__lt=now - LISTED_LATE
        )
        known.exclude(actor_urn__in=[urn for urn, _ in found]).delete()
