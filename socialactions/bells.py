"""Ringing for an action: a message with its number, for whoever works. Losing it changes nothing.

By the task's name, so that services may ring and tasks may call services.
"""

from __future__ import annotations

import logging
from uuid import UUID

from celery import current_app
from kombu.exceptions import OperationalError

log = logging.getLogger(__name__)


def ring(pk: int, wait_s: float = 0, *, is_early: bool = False) -> None:
    """Announce a due action. A broker that is down changes nothing: the row waits for the sweeper.

    A message that waits carries a time on its sender's clock. So a bell for what is not due yet goes at once, as an
    early one, and who hears it rings again on the clock that will hear that, too.
    """
    try:
        current_app.send_task("socialactions.tasks.deliver", (pk, is_early), countdown=wait_s or None)
    except (OperationalError, OSError):
        log.warning("action %s: the bell did not ring, the sweeper will find it", pk)


def ring_reading(post_pk: UUID) -> None:
    """Have a post's comments read because something proved to be otherwise. Lost, the next usual reading finds it."""
    try:
        current_app.send_task("socialactions.tasks.read_again", (str(post_pk),))
    except (OperationalError, OSError):
        log.warning("post %s: nobody can be asked to read it again", post_pk)


def ring_webhook(pk: UUID) -> None:
    """Announce that a program has something to hear; the sweeper finds what no bell announced."""
    try:
        current_app.send_task("socialactions.tasks.call_webhook", (str(pk),))
    except (OperationalError, OSError):
        log.warning("webhook %s: the bell did not ring, the sweeper will find it", pk)
