"""`manage.py test`: sets up what is missing and runs every test, on SQLite and files, then on PostgreSQL and Redis.

Standard library only; pytest runs in the environment that this makes.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

from dashboard.bootstrap import ROOT, ensure_environment, say
from dashboard.supervise import die_with_us
from tests import services

# In the order of collection, which tests/conftest.py makes: long files first, so that both processes end together.
PARALLEL = ("-n", "2", "--dist", "loadfile", "--no-loadscope-reorder")
SCALED_OUT = ("tests/web", "tests/worker")


def test(arguments: list[str]) -> None:
    """Exits with 1 when a test failed, or when a part found no test to run."""
    python = ensure_environment("dev")
    services.ensure_programs(servers=not arguments)
    browser = {"CHROMIUM": services.chromium()}
    if arguments:
        say("Only what you named, on SQLite and the embedded broker; without arguments everything runs.")
        sys.exit(_pytest(python, arguments, browser))
    with services.running() as addresses:
        parts = {
            "SQLite, embedded broker, browser": ([], {}),
            "PostgreSQL, Redis (web and worker)": (list(SCALED_OUT), {"SCALED_OUT": "1"}),
        }
        outcomes = {}
        for name, (folders, extra) in parts.items():
            say(f"\n=== {name}")
            began = time.monotonic()
            code = _pytest(python, [*PARALLEL, *folders], {**browser, **addresses, **extra})
            outcomes[name] = (code, time.monotonic() - began)
    say("")
    for name, (code, took_s) in outcomes.items():
        say(f"{_verdict(code):<16} {took_s:6.0f} s  {name}")
    sys.exit(1 if any(code for code, _ in outcomes.values()) else 0)


def _pytest(python: Path, arguments: list[str], extra: dict[str, str]) -> int:
    command = [python, "-m", "pytest", *arguments]
    return subprocess.run(command, cwd=ROOT, env={**os.environ, **extra}, preexec_fn=die_with_us()).returncode


def _verdict(code: int) -> str:
    return {0: "passed", 1: "FAILED", 5: "FOUND NO TEST"}.get(code, f"BROKE OFF ({code})")
