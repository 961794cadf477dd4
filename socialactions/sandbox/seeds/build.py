"""Writing seeds in few words: posts and comments by age, mentions by token. Leaves what is said to the seeds."""

from __future__ import annotations

import re

from ..records import Comment, Json, Post, Reaction
from ..threads import add_comment
from ..world import World

MINUTE, HOUR, DAY = 60, 3600, 86_400
_TOKEN = re.compile(r"@\[([^\]]+)\]\((urn:li:[^)]+)\)")


def add_post(
    world: World,
    author: str,
    commentary: str,
    *,
    age_s: float,
    kind: str = "share",
    content: Json | None = None,
    agent: str = "",
    lifecycle: str = "PUBLISHED",
    reshare_of: str = "",
) -> Post:
    """A post that is `age_s` old, as "share" (comments hang on its activity) or "ugcPost" (on itself)."""
    at = world.now_ms() - int(age_s * 1000)
    activity, urn = f"urn:li:activity:{world.new_id(at)}", f"urn:li:{kind}:{world.new_id(at - 900)}"
    thread = urn if kind == "ugcPost" else activity
    return world.add_post(
        Post(
            urn=urn,
            activity=activity,
            thread=thread,
            author=author,
            commentary=commentary,
            created=at,
            modified=at,
            content=content or {},
            lifecycle=lifecycle,
            reshare_of=reshare_of,
            agent=agent,
        )
    )


def say(
    world: World,
    post: Post,
    actor: str,
    text: str,
    *,
    age_s: float,
    to: Comment | None = None,
    agent: str = "",
    image: str = "",
    likes: tuple[str, ...] = (),
) -> Comment:
    """A comment or reply; `@[Name](urn)` in the text becomes a mention counted as the switch says."""
    at = world.now_ms() - int(age_s * 1000)
    plain, attributes = mentions(text, codepoints=world.switches.index_unit == "codepoint")
    comment = add_comment(
        world, post, actor=actor, agent=agent, text=plain, parent=to, attributes=attributes, image=image, at_ms=at
    )
    for who in likes:
        react(comment, who, at_ms=at + 30_000)
    return comment


def mentions(text: str, *, codepoints: bool = False) -> tuple[str, list[Json]]:
    """Plain text and spans of a text with tokens."""
    plain, attributes, end = "", [], 0
    for match in _TOKEN.finditer(text):
        plain += text[end : match.start()]
        attributes.append({"start": _size(plain, codepoints), "length": _size(match[1], codepoints), "urn": match[2]})
        plain, end = plain + match[1], match.end()
    return plain + text[end:], attributes


def _size(text: str, codepoints: bool) -> int:
    return len(text) if codepoints else len(text.encode("utf-16-le")) // 2


def react(entity: Post | Comment, actor: str, kind: str = "LIKE", *, at_ms: int = 0, agent: str = "") -> None:
    """A reaction from the past, without ledger."""
    at = at_ms or entity.created + 60_000
    entity.reactions[actor] = Reaction(actor, kind, agent or actor, at, at)
