"""The plain words for a reading that failed, or brought less than LinkedIn counts."""

from __future__ import annotations

from socialactions.linkedin.errors import (
    NoAnswer,
    NotFound,
    NotPermitted,
    RateLimited,
    ServerBroken,
    TokenRejected,
    Unreachable,
    VersionSunset,
)
from socialactions.linkedin.tree import Tree

from .budget import ReadsSpent
from .connections import ConnectionEnded
from .vanished import Answer

BROKE_OFF = "The reading broke off before its end. It goes on by itself."
WENT_WRONG = "Something went wrong here while reading; the log says more."


def why_incomplete(tree: Tree, vanished: Answer) -> str:
    if isinstance(tree.error, Unreachable | NoAnswer | ServerBroken):
        return "LinkedIn stopped answering."
    if tree.error is not None:
        return why_not_read(tree.error)
    if tree.has_shifted:
        return "Comments came or went while they were read."
    if vanished.open:
        return f"{vanished.open} more seem to be gone from LinkedIn; it is asked for each of them, some at a time."
    odd = f"{tree.odd} could not be read." if tree.odd else ""
    unlisted = f"LinkedIn lists {tree.unlisted} fewer than it counts, and does not say why." if tree.unlisted else ""
    deep = f"{tree.too_deep} stand deeper below each other than is read here." if tree.too_deep else ""
    return " ".join(words for words in (odd, unlisted, deep) if words) or "LinkedIn's lists ended early."


def why_orphans(many: int) -> str:
    """Replies that came, while the comment above them did not."""
    return f"{many} repl{'y stands' if many == 1 else 'ies stand'} below comments that LinkedIn does not list."


NO_ANSWER = "LinkedIn did not answer."


def why_not_read(error: Exception) -> str:
    """The plain words for a reading that failed."""
    match error:
        case ConnectionEnded() | TokenRejected():
            return "The LinkedIn connection ended. Connect again to go on reading."
        case ReadsSpent():
            return error.message
        case RateLimited():
            return "LinkedIn's limit for today is used up."
        case NotPermitted():
            return "LinkedIn does not let this connection read here; a role or scope is missing."
        case NotFound():
            return "LinkedIn does not know this any more."
        case VersionSunset():
            return "LinkedIn switched off the API version in use. Threadwell has to be updated."
        case _:
            return NO_ANSWER
