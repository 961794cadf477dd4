"""`demo` and `serve`: which processes make up a running Threadwell, and with which settings. Standard library only.

Nothing here imports Django, so a warm start spends its time in the children alone.
"""

import argparse
import base64
import errno
import fcntl
import hashlib
import http.client
import os
import secrets
import shutil
import socket
import sqlite3
import sys
import time
import urllib.parse
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path

from dashboard.bootstrap import ROOT, CannotStart, ensure_environment, refuse_full_disk, run, say
from dashboard.supervise import ENDS, Child, Supervisor

LOOPBACK = "127.0.0.1"
DEMO_GRACE_S = 4.3  # a worker needs up to 3.5 s to leave its loops
SERVE_GRACE_S = 55.0
"""A worker may be in the middle of a request to LinkedIn, which takes at most 45 s."""
START_LIMIT_S = 60.0
MEMBERS = """\
  Ada Berg       administrator of Acme Robotics and Birch & Co: reads, answers, likes, deletes as either Page
  Bo Lindqvist   posts sponsored content for Birch & Co: reads and answers there
  Cy Marsh       has no role on any Page: sees how Threadwell says so"""


def demo(arguments: list[str]) -> None:
    """Run the product beside its own LinkedIn until Ctrl+C."""
    options = _demo_options(arguments)
    _refuse_taken_ports(options.port, options.port + 1)
    python = ensure_environment("runtime")
    data = _data_folder("demo")
    with held(data), Supervisor(say=say, grace_s=DEMO_GRACE_S) as supervisor:
        if options.fresh:
            _empty(data)
        env = demo_env(data, options.port)
        children = _children(python, env, host=LOOPBACK, port=options.port, logs=data / "logs")
        sandbox = [str(python), "manage.py", "linkedin_sandbox", "--port", str(options.port + 1)]
        sandbox += ["--state", str(data / "sandbox.json"), *(["--traffic"] if options.traffic else [])]
        supervisor.start(Child("sandbox", sandbox, env, data / "logs" / "sandbox.log"))
        migrate_if_changed(python, env, data)
        supervisor.start(children["web"])
        ready = [f"{env['LINKEDIN_API_BASE_URL']}/sandbox/", f"{env['BASE_URL']}/healthz"]
        if _wait_until_answered(supervisor, ready):
            supervisor.start(children["worker"])
            supervisor.start(children["beat"])
            say(f"\nThreadwell runs at {env['BASE_URL']}\nSign in as one of\n{MEMBERS}")
            say(f"Look behind the curtain: {env['LINKEDIN_API_BASE_URL']}/sandbox/   Ctrl+C ends everything.")
            supervisor.run()
    say("Everything has ended.")


def serve(arguments: list[str]) -> None:
    """Run web, worker and beat of a real installation on one host until told to end."""
    parser = argparse.ArgumentParser(prog="manage.py serve", description=serve.__doc__)
    parser.add_argument("--host", default=LOOPBACK, help="address to listen on (default %(default)s)")
    parser.add_argument("--port", type=_port, default=8000, help="default %(default)s")
    options = parser.parse_args(arguments)
    _refuse_taken_ports(options.port)
    # An image may carry the packages in its own Python; then there is nothing to set up.
    python = Path(sys.executable) if find_spec("django") else ensure_environment("runtime")
    missing = [name for name in ("LINKEDIN_CLIENT_ID", "BASE_URL") if not os.environ.get(name)]
    if missing:
        raise CannotStart(f"{' and '.join(missing)} must be set (see .env.example); to try Threadwell out run: demo")
    data = _data_folder("serve")
    with held(data), Supervisor(say=say, grace_s=SERVE_GRACE_S) as supervisor:
        env = dict(os.environ)
        run([python, "manage.py", "migrate", "--verbosity", "0"], env=env)
        children = _children(python, env, host=options.host, port=options.port, logs=None)
        supervisor.start(children["web"])
        if _wait_until_answered(supervisor, [f"http://{_reachable(options.host)}:{options.port}/healthz"]):
            supervisor.start(children["worker"])
            supervisor.start(children["beat"])
            say(f"Threadwell listens on {options.host}:{options.port}.")
            supervisor.run()


def _reachable(host: str) -> str:
    """Where to ask what listens there: "everywhere" is no address that one can call."""
    everywhere = {"0.0.0.0": LOOPBACK, "::": "::1"}  # noqa: S104 - compared with, not bound
    found = everywhere.get(host, host)
    return f"[{found}]" if ":" in found else found


def _demo_options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="manage.py demo", description=demo.__doc__)
    parser.add_argument("--port", type=_port, default=8000, help="the sandbox takes the next one (default %(default)s)")
    parser.add_argument("--fresh", action="store_true", help="forget everything that earlier demos kept")
    parser.add_argument("--no-traffic", dest="traffic", action="store_false", help="no comments while you watch")
    return parser.parse_args(arguments)


def _port(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 65_534:
        raise argparse.ArgumentTypeError("a port lies between 1 and 65534")
    return number


def _refuse_taken_ports(*ports: int) -> None:
    for port in ports:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((LOOPBACK, port))
            except OSError as error:
                why = "is taken by another program" if error.errno == errno.EADDRINUSE else f"({error.strerror})"
                raise CannotStart(f"Port {port} {why}; choose others with --port.") from None


def _data_folder(kind: str) -> Path:
    """The folder for data, ours alone; a demo and a real installation never share one."""
    data = Path(os.environ.get("DATA_DIR") or ROOT / "data").absolute()
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    mark = data / "kind"
    # What a demo may empty later is nobody else's: a folder that was empty when the first one came.
    if kind == "demo" and not mark.exists() and any(data.iterdir()):
        raise CannotStart(f"{data} is not empty and no demo made it; choose another folder with DATA_DIR.")
    found = mark.read_text(encoding="utf-8").strip() if mark.exists() else kind
    if found != kind:
        raise CannotStart(f"{data} belongs to `{found}`; choose another folder with DATA_DIR.")
    mark.write_text(f"{kind}\n", encoding="utf-8")
    (data / "logs").mkdir(mode=0o700, exist_ok=True)
    refuse_full_disk(data, mb=50)
    return data


class held:
    """Holds the data folder, so that two supervisors never work on the same data."""

    def __init__(self, data: Path) -> None:
        self.data = data

    def __enter__(self) -> None:
        self.folder = os.open(self.data, os.O_RDONLY)
        try:
            fcntl.flock(self.folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self.folder)
            raise CannotStart(f"Threadwell already runs on the data in {self.data}; end it first.") from None

    def __exit__(self, *_: object) -> None:
        os.close(self.folder)


def _empty(data: Path) -> None:
    for entry in data.iterdir():
        if entry.name == "kind":
            continue
        if entry.is_dir():
            shutil.rmtree(entry)
        else:
            entry.unlink()
    (data / "logs").mkdir(mode=0o700)


def demo_env(data: Path, port: int) -> dict[str, str]:
    """Our environment, but "LinkedIn" is the sandbox and the keys are this folder's own."""
    keys = data / "keys"
    keys.mkdir(mode=0o700, exist_ok=True)
    _make_key(keys / "SECRET_KEY", secrets.token_urlsafe(48))
    _make_key(keys / "FIELD_KEYS", base64.urlsafe_b64encode(secrets.token_bytes(32)).decode())
    sandbox = f"http://{LOOPBACK}:{port + 1}"
    mine = {
        "DATA_DIR": str(data),
        "HIGH_WATER_FILE": str(data / "high-water"),  # a demo is one folder, which --fresh empties
        "BASE_URL": f"http://{LOOPBACK}:{port}",
        "LINKEDIN_AUTH_BASE_URL": sandbox,
        "LINKEDIN_API_BASE_URL": sandbox,
        "LINKEDIN_MEDIA_HOSTS": sandbox,
        "LINKEDIN_TIER": os.environ.get("LINKEDIN_TIER", "standard"),  # as the sandbox's own daily limits
        "LINKEDIN_CLIENT_ID": "sandbox-client",
        "LINKEDIN_CLIENT_SECRET": "sandbox-secret",
    }
    return {"OPEN_SIGN_UP": "true", **os.environ, **mine}


def _make_key(path: Path, key: str) -> None:
    if not path.exists():
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(key)


def _children(python: Path, env: dict[str, str], *, host: str, port: int, logs: Path | None) -> dict[str, Child]:
    celery = ["celery", "--app", "dashboard.celery"]
    worker = [*celery, "worker", "--without-gossip", "--without-mingle", "--without-heartbeat"]
    beat = [*celery, "beat", "--pidfile", "", "--max-interval", "5"]
    children = {}
    for name, module in (("web", web_command(host, port)), ("worker", worker), ("beat", beat)):
        log = logs / f"{name}.log" if logs else None
        if log:
            log.write_bytes(b"")
        children[name] = Child(name, [str(python), "-m", *module], env, log)
    return children


def web_command(host: str, port: int) -> list[str]:
    """The module that serves HTTP and its arguments, for Python's -m."""
    web = ["granian", "--interface", "asginl", "--host", host, "--port", str(port), "--workers", "1", "--http", "1"]
    return [*web, "--no-ws", "--workers-kill-timeout", "2", "--log-level", "warning", "dashboard.asgi:application"]


def migrate_if_changed(python: Path, env: dict[str, str], data: Path) -> None:
    """Bring the database up to date, unless it is known to be: asking Django alone takes seconds."""
    mark = data / "migrated"
    files = sorted(ROOT.glob("*/migrations/*.py"))
    content = b"".join(path.read_bytes() for path in [*files, ROOT / "dashboard" / "locks" / "runtime.txt"])
    state = hashlib.sha256(content).hexdigest()
    is_ours = not env.get("DATABASE_URL")  # into another one only Django can look
    if is_ours and mark.exists() and mark.read_text(encoding="utf-8") == state and _holds(data, files):
        return
    run([python, "manage.py", "migrate", "--verbosity", "0"], env=env)
    mark.write_text(state, encoding="utf-8")


def _holds(data: Path, files: list[Path]) -> bool:
    """Whether these migrations stand in the database itself: it may have come back from an older backup."""
    file = data / "threadwell.sqlite3"
    if not file.exists():
        return False
    wanted = {(path.parents[1].name, path.stem) for path in files if path.stem != "__init__"}
    try:
        with closing(sqlite3.connect(f"{file.as_uri()}?mode=rw", uri=True)) as database:
            return wanted <= set(database.execute("SELECT app, name FROM django_migrations"))
    except sqlite3.Error:
        return False


def _wait_until_answered(supervisor: Supervisor, addresses: list[str]) -> bool:
    """False when somebody ended us meanwhile. Raises CannotStart when a child dies or the time is up."""
    deadline = time.monotonic() + START_LIMIT_S
    while addresses:
        if supervisor.wait(0.1) in ENDS:
            return False
        for child in supervisor.children:
            if child.has_died():
                raise CannotStart(f"{child.name} could not start. It said:\n{child.last_words()}")
        if time.monotonic() > deadline:
            raise CannotStart(f"No answer from {addresses[0]} after {START_LIMIT_S:.0f} s; see the logs.")
        addresses = [address for address in addresses if not _answers(address)]
    return True


def _answers(address: str) -> bool:
    """Whatever it says: an installation may know no other host than its own, or send everybody to https."""
    place = urllib.parse.urlsplit(address)
    caller = http.client.HTTPConnection(place.hostname or LOOPBACK, place.port, timeout=2)  # no proxy in between
    try:
        caller.request("GET", place.path)
        return caller.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        caller.close()
