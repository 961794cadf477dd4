"""How posts moved: one post's counts over time, a Page's growth day by day, and what we did meanwhile.

Read from snapshots and our own actions in a fixed number of queries, never from comments. Days are those of the
viewer's zone. What is older than counts may be kept is not looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery, Window
from django.db.models.functions import RowNumber, TruncDate
from django.utils import timezone

from socialactions.lifetimes import COUNTS_LIVE
from socialactions.models import Organization, Outgoing, Post, Snapshot

from . import posts
from .posts import REACTION_WORDS
from .rows import PostRow

POINTS = 200  # a chart shows no more, and nobody reads a longer table
MARKS = 100
MOVERS = 10
SOON = timedelta(days=1)  # after a post appeared, its counts are news of this time and not of an earlier one
Counts = tuple[int, int]  # reactions, comments


@dataclass(frozen=True, slots=True)
class Point:
    """A post's counts at one moment; ``note`` says when it is no change: the period's start, or the last look."""

    at: datetime
    kinds: list[int]
    reactions: int
    comments: int
    first_level: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """Something of ours that reached LinkedIn."""

    id: UUID
    at: datetime
    kind: str
    actor: str
    person: str


@dataclass(frozen=True, slots=True)
class PostCourse:
    kinds: list[str]  # in words, those that ever had a reaction
    points: list[Point]  # newest first
    marks: list[Mark]  # newest first
    are_all_marks: bool
    looked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Day:
    at: datetime  # its first moment
    reactions: int
    comments: int


@dataclass(frozen=True, slots=True)
class DeedDay:
    at: datetime
    counts: list[int]
    total: int


@dataclass(frozen=True, slots=True)
class Mover:
    post: PostRow
    reactions: int
    comments: int


@dataclass(frozen=True, slots=True)
class PageCourse:
    """Changes since ``since``, newest day first; what LinkedIn took away counts below zero."""

    since: datetime
    days: list[Day]
    reactions: int
    comments: int
    movers: list[Mover]
    kinds: list[str]
    deeds: list[DeedDay]
    deeds_total: int
    looked_at: datetime | None
    is_counted: bool  # anything was ever counted in this time


def of_post(post: Post, *, days: int | None, now: datetime) -> PostCourse:
    """In three queries. ``days`` None is as long as counts are kept."""
    since = now - (timedelta(days=days) if days else COUNTS_LIVE)
    moments = list(_within(post, since, now).order_by("at").values_list("pk", "at"))
    kept = [moments[at][0] for at in thin([at for _, at in moments], POINTS - 1)]
    found = sorted(Snapshot.objects.filter(pk__in=kept), key=lambda one: one.at)
    looked_at = _looked_at(post, found)
    is_kept = post.expires_at > now
    shown: Sequence[Post | Snapshot] = [*found, post] if is_kept else found
    names = _kinds(one.reactions for one in shown)
    points = [_point(one, max(one.at, since), names, "start" if one.at < since else "") for one in found]
    if found and is_kept and looked_at and looked_at > found[-1].at:
        points.append(_point(post, max(looked_at, since), names, "look"))
    marks = _marks(post, since)
    return PostCourse(
        kinds=[REACTION_WORDS.get(name, name.capitalize()) for name in names],
        points=points[::-1],
        marks=marks[:MARKS],
        are_all_marks=len(marks) <= MARKS,
        looked_at=looked_at,
    )


def of_page(organization: Organization, *, days: int, now: datetime) -> PageCourse:
    """In four queries; today is the last of the days."""
    first = timezone.localtime(now).date() - timedelta(days=days - 1)
    since = _midnight(first)
    moved = list(_moved(organization, since))
    gains, by_day = _gains(moved, _last_of_each_day(organization, since), since)
    calendar = [first + timedelta(days=number) for number in range(days)][::-1]
    kinds, deeds = _deeds(organization, since)
    return PageCourse(
        since=since,
        days=[Day(_midnight(day), *by_day.get(day, (0, 0))) for day in calendar],
        reactions=sum(reactions for reactions, _ in gains.values()),
        comments=sum(comments for _, comments in gains.values()),
        movers=_movers(organization, gains),
        kinds=kinds,
        deeds=[_deed_day(day, kinds, deeds) for day in calendar],
        deeds_total=sum(deeds.values()),
        looked_at=max((at for at in map(_asked_at, moved) if at), default=organization.posts_read_at),
        is_counted=bool(moved),
    )


def thin(moments: Sequence[datetime], most: int) -> list[int]:
    """Which of many moments, in order, stand for all: the first, and the last of each of equal stretches of time."""
    if len(moments) <= most:
        return list(range(len(moments)))
    stretch = (moments[-1] - moments[0]) / (most - 2)
    last_of = {int((at - moments[0]) / stretch): number for number, at in enumerate(moments)}
    return sorted({0, *last_of.values()})


def _within(post: Post, since: datetime, now: datetime) -> QuerySet[Snapshot]:
    """Snapshots since then, and the one that was true when the time began."""
    allowed = Snapshot.objects.filter(post=post, at__gt=now - COUNTS_LIVE)
    before = allowed.filter(at__lt=since).order_by("-at").values("pk")[:1]
    return allowed.filter(Q(at__gte=since) | Q(pk__in=before))


def _kinds(reactions: Iterable[Mapping[str, int]]) -> list[str]:
    used = {kind for one in reactions for kind, count in one.items() if count}
    return [kind for kind in REACTION_WORDS if kind in used] + sorted(used - set(REACTION_WORDS))


def _point(row: Post | Snapshot, at: datetime, kinds: list[str], note: str) -> Point:
    return Point(
        at=at,
        kinds=[row.reactions.get(kind, 0) for kind in kinds],
        reactions=sum(row.reactions.values()),
        comments=row.total_comments,
        first_level=row.first_level_comments,
        note=note,
    )


def _looked_at(post: Post, found: Sequence[Snapshot]) -> datetime | None:
    return max((at for at in (_asked_at(post), *(one.at for one in found[-1:])) if at), default=None)


def _asked_at(post: Post) -> datetime:
    return max(post.fetched_at, post.counted_at or post.fetched_at)


def _marks(post: Post, since: datetime) -> list[Mark]:
    done = Outgoing.objects.filter(post=post, state=Outgoing.State.SENT, finished_at__gte=since)
    rows = done.select_related("user").order_by("-finished_at")[: MARKS + 1]
    return [Mark(one.uid, one.finished_at, one.kind, one.actor_name, one.user.name) for one in rows if one.finished_at]


def _moved(organization: Organization, since: datetime) -> QuerySet[Post]:
    """Posts that were counted in this time, each with the counts before it and the first ones within."""
    counted = Snapshot.objects.filter(post=OuterRef("pk"))
    before = counted.filter(at__lt=since, at__gt=since - COUNTS_LIVE).order_by("-at")
    within = counted.filter(at__gte=since).order_by("at")
    in_time = Snapshot.objects.filter(post__organization=organization, at__gte=since)
    return (
        Post.objects.filter(organization=organization, pk__in=in_time.values("post"))
        .only("created_at", "reactions", "total_comments", "expires_at", "fetched_at", "counted_at")
        .annotate(
            before_reactions=Subquery(before.values("reactions")[:1]),
            before_comments=Subquery(before.values("total_comments")[:1]),
            first_at=Subquery(within.values("at")[:1]),
            first_reactions=Subquery(within.values("reactions")[:1]),
            first_comments=Subquery(within.values("total_comments")[:1]),
        )
    )


def _last_of_each_day(organization: Organization, since: datetime) -> QuerySet[Snapshot, tuple[Any, ...]]:
    rank = Window(RowNumber(), partition_by=[F("post"), TruncDate("at")], order_by=F("at").desc())
    found = Snapshot.objects.filter(post__organization=organization, at__gte=since).annotate(
        day=TruncDate("at"), rank=rank
    )
    return found.filter(rank=1).order_by("at").values_list("post_id", "day", "reactions", "total_comments")


def _gains(
    moved: Iterable[Any], by_day: Iterable[tuple[Any, ...]], since: datetime
) -> tuple[dict[UUID, Counts], dict[date, Counts]]:
    """How much each post and each day brought. A post counts from our first look at it, and from nothing when that
    look came within a day of it.
    """
    known = {post.pk: post for post in moved}
    now = {pk: _begun_with(post, since) for pk, post in known.items()}
    last_day: dict[UUID, date] = {}
    of_post: dict[UUID, Counts] = dict.fromkeys(known, (0, 0))
    of_day: dict[date, Counts] = {}

    def count(pk: UUID, day: date, reactions: Mapping[str, int], comments: int) -> None:
        total = (sum(reactions.values()), comments)
        change = (total[0] - now[pk][0], total[1] - now[pk][1])
        now[pk], last_day[pk] = total, day
        of_post[pk], of_day[day] = _sum(of_post[pk], change), _sum(of_day.get(day, (0, 0)), change)

    for pk, day, reactions, comments in by_day:
        if pk in known:
            count(pk, day, reactions, comments)
    for pk, post in known.items():  # what moved within fifteen minutes of its last snapshot
        if post.expires_at > timezone.now() and pk in last_day:
            count(pk, max(last_day[pk], timezone.localdate(_asked_at(post))), post.reactions, post.total_comments)
    return of_post, of_day


def _begun_with(post: Any, since: datetime) -> Counts:
    if post.before_reactions is not None:
        return sum(post.before_reactions.values()), post.before_comments
    if post.first_at is None or (post.created_at >= since and post.first_at - post.created_at < SOON):
        return 0, 0
    return sum(post.first_reactions.values()), post.first_comments


def _sum(one: Counts, other: Counts) -> Counts:
    return one[0] + other[0], one[1] + other[1]


def _movers(organization: Organization, gains: Mapping[UUID, Counts]) -> list[Mover]:
    """The posts that moved most, most first."""
    most = sorted((pk for pk, gain in gains.items() if any(gain)), key=lambda pk: -abs(sum(gains[pk])))[:MOVERS]
    found = {post.pk: post for post in Post.objects.filter(pk__in=most).select_related("organization")}
    return [Mover(posts.row(found[pk]), *gains[pk]) for pk in most if pk in found]


def _deeds(organization: Organization, since: datetime) -> tuple[list[str], dict[tuple[date, str], int]]:
    """Which kinds of our actions there were, and how many on each day."""
    done = Outgoing.objects.filter(organization=organization, state=Outgoing.State.SENT, finished_at__gte=since)
    rows = done.annotate(day=TruncDate("finished_at")).values_list("day", "kind").annotate(Count("pk")).order_by("day")
    counts = {(day, kind): number for day, kind, number in rows}
    used = {kind for _, kind in counts}
    return [kind for kind in Outgoing.Kind.values if kind in used], counts


def _deed_day(day: date, kinds: list[str], deeds: Mapping[tuple[date, str], int]) -> DeedDay:
    counts = [deeds.get((day, kind), 0) for kind in kinds]
    return DeedDay(_midnight(day), counts, sum(counts))


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
