"""Celery's side: ids in, one service called. A lost, late or doubled message does no harm; the sweeper finds
the row.
"""

from __future__ import annotations

from uuid import UUID

from celery import shared_task
from django.conf import settings

from socialactions.bells import ring, ring_webhook
from socialactions.models import Connection
from socialactions.services import (
    calling,
    disk,
    introducing,
    keeping,
    lookup,
    outbox,
    post_lists,
    reading,
    resuming,
    rights_now,
    second_thoughts,
    twins,
)
from socialactions.services import sync as sync_service


@shared_task(soft_time_limit=110, time_limit=120)  # beyond every lease: what is late is ended by its fence, not cut off
def deliver(pk: int, is_early: bool = False) -> None:
    """Send one due action to LinkedIn; harmless to run twice, early, late or never (the sweeper finds it)."""
    for bell in outbox.deliver(pk, is_early=is_early):
        ring(bell.pk, bell.wait_s)


@shared_task
def sweep() -> None:
    """Ring for due actions that no bell announced; look after leases, doubts and what waits for a right."""
    for pk in outbox.sweep():
        ring(pk)
    for pk in lookup.wanted_now():
        look.delay(pk)
    second_thoughts.delete_unwanted()
    for connection_id in rights_now.to_ask_again():
        refresh_roles.delay(connection_id)
    for webhook_id in calling.sweep():
        call_webhook.delay(str(webhook_id))


@shared_task(soft_time_limit=55, time_limit=60)
def call_webhook(webhook_id: str) -> None:
    """Tell a program what it has to hear."""
    if calling.deliver(webhook_id):
        ring_webhook(UUID(webhook_id))


@shared_task(soft_time_limit=110, time_limit=120)
def look(pk: int) -> None:
    """Look on LinkedIn whether an action in doubt is there."""
    for bell in lookup.look(pk):
        ring(bell.pk, bell.wait_s)


@shared_task
def refresh_roles(connection_id: str) -> None:
    """Ask LinkedIn which Pages a connection still reaches; what only waited for a right goes on."""
    for pk in resuming.regain(connection_id):
        ring(pk)


@shared_task
def find_twins() -> None:
    """Search for comments of ours that stand twice on LinkedIn."""
    twins.search()


@shared_task
def read_posts(organization_id: str, even_if_fresh: bool = False) -> None:
    """Bring a Page's list up to date; the caller has claimed the reading."""
    post_lists.bring_up_to_date(organization_id, even_if_fresh=even_if_fresh)


@shared_task
def read_comments(post_id: str, again: int = reading.AGAIN) -> None:
    """Read a post's comments; the caller has claimed the reading."""
    reading.read_comments(post_id, again=again)


@shared_task
def read_stale_comments(post_id: str) -> None:
    """Read a post's comments because somebody looks at it."""
    reading.read_stale_comments(post_id)


@shared_task
def read_again(post_id: str) -> None:
    """Read a post's comments because something proved to be otherwise, unless they are being read."""
    reading.read_again(post_id)


@shared_task
def learn_faces(post_id: str, comments: list[str]) -> None:
    """Ask who wrote comments that somebody looks at."""
    introducing.learn(post_id, comments)


@shared_task
def read_ahead() -> None:
    """Start a run for each connection for whom something is to be read now."""
    if settings.READ_AHEAD:
        for connection in sync_service.due():
            sync.delay(str(connection.pk))


@shared_task
def sync(connection_id: str, way: str = "beat", is_everything: bool = False) -> None:
    """Read ahead for the Pages of one connection; one run at a time."""
    connection = Connection.objects.select_related("desk").get(pk=connection_id)
    sync_service.run(connection, way=way, is_everything=is_everything)


@shared_task
def purge() -> None:
    """Forget what may no longer be kept."""
    keeping.purge()


@shared_task
def watch_disk() -> None:
    """Say in the log when the disk is nearly full."""
    disk.warn()


@shared_task
def keep_open_work() -> None:
    """Read again what open actions are about before its words end; each post's reading is claimed already."""
    for post_id in keeping.to_read_again():
        read_comments.delay(post_id, again=reading.ALL_AGAIN)
