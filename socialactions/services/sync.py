"""Reading ahead: new posts, the counts of many posts in one call, and only the threads that moved.

A run walks all Pages that one person's grant reads, because a call for counts carries posts of any of them. Everything
is stored as it comes, so a run that dies loses nothing: the next one finds what is still due. What a run may spend is
`budget`'s to say, when a post is looked at again `cadence`'s.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet, Sum
from django.utils import timezone

from socialactions import clock, rights
from socialactions.linkedin.calls import SINGLES_AT_MOST
from socialactions.linkedin.errors import LinkedInError, NotFound, NotPermitted
from socialactions.linkedin.oauth import TokenEndpointDown
from socialactions.linkedin.urns import Urn
from socialactions.models import Connection, Desk, Organization, Post, SyncRun

from . import batches, budget, cadence, gone, planning, reading, shortfalls, stillness, storing
from .connections import ConnectionEnded, read_with
from .events import record
from .pages import look_after_refusal

log = logging.getLogger(__name__)

AT_ONCE = 2  # runs of all members together: workers have to send as well
LOST_AFTER = timedelta(minutes=10)
FAILURES_AT_MOST = 3
STRETCH_KNOWN_S = 600
GONE_AT_ONCE = 5  # posts in a run that are asked for by themselves because their counts did not come
WAITING_AT_MOST = 1000  # counted


def due() -> list[Connection]:
    """The connections for whom something is to be read now and who may still spend calls."""
    now = timezone.now()
    running = SyncRun.objects.filter(state=SyncRun.State.RUNNING, alive_at__gt=clock.now() - LOST_AFTER)
    busy = set(running.values_list("member_urn", flat=True))
    waiting = [
        connection
        for connection, pages in readers().items()
        if connection.member_urn not in busy and budget.left_ahead(connection.member_urn) and _is_due(pages, now)
    ]
    random.shuffle(waiting)  # none of them is always the last
    return waiting[: max(AT_ONCE - len(busy), 0)]


def run(connection: Connection, *, way: str, is_everything: bool = False) -> SyncRun | None:
    """Read ahead for the Pages of one connection; None when a run of theirs is under way already.

    ``is_everything`` looks at every post, due or not, within the same limits.
    """
    pages = readers(connection.desk).get(connection, [])
    sync = _begin(connection, way)
    if sync is None:
        return None
    one = _Run(sync, connection, pages, is_everything)
    try:
        one.go()
        sync.state = SyncRun.State.DONE if one.failures < FAILURES_AT_MOST else SyncRun.State.STOPPED
    except (LinkedInError, ConnectionEnded, TokenEndpointDown) as error:
        log.warning("run %s stopped: %s", sync.pk, type(error).__name__)
        sync.state, sync.problem = SyncRun.State.STOPPED, shortfalls.why_not_read(error)
        one.note_refusal(error)
    except BaseException:  # raised on, not understood: the run must not look alive, or the next waits for it
        sync.state, sync.problem = SyncRun.State.STOPPED, shortfalls.WENT_WRONG
        with reading.not_instead():
            one.end()
        raise
    one.end()
    return sync


def readers(desk: Desk | None = None) -> dict[Connection, list[Organization]]:
    """Which connection reads which Pages ahead, at one desk or at all: the one whose grant lasts longest."""
    candidates = (
        Connection.objects.filter(
            health=Connection.Health.OK,
            desk__isnull=False,
            roles__state="APPROVED",
            roles__role__in=rights.COMMENT_READERS,
        )
        .order_by("-expires_at", "pk")
        .distinct()
        .prefetch_related("roles__organization__desk")
        .select_related("desk", "user")
    )
    if desk is not None:
        candidates = candidates.filter(desk=desk)
    taken: set[Any] = set()
    found: dict[Connection, list[Organization]] = {}
    for connection in candidates:
        if not all(rights.has(connection.scopes, needed) for needed in (rights.READ_POSTS, rights.READ_COMMENTS)):
            continue
        for role in connection.roles.all():
            may = role.state == "APPROVED" and role.role in rights.COMMENT_READERS
            if may and role.organization_id not in taken:
                taken.add(role.organization_id)
                found.setdefault(connection, []).append(role.organization)
    return found


def stretch_of(connection: Connection, pages: list[Organization]) -> float:
    """By which factor this connection's waits grow because LinkedIn's limit is short; worked out every ten minutes."""
    to_a_call = batches.counts_in_a_call()
    key = f"stretch:{connection.pk}:{to_a_call}"
    known: float | None = cache.get(key)
    if known is None:
        looks = planning.looks_a_day(waits_of(pages), len(pages), to_a_call=to_a_call)
        known = planning.stretch(looks, reads_a_day(connection, pages), budget.share_of_day(members_reading()))
        cache.set(key, known, timeout=STRETCH_KNOWN_S)
    return known


def members_reading() -> int:
    """How many people's grants share the app's limit."""
    return Connection.objects.filter(health=Connection.Health.OK, desk__isnull=False).count()


def reads_a_day(connection: Connection, pages: list[Organization]) -> int:
    """Calls that threads took in the last day, and about what those will take that wait to be read."""
    runs = SyncRun.objects.filter(
        member_urn=connection.member_urn, started_at__gt=timezone.now() - planning.DAY
    ).aggregate(calls=Sum("thread_calls"))
    return (runs["calls"] or 0) + planning.CALLS_A_THREAD * unread(pages)[:WAITING_AT_MOST].count()


def waits_of(pages: Iterable[Organization]) -> list[timedelta]:
    """How long a look at each post of these Pages may be off, were there no limit."""
    now = timezone.now()
    times = _alive(pages).values_list("created_at", "moved_at")
    return [cadence.wait(age=now - made, quiet=now - (moved or made)) for made, moved in times.iterator()]


def unread(pages: Iterable[Organization]) -> QuerySet[Post]:
    """Posts whose counts say that there is more, or other, than was read of their comments. What stayed incomplete is
    tried again after each look, a first reading that died as soon as its lease is over.
    """
    never = Q(reading=Post.Reading.NEVER, total_comments__gt=0)
    differs = Q(reading=Post.Reading.COMPLETE) & ~Q(read_counted=F("total_comments"))
    again = Q(reading=Post.Reading.INCOMPLETE, read_tried_at__lt=F("counted_at"))
    broke_off = Q(reading=Post.Reading.READING) & (Q(reading_until__isnull=True) | Q(reading_until__lt=clock.now()))
    wanted = _alive(pages).filter(never | differs | again | broke_off)
    return wanted.order_by(F("moved_at").desc(nulls_last=True), "-created_at")


class _Run:
    """One run: what it has spent, and what it still may."""

    def __init__(self, sync: SyncRun, connection: Connection, pages: list[Organization], is_everything: bool) -> None:
        self.sync = sync
        self.connection = connection
        self.pages = pages
        self.is_everything = is_everything
        self.tally = budget.Tally()
        self.may_spend = budget.left_ahead(connection.member_urn)
        self.stretch = stretch_of(connection, pages)
        self.may_ask_for_gone = GONE_AT_ONCE
        self.failures = 0  # in a row

    def go(self) -> None:
        self._new_posts()
        if batches.counts_in_a_call() > 1:
            self._counts()
            self._threads()
        else:  # counts would take all that may be spent: threads known to have moved come first
            self._threads()
            self._counts()

    def tell(self) -> None:
        """Write down how far it is, and let open screens know."""
        self.sync.calls, self.sync.pages = self.tally.calls, self.tally.pages
        self.sync.alive_at = clock.now()
        self.sync.save()
        record(desk=self.sync.desk, kind="read", topic="sync")

    def end(self) -> None:
        self.sync.finished_at = timezone.now()
        self.tell()

    def note_refusal(self, *errors: Exception) -> None:
        """Who lost a role is asked for it again: the next run of a colleague reads there then."""
        if any(isinstance(error, NotPermitted) for error in errors):
            look_after_refusal(self.connection)

    def _has_left(self) -> bool:
        """LinkedIn that refuses again and again is left alone: each further call costs one of today's for nothing."""
        return self.tally.calls < self.may_spend and self.failures < FAILURES_AT_MOST

    def _heard(self, problem: str) -> None:
        self.failures = self.failures + 1 if problem else 0
        if problem and budget.closed_until(self.connection.member_urn):
            self.failures = FAILURES_AT_MOST  # LinkedIn has said that it is enough
        if self.failures == FAILURES_AT_MOST:
            self.sync.problem = problem

    def _new_posts(self) -> None:
        now = timezone.now()
        for page in self.pages:
            is_due = self.is_everything or page.posts_look_at is None or page.posts_look_at <= now
            if not is_due or not self._has_left() or not reading.claim_posts(page):
                continue
            is_whole = cadence.wants_all_posts(page.posts_whole_at, now, stretch=self.stretch)
            found = reading.read_posts(page.pk, only_new=not is_whole, by=self.connection, tally=self.tally)
            page.refresh_from_db(fields=["posts_problem"])
            self._heard(page.posts_problem)
            wait = cadence.NEW_POSTS * self.stretch
            Organization.objects.filter(pk=page.pk).update(posts_look_at=now + wait)
            storing.look_again(storing.named(page, found), stretch=self.stretch)
            self.sync.posts_moved += Post.objects.filter(organization=page, moved_at__gte=now).count()
            self.tell()

    def _counts(self) -> None:
        """Due posts first; a call that is made anyway is filled with those that are due next."""
        now = timezone.now()
        wanted = _alive(self.pages).order_by(F("look_at").asc(nulls_first=True))
        is_due = Q() if self.is_everything else Q(look_at__isnull=True) | Q(look_at__lte=now)
        to_a_call = batches.counts_in_a_call()
        calls = -(-wanted.filter(is_due).count() // to_a_call)
        calls = max(min(calls, self.may_spend - self.tally.calls), 0)
        posts = list(wanted[: calls * to_a_call])
        part = to_a_call if to_a_call > 1 else SINGLES_AT_MOST
        for at in range(0, len(posts), part):
            if not self._has_left() or not self._counts_of(posts[at : at + part]):
                return

    def _counts_of(self, posts: list[Post]) -> bool:
        """As many as one call takes. What it brings is stored before the next is made: that may be refused.

        Returns whether all were asked for; the others stay due.
        """
        urns = [Urn.parse(post.urn) for post in posts]
        found = read_with(
            self.connection,
            lambda client: client.social_metadata_batch(urns, size=planning.SUMMARY_SIZE),
            tally=self.tally,
        )
        self.note_refusal(*found.errors.values())
        unasked = set(map(str, found.unasked))
        posts = [post for post in posts if post.urn not in unasked]
        moved = storing.counts_of(posts, found.results)
        silent = Q(reading=Post.Reading.NEVER, total_comments=0, counted_at__isnull=False)
        _alive(self.pages).filter(silent).update(reading=Post.Reading.COMPLETE, read_at=F("counted_at"))
        storing.look_again(posts, stretch=self.stretch)
        self.sync.posts_seen += len(posts)
        self.sync.posts_moved += len(moved)
        for post in moved:
            record(desk=self.sync.desk, kind="read", topic=f"post-{post.pk}")
        self._gone([post for post in posts if isinstance(found.errors.get(Urn.parse(post.urn)), NotFound)])
        self.tell()
        return not unasked

    def _gone(self, suspects: list[Post]) -> None:
        left = min(self.may_ask_for_gone, self.may_spend - self.tally.calls)
        if not suspects or left <= 0:
            return
        self.may_ask_for_gone -= min(left, len(suspects))
        for post in read_with(
            self.connection, lambda client: gone.among(client, suspects, at_most=left), tally=self.tally
        ):
            gone.mark(post)

    def _threads(self) -> None:
        for post in unread(self.pages).select_related("organization"):
            if not self._has_left():
                return
            self.sync.thread_calls += self._read(post)
        self._still()

    def _still(self) -> None:
        """A few threads whose counts stand still. What they take is counted apart: no plan is made by it."""
        share = budget.share_of_day(members_reading())
        left = planning.left_for_still(
            clock.now(),
            share=share,
            spent=stillness.spent_today(self.connection),
            allowed=self.may_spend - self.tally.calls,
        )
        posts = stillness.posts(self.pages, planning.still_at_most(share)).select_related("organization")
        for post in posts[: planning.STILL_AT_ONCE] if left else ():
            spare = left - stillness.least_calls(post)
            if not self._has_left() or spare < 0:
                return  # what is left grows with the day, until it does for this one
            calls = self._read(post, again=min(spare, reading.AGAIN))
            self.sync.still_calls += calls
            left -= calls

    def _read(self, post: Post, *, again: int = reading.AGAIN) -> int:
        """Read one thread, unless somebody does; returns how many calls it took."""
        if reading.is_resting(post) or not reading.claim_comments(post):
            return 0
        before = self.tally.calls
        self.sync.changes += reading.read_comments(
            post.pk, again=again, by=self.connection, tally=self.tally, on_news=self.tell
        )
        post.refresh_from_db(fields=["reading", "read_problem"])
        is_whole = post.reading == Post.Reading.COMPLETE
        self._heard("" if is_whole else post.read_problem)
        self.sync.posts_read += is_whole
        self.tell()
        return self.tally.calls - before


def _begin(connection: Connection, way: str) -> SyncRun | None:
    assert connection.desk is not None
    now = timezone.now()
    running = SyncRun.objects.filter(member_urn=connection.member_urn, state=SyncRun.State.RUNNING)
    running.filter(alive_at__lt=clock.now() - LOST_AFTER).update(
        state=SyncRun.State.LOST, finished_at=now, problem="Its process ended. What it had read is kept."
    )
    try:
        with transaction.atomic():
            return SyncRun.objects.create(
                desk=connection.desk, member_urn=connection.member_urn, way=way, started_at=now, alive_at=clock.now()
            )
    except IntegrityError:
        return None


def _alive(pages: Iterable[Organization]) -> QuerySet[Post]:
    return Post.objects.filter(organization__in=list(pages), gone_at__isnull=True, expires_at__gt=timezone.now())


def _is_due(pages: list[Organization], now: Any) -> bool:
    if any(page.posts_look_at is None or page.posts_look_at <= now for page in pages):
        return True
    if _alive(pages).filter(Q(look_at__isnull=True) | Q(look_at__lte=now)).exists():
        return True
    return any(not reading.is_resting(post) for post in unread(pages)[:20])
