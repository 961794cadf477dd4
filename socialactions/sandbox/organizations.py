"""Pages and who may run them: `/organizationAcls`, `/organizations`, `/organizationsLookup` and the showcase names."""

from __future__ import annotations

from .exchange import Answer, Request, answer_json, bad_path, dump, missing, not_found, wrong_method, wrong_value
from .gates import ADMIN, denied, has_scope, require_batches
from .records import Json, Organization
from .shapes import batch_json, only_fields, page_text
from .targets import actor_urn
from .world import World

ADMIN_SCOPES = ("rw_organization_admin", "r_organization_admin")
_ANY_ORGANIZATION_SCOPE = (
    *ADMIN_SCOPES,
    *("r_organization_social", "w_organization_social", "r_organization_social_feed", "w_organization_social_feed"),
)
_PUBLIC = ("id", "name", "localizedName", "vanityName", "logoV2", "locations", "primaryOrganizationType", "$URN")


def acls(world: World, request: Request) -> Answer:
    """Roles of the signed-in member, or everybody's on one Page for its administrators."""
    if request.method != "GET" or request.segments:
        raise wrong_method()
    if not has_scope(request, ADMIN_SCOPES):
        raise denied(request, "organizationAcls", "FINDER")
    finder = request.text("q")
    if finder == "roleAssignee":
        found = [key for key in world.roles if f"urn:li:person:{key[0]}" == request.viewer]
    elif finder == "organization":
        organization = actor_urn("organization", request.text("organization"))
        if world.role(request.viewer, organization) not in ADMIN:
            raise denied(request, "organizationAcls", "FINDER")
        found = [key for key in world.roles if f"urn:li:organization:{key[1]}" == organization]
    else:
        raise missing("q") if not finder else wrong_value("q", finder)
    role, state = request.text("role"), request.text("state")
    found = [key for key in found if role in ("", world.roles[key]) and state in ("", "APPROVED")]
    start, count = request.whole("start", 0), request.whole("count", 10)
    parts = [dump(_acl_json(world, request, key)) for key in sorted(found)[start : start + count]]
    return answer_json(page_text(request, parts, start=start, count=count, total=len(found)))


def _acl_json(world: World, request: Request, key: tuple[str, str]) -> Json:
    member, organization = key
    field = world.switches.acl_field
    found: Json = {
        "role": world.roles[key],
        "state": "APPROVED",
        "roleAssignee": f"urn:li:person:{member}",
        field: f"urn:li:organization:{organization}",
    }
    if request.is_v2 and f"{field}~" in request.text("projection"):
        found[f"{field}~"] = _public(organization_json(world.organizations[organization]))
    return found


def route(world: World, request: Request) -> Answer:
    """`/organizations` and `/organizationBrands`: one by number, or finders by vanity name or parent."""
    if request.method != "GET":
        raise wrong_method()
    if not request.segments:
        return finder(world, request)
    number = request.segments[0]
    if len(request.segments) > 1 or not number.isdigit():
        raise bad_path()
    organization = world.organizations.get(number)
    if organization is None:
        raise not_found()
    if not has_scope(request, ADMIN_SCOPES):
        raise denied(request, "organizations", "GET")
    found = organization_json(organization)
    if world.role(request.viewer, organization.urn) not in ADMIN:
        found = _public(found)
    return answer_json(only_fields(request, dump(found)))


def finder(world: World, request: Request) -> Answer:
    if "ids" in request.parameters:
        return lookup(world, request)
    if not has_scope(request, _ANY_ORGANIZATION_SCOPE):
        raise denied(request, "organizations", "FINDER")
    if request.text("q") == "parentOrganization":
        found: list[Organization] = []
    elif request.text("q") == "vanityName":
        name = request.text("vanityName")
        found = [organization for organization in world.organizations.values() if organization.vanity == name]
    else:
        raise missing("q")
    parts = [dump(_public(organization_json(organization))) for organization in found]
    return answer_json(page_text(request, parts, start=0, count=request.whole("count", 10), total=len(found)))


def lookup(world: World, request: Request) -> Answer:
    """Names and logos of any Pages, without a role."""
    if request.method != "GET" or request.segments:
        raise wrong_method()
    require_batches(world, request, "organizationsLookup")
    if not has_scope(request, _ANY_ORGANIZATION_SCOPE):
        raise denied(request, "organizationsLookup", "BATCH_GET")
    results: dict[str, Json] = {}
    errors: dict[str, Json] = {}
    for asked in map(str, request.items("ids")):
        organization = world.organizations.get(asked)
        if organization is None:
            errors[asked] = not_found().body
        else:
            results[asked] = _public(organization_json(organization))
    found = batch_json(results, errors)
    found["statuses"].update(dict.fromkeys(results, 200))
    return answer_json(found)


def organization_json(organization: Organization) -> Json:
    found: Json = {
        "id": int(organization.id),
        "$URN": organization.urn,
        "vanityName": organization.vanity,
        "localizedName": organization.name,
        "name": localized(organization.name),
        "localizedWebsite": organization.website,
        "localizedDescription": organization.description,
        "primaryOrganizationType": "NONE",
        "locations": [],
    }
    if organization.logo:
        asset = f"urn:li:digitalmediaAsset:{organization.logo}"
        found["logoV2"] = {"original": asset, "cropped": asset, "cropInfo": {"x": 0, "y": 0, "width": 0, "height": 0}}
    return found


def localized(text: str, locale: str = "en_US") -> Json:
    language, _, country = locale.partition("_")
    return {"localized": {locale: text}, "preferredLocale": {"country": country, "language": language}}


def _public(found: Json) -> Json:
    return {name: value for name, value in found.items() if name in _PUBLIC}
