"""What benchmarks print can be relied on: no call that went wrong is left out of it."""

from __future__ import annotations

from tests.bench import shared


def test_a_call_that_goes_wrong_is_counted_and_stops_no_other() -> None:
    def call(number: int) -> None:
        if number % 10 == 0:
            raise OSError(f"call {number}")

    figures = shared.at_a_pace(100, 10_000, call, at_once=4)
    assert len(figures.took) == 90
    assert sorted(figures.errors) == sorted(f"OSError: call {number}" for number in range(0, 100, 10))
    assert str(figures).startswith("n 90  errors 10  p50")


def test_figures_without_a_single_success_say_so() -> None:
    figures = shared.at_a_pace(3, 10_000, lambda number: 1 / 0, at_once=4)
    assert str(figures) == "n 0  errors 3  p50 none  p95 none"
