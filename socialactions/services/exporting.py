"""Our own actions as rows for a file, and the record of who took them away.

LinkedIn forbids exporting members' data. It is kept by construction: a row is read from the columns in SOURCES, which
hold what this desk did and its own people's names, and from nothing else. Comments, their words and the names of
members are in other tables, LinkedIn's own words about an action (`detail`, `result_text`) in other columns, and who is
mentioned in our text stands there as a URN.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from socialactions.linkedin import mentions
from socialactions.models import Desk, Outgoing, User
from socialactions.queries import history
from socialactions.queries.cursors import Place
from socialactions.spans import unit

from .events import record
from .outcomes import Reason

SOURCES = (
    *("uid", "created_at", "user__name", "actor_name", "kind", "target_urn"),
    *("text", "state", "reason", "result_urn", "finished_at", "way"),
)
CHUNK = 500
SHEET_MOST = 50_000  # rows of a sheet: it is packed as a whole before its first byte can leave
EVERYTHING = 10**9
REASONS = {
    "": "",
    Reason.LINKEDIN_DOWN: "LinkedIn did not answer",
    Reason.PACE: "LinkedIn limits how fast one can write",
    Reason.DAILY_LIMIT: "LinkedIn's limit for the day was used up",
    Reason.PICTURE_PROCESSING: "LinkedIn was preparing the picture",
    Reason.TOKEN_REFUSED: "LinkedIn refused the connection",
    Reason.TOKEN_ENDED: "the LinkedIn connection ended",
    Reason.NO_RIGHT: "a role or permission is missing",
    Reason.VERSION_SUNSET: "LinkedIn switched off the version of its API",
    Reason.PICTURE_REFUSED: "LinkedIn takes no picture in this place",
    Reason.PICTURE_LOST: "the picture was no longer kept here",
    Reason.PICTURE_NOT_TAKEN: "LinkedIn refused the picture's upload",
    Reason.PICTURE_UNREADABLE: "LinkedIn could not process the picture",
    Reason.TARGET_GONE: "what it was about no longer exists on LinkedIn",
    Reason.ALREADY_SO: "it was already so on LinkedIn",
    Reason.REFUSED: "LinkedIn refused it",
    Reason.NO_ANSWER: "LinkedIn's answer was lost",
    Reason.ODD_ANSWER: "LinkedIn's answer could not be understood",
    Reason.WRONG_ACTOR: "LinkedIn published it under another name",
    Reason.INTERRUPTED: "sending was interrupted, and nothing was done",
    Reason.WORKER_DIED: "sending was interrupted",
    Reason.UNDECIDED: "looking on LinkedIn did not settle it",
    Reason.ABSENT: "it was not found on LinkedIn",
    Reason.NEARLY: "something much like it was found on LinkedIn",
    Reason.FOUND: "it was found on LinkedIn",
    Reason.RESTORED: "the database came back from an older backup",
    Reason.CHANGED_THERE: "somebody else changed the comment on LinkedIn",
    Reason.TOO_OLD: "it waited too long",
    Reason.OTHER_MEMBER: "another person connected since",
    Reason.BY_PERSON: "decided by a person",
}


class TooMany(Exception):
    """More rows than a file of this kind takes."""

    def __init__(self, most: int) -> None:
        super().__init__(f"more than {most} rows")
        self.most = most


@dataclass(frozen=True, slots=True)
class ExportRow:
    """One action of ours, as it leaves."""

    id: UUID
    accepted_at: datetime
    person: str  # of the desk
    actor: str
    kind: str
    target_urn: str
    text: str  # ours; mentions as their URN
    state: str
    reason: str
    result_urn: str
    finished_at: datetime | None
    way: str


@dataclass(frozen=True, slots=True)
class Export:
    """What was asked for. ``chunks`` asks for a few hundred at a time, so that memory does not grow with the file."""

    desk_id: UUID
    filters: history.Filters
    rows: int  # there are, or at least: a file may go on growing while it is read

    def chunks(self) -> Iterator[list[ExportRow]]:
        """Newest first."""
        after: Place | None = None
        while True:
            keys = history.keys_of(self.desk_id, self.filters, after=after, limit=CHUNK)
            found = Outgoing.objects.filter(pk__in=keys).order_by(*history.ORDER)
            part = list(found.values_list("pk", *SOURCES))
            if not part:
                return
            yield [_row(*columns) for _, *columns in part]
            if len(part) < CHUNK:
                return
            after = Place(at=part[-1][2], pk=part[-1][0])


def begin(*, by: User, desk: Desk, filters: history.Filters, kind: str) -> Export:
    """Record who takes which kind of file and how many rows, before the first byte leaves. Raises TooMany."""
    most = SHEET_MOST if kind == "xlsx" else EVERYTHING
    rows = history.count(desk.pk, filters, up_to=most + 1)
    if rows > most:
        raise TooMany(most)
    record(desk=desk, kind="exported", topic="export", user=by, way=kind, reason=f"{rows} rows")
    return Export(desk.pk, filters, rows)


def without_names(text: str) -> str:
    """What a person of ours typed, with each mention as its URN: the name in it is a member's."""
    message = mentions.to_message(text, unit=unit())
    runs = mentions.segments(message.text, message.attributes, unit=unit())
    return "".join(f"@[{run.urn}]" if run.urn else run.text for run in runs)


def _row(
    uid: UUID,
    created_at: datetime,
    person: str,
    actor: str,
    kind: str,
    target_urn: str,
    text: str,
    state: str,
    reason: str,
    result_urn: str | None,
    finished_at: datetime | None,
    way: str,
) -> ExportRow:
    return ExportRow(
        id=uid,
        accepted_at=created_at,
        person=person,
        actor=actor,
        kind=kind,
        target_urn=target_urn,
        text=without_names(text),
        state=state,
        reason=REASONS.get(reason, ""),
        result_urn=result_urn or "",
        finished_at=finished_at,
        way=way,
    )
