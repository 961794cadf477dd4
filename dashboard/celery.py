"""The Celery application. Tasks live in `socialactions/tasks.py`; the schedule stands in `settings.py`."""

import os
import time
from pathlib import Path
from typing import Any

from celery import Celery
from celery.signals import setup_logging, task_postrun, task_prerun, worker_init
from django.db import close_old_connections

from dashboard.broker import use_whole_messages
from dashboard.threads import keep_connections
from socialactions.sqlite.turns import people_first

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")

use_whole_messages()
app = Celery("threadwell")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

KEEP_DELIVERED_S = 600


@setup_logging.connect
def keep_our_logging(**_: Any) -> None:
    """Having a receiver keeps Celery from replacing the redacting log handlers that Django set up."""


@worker_init.connect
def begin_work(**_: Any) -> None:
    keep_connections()
    people_first()


@task_prerun.connect
@task_postrun.connect
def keep_good_connections(**_: Any) -> None:
    """Between tasks Celery would close every connection, or with CELERY_DB_REUSE_MAX none, not even a broken one. As
    between requests, Django knows which may stay.
    """
    close_old_connections()


@app.task(name="dashboard.celery.empty_broker")
def empty_broker() -> None:
    """Delete what the embedded broker has delivered; with another broker there is nothing to do."""
    folder = app.conf.broker_transport_options.get("processed_folder")
    if folder:
        empty_delivered(Path(folder), before=time.time() - KEEP_DELIVERED_S)


def empty_delivered(folder: Path, *, before: float) -> int:
    """Delete the message files last changed before that time (seconds since 1970); returns how many."""
    old = [path for path in folder.iterdir() if path.is_file() and path.stat().st_mtime < before]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)
