"""Keeps a handful of processes running: starts them, restarts what dies, ends them together. Standard library only.

Each child leads a process group of its own, so that nothing it started outlives it; each gets SIGTERM from the kernel
should the supervisor itself be killed. What the children are is said in `start.py`.
"""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

PR_SET_PDEATHSIG = 1
SETTLED_S = 20.0
"""A child that ran this long is well: its next death is restarted at once."""
SLOWEST_RESTART_S = 30.0
WATCHED = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD}
ENDS = WATCHED - {signal.SIGCHLD}


@dataclass
class Child:
    name: str
    command: list[str]
    env: dict[str, str]
    log: Path | None = None
    """Where its output goes; None: to ours."""
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    restart_at: float = 0.0
    deaths: int = field(default=0)

    def start(self) -> None:
        self.started_at = time.monotonic()
        output = self.log.open("ab") if self.log else None
        try:
            self.process = subprocess.Popen(
                self.command,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT if output else None,
                start_new_session=True,
                preexec_fn=die_with_us(),
            )
        finally:
            if output:
                output.close()

    def has_died(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def signal(self, number: int) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)

    def sweep(self) -> None:
        """Kill whatever is left of its group, and forget the process."""
        if self.process is None:
            return
        with suppress(ProcessLookupError):  # raised when the whole group has ended by itself
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process = None

    def last_words(self, lines: int = 12) -> str:
        if self.log is None or not self.log.exists():
            return ""
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])


class Supervisor:
    """Use as a context: signals are taken on entering, all children have ended after leaving."""

    def __init__(self, *, say: Callable[[str], None], grace_s: float) -> None:
        self.children: list[Child] = []
        self.say = say
        self.grace_s = grace_s

    def __enter__(self) -> "Supervisor":
        self._mask = signal.pthread_sigmask(signal.SIG_BLOCK, WATCHED)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        signal.pthread_sigmask(signal.SIG_SETMASK, self._mask)

    def start(self, child: Child) -> None:
        self.children.append(child)
        child.start()

    def wait(self, timeout_s: float | None = None) -> int | None:
        """Sleep until something happens: a signal's number, or None when time is up."""
        if timeout_s is None:
            return signal.sigwaitinfo(WATCHED).si_signo
        happened = signal.sigtimedwait(WATCHED, max(timeout_s, 0))
        return happened.si_signo if happened else None

    def run(self) -> None:
        """Keep all children running until somebody ends us."""
        while True:
            due_in = self._restart_what_died()
            if self.wait(due_in) in ENDS:
                return

    def _restart_what_died(self) -> float | None:
        """Returns in how many seconds the next restart is due, if any is."""
        now = time.monotonic()
        for child in self.children:
            if child.has_died():
                self._note_death(child, now)
            if child.process is None and child.restart_at <= now:
                child.start()
        waiting = [child.restart_at - now for child in self.children if child.process is None]
        return min(waiting, default=None)

    def _note_death(self, child: Child, now: float) -> None:
        code = child.process.returncode if child.process else None
        child.sweep()
        child.deaths = 1 if now - child.started_at > SETTLED_S else child.deaths + 1
        delay_s = min(0.2 * 4 ** (child.deaths - 1), SLOWEST_RESTART_S)
        child.restart_at = now + delay_s
        where = f" See {child.log}." if child.log else ""
        self.say(f"{child.name} ended ({_how(code)}); starting it again in {delay_s:.1f} s.{where}")

    def stop(self) -> None:
        """End everybody, politely first; a second Ctrl+C cuts the politeness short."""
        for child in self.children:
            child.signal(signal.SIGTERM)
        deadline = time.monotonic() + self.grace_s
        while any(child.is_running() for child in self.children) and time.monotonic() < deadline:
            if self.wait(deadline - time.monotonic()) == signal.SIGINT:
                break
        for child in self.children:
            child.sweep()
        self.children.clear()


def die_with_us() -> Callable[[], None]:
    """What a child runs before its program: take signals, and SIGTERM from the kernel when this process is gone."""
    parent = os.getpid()
    libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None

    def prepare() -> None:
        signal.pthread_sigmask(signal.SIG_SETMASK, set())
        if libc is not None:
            libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
            if os.getppid() != parent:  # it was killed before we asked
                os.kill(os.getpid(), signal.SIGKILL)

    return prepare


def _how(code: int | None) -> str:
    if code is not None and code < 0:
        return signal.Signals(-code).name
    return f"exit code {code}"
