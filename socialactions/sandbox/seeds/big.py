"""The big post: very many comments, some with replies. Also built by tests and benchmarks, in any size."""

from __future__ import annotations

from ..records import Post
from ..threads import add_comment
from ..world import World
from . import build
from .cast import ACME, STRANGERS, add_crowd

_OPENINGS = (
    "Number {n} here:",
    "From our line:",
    "A question from the night shift:",
    "My two cents:",
    "Für unsere Halle:",
    "سؤال من فريقنا:",
    "現場から:",
)
_MIDDLES = (
    "we count every changeover, and this would save about a minute.",
    "what happens when the belt stops for a moment?",
    "I would love to see the same with heavier parts. 💪",
    "wie laut ist das im Betrieb?",
    "the safety sleeve is the part that convinced me.",
    "we tried it for a week and nobody wanted to give it back 😄",
    "is there a version for left-handed cells?",
    "お疲れさまです。すばらしい動画でした。",
)
_SHORT = ("Great work!", "Impressive.", "👏👏👏", "Following.", "Congratulations!", "Toll!")
_SPEAKERS = 701  # a prime, so that stepping through them meets everybody
_REPLIES = ("Same here.", "Thank you for asking, I wondered about that too.", "We measured it: about forty seconds.")


def add_big_post(
    world: World,
    author: str = ACME,
    *,
    first_level: int = 1000,
    with_replies: int = 300,
    replies_each: int = 3,
    age_s: float = 9 * build.DAY,
) -> Post:
    """A post with `first_level` comments of which `with_replies` have `replies_each` replies, spread evenly, by as many
    people as write below a post that everybody saw.
    """
    speakers = STRANGERS + add_crowd(world, _SPEAKERS - len(STRANGERS))

    def who(n: int) -> str:
        return speakers[n * 7 % len(speakers)]

    post = build.add_post(
        world,
        author,
        "A thousand thanks. Our little film about the third arm has been seen by half the industry, and you "
        "have sent us more questions than we can answer in a week. We try anyway. {hashtag|\\#|robotics}",
        age_s=age_s,
        kind="ugcPost",
        content={"media": {"id": "urn:li:video:C4E05bigfilm", "title": "The third arm", "altText": ""}},
    )
    step_ms = int(age_s * 1000 * 0.98 / max(1, first_level))
    for n in range(first_level):
        at = post.created + (n + 1) * step_ms
        comment = add_comment(world, post, actor=who(n), text=_words(n), at_ms=at)
        if n % 5 == 0:
            build.react(comment, who(n + 3))
        if (n * with_replies) // first_level != ((n + 1) * with_replies) // first_level:
            for k in range(replies_each):
                text = _REPLIES[(n + k) % len(_REPLIES)]
                add_comment(world, post, actor=who(n + k + 1), text=text, parent=comment, at_ms=at + (k + 1) * 1000)
    return post


def _words(n: int) -> str:
    if n % 4:
        return _SHORT[n % len(_SHORT)] if n % 4 == 1 else f"{_MIDDLES[n % len(_MIDDLES)]}"
    return f"{_OPENINGS[n // 4 % len(_OPENINGS)].format(n=n + 1)} {_MIDDLES[n // 28 % len(_MIDDLES)]}"
