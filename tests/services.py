"""What the whole suite needs beside Python: Chromium, PostgreSQL and Redis. Standard library only.

On Debian as root they are installed; the servers then run as private instances on free ports, with data in a folder
that goes with them. Elsewhere they are found on the machine or named by the environment, or a sentence says what to do.
"""

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from dashboard.bootstrap import CannotStart, run, say
from dashboard.supervise import die_with_us

POSTGRES_VERSIONS = Path("/usr/lib/postgresql")
RABBITMQ = Path("/usr/lib/rabbitmq/bin")
EMOJI_FONT = Path("/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf")
# autovacuum: tests take back what they wrote, so it would count most tables as empty, and plan for that.
HURRY = ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200", "autovacuum=off"]
START_LIMIT_S = 60
# The first has no windows to keep: the browser tests need a third less of the processor with it.
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser")


def ensure_programs(*, servers: bool) -> None:
    """Install what is missing. Raises CannotStart naming what is missing and what to do."""
    missing = {} if _has_browser() else {"CHROMIUM": [*BROWSERS[:1], "fonts-noto-color-emoji", "fonts-noto-core"]}
    if servers and "TEST_DATABASE_URL" not in os.environ and not _postgres("postgres"):
        missing["TEST_DATABASE_URL"] = ["postgresql"]
    if servers and "TEST_REDIS_URL" not in os.environ and not shutil.which("redis-server"):
        missing["TEST_REDIS_URL"] = ["redis-server"]
    if not shutil.which("curl"):  # the examples of docs/api.md
        missing["PATH"] = ["curl"]
    if not missing:
        return
    packages = [package for names in missing.values() for package in names]
    if not _may_install():
        raise CannotStart(
            f"Missing for the tests: {', '.join(packages)}. Install them (on Debian as root: apt-get install "
            f"{' '.join(packages)}) or set {' and '.join(missing)} to what you have."
        )
    say(f"Installing {', '.join(packages)} (only the first time) …")
    quietly = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    run(["apt-get", "update", "-qq"], env=quietly)
    run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages], env=quietly)


def chromium() -> str:
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), "")


@contextmanager
def running() -> Iterator[dict[str, str]]:
    """TEST_DATABASE_URL and TEST_REDIS_URL of servers that run until the end of the block."""
    with ExitStack() as stack:
        addresses = {}
        if "TEST_DATABASE_URL" not in os.environ:
            addresses["TEST_DATABASE_URL"] = stack.enter_context(postgres()).url
        if "TEST_REDIS_URL" not in os.environ:
            addresses["TEST_REDIS_URL"] = stack.enter_context(redis()).url
        yield addresses


def _has_browser() -> bool:
    """Where we may install, the lightest one is wanted, and a font to draw emoji with; elsewhere what there is."""
    if os.environ.get("CHROMIUM"):
        return True
    found = shutil.which(BROWSERS[0]) if _may_install() else chromium()
    return bool(found and EMOJI_FONT.exists())


def _may_install() -> bool:
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


class Server:
    """A private server that runs until it is stopped; its data outlives a crash."""

    def __init__(
        self,
        url: str,
        command: list[str | Path],
        port: int,
        folder: Path,
        user: str | None,
        env: dict[str, str] | None = None,
    ) -> None:
        self.url = url
        self._command, self._port, self._folder, self._user = command, port, folder, user
        self._env = {**os.environ, **(env or {})}
        self._start()

    def crash(self) -> None:
        """End it without any care, and start it again with what reached its files."""
        self.stop(signal.SIGQUIT)
        self._start()

    def stop(self, number: int) -> None:
        self._process.send_signal(number)
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _start(self) -> None:
        log = self._folder / "log"
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                self._command,
                cwd=self._folder,
                env=self._env,
                stdout=output,
                stderr=output,
                preexec_fn=die_with_us(),
                **_identity(self._user),
            )
        for _ in range(START_LIMIT_S * 20):
            if _answers(self._port):
                return
            if self._process.poll() is not None:
                said = log.read_text(errors="replace").strip()
                raise CannotStart(f"{self._command[0]} did not start: {said}")
            _pause(self._process)
        raise CannotStart(f"{self._command[0]} did not answer within {START_LIMIT_S} s.")


@contextmanager
def postgres(settings: Sequence[str] = HURRY) -> Iterator[Server]:
    owner = "postgres" if os.geteuid() == 0 else None  # it refuses to run as root
    password, port = secrets.token_hex(16), _free_port()
    with _folder(owner) as folder:
        word = folder / "password"
        word.write_text(password, encoding="utf-8")
        _give(word, owner)
        options = ["--username", "tests", "--auth", "scram-sha-256", "--pwfile", word, "--encoding", "UTF8"]
        _run_as(owner, [_postgres("initdb"), "--pgdata", folder / "data", "--no-sync", *options])
        command = [_postgres("postgres"), "-D", folder / "data", "-p", str(port), "-k", folder, "-h", "127.0.0.1"]
        for setting in settings:
            command += ["-c", setting]
        server = Server(f"postgres://tests:{password}@127.0.0.1:{port}/postgres", command, port, folder, owner)
        try:
            yield server
        finally:
            server.stop(signal.SIGINT)


@contextmanager
def redis() -> Iterator[Server]:
    password, port = secrets.token_hex(16), _free_port()
    with _folder(None) as folder:
        options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        command = ["redis-server", *options, "--requirepass", password, "--dir", folder]
        server = Server(f"redis://:{password}@127.0.0.1:{port}", command, port, folder, None)
        try:
            yield server
        finally:
            server.stop(signal.SIGTERM)


@contextmanager
def rabbitmq() -> Iterator[Server]:
    """A broker that speaks AMQP, with a register of names (epmd) of its own: Erlang would leave one running."""
    password, port, names = secrets.token_hex(16), _free_port(), _free_port()
    with _folder(None) as folder:
        settings = {
            "listeners.tcp.1": f"127.0.0.1:{port}",
            "default_user": "tests",
            "default_pass": password,
            "log.console": "true",
            "log.file": "false",
        }
        conf = folder / "rabbitmq.conf"
        conf.write_text("".join(f"{name} = {text}\n" for name, text in settings.items()), encoding="utf-8")
        (folder / "plugins").write_text("[].", encoding="utf-8")
        env = {
            "HOME": str(folder),  # Erlang keeps its cookie there
            "ERL_EPMD_PORT": str(names),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": f"tests{port}@localhost",
            "RABBITMQ_DIST_PORT": str(_free_port()),
            "RABBITMQ_CONFIG_FILE": str(conf),
            "RABBITMQ_CONF_ENV_FILE": str(folder / "none"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
            "RABBITMQ_MNESIA_BASE": str(folder / "data"),
            "RABBITMQ_LOG_BASE": str(folder / "logs"),
            "RABBITMQ_PID_FILE": str(folder / "pid"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 1 +sbwt none",  # waits without spinning
            "RUNNING_UNDER_SYSTEMD": "true",  # the program itself, without a shell that waits for it
        }
        register = Server("", [_rabbitmq("epmd"), "-port", str(names)], names, folder, None, env)
        try:
            url = f"amqp://tests:{password}@127.0.0.1:{port}//"
            server = Server(url, [_rabbitmq("rabbitmq-server")], port, folder, None, env)
            try:
                yield server
            finally:
                server.stop(signal.SIGKILL)
        finally:
            register.stop(signal.SIGKILL)


def _pause(process: subprocess.Popen[bytes]) -> None:
    """A moment, or less when it ends."""
    try:
        process.wait(timeout=0.05)
    except subprocess.TimeoutExpired:
        return


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _postgres(program: str) -> str:
    """Debian keeps PostgreSQL's programs out of the search path, by version."""
    found = shutil.which(program)
    versions = sorted(POSTGRES_VERSIONS.glob(f"*/bin/{program}"), key=lambda path: int(path.parts[-3]))
    return found or (str(versions[-1]) if versions else "")


def _rabbitmq(program: str) -> str:
    """Debian's wrapper in the search path insists on the system's own instance; the program itself does not."""
    own = RABBITMQ / program
    return str(own) if own.exists() else shutil.which(program) or ""


def _run_as(user: str | None, command: list[str | Path]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/", **_identity(user))
    if done.returncode:
        raise CannotStart(f"{command[0]} failed: {done.stderr.strip()}")


def _identity(user: str | None) -> dict[str, object]:
    return {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []} if user else {}


@contextmanager
def _folder(user: str | None) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="threadwell-server-", ignore_cleanup_errors=True) as name:
        _give(Path(name), user)
        yield Path(name)


def _give(path: Path, user: str | None) -> None:
    if user:
        shutil.chown(path, user)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
