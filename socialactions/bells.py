"""Ringing for an action: a message with its number, for whoever works. Losing it changes nothing.

By the task's name, so that services may ring and tasks may call services.
"""

from __future__ import annotations

import logging

from celery import current_app
from kombu.exceptions import OperationalError

log = logging.getLogger(__name__)


def ring(pk: int, wait_s: float = 0) -> None:
    """Announce a due action. A broker that is down changes nothing: the row waits for the sweeper."""
    try:
        current_app.send_task("socialactions.tasks.deliver", (pk,), countdown=wait_s or None)
    except (OperationalError, OSError):
        log.warning("action %s: the bell did not ring, the sweeper will find it", pk)
