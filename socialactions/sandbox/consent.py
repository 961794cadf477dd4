"""The page on which a seeded member allows the app what it asks for. Says plainly that this is not LinkedIn.

Leaves tokens to `oauth`. Works without script: a form that comes back here and a redirect to the app.
"""

from __future__ import annotations

import ipaddress
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from .exchange import HTML_TYPE, Answer, Request
from .oauth import ACCESS_LIFE_MS, form_of, new_code
from .pages import CONSENT_WORDS, consent_page, refusal_page
from .world import CLIENT_ID, World

COOKIE = "sandbox_session"
HEADERS = [
    ("Cache-Control", "no-store"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Frame-Options", "DENY"),
]


def authorization(world: World, request: Request) -> Answer:
    """Show who could allow what; pass in silence where the same was allowed before; take the choice."""
    asked = dict(parse_qsl(request.query, keep_blank_values=True))
    problem = _problem(asked)
    if problem:
        return _page(refusal_page(problem), 401)
    scopes = asked.get("scope", "").replace(",", " ").split()
    foreign = [scope for scope in scopes if scope not in world.switches.app_scopes]
    if foreign and world.switches.missing_scopes == "refuse":
        description = f'Scope "{foreign[0]}" is not authorized for your application'
        return _back(asked, error="unauthorized_scope_error", error_description=description)
    scopes = sorted(set(scopes) - set(foreign))
    if request.method == "POST":
        return _decide(world, request, asked, scopes)
    member = world.sessions.get(_cookie(request), "")
    member = member if member in world.members else ""
    passes = world.switches.silent_pass == "on" and "switch" not in asked
    if member and passes and _is_granted(world, member, scopes):
        return _allow(world, asked, member, scopes)
    return _page(consent_page(world, request, scopes, member), 200)


def _problem(asked: dict[str, str]) -> str:
    """Why nobody may be sent back to the app, or nothing."""
    if asked.get("client_id") != CLIENT_ID:
        return f"The client id does not match. In the sandbox it is “{CLIENT_ID}”."
    if not _is_loopback(asked.get("redirect_uri", "")):
        return "The redirect URI does not match the registered one. The sandbox knows http addresses on loopback only."
    if asked.get("response_type") != "code":
        return "The parameter response_type has to be “code”."
    if not asked.get("scope", "").strip():
        return "The parameter scope is missing."
    unknown = [scope for scope in asked["scope"].replace(",", " ").split() if scope not in CONSENT_WORDS]
    return f"The scope “{unknown[0]}” does not exist." if unknown else ""


def _is_loopback(address: str) -> bool:
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
        is_local = host in ("localhost", "testserver") or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and is_local and "#" not in address


def _is_granted(world: World, member: str, scopes: list[str]) -> bool:
    """An unexpired grant with these very scopes exists."""
    now = world.now_ms()
    return any(
        token.member == member
        and not token.is_revoked
        and token.kind == "access"
        and set(token.scopes) == set(scopes)
        and now < token.created + ACCESS_LIFE_MS
        and now < token.expires
        for token in world.tokens.values()
    )


def _decide(world: World, request: Request, asked: dict[str, str], scopes: list[str]) -> Answer:
    form = form_of(request)
    decision = form.get("decision", "")
    if decision == "leave":
        return _back(asked, error="user_cancelled_login", error_description="The user cancelled LinkedIn login")
    if decision == "cancel":
        description = "The user cancelled the authorization"
        return _back(asked, error="user_cancelled_authorize", error_description=description)
    member = world.members.get(form.get("member", ""))
    if decision != "allow" or member is None or not member.can_sign_in:
        return _page(consent_page(world, request, scopes, "", problem="Choose who signs in."), 422)
    session = world.new_secret("S", 48)
    world.sessions[session] = member.id
    answer = _allow(world, asked, member.id, scopes)
    cookie = f"{COOKIE}={session}; Path=/oauth/; HttpOnly; SameSite=Lax"
    answer.headers.append(("Set-Cookie", cookie))
    return answer


def _allow(world: World, asked: dict[str, str], member: str, scopes: list[str]) -> Answer:
    challenge = asked.get("code_challenge", "")
    code = new_code(world, member=member, scopes=scopes, redirect_uri=asked["redirect_uri"], challenge=challenge)
    return _back(asked, code=code.value)


def _back(asked: dict[str, str], **values: str) -> Answer:
    """Send the browser back to the app, with its state untouched."""
    if "state" in asked:
        values["state"] = asked["state"]
    parts = urlsplit(asked["redirect_uri"])
    query = "&".join(piece for piece in (parts.query, urlencode(values)) if piece)
    return Answer(302, b"", HTML_TYPE, [("Location", urlunsplit(parts._replace(query=query))), *HEADERS])


def _cookie(request: Request) -> str:
    for piece in request.headers.get("cookie", "").split(";"):
        name, _, value = piece.strip().partition("=")
        if name == COOKIE:
            return value
    return ""


def _page(html: str, status: int) -> Answer:
    return Answer(status, html.encode(), HTML_TYPE, [*HEADERS, ("Content-Security-Policy", PAGE_POLICY)])


PAGE_POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'"
