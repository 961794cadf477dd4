"""Members: `/me`, `/people`, the look-ups for mentions, and the sign-in product's `/userinfo`."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from .exchange import Answer, Refused, Request, answer_json, bad_path, dump, missing, not_found, wrong_method
from .gates import ADMIN, denied, has_scope, require_batches, require_role
from .organizations import localized
from .records import Json, Member
from .restli import path_record, reduced_record
from .shapes import batch_json, only_fields
from .targets import actor_urn
from .world import World

_KEYWORD = re.compile(r"(?!.*[ '.-]{2})[^\W\d_](?:[^\W\d_]|[ '.-])*", re.UNICODE)
MAX_CANDIDATES = 10


def me(world: World, request: Request) -> Answer:
    if request.method != "GET" or request.segments:
        raise wrong_method()
    if not has_scope(request, ("r_basicprofile", "r_liteprofile", "profile")):
        raise denied(request, "me", "GET")
    assert request.token is not None
    return answer_json(only_fields(request, dump(member_json(world.members[request.token.member]))))


def member_json(member: Member) -> Json:
    found: Json = {
        "id": member.id,
        "localizedFirstName": member.first,
        "localizedLastName": member.last,
        "localizedHeadline": member.headline,
        "vanityName": member.vanity,
        "firstName": localized(member.first, member.locale),
        "lastName": localized(member.last, member.locale),
        "headline": localized(member.headline, member.locale),
    }
    if member.picture:
        found["profilePicture"] = {"displayImage": f"urn:li:digitalmediaAsset:{member.picture}"}
    return found


def userinfo(world: World, request: Request) -> Answer:
    if request.method != "GET" or request.segments:
        raise wrong_method()
    if not has_scope(request, ("openid",)):
        raise denied(request, "userinfo", "GET")
    assert request.token is not None
    member = world.members[request.token.member]
    found: Json = {"sub": member.id}
    if has_scope(request, ("profile",)):
        found |= {"name": member.name, "given_name": member.first, "family_name": member.last}
        found["locale"] = member.locale.replace("_", "-")
        if member.picture:
            found["picture"] = f"{request.base_url}/media/images/{member.picture}"
    if has_scope(request, ("email",)):
        found |= {"email": f"{member.vanity}@example.com", "email_verified": True}
    return answer_json(found)


def people(world: World, request: Request) -> Answer:
    if request.method != "GET" or len(request.segments) > 1:
        raise wrong_method()
    if world.switches.partner_access == "off":
        raise denied(request, "people", "GET" if request.segments else "BATCH_GET")
    if request.segments:
        key = path_record(request.segments[0])
        if set(key) != {"id"}:
            raise bad_path()
        return answer_json(only_fields(request, dump(_seen(world, key["id"]))))
    require_batches(world, request, "people")
    results: dict[str, Json] = {}
    errors: dict[str, Json] = {}
    for key in request.items("ids"):
        if not isinstance(key, dict) or set(key) != {"id"}:
            raise bad_path()
        shown = reduced_record(id=str(key["id"]))
        try:
            results[shown] = _seen(world, str(key["id"]))
        except Refused as refused:
            errors[shown] = refused.body
    return answer_json(batch_json(results, errors))


def _seen(world: World, number: str) -> Json:
    """The member as others see them: nothing but `private` for who hides."""
    member = world.members.get(number)
    if member is None:
        raise not_found()
    return {"id": "private"} if member.is_private else member_json(member)


def typeahead(world: World, request: Request) -> Answer:
    """Members whose name begins with the keywords; at most ten."""
    if request.method != "GET" or request.segments:
        raise wrong_method()
    _require_lookup(world, request, "peopleTypeahead", "organizationFollowers")
    keywords = request.text("keywords")
    is_composed = " " in keywords or "." in keywords
    if not _KEYWORD.fullmatch(keywords) or len(keywords) < (6 if is_composed else 3) or keywords.count(" ") > 1:
        raise Refused(400, "keywords value is not valid", code="INVALID_VALUE_FOR_FIELD")
    wanted = keywords.casefold()
    visible = [member for member in world.members.values() if not member.is_private]
    found = [
        member
        for member in visible
        if member.name.casefold().startswith(wanted) or member.last.casefold().startswith(wanted)
    ]
    return answer_json({"elements": [_candidate_json(member) for member in found[:MAX_CANDIDATES]]})


def _candidate_json(member: Member) -> Json:
    found: Json = {
        "member": member.urn,
        "firstName": member.first,
        "lastName": member.last,
        "headline": member.headline,
    }
    if member.picture:
        found["photo"] = f"urn:li:image:{member.picture}"
    return found


def _require_lookup(world: World, request: Request, resource: str, finder: str) -> None:
    if request.text("q") == "memberConnections" and resource == "peopleTypeahead":
        if not has_scope(request, ("w_member_social", "w_member_social_feed")):
            raise denied(request, resource, "FINDER")
        return
    if request.text("q") != finder:
        raise missing("q")
    if not has_scope(request, ("r_organization_followers",)):
        raise denied(request, resource, "FINDER")
    organization = actor_urn("organization", request.text("organization"))
    require_role(world, request, organization, ADMIN, resource, "FINDER")


def vanity_url(world: World, request: Request) -> Answer:
    """The member behind a profile address."""
    if request.method != "GET" or request.segments:
        raise wrong_method()
    _require_lookup(world, request, "vanityUrl", "vanityUrlAsOrganization")
    parts = urlsplit(request.text("vanityUrl")).path.strip("/").split("/")
    name = parts[1] if len(parts) == 2 and parts[0] == "in" else ""
    found = [member for member in world.members.values() if member.vanity == name and not member.is_private]
    if not found or not name:
        raise not_found()
    return answer_json({"elements": [{"member": member.urn} for member in found]})
