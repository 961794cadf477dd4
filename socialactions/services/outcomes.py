"""What LinkedIn's answer to a write means for the action: one table, read from top to bottom, doubt at its end.

Comments and replies are *events*: repeating one in doubt could say it twice in public, so doubt is ``unknown``.
Reactions, edits, deletes and opening or closing comments are *states*: repeating them changes nothing, so doubt is
tried again.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from http.client import FORBIDDEN, UNAUTHORIZED

from socialactions import waits
from socialactions.linkedin import errors
from socialactions.models import Attempt, Outgoing

Kind, State = Outgoing.Kind, Outgoing.State
EVENTS = frozenset({Kind.COMMENT, Kind.REPLY})
TAKE_BACK = frozenset({Kind.DELETE, Kind.UNREACT})
TRIES_OF_A_STATE = 5
DETAIL_CHARS = 500


class Reason:
    """Why a row is in its state; the screen's words for each are in queries/wording.py."""

    LINKEDIN_DOWN = "linkedin_down"
    PACE = "pace"
    DAILY_LIMIT = "daily_limit"
    PICTURE_PROCESSING = "picture_processing"
    TOKEN_REFUSED = "token_refused"  # noqa: S105 - a reason, not a secret
    TOKEN_ENDED = "token_ended"  # noqa: S105 - a reason, not a secret
    NO_RIGHT = "no_right"
    VERSION_SUNSET = "version_sunset"
    PICTURE_REFUSED = "picture_refused"  # in this place
    PICTURE_LOST = "picture_lost"  # the kept file is gone
    PICTURE_NOT_TAKEN = "picture_not_taken"  # the upload was refused
    PICTURE_UNREADABLE = "picture_unreadable"  # uploaded, and LinkedIn could not process it
    TARGET_GONE = "target_gone"
    ALREADY_SO = "already_so"
    REFUSED = "refused"
    NO_ANSWER = "no_answer"
    ODD_ANSWER = "odd_answer"
    WRONG_ACTOR = "wrong_actor"
    WORKER_DIED = "worker_died"
    INTERRUPTED = "interrupted"  # and surely not done
    UNDECIDED = "undecided"  # the looks did not settle it
    ABSENT = "absent"  # the looks did not find it, again and again
    NEARLY = "nearly"  # the looks found something much like it
    FOUND = "found"  # a look found it
    RESTORED = "restored"  # the database came back from an older backup
    CHANGED_THERE = "changed_there"  # somebody else changed the comment that this would change
    TOO_OLD = "too_old"
    OTHER_MEMBER = "other_member"
    BY_PERSON = "by_person"


REPEATABLE = frozenset({Reason.NO_ANSWER, Reason.WORKER_DIED})
"""Doubts after which a comment that is proven absent may be sent once more without asking."""

IN_DOUBT = frozenset({Reason.NO_ANSWER, Reason.ODD_ANSWER, Reason.WORKER_DIED, Reason.WRONG_ACTOR, Reason.REFUSED})
"""Ends of an attempt after which it may be done or not."""
MAY_BE_DONE = IN_DOUBT - {Reason.REFUSED}  # after a refusal a look was had before it was called failed


@dataclass(frozen=True, slots=True)
class Outcome:
    """Where the row goes next. ``again_at`` only with WAITING, ``missing`` (in words) only with BLOCKED."""

    state: Outgoing.State
    reason: str
    again_at: datetime | None = None
    missing: str = ""


@dataclass(frozen=True, slots=True)
class SoFar:
    """Of one action: how often it was claimed, this time included; how many earlier tries ended in doubt; the time."""

    tries: int
    doubts: int
    now: datetime


NOT_PERMITTED = Outcome(State.BLOCKED, Reason.NO_RIGHT)


class WrongActor(errors.UnexpectedAnswer):
    """LinkedIn stored the comment, but names another actor than the one we asked for."""


Rule = Callable[[Outgoing, errors.LinkedInError], bool]


def of_error(row: Outgoing, error: errors.LinkedInError, so_far: SoFar) -> Outcome:
    """The first row of the table that fits decides; nothing fits means that we do not know."""
    for error_class, applies, meaning in TABLE:
        if isinstance(error, error_class) and applies(row, error):
            return meaning(row, error, so_far)
    return _doubt(row, Reason.NO_ANSWER, so_far)


def detail_of(error: errors.LinkedInError) -> str:
    """For ``Outgoing.detail``: status and code before LinkedIn's words, so that they are there when those are cut."""
    facts = " ".join(str(fact) for fact in (error.status, error.code) if fact is not None)
    return (f"{facts}: {error.message}" if facts else error.message)[:DETAIL_CHARS]


def of_dead_worker(row: Outgoing, attempt: Attempt | None, so_far: SoFar) -> Outcome:
    """A lease ran out. Without an attempt row no byte can have left, because it is committed first. What LinkedIn
    refused is noted there before roles or a token are asked for.
    """
    if attempt is None or attempt.status == UNAUTHORIZED:
        return Outcome(State.WAITING, Reason.INTERRUPTED, so_far.now)
    if attempt.status == FORBIDDEN:
        return NOT_PERMITTED
    return _doubt(row, Reason.WORKER_DIED, so_far)


def _doubt(row: Outgoing, reason: str, so_far: SoFar) -> Outcome:
    if row.kind in EVENTS:
        return Outcome(State.UNKNOWN, reason)
    tries = so_far.doubts + 1
    if tries < TRIES_OF_A_STATE:
        return Outcome(State.WAITING, reason, _back_off(tries, so_far.now))
    return Outcome(State.NEEDS_ATTENTION, reason)


def _back_off(tries: int, now: datetime) -> datetime:
    return now + min(waits.BACK_OFF * 2 ** min(tries - 1, 10), waits.BACK_OFF_MOST)


def _always(row: Outgoing, error: errors.LinkedInError) -> bool:
    return True


def _takes_back(row: Outgoing, error: errors.LinkedInError) -> bool:
    return row.kind in TAKE_BACK


def _is_event(row: Outgoing, error: errors.LinkedInError) -> bool:
    return row.kind in EVENTS


def _reacts(row: Outgoing, error: errors.LinkedInError) -> bool:
    return row.kind == Kind.REACT


def _is_creation_throttle(row: Outgoing, error: errors.LinkedInError) -> bool:
    return isinstance(error, errors.RateLimited) and error.creation_throttle


def _refuses_picture(row: Outgoing, error: errors.LinkedInError) -> bool:
    return (
        isinstance(error, errors.NotPermitted)
        and "content" in (error.field_refused or "")
        and row.picture_id is not None
    )


Meaning = Callable[[Outgoing, errors.LinkedInError, SoFar], Outcome]


def _to(state: Outgoing.State, reason: str) -> Meaning:
    return lambda row, error, so_far: Outcome(state, reason)


def _again(reason: str) -> Meaning:
    return lambda row, error, so_far: Outcome(State.WAITING, reason, _until(error, so_far))


def _until(error: errors.LinkedInError, so_far: SoFar) -> datetime:
    return error.retry_at or _back_off(so_far.tries, so_far.now)


def _after_reset(reason: str) -> Meaning:
    """Never a second before LinkedIn counts anew: its clock is told in whole seconds; and not everybody at once."""

    def meaning(row: Outgoing, error: errors.LinkedInError, so_far: SoFar) -> Outcome:
        until = _until(error, so_far)
        most_s = 60 if until - so_far.now > waits.HOUR else 1
        jitter = timedelta(seconds=random.uniform(1, most_s) / waits.SPEED)  # noqa: S311 - no secret
        return Outcome(State.WAITING, reason, until + jitter)

    return meaning


def _gone(row: Outgoing, error: errors.LinkedInError, so_far: SoFar) -> Outcome:
    """What was to go is not there: gone before, or by an earlier try of ours whose answer never came."""
    return Outcome(State.SENT, "" if so_far.doubts else Reason.ALREADY_SO)


def _in_doubt(reason: str) -> Meaning:
    return lambda row, error, so_far: _doubt(row, reason, so_far)


# What came back · when the row applies · what it means. The order matters: subclasses and special cases first.
TABLE: tuple[tuple[type[errors.LinkedInError], Rule, Meaning], ...] = (
    (errors.Unreachable, _always, _again(Reason.LINKEDIN_DOWN)),
    (errors.RateLimited, _is_creation_throttle, _again(Reason.PACE)),
    (errors.RateLimited, _always, _after_reset(Reason.DAILY_LIMIT)),
    (errors.TokenRejected, _always, _again(Reason.TOKEN_REFUSED)),
    (errors.NotPermitted, _refuses_picture, _to(State.FAILED, Reason.PICTURE_REFUSED)),
    (errors.NotPermitted, _always, _to(State.BLOCKED, Reason.NO_RIGHT)),
    (errors.NotFound, _takes_back, _gone),
    (errors.NotFound, _always, _to(State.FAILED, Reason.TARGET_GONE)),
    (errors.Conflict, _reacts, _to(State.SENT, Reason.ALREADY_SO)),
    # Not quite certain that nothing was stored: one look, then failed.
    (errors.BadRequest, _is_event, _to(State.UNKNOWN, Reason.REFUSED)),
    (errors.BadRequest, _always, _to(State.FAILED, Reason.REFUSED)),
    (errors.VersionSunset, _always, _to(State.BLOCKED, Reason.VERSION_SUNSET)),
    (WrongActor, _always, _to(State.UNKNOWN, Reason.WRONG_ACTOR)),
    (errors.UnexpectedAnswer, _always, _in_doubt(Reason.ODD_ANSWER)),
    (errors.ServerBroken, _always, _in_doubt(Reason.NO_ANSWER)),
    (errors.Redirected, _always, _in_doubt(Reason.ODD_ANSWER)),
    (errors.NoAnswer, _always, _in_doubt(Reason.NO_ANSWER)),
)
