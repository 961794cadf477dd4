"""Reading posts and whole threads from LinkedIn into rows, page by page, so that an interruption loses nothing.

Each reading is claimed by a lease on its row: however many people open a page, LinkedIn is asked once.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, InterfaceError
from django.db.models import Q
from django.utils import timezone

from socialactions import clock, rights
from socialactions.linkedin.client import LinkedIn
from socialactions.linkedin.errors import LinkedInError, NotPermitted, RateLimited
from socialactions.linkedin.oauth import TokenEndpointDown
from socialactions.linkedin.urns import Urn
from socialactions.models import Connection, Organization, Post

from . import addresses, budget, comment_store, gone, pages, planning, shortfalls, storing
from .connections import ConnectionEnded, read_with
from .events import post_changed, record
from .walk import LEASE, Walk

log = logging.getLogger(__name__)

T = TypeVar("T")
POSTS_AT_MOST = 500
REASONS_LOGGED = 3
AGAIN = 5  # threads that seem unchanged and are read again all the same
ALL_AGAIN = 100_000  # when somebody asks, or their words would end


class NobodyReads(Exception):
    """Nobody connected at the desk has a role and scope to read this Page."""


def reader_for(organization: Organization, scopes: tuple[str, ...]) -> Connection | None:
    """A connection of the desk that may read this Page, the one whose grant lasts longest."""
    candidates = (
        Connection.objects.filter(
            health=Connection.Health.OK,
            roles__organization=organization,
            roles__state="APPROVED",
            roles__role__in=rights.POST_READERS if scopes == rights.READ_POSTS else rights.COMMENT_READERS,
        )
        .order_by("-expires_at")
        .distinct()
    )
    return next((c for c in candidates if rights.has(c.scopes, scopes)), None)


def _by_reader(
    organization: Organization, scopes: tuple[str, ...], by: Connection | None, read: Callable[[Connection], T]
) -> T:
    """What ``read`` brings on the grant of ``by``, or of whoever reads this Page; of a colleague where LinkedIn refuses
    one who has lost the role since. Raises NobodyReads.
    """
    first = by or reader_for(organization, scopes)
    if first is None:
        raise NobodyReads
    try:
        return read(first)
    except NotPermitted:
        is_known = pages.look_after_refusal(first)
        other = reader_for(organization, scopes) if is_known and by is None else None  # a run has pages of its own
        if other is None or other == first:
            raise
    return read(other)


def is_stale(read_at: datetime | None) -> bool:
    return read_at is None or read_at < timezone.now() - timedelta(seconds=settings.STALE_AFTER_S)


def rest(what: Organization | Post, error: Exception | None = None) -> None:
    """After a reading that failed, open screens do not ask for the next at once; a spent limit is waited for."""
    pause_s: float = settings.STALE_AFTER_S
    if isinstance(error, RateLimited) and error.retry_at:
        pause_s = max(pause_s, (error.retry_at - timezone.now()).total_seconds())
    cache.set(f"reading-rests:{what.pk}", timezone.now() + timedelta(seconds=pause_s), timeout=pause_s)


def is_resting(what: Organization | Post) -> bool:
    return rests_until(what) is not None


def rests_until(what: Organization | Post) -> datetime | None:
    """When an open screen asks for the next reading after one that failed; None when it may at once."""
    until: datetime | None = cache.get(f"reading-rests:{what.pk}")
    return until


def claim_posts(organization: Organization) -> bool:
    """Whether this caller is the one who reads the Page's posts now."""
    now = clock.now()
    free = Q(posts_reading_until__isnull=True) | Q(posts_reading_until__lt=now)
    return Organization.objects.filter(free, pk=organization.pk).update(posts_reading_until=now + LEASE) == 1


def claim_comments(post: Post) -> bool:
    """Whether this caller is the one who reads the post's comments now."""
    return _claim_comments(post.pk)


def is_under_way(post: Post) -> bool:
    """Whether somebody reads the post's comments, as far as this row knows."""
    return post.reading_until is not None and post.reading_until > clock.now()


def broke_off(post: Post) -> bool:
    """Whether the first reading of the post's comments died."""
    return post.reading == Post.Reading.READING and not is_under_way(post)


def read_posts(
    organization_id: UUID | str,
    *,
    only_new: bool = False,
    by: Connection | None = None,
    tally: budget.Tally | None = None,
) -> list[Urn]:
    """Read the Page's posts with their counts, newest first. Expects the claim; gives it back.

    ``only_new`` ends at the first post that is stored already; the counts of the others are not asked for. ``by`` is
    on whose grant, when the caller has chosen. Returns what was read with its counts,
    or would have been, had LinkedIn not left them out.
    """
    found: list[Urn] = []
    began = timezone.now()
    organization = Organization.objects.select_related("desk").get(pk=organization_id)
    problem = ""

    def read(connection: Connection) -> list[Urn]:
        return read_with(connection, lambda client: _read_posts(client, organization, only_new), tally=tally)

    try:
        found = _by_reader(organization, rights.READ_POSTS, by, read)
    except NobodyReads:
        problem = (
            "Nobody connected here may read this Page's posts: a role on it, or r_organization_social, is missing."
        )
    except (LinkedInError, ConnectionEnded, TokenEndpointDown) as error:
        log.warning("posts of organization %s were not read: %s", organization.pk, type(error).__name__)
        problem = shortfalls.why_not_read(error)
        rest(organization, error)
    except BaseException:  # raised on, not understood: the claim is given back all the same
        with not_instead():
            _end_posts(organization, "The answer of LinkedIn could not be stored.", only_new)
        raise
    _end_posts(organization, problem, only_new)
    for post in Post.objects.filter(organization=organization, moved_at__gte=began):
        record(desk=organization.desk, kind="read", topic=f"post-{post.pk}")
    if found or problem or not only_new:
        record(desk=organization.desk, kind="read", topic=f"page-{organization.pk}")
    return found


def _end_posts(organization: Organization, problem: str, only_new: bool) -> None:
    Organization.objects.filter(pk=organization.pk).update(
        posts_reading_until=None,
        posts_problem=problem,
        **({} if problem else {"posts_read_at": timezone.now()}),
        **({} if problem or only_new else {"posts_whole_at": timezone.now()}),
    )


def _read_posts(client: LinkedIn, organization: Organization, only_new: bool) -> list[Urn]:
    author = Urn.parse(organization.urn)
    known = storing.known_names(organization) if only_new else set()
    found = []
    for post in client.posts(author):
        if str(post.urn) in known:
            break
        if post.lifecycle == "PUBLISHED":
            found.append(post)
        if len(found) >= POSTS_AT_MOST:
            break
    pictures = addresses.of(client, (image.urn for post in found for image in post.content.images))
    try:
        metadata = client.social_metadata_batch([post.urn for post in found], size=planning.SUMMARY_SIZE)
    except LinkedInError:  # without their counts they are worth reading all the same
        storing.posts(organization, found, {}, pictures)
        raise
    storing.posts(organization, found, metadata.results, pictures)
    return [post.urn for post in found if post.urn not in metadata.unasked]


def read_stale_comments(post_id: UUID | str) -> None:
    """Read a post's comments because somebody looks at it, unless that was done since, or is being done."""
    stale = Q(read_at__isnull=True) | Q(read_at__lt=timezone.now() - timedelta(seconds=settings.STALE_AFTER_S))
    if _claim_comments(post_id, stale):
        read_comments(post_id)


def read_again(post_id: UUID | str) -> None:
    """Read a post's comments however fresh they seem, unless somebody does."""
    if _claim_comments(post_id):
        read_comments(post_id)


def _claim_comments(post_id: UUID | str, *conditions: Q) -> bool:
    now = clock.now()
    free = Q(reading_until__isnull=True) | Q(reading_until__lt=now)
    return Post.objects.filter(free, *conditions, pk=post_id).update(reading_until=now + LEASE) == 1


def read_comments(
    post_id: UUID | str,
    *,
    again: int = AGAIN,
    by: Connection | None = None,
    tally: budget.Tally | None = None,
    on_news: Callable[[], None] | None = None,
) -> int:
    """Read what moved in the thread of a post. Expects the claim; gives it back, and says what is missing and why.

    ``again`` is how many threads that seem unchanged are read anyway, ``by`` on whose grant, when the caller has
    chosen, ``on_news`` who wants to hear that it came further. Returns how many comments changed.
    """
    post = Post.objects.select_related("organization__desk").get(pk=post_id)
    Post.objects.filter(pk=post.pk, reading=Post.Reading.NEVER).update(reading=Post.Reading.READING)
    walk = Walk(post, comment_store.CommentStore(post, again=again), on_news, tally)
    try:
        _by_reader(post.organization, rights.READ_COMMENTS, by, lambda connection: _try(walk, post, connection, tally))
    except NobodyReads:
        walk.problem = (
            "Nobody connected here may read this Page's comments: a role on it, or r_organization_social_feed, "
            "is missing."
        )
    except gone.PostGone:
        gone.mark(post)
        return 0
    except (LinkedInError, ConnectionEnded, TokenEndpointDown) as error:
        log.warning("comments of post %s were not read: %s", post.pk, type(error).__name__)
        walk.problem = shortfalls.why_not_read(error)
        rest(post, error)
    except BaseException:  # raised on, not understood: the claim is given back, and screens do not ask again at once
        walk.problem = shortfalls.WENT_WRONG
        with not_instead():
            rest(post)
            _end_comments(walk, post)
        raise
    _end_comments(walk, post)
    return walk.changes


def _try(walk: Walk, post: Post, connection: Connection, tally: budget.Tally | None) -> None:
    """Read, and once more when people wrote meanwhile."""
    tree = read_with(connection, walk.read, tally=tally)
    if tree.has_shifted and tree.error is None:
        walk.begin_again()
        tree = read_with(connection, walk.read, tally=tally)
    walk.complete = tree.complete and not walk.store.orphans
    if tree.complete and walk.store.orphans:
        walk.problem = shortfalls.why_orphans(walk.store.orphans)
        rest(post)
    elif not tree.complete:
        walk.problem = shortfalls.why_incomplete(tree, walk.answer)
        first = "; ".join(tree.missing[:REASONS_LOGGED])
        log.warning("comments of post %s are incomplete, %d reasons: %s", post.pk, len(tree.missing), first)
        rest(post, tree.error)
        if isinstance(tree.error, RateLimited):
            budget.note_refusal(connection.member_urn, tree.error)


def _end_comments(walk: Walk, post: Post) -> None:
    walk.finish()
    Post.objects.filter(pk=post.pk).update(
        reading=Post.Reading.COMPLETE if walk.complete else Post.Reading.INCOMPLETE,
        reading_until=None,
        read_tried_at=timezone.now(),
        read_found=post.comments.filter(gone_at__isnull=True).count(),
        read_counted=post.total_comments,
        read_problem=walk.problem[:300],
        **({"read_at": timezone.now()} if walk.complete else {}),
    )
    post_changed(post)


@contextmanager
def not_instead() -> Iterator[None]:
    """What the database refuses in here, after something else has failed, is logged and not raised instead of it."""
    try:
        yield
    except (DatabaseError, InterfaceError) as error:
        log.warning("the end of a reading could not be written down: %s", type(error).__name__)
