"""Sending under random interleavings of everything that may happen; `tests/bench/machine.py` runs very many."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from socialactions.sandbox.server import Running
from tests.deeds import Place, settle_in
from tests.machine import OutgoingMachine

EXAMPLES = settings(
    max_examples=25,  # the bench runs very many
    stateful_step_count=30,
    derandomize=True,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def place(sandbox_server: Running, db: None) -> Place:
    return settle_in(sandbox_server)


def test_whatever_happens_nothing_is_sent_twice_lost_or_by_another(place: Place) -> None:
    machine: Any = type("Machine", (OutgoingMachine,), {"place": place})
    run_state_machine_as_test(machine, settings=EXAMPLES)
