"""Real processes for tests: a Celery worker, or the whole product as `manage.py demo` starts it.

They end with the process that started them, even when that one is killed.
"""

import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import psycopg
import redis

from dashboard.start import LOOPBACK, demo_env, migrate_if_changed, web_command
from dashboard.supervise import die_with_us
from tests import environment

READY = b"Ctrl+C"
WEB_STARTS_S = 30.0


@contextmanager
def celery_worker(env: dict[str, str], *, ahead_s: float = 0) -> Iterator[subprocess.Popen[bytes]]:
    """A worker that is ready, its clock going before ours; killed at the end, which our design must bear anyway."""
    clock = ["tests.skewed", str(ahead_s)] if ahead_s else []
    command = [sys.executable, "-m", *clock, "celery", "--app", "dashboard.celery", "worker"]
    command += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    with started(command, env) as process:
        said = read_until(b" ready.", process)
        assert b" ready." in said, f"The worker did not start: {said.decode(errors='replace')}"
        yield process


def test_database_url() -> str:
    """Address of the database that Django's tests use, for a process beside them."""
    from django.db import connection

    its = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{its['NAME']}"
    return f"postgres://{quote(its['USER'])}:{quote(its['PASSWORD'])}@{its['HOST']}:{its['PORT']}/{its['NAME']}"


@contextmanager
def web(env: dict[str, str]) -> Iterator[str]:
    """The web process as `serve` starts it, on the test's own database; its address once it listens."""
    port = two_free_ports()
    with started([sys.executable, "-m", *web_command(LOOPBACK, port)], env) as process:
        assert process.stdout is not None
        threading.Thread(target=process.stdout.read, daemon=True).start()  # a full pipe would stop it
        deadline = time.monotonic() + WEB_STARTS_S
        while not _listens(port):
            assert process.poll() is None and time.monotonic() < deadline, "The web process did not start."
            time.sleep(0.05)  # between two looks
        yield f"http://{LOOPBACK}:{port}"


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((LOOPBACK, port)) == 0


test_database_url.__test__ = False  # type: ignore[attr-defined]  # pytest would take it for a test


class Product:
    """A running Threadwell beside its sandbox, on free ports, with data of its own."""

    def __init__(self, port: int, data: Path, process: subprocess.Popen[bytes]) -> None:
        self.base_url = f"http://127.0.0.1:{port}"
        self.sandbox_url = f"http://127.0.0.1:{port + 1}"
        self.data = data
        self.process = process

    def ledger(self, since: int = 0) -> list[dict[str, Any]]:
        """What really happened on "LinkedIn", oldest first, after entry number `since`."""
        found: list[dict[str, Any]] = self.control(f"ledger?since={since}")["entries"]
        return found

    def control(self, name: str, wish: dict[str, Any] | None = None, *, method: str | None = None) -> Any:
        """Ask the sandbox (no wish), or meddle with it."""
        body = None if wish is None else json.dumps(wish).encode()
        request = urllib.request.Request(  # noqa: S310 - an address of our own
            f"{self.sandbox_url}/sandbox/control/{name}",
            data=body,
            headers={"Content-Type": "application/json"},
            method=method or ("GET" if wish is None else "POST"),
        )
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            return json.load(answer)

    def log(self, name: str) -> str:
        """What web, worker, beat or sandbox said so far."""
        return (self.data / "logs" / f"{name}.log").read_text(encoding="utf-8", errors="replace")


@contextmanager
def product(*, from_nothing: bool = False, back_to: str = "", port: int = 0, **settings: str) -> Iterator[Product]:
    """The product as one command starts it, with these settings; gone without trace afterwards.

    Its database is a copy of one that `demo` had made, unless it shall begin with an empty folder. It reads only what
    somebody opens, unless told to read ahead: a thousand comments for each module's product would take minutes.
    ``back_to`` names the migration that an older release ended with.
    """
    own = tempfile.TemporaryDirectory(prefix="threadwell-product-", ignore_cleanup_errors=True)
    with own as folder, _database_of_its_own() as servers:
        env = {**os.environ, "UNDO_WINDOW_S": "1", "READ_AHEAD": "false", **servers, **settings, "DATA_DIR": folder}
        for name in ("BASE_URL", "ALLOWED_HOSTS", "SECRET_KEY", "FIELD_KEYS"):
            env.pop(name, None)
        if not from_nothing:
            (Path(folder) / "kind").write_text("demo\n", encoding="utf-8")
        if not servers and not from_nothing:
            _migrated(Path(folder))
        if back_to:
            _migrate_back(Path(folder), back_to)
        port = port or two_free_ports()
        command = [sys.executable, "manage.py", "demo", "--port", str(port), "--no-traffic"]
        with started(command, env) as process:
            said = read_until(READY, process)
            assert READY in said, f"The product did not start: {said.decode(errors='replace')}"
            yield Product(port, Path(folder), process)


def _migrated(folder: Path) -> None:
    """Put an up-to-date database into an empty data folder; `demo` makes it once, as it does for everybody."""
    template = Path(os.environ["DATA_DIR"]) / "demo-template"
    if not template.exists():
        making = template.with_suffix(".part")
        making.mkdir(mode=0o700)
        migrate_if_changed(Path(sys.executable), demo_env(making, 8000), making)
        shutil.rmtree(making / "keys")
        making.rename(template)
    shutil.copytree(template, folder, dirs_exist_ok=True)


def _migrate_back(folder: Path, name: str) -> None:
    command = [sys.executable, "manage.py", "migrate", "--verbosity", "0", "socialactions", name]
    subprocess.run(command, env=demo_env(folder, 8000), cwd=environment.ROOT, check=True)


@contextmanager
def started(command: list[str], env: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """Runs until the end of the block, and no longer than this process."""
    with subprocess.Popen(
        command,
        env=env,
        cwd=environment.ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,  # so that nothing sees our Ctrl+C, and all of it can be killed together
        preexec_fn=die_with_us(),
    ) as process:
        try:
            yield process
        finally:
            _end(process)


def read_until(words: bytes, process: subprocess.Popen[bytes]) -> bytes:
    """What it said up to the line with these words; all it said when it ends before. The rest is read and forgotten."""
    assert process.stdout is not None
    said = b""
    for line in process.stdout:
        said += line
        if words in line:
            threading.Thread(target=process.stdout.read, daemon=True).start()  # a full pipe would stop it
            break
    return said


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ask to end until it has: at the second Ctrl+C both Celery and our supervisor stop being patient."""
    for _ in range(20):
        process.send_signal(signal.SIGINT)
        try:
            process.wait(timeout=0.3)
            return
        except subprocess.TimeoutExpired:
            continue
    os.killpg(process.pid, signal.SIGKILL)


def two_free_ports() -> int:
    """A free port whose neighbour is free too, below those that the system hands out: nobody takes it in a restart."""
    while True:
        port = random.randrange(20_000, 32_000, 2)
        try:
            with socket.create_server(("127.0.0.1", port)), socket.create_server(("127.0.0.1", port + 1)):
                return port
        except OSError:
            continue


@contextmanager
def _database_of_its_own() -> Iterator[dict[str, str]]:
    servers = environment.servers()
    if not servers:
        yield {}
        return
    name = f"product_{uuid.uuid4().hex}"
    url = servers["DATABASE_URL"]
    for address in (
        servers["CELERY_BROKER_URL"],
        servers["CACHE_URL"],
    ):  # what earlier tests left there names other rows
        with redis.Redis.from_url(address) as left:
            left.flushdb()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        yield {**servers, "DATABASE_URL": urlsplit(url)._replace(path=f"/{name}").geturl()}
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
