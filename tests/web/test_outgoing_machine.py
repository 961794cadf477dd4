"""Sending under random interleavings of everything that may happen; `tests/bench/machine.py` runs very many."""

from __future__ import annotations

import os
import secrets
from typing import Any

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis.errors import FlakyStrategyDefinition
from hypothesis.stateful import run_state_machine_as_test

from socialactions.sandbox.server import Running
from tests import environment
from tests.deeds import Place, settle_in
from tests.machine import OutgoingMachine

SEED = "MACHINE_SEED"  # in the environment: play these stories again
FEWEST = 10
EXAMPLES = settings(
    max_examples=20 if environment.is_scaled_out() else 40,  # a minute of PostgreSQL; the bench runs very many
    stateful_step_count=30,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def place(sandbox_server: Running, db: None) -> Place:
    return settle_in(sandbox_server)


def test_whatever_happens_nothing_is_sent_twice_lost_or_by_another(place: Place) -> None:
    """Other stories in each run."""
    chosen = os.environ.get(SEED) or str(secrets.randbelow(10**9))
    print(f"{SEED}={chosen} plays the same stories")  # pytest shows it with a failure
    machine: Any = type("Machine", (OutgoingMachine,), {"place": place, "examples": 0})
    try:
        run_state_machine_as_test(seed(chosen)(machine), settings=EXAMPLES)
    except FlakyStrategyDefinition:  # a busy machine made a step end otherwise than before; no promise was broken
        assert machine.examples > FEWEST
