"""What a form is bound to: who sees it, which post, as whom, about what, and a number used once.

The actor of a write comes from here and nowhere else. Another tab, another Page in the switcher or another person
signed in since changes nothing in a form that is already open.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID, uuid4

from django.core import signing

from socialactions.models import User

SALT = "threadwell.form"
FORM_LIVES_S = 24 * 3600


class FormNotValid(Exception):
    """Forged, expired, or made for somebody or something else; the words say what to do."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


@dataclass(frozen=True, slots=True)
class Bound:
    """The promises of one signed form value."""

    actor_urn: str
    nonce: UUID


def sign(*, user: User, post_id: UUID, actor_urn: str, target: str, nonce: UUID | None = None) -> str:
    """One value per actor a form offers; all of a form share the nonce, so that it is sent once."""
    value = {"u": user.pk.hex, "p": post_id.hex, "a": actor_urn, "t": target, "n": (nonce or uuid4()).hex}
    return signing.dumps(value, salt=SALT)


def read(value: str, *, user: User, post_id: UUID, target: str) -> Bound:
    """Check a posted value against who posts it and where. Raises FormNotValid."""
    try:
        found = signing.loads(value, salt=SALT, max_age=FORM_LIVES_S)
    except signing.SignatureExpired as error:
        raise FormNotValid(
            "This page was open for more than a day. Your text is kept; check the actor and send again."
        ) from error
    except signing.BadSignature as error:
        raise FormNotValid(
            "This form was not made by Threadwell, or was changed. Check the actor and send again."
        ) from error
    if found["u"] != user.pk.hex:
        raise FormNotValid("Another person has signed in since this page was opened. Check the actor and send again.")
    if found["p"] != post_id.hex or found["t"] != target:
        raise FormNotValid("This form belongs to another place. Check what you answer and send again.")
    return Bound(found["a"], UUID(found["n"]))


def actor_of(value: str) -> str:
    """The actor a value names, for drawing a refused form again; empty when it is not ours. Never enough to write."""
    try:
        found: dict[str, str] = signing.loads(value, salt=SALT)
    except signing.BadSignature:
        return ""
    return found["a"]
