"""OAuth: codes, tokens, refresh, introspection, revocation. The consent page stands in `consent`, keys in `openid`."""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from urllib.parse import parse_qs

from . import openid
from .exchange import Answer, Request, answer_json
from .records import Code, Json, Token
from .world import CLIENT_ID, CLIENT_SECRET, World

CODE_LIFE_MS = 30 * 60_000
ACCESS_LIFE_MS = 60 * 86_400_000
REFRESH_LIFE_MS = 365 * 86_400_000


class OAuthRefused(Exception):
    """An error in OAuth's own shape."""

    def __init__(self, status: int, error: str, description: str) -> None:
        super().__init__(description)
        self.status, self.error, self.description = status, error, description

    def answer(self) -> Answer:
        return answer_json({"error": self.error, "error_description": self.description}, self.status)


def form_of(request: Request) -> dict[str, str]:
    """The fields of a form body; what is not a form has none."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if request.method != "POST" or kind != "application/x-www-form-urlencoded":
        raise OAuthRefused(400, "invalid_request", 'A required parameter "grant_type" is missing')
    return {name: values[-1] for name, values in parse_qs(request.body.decode("utf-8", "replace")).items()}


def new_code(world: World, *, member: str, scopes: list[str], redirect_uri: str, challenge: str = "") -> Code:
    code = Code(world.new_secret("AQT", 120), member, scopes, redirect_uri, world.now_ms() + CODE_LIFE_MS, challenge)
    world.codes[code.value] = code
    world.touch()
    return code


def access_token(world: World, request: Request) -> Answer:
    """The token endpoint; each grant type in its own function."""
    form = form_of(request)
    grants = {
        "authorization_code": from_code,
        "refresh_token": from_refresh_token,
        "client_credentials": _two_legged,
    }
    kind = _needed(form, "grant_type")
    if kind not in grants:
        raise OAuthRefused(400, "invalid_request", f"Unsupported grant type {kind}")
    return answer_json(grants[kind](world, form), headers=[("Cache-Control", "no-store")])


def _needed(form: dict[str, str], name: str) -> str:
    if not form.get(name):
        raise OAuthRefused(400, "invalid_request", f'A required parameter "{name}" is missing')
    return form[name]


def check_app(form: dict[str, str]) -> None:
    if _needed(form, "client_id") != CLIENT_ID or _needed(form, "client_secret") != CLIENT_SECRET:
        raise OAuthRefused(401, "invalid_client", "Client authentication failed")


def from_code(world: World, form: dict[str, str]) -> Json:
    """Raises: OAuthRefused; a code is good once, for 30 minutes, for the address it was made for."""
    value, redirect_uri = _needed(form, "code"), _needed(form, "redirect_uri")
    check_app(form)
    code = world.codes.get(value)
    if code is None or code.is_used:
        raise OAuthRefused(401, "invalid_request", "Unable to retrieve access token: authorization code not found")
    matches = code.redirect_uri == redirect_uri and _is_verified(code, form.get("code_verifier", ""))
    if not matches or code.expires <= world.now_ms():
        description = (
            "Unable to retrieve access token: appid/redirect uri/code verifier does not match authorization code. "
            "Or authorization code expired. Or external member binding exists"
        )
        raise OAuthRefused(400, "invalid_redirect_uri", description)
    code.is_used = True
    return token_json(world, issue(world, code.member, code.scopes))


def _is_verified(code: Code, verifier: str) -> bool:
    if not code.challenge:
        return True
    digest = hashlib.sha256(verifier.encode()).digest()
    return urlsafe_b64encode(digest).rstrip(b"=").decode() == code.challenge


def issue(world: World, member: str, scopes: list[str]) -> Token:
    """A new grant; another set of scopes ends every earlier token of this member."""
    now = world.now_ms()
    if set(world.consents.get(member, scopes)) != set(scopes):
        for earlier in world.tokens.values():
            if earlier.member == member:
                earlier.is_revoked = True
    world.consents[member] = scopes
    refresh = None
    if world.switches.refresh_tokens == "on":
        refresh = Token(world.new_secret("AQW", 400), member, scopes, now, now + REFRESH_LIFE_MS, kind="refresh")
        world.tokens[refresh.value] = refresh
    return _access(world, member, scopes, refresh)


def _access(world: World, member: str, scopes: list[str], refresh: Token | None) -> Token:
    now = world.now_ms()
    expires = min(now + ACCESS_LIFE_MS, refresh.expires) if refresh else now + ACCESS_LIFE_MS
    token = Token(world.new_secret("AQX", 500), member, scopes, now, expires, refresh.value if refresh else "")
    world.tokens[token.value] = token
    world.touch()
    return token


def from_refresh_token(world: World, form: dict[str, str]) -> Json:
    """A new access token; the refresh token stays the same and keeps its end."""
    value = _needed(form, "refresh_token")
    check_app(form)
    refresh = world.tokens.get(value)
    if refresh is None or refresh.kind != "refresh" or refresh.is_revoked or refresh.expires <= world.now_ms():
        description = "The provided authorization grant or refresh token is invalid, expired or revoked"
        raise OAuthRefused(400, "invalid_request", description)
    return token_json(world, _access(world, refresh.member, refresh.scopes, refresh))


def _two_legged(world: World, form: dict[str, str]) -> Json:
    check_app(form)
    raise OAuthRefused(401, "access_denied", "This application is not allowed to create application tokens")


def token_json(world: World, token: Token) -> Json:
    now = world.now_ms()
    separator = "," if world.switches.scope_separator == "comma" else " "
    found: Json = {
        "access_token": token.value,
        "expires_in": (token.expires - now) // 1000,
        "scope": separator.join(token.scopes),
        "token_type": "Bearer",
    }
    if token.refresh:
        found["refresh_token"] = token.refresh
        found["refresh_token_expires_in"] = (world.tokens[token.refresh].expires - now) // 1000
    if "openid" in token.scopes:
        found["id_token"] = openid.id_token(world, token)
    return found


def introspect(world: World, request: Request) -> Answer:
    form = form_of(request)
    check_app(form)
    token = world.tokens.get(_needed(form, "token"))
    if token is None:
        return answer_json({"active": False})
    is_over = token.expires <= world.now_ms()
    status = "revoked" if token.is_revoked else "expired" if is_over else "active"
    return answer_json(
        {
            "active": status == "active",
            "client_id": CLIENT_ID,
            "authorized_at": token.created // 1000,
            "created_at": token.created // 1000,
            "status": status,
            "expires_at": token.expires // 1000,
            "scope": ",".join(token.scopes),
            "auth_type": "3L",
        }
    )


def revoke(world: World, request: Request) -> Answer:
    """Ends a token and the other half of its grant; 200 with an empty body."""
    form = form_of(request)
    check_app(form)
    token = world.tokens.get(_needed(form, "token"))
    if token is not None:
        for other in world.tokens.values():
            if other is token or token.refresh == other.value or other.refresh == token.value:
                other.is_revoked = True
        world.touch()
    return Answer(200)
