"""Runs the state machine of sending (tests/machine.py) very often, at random, and prints how many in which time.

    .venv/bin/python tests/bench/machine.py [--examples 10000] [--steps 30] [--seed 1] [--processes 2]

On a SQLite of its own in a scratch folder; TEST_DATABASE_URL names a PostgreSQL instead. Exits with 1 and the shrunk
story when a promise was broken.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))


def main() -> None:
    options = _options()
    if options.processes > 1:
        sys.exit(_in_processes(options))
    began = time.monotonic()
    _run(options)
    took_s, cpu_s = time.monotonic() - began, time.process_time()
    print(f"{options.examples} examples of up to {options.steps} steps, seed {options.seed}: ", end="")
    print(f"{took_s:.0f} s, {cpu_s:.0f} s of CPU, {1000 * cpu_s / options.examples:.0f} ms each")


def _in_processes(options: argparse.Namespace) -> int:
    each = -(-options.examples // options.processes)
    began = time.monotonic()
    command = [sys.executable, __file__, "--processes", "1", "--examples", str(each), "--steps", str(options.steps)]
    seeds = range(options.seed, options.seed + options.processes)
    parts = [subprocess.Popen([*command, "--seed", str(seed)]) for seed in seeds]
    codes = [part.wait() for part in parts]
    verdict = "every promise kept" if not any(codes) else "BROKEN, see above"
    print(f"{each * len(parts)} examples in {time.monotonic() - began:.0f} s: {verdict}")
    return 1 if any(codes) else 0


def _run(options: argparse.Namespace) -> None:
    from tests import environment

    if "TEST_DATABASE_URL" in os.environ:
        os.environ["SCALED_OUT"] = "1"
        os.environ.setdefault("TEST_REDIS_URL", "redis://127.0.0.1:1")
    scratch = environment.prepare()
    os.environ.pop("CACHE_URL", None)
    os.environ["CELERY_BROKER_URL"] = "memory://"
    import django

    django.setup()
    from django.conf import settings as django_settings
    from django.db import connection
    from django.test.utils import setup_databases, teardown_databases
    from hypothesis import HealthCheck, seed, settings
    from hypothesis.stateful import run_state_machine_as_test

    from socialactions.sandbox.seeds import seed as world_of
    from socialactions.sandbox.server import serve
    from tests.deeds import settle_in
    from tests.machine import OutgoingMachine

    django_settings.DATABASES["default"].setdefault("TEST", {})["NAME"] = f"machine_{os.getpid()}"
    if connection.vendor == "sqlite":
        connection.settings_dict["TEST"]["NAME"] = ":memory:"
    else:
        connection.settings_dict["TEST"]["NAME"] = f"machine_{os.getpid()}"
    databases = setup_databases(verbosity=0, interactive=False)
    running = serve(world_of("small"))
    django_settings.LINKEDIN_AUTH_BASE_URL = django_settings.LINKEDIN_API_BASE_URL = running.base_url
    try:
        machine: Any = seed(options.seed)(type("Machine", (OutgoingMachine,), {"place": settle_in(running)}))
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=options.examples,
                stateful_step_count=options.steps,
                database=None,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
    finally:
        running.stop()
        teardown_databases(databases, verbosity=0)
        scratch.cleanup()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else None)
    for name, default in (("examples", 10_000), ("steps", 30), ("seed", 1), ("processes", 2)):
        parser.add_argument(f"--{name}", type=int, default=default)
    return parser.parse_args()


if __name__ == "__main__":
    main()
