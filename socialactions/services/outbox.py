"""Sending what was accepted: claim, attempt, one call, outcome.

The database row is the truth; messages only ring. All steps are conditional updates on state and fence, so that two
workers, a late one or a dead one never send twice. The caller rings for what is returned.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.models import Case, F, Q, When, Window
from django.db.models.functions import RowNumber

from socialactions import bells, clock, waits
from socialactions.linkedin import deadline
from socialactions.linkedin.client import LinkedIn
from socialactions.linkedin.errors import LinkedInError, NotFound, RateLimited, TokenRejected
from socialactions.linkedin.oauth import TokenEndpointDown
from socialactions.linkedin.payloads import Comment as CommentPayload
from socialactions.models import Attempt, Connection, Outgoing, Post

from . import connections, faces, high_water, overwriting, pacing, pages, pictures, resuming, weather, wire
from .connections import ConnectionEnded
from .events import record, topic_of
from .moves import due, move, settle, step, step_as_seen
from .outcomes import IN_DOUBT, NOT_PERMITTED, Outcome, Reason, SoFar, detail_of, of_dead_worker, of_error
from .rights_now import after_refusal, blocked

log = logging.getLogger(__name__)
State = Outgoing.State

RINGS_AT_ONCE = max(int(40 / waits.SPEED), 1)
"""Of one sweep, so eight a second at most: workers that are behind are not helped by hearing of the same rows again."""
NEEDED_TO_SEND = (
    *("desk", "user", "connection__desk", "organization__desk", "post__organization"),
    *("comment", "thread", "picture"),
)


@dataclass(frozen=True, slots=True)
class Bell:
    """Ring for this row, after so many seconds."""

    pk: int
    wait_s: float = 0


def deliver(pk: int, *, is_early: bool = False) -> list[Bell]:
    """Send one due action; harmless to call twice, early, late or never. ``is_early`` asks for a bell in time."""
    claimed_at = clock.boot_s()
    row = _claim(pk)
    if row is None:
        return _when_due(pk, within=waits.SHORT_WAIT if is_early else waits.CLOCKS_DIFFER)
    if row.state == State.SENDING:
        # However long this process is frozen from here on: after that time it says nothing more.
        with deadline.within(waits.LAST_MOMENT_S + waits.REQUEST_S):
            outcome = _try(row, claimed_at)
        if outcome is not None:
            settle(row, outcome)
    return next_in_line(row)


def _when_due(pk: int, *, within: timedelta) -> list[Bell]:
    """Who accepted it, or let it wait, may be a moment ahead of this process: its bell must not be lost for it."""
    now = clock.now()
    ripe_at = Case(When(state=State.WAITING, then="not_before"), default="due_at")
    soon = Outgoing.objects.filter(pk=pk, state__in=[State.QUEUED, State.WAITING]).annotate(ripe_at=ripe_at)
    found = soon.filter(ripe_at__range=(now, now + within)).values_list("ripe_at", flat=True)
    return [Bell(pk, (at - now).total_seconds()) for at in found]


def next_in_line(row: Outgoing) -> list[Bell]:
    """Whose turn it is after this one moved: the next of its thread, or itself again when it waits for a short time."""
    now = clock.now()
    following = due(now).filter(order_key=row.order_key).order_by("pk").values_list("pk", flat=True).first()
    if following is not None:
        return [Bell(following)]
    if row.state == State.WAITING and row.not_before and row.not_before - now < waits.SHORT_WAIT:
        return [Bell(row.pk, max((row.not_before - now).total_seconds(), 0))]
    return []


def sweep() -> list[int]:
    """Find what no bell announced, leases that ran out, doubts and waits that lasted too long. Returns ids to ring."""
    high_water.check()
    high_water.tell_others()
    now = clock.now()
    for pk in Outgoing.objects.filter(state=State.SENDING, lease_until__lt=now).values_list("pk", flat=True):
        _end_lease(pk, now)
    for row in Outgoing.objects.filter(state=State.UNKNOWN, doubt_since__lt=now - waits.DOUBT_AT_MOST):
        reason = row.reason if row.reason == Reason.WRONG_ACTOR else Reason.UNDECIDED
        step_as_seen(row, Outcome(State.NEEDS_ATTENTION, reason))
    waiting = [State.QUEUED, State.WAITING, State.BLOCKED]
    for row in Outgoing.objects.filter(state__in=waiting, wanted_at__lt=now - waits.TOO_OLD):
        step(row, waiting, Outcome(State.NEEDS_ATTENTION, Reason.TOO_OLD), None)
    resuming.after_upgrade()
    resuming.after_roles()
    unheard = Q(rang_at__isnull=True) | Q(rang_at__lt=now - waits.RING_AGAIN)
    order = (F("rang_at").asc(nulls_first=True), F("pk").asc())  # those first that waited longest for a bell
    # In turn: a thousand of one must not stand before the first of another person or Page.
    in_turn = Window(RowNumber(), partition_by=["member_urn", "actor_urn"], order_by=order)
    ids = list(due(now).filter(unheard).order_by(in_turn, *order).values_list("pk", flat=True)[:RINGS_AT_ONCE])
    Outgoing.objects.filter(pk__in=ids).update(rang_at=now)
    return ids


def _end_lease(pk: int, now: datetime) -> None:
    """Take a row from a worker that is late. Looked at under the lock: the worker may be writing its attempt now."""
    with transaction.atomic():
        row = Outgoing.objects.select_for_update().filter(pk=pk, state=State.SENDING, lease_until__lt=now).first()
        if row is not None:
            attempt = Attempt.objects.filter(outgoing=row, fence=row.fence).first()
            settle(row, of_dead_worker(row, attempt, _so_far(row, now)))


def _claim(pk: int) -> Outgoing | None:
    """The row, ours to send or waiting for its member's turn; None when it is not due, or another has it."""
    if not high_water.check():
        return None
    now = clock.now()
    # Loaded before anything is locked: SQLite has one lock for all who write, and most bells of a busy thread only find
    # that another goes first, who rings for this one afterwards.
    row = due(now).select_related(*NEEDED_TO_SEND).filter(pk=pk).first()
    if row is None:
        return None
    mine = Outgoing.objects.filter(pk=pk, state=row.state, fence=row.fence, connection=row.connection_id)
    with transaction.atomic():
        _one_claim_at_a_time(row.post_id, row.connection_id)
        now = clock.now()  # not before those who had their turn while we waited for ours
        if not (mine & due(now)).exists():
            return None
        turn = pacing.turn_of(row, now)
        if turn.at is not None:
            move(row, Outcome(State.WAITING, turn.reason, turn.at), now)
            return row
        claimed = mine.update(
            state=State.SENDING, fence=F("fence") + 1, lease_until=now + waits.LEASE, claimed_at=now,
            turn_after=turn.after,
        )  # fmt: skip
        if claimed != 1:
            return None
        row.state, row.fence = State.SENDING, row.fence + 1
        event = record(desk=row.desk, kind="state", topic=topic_of(row), outgoing=row)
    high_water.raise_to(event.pk, event.at)
    return row


def _one_claim_at_a_time(post_id: UUID, connection_id: UUID | None) -> None:
    """For each post and each member: order and pace are counted over several rows. SQLite locks nothing by row: there
    the transaction that has begun is the only one that writes.
    """
    if not connection.features.has_select_for_update:
        return
    # With no_key nobody who accepts something on this post waits: a new row only needs the keys that it names to stay.
    list(Post.everything.select_for_update(no_key=True).filter(pk=post_id).values_list("pk"))
    if connection_id:
        list(Connection.objects.select_for_update(no_key=True).filter(pk=connection_id).values_list("pk"))


def _try(row: Outgoing, claimed_at: float) -> Outcome | None:
    """Everything between claim and outcome. None when another has taken over, or when the end is written already."""
    if row.connection is None:
        return Outcome(State.BLOCKED, Reason.TOKEN_ENDED)
    try:
        pages.fresh_roles(row.connection)
        client = connections.client_for(row.connection)
        if (not_now := blocked(row)) is not None:
            return not_now
        if row.picture and (not_yet := pictures.not_ready(client, row)):
            return not_yet
        if (unseen := overwriting.unseen(client, row)) is not None:
            return unseen
    except ConnectionEnded:
        return Outcome(State.BLOCKED, Reason.TOKEN_ENDED)
    except TokenEndpointDown:
        return Outcome(State.WAITING, Reason.LINKEDIN_DOWN, clock.now() + waits.LINKEDIN_RESTS)
    except LinkedInError as error:
        weather.failed(error)
        return _before_the_call(row, error)
    if not _begin_attempt(row, claimed_at):
        return None
    return _call(client, row)


def _call(client: LinkedIn, row: Outgoing) -> Outcome | None:
    try:
        answer = wire.send(client, row)
    except LinkedInError as error:
        _settle_failure(row, error)
        weather.failed(error)
        return None
    _settle_success(row, answer)
    weather.answered()
    faces.introduce(row.user)
    return None


def _settle_failure(row: Outgoing, error: LinkedInError) -> None:
    outcome = _meaning(row, error)
    _note_error(row, error)  # before anything is asked: whoever stops half-way must not forget a refusal
    if isinstance(error, TokenRejected):
        outcome = _after_refused_token(row, outcome)
    if outcome == NOT_PERMITTED:
        outcome = after_refusal(row) or outcome
    if settle(row, outcome, detail=detail_of(error)) and outcome.reason == Reason.TARGET_GONE:
        bells.ring_reading(row.post_id)  # what is not there should not go on standing on our screens


def _settle_success(row: Outgoing, answer: CommentPayload | None) -> None:
    """Write the success; a database that refuses is asked again until the lease ends, and the log keeps the URN."""
    until = time.monotonic() + waits.LEASE.total_seconds() / 2
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
            if not connection.is_usable():  # a database that came back knows nothing of the old one
                connection.close()
            time.sleep(1)
        except Exception:  # only told: what follows is the caller's; the URN must not be lost with it
            log.critical("action %s is on LinkedIn as %s, but not written", row.uid, answer.urn if answer else "-")
            raise


def _meaning(row: Outgoing, error: LinkedInError) -> Outcome:
    now = clock.now()
    if error.retry_at is not None:  # said on this process's clock
        error.retry_at = now + (error.retry_at - datetime.now(UTC)) / waits.SPEED
    outcome = of_error(row, error, _so_far(row, now))
    if isinstance(error, RateLimited) and outcome.again_at is not None:
        pacing.slow_down(row, until=outcome.again_at, reason=outcome.reason, now=now)
    if outcome.reason == Reason.VERSION_SUNSET:
        return replace(outcome, missing=settings.LINKEDIN_API_VERSION)
    return outcome


def _so_far(row: Outgoing, now: datetime) -> SoFar:
    earlier = Attempt.objects.filter(outgoing=row, fence__lt=row.fence, outcome__in=IN_DOUBT)
    return SoFar(tries=row.fence, doubts=earlier.count(), now=now)


def _before_the_call(row: Outgoing, error: LinkedInError) -> Outcome:
    """A failure while roles were asked or the picture was uploaded: the action itself surely did not leave."""
    outcome = _meaning(row, error)
    if isinstance(error, TokenRejected):
        return _after_refused_token(row, outcome)
    if outcome == NOT_PERMITTED:
        return after_refusal(row) or outcome
    if isinstance(error, NotFound) or outcome.reason in IN_DOUBT or outcome.state == State.SENT:
        return Outcome(State.WAITING, Reason.LINKEDIN_DOWN, outcome.again_at or clock.now() + timedelta(seconds=15))
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
    return Outcome(State.WAITING, Reason.TOKEN_REFUSED, clock.now())


def _begin_attempt(row: Outgoing, claimed_at: float) -> bool:
    """Commit the attempt, then check once more that we still may: own deadline on the clock that counts suspension."""
    with transaction.atomic():
        mine = Outgoing.objects.filter(pk=row.pk, fence=row.fence, state=State.SENDING)
        if not mine.select_for_update().exists():
            return False
        Attempt.objects.create(outgoing=row, fence=row.fence, wire_at=clock.now())
    if clock.boot_s() - claimed_at > waits.LAST_MOMENT_S:
        Attempt.objects.filter(outgoing=row, fence=row.fence).delete()
        settle(row, Outcome(State.WAITING, Reason.INTERRUPTED, clock.now() + waits.BACK_OFF))
        return False
    return True


def _note_error(row: Outgoing, error: LinkedInError) -> None:
    Attempt.objects.filter(outgoing=row, fence=row.fence).update(
        status=error.status, code=(error.code or "")[:60], request_id=(error.request_id or "")[:120]
    )
