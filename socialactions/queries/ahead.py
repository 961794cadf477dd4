"""How reading ahead goes, for Settings: what is spent, what is planned, what comes next, and what more would cost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Count, Min, Q
from django.utils import timezone

from socialactions.models import Connection, Desk, Organization, Post, SyncRun, User
from socialactions.services import batches, budget, cadence, planning, sync

RUNS = 12


@dataclass(frozen=True, slots=True)
class PagePlan:
    name: str
    posts_look_at: datetime | None  # for new posts
    due_soon: int  # posts looked at within the hour
    next_look_at: datetime | None


@dataclass(frozen=True, slots=True)
class ReaderPlan:
    """One connection that reads ahead."""

    id: UUID
    person: str
    spent: int
    limit: int | None  # LinkedIn's calls a day, as far as it is known
    share: int | None  # reading's part of it
    fresh: str  # how often fresh posts are looked at: "every 5 minutes"
    wanted: int  # calls a day that the shortest waits would take
    is_stretched: bool
    is_too_small: bool
    is_running: bool
    closed_until: datetime | None  # LinkedIn said so
    pages: list[PagePlan]


@dataclass(frozen=True, slots=True)
class RunRow:
    person: str
    way: str
    state: str
    started_at: datetime
    calls: int
    posts_seen: int
    posts_moved: int
    posts_read: int
    pages: int  # of comments and replies
    changes: int
    problem: str


def plans(desk: Desk) -> list[ReaderPlan]:
    """Every connection of the desk that reads ahead; queries grow with connections, not with posts."""
    running = set(SyncRun.objects.filter(desk=desk, state=SyncRun.State.RUNNING).values_list("member_urn", flat=True))
    found = sync.readers(desk).items()
    return [_plan(connection, pages, connection.member_urn in running) for connection, pages in found]


def runs(desk: Desk) -> list[RunRow]:
    """The newest runs of the desk."""
    names = dict(User.objects.filter(desk=desk).values_list("member_urn", "name"))
    return [
        RunRow(
            person=names.get(run.member_urn, "Somebody who left"),
            way=run.way,
            state=run.state,
            started_at=run.started_at,
            calls=run.calls,
            posts_seen=run.posts_seen,
            posts_moved=run.posts_moved,
            posts_read=run.posts_read,
            pages=run.pages,
            changes=run.changes,
            problem=run.problem,
        )
        for run in SyncRun.objects.filter(desk=desk).order_by("-started_at")[:RUNS]
    ]


def every(wait: timedelta) -> str:
    """ "every 5 minutes", "every 2 hours"; days from two on."""
    minutes = round(wait.total_seconds() / 60)
    for size, name in ((1440, "day"), (60, "hour"), (1, "minute")):
        if minutes >= 2 * size or size == 1:
            return f"every {round(minutes / size)} {name}s"
    return ""


def _plan(connection: Connection, pages: list[Organization], is_running: bool) -> ReaderPlan:
    members = sync.members_reading()
    share = budget.share_of_day(members)
    looks = planning.looks_a_day(sync.waits_of(pages), len(pages), to_a_call=batches.counts_in_a_call())
    reads = sync.reads_a_day(connection, pages)
    stretch = planning.stretch(looks, reads, share)
    return ReaderPlan(
        id=connection.pk,
        person=connection.user.name,
        spent=budget.spent(connection.member_urn),
        limit=settings.DAILY_CALLS_MEMBER or None,
        share=share,
        fresh=every(cadence.SHORTEST * stretch),
        wanted=looks + reads,
        is_stretched=stretch > 1,
        is_too_small=planning.is_too_small(reads, share),
        is_running=is_running,
        closed_until=budget.closed_until(connection.member_urn),
        pages=_pages(pages),
    )


def _pages(pages: list[Organization]) -> list[PagePlan]:
    now = timezone.now()
    soon = Count("pk", filter=Q(look_at__lte=now + timedelta(hours=1)))
    counted = (
        Post.objects.filter(organization__in=pages, gone_at__isnull=True, expires_at__gt=now)
        .values_list("organization")
        .annotate(soon=soon, first=Min("look_at"))
    )
    by_page = {page: (due, first) for page, due, first in counted}
    return [PagePlan(page.name, page.posts_look_at, *by_page.get(page.pk, (0, None))) for page in pages]
