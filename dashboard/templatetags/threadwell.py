"""Words for templates: ages and times, names of reactions and deeds, and the parts of a sentence that are set apart.

Filters return plain text and tuples; markup stays in templates. What a row says is decided in the queries, not here.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from django import template
from django.utils import timezone

from dashboard import drawing
from dashboard.views import joined
from socialactions import clock as sending
from socialactions.models import Post
from socialactions.queries.moments import at_clock
from socialactions.queries.posts import REACTION_WORDS
from socialactions.queries.rows import Actor, PostPlace, PostRow, ScopeRow
from socialactions.queries.sketches import ThreadSketch

register = template.Library()

DEEDS = {
    "comment": "Comment",
    "reply": "Reply",
    "edit": "Edit",
    "delete": "Delete",
    "react": "Reaction",
    "unreact": "Reaction taken back",
    "close_comments": "Comments closed",
    "open_comments": "Comments opened",
}
DAY_S = 86_400
AGE_STEPS = (  # below so many seconds, told in units of so many seconds
    (3_600, 60, "min"),
    (DAY_S, 3_600, "h"),
    (14 * DAY_S, DAY_S, "d"),
    (70 * DAY_S, 7 * DAY_S, "wk"),
    (365 * DAY_S, 30 * DAY_S, "mo"),
)
_SECONDS = re.compile(r"\d+ s\b")
_FIRST_WORDS = re.compile(r".+?[.:?!…](?=\s|$)", re.DOTALL)


@register.filter
def age(moment: datetime | None) -> str:
    """How long ago, short: "now", "38 min", "2 h", "3 d", "4 wk", "5 mo", "2 y"; empty without a moment."""
    if moment is None:
        return ""
    seconds = max(0, int((timezone.now() - moment).total_seconds()))
    if seconds < 60:
        return "now"
    for limit_s, unit_s, name in AGE_STEPS:
        if seconds < limit_s:
            return f"{seconds // unit_s} {name}"
    return f"{seconds // (365 * DAY_S)} y"


@register.filter
def stamp(moment: datetime) -> str:
    """A moment for machines, to the second, in UTC."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@register.simple_tag
def server_now() -> str:
    """The moment by the clock that due times are told by, which need not be this process's."""
    return sending.now().isoformat()


@register.filter
def exact(moment: datetime) -> str:
    """A moment for people, with the zone it is told in: "19 November 2026, 13:28 UTC"."""
    local = timezone.localtime(moment)
    return f"{local.day} {local:%B %Y, %H:%M} {local.tzname()}"


@register.filter
def clock(moment: datetime) -> str:
    """The time of day, with the day when that was not today: "14:05" or "17 Nov, 14:05"."""
    return at_clock(moment)


@register.filter
def reaction(kind: str) -> str:
    """The word LinkedIn's members see for a kind of reaction; "Like" when there is none yet."""
    return REACTION_WORDS.get(kind, kind.capitalize()) if kind else REACTION_WORDS["LIKE"]


@register.filter
def deed(kind: str) -> str:
    """What kind of action a row of the history is, in words."""
    return DEEDS.get(kind, kind.replace("_", " ").capitalize())


@register.filter
def more(change: int, thing: str) -> str:
    """By how much a count moved: "214 more reactions", "1 more comment", "3 fewer comments", "no more reactions"."""
    things = thing if abs(change) == 1 else f"{thing}s"
    return f"{-change} fewer {things}" if change < 0 else f"{change or 'no'} more {things}"


@register.filter
def signed(change: int) -> str:
    """ "+3", "0" or "−3", with the sign that stands beside figures."""
    return f"+{change}" if change > 0 else f"−{-change}" if change else "0"


@register.filter
def countdown(sentence: str) -> tuple[str, str, str]:
    """Split around the seconds left: ("Sending as Acme in ", "5 s", "."); all in the first part when none are told."""
    found = _SECONDS.search(sentence)
    return (sentence, "", "") if found is None else (sentence[: found.start()], found[0], sentence[found.end() :])


@register.filter
def first_words(sentence: str) -> tuple[str, str]:
    """Split after the words that say the state: ("LinkedIn refused it:", " too long by 14 characters.")."""
    found = _FIRST_WORDS.match(sentence)
    return (sentence, "") if found is None else (found[0], sentence[found.end() :])


@register.filter
def as_query(acting: Actor | None, post: PostRow | PostPlace | Post) -> str:
    """The question mark that keeps the actor in an address; empty for the post's own Page, which addresses assume."""
    if acting is None or not post:
        return ""
    if isinstance(post, PostPlace):
        owner = post.owner_urn
    else:
        owner = post.author.urn if isinstance(post, PostRow) else post.organization.urn
    return "" if acting.urn == owner else f"?as={acting.key}"


@register.filter
def missing(scopes: list[ScopeRow]) -> int:
    """How many of the scopes LinkedIn did not grant."""
    return sum(1 for scope in scopes if scope.granted is False)


@register.simple_tag(takes_context=True)
def thread_items(context: template.Context, threads: list[ThreadSketch]) -> str:
    """The threads of a list, each drawn or taken from what was drawn lately."""
    return drawing.threads(context, threads, age=age)


@register.simple_tag
def icon(name: str, kind: str = "small") -> str:
    """An ornament from the sprite; what it means stands beside it in words."""
    return drawing.icon(name, kind)


@register.simple_tag
def scripts_address() -> str:
    """Where the page's own scripts are, joined; the name changes with them."""
    return joined.scripts_address()


@register.simple_tag
def styles_address() -> str:
    """Where the pages' styles are, joined."""
    return joined.styles_address()
