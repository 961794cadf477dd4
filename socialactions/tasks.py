"""Celery's side: ids in, one service called. A lost, late or doubled message does no harm; the sweeper finds
the row.
"""

from __future__ import annotations

import logging

from celery import shared_task
from kombu.exceptions import OperationalError

from socialactions.services import keeping, outbox, pages, reading

log = logging.getLogger(__name__)


def ring(pk: int, wait_s: float = 0) -> None:
    """Announce a due action. A broker that is down changes nothing: the row waits for the sweeper."""
    try:
        deliver.apply_async((pk,), countdown=wait_s or None)
    except (OperationalError, OSError):
        log.warning("action %s: the bell did not ring, the sweeper will find it", pk)


@shared_task(soft_time_limit=55, time_limit=60)
def deliver(pk: int) -> None:
    """Send one due action to LinkedIn; harmless to run twice, early, late or never (the sweeper finds it)."""
    for bell in outbox.deliver(pk):
        ring(bell.pk, bell.wait_s)


@shared_task
def sweep() -> None:
    """Ring for due actions that no bell announced, and look after leases and doubts."""
    for pk in outbox.sweep():
        ring(pk)


@shared_task
def refresh_roles(connection_id: str) -> None:
    """Ask LinkedIn which Pages a connection still reaches."""
    pages.look_again(connection_id)


@shared_task
def read_posts(organization_id: str) -> None:
    """Read a Page's posts; the caller has claimed the reading."""
    reading.read_posts(organization_id)


@shared_task
def read_comments(post_id: str) -> None:
    """Read a post's comments; the caller has claimed the reading."""
    reading.read_comments(post_id)


@shared_task
def purge() -> None:
    """Forget what may no longer be kept."""
    keeping.purge()
