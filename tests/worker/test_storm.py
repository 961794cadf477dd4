"""The storm of `tests/bench/storm.py`, small enough for each run of the tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.db import connection

from socialactions.sandbox.server import serve
from socialactions.services import promptness
from tests import environment, storm
from tests.worker.lives import empty_broker

SPEED = 20
LAG_S = 40.0  # a second by which a busy machine is late counts as twenty, and 75 would be too slow for proof
WITHOUT_PERSON = 0.85
"""Of forty actions about five end in doubt: more than six for a person are no chance."""


def hang_up() -> None:
    """The database ends every connection but ours, as one that crashed and came back."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def test_a_small_storm_breaks_no_promise(transactional_db: None, settings: Any, tmp_path: Path) -> None:
    is_scaled = environment.is_scaled_out()
    plan = storm.Plan(
        actions=40,
        accepted_within_s=10,
        members=20,
        threads=40,
        speed=SPEED,
        workers=2 if is_scaled else 1,
        way="both",
        kills=2,
        cuts=1 if is_scaled else 0,
        cut=hang_up,
        measured=promptness.SAMPLES_NEEDED,
        lag_s=LAG_S,
    )
    settings.UNDO_WINDOW_S = 0
    empty_broker()
    running = serve(storm.world_of(plan))
    settings.LINKEDIN_AUTH_BASE_URL = settings.LINKEDIN_API_BASE_URL = running.base_url
    try:
        report = storm.run(plan, running, tmp_path)
    finally:
        running.stop()
    print(f"\n{report.table()}")
    assert "followed by programs" in dict(report.lines)
    assert report.broken == []
    if report.proves:  # on a machine too busy to look in time, whoever is absent needs a person
        assert report.without_person >= WITHOUT_PERSON
