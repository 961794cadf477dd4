"""Runs the state machine of sending (tests/machine.py) very often, at random, and prints how many in which time.

    .venv/bin/python tests/bench/machine.py [--examples 10000] [--steps 30] [--seed 1] [--processes 2]
    .venv/bin/python tests/bench/machine.py --plant [--examples 500]

On a SQLite of its own in a scratch folder; TEST_DATABASE_URL names a PostgreSQL instead. Exits with 1 and the shrunk
story when a promise was broken. With --plant the bugs of tests/plants.py are planted one after another, and it exits
with 1 when one of them is not found within so many examples.
"""

from __future__ import annotations

import argparse
import logging
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
BATCH = 50  # examples that Hypothesis compares with one another
sys.path.insert(0, str(ROOT))


def main() -> None:
    options = _options()
    if options.plant:
        sys.exit(_plant(options))
    if options.processes > 1:
        sys.exit(_in_processes(options))
    began = time.monotonic()
    with _stage() as machine:
        unsteady = 0
        try:
            for batch in range(-(-options.examples // BATCH)):
                unsteady += not _run(machine, options, f"{options.seed}.{batch}", min(BATCH, options.examples))
        finally:
            took_s, cpu_s = time.monotonic() - began, time.process_time()
            print(f"{machine.examples} examples of up to {options.steps} steps, seed {options.seed}: ", end="")
            print(f"{took_s:.0f} s, {cpu_s:.0f} s of CPU, {1000 * cpu_s / machine.examples:.0f} ms each; ", end="")
            print(f"{unsteady} batches ended early", flush=True)


def _in_processes(options: argparse.Namespace) -> int:
    each = -(-options.examples // options.processes)
    began = time.monotonic()
    command = [sys.executable, __file__, "--processes", "1", "--examples", str(each), "--steps", str(options.steps)]
    command += ["--as-found"] * options.as_found
    seeds = range(options.seed, options.seed + options.processes)
    parts = [subprocess.Popen([*command, "--seed", str(seed)]) for seed in seeds]
    codes = [part.wait() for part in parts]
    verdict = "every promise kept" if not any(codes) else "BROKEN, see above"
    print(f"{each * len(parts)} examples in {time.monotonic() - began:.0f} s: {verdict}")
    return 1 if any(codes) else 0


def _plant(options: argparse.Namespace) -> int:
    missed = 0
    logging.disable(logging.CRITICAL)
    with _stage() as machine:
        from tests.plants import BUGS, planted

        for name in BUGS:
            machine.examples = 0
            try:
                with planted(name):
                    _run(machine, options, options.seed, options.examples, is_hunt=True)
                found = "NOT FOUND"
                missed += 1
            except Exception as error:
                found = f"example {machine.examples:4}: {_last_words(error)}"
            print(f"{name:<42} {found}", flush=True)
    return 1 if missed else 0


def _last_words(error: BaseException) -> str:
    """What was broken first: the end of an example may stumble over the same thing."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return f"{type(error).__name__}: {error}".partition("\n")[0][:110]


def _run(machine: Any, options: argparse.Namespace, chosen: object, examples: int, *, is_hunt: bool = False) -> bool:
    """False when Hypothesis gave up: somebody else's load made a step end otherwise than it had before. No promise was
    broken then; the examples until there count.
    """
    from hypothesis import HealthCheck, Phase, seed, settings
    from hypothesis.errors import FlakyStrategyDefinition
    from hypothesis.stateful import run_state_machine_as_test

    chosen_settings = settings(
        max_examples=examples,
        stateful_step_count=options.steps,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate] if is_hunt or options.as_found else list(Phase),
        report_multiple_bugs=not is_hunt,
    )
    try:
        run_state_machine_as_test(seed(chosen)(machine), settings=chosen_settings)
    except FlakyStrategyDefinition:
        return False
    return True


@contextmanager
def _stage() -> Iterator[Any]:
    """An empty migrated database, a sandbox, and the machine at a desk there."""
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

    from socialactions.sandbox.seeds import seed as world_of
    from socialactions.sandbox.server import serve
    from tests.deeds import settle_in
    from tests.machine import OutgoingMachine

    name = ":memory:" if connection.vendor == "sqlite" else f"machine_{os.getpid()}"
    connection.settings_dict.setdefault("TEST", {})["NAME"] = name
    databases = setup_databases(verbosity=0, interactive=False)
    running = serve(world_of("small"))
    django_settings.LINKEDIN_AUTH_BASE_URL = django_settings.LINKEDIN_API_BASE_URL = running.base_url
    try:
        yield type("Machine", (OutgoingMachine,), {"place": settle_in(running), "examples": 0})
    finally:
        running.stop()
        teardown_databases(databases, verbosity=0)
        scratch.cleanup()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else None)
    for name, default in (("examples", 10_000), ("steps", 30), ("seed", 1), ("processes", 2)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--plant", action="store_true")
    parser.add_argument("--as-found", action="store_true", help="tell a failure without looking for a shorter one")
    return parser.parse_args()


if __name__ == "__main__":
    main()
