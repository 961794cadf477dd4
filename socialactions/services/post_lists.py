"""A Page's list of posts for somebody who opens it: what is new, and the counts that are due, in few calls however long
the list is. Reading ahead has its own road in `sync`.
"""

from __future__ import annotations

import logging
from uuid import UUID

from django.db.models import BooleanField, ExpressionWrapper, Q
from django.utils import timezone

from socialactions import rights
from socialactions.linkedin.errors import LinkedInError
from socialactions.linkedin.oauth import TokenEndpointDown
from socialactions.linkedin.urns import Urn
from socialactions.models import Organization, Post

from . import batches, cadence, reading, storing, sync
from .connections import ConnectionEnded, read_with
from .events import record

log = logging.getLogger(__name__)


def bring_up_to_date(organization_id: UUID | str, *, even_if_fresh: bool = False) -> None:
    """Read what is new in the list and, in one call, counts: due ones first, and then those of the newest posts.

    Expects the claim; gives it back. Once a day, later where the limit is short, the whole list is read.
    ``even_if_fresh``, because somebody asks: then also when no count is due, and the whole list once an hour.
    """
    organization = Organization.objects.select_related("desk").get(pk=organization_id)
    stretch = _stretch(organization)
    is_whole = cadence.wants_all_posts(
        organization.posts_whole_at, timezone.now(), stretch=stretch, asked_for=even_if_fresh
    )
    reading.read_posts(organization.pk, only_new=not is_whole)
    organization.refresh_from_db(fields=["posts_problem"])
    if not is_whole:
        if not organization.posts_problem:
            _counts(organization, even_if_fresh, stretch)
        record(desk=organization.desk, kind="read", topic=f"page-{organization.pk}")


def _counts(organization: Organization, even_if_fresh: bool, stretch: float) -> None:
    posts = _wanted(organization, even_if_fresh)
    connection = reading.reader_for(organization, rights.READ_POSTS)
    if not posts or connection is None:
        return
    urns = [Urn.parse(post.urn) for post in posts]
    try:
        found = read_with(connection, lambda client: client.social_metadata_batch(urns, size=len(urns))).results
    except (LinkedInError, ConnectionEnded, TokenEndpointDown) as error:
        log.warning("counts of organization %s were not read: %s", organization.pk, type(error).__name__)
        reading.rest(organization, error)
        return
    counted = [post for post in posts if Urn.parse(post.urn) in found]
    moved = storing.counts_of(counted, found)
    storing.look_again(counted, stretch=stretch)
    for post in moved:
        record(desk=organization.desk, kind="read", topic=f"post-{post.pk}")


def _wanted(organization: Organization, even_if_fresh: bool) -> list[Post]:
    """As many posts as one call takes."""
    is_due = Q(look_at__isnull=True) | Q(look_at__lte=timezone.now())
    alive = Post.objects.filter(organization=organization, gone_at__isnull=True)
    if not even_if_fresh and not alive.filter(is_due).exists():
        return []
    due_first = ExpressionWrapper(is_due, output_field=BooleanField())
    return list(alive.annotate(is_due=due_first).order_by("-is_due", "-created_at")[: batches.counts_in_a_call()])


def _stretch(organization: Organization) -> float:
    readers = sync.readers(organization.desk).items()
    return next((sync.stretch_of(reader, pages) for reader, pages in readers if organization in pages), 1.0)
