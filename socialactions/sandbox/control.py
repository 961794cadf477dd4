"""`/sandbox/`: a page and a JSON interface to look at this LinkedIn and to meddle with it. For this machine only."""

from __future__ import annotations

import dataclasses
import ipaddress
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

from . import seeds, threads
from .control_page import control_page
from .exchange import HTML_TYPE, Answer, Refused, Request, answer_json, missing, not_found, wrong_method
from .faults import Rule
from .pages import LOOK
from .records import Comment, Json
from .restli import read_urn
from .targets import entity_named, find
from .world import World

PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
LOOKS = {"/sandbox/style.css": "text/css; charset=utf-8", "/sandbox/icon.svg": "image/svg+xml"}
Deed = Callable[[World, Json], Json]


def route(world: World, request: Request) -> Answer:
    if not is_local(request):
        raise Refused(403, "The sandbox can be controlled from this machine only", code="ACCESS_DENIED")
    if request.path in LOOKS:
        return Answer(200, (LOOK / request.path.rpartition("/")[2]).read_bytes(), LOOKS[request.path])
    if request.path in ("/sandbox", "/sandbox/"):
        if request.method == "GET":
            return _page(control_page(world))
        raise wrong_method()
    name = request.path.removeprefix("/sandbox/control/").rstrip("/")
    if request.method == "GET" and name in READS:
        return answer_json(READS[name](world, _query(request)))
    if request.method == "DELETE" and name == "faults":
        world.faults.clear()
        return answer_json({"faults": []})
    if request.method != "POST" or name not in DEEDS:
        raise not_found()
    return _done(world, request, name)


def is_local(request: Request) -> bool:
    """Peer, Host and, where a browser names one, Origin are on loopback."""
    origin = request.headers.get("origin", "")
    names = [request.peer, urlsplit(f"//{request.host}").hostname or ""]
    if origin:
        names.append(urlsplit(origin).hostname or "")
    return all(_is_loopback(name) for name in names)


def _is_loopback(name: str) -> bool:
    try:
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _query(request: Request) -> Json:
    return {name: values[-1] for name, values in parse_qs(request.query).items()}


def _done(world: World, request: Request, name: str) -> Answer:
    """Do a deed from JSON or from the page's forms; a form goes back to the page."""
    is_form = request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
    if is_form:
        values = parse_qs(request.body.decode("utf-8", "replace"), keep_blank_values=True)
        wish: Json = {key: found[-1] for key, found in values.items() if key == "text" or found[-1] != ""}
        if not name.startswith("switches"):
            wish = {key: value for key, value in wish.items() if value != ""}
    else:
        wish = request.json()
    try:
        found = DEEDS[name](world, wish)
    except ValueError as error:
        raise Refused(400, str(error), code="INVALID_VALUE_FOR_FIELD") from None
    return Answer(303, headers=[("Location", "/sandbox/")]) if is_form else answer_json(found)


def _page(html: str) -> Answer:
    return Answer(
        200, html.encode(), HTML_TYPE, [("Content-Security-Policy", PAGE_POLICY), ("Cache-Control", "no-store")]
    )


def ledger(world: World, wish: Json) -> Json:
    """What really happened, oldest first; `since` leaves out entries up to that number."""
    since = int(wish.get("since", 0))
    return {"entries": [dataclasses.asdict(entry) for entry in world.ledger[since:]]}


def state(world: World, wish: Json) -> Json:
    """Everything worth a look: people, Pages, roles, posts, grants, switches, faults, quota."""
    now = world.now_ms()
    return {
        "now": now,
        "members": [
            {"id": one.id, "name": one.name, "can_sign_in": one.can_sign_in, "is_private": one.is_private}
            for one in world.members.values()
        ],
        "organizations": [
            {"id": one.id, "name": one.name, "vanity": one.vanity} for one in world.organizations.values()
        ],
        "roles": [{"member": m, "organization": o, "role": role} for (m, o), role in world.roles.items()],
        "posts": [
            {
                **{"urn": post.urn, "activity": post.activity, "author": post.author, "state": post.comments_state},
                **{"comments": threads.total_comments(world, post), "first_level": len(post.comments)},
                **{"reactions": len(post.reactions), "commentary": post.commentary},
            }
            for post in world.posts.values()
        ],
        "grants": [
            {"member": one.member, "scopes": one.scopes, "expires": one.expires, "is_active": _is_active(one, now)}
            for one in world.tokens.values()
            if one.kind == "access"
        ],
        "switches": world.switches.as_json(),
        "faults": [rule.as_json() for rule in world.faults],
        "spent": {key: calls for key, calls in world.spent.items() if key.startswith(world.day())},
    }


def _is_active(token: Any, now: int) -> bool:
    return not token.is_revoked and token.expires > now


def requests(world: World, wish: Json) -> Json:
    """How often each resource was called since the last reset, and how many calls ran at once at most."""
    found = {
        "total": sum(world.requests.values()),
        "in_flight_peak": world.in_flight_peak,
        "by_resource": dict(sorted(world.requests.items())),
    }
    if wish.get("reset"):
        world.requests.clear()
        world.in_flight_peak = 0
    return found


def comment(world: World, wish: Json) -> Json:
    """A comment by anybody, from outside of our product: {post, author, text, parent?}."""
    entity, _ = entity_named(world, _needed(wish, "post"))
    post = world.posts[entity.post] if isinstance(entity, Comment) else entity
    author, parent = _actor(world, _needed(wish, "author")), None
    if wish.get("parent"):
        found = find(world, read_urn(str(wish["parent"]), "comment"))
        assert isinstance(found, Comment)
        parent = world.comments[found.parent] if found.parent else found
    made = threads.add_comment(world, post, actor=author, text=_needed(wish, "text"), parent=parent)
    return {"urn": world.comment_urn(made), "id": made.id}


def react(world: World, wish: Json) -> Json:
    """A reaction by anybody: {target, author, kind}; kind null takes it back."""
    entity, _ = entity_named(world, _needed(wish, "target"))
    actor = _actor(world, _needed(wish, "author"))
    kind = wish.get("kind", "LIKE")
    if kind:
        threads.react(world, entity, actor=actor, agent=actor, kind=str(kind))
    elif actor in entity.reactions:
        threads.unreact(world, entity, actor=actor, agent=actor)
    return {"reactions": len(entity.reactions)}


def remove(world: World, wish: Json) -> Json:
    """A comment deleted by its author, from outside of our product: {comment}."""
    found = find(world, read_urn(_needed(wish, "comment"), "comment"))
    assert isinstance(found, Comment)
    threads.delete_comment(world, found, actor=found.actor, agent=found.actor)
    return {}


def role(world: World, wish: Json) -> Json:
    """Give or take a role: {member, organization, role|null}."""
    member, organization = _member(world, wish), str(wish.get("organization", "")).rpartition(":")[2]
    if organization not in world.organizations:
        raise ValueError(f"there is no organization {organization!r}")
    chosen = wish.get("role") or None
    if chosen is not None and not re.fullmatch(r"[A-Z_]+", str(chosen)):
        raise ValueError(f"not a role: {chosen!r}")
    world.set_role(member, organization, chosen)
    return {"member": member, "organization": organization, "role": chosen}


def token(world: World, wish: Json) -> Json:
    """End all access tokens of a member, or revoke the whole grant: {member, do: expire|revoke}."""
    member, deed = _member(world, wish), wish.get("do")
    if deed not in ("expire", "revoke"):
        raise ValueError("do is expire or revoke")
    found = [one for one in world.tokens.values() if one.member == member]
    for one in found:
        if deed == "revoke":
            one.is_revoked = True
        elif one.kind == "access":
            one.expires = min(one.expires, world.now_ms())
    world.touch()
    return {"tokens": len(found)}


def quota(world: World, wish: Json) -> Json:
    """Pretend calls of today: {member|app, spent}; spent is a number or "all"."""
    who = _member(world, wish) if "member" in wish else "app"
    spent: Any = wish.get("spent", wish.get("app", "all"))
    limits = world.quota()
    if spent in ("all", True):
        spent = limits[0] if who == "app" else limits[1]
        if not spent:
            raise ValueError("this tier has no limit; choose the switch tier first")
    if not str(spent).isdigit():
        raise ValueError(f'spent is a number or "all", not {spent!r}')
    world.set_spent(who, int(str(spent)))
    return {"who": who, "spent": int(str(spent))}


def fault(world: World, wish: Json) -> Json:
    """Add rules: one object, or {faults: [...]}."""
    wishes = wish.get("faults", [wish])
    world.faults += [Rule.read(one) for one in wishes]
    return {"faults": [rule.as_json() for rule in world.faults]}


def switch(world: World, wish: Json) -> Json:
    world.switches = world.switches.changed(wish)
    return world.switches.as_json()


def sign_out(world: World, wish: Json) -> Json:
    """Sign everybody out of the sandbox, so that the consent page asks again who it is."""
    world.sessions.clear()
    world.touch()
    return {}


def reset(world: World, wish: Json) -> Json:
    """Begin again from a seed: {seed}. Grants end, the ledger is empty."""
    name = str(wish.get("seed", "lively"))
    if name not in seeds.NAMES:
        raise ValueError(f"there is no seed {name!r}, only {', '.join(seeds.NAMES)}")
    world.clear()
    seeds.plant(name, world)
    world.render_epoch += 1
    world.touch()
    return {"seed": name}


def clock(world: World, wish: Json) -> Json:
    """Let time pass: {advance_s}."""
    world.clock_offset_s += float(_needed(wish, "advance_s"))
    world.touch()
    return {"now": world.now_ms()}


def _needed(wish: Json, name: str) -> str:
    if wish.get(name) in (None, ""):
        raise missing(name)
    return str(wish[name])


def _member(world: World, wish: Json) -> str:
    """The member's id, from an id, a URN or a first name."""
    text = _needed(wish, "member").removeprefix("urn:li:person:")
    for member in world.members.values():
        if text in (member.id, member.first, member.first.lower()):
            return member.id
    raise ValueError(f"there is no member {text!r}")


def _actor(world: World, text: str) -> str:
    if world.knows_actor(text):
        return text
    return f"urn:li:person:{_member(world, {'member': text})}"


READS: dict[str, Deed] = {"ledger": ledger, "state": state, "requests": requests}
DEEDS: dict[str, Deed] = {
    "comments": comment,
    "comments/remove": remove,
    "reactions": react,
    "roles": role,
    "tokens": token,
    "quota": quota,
    "faults": fault,
    "switches": switch,
    "state": switch,
    "clock": clock,
    "sign-out": sign_out,
    "reset": reset,
}
