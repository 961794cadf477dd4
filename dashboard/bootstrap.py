"""Makes the environment that everything else runs in. Standard library only, for a machine that has nothing but Python.

uv installs the hash-locked packages into `.venv`; where uv cannot, pip does it from the same list. Nothing outside
the checkout is changed. What then runs is the business of `start.py`, of the tests, or of Django.
"""

import errno
import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
TOOLS = ROOT / ".venv-tools"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "threadwell-lock"
UV_VERSION = "0.13.9"
DEBIAN_WHEELS = Path("/usr/share/python-wheels")


class CannotStart(Exception):
    """Something outside our code is in the way; the message is one sentence for the person who typed the command."""


def run_command(command: str, arguments: list[str]) -> None:
    """Run `demo`, `serve` or `test`. Raises CannotStart, also for a full disk or a folder that is not ours."""
    module = {"demo": "dashboard.start", "serve": "dashboard.start", "test": "tests.run"}[command]
    try:
        getattr(import_module(module), command)(arguments)
    except ModuleNotFoundError as error:
        raise CannotStart(f"This copy of Threadwell came without {error.name}.") from error
    except OSError as error:
        raise CannotStart(_in_a_sentence(error)) from error
    except KeyboardInterrupt:
        raise CannotStart("Ended before it began.") from None


def run_django(arguments: list[str]) -> None:
    if find_spec("django") is None:
        raise CannotStart(f"Django is missing in this Python: use {PYTHON.relative_to(ROOT)}, which demo makes.")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
    improperly_configured = import_module("django.core.exceptions").ImproperlyConfigured
    try:
        import_module("django.core.management").execute_from_command_line(["manage.py", *arguments])
    except improperly_configured as error:
        raise CannotStart(str(error)) from error


def ensure_environment(lock: str) -> Path:
    """The interpreter of an environment with every package of the lock `runtime` or `dev`; quick when it is there."""
    with _only_one_at_a_time():
        kept = STAMP.read_text(encoding="utf-8").split() if STAMP.exists() else []
        if kept[:1] == ["dev"]:
            lock = "dev"  # never take the tests' packages away from somebody who has them
        wanted = [lock, _digest(lock), platform.python_version()]
        if kept != wanted or not PYTHON.exists():
            STAMP.unlink(missing_ok=True)
            refuse_full_disk(ROOT, mb=800 if lock == "dev" else 400)
            started = time.monotonic()
            tool = _install(lock)
            STAMP.write_text(" ".join(wanted), encoding="utf-8")
            say(f"Packages installed by {tool} in {time.monotonic() - started:.1f} s.")
    return PYTHON


def say(sentence: str) -> None:
    print(sentence, flush=True)


def read_env_file(path: Path = ROOT / ".env") -> None:
    """Take the NAME=value lines of a file, if it exists, into the environment; what is already set there wins."""
    if not path.is_file():
        return
    for line in path.read_text(encoding="utf-8").splitlines():
        name, separator, value = line.strip().partition("=")
        if separator and not name.startswith("#"):
            os.environ.setdefault(name.strip(), value.strip().strip("\"'"))


def run(command: list[str | Path], *, env: dict[str, str] | None = None) -> None:
    """Run it silently. Raises CannotStart with its last words when it fails."""
    done = subprocess.run(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        raise CannotStart(_last_words(command, done.stdout))


def refuse_full_disk(folder: Path, *, mb: int) -> None:
    free = shutil.disk_usage(folder).free // 1_000_000
    if free < mb:
        raise CannotStart(f"The disk is full: {folder} has {free} MB left, {mb} MB are needed.")


def _in_a_sentence(error: OSError) -> str:
    if error.errno == errno.ENOSPC:
        return "The disk is full: free about 500 MB and try again."
    return f"{error.strerror}: {error.filename}" if error.filename else str(error)


def _last_words(command: list[str | Path], output: str) -> str:
    if os.strerror(errno.ENOSPC) in output:
        return _in_a_sentence(OSError(errno.ENOSPC, ""))
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return f"{Path(command[0]).name} failed: {lines[-1] if lines else 'it gave no reason'}"


def _digest(lock: str) -> str:
    return hashlib.sha256(_lock_path(lock).read_bytes()).hexdigest()


def _lock_path(lock: str) -> Path:
    return ROOT / "dashboard" / "locks" / f"{lock}.txt"


@contextmanager
def _only_one_at_a_time() -> Iterator[None]:
    folder = os.open(ROOT, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _install(lock: str) -> str:
    say("Installing packages (only the first time) …")
    pip = _pip()
    try:
        _install_with_uv(pip, lock)
    except CannotStart as reason:
        if "disk is full" in str(reason):
            raise
        say(f"uv could not do it ({reason}); trying pip, which takes longer.")
        _install_with_pip(pip, lock)
        return "pip"
    return "uv"


def _install_with_uv(pip: list[str | Path], lock: str) -> None:
    folder = TOOLS / f"uv-{UV_VERSION}"
    uv = folder / "bin" / "uv"
    if not uv.exists():
        run([*pip, "install", "--quiet", "--target", folder, f"uv=={UV_VERSION}"], env=_pip_env())
    # A wrong Python must be said at once, not replaced by one that uv would download.
    settings = {"UV_PYTHON_DOWNLOADS": "never", "UV_NO_PROGRESS": "1", "UV_CACHE_DIR": str(TOOLS / "cache")}
    env = {**settings, **_registry_of(pip), **os.environ}
    if not PYTHON.exists() or _version_of(PYTHON) != platform.python_version():
        run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, VENV], env=env)
    run([uv, "pip", "sync", "--quiet", "--require-hashes", "--python", PYTHON, _lock_path(lock)], env=env)


def _install_with_pip(pip: list[str | Path], lock: str) -> None:
    run([sys.executable, "-m", "venv", "--clear", "--without-pip", VENV])
    command = [*pip, "--python", PYTHON, "install", "--quiet", "--require-hashes", "--requirement", _lock_path(lock)]
    run(command, env=_pip_env())


def _pip_env() -> dict[str, str]:
    return {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_ROOT_USER_ACTION": "ignore", "PIP_NO_INPUT": "1"}


def _registry_of(pip: list[str | Path]) -> dict[str, str]:
    """uv does not read pip's configuration, so it is handed the registry and certificates named there."""
    listed = subprocess.run([*pip, "config", "list"], capture_output=True, text=True, check=False).stdout
    names = {"index-url": "UV_DEFAULT_INDEX", "cert": "SSL_CERT_FILE"}
    found = {}
    for line in listed.splitlines():
        key, _, value = line.partition("=")
        variable = names.get(key.rpartition(".")[2])
        if variable:
            found[variable] = value.strip("'\"")
    return found


def _version_of(python: Path) -> str:
    script = "import platform; print(platform.python_version())"
    return subprocess.run([python, "-c", script], stdout=subprocess.PIPE, text=True, check=False).stdout.strip()


def _pip() -> list[str | Path]:
    """How to call pip: the interpreter's own, or the one that Debian keeps as a file."""
    pip: list[str | Path] = [sys.executable, "-m", "pip"]
    if subprocess.run([*pip, "--version"], capture_output=True, check=False).returncode == 0:
        return pip
    wheel = _wheel_in(DEBIAN_WHEELS) or _wheel_in(TOOLS / "debian") or _download_pip_from_debian()
    return [sys.executable, wheel / "pip"]  # Python runs a package inside a wheel


def _wheel_in(folder: Path) -> Path | None:
    return next(iter(sorted(folder.rglob("pip-*.whl"))), None)


def _download_pip_from_debian() -> Path:
    """Fetch Debian's pip package with apt, signatures checked, and unpack it below the checkout; needs no root."""
    missing = "Python's pip is missing: install it (on Debian: apt-get install python3-pip) and try again."
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        raise CannotStart(missing)
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        for folder in ("lists/partial", "cache/archives/partial"):
            (work / folder).mkdir(parents=True)
        apt: list[str | Path] = ["apt-get", "-qq", "-o", f"Dir::State::Lists={work}/lists"]
        apt += ["-o", f"Dir::Cache={work}/cache", "-o", "Debug::NoLocking=1", "-o", "APT::Sandbox::User=root"]
        say("This Python has no pip; fetching Debian's.")
        try:
            run([*apt, "update"])
            subprocess.run([*apt, "download", "python3-pip-whl"], cwd=work, check=True, capture_output=True)
            TOOLS.mkdir(exist_ok=True)
            run(["dpkg-deb", "--extract", *work.glob("python3-pip-whl*.deb"), TOOLS / "debian"])
        except (CannotStart, subprocess.CalledProcessError) as reason:
            raise CannotStart(f"{missing} (Fetching it from Debian failed: {reason})") from reason
    wheel = _wheel_in(TOOLS / "debian")
    if wheel is None:
        raise CannotStart(missing)
    return wheel
