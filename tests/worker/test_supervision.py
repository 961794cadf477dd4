"""The product as `manage.py demo` runs it: what dies comes back, and what is ended is gone."""

import os
import signal
import socket
import sqlite3
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from dashboard.start import ROOT, demo_env
from tests import processes
from tests.environment import is_scaled_out

PARTS = ("granian", "worker", "beat", "linkedin_sandbox")
PATIENCE_S = 30.0
MIGRATIONS = {path.stem for path in (ROOT / "socialactions" / "migrations").glob("0*.py")}


@pytest.fixture(scope="module")
def product() -> Iterator[processes.Product]:
    with processes.product(from_nothing=True) as running:
        yield running


def children(product: processes.Product) -> dict[str, int]:
    """Process ids of the supervisor's children by their part."""
    return children_of(product.process.pid)


def children_of(supervisor: int) -> dict[str, int]:
    listed = Path(f"/proc/{supervisor}/task/{supervisor}/children").read_text().split()
    commands = {int(pid): command_of(pid) for pid in listed}
    return {part: pid for pid, command in commands.items() for part in PARTS if part in command}


def command_of(pid: str) -> list[str]:
    """Its words; none when it has ended meanwhile."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
    except (FileNotFoundError, ProcessLookupError):
        return []


def until(claim: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not claim():
        assert time.monotonic() < deadline, f"still not: {what}"
        time.sleep(0.05)  # between two looks


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - an address of our own
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def in_group(group: int) -> list[str]:
    """Processes whose group that is, and that have not ended."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _parent, its_group = stat.read_text().rpartition(")")[2].split()[:3]
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended while we looked
        if int(its_group) == group and state != "Z":
            found.append(stat.parent.name)
    return found


def test_every_part_runs(product: processes.Product) -> None:
    assert sorted(children(product)) == sorted(PARTS)
    assert answers(f"{product.base_url}/healthz")


@pytest.mark.parametrize("part", PARTS)
def test_a_killed_part_comes_back(product: processes.Product, part: str) -> None:
    before = children(product)
    os.kill(before[part], signal.SIGKILL)
    until(lambda: children(product).get(part, before[part]) != before[part], f"{part} started again")
    assert {other: pid for other, pid in children(product).items() if other != part} == {
        other: pid for other, pid in before.items() if other != part
    }
    until(lambda: answers(f"{product.base_url}/healthz"), "the desk answers")
    until(lambda: answers(f"{product.sandbox_url}/sandbox/"), "the sandbox answers")


def test_a_sweep_reaches_the_worker(product: processes.Product) -> None:
    until(lambda: "socialactions.tasks.sweep" in product.log("worker"), "the worker swept")
    assert "Traceback" not in product.log("worker")


def test_ending_it_leaves_nothing_behind() -> None:
    with processes.product() as product:
        groups = list(children(product).values())
        began = time.monotonic()
        product.process.send_signal(signal.SIGTERM)
        assert product.process.wait(timeout=PATIENCE_S) == 0
        assert time.monotonic() - began < 5
        assert [left for group in groups for left in in_group(group)] == []


def test_nothing_survives_a_killed_supervisor() -> None:
    with processes.product() as product:
        groups = list(children(product).values())
        product.process.kill()
        until(lambda: not any(in_group(group) for group in groups), "every child has ended")


@pytest.mark.skipif(is_scaled_out(), reason="with PostgreSQL every start asks Django instead")
def test_an_older_database_is_brought_up_to_date_before_anybody_is_answered() -> None:
    """As after an update, or when a backup of an older release was put back."""
    port, began = processes.two_free_ports(), time.time()
    first_answer: list[float] = []

    def knock() -> None:
        while not answers(f"http://127.0.0.1:{port}/healthz"):
            time.sleep(0.05)  # between two looks
        first_answer.append(time.time())

    watch = threading.Thread(target=knock, daemon=True)
    watch.start()
    with processes.product(port=port, back_to="0005") as product:
        assert answers(f"{product.base_url}/connect/")  # at once: its address is printed
        watch.join()
        with closing(sqlite3.connect(product.data / "threadwell.sqlite3")) as database:
            names = {name for (name,) in database.execute("SELECT name FROM django_migrations")}
        assert names.issuperset(MIGRATIONS)
        assert began < (product.data / "migrated").stat().st_mtime < first_answer[0]
        assert "Traceback" not in product.log("web") + product.log("worker") + product.log("beat")


def test_an_installation_names_its_address_when_it_answers(tmp_path: Path) -> None:
    """It knows its own host only, and calls on loopback are not meant for that."""
    port = processes.two_free_ports()
    env = {**os.environ, **demo_env(tmp_path, port), "BASE_URL": "https://desk.example", "READ_AHEAD": "false"}
    command = [sys.executable, "manage.py", "serve", "--host", "0.0.0.0", "--port", str(port)]  # noqa: S104
    with processes.started(command, env) as process:
        said = processes.read_until(b"listens on", process)
        assert b"Threadwell listens on 0.0.0.0:%d." % port in said
        with socket.create_connection(("127.0.0.1", port), timeout=2):
            pass
        until(lambda: sorted(children_of(process.pid)) == ["beat", "granian", "worker"], "all parts run")
