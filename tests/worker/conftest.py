"""Ada's desk with real Celery processes beside it, and LinkedIn's side of the wire in this process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import django
import pytest

django.setup()  # pytest-django does so only after it has read the conftest files of the folders it is given

from dashboard.supervise import die_with_us  # noqa: E402
from socialactions.sandbox.server import Running  # noqa: E402
from tests import environment, processes  # noqa: E402
from tests.deeds import Place, settle_in  # noqa: E402
from tests.worker.lives import Worker, empty_broker, environment_of  # noqa: E402

BEAT = [sys.executable, "-m", "celery", "--app", "dashboard.celery", "beat", "--pidfile", "", "--max-interval", "1"]


@pytest.fixture
def place(sandbox_server: Running, transactional_db: None, settings: Any) -> Place:
    settings.UNDO_WINDOW_S = 0
    empty_broker()
    return settle_in(sandbox_server)


@pytest.fixture
def start_worker(place: Place) -> Iterator[Callable[[], Worker]]:
    """Starts workers when a test says so; all are gone at its end."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(processes.celery_worker(environment_of(place)))


@pytest.fixture
def start_skewed(place: Place) -> Iterator[Callable[[float], Worker]]:
    """Starts workers whose clock goes so many seconds before ours."""
    with ExitStack() as stack:
        yield lambda ahead_s: stack.enter_context(processes.celery_worker(environment_of(place), ahead_s=ahead_s))


@pytest.fixture
def beat(place: Place) -> Iterator[Worker]:
    """The process that rings for the sweeper."""
    options: dict[str, Any] = {"start_new_session": True, "preexec_fn": die_with_us()}
    with subprocess.Popen(BEAT, env=environment_of(place), cwd=environment.ROOT, **options) as process:
        yield process
        os.killpg(process.pid, signal.SIGKILL)
