"""What stands against writing something, in words that name the remedy: rights, text, picture, a place that is gone."""

from __future__ import annotations

import re
import unicodedata

from django.conf import settings

from socialactions import rights
from socialactions.linkedin.mentions import to_message
from socialactions.models import Attachment, Comment, Connection, Organization, Post, User
from socialactions.spans import unit

from .pages import rights_on

UNSEEN = frozenset({"Cc", "Cf", "Cn", "Cs", "Zl", "Zp", "Zs"})
DRAWN_AS_NOTHING = frozenset("\u115f\u1160\u2800\u3164\uffa0")  # letters and symbols by their category
OVERRIDES = frozenset("\u202d\u202e")
ODD_MENTION = re.compile(r"@\[[^\]\n]*\]\(urn:li:[^)\n]*\)")  # what is left of a mention that could not be read


class Refused(Exception):
    """Not accepted; the words name the field and the remedy. ``field`` is "" when it is about the whole."""

    def __init__(self, words: str, *, field: str = "") -> None:
        super().__init__(words)
        self.words = words
        self.field = field


def why_not(user: User, organization: Organization, actor_urn: str) -> str:
    """Why the user cannot speak as this actor on the Page's posts now; empty when they can."""
    connection: Connection | None = getattr(user, "connection", None)
    if connection is None or connection.health == Connection.Health.ENDED:
        return "Your LinkedIn connection ended. Connect again, then send."
    if actor_urn == connection.member_urn:
        return rights.why_not_as_member(connection.scopes)
    acting = organization
    if actor_urn != organization.urn:
        other = Organization.objects.filter(desk_id=organization.desk_id, urn=actor_urn).first()
        if other is None:
            return "This desk does not know that Page."
        acting = other
    return rights_on(connection, acting).why_not_write


def open_for_comments(post: Post) -> None:
    if post.gone_at is not None:
        raise Refused("This post is no longer on LinkedIn. Your text is kept.")
    if post.comments_state == "CLOSED":
        raise Refused("Comments on this post are closed. Open them first, then send.")


def still_there(comment: Comment, *, with_text: bool) -> None:
    if comment.gone_at is not None:
        then = " Your text is kept; write it as a new comment instead." if with_text else ""
        raise Refused(f"This comment no longer exists on LinkedIn.{then}")


def check_upload(user: User, organization: Organization, actor_urn: str) -> None:
    """The composer says the same, by the same rights, before anything is written."""
    connection: Connection | None = getattr(user, "connection", None)
    if connection is None:
        return  # refused for that, with better words
    if actor_urn == connection.member_urn:
        why = rights.why_no_upload_as_member(connection.scopes)
    else:
        acting = Organization.objects.filter(desk_id=organization.desk_id, urn=actor_urn).first()
        why = rights_on(connection, acting).why_not_upload if acting else ""
    if why:
        raise Refused(f"{why} Send without the picture, or as somebody else.", field="picture")


def check_text(text: str, picture: Attachment | None) -> None:
    plain = to_message(text, unit=unit()).text
    if not any(map(_is_seen, plain)) and (picture is None or plain.strip()):
        raise Refused("The text is empty. Write something, then send.", field="text")
    if hidden := next(filter(_is_out_of_place, plain), ""):
        raise Refused(
            f"The text holds a character that nobody sees and that changes what others see (U+{ord(hidden):04X}). "
            "Take it out, then send.",
            field="text",
        )
    if found := ODD_MENTION.search(plain):
        raise Refused(
            f"“{found[0][:80]}” is no mention that LinkedIn knows: it names a person (urn:li:person:…) or an "
            "organization (urn:li:organization:…). Correct it or take it out, then send.",
            field="text",
        )
    over = len(plain) - settings.COMMENT_MAX_CHARS
    if over > 0:
        raise Refused(
            f"The text is too long by {over} character{'' if over == 1 else 's'} "
            f"(at most {settings.COMMENT_MAX_CHARS}). Shorten it, then send.",
            field="text",
        )


def _is_seen(char: str) -> bool:
    return char not in DRAWN_AS_NOTHING and unicodedata.category(char) not in UNSEEN


def _is_out_of_place(char: str) -> bool:
    """Control characters, and those that turn around the order of whatever follows them."""
    return char in OVERRIDES or (unicodedata.category(char) == "Cc" and char not in "\n\r\t")
