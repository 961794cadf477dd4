"""What the screen says about an action that cannot be sent now, to who wrote it and to their colleagues."""

from __future__ import annotations

from socialactions.models import Outgoing
from socialactions.services.outcomes import Reason

from .moments import at_clock, on_day
from .rows import Step
from .steps import DISCARD, HAND_OVER, RECONNECT, TRY_AGAIN, Words
from .viewing import Viewer

CONNECTION_GONE = (Reason.TOKEN_ENDED, Reason.OTHER_MEMBER)


def of_author(row: Outgoing, waiting: str) -> Words:
    match row.reason:
        case Reason.TOKEN_ENDED:
            whose = "LinkedIn connection" if row.actor_urn == row.member_urn else f"connection for {row.actor_name}"
            kept = f"Reading still works from what we have; {waiting or 'this is waiting'}."
            words = f"Your {whose} ended{_ended_on(row)}. {kept}"
            steps: tuple[Step, ...] = (RECONNECT, *_hand_over(row), DISCARD)
        case Reason.OTHER_MEMBER:
            words = f"Another person connected since. This was written on the connection of {row.user.name}."
            steps = (*_hand_over(row), DISCARD)
        case Reason.VERSION_SUNSET:
            return paused()
        case _ if row.missing:
            words, steps = row.missing, (DISCARD, *_hand_over(row))
        case _:  # LinkedIn's own word, and it does not say which of these it is
            words = (
                f"LinkedIn does not permit this as {row.actor_name}: a role or permission is missing, "
                "the post is not open to you, or its comments were closed. "
                "An administrator of the Page can look on LinkedIn."
            )
            steps = (TRY_AGAIN, DISCARD, *_hand_over(row))
    if row.offered_at is not None:
        words += (
            f" You offered it to your colleagues at {at_clock(row.offered_at)}: "
            f"whoever of them may speak as {row.actor_name} can send it."
        )
    return Words(words, "attention", "attention", steps)


def of_colleague(row: Outgoing, viewer: Viewer | None) -> Words:
    """What somebody else wrote and cannot send: sent anew on the viewer's own grant, if that speaks as the Page."""
    name = row.user.name
    if row.reason == Reason.VERSION_SUNSET:
        return paused()
    if row.offered_at is not None:
        words = f"{name} cannot send this and offers it to colleagues. Whoever sends it speaks as {row.actor_name}."
    elif row.reason in CONNECTION_GONE:
        words = (
            f"The LinkedIn connection of {name} ended{_ended_on(row)}. This was written as {name}; it is kept, and "
            f"goes on when {name} connects again."
        )
    else:
        words = f"{name} cannot send this as {row.actor_name} now: a role or permission is missing."
    may_take = row.offered_at is not None or row.reason in CONNECTION_GONE
    steps: tuple[Step, ...] = (DISCARD,)
    if viewer is not None and may_take and row.actor_urn != row.member_urn and row.actor_urn in viewer.voices:
        steps = (Step("take-over", f"Send as {viewer.user.name}", "main"), DISCARD)
    return Words(words, "attention", "attention", steps)


def paused() -> Words:
    return Words("Sending is paused by your administrator's update. Nothing is lost.", "attention", "attention")


def _ended_on(row: Outgoing) -> str:
    return on_day(row.connection.ended_at) if row.connection else ""


def _hand_over(row: Outgoing) -> tuple[Step, ...]:
    """To somebody who may speak as the same Page; nobody can speak as another member."""
    is_members_own = row.actor_urn == row.member_urn
    return () if is_members_own or row.offered_at is not None else (HAND_OVER,)
