"""Sending what was accepted: claim, attempt, one call, outcome; and what people decide about it on the way.

The database row is the truth; messages only ring. All steps are conditional updates on state and fence, so that two
workers, a late one or a dead one never send twice. The caller rings for what is returned.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, OperationalError, transaction
from django.db.models import F, Q
from django.utils import timezone

from socialactions.linkedin.client import LinkedIn
from socialactions.linkedin.errors import LinkedInError, NotFound, TokenRejected
from socialactions.linkedin.oauth import TokenEndpointDown
from socialactions.linkedin.payloads import Comment as CommentPayload
from socialactions.linkedin.urns import Urn
from socialactions.models import Attempt, Outgoing, User

from . import connections, faces, pages, wire
from .connections import ConnectionEnded
from .events import record, topic_of
from .moves import LEASE, TOO_OLD, due, move, settle, step
from .outcomes import EVENTS, IN_DOUBT, Outcome, Reason, of_dead_worker, of_error
from .rights_now import why_blocked

log = logging.getLogger(__name__)
State = Outgoing.State

LAST_MOMENT_S = 30  # seconds after the claim in which the first byte may leave; lease 90 s > 30 s + 45 s of the request
RING_AGAIN = timedelta(seconds=8)  # a bell that was not answered by then is taken for lost
DOUBT_AT_MOST = timedelta(minutes=15)
PICTURE_WAIT = timedelta(seconds=2)  # doubled each time
PICTURE_WAITS_DOUBLED = 7
RINGS_AT_ONCE = 200
NEEDED_TO_SEND = (
    *("desk", "user", "connection__desk", "organization__desk", "post__organization"),
    *("comment", "thread", "picture"),
)
SHORT_WAIT = timedelta(seconds=60)  # longer ones are left to the sweeper


@dataclass(frozen=True, slots=True)
class Bell:
    """Ring for this row, after so many seconds."""

    pk: int
    wait_s: float = 0


def deliver(pk: int) -> list[Bell]:
    """Send one due action; harmless to call twice, early, late or never."""
    claimed_at = _boot_clock()
    row = _claim(pk)
    if row is None:
        return []
    outcome = _try(row, claimed_at)
    if outcome is not None:
        settle(row, outcome)
    return next_in_line(row)


def next_in_line(row: Outgoing) -> list[Bell]:
    """Whose turn it is after this one moved: the next of its thread, or itself again when it waits for a short time."""
    now = timezone.now()
    following = due(now).filter(order_key=row.order_key).order_by("pk").values_list("pk", flat=True).first()
    if following is not None:
        return [Bell(following)]
    if row.state == State.WAITING and row.not_before and row.not_before - now < SHORT_WAIT:
        return [Bell(row.pk, max((row.not_before - now).total_seconds(), 0))]
    return []


def undo(row: Outgoing, *, by: User) -> bool:
    """Take back what has not left yet. False when it is too late, or when an earlier try may have done it."""
    if row.kind not in EVENTS and Attempt.objects.filter(outgoing=row, outcome__in=IN_DOUBT).exists():
        return False
    return step(row, [State.QUEUED, State.WAITING], Outcome(State.CANCELLED, Reason.BY_PERSON), by)


def send_now(row: Outgoing, *, by: User) -> bool:
    """End the undo window. The caller rings."""
    return bool(Outgoing.objects.filter(pk=row.pk, state=State.QUEUED).update(due_at=timezone.now()))


def discard(row: Outgoing, *, by: User) -> bool:
    """Give up what needs attention or is blocked; put away what failed. History keeps both."""
    if row.state == State.FAILED:
        return bool(Outgoing.objects.filter(pk=row.pk, hidden_at__isnull=True).update(hidden_at=timezone.now()))
    return step(row, [State.NEEDS_ATTENTION, State.BLOCKED], Outcome(State.DISCARDED, Reason.BY_PERSON), by)


def keep(row: Outgoing, *, by: User) -> bool:
    """LinkedIn shows it differently, and that is all right."""
    mine = Outgoing.objects.filter(pk=row.pk, state=State.SENT, hidden_at__isnull=True)
    return bool(mine.update(hidden_at=timezone.now()))


def send_again(row: Outgoing, *, by: User) -> bool:
    """A person decided: it is not there, or an old or blocked one shall still go. The caller rings."""
    now = timezone.now()
    if ok := step(row, [State.NEEDS_ATTENTION, State.BLOCKED], Outcome(State.QUEUED, Reason.BY_PERSON), by):
        # The day of the age limit begins again: somebody has just said that it is still wanted.
        Outgoing.objects.filter(pk=row.pk).update(due_at=now, not_before=None, created_at=now, doubt_since=None)
    return ok


def it_is_there(row: Outgoing, answer: CommentPayload, *, by: User) -> bool:
    """A person says that it is on LinkedIn, and the comment was found: bind it to this action, once."""
    with transaction.atomic():
        held = Outgoing.objects.filter(pk=row.pk, state=State.NEEDS_ATTENTION).select_for_update()
        if not held.exists() or Outgoing.objects.filter(result_urn=str(answer.urn)).exists():
            return False
        wire.apply(row, answer)
        move(row, Outcome(State.SENT, Reason.BY_PERSON), timezone.now(), by)
    return True


def resume(user: User) -> list[int]:
    """After connecting again: what waited only for that goes on. Returns ids to ring."""
    blocked = Outgoing.objects.filter(
        user=user, member_urn=user.member_urn, state=State.BLOCKED, reason=Reason.TOKEN_ENDED
    )
    moved = [row.pk for row in blocked if step(row, [State.BLOCKED], Outcome(State.QUEUED, ""), user)]
    Outgoing.objects.filter(pk__in=moved).update(connection=getattr(user, "connection", None))
    return moved


def sweep() -> list[int]:
    """Find what no bell announced, leases that ran out, doubts and waits that lasted too long. Returns ids to ring."""
    now = timezone.now()
    for pk in Outgoing.objects.filter(state=State.SENDING, lease_until__lt=now).values_list("pk", flat=True):
        _end_lease(pk, now)
    for row in Outgoing.objects.filter(state=State.UNKNOWN, doubt_since__lt=now - DOUBT_AT_MOST):
        reason = row.reason if row.reason == Reason.WRONG_ACTOR else Reason.UNDECIDED
        step(row, [State.UNKNOWN], Outcome(State.NEEDS_ATTENTION, reason), None)
    waiting = [State.QUEUED, State.WAITING, State.BLOCKED]
    for row in Outgoing.objects.filter(state__in=waiting, created_at__lt=now - TOO_OLD):
        step(row, waiting, Outcome(State.NEEDS_ATTENTION, Reason.TOO_OLD), None)
    unheard = Q(rang_at__isnull=True) | Q(rang_at__lt=now - RING_AGAIN)
    ids = list(due(now).filter(unheard).order_by("pk").values_list("pk", flat=True)[:RINGS_AT_ONCE])
    Outgoing.objects.filter(pk__in=ids).update(rang_at=now)
    return ids


def _end_lease(pk: int, now: datetime) -> None:
    """Take a row from a worker that is late. Looked at under the lock: the worker may be writing its attempt now."""
    with transaction.atomic():
        row = Outgoing.objects.select_for_update().filter(pk=pk, state=State.SENDING, lease_until__lt=now).first()
        if row is not None:
            has_attempt = Attempt.objects.filter(outgoing=row, fence=row.fence).exists()
            settle(row, of_dead_worker(row, has_attempt=has_attempt, tries=row.fence, now=now))


def _claim(pk: int) -> Outgoing | None:
    now = timezone.now()
    with transaction.atomic():
        mine = due(now).filter(pk=pk)
        if mine.update(state=State.SENDING, fence=F("fence") + 1, lease_until=now + LEASE) != 1:
            return None
        row = Outgoing.objects.select_related(*NEEDED_TO_SEND).get(pk=pk)
        record(desk=row.desk, kind="state", topic=topic_of(row), outgoing=row)
    return row


def _try(row: Outgoing, claimed_at: float) -> Outcome | None:
    """Everything between claim and outcome. None when another has taken over, or when the end is written already."""
    if row.connection is None:
        return Outcome(State.BLOCKED, Reason.TOKEN_ENDED)
    try:
        pages.fresh_roles(row.connection)
        client = connections.client_for(row.connection)
        if reason := why_blocked(row):
            return Outcome(State.BLOCKED, reason)
        if row.picture and (not_yet := _picture_not_ready(client, row)):
            return not_yet
    except ConnectionEnded:
        return Outcome(State.BLOCKED, Reason.TOKEN_ENDED)
    except TokenEndpointDown:
        return Outcome(State.WAITING, Reason.LINKEDIN_DOWN, timezone.now() + timedelta(seconds=60))
    except LinkedInError as error:
        return _before_the_call(row, error)
    if not _begin_attempt(row, claimed_at):
        return None
    return _call(client, row)


def _call(client: LinkedIn, row: Outgoing) -> Outcome | None:
    try:
        answer = wire.send(client, row)
    except LinkedInError as error:
        outcome = of_error(row, error, tries=row.fence, now=timezone.now())
        if isinstance(error, TokenRejected):
            outcome = _after_refused_token(row, outcome)
        _note_error(row, error)
        settle(row, outcome, detail=error.message)
        return None
    _settle_success(row, answer)
    faces.introduce(row.user)
    return None


def _settle_success(row: Outgoing, answer: CommentPayload | None) -> None:
    """Write the success; a database that refuses is asked again until the lease ends, and the log keeps the URN."""
    until = time.monotonic() + LEASE.total_seconds() / 2
    while True:
        try:
            settle(row, Outcome(State.SENT, ""), answer)
            return
        except IntegrityError:
            # Another action has this comment already: LinkedIn's answer cannot be about ours.
            log.exception("action %s: %s belongs to another action", row.uid, answer.urn if answer else "-")
            row.result_urn = row.result_comment = None
            settle(row, Outcome(State.UNKNOWN, Reason.ODD_ANSWER))
            return
        except OperationalError:
            log.exception("action %s is on LinkedIn as %s, but not written", row.uid, answer.urn if answer else "-")
            if time.monotonic() > until:
                raise
            time.sleep(1)
        except Exception:
            log.critical("action %s is on LinkedIn as %s, but not written", row.uid, answer.urn if answer else "-")
            raise


def _before_the_call(row: Outgoing, error: LinkedInError) -> Outcome:
    """A failure while roles were asked or the picture was uploaded: the action itself surely did not leave."""
    outcome = of_error(row, error, tries=row.fence, now=timezone.now())
    if isinstance(error, TokenRejected):
        return _after_refused_token(row, outcome)
    if isinstance(error, NotFound) or outcome.state in (State.UNKNOWN, State.NEEDS_ATTENTION, State.SENT):
        return Outcome(State.WAITING, Reason.LINKEDIN_DOWN, timezone.now() + timedelta(seconds=15))
    return outcome


def _after_refused_token(row: Outgoing, outcome: Outcome) -> Outcome:
    """401 was not applied: refresh once and try once; a second refusal is for a person."""
    assert row.connection is not None
    if row.reason == Reason.TOKEN_REFUSED:  # how the try before this one ended
        return Outcome(State.BLOCKED, Reason.TOKEN_ENDED)
    try:
        connections.refreshed_token(row.connection, refused_version=row.connection.token_version)
    except ConnectionEnded:
        return Outcome(State.BLOCKED, Reason.TOKEN_ENDED)
    except TokenEndpointDown:
        return Outcome(State.WAITING, Reason.LINKEDIN_DOWN, outcome.again_at)
    return Outcome(State.WAITING, Reason.TOKEN_REFUSED, timezone.now())


def _picture_not_ready(client: LinkedIn, row: Outgoing) -> Outcome | None:
    """Bring the picture to LinkedIn; how the action goes on without it being there, None when it is."""
    if not row.image_urn:
        try:
            wire.upload(client, row)
        except FileNotFoundError:
            return Outcome(State.FAILED, Reason.PICTURE_REFUSED)
    try:
        status = client.image(Urn.parse(row.image_urn)).status
    except NotFound:
        Outgoing.objects.filter(pk=row.pk).update(image_urn="")  # uploaded anew next time
        raise
    if status == "PROCESSING_FAILED":
        return Outcome(State.FAILED, Reason.PICTURE_REFUSED)
    if status == "AVAILABLE":
        return None
    wait = PICTURE_WAIT * 2 ** min(row.fence - 1, PICTURE_WAITS_DOUBLED)
    return Outcome(State.WAITING, Reason.PICTURE_PROCESSING, timezone.now() + wait)


def _begin_attempt(row: Outgoing, claimed_at: float) -> bool:
    """Commit the attempt, then check once more that we still may: own deadline on the clock that counts suspension."""
    now = timezone.now()
    with transaction.atomic():
        if (
            Outgoing.objects.filter(pk=row.pk, fence=row.fence, state=State.SENDING).update(lease_until=now + LEASE)
            != 1
        ):
            return False
        Attempt.objects.create(outgoing=row, fence=row.fence, wire_at=now)
    if _boot_clock() - claimed_at > LAST_MOMENT_S:
        Attempt.objects.filter(outgoing=row, fence=row.fence).delete()
        settle(row, Outcome(State.WAITING, Reason.WORKER_DIED, timezone.now()))
        return False
    return True


def _note_error(row: Outgoing, error: LinkedInError) -> None:
    Attempt.objects.filter(outgoing=row, fence=row.fence).update(
        status=error.status, code=(error.code or "")[:60], request_id=(error.request_id or "")[:120]
    )


def _boot_clock() -> float:
    """Seconds since boot, suspension included."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)
