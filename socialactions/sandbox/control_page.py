"""The control page: who is here, what happened, and buttons for trouble. Forms only; `control` does the deeds."""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape

from .pages import frame
from .switches import CHOICES
from .threads import total_comments
from .world import World

TAIL = 40


def control_page(world: World) -> str:
    body = f"""<h1>The sandbox</h1>
<p class="soft">A small LinkedIn on this machine. What you do here happens behind the product's back.</p>
<h2>What happened</h2>{_ledger(world)}
<h2>Make something happen</h2><div class="tools">{_comment_form(world)}{_role_form(world)}{_token_form(world)}
{_quota_form(world)}{_fault_form()}{_switch_form(world)}{_clock_form()}{_sign_out_form()}{_reset_form()}</div>
<h2>Posts</h2>{_posts(world)}
<h2>Roles</h2>{_roles(world)}
<h2>Grants</h2>{_grants(world)}"""
    return frame("Sandbox", body, "control")


def _table(heads: list[str], rows: list[list[str]], empty: str) -> str:
    if not rows:
        return f'<p class="soft">{escape(empty)}</p>'
    head = "".join(f"<th scope=col>{escape(name)}</th>" for name in heads)
    lines = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table></div>'


def _time(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")


def _name(world: World, urn: str) -> str:
    kind, _, key = urn.removeprefix("urn:li:").partition(":")
    if kind == "person" and key in world.members:
        return world.members[key].name
    if kind == "organization" and key in world.organizations:
        return world.organizations[key].name
    return urn


def _ledger(world: World) -> str:
    rows = [
        [str(one.n), _time(one.at), one.kind, _name(world, one.actor), _name(world, one.agent), one.urn, one.text[:120]]
        for one in reversed(world.ledger[-TAIL:])
    ]
    return _table(["", "Time (UTC)", "What", "As", "By", "URN", "Text"], rows, "Nothing yet.")


def _posts(world: World) -> str:
    rows = [
        [
            _name(world, post.author),
            post.commentary[:70],
            post.urn,
            str(total_comments(world, post)),
            post.comments_state,
        ]
        for post in world.posts.values()
    ]
    return _table(["Page", "Post", "URN", "Comments", ""], rows, "No posts.")


def _roles(world: World) -> str:
    rows = [
        [world.members[member].name, world.organizations[organization].name, role]
        for (member, organization), role in world.roles.items()
    ]
    return _table(["Member", "Page", "Role"], rows, "Nobody has a role.")


def _grants(world: World) -> str:
    now = world.now_ms()
    rows = [
        [
            world.members[one.member].name,
            "revoked" if one.is_revoked else "expired" if one.expires <= now else f"until {_time(one.expires)}",
            " ".join(one.scopes),
        ]
        for one in world.tokens.values()
        if one.kind == "access"
    ]
    return _table(["Member", "Token", "Scopes"], rows[-20:], "Nobody has allowed the app anything.")


def _form(name: str, title: str, fields: str, button: str) -> str:
    inner = f"<strong>{escape(title)}</strong>{fields}<button>{escape(button)}</button>"
    return f'<form method="post" action="/sandbox/control/{name}">{inner}</form>'


def _select(label: str, name: str, options: list[tuple[str, str]], chosen: str = "") -> str:
    listed = "".join(
        f'<option value="{escape(value)}"{" selected" if value == chosen else ""}>{escape(text)}</option>'
        for value, text in options
    )
    return f'<label>{escape(label)} <select name="{name}">{listed}</select></label>'


def _input(label: str, name: str, value: str = "") -> str:
    return f'<label>{escape(label)} <input name="{name}" value="{escape(value)}"></label>'


def _members(world: World, *, only_cast: bool) -> list[tuple[str, str]]:
    return [(one.id, one.name) for one in world.members.values() if one.can_sign_in or not only_cast]


def _comment_form(world: World) -> str:
    newest = sorted(world.posts.values(), key=lambda post: post.created, reverse=True)
    posts = [(post.urn, f"{_name(world, post.author)}: {post.commentary[:40]}") for post in newest]
    authors = sorted(_members(world, only_cast=False), key=lambda one: world.members[one[0]].can_sign_in)
    fields = (
        _select("Post", "post", posts)
        + _select("Written by", "author", authors)
        + '<label>Text <textarea name="text" rows="2"></textarea></label>'
        + _input("Reply to (comment URN, may be empty)", "parent")
    )
    return _form("comments", "Somebody comments", fields, "Comment")


def _role_form(world: World) -> str:
    roles = (
        "",
        "ADMINISTRATOR",
        "DIRECT_SPONSORED_CONTENT_POSTER",
        "RECRUITING_POSTER",
        "CONTENT_ADMINISTRATOR",
        "ANALYST",
    )
    fields = (
        _select("Member", "member", _members(world, only_cast=True))
        + _select("Page", "organization", [(one.id, one.name) for one in world.organizations.values()])
        + _select("Role", "role", [(role, role or "none") for role in roles])
    )
    return _form("roles", "A role changes", fields, "Set role")


def _token_form(world: World) -> str:
    fields = _select("Member", "member", _members(world, only_cast=True))
    fields += _select("What happens", "do", [("expire", "access token ends"), ("revoke", "grant is revoked")])
    return _form("tokens", "A grant ends", fields, "End it")


def _quota_form(world: World) -> str:
    members = [*_members(world, only_cast=True)]
    fields = _select("Member", "member", members) + _input("Calls spent today (a number, or all)", "spent", "all")
    return _form("quota", "Calls are used up", fields, "Set")


def _fault_form() -> str:
    deeds = ["refuse", "refuse_after", "drop_before", "drop_after", "delay", "malformed", "throttle"]
    fields = (
        _select("What", "do", [(deed, deed.replace("_", " ")) for deed in deeds])
        + _select("Method", "method", [("*", "any"), ("POST", "POST"), ("GET", "GET"), ("DELETE", "DELETE")])
        + _input("Path matches (regular expression)", "path", "/comments")
        + _input("How often", "times", "1")
        + _input("Status (refuse)", "status", "503")
        + _input("Seconds (delay)", "seconds", "5")
    )
    return _form("faults", "Trouble", fields, "Arm")


def _switch_form(world: World) -> str:
    now = world.switches.as_json()
    fields = "".join(
        _select(name, name, [(str(choice), str(choice)) for choice in choices], str(now[name]))
        for name, choices in CHOICES.items()
    )
    for name in ("latency_ms", "image_processing_s", "listing_lag_s"):
        fields += _input(name, name, str(now[name]))
    for name in ("text_limit", "comments_per_minute", "traffic"):
        fields += _input(f"{name} (number or off)", name, "off" if now[name] is None else str(now[name]))
    return _form("switches", "Open questions", fields, "Change")


def _sign_out_form() -> str:
    return _form("sign-out", "Use another account", "Sign everybody out of the sandbox.", "Sign out")


def _reset_form() -> str:
    seeds = [(name, name) for name in ("lively", "small", "empty")]
    return _form("reset", "Begin again", _select("Seed", "seed", seeds), "Forget everything")


def _clock_form() -> str:
    return _form("clock", "Time passes", _input("Seconds", "advance_s", "3600"), "Move the clock")
