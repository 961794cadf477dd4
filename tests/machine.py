"""Sending as a state machine: any order of clicks, workers, sweepers, deaths and troubles, checked after each step.

The services and the sandbox are the real ones, over HTTP. What is modelled is what surrounds them:

- *Time* is time_machine's, standing still within a step, for us and for the sandbox alike; the database's time follows
  it through `socialactions.clock`. The boot clock goes on by itself, so a worker that slept is told when it began.
- *A worker* is a delivery in pieces: claim, attempt, call, outcome, each a step of `outbox`'s own. One that dies is not
  continued; one that was frozen is continued late, under the deadline that it had.
- *People* look truthfully: they say "it is there" when it is, and send again only what is not.
- *A lost database* refuses every statement from one on; what was open is rolled back, and the worker ends there.
- *The ledger* is LinkedIn's. Only one delivery runs at a time, so what it gained in a step is that delivery's doing.

Each example runs inside a transaction that is rolled back, in a copy of the same world.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any
from uuid import uuid4

import time_machine
from django.conf import settings
from django.core.cache import cache
from django.db import InterfaceError, connection, transaction
from django.db.models import Q
from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, multiple, rule
from PIL import Image

from socialactions import clock, waits
from socialactions.linkedin import deadline
from socialactions.linkedin.errors import LinkedInError
from socialactions.linkedin.payloads import Comment as Answer
from socialactions.models import Attachment, Comment, ListingDelay, Outgoing, User
from socialactions.sandbox.faults import Rule
from socialactions.sandbox.records import Entry
from socialactions.sandbox.seeds.cast import ACME, ADA, BIRCH
from socialactions.services import (
    attachments,
    connections,
    decisions,
    high_water,
    lookup,
    outbox,
    resuming,
    rights_now,
    second_thoughts,
    wire,
    writing,
)
from socialactions.services.moves import settle, stopped_by_alarm
from socialactions.services.outcomes import TAKE_BACK, Outcome
from socialactions.services.refusals import Refused
from socialactions.services.writing import Speaker
from tests.deeds import Place
from tests.environment import NOBODY_LISTENS
from tests.promises import Promises, group_of, name_of

Kind, State = Outgoing.Kind, Outgoing.State
WRITES = {"path": "^/rest/(socialActions|reactions)"}
TROUBLES: dict[str, dict[str, Any]] = {
    "lost before": {"do": "drop_before"},
    "lost after": {"do": "drop_after"},
    "503 before": {"do": "refuse", "status": 503},
    "503 after": {"do": "refuse_after", "status": 503},
    "throttled": {"do": "throttle"},
    "400": {"do": "refuse", "status": 400},
    "401": {"do": "refuse", "status": 401},
    "403": {"do": "refuse", "status": 403},
    "404": {"do": "refuse", "status": 404},
    "half an answer": {"do": "malformed", "form": "truncated"},
    "no id": {"do": "malformed", "form": "no_id"},
    "another actor": {"do": "malformed", "form": "wrong_actor"},
    "roles unreadable": {"do": "refuse", "status": 503, "path": "/organizationAcls"},
}
NOBODY = "nobody listens"
WELL = "well"
troubles = st.sampled_from([WELL, "lost before", "lost after", NOBODY, *TROUBLES])
THREADS = ["Does it stop", "Where is the data"]
threads = st.sampled_from(THREADS)
actors = st.sampled_from([ACME, ADA, BIRCH])
texts = st.sampled_from(["", "the same words"])  # "" stands for words of its own
waits_s = st.sampled_from([1, 6, 20, 61, 95, 160, 301, 901, 3700, 86_500])


@dataclass
class Worker:
    """A delivery that got so far, and when it began."""

    row: Outgoing
    began: datetime
    client: Any = None
    heard: Answer | LinkedInError | None = None
    has_called: bool = False
    has_ended: bool = False

    def __repr__(self) -> str:
        return f"worker of {self.row.pk}, fence {self.row.fence}"


class OutgoingMachine(Promises, RuleBasedStateMachine):
    """Needs `place`, set on a subclass: a desk on a running sandbox."""

    place: Place
    examples = 0
    now: datetime | None = None
    actions = Bundle("actions")
    workers = Bundle("workers")

    # an example's beginning and end

    @initialize(is_prompt=st.booleans(), lag_s=st.sampled_from([0, 20, 60]))
    def begin(self, is_prompt: bool, lag_s: float) -> None:
        """`is_prompt`: whether LinkedIn's listing was measured as prompt before."""
        self.place.switch(listing_lag_s=lag_s)
        if is_prompt:
            rows = [ListingDelay(at=clock.now(), seconds=1.0) for _ in range(60)]
            ListingDelay.objects.bulk_create(rows)

    def __init__(self) -> None:
        super().__init__()
        type(self).examples += 1
        self.world = self.place.world
        self.numbers = 0
        self.done: dict[int, list[Entry]] = defaultdict(list)
        self.told: dict[int, str] = {}
        self.picture: Attachment | None = None
        self.taken_away: set[str] = set()
        self.asked_again: Counter[tuple[str, ...]] = Counter()
        self.base_url = settings.LINKEDIN_API_BASE_URL
        self.before = {name: deepcopy(value) for name, value in vars(self.world).items() if _is_state(name)}
        if self.now is None:  # each example begins at one and the same moment: roles that grew old would change it
            type(self).now = datetime.now(UTC).replace(microsecond=0)
        self.travel = time_machine.travel(self.now, tick=False)
        self.time = self.travel.start()
        self._tell_the_time()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.threads = {words: self.place.comment(words).pk for words in THREADS}
        cache.clear()
        high_water.path().unlink(missing_ok=True)

    def teardown(self) -> None:
        try:
            if self.is_sound:
                self._run_out()
        finally:
            transaction.set_rollback(True)
            self.atomic.__exit__(None, None, None)
            self.travel.stop()
            clock.forget()
            for name, value in self.before.items():
                setattr(self.world, name, value)

    # accepting

    @rule(target=actions, thread=threads, actor=actors, text=texts, hurry=st.booleans())
    def reply(self, thread: str, actor: str, text: str, hurry: bool) -> Any:
        return self._accept(
            lambda: writing.reply_to(
                self._comment(thread), speaker=self._speaker(actor), text=self._words(text), form_key=uuid4()
            ),
            hurry,
        )

    @rule(target=actions, actor=actors, text=texts, has_picture=st.booleans(), hurry=st.booleans())
    def say(self, actor: str, text: str, has_picture: bool, hurry: bool) -> Any:
        picture = self._picture() if has_picture else None
        return self._accept(lambda: self.place.say(self._words(text), actor=actor, picture=picture), hurry)

    @rule(target=actions, thread=threads, actor=actors, kind=st.sampled_from(["LIKE", "PRAISE", ""]))
    def react(self, thread: str, actor: str, kind: str) -> Any:
        """Without a kind the reaction is taken back."""
        comment, speaker = self._comment(thread), self._speaker(actor)
        if kind:
            return self._accept(lambda: writing.react(comment.post, comment, speaker=speaker, kind=kind))
        return self._accept(lambda: writing.unreact(comment.post, comment, speaker=speaker))

    @rule(target=actions, number=st.integers(0, 3), hurry=st.booleans())
    def edit(self, number: int, hurry: bool) -> Any:
        comment = self._own_comment(number)
        if comment is None:
            return multiple()
        speaker = self._speaker(comment.actor_urn)
        words = self._words("")
        return self._accept(lambda: writing.edit(comment, speaker=speaker, text=words, form_key=uuid4()), hurry)

    @rule(target=actions, number=st.integers(0, 3), hurry=st.booleans())
    def delete(self, number: int, hurry: bool) -> Any:
        comment = self._own_comment(number)
        if comment is None:
            return multiple()
        speaker = self._speaker(comment.actor_urn)
        return self._accept(lambda: writing.delete(comment, speaker=speaker, form_key=uuid4()), hurry)

    @rule(target=actions, is_open=st.booleans(), hurry=st.booleans())
    def open_or_close(self, is_open: bool, hurry: bool) -> Any:
        """Closing takes every comment away."""
        return self._accept(
            lambda: writing.set_comments_open(
                self.place.post(), speaker=self._speaker(ACME), is_open=is_open, form_key=uuid4()
            ),
            hurry,
        )

    # delivering

    @rule(pk=actions, trouble=troubles)
    def ring(self, pk: int, trouble: str) -> None:
        """A bell: the first, a doubled, an early or a late one."""
        self._deliver(pk, trouble)

    @rule(pk=actions, trouble=troubles, statement=st.integers(0, 60))
    def ring_and_lose_the_database(self, pk: int, trouble: str, statement: int) -> None:
        """A worker whose database refuses everything from one statement on: claim, attempt or outcome."""
        with suppress(InterfaceError), _lost_database(statement):
            self._deliver(pk, trouble)
        transaction.set_rollback(False)  # what was open is rolled back; the example's own transaction goes on

    @rule(trouble=troubles)
    def work(self, trouble: str) -> None:
        """A worker takes what is due first."""
        row = outbox.due(clock.now()).order_by("pk").first()
        if row is not None:
            self._deliver(row.pk, trouble)

    @rule(target=workers, pk=actions)
    def claim(self, pk: int) -> Any:
        row = outbox._claim(pk)
        if row is None or row.state != State.SENDING:
            return multiple()
        return Worker(row, clock.now())

    @rule(worker=workers)
    def begin_attempt(self, worker: Worker) -> None:
        if worker.row.picture_id:
            return  # it is uploaded before the attempt: `go_on` does it all
        if worker.client is None and not worker.has_ended:
            worker.client = connections.client_for(worker.row.connection)
            worker.has_ended = not outbox._begin_attempt(worker.row, self._boot_s(worker))

    @rule(worker=workers, trouble=troubles)
    def call(self, worker: Worker, trouble: str) -> None:
        """The call alone; whether its outcome will be written is another step."""
        if worker.client is None or worker.has_called or worker.has_ended:
            return
        worker.has_called = True
        with self._doing(worker.row.pk), self._in_trouble(trouble, worker.row.kind), self._deadline(worker):
            try:
                worker.heard = wire.send(worker.client, worker.row)
            except LinkedInError as error:
                worker.heard = error

    @rule(worker=workers, trouble=troubles)
    def go_on(self, worker: Worker, trouble: str) -> None:
        """To the end, from where it stopped, however long ago that was."""
        if worker.has_ended:
            return
        worker.has_ended = True
        row = worker.row
        if worker.has_called:
            if isinstance(worker.heard, LinkedInError):
                outbox._settle_failure(row, worker.heard)
            else:
                outbox._settle_success(row, worker.heard)
        else:
            with self._doing(row.pk), self._in_trouble(trouble, row.kind), self._deadline(worker):
                outcome = self._rest(worker)
            if outcome is not None:
                settle(row, outcome)
        outbox.next_in_line(row)

    def _rest(self, worker: Worker) -> Outcome | None:
        if worker.client is None:
            return outbox._try(worker.row, self._boot_s(worker))
        return outbox._call(worker.client, worker.row)

    # what runs by itself

    @rule(seconds=waits_s)
    def pass_time(self, seconds: float) -> None:
        self.time.shift(timedelta(seconds=seconds))
        self._tell_the_time()

    @rule(is_heard=st.booleans(), trouble=st.sampled_from([WELL, WELL, "503 before", "lost before"]))
    def sweep(self, is_heard: bool, trouble: str) -> None:
        """What the sweeper does; its bells may get lost. Trouble meets the first look."""
        ids = outbox.sweep()
        if is_heard:
            for pk in ids:
                self._deliver(pk, WELL)
        for pk in lookup.wanted_now():
            self._look(pk, trouble)
            trouble = WELL
        second_thoughts.delete_unwanted()
        for connection_id in rights_now.to_ask_again():
            resuming.regain(connection_id)

    @rule(pk=actions)
    def look(self, pk: int) -> None:
        self._look(pk, WELL)

    @rule(lag_s=st.sampled_from([0, 20, 60]))
    def listing_lags(self, lag_s: float) -> None:
        self.place.switch(listing_lag_s=lag_s)

    @rule(role=st.sampled_from([None, "ADMINISTRATOR"]), page=st.sampled_from([ACME, BIRCH]))
    def set_role(self, role: str | None, page: str) -> None:
        self.world.set_role(ADA.rpartition(":")[2], page.rpartition(":")[2], role)

    @rule()
    def token_expires(self) -> None:
        for token in self.world.tokens.values():
            if token.kind == "access":
                token.expires = min(token.expires, self.world.now_ms())

    # what people do

    @rule(pk=actions)
    def undo(self, pk: int) -> None:
        row = self._row(pk)
        if not decisions.undo(row, by=self.place.user):
            second_thoughts.delete_when_there(row, by=self.place.user)

    @rule(pk=actions, is_wanted=st.booleans())
    def decide(self, pk: int, is_wanted: bool) -> None:
        """Somebody looks at LinkedIn and answers a question; or gives up."""
        self._decide(self._row(pk), is_wanted=is_wanted)

    def _decide(self, row: Outgoing, *, is_wanted: bool) -> None:
        user = self.place.user
        if row.state == State.NEEDS_ATTENTION and self._is_there(row):
            try:
                second_thoughts.it_is_there(row, by=user)
            except Refused:
                return  # not listed yet, or nobody may read it: they try again later
        elif row.state in (State.NEEDS_ATTENTION, State.BLOCKED):
            done = (decisions.send_again if is_wanted else decisions.discard)(row, by=user)
            self.asked_again[group_of(row)] += bool(done and is_wanted)

    # the end

    def _run_out(self) -> None:
        """Without new trouble everything ends, or waits for a person; and once people have decided, all is final."""
        self.is_sound = False
        self._end_troubles()
        self._until_quiet()
        self.check_promises()
        endless = [f"{name_of(row)} {row.state} {row.reason}" for row in self._on_their_way()]
        assert not endless, f"without end: {endless}"
        for _ in range(12):
            open_ones = list(Outgoing.objects.exclude(state__in=Outgoing.FINAL).order_by("pk"))
            if not open_ones:
                break
            self._end_troubles()
            self.pass_time(301)  # roles are asked again only after that
            for row in open_ones:
                self._decide(self._row(row.pk), is_wanted=True)
            self._until_quiet()
        self.check_promises()
        left = [
            f"{name_of(row)} {row.state} {row.reason}" for row in Outgoing.objects.exclude(state__in=Outgoing.FINAL)
        ]
        assert not left, f"people decided, and still open: {left}"
        self._check_last_reactions()
        self._check_nothing_unbound()

    def _end_troubles(self) -> None:
        self.place.switch(listing_lag_s=0)
        for post in self.world.posts.values():
            post.comments_state = "OPEN"
        for page in ("1001", "1002"):
            self.world.set_role(ADA.rpartition(":")[2], page, "ADMINISTRATOR")

    def _until_quiet(self) -> None:
        for number in range(120):
            rows = list(self._on_their_way())
            if not rows:
                return
            now = clock.now()
            moments = [moment for moment in map(_next_moment, rows) if moment is not None and moment > now]
            # Bells count as lost after eight seconds; then to the next thing that may happen, be it tomorrow.
            wait_s = (min(moments) - now).total_seconds() if moments and number % 2 else 10
            self.pass_time(wait_s + 1)
            self.sweep(is_heard=True, trouble=WELL)

    def _on_their_way(self) -> Any:
        """What moves by itself; the alarm about another actor stops what has not left until a person has looked."""
        stopped = Q(stopped_by_alarm(), state__in=[State.QUEUED, State.WAITING])
        wanting = Q(state=State.SENT, unwanted_by__isnull=False)
        return Outgoing.objects.filter((Q(state__in=Outgoing.HOLDING) & ~stopped) | wanting)

    # the steps' tools

    def _accept(self, accept: Any, hurry: bool = False) -> Any:
        try:
            row = accept()
        except Refused as error:
            note(f"    refused: {error.words}")
            return multiple()
        if hurry:
            decisions.send_now(row, by=self.place.user)
        return row.pk

    def _deliver(self, pk: int, trouble: str) -> None:
        kind = Outgoing.objects.values_list("kind", flat=True).get(pk=pk)
        with self._doing(pk), self._in_trouble(trouble, kind):
            outbox.deliver(pk)

    def _look(self, pk: int, trouble: str) -> None:
        with self._in_trouble(trouble):
            lookup.look(pk)

    @contextmanager
    def _doing(self, pk: int) -> Iterator[None]:
        before = len(self.world.ledger)
        try:
            yield
        finally:
            new = self.world.ledger[before:]
            self.done[pk] += new
            if any(one.kind == "close" for one in new):
                written = [one for one in self.world.ledger if one.kind in ("reply", "comment")]
                self.taken_away |= {one.urn for one in written if not self._stands(one)}

    @contextmanager
    def _in_trouble(self, trouble: str, kind: str = "") -> Iterator[None]:
        if trouble == "404" and kind in TAKE_BACK:
            trouble = "400"  # it would be a lie of LinkedIn's: gone means done
        try:
            if trouble == NOBODY:
                settings.LINKEDIN_API_BASE_URL = NOBODY_LISTENS
            elif trouble != WELL:
                self.world.faults.append(Rule.read({**WRITES, **TROUBLES[trouble]}))
            yield
        finally:
            settings.LINKEDIN_API_BASE_URL = self.base_url
            self.world.faults.clear()

    @contextmanager
    def _deadline(self, worker: Worker) -> Iterator[None]:
        slept_s = (clock.now() - worker.began).total_seconds()
        with deadline.within(waits.LAST_MOMENT_S + waits.REQUEST_S - slept_s):
            yield

    def _boot_s(self, worker: Worker) -> float:
        return clock.boot_s() - (clock.now() - worker.began).total_seconds()

    def _tell_the_time(self) -> None:
        clock._anchor = (clock.boot_s(), datetime.now(UTC))

    def _words(self, text: str) -> str:
        self.numbers += 1
        return text or f"words {self.numbers}"

    def _comment(self, thread: str) -> Comment:
        return Comment.objects.select_related("post__organization__desk", "thread").get(pk=self.threads[thread])

    def _speaker(self, actor: str) -> Speaker:
        return Speaker(
            user=User.objects.select_related("desk", "connection").get(pk=self.place.user.pk), actor_urn=actor
        )

    def _picture(self) -> Attachment:
        if self.picture is None:
            file = BytesIO()
            Image.new("RGB", (2, 2)).save(file, "PNG")
            file.seek(0)
            self.picture = attachments.keep(user=self.place.user, file=file, size=file.getbuffer().nbytes)
        return self.picture

    def _own_comment(self, number: int) -> Comment | None:
        ours = Comment.objects.filter(actor_urn__in=[ACME, ADA, BIRCH], gone_at__isnull=True).order_by(
            "first_seen_at", "comment_id"
        )
        return ours.select_related("post__organization__desk", "thread")[number : number + 1].first()

    def _row(self, pk: int) -> Outgoing:
        return Outgoing.objects.select_related("desk", "user", "post__organization__desk", "thread", "comment").get(
            pk=pk
        )


@contextmanager
def _lost_database(statement: int) -> Iterator[None]:
    """From this statement on everything is refused; rolling back is what the server does by itself."""
    left = statement

    def execute(run: Any, sql: str, *arguments: Any) -> Any:
        nonlocal left
        left -= 1
        if left < 0 and not sql.startswith("ROLLBACK"):
            raise InterfaceError("connection already closed")
        return run(sql, *arguments)

    with connection.execute_wrapper(execute):
        yield


def _next_moment(row: Outgoing) -> datetime | None:
    """When something may happen to it by itself."""
    match row.state:
        case State.QUEUED:
            return row.due_at
        case State.WAITING:
            return row.not_before
        case State.SENDING:
            return row.lease_until
        case State.UNKNOWN:
            return row.look_at or (row.doubt_since and row.doubt_since + waits.DOUBT_AT_MOST)
    return None


def _is_state(name: str) -> bool:
    return name not in ("lock", "clock", "sleep", "changed", "in_flight", "in_flight_peak", "serial")
