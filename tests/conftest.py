"""What every test stands on: an environment of its own, no network beyond this machine, a sandbox when asked for.

Fixtures of one kind of test live in the `conftest.py` of its folder.
"""

import os
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from requests import Session

from socialactions.sandbox.adapter import InProcess
from socialactions.sandbox.app import App, make_app
from socialactions.sandbox.seeds import seed
from socialactions.sandbox.server import Running, serve
from socialactions.sandbox.world import World
from tests import environment, guard, processes

guard.refuse_sockets_beyond_loopback()


LONG_FIRST = ("browser", "worker")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes minutes begins first; short files fill what is left."""
    items.sort(key=lambda item: not any(f"tests/{folder}/" in item.nodeid for folder in LONG_FIRST))


@dataclass(frozen=True)
class Sandbox:
    """A sandbox in process, for tests that make their own client."""

    world: World
    app: App
    base_url: str = environment.NOBODY_LISTENS

    def session(self) -> Session:
        session = Session()
        session.trust_env = False
        session.mount(self.base_url, InProcess(self.app))
        return session


@pytest.fixture
def sandbox() -> Sandbox:
    world = seed("small")
    return Sandbox(world, make_app(world))


@pytest.fixture
def sandbox_server(settings: Any) -> Iterator[Running]:
    """A sandbox on a socket, which Django's settings point to: our own code finds it without being told."""
    running = serve(seed("small"))
    settings.LINKEDIN_AUTH_BASE_URL = settings.LINKEDIN_API_BASE_URL = running.base_url
    yield running
    running.stop()


@pytest.fixture
def worker(transactional_db: None, sandbox_server: Running) -> Iterator[subprocess.Popen[bytes]]:
    """A real Celery worker on the test's database, broker and sandbox; it has announced itself."""
    here = {"LINKEDIN_AUTH_BASE_URL": sandbox_server.base_url, "LINKEDIN_API_BASE_URL": sandbox_server.base_url}
    with processes.celery_worker({**os.environ, **here, "DATABASE_URL": processes.test_database_url()}) as process:
        yield process


@pytest.fixture(autouse=True)
def _forget_cached() -> Iterator[None]:
    """What one test cached is unknown to the next, and how far its events went."""
    from django.core.cache import cache

    from socialactions import clock
    from socialactions.services import high_water

    clock.forget()
    high_water.forget()
    high_water.path().write_text("0", "ascii")  # it has worked before: what a test makes up is no restore
    yield
    cache.clear()
    high_water.path().unlink(missing_ok=True)


@pytest.fixture
def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
