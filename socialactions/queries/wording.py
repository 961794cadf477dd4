"""What the screen says about an outgoing action, and what a person may do about it.

The sentences say what happened, what it means for this comment and what to do; never "sent" before LinkedIn's id is
stored, never "failed" when we do not know. Times are clock times in the viewer's zone.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from socialactions import clock, waits
from socialactions.models import Outgoing
from socialactions.services.outcomes import EVENTS, IN_DOUBT, Reason

from . import held, refusals, texts
from .moments import at_clock
from .rows import Step
from .steps import (
    AS_NEW,
    AUTHORS_ONLY,
    CANCEL,
    COPY,
    DELETE,
    DELETE_SECOND,
    DISCARD,
    EDIT,
    REPLACE,
    SEND_AGAIN,
    SEND_NOW,
    STILL_SEND,
    THERE,
    THIS_ONE,
    TRY_AGAIN,
    UNDO,
    WITHOUT_PICTURE,
    Words,
)
from .viewing import Viewer

Kind, State = Outgoing.Kind, Outgoing.State
SLOW_AFTER_S = 10

DOING: dict[str, str] = {
    Kind.COMMENT: "Sending",
    Kind.REPLY: "Sending",
    Kind.EDIT: "Changing",
    Kind.DELETE: "Deleting",
    Kind.REACT: "Liking",
    Kind.UNREACT: "Taking the reaction back",
    Kind.CLOSE: "Closing comments",
    Kind.OPEN: "Opening comments",
}
THING: dict[str, str] = {
    Kind.COMMENT: "comment",
    Kind.REPLY: "reply",
    Kind.EDIT: "change",
    Kind.DELETE: "deletion",
    Kind.REACT: "reaction",
    Kind.UNREACT: "reaction",
    Kind.CLOSE: "change",
    Kind.OPEN: "change",
}
DONE: dict[str, str] = {
    Kind.COMMENT: "On LinkedIn",
    Kind.REPLY: "On LinkedIn",
    Kind.EDIT: "Changed on LinkedIn",
    Kind.DELETE: "Deleted on LinkedIn",
    Kind.REACT: "On LinkedIn",
    Kind.UNREACT: "Taken back on LinkedIn",
    Kind.CLOSE: "Comments closed on LinkedIn",
    Kind.OPEN: "Comments opened on LinkedIn",
}
GONE: dict[str, str] = {
    Kind.COMMENT: "The post you comment on",
    Kind.REPLY: "The comment you answer",
    Kind.EDIT: "The comment you changed",
    Kind.DELETE: "The comment you deleted",
    Kind.REACT: "What you reacted to",
    Kind.UNREACT: "What you reacted to",
    Kind.CLOSE: "The post",
    Kind.OPEN: "The post",
}

OF_PICTURE: dict[str, str] = {
    Reason.PICTURE_LOST: "Threadwell does not have the picture any more.",
    Reason.PICTURE_NOT_TAKEN: "LinkedIn refused the upload of the picture.",
    Reason.PICTURE_UNREADABLE: "LinkedIn could not process the picture.",
}


def of(
    row: Outgoing,
    *,
    now: datetime,
    viewer: Viewer | None = None,
    held_by: str | None = None,
    stopped: bool = False,
    waiting: str = "",
) -> Words:
    """The words for a row as it stands, and the steps that ``viewer`` (None: its author) may take.

    ``held_by`` is the state of another of the same actor in the thread that goes first, ``stopped`` when LinkedIn
    published something of this actor under another name. ``waiting`` says how much waits for the same connection.
    """
    words = _of(row, now, viewer, held_by, stopped, waiting)
    if row.unwanted_by_id:
        words = replace(words, sentence=f"{words.sentence} It is deleted as soon as it is there.")
    if not is_author(row, viewer):
        words = replace(words, steps=tuple(step for step in words.steps if step.name not in AUTHORS_ONLY))
    return words


def details_of(row: Outgoing) -> str:
    """What stands under "Details": LinkedIn's own words, and how far the looking is."""
    if row.state != State.UNKNOWN:
        return row.detail
    looked = {0: "We have not looked yet", 1: "We looked once"}.get(row.looks, f"We looked {row.looks} times")
    then = f"; the next look is at {at_clock(row.look_at)}." if row.look_at else "."
    return " ".join(part for part in (f"{tried(row)} {looked}{then}".strip(), row.detail) if part)


def tried(row: Outgoing) -> str:
    """When it was last on its way; empty when it never was."""
    return f"Tried at {at_clock(row.claimed_at)}." if row.claimed_at else ""


def is_author(row: Outgoing, viewer: Viewer | None) -> bool:
    return viewer is None or viewer.user.pk == row.user_id


def _of(row: Outgoing, now: datetime, viewer: Viewer | None, held_by: str | None, stopped: bool, waiting: str) -> Words:
    match row.state:
        case State.QUEUED | State.WAITING if stopped:
            words = f"Waiting: LinkedIn published something of {row.actor_name} under another name. Look there first."
            return Words(words, "attention", "clock", (CANCEL,))
        case State.QUEUED:
            return _queued(row, now, held_by)
        case State.WAITING:
            return _waiting(row, now)
        case State.SENDING:
            since = (row.lease_until or now) - waits.LEASE  # the lease began with the claim
            slow = (now - since).total_seconds() > SLOW_AFTER_S
            return Words(
                "LinkedIn is slow. We are still waiting for its answer." if slow else f"{_as(row)}…", "ours", "clock"
            )
        case State.UNKNOWN | State.NEEDS_ATTENTION if row.reason == Reason.WRONG_ACTOR:
            return _under_another_name(row)
        case State.UNKNOWN if row.reason == Reason.REFUSED:
            words = "LinkedIn refused it. We look once whether something is there all the same."
            return Words(words, "ours", "clock")
        case State.UNKNOWN:
            return Words(
                f"Unclear. LinkedIn did not answer; we are checking whether your {THING[row.kind]} is there. "
                "Please do not send it again.",
                "attention",
                "unclear",
            )
        case State.NEEDS_ATTENTION:
            return _needs_attention(row)
        case State.BLOCKED:
            return held.of_author(row, waiting) if is_author(row, viewer) else held.of_colleague(row, viewer)
        case State.SENT:
            return _sent(row)
        case State.FAILED:
            return _failed(row)
        case State.CANCELLED:
            return Words(f"Cancelled at {at_clock(row.finished_at)}. Nothing was sent.", "quiet", "close")
        case _:
            return Words(f"Discarded at {at_clock(row.finished_at)}.", "quiet", "close")


def _as(row: Outgoing) -> str:
    doing = "Reacting" if row.kind == Kind.REACT and row.reaction != "LIKE" else DOING[row.kind]
    return f"{doing} as {row.actor_name}"


def _queued(row: Outgoing, now: datetime, held_by: str | None) -> Words:
    seconds = int((row.due_at - now).total_seconds() + 0.999)
    if seconds > 0:
        return Words(f"{_as(row)} in {seconds} s", "ours", "clock", (UNDO, SEND_NOW))
    if held_by:
        what = "is still being checked" if held_by == State.UNKNOWN else "goes first"
        return Words(f"Waiting: one earlier reply in this thread {what}.", "ours", "clock", (CANCEL,))
    return Words(f"{_as(row)} in a moment", "ours", "clock", (CANCEL,))


def _waiting(row: Outgoing, now: datetime) -> Words:
    until = at_clock(row.not_before)
    match row.reason:
        case Reason.PACE:
            deed = "react" if row.kind in (Kind.REACT, Kind.UNREACT) else "comment"
            words = f"Waiting until {until} — LinkedIn limits how fast you can {deed}. Nothing is lost."
        case Reason.DAILY_LIMIT:
            words = f"Waiting until {until} — LinkedIn's limit for today is used up. Nothing is lost."
        case Reason.LINKEDIN_DOWN:
            words = f"LinkedIn does not answer. We try again at {until}; nothing is lost."
        case reason if reason in IN_DOUBT and row.kind not in EVENTS:
            words = f"LinkedIn did not answer clearly. We ask again at {until}; asking twice does no harm."
            return Words(words, "ours", "clock")
        case Reason.PICTURE_PROCESSING:
            words = "LinkedIn is preparing your picture. Your comment follows at once."
        case _:
            words = f"Waiting until {until}, then we try again. Nothing is lost."
    return Words(words, "ours", "clock", (CANCEL,))


def _under_another_name(row: Outgoing) -> Words:
    words = (
        f"LinkedIn published this under another name than {row.actor_name}. Look on LinkedIn and decide; "
        f"until then nothing more is sent as {row.actor_name}."
    )
    steps = (SEND_AGAIN, DISCARD) if row.state == State.NEEDS_ATTENTION else ()
    return Words(words, "attention", "attention", (_look_there(row), *steps))


def _needs_attention(row: Outgoing) -> Words:
    thing = THING[row.kind]
    if row.reason == Reason.TOO_OLD:
        hours = int((clock.now() - row.wanted_at).total_seconds() // 3600)
        words = f"Written {hours} hours ago. Still send it?"
        return Words(words, "attention", "attention", (STILL_SEND, *_edit_of(row), DISCARD))
    if row.reason == Reason.RESTORED:
        words = (
            f"Threadwell came back from an older backup, so this {thing} may be on LinkedIn already. "
            "Look there before you send it."
        )
        there = (THERE,) if row.kind in EVENTS else ()
        return Words(_with_time(words, row), "attention", "attention", (_look_there(row), *there, SEND_AGAIN, DISCARD))
    if row.reason == Reason.NEARLY:
        words = f"LinkedIn shows something much like your {thing}: “{row.result_text}”. Is it yours?"
        steps = (_look_there(row), THIS_ONE, SEND_AGAIN, DISCARD)
        return Words(_with_time(words, row), "attention", "attention", steps)
    if row.reason == Reason.CHANGED_THERE:
        changed = f"Somebody changed this comment on LinkedIn meanwhile. It says: “{row.result_text}”."
        words = f"{changed} Replace that with your words?"
        return Words(words, "attention", "attention", (REPLACE, *_edit_of(row), DISCARD))
    if row.kind in EVENTS:
        words = f"We could not find out. Look on LinkedIn: is your {thing} there?"
        steps = (_look_there(row), THERE, SEND_AGAIN, DISCARD)
        return Words(_with_time(words, row), "attention", "attention", steps)
    words = f"LinkedIn did not answer several times. Your {thing} may be there or not; trying again does no harm."
    return Words(words, "attention", "attention", (TRY_AGAIN, DISCARD))


def _with_time(words: str, row: Outgoing) -> str:
    return f"{words} {tried(row)}".strip()


def _look_there(row: Outgoing) -> Step:
    return Step("open", "Look on LinkedIn", href=texts.permalink(row.near_urn or row.target_urn))


def _edit_of(row: Outgoing) -> tuple[Step, ...]:
    return (EDIT,) if row.text else ()


def _sent(row: Outgoing) -> Words:
    if row.twin_urn and row.hidden_at is None:
        words = "This appears twice on LinkedIn. Delete the second?"
        return Words(words, "attention", "attention", (DELETE_SECOND, Step("keep", "Keep both")))
    if row.reason == Reason.ALREADY_SO:
        return Words(f"It was already so on LinkedIn · {at_clock(row.finished_at)}", "quiet", "sent")
    if row.result_text and row.hidden_at is None:
        words = (
            f"On LinkedIn, but it shows the text differently: “{row.result_text}”. "
            f"You wrote: “{texts.plain(row.text)}”."
        )
        delete = (replace(DELETE, tone="danger"),) if row.kind in EVENTS else ()
        return Words(words, "attention", "attention", (Step("keep", "Keep"), EDIT, *delete))
    steps = (DELETE,) if row.kind in EVENTS else ()
    return Words(f"{DONE[row.kind]} · {at_clock(row.finished_at)}", "quiet", "sent", steps)


def _failed(row: Outgoing) -> Words:
    match row.reason:
        case Reason.PICTURE_REFUSED:
            words = "LinkedIn does not take a picture in this place."
            bare = (replace(WITHOUT_PICTURE, tone="main"),) if row.text else ()
            return Words(words, "attention", "attention", (*bare, DISCARD))
        case reason if reason in OF_PICTURE:
            instead = ", or send it without" if row.text else ""
            kept = " Your text is kept." if row.text else ""
            words = f"{OF_PICTURE[reason]} Nothing was sent.{kept} Choose a picture again{instead}."
            instead_of = (replace(WITHOUT_PICTURE, tone="main"), replace(EDIT, tone="")) if row.text else (EDIT,)
            return Words(words, "attention", "attention", (*instead_of, DISCARD))
        case Reason.TARGET_GONE:
            words = f"{GONE[row.kind]} no longer exists."
            if row.text:
                words += " Your text is kept."
            again = (AS_NEW,) if row.kind == Kind.REPLY else ()
            return Words(words, "attention", "attention", (*((COPY,) if row.text else ()), *again, DISCARD))
        case _:
            refusal = refusals.told(row)
            bare = (WITHOUT_PICTURE,) if refusal.of_picture else ()
            return Words(refusal.words, "attention", "attention", (*_edit_of(row), *bare, DISCARD))
