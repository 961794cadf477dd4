"""Names, headlines and pictures of the people and organizations in threads: in the cache, never in a table.

LinkedIn lets members' profile data be cached for at most 24 hours; FACES_TTL_S shortens that. Each entry says when it
was made, and one that is too old, or from the future, is none: a cache may have its own clock, or an older setting.
When LinkedIn gives this app no names at all, threads work without them and nobody is asked again for an hour.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta

from django.conf import settings
from django.core.cache import cache
from django.utils import timezone

from socialactions.linkedin.client import LinkedIn
from socialactions.linkedin.entities import Person
from socialactions.linkedin.errors import LinkedInError, NotPermitted
from socialactions.linkedin.urns import Urn
from socialactions.models import Forgotten, User
from socialactions.queries.rows import Face

from . import addresses

log = logging.getLogger(__name__)

UNKNOWN_NAME = "LinkedIn member"
PEOPLE_PER_CALL = 50
NOT_GIVEN_S = 3600
PEOPLE = "person"
NO_PERSON = ("private", "forgotten")  # whom LinkedIn hides, and whom we were asked to forget
PAGES = ("organization", "organizationBrand")


def known(desk_id: object, urns: Collection[str]) -> dict[str, Face]:
    """The faces we have; for the others a nameless one, so that every URN asked for is in the answer."""
    found = _cached(desk_id, urns)
    return {urn: found.get(urn) or nameless(urn) for urn in urns}


def is_unmet(face: Face) -> bool:
    """Whether LinkedIn could still be asked for this one."""
    return face.until is None and face.urn.rpartition(":")[2] not in NO_PERSON


def missing(desk_id: object, urns: Collection[str]) -> set[str]:
    """Those that LinkedIn could still be asked for."""
    return {urn for urn, face in known(desk_id, urns).items() if is_unmet(face)}


def remember(desk_id: object, faces: Collection[Face]) -> None:
    """Keep these for a while, but nobody whom the desk was asked to forget."""
    if not settings.FACES_TTL_S:
        return
    forgotten = Forgotten.objects.among(desk_id, [face.urn for face in faces])
    now = timezone.now()
    kept = {_key(desk_id, face.urn): (now, face) for face in faces if face.urn not in forgotten}
    cache.set_many(kept, timeout=settings.FACES_TTL_S)


def forget(desk_id: object, urn: str) -> None:
    cache.delete(_key(desk_id, urn))


def introduce(user: User) -> None:
    """Let a colleague who has just spoken be known by name; what LinkedIn told about them stays."""
    if known(user.desk_id, [user.member_urn])[user.member_urn].is_private:
        face = Face(
            urn=user.member_urn,
            name=user.name,
            headline=user.headline,
            picture_url=user.picture_url,
            initials=initials_of(user.name),
        )
        remember(user.desk_id, [face])


def learn(client: LinkedIn, desk_id: object, urns: Collection[str]) -> None:
    """Ask LinkedIn, in batches, for the faces we do not have yet. A refusal leaves them nameless."""
    if not settings.FACES_TTL_S:
        return
    unwanted = _cached(desk_id, urns).keys() | Forgotten.objects.among(desk_id, urns)
    missing = [Urn.parse(urn) for urn in sorted(urns) if urn not in unwanted]
    people = [urn for urn in missing if urn.kind == PEOPLE and urn.key not in NO_PERSON]
    if people and not cache.get(_key(desk_id, "no-names")):
        _learn_people(client, desk_id, people)
    pages = [urn for urn in missing if urn.kind in PAGES]
    if pages:
        _learn_pages(client, desk_id, pages)


def nameless(urn: str) -> Face:
    is_page = any(urn.startswith(f"urn:li:{kind}:") for kind in PAGES)
    return Face(urn=urn, name="LinkedIn Page" if is_page else UNKNOWN_NAME, is_page=is_page, is_private=not is_page)


def initials_of(name: str) -> str:
    words = [word for word in name.split() if word[:1].isalnum()]
    return (words[0][:1] + (words[-1][:1] if len(words) > 1 else "")).upper() if words else ""


def of_person(person: Person) -> Face:
    if person.is_private or not person.name:
        return nameless(str(person.urn))
    return Face(
        urn=str(person.urn),
        name=person.name,
        headline=person.headline or "",
        initials=initials_of(person.name),
        url=f"https://www.linkedin.com/in/{person.vanity_name}/" if person.vanity_name else "",
    )


def _learn_people(client: LinkedIn, desk_id: object, urns: list[Urn]) -> None:
    for at in range(0, len(urns), PEOPLE_PER_CALL):
        part = urns[at : at + PEOPLE_PER_CALL]
        try:
            found = client.people([urn.key for urn in part])
        except NotPermitted:
            cache.set(_key(desk_id, "no-names"), True, timeout=NOT_GIVEN_S)
            return
        except LinkedInError as error:
            log.warning("names of %d members were not readable: %s", len(part), type(error).__name__)
            return
        people = found.results.values()
        faces = {str(person.urn): of_person(person) for person in people}
        with_pictures = _pictured(client, faces, {str(p.urn): p.picture for p in people if p.picture})
        # Whom LinkedIn left out is not asked for again until the cache forgets it.
        asked = [str(urn) for urn in part if urn.key not in found.unasked]
        remember(desk_id, [with_pictures.get(urn) or nameless(urn) for urn in asked])


def _learn_pages(client: LinkedIn, desk_id: object, urns: list[Urn]) -> None:
    try:
        pages = client.organizations([urn.key for urn in urns]).results
    except LinkedInError as error:
        log.warning("names of %d Pages were not readable: %s", len(urns), type(error).__name__)
        return
    faces = {}
    logos = {}
    for urn in urns:
        page = pages.get(urn.key)
        if page is None:
            continue
        url = f"https://www.linkedin.com/company/{page.vanity_name}/" if page.vanity_name else ""
        faces[str(urn)] = Face(
            urn=str(urn),
            name=page.name or "LinkedIn Page",
            initials=initials_of(page.name or ""),
            is_page=True,
            url=url,
        )
        if page.logo:
            logos[str(urn)] = page.logo
    remember(desk_id, list(_pictured(client, faces, logos).values()))


def _pictured(client: LinkedIn, faces: dict[str, Face], pictures: dict[str, Urn]) -> dict[str, Face]:
    """Add picture addresses where LinkedIn gives them; a face without one keeps its initials."""
    found = addresses.of(client, pictures.values())
    shown = {urn: found.get(image, "") for urn, image in pictures.items()}
    return {urn: replace(face, picture_url=shown.get(urn, "")) for urn, face in faces.items()}


def _cached(desk_id: object, urns: Collection[str]) -> dict[str, Face]:
    keys = {_key(desk_id, urn): urn for urn in urns}
    found: dict[str, tuple[datetime, Face]] = cache.get_many(keys)
    now, lives = timezone.now(), timedelta(seconds=settings.FACES_TTL_S)
    return {
        keys[key]: replace(face, until=at + lives)
        for key, (at, face) in found.items()
        if timedelta(0) <= now - at < lives
    }


def _key(desk_id: object, urn: str) -> str:
    return f"known-face:{desk_id}:{urn}"
