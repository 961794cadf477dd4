"""What goes in and out about actions. What an answer says is read off the row and the words that screens use."""

from __future__ import annotations

import json
import math
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from django.urls import reverse
from ninja import Schema
from pydantic import AfterValidator, ConfigDict, Field

from socialactions import clock
from socialactions.models import Outgoing
from socialactions.queries import programs
from socialactions.queries.texts import permalink
from socialactions.services.outcomes import Reason
from socialactions.services.telling import kind_of

Kind, State = Outgoing.Kind, Outgoing.State
WishKind = Literal["comment", "reply", "like", "unlike", "react", "unreact", "edit", "delete"]
ActionKind = Literal["comment", "reply", "like", "unlike", "react", "edit", "delete", "close_comments", "open_comments"]
Reaction = Literal["LIKE", "PRAISE", "EMPATHY", "INTEREST", "APPRECIATION", "ENTERTAINMENT"]
StateName = Literal[
    "queued",
    "waiting",
    "sending",
    "unknown",
    "needs_attention",
    "blocked",
    "sent",
    "failed",
    "cancelled",
    "discarded",
]
REASONS = tuple(sorted(value for name, value in vars(Reason).items() if name.isupper()))
SOON, WATCHED, FOR_A_PERSON = timedelta(seconds=2), timedelta(seconds=10), timedelta(minutes=5)
LATEST = timedelta(hours=1)


def _storable(text: str) -> str:
    """No database takes the character NUL, or half of a surrogate pair, which JSON can spell and UTF-8 cannot."""
    if "\0" in text:
        raise ValueError("holds the character NUL")
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("holds half of a surrogate pair")
    return text


Words = Annotated[str, AfterValidator(_storable)]


class MentionIn(Schema):
    """A span of `text` that means somebody."""

    model_config = ConfigDict(extra="forbid")

    start: int = Field(ge=0, le=1_000_000)
    length: int = Field(ge=1, le=1_000_000)
    urn: Words = Field(max_length=255, description="`urn:li:person:…` or `urn:li:organization:…`")


class Wish(Schema):
    """What shall happen on LinkedIn, as whom, and where."""

    model_config = ConfigDict(extra="forbid")

    kind: WishKind = Field(description="`unreact` is another word for `unlike`; both take any reaction back.")
    actor: Words = Field(
        max_length=255,
        description="An organization or the key's member by URN, or `member`. Always said, never guessed.",
    )
    target: Words = Field(
        max_length=2000,
        description="The post (to comment, like, react) or comment (to reply, like, react, edit, delete): its URN "
        "(share, ugcPost, activity, comment), its address on LinkedIn, or our id.",
    )
    text: Words | None = Field(
        None,
        max_length=20_000,
        description="comment, reply, edit. Mentions as `@[Name](urn)`, unless `mentions` is there.",
    )
    mentions: list[MentionIn] | None = Field(
        None, max_length=50, description="Instead of tokens; `text` is then taken as it stands."
    )
    mention_unit: Literal["utf16", "codepoint"] = Field("utf16", description="What `start` and `length` count.")
    image: UUID | None = Field(
        None, description="comment: a picture's id from `POST /images`, unless one comes with the wish as a form."
    )
    reaction: Reaction | None = Field(None, description="react.")
    allow_parallel: bool = Field(
        False, description="reply: also where a colleague answered in the same thread within the last five minutes."
    )

    def asked(self, picture: dict[str, str] | None = None) -> str:
        """In canonical words, for comparing. What is off by default is left out, as in wishes from before it was."""
        unsaid = set() if self.allow_parallel else {"allow_parallel"}
        said = self.model_dump(mode="json", exclude_none=True, exclude=unsaid)
        return json.dumps({**said, "picture": picture} if picture else said, sort_keys=True)


class Links(Schema):
    self: str
    history: str = Field(description="Its story, for people who sign in.")
    target: str = Field(description="On LinkedIn.")
    result: str | None = Field(description="What it became on LinkedIn.")


class ActionOut(Schema):
    id: UUID
    kind: ActionKind
    reaction: Reaction | None
    actor: str
    member: str = Field(description="On whose LinkedIn connection it leaves, by URN.")
    target: str
    state: StateName
    final: bool = Field(description="Nothing changes any more.")
    reason: Literal[*REASONS] | None  # type: ignore[valid-type]  # a closed list
    message: str = Field(description="State and reason for people; may change.")
    retryable: Literal["no", "safe", "after_check"] = Field(
        description="Whether the same may be asked again under a new Idempotency-Key: `no` while Threadwell goes on by "
        "itself or where it would end the same way, `after_check` when it may be on LinkedIn already."
    )
    way: str = Field(description="`browser`, or the name of the key.")
    created_at: datetime
    due_at: datetime = Field(description="Leaves at the earliest then; until then it can be taken back.")
    not_before: datetime | None = Field(
        description="While it waits: when it is tried again. While it is queued: not before this moment, as far as "
        "known now, by the member's pace and what stands in line; null when nothing holds it. Lists say it only of "
        "what waits."
    )
    finished_at: datetime | None
    result_urn: str | None = Field(description="The comment on LinkedIn.")
    links: Links


class ActionsOut(Schema):
    actions: list[ActionOut]
    next_cursor: str | None


def action(row: Outgoing, now: datetime | None = None) -> dict[str, Any]:
    """One of the rows of `queries.programs`."""
    return {
        "id": row.uid,
        "kind": kind_of(row),
        "reaction": row.reaction or None,
        "actor": row.actor_urn,
        "member": row.member_urn,
        "target": row.target_urn,
        "state": row.state,
        "final": row.is_final,
        "reason": row.reason or None,
        "message": programs.sentence(row, now or clock.now()),
        "retryable": retryable(row),
        "way": row.way,
        "created_at": row.created_at,
        "due_at": row.due_at,
        "not_before": not_before(row),
        "finished_at": row.finished_at,
        "result_urn": row.result_urn,
        "links": {
            "self": address_of(row),
            "history": reverse("outgoing-show", args=[row.uid]),
            "target": permalink(row.target_urn),
            "result": permalink(row.result_urn) if row.result_urn else None,
        },
    }


def not_before(row: Outgoing) -> datetime | None:
    """What is written down, or else what was reckoned from its member's pace and the line before it."""
    return row.not_before or getattr(row, "expected_at", None)


def retryable(row: Outgoing) -> str:
    match row.state:
        case State.CANCELLED:
            return "safe"
        case State.UNKNOWN | State.NEEDS_ATTENTION | State.DISCARDED:
            return "after_check"
        case _:
            return "no"


def address_of(row: Outgoing) -> str:
    return reverse("api:action", args=[row.uid])


def ask_again_after_s(row: Outgoing) -> int | None:
    """When there may be news: for Retry-After; None when nothing changes any more."""
    now = clock.now()
    match row.state:
        case _ if row.is_final:
            return None
        case State.QUEUED:
            left = max(row.due_at - now, (not_before(row) or now) - now, timedelta(0)) + SOON
        case State.WAITING:
            left = max((row.not_before or now) - now, timedelta(0)) + SOON
        case State.SENDING:
            left = SOON
        case State.UNKNOWN:
            left = WATCHED
        case _:
            left = FOR_A_PERSON
    return math.ceil(min(left, LATEST).total_seconds())
