"""The sandbox as a WSGI callable: from the raw request to the noun that answers, with faults and lateness on the way.

Waits outside the world's lock. Leaves sockets to `server`, meaning to the nouns.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any, NoReturn
from wsgiref.handlers import format_date_time

from . import (
    consent,
    control,
    faults,
    images,
    media,
    metadata,
    notifications,
    oauth,
    openid,
    organizations,
    people,
    posts,
    reactions,
    social,
    tunnel,
)
from .exchange import Answer, Refused, Request, not_found
from .gates import admit, check_size, check_token
from .restli import parse_query
from .targets import Noun
from .world import World

StartResponse = Callable[..., Any]
App = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]

NOUNS: dict[str, Noun] = {
    "socialActions": social.route,
    "socialMetadata": metadata.route,
    "reactions": reactions.route,
    "posts": posts.route,
    "images": images.route,
    "organizationAcls": organizations.acls,
    "organizations": organizations.route,
    "organizationBrands": organizations.route,
    "organizationsLookup": organizations.lookup,
    "organizationBrandsLookup": organizations.lookup,
    "people": people.people,
    "peopleTypeahead": people.typeahead,
    "vanityUrl": people.vanity_url,
    "me": people.me,
    "organizationalEntityNotifications": notifications.route,
}
V2_NOUNS: dict[str, Noun] = {
    **{
        name: NOUNS[name]
        for name in ("socialActions", "reactions", "organizationAcls", "organizations", "people", "me")
    },
    "assets": images.assets,
    "userinfo": people.userinfo,
}
OAUTH: dict[str, Noun] = {
    "/oauth/v2/authorization": consent.authorization,
    "/oauth/v2/accessToken": oauth.access_token,
    "/oauth/v2/introspectToken": oauth.introspect,
    "/oauth/v2/revoke": oauth.revoke,
    "/oauth/.well-known/openid-configuration": openid.discovery,
    "/oauth/openid/jwks": openid.jwks,
}


def make_app(world: World) -> App:
    """The WSGI callable over a world.

    Raises while answering: ConnectionDropped, which the server or adapter turns into a cut connection; AnswerTooLate
    when the environment names `sandbox.read_timeout_s` and the answer would come later.
    """

    def app(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        answer = respond(world, request_of(environ), environ.get("sandbox.read_timeout_s"))
        status = f"{answer.status} {HTTPStatus(answer.status).phrase}"
        length = [] if answer.status == 204 else [("Content-Length", str(len(answer.body)))]
        kind = [("Content-Type", answer.content_type)] if answer.body else []
        start_response(status, [*kind, *length, *answer.headers])
        return [b"" if environ["REQUEST_METHOD"] == "HEAD" else answer.body]

    return app


def request_of(environ: dict[str, Any]) -> Request:
    """The request with its target as it came over the wire: WSGI's PATH_INFO is decoded already and hides mistakes."""
    path, _, query = environ["REQUEST_URI"].partition("?")
    headers = {name[5:].replace("_", "-").lower(): text for name, text in environ.items() if name.startswith("HTTP_")}
    for name in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        if environ.get(name):
            headers[name.replace("_", "-").lower()] = environ[name]
    length = environ.get("CONTENT_LENGTH") or "0"
    return Request(
        method=environ["REQUEST_METHOD"],
        path=path,
        query=query,
        headers=headers,
        body=environ["wsgi.input"].read(int(length)) if length.isdigit() else b"",
        host=headers.get("host", "localhost"),
        peer=environ.get("REMOTE_ADDR", ""),
        scheme=environ.get("wsgi.url_scheme", "http"),
    )


def respond(world: World, request: Request, read_timeout_s: float | None = None) -> Answer:
    """Answer with the latency and faults that are set; control and media know neither."""
    if request.path.startswith(("/sandbox", "/media/")):
        with world.lock:
            return _answered(world, request, control.route if request.path.startswith("/sandbox") else media.route)
    try:
        tunnel.unwrap(request)
    except Refused as refused:
        return refused.answer()
    with world.lock:
        rule = faults.take(world.faults, request)
        wait_s = world.switches.latency_ms / 1000
        world.in_flight += 1
        world.in_flight_peak = max(world.in_flight_peak, world.in_flight)
        world.requests[resource_of(request)] += 1
    try:
        if wait_s:
            _wait(world, wait_s, read_timeout_s)
        return _with_fault(world, request, rule, read_timeout_s)
    finally:
        with world.lock:
            world.in_flight -= 1


def _with_fault(world: World, request: Request, rule: faults.Rule | None, read_timeout_s: float | None) -> Answer:
    if rule is None:
        return _do(world, request)
    if rule.do == "drop_before":
        _drop(world, rule, read_timeout_s)
    if rule.do == "refuse":
        return faults.refusal(rule)
    if rule.do == "throttle":
        return faults.throttled(request).answer()
    if rule.do == "delay" and rule.when == "before":
        _wait(world, rule.seconds, read_timeout_s)
    answer = _do(world, request)
    if rule.do == "delay" and rule.when == "after":
        _wait(world, rule.seconds, read_timeout_s)
    if rule.do == "refuse_after":
        return faults.refusal(rule)
    if rule.do == "drop_after":
        _drop(world, rule, read_timeout_s)
    return faults.spoil(answer, rule.form) if rule.do == "malformed" else answer


def _drop(world: World, rule: faults.Rule, read_timeout_s: float | None) -> NoReturn:
    if rule.seconds:
        _wait(world, rule.seconds, read_timeout_s)
    raise faults.ConnectionDropped


def _wait(world: World, seconds: float, read_timeout_s: float | None) -> None:
    if read_timeout_s is not None and seconds >= read_timeout_s:
        raise faults.AnswerTooLate
    world.sleep(seconds)


def resource_of(request: Request) -> str:
    """The request's method and resource without ids, for counting: "GET socialActions/*/comments"."""
    pieces = request.path.strip("/").split("/")
    if pieces[0] in ("rest", "v2"):
        shown = [*pieces[1:2], *(piece if piece in ("likes", "comments") else "*" for piece in pieces[2:])]
        return f"{request.method} {'/'.join(shown)}"
    return f"{request.method} {'/'.join(pieces[:3]) if pieces[0] == 'oauth' else pieces[0]}"


def _do(world: World, request: Request) -> Answer:
    with world.lock:
        answer = _answered(world, request, _route)
        answer.headers += _trace(world, request)
        return answer


def _answered(world: World, request: Request, noun: Noun) -> Answer:
    try:
        return noun(world, request)
    except Refused as refused:
        return refused.answer()
    except oauth.OAuthRefused as refused:
        return refused.answer()


def _trace(world: World, request: Request) -> list[tuple[str, str]]:
    world.traces += 1
    name = f"{(world.traces * 0x9E3779B97F4A7C15) & 0xFFFFFFFFFFFFFFFF:016X}"  # spreads a counter over all digits
    headers = [("Date", format_date_time(world.now_s())), ("x-li-uuid", name), ("x-li-request-id", name[:10])]
    if request.face:
        headers += [
            ("x-restli-protocol-version", "2.0.0" if request.protocol == 2 else "1.0.0"),
            ("x-li-fabric", "sandbox"),
        ]
    return headers


def _route(world: World, request: Request) -> Answer:
    if request.path in OAUTH:
        return OAUTH[request.path](world, request)
    if request.path.startswith("/dms-uploads/"):
        request.token = check_token(world, request)
        return images.upload(world, request)
    match = re.fullmatch(r"/(rest|v2)/(\w+)(?:/(.*))?", request.path)
    if match is None:
        raise not_found()
    request.face, name, rest = match[1], match[2], match[3]
    check_size(request)
    if request.face == "rest" and name == "userinfo":
        raise not_found()
    admit(world, request)
    noun = (NOUNS if request.face == "rest" else V2_NOUNS).get(name)
    if noun is None:
        raise Refused(404, f"No virtual resource found for: {name}", code="RESOURCE_NOT_FOUND")
    request.segments = tuple(rest.split("/")) if rest else ()
    request.parameters = parse_query(request.query, request.protocol)
    return noun(world, request)
