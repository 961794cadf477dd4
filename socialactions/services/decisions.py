"""What people decide about an action that was accepted: take it back, hurry it, give it up, let it go on.

Each is a compare-and-set, so that of several at once one counts; False says that the action has moved on meanwhile.
``way`` is how whoever decides came: a program's key may take back what was asked for in the browser, and the reverse.
"""

from __future__ import annotations

from django.db import transaction

from socialactions import clock
from socialactions.models import Attempt, Outgoing, User

from .events import BROWSER, record, topic_of
from .matching import digest
from .moves import step
from .outcomes import EVENTS, IN_DOUBT, MAY_BE_DONE, Outcome, Reason

State = Outgoing.State


def undo(row: Outgoing, *, by: User, way: str = BROWSER) -> bool:
    """Take back what has not left yet. False when it is too late, or when an earlier try may have done it: a like that
    may be there would be taken back by its opposite. Words that may be there are given up, and not called cancelled.
    """
    if row.kind not in EVENTS and Attempt.objects.filter(outgoing=row, outcome__in=IN_DOUBT).exists():
        return False
    end = State.DISCARDED if may_be_there(row) else State.CANCELLED
    return step(row, [State.QUEUED, State.WAITING], Outcome(end, Reason.BY_PERSON), by, way)


def may_be_there(row: Outgoing) -> bool:
    """Whether an earlier try may have left something on LinkedIn, or one that a restored database forgot."""
    tries = Attempt.objects.filter(outgoing=row, outcome__in=MAY_BE_DONE)
    return tries.exists() or row.events.filter(reason=Reason.RESTORED).exists()


def send_now(row: Outgoing, *, by: User, way: str = BROWSER) -> bool:
    """End the undo window. The caller rings."""
    with transaction.atomic():
        done = Outgoing.objects.filter(pk=row.pk, state=State.QUEUED).update(due_at=clock.now())
        if done:
            record(desk=row.desk, kind="hurried", topic=topic_of(row), user=by, outgoing=row, way=way)
    return bool(done)


def discard(row: Outgoing, *, by: User, way: str = BROWSER) -> bool:
    """Give up what needs attention or is blocked; put away what failed. History keeps both."""
    if row.state == State.FAILED:
        return _put_away(row, State.FAILED, by, way)
    return step(row, [State.NEEDS_ATTENTION, State.BLOCKED], Outcome(State.DISCARDED, Reason.BY_PERSON), by, way)


def keep(row: Outgoing, *, by: User, way: str = BROWSER) -> bool:
    """LinkedIn shows it differently, or twice, and that is all right."""
    return _put_away(row, State.SENT, by, way)


def _put_away(row: Outgoing, state: Outgoing.State, by: User, way: str) -> bool:
    with transaction.atomic():
        mine = Outgoing.objects.filter(pk=row.pk, state=state, hidden_at__isnull=True)
        done = mine.update(hidden_at=clock.now())
        if done:
            record(desk=row.desk, kind="put away", topic=topic_of(row), user=by, outgoing=row, way=way)
    return bool(done)


def send_again(row: Outgoing, *, by: User, way: str = BROWSER) -> bool:
    """A person decided: it is not there, or an old or blocked one shall still go. The caller rings."""
    now = clock.now()
    # The day of the age limit begins again: somebody has just said that it is still wanted.
    again: dict[str, object] = {"due_at": now, "wanted_at": now, "offered_at": None}
    if row.reason == Reason.CHANGED_THERE:  # they were shown, and are what shall be replaced
        again |= {"seen_words": digest(row.result_text), "result_text": ""}
    outcome = Outcome(State.QUEUED, Reason.BY_PERSON)
    return step(row, [State.NEEDS_ATTENTION, State.BLOCKED], outcome, by, way, **again)


def offer(row: Outgoing, *, by: User, way: str = BROWSER) -> bool:
    """Who cannot send it lets a colleague do so; the colleague's own grant carries it then."""
    with transaction.atomic():
        mine = Outgoing.objects.filter(pk=row.pk, state=State.BLOCKED, offered_at__isnull=True)
        done = mine.update(offered_at=clock.now())
        if done:
            record(desk=row.desk, kind="offered", topic=topic_of(row), user=by, outgoing=row, way=way)
    return bool(done)
