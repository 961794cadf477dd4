"""The few HTML pages of the sandbox itself: consent, refusal, control. No script, own look, every word escaped."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from pathlib import Path
from string import Template

from .exchange import Request
from .records import Member
from .world import CLIENT_ID, World

LOOK = Path(__file__).parent / "look"

CONSENT_WORDS = {
    "openid": "Sign you in",
    "profile": "See your name and picture",
    "email": "See your e-mail address",
    "r_basicprofile": "See your name, headline and picture",
    "r_liteprofile": "See your name and picture",
    "r_1st_connections_size": "See how many connections you have",
    "rw_organization_admin": "See your roles on Pages, their figures and notifications",
    "r_organization_admin": "See your roles on Pages and their figures",
    "r_organization_followers": "Look up followers of your Pages, to mention them",
    "r_organization_social": "Read your Pages' posts, with comments and likes",
    "w_organization_social": "Post, comment and like as your Pages",
    "r_organization_social_feed": "Read comments and reactions on your Pages' posts",
    "w_organization_social_feed": "Comment and react as your Pages, and delete comments on their posts",
    "r_member_social": "Read your own posts",
    "w_member_social": "Post, comment and like as you",
    "r_member_social_feed": "Read comments and reactions on your own posts",
    "w_member_social_feed": "Comment and react as you",
}


def frame(title: str, body: str, kind: str = "card") -> str:
    """A whole page around a body that is HTML already."""
    template = Template((LOOK / "frame.html").read_text(encoding="utf-8"))
    return template.substitute(title=escape(title), body=body, kind=kind)


def consent_page(world: World, request: Request, scopes: Iterable[str], signed_in: str, problem: str = "") -> str:
    """Who allows what to whom. `signed_in` is chosen beforehand."""
    wishes = "".join(f"<li>{escape(CONSENT_WORDS[scope])} <code>{escape(scope)}</code></li>" for scope in scopes)
    people = [member for member in world.members.values() if member.can_sign_in]
    chosen = signed_in or (people[0].id if people else "")
    choices = "".join(_choice(world, member, is_chosen=member.id == chosen) for member in people)
    said = f'<p class="problem" role="alert">{escape(problem)}</p>' if problem else ""
    action = escape(f"{request.path}?{request.query}")
    again = ""
    if signed_in:
        name = escape(world.members[signed_in].name)
        again = f'<p class="soft">You are signed in as {name}. Choose another account below if you like.</p>'
    body = f"""<h1>Allow {escape(CLIENT_ID)} to use your account?</h1>
{said}{again}
<p>This app asks to:</p>
<ul class="scopes">{wishes}</ul>
<form method="post" action="{action}">
<fieldset><legend>Who are you?</legend>{choices}</fieldset>
<p class="buttons"><button class="go" name="decision" value="allow">Allow</button>
<button name="decision" value="cancel">Cancel</button>
<button name="decision" value="leave">Not sign in</button></p>
</form>"""
    return frame("Allow access · Sandbox", body)


def _choice(world: World, member: Member, *, is_chosen: bool) -> str:
    checked = " checked" if is_chosen else ""
    roles = [
        f"{role.replace('_', ' ').capitalize()} of {world.organizations[organization].name}"
        for (owner, organization), role in world.roles.items()
        if owner == member.id
    ]
    picture = (
        f'<img src="/media/images/{escape(member.picture)}" alt="" width="40" height="40">' if member.picture else ""
    )
    return f"""<label class="member"><input type="radio" name="member" value="{escape(member.id)}"{checked}>{picture}
<span>{escape(member.name)}<small>{escape("; ".join(roles) or "No role on any Page")}</small></span></label>"""


def refusal_page(problem: str) -> str:
    return frame(
        "Not possible · Sandbox", f'<h1>This request can’t be answered</h1><p class="problem">{escape(problem)}</p>'
    )
