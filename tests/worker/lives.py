"""How real Celery processes live and die in these tests, and how a test waits for them."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from dashboard.celery import app
from tests import processes
from tests.deeds import Place

PATIENCE_S = 60.0
Worker = subprocess.Popen[bytes]


def environment_of(place: Place) -> dict[str, str]:
    here = place.running.base_url
    addresses = {"LINKEDIN_AUTH_BASE_URL": here, "LINKEDIN_API_BASE_URL": here}
    return {**os.environ, **addresses, "DATABASE_URL": processes.test_database_url()}


def empty_broker() -> int:
    """Lose every message; returns how many there were."""
    with app.connection_for_write() as broker:
        app.amqp.queues["celery"](broker.default_channel).declare()
        return int(broker.default_channel.queue_purge("celery") or 0)


def until(claim: Callable[[], object], what: str) -> float:
    """Look again and again until it is so; returns after how many seconds."""
    began = time.monotonic()
    while not claim():
        assert time.monotonic() - began < PATIENCE_S, f"still not: {what}"
        time.sleep(0.05)  # between two looks
    return time.monotonic() - began


def kill(process: Worker) -> None:
    """As the power cut does: the worker with everything it started."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def kill_pool(process: Worker) -> None:
    """As the kernel does when memory is short: the child that works. A pool of threads has none, and dies whole."""
    listed = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    if not listed:
        kill(process)
    for pid in listed:
        os.kill(int(pid), signal.SIGKILL)
