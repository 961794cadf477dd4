"""What a request passes before anybody looks at its meaning: size, version, protocol, token, quota; scope and role.

Leaves the order of version and token to a switch, since nothing documents it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from .exchange import Refused, Request
from .faults import daily_throttled
from .records import Token
from .world import World

MAX_URL = 8192
MAX_QUERY = 4096
MAX_SEGMENT = 4096
MAX_HEAD = 28 * 1024
MAX_JSON = 1024 * 1024

READ_SOCIAL = ("r_organization_social_feed", "r_organization_social")
WRITE_SOCIAL = ("w_organization_social_feed", "w_organization_social")
READ_SOCIAL_MEMBER = ("r_member_social_feed", "r_member_social")
WRITE_SOCIAL_MEMBER = ("w_member_social_feed", "w_member_social")
ADMIN = ("ADMINISTRATOR",)
READ_ROLES = ("ADMINISTRATOR", "DIRECT_SPONSORED_CONTENT_POSTER")
WRITE_ROLES = ("ADMINISTRATOR", "DIRECT_SPONSORED_CONTENT_POSTER", "RECRUITING_POSTER")
POST_ROLES = ("ADMINISTRATOR", "DIRECT_SPONSORED_CONTENT_POSTER", "CONTENT_ADMINISTRATOR", "CONTENT_ADMIN")
POST_WRITE_ROLES = (*POST_ROLES, "RECRUITING_POSTER")


def check_size(request: Request) -> None:
    """Raises: Refused 411, 413 or 414 for a request that LinkedIn's front door turns away."""
    query = 0 if request.is_tunneled else len(request.query)
    target = len(request.path) + query + 1
    head = target + sum(len(name) + len(text) + 4 for name, text in request.headers.items())
    longest = max(map(len, request.path.split("/")))
    if target > MAX_URL or query > MAX_QUERY or longest > MAX_SEGMENT or head > MAX_HEAD:
        raise Refused(414, "Request URI Too Long")
    if request.method in ("POST", "PUT") and "content-length" not in request.headers:
        raise Refused(411, "Content-Length is required")
    if len(request.body) > MAX_JSON:
        raise Refused(413, "Request Entity Too Large")


def admit(world: World, request: Request) -> None:
    """Let a call to `/rest` or `/v2` in, with its version, protocol and token filled in.

    Raises: Refused 400, 401, 426 or 429.
    """
    token_first = world.switches.gate_order == "token, version"
    if token_first:
        request.token = check_token(world, request)
    if request.face == "rest":
        request.version = check_version(world, request)
    if not token_first:
        request.token = check_token(world, request)
    assert request.token is not None
    protocol = request.headers.get("x-restli-protocol-version", "1.0.0")
    if protocol not in ("1.0.0", "2.0.0"):
        raise Refused(400, f"Rest.li protocol version {protocol} used by the client is not supported!")
    request.protocol = 2 if protocol == "2.0.0" else 1
    if not world.spend(request.token.member):
        raise daily_throttled()


def check_version(world: World, request: Request) -> str:
    version = request.headers.get("linkedin-version", "")
    if not version:
        message = "A version must be present. Please specify a version by adding the Linkedin-Version header."
        raise Refused(400, message, code="VERSION_MISSING")
    if not re.fullmatch(r"\d{6}", version):
        raise Refused(400, f"Invalid version {version}")
    if version not in world.switches.active_versions:
        raise Refused(426, f"Requested version {version}01 is not active", code="NONEXISTENT_VERSION")
    return version


def check_token(world: World, request: Request) -> Token:
    header = request.headers.get("authorization", "")
    if not header:
        raise Refused(401, "Empty oauth2_access_token", code="EMPTY_ACCESS_TOKEN", service_code=401)
    kind, _, value = header.partition(" ")
    if kind.lower() != "bearer":
        raise Refused(401, "Unknown authentication schema")
    if not value.strip():
        raise Refused(401, "Empty oauth2_access_token", code="EMPTY_ACCESS_TOKEN", service_code=401)
    token = world.tokens.get(value.strip())
    if token is None or token.kind != "access":
        raise Refused(401, "Invalid access token", code="INVALID_ACCESS_TOKEN", service_code=65600)
    if token.is_revoked:
        message = "The token has been revoked"
        raise Refused(401, message, code="REVOKED_ACCESS_TOKEN", service_code=65601)
    if token.expires <= world.now_ms():
        message = "The token used in the request has expired"
        raise Refused(401, message, code="EXPIRED_ACCESS_TOKEN", service_code=65602)
    return token


def denied(request: Request, resource: str, method: str) -> Refused:
    """403 for a scope, product or role that is missing; LinkedIn does not say which."""
    version = f"{request.version}01" if request.version else "NO_VERSION"
    message = f"Not enough permissions to access: {resource}.{method}.{version}"
    return Refused(403, message, code="ACCESS_DENIED", service_code=100)


def require_batches(world: World, request: Request, resource: str) -> None:
    """Whether many can be had in one call, which a Development tier may not be given."""
    if world.switches.batch_get == "off":
        raise denied(request, resource, "BATCH_GET")


def has_scope(request: Request, scopes: Iterable[str]) -> bool:
    assert request.token is not None
    return not set(scopes).isdisjoint(request.token.scopes)


def require_role(
    world: World, request: Request, organization: str, roles: Iterable[str], resource: str, method: str
) -> None:
    if world.role(request.viewer, organization) not in roles:
        raise denied(request, resource, method)


def may_read_social(world: World, request: Request, author: str) -> bool:
    """Whether comments, likes and figures of this author's posts may be read."""
    if author.startswith("urn:li:person:"):
        return author == request.viewer and has_scope(request, READ_SOCIAL_MEMBER)
    return has_scope(request, READ_SOCIAL) and world.role(request.viewer, author) in READ_ROLES


def is_shown_nothing(world: World, request: Request, author: str) -> bool:
    """Whether this role reads an empty answer where others are refused."""
    is_empty = world.switches.recruiting_poster_reads == "empty"
    return is_empty and has_scope(request, READ_SOCIAL) and world.role(request.viewer, author) == "RECRUITING_POSTER"


def require_actor(world: World, request: Request, actor: str, resource: str, method: str) -> None:
    """The signed-in member may act as this person or organization.

    Raises: Refused 403.
    """
    if actor.startswith("urn:li:person:"):
        allowed = actor == request.viewer and has_scope(request, WRITE_SOCIAL_MEMBER)
    else:
        allowed = has_scope(request, WRITE_SOCIAL) and world.role(request.viewer, actor) in WRITE_ROLES
    if not allowed:
        raise denied(request, resource, method)
