"""A storm over sending: real workers that are killed, a broker and a database that fail, a LinkedIn in bad weather.

What people ask for goes through the services, in this process, where the sandbox runs as well; what programs ask for
through the API of a web process, where they follow it to its end. All else is done by worker and beat processes.
`tests/bench/storm.py` runs it big, `tests/worker/test_storm.py` small.
"""

from __future__ import annotations

import itertools
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.utils import timezone

from dashboard.supervise import die_with_us
from socialactions import clock
from socialactions.linkedin.urns import Urn
from socialactions.models import ApiKey, Attempt, Comment, Event, ListingDelay, Outgoing, User
from socialactions.sandbox.faults import Rule
from socialactions.sandbox.records import Entry, Member
from socialactions.sandbox.seeds import build, seed
from socialactions.sandbox.seeds.cast import ACME, ADA, STRANGERS, token_for
from socialactions.sandbox.server import Running
from socialactions.sandbox.world import World
from socialactions.services import api_keys, connections, desks, pages, promptness, writing
from socialactions.services.outcomes import Reason
from socialactions.services.writing import Speaker
from tests import environment, processes
from tests.deeds import Place, grant_of, settle_in
from tests.storm_programs import Away, Program, programs_of
from tests.worker.lives import empty_broker

Kind, State = Outgoing.Kind, Outgoing.State
TIMEOUTS, BROKEN, THROTTLED = 0.10, 0.10, 0.05
REQUEST_S = 45.0  # how long the client waits, at speed 1
POSTS = 4
PROGRAMS_SAY: dict[str, str] = {
    Outgoing.Kind.REPLY: "reply",
    Outgoing.Kind.REACT: "like",
    Outgoing.Kind.DELETE: "delete",
}
RESTART_TRIES_S = 30.0
SHOWN = 12  # of what is broken


@dataclass(frozen=True)
class Plan:
    """How big, how fast, and how much fails."""

    actions: int = 1000
    accepted_within_s: float = 180
    members: int = 24
    threads: int = 150
    seed: int = 1
    speed: int = 20
    workers: int = 4
    concurrency: int = 2  # of each worker; the embedded one has threads of its own number
    kills: int = 20
    flushes: int = 1
    cuts: int = 0
    cut: Callable[[], None] | None = None  # the database loses everybody
    warm_up: int = 0  # plain replies before the weather begins, so that the listing's delay is known
    measured: int = 0  # how often it was measured before, as where Threadwell has run for a while
    lag_s: float = 60.0  # the latest that LinkedIn lists a comment, at speed 1
    way: str = "people"  # or "api": every wish comes from a program with a key of its member; or "both": every second
    stuck_after_s: float = 120  # when nothing ends for so long, the rest is taken for lost


class Weather(list[Rule]):
    """Faults by chance: drawn anew for each request, as if each found its own rule at the head of the list.

    The answer to a write may get lost on the way there or back, be late, or be a 5xx before or after the work; reads
    have the same troubles. Only new comments are throttled, for LinkedIn's other throttle lasts until midnight.
    """

    def __init__(self, dice: random.Random, *, speed: int) -> None:
        super().__init__()
        self.dice = dice
        self.held_s = 1.2 * REQUEST_S / speed
        self.is_bad = False
        self.met: Counter[str] = Counter()

    def __iter__(self) -> Iterator[Rule]:
        return iter(self._draw() if self.is_bad else [])

    def remove(self, rule: Rule) -> None:
        """The rule met the request."""
        name = {"refuse": "5xx before", "refuse_after": "5xx after", "throttle": "429"}.get(rule.do, rule.do)
        kind = "read" if rule.method == "GET" else "write"
        self.met[f"{name}{' held' if rule.seconds else ''}, {kind}"] += 1

    def _draw(self) -> list[Rule]:
        roll = self.dice.random()
        before = self.dice.random() < 0.5
        held_s = self.held_s if self.dice.random() < 0.25 else 0
        if roll < TIMEOUTS:
            rule = {"do": "drop_before" if before else "drop_after", "seconds": held_s}
        elif roll < TIMEOUTS + BROKEN:
            rule = {"do": "refuse" if before else "refuse_after", "status": self.dice.choice([500, 502, 503, 504])}
        elif roll < TIMEOUTS + BROKEN + THROTTLED:
            return [Rule.read({"do": "throttle", "method": "POST", "path": "^/rest/socialActions/.*/comments$"})]
        else:
            return []
        return [Rule.read({**rule, "method": method, "path": "^/rest/"}) for method in ("POST", "DELETE", "GET")]


@dataclass
class Wish:
    """Something a member wants done, and what became of it."""

    number: int
    kind: str
    user: User
    actor: str
    comment: Comment
    text: str
    secret: str = ""  # of the key whose program asks
    program: Program | None = None
    uid: str = ""
    pk: int = 0
    accepted_at: float = 0


@dataclass
class Report:
    """What the storm did, and what is left of the promise."""

    lines: list[tuple[str, str]] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    without_person: float = 1.0
    proves: bool = False  # whether LinkedIn listed promptly from the first doubt to the last, so that absence is proof

    def say(self, name: str, value: object) -> None:
        self.lines.append((name, str(value)))

    def table(self) -> str:
        width = max(len(name) for name, _ in self.lines)
        shown = [f"  {name:<{width}}  {value}" for name, value in self.lines]
        broken = [f"  BROKEN: {one}" for one in self.broken[:SHOWN]]
        more = [f"  and {len(self.broken) - SHOWN} more"] if len(self.broken) > SHOWN else []
        return "\n".join([*shown, *broken, *more])


def world_of(plan: Plan) -> World:
    """The small world with members enough, and posts with threads to answer and spam to delete."""
    world = seed("small")
    for number in range(plan.members):
        member = world.add_member(Member(f"stormy{number:03}", f"Storm{number}", "Petrel", can_sign_in=True))
        world.set_role(member.id, "1001", "ADMINISTRATOR")
    for number in range(POSTS):
        post = build.add_post(world, ACME, f"Storm post {number}", age_s=build.DAY, agent=ADA)
        for at in range(plan.threads // POSTS + 1):
            build.say(world, post, STRANGERS[at % len(STRANGERS)], f"Question {number}.{at}?", age_s=build.HOUR + at)
        for at in range(plan.actions // 10 // POSTS + 1):
            build.say(world, post, STRANGERS[at % len(STRANGERS)], f"spam {number}.{at}", age_s=2 * build.HOUR + at)
    world.switches = world.switches.changed(
        {
            **{"tier": "unlimited", "comments_per_minute": "off"},
            **{"listing_lag_s": plan.lag_s / plan.speed, "listing_lag_varies": "on"},
        }
    )
    return world


def run(plan: Plan, running: Running, logs: Path) -> Report:
    """The whole storm. Settings point to the sandbox, the database is empty and migrated."""
    began = time.monotonic()
    dice = random.Random(plan.seed)
    weather = Weather(dice, speed=plan.speed)
    running.world.faults = weather
    place = settle_in(running)
    wishes = _wishes(plan, place, dice)
    known_s = plan.lag_s / plan.speed
    ListingDelay.objects.bulk_create(ListingDelay(at=clock.now(), seconds=known_s) for _ in range(plan.measured))
    report = Report()
    env = _env(plan, running)
    secrets = [wish.secret for wish in wishes if wish.secret]
    with crew(plan, env, logs) as workers, programs_of(secrets, {**env, "UNDO_WINDOW_S": "0"}) as programs:
        for wish in wishes:
            wish.program = programs.get(wish.secret)
        _warm_up(plan, wishes[: plan.warm_up])
        report.proves = promptness.is_prompt()
        weather.is_bad = True
        storm_began = time.monotonic()
        told = _accept_all(plan, wishes[plan.warm_up :], workers)
        accepted_s = time.monotonic() - storm_began
        quiet_s = _wait_until_quiet(plan)
        time.sleep(2 * weather.held_s)  # what LinkedIn is still doing for somebody who left
    _tell(report, plan, wishes, weather, told)
    report.say(
        "time", f"{time.monotonic() - began:.0f} s; accepting {accepted_s:.0f} s, quiet after {quiet_s:.0f} s more"
    )
    report.proves = report.proves and promptness.is_prompt()
    _verify(report, plan, wishes, running.world)
    if programs:
        _verify_told(report, wishes, list(programs.values()), running.world)
    return report


# who works


class Crew:
    """Worker processes, and how they die."""

    def __init__(self, plan: Plan, env: dict[str, str], logs: Path) -> None:
        self.command = [sys.executable, "-m", "celery", "--app", "dashboard.celery"]
        self.env, self.logs = env, logs
        self.worker = [*self.command, "worker", "--without-gossip", "--without-mingle", "--without-heartbeat"]
        if not settings.IS_EMBEDDED:
            self.worker += ["--concurrency", str(plan.concurrency)]
        self.workers = [self._start(f"worker-{number}", self.worker) for number in range(plan.workers)]
        beat = [*self.command, "beat", "--pidfile", "", "--max-interval", "1", "--schedule", str(logs / "beat")]
        self.beat = self._start("beat", beat)

    def kill(self, number: int) -> None:
        """As the power cut does: the worker with its whole pool; another takes its place."""
        at = number % len(self.workers)
        _kill(self.workers[at])
        self.workers[at] = self._start(f"worker-{at}", self.worker)

    def end(self) -> None:
        for process in (*self.workers, self.beat):
            _kill(process)

    def _start(self, name: str, command: list[str]) -> subprocess.Popen[bytes]:
        with (self.logs / f"{name}.log").open("ab") as log:
            return subprocess.Popen(
                command,
                env=self.env,
                cwd=environment.ROOT,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=die_with_us(),
            )


def _kill(process: subprocess.Popen[bytes]) -> None:
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _env(plan: Plan, running: Running) -> dict[str, str]:
    """Of every process that we start: the test's database, and a LinkedIn in this one."""
    addresses = dict.fromkeys(("LINKEDIN_AUTH_BASE_URL", "LINKEDIN_API_BASE_URL"), running.base_url)
    return {
        **os.environ,
        **addresses,
        "DATABASE_URL": processes.test_database_url(),
        "DRILL_SPEED": str(plan.speed),
        "COMMENT_EVERY_S": "6",
        "LIKE_EVERY_S": "3",
        "LIKES_PER_HOUR": "60",
    }


@contextmanager
def crew(plan: Plan, env: dict[str, str], logs: Path) -> Iterator[Crew]:
    workers = Crew(plan, env, logs)
    try:
        yield workers
    finally:
        workers.end()


# what people ask for


def _wishes(plan: Plan, place: Place, dice: random.Random) -> list[Wish]:
    for number in range(POSTS):
        place.read_comments(place.post(f"Storm post {number}"))
    users = [_join(place, f"urn:li:person:stormy{number:03}") for number in range(plan.members)]
    first_level = Comment.objects.filter(post__commentary__startswith="Storm post", thread=None)
    first_level = first_level.select_related("post__organization__desk", "thread").order_by("pk")
    threads = list(first_level.filter(content__text__startswith="Question"))[: plan.threads]
    spam = list(first_level.filter(content__text__startswith="spam"))
    deletes, likes = plan.actions // 10, plan.actions * 3 // 10
    replies = plan.actions - likes - deletes
    wishes = [
        Wish(number, Kind.REPLY, dice.choice(users), ACME, dice.choice(threads), f"Storm answer {number}.")
        for number in range(replies + plan.warm_up)
    ]
    pairs = dice.sample(list(itertools.product(threads, [None, *users])), likes)
    for comment, user in pairs:
        actor = user.member_urn if user else ACME
        wishes.append(Wish(len(wishes), Kind.REACT, user or dice.choice(users), actor, comment, "LIKE"))
    for comment in dice.sample(spam, deletes):
        wishes.append(Wish(len(wishes), Kind.DELETE, dice.choice(users), ACME, comment, ""))
    if plan.way != "people":
        secrets = {user.pk: _key_of(user) for user in users}
        for wish in wishes[:: 2 if plan.way == "both" else 1]:
            wish.secret = secrets[wish.user.pk]
    head, rest = wishes[: plan.warm_up], wishes[plan.warm_up :]
    dice.shuffle(rest)
    return head + rest


def _key_of(user: User) -> str:
    ends = timezone.now() + timedelta(days=1)
    scopes = ApiKey.Scope.values
    _, secret = api_keys.make(user=user, name=user.name, scopes=scopes, actors=[ACME, user.member_urn], expires_at=ends)
    return secret


def _join(place: Place, urn: str) -> User:
    """A colleague at Ada's desk, connected, with the roles known."""
    user = User.objects.create(member_urn=urn, name=urn[-9:])
    _, token = desks.invite(by=place.user)
    desks.accept_invitation(user=user, token=token)
    linked = connections.connect(user=user, grant=grant_of(token_for(place.world, urn)))
    pages.refresh_roles(linked)
    return User.objects.select_related("desk").get(pk=user.pk)


def _accept(wish: Wish) -> int:
    """Ask until somebody says yes: the form stays on the screen with its key, the program keeps its Idempotency-Key.
    Returns how often it was refused.
    """
    key = uuid4()
    until = time.monotonic() + RESTART_TRIES_S
    refused = 0
    while True:
        try:
            wish.pk = _ask_as_program(wish, wish.program, key) if wish.program else _ask_as_person(wish, key)
            break
        except (DatabaseError, InterfaceError, Away):
            connection.close()
            refused += 1
            if time.monotonic() > until:
                raise
            time.sleep(0.2)
    wish.accepted_at = time.time()
    return refused


def _ask_as_person(wish: Wish, key: UUID) -> int:
    speaker = Speaker(user=wish.user, actor_urn=wish.actor)
    if wish.kind == Kind.REPLY:
        return writing.reply_to(wish.comment, speaker=speaker, text=wish.text, form_key=key).pk
    if wish.kind == Kind.REACT:
        return writing.react(wish.comment.post, wish.comment, speaker=speaker, kind=wish.text).pk
    return writing.delete(wish.comment, speaker=speaker, form_key=key).pk


def _ask_as_program(wish: Wish, program: Program, key: UUID) -> int:
    said: dict[str, Any] = {"kind": PROGRAMS_SAY[wish.kind], "actor": wish.actor, "target": wish.comment.urn}
    if wish.kind == Kind.REPLY:
        said |= {"text": wish.text, "allow_parallel": True}  # many answer in each thread, and mean it
    wish.uid = program.ask(said, str(key))
    pk = Outgoing.objects.values_list("pk", flat=True).get(uid=wish.uid)
    program.follow(wish.uid)
    return pk


def _warm_up(plan: Plan, wishes: list[Wish]) -> None:
    """Plain replies, until the listing's delay is known by them."""
    for wish in wishes:
        _accept(wish)
    until = time.monotonic() + plan.stuck_after_s
    read_back = Outgoing.objects.filter(state=State.SENT, look_at__isnull=False)
    while wishes and time.monotonic() < until:
        time.sleep(0.2)  # between two looks
        is_over = not Outgoing.objects.filter(state__in=Outgoing.HOLDING).exists() and not read_back.exists()
        if promptness.is_known() or is_over:
            return


def _accept_all(plan: Plan, wishes: list[Wish], workers: Crew) -> Counter[str]:
    told: Counter[str] = Counter()
    incidents = _incidents(plan, workers, told)
    began = time.monotonic()
    for number, wish in enumerate(wishes):
        due_s = plan.accepted_within_s * number / len(wishes)
        while incidents and incidents[0][0] <= due_s:
            incidents.pop(0)[1]()
        time.sleep(max(began + due_s - time.monotonic(), 0))  # people type at their own speed
        told["accepts tried again"] += _accept(wish)
    return told


def _incidents(plan: Plan, workers: Crew, told: Counter[str]) -> list[tuple[float, Callable[[], None]]]:
    """What fails and when, in seconds after the beginning, evenly spread."""

    def tell(name: str, deed: Callable[[], None]) -> Callable[[], None]:
        def happen() -> None:
            deed()
            told[name] += 1

        return happen

    def spread(count: int) -> list[float]:
        return [plan.accepted_within_s * (number + 0.5) / count for number in range(count)]

    def cut() -> None:
        assert plan.cut is not None
        plan.cut()
        connection.close()

    planned = [
        (at, tell("workers killed", lambda number=number: workers.kill(number)))
        for number, at in enumerate(spread(plan.kills))
    ]
    planned += [(at, tell("broker emptied", flush)) for at in spread(plan.flushes)]
    planned += [(at, tell("database cut off", cut)) for at in spread(plan.cuts)]
    return sorted(planned, key=lambda one: one[0])


def flush() -> None:
    """The broker forgets all it knows."""
    if settings.IS_EMBEDDED:
        for path in Path(settings.CELERY_BROKER_TRANSPORT_OPTIONS["data_folder_in"]).iterdir():
            path.unlink(missing_ok=True)
        return
    if settings.CELERY_BROKER_URL.startswith("amqp"):
        empty_broker()
        return
    from redis import Redis

    with Redis.from_url(settings.CELERY_BROKER_URL) as broker:
        broker.flushdb()


def _wait_until_quiet(plan: Plan) -> float:
    """Until nothing moves by itself, or nothing has ended for so long that nothing will. Returns the seconds."""
    began = last = time.monotonic()
    left = -1
    while time.monotonic() - last < plan.stuck_after_s:
        before, left = left, Outgoing.objects.filter(state__in=Outgoing.HOLDING).count()
        if not left:
            break
        if left != before:
            last = time.monotonic()
        time.sleep(0.5)  # between two looks
    return time.monotonic() - began


# what became of it


def _tell(report: Report, plan: Plan, wishes: list[Wish], weather: Weather, told: Counter[str]) -> None:
    database = {"postgresql": "PostgreSQL", "sqlite": "SQLite"}[connection.vendor]
    broker = settings.CELERY_BROKER_URL.partition(":")[0]
    report.say("asked by", plan.way)
    report.say("mode", f"{database} + {broker}, {plan.workers} worker(s), speed {plan.speed}, seed {plan.seed}")
    kinds = Counter(wish.kind for wish in wishes)
    report.say("actions", f"{len(wishes)} of {plan.members} members: " + _list(kinds))
    if plan.warm_up:
        report.say("warm-up", f"{plan.warm_up} of these before the storm, to measure the listing")
    report.say("listing", f"0 to {plan.lag_s:.0f} s late (divided by the speed), each comment by itself")
    met = sum(weather.met.values())
    report.say("faults of LinkedIn", f"{met}: {_list(weather.met)}")
    report.say("faults of ours", _list(told))


def _list(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))


def _verify(report: Report, plan: Plan, wishes: list[Wish], world: World) -> None:
    rows = {row.pk: row for row in Outgoing.objects.all()}
    with world.lock:
        ledger = list(world.ledger)
    report.say("ended as", _list(Counter(row.state for row in rows.values())))
    report.say("attempts", Attempt.objects.count())
    doubted = Event.objects.filter(state=State.UNKNOWN).values("outgoing").distinct().count()
    found = Outgoing.objects.filter(reason="found").count()
    repeated = Outgoing.objects.filter(repeats__gt=0).count()
    report.say("in doubt", f"{doubted}; {found} found by a look, {repeated} sent again because absent")
    delays = [one for one in ListingDelay.objects.values_list("seconds", flat=True) if one is not None]
    slowest = f"{max(delays) * plan.speed:.0f} s" if delays else "none"
    report.say("listing measured", f"{len(delays)} times, slowest {slowest} at speed 1; prompt: {report.proves}")

    twice = _twice(wishes, ledger)
    lost = [_of(wish, rows) for wish in wishes if _is_lost(wish, rows, ledger)]
    actors = {wish.pk: (wish.actor, wish.user.member_urn) for wish in wishes}
    wrong = [str(entry) for entry in ledger if not _as_asked(entry, wishes)]
    wrong += [str(row) for pk, row in rows.items() if actors.get(pk) not in (None, (row.actor_urn, row.member_urn))]
    lied = [_of(wish, rows) for wish in wishes if _has_lied(wish, rows, ledger)]
    in_vain = [_of(wish, rows) for wish in wishes if report.proves and _is_asked_in_vain(wish, rows)]
    asked = set(
        Event.objects.filter(state__in=[State.NEEDS_ATTENTION, State.BLOCKED]).values_list("outgoing_id", flat=True)
    )
    reasons = Counter(rows[pk].reason for pk in asked if pk in rows)
    report.without_person = 1 - len(asked) / len(rows)
    promises = (("twice", twice), ("lost", lost), ("by a wrong actor", wrong), ("told falsely", lied))
    for name, found_ones in (*promises, ("asked in vain", in_vain)):
        report.say(name, len(found_ones))
        report.broken += [f"{name}: {one}" for one in found_ones]
    report.say("without a person", f"{report.without_person:.1%} ({len(asked)} asked: {_list(reasons) or 'none'})")
    latency = _latencies(wishes, ledger)
    report.say("accepted to LinkedIn", f"median {latency[0]:.1f} s, 95 % {latency[1]:.1f} s (storm included)")


def _verify_told(report: Report, wishes: list[Wish], programs: list[Program], world: World) -> None:
    """What programs were told at last is what LinkedIn has."""
    with world.lock:
        ledger = list(world.ledger)
    ends = {uid: said for program in programs for uid, said in program.told.items()}
    final = sum(said["final"] for said in ends.values())
    polls = sum(program.polls for program in programs)
    report.say("followed by programs", f"{len(ends)} by {polls} polls, {final} to their end")
    wrong = [one for program in programs for one in program.wrong]
    for wish in wishes:
        if wish.program and not _is_true(said := ends.get(wish.uid), wish, ledger):
            wrong.append(f"{wish.kind} {wish.text!r}: {said}")
    report.say("told wrongly to programs", len(wrong))
    report.broken += [f"told wrongly to a program: {one}" for one in wrong]


def _is_true(said: dict[str, Any] | None, wish: Wish, ledger: list[Entry]) -> bool:
    """An answer about a wish: sent is there, once and under that name; otherwise ended is not there."""
    if said is None:
        return False
    found = _entries(wish, ledger)
    if said["state"] != State.SENT:
        return not (said["final"] and found)
    return len(found) == 1 and (wish.kind != Kind.REPLY or found[0].urn == said["result_urn"])


def _entries(wish: Wish, ledger: list[Entry]) -> list[Entry]:
    if wish.kind == Kind.REPLY:
        return [one for one in ledger if one.kind == "reply" and one.text == wish.text]
    kind = "delete" if wish.kind == Kind.DELETE else "react"
    id_of = Urn.parse(wish.comment.urn).id
    return [one for one in ledger if one.kind == kind and one.actor == wish.actor and one.target.endswith(f",{id_of})")]


def _twice(wishes: list[Wish], ledger: list[Entry]) -> list[str]:
    return [f"{wish.kind} {wish.text!r} {len(found)}" for wish in wishes if len(found := _entries(wish, ledger)) > 1]


def _is_lost(wish: Wish, rows: dict[int, Outgoing], ledger: list[Entry]) -> bool:
    """Accepted, and neither done nor open for a person who is told why. Nobody in the storm takes anything back, and
    its LinkedIn refuses nothing for good, so whatever was given up is lost.
    """
    row = rows.get(wish.pk)
    if row is None or row.state not in (State.SENT, State.NEEDS_ATTENTION, State.BLOCKED):
        return True
    if row.state != State.SENT:
        return not row.reason
    found = _entries(wish, ledger)
    if wish.kind == Kind.REPLY:
        return [one.urn for one in found] != [row.result_urn]
    return not found


def _has_lied(wish: Wish, rows: dict[int, Outgoing], ledger: list[Entry]) -> bool:
    """Said not to be there, although LinkedIn has it."""
    row = rows.get(wish.pk)
    ended_without = (State.FAILED, State.CANCELLED, State.DISCARDED)
    return row is not None and row.state in ended_without and bool(_entries(wish, ledger))


def _is_asked_in_vain(wish: Wish, rows: dict[int, Outgoing]) -> bool:
    """Handed to a person because absent, and never sent once more, although a prompt LinkedIn had proven it."""
    row = rows.get(wish.pk)
    return row is not None and (row.state, row.reason, row.repeats) == (State.NEEDS_ATTENTION, Reason.ABSENT, 0)


def _as_asked(entry: Entry, wishes: list[Wish]) -> bool:
    return any(
        (entry.actor, entry.agent) == (wish.actor, wish.user.member_urn)
        for wish in wishes
        if entry in _entries(wish, [entry])
    )


def _of(wish: Wish, rows: dict[int, Outgoing]) -> str:
    row = rows.get(wish.pk)
    state = f"{row.state} {row.reason} {row.result_urn}" if row else "no row"
    return f"{wish.kind} {wish.text!r} on {wish.comment.urn} ({state})"


def _latencies(wishes: list[Wish], ledger: list[Entry]) -> tuple[float, float]:
    first: dict[str, float] = defaultdict(float)
    for one in ledger:
        first.setdefault(one.text, one.at / 1000)
    took = sorted(first[w.text] - w.accepted_at for w in wishes if w.kind == Kind.REPLY and w.text in first)
    if not took:
        return 0.0, 0.0
    return max(took[len(took) // 2], 0), max(took[int(len(took) * 0.95)], 0)
