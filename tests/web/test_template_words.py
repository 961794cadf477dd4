"""What templates say about ages, seconds left and states."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from dashboard.templatetags import threadwell as words

NOW = datetime(2026, 11, 22, 14, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("ago", "said"),
    [
        (timedelta(seconds=-5), "now"),
        (timedelta(seconds=59), "now"),
        (timedelta(minutes=59), "59 min"),
        (timedelta(hours=23), "23 h"),
        (timedelta(days=13), "13 d"),
        (timedelta(days=14), "2 wk"),
        (timedelta(days=70), "2 mo"),
        (timedelta(days=364), "12 mo"),
        (timedelta(days=800), "2 y"),
    ],
)
@time_machine.travel(NOW, tick=False)
def test_ages_are_short_and_never_in_the_future(ago: timedelta, said: str) -> None:
    assert words.age(NOW - ago) == said


@time_machine.travel(NOW, tick=False)
def test_a_clock_time_names_the_day_when_it_was_not_today() -> None:
    assert words.clock(NOW) == "14:05"
    assert words.clock(NOW - timedelta(days=5)) == "17 Nov, 14:05"
    assert words.clock(NOW - timedelta(days=365)) == "22 Nov 2025, 14:05"


def test_seconds_left_stand_apart_so_that_they_can_count_down() -> None:
    assert words.countdown("Sending as Acme in 5 s") == ("Sending as Acme in ", "5 s", "")
    assert words.countdown("Sending as 5 stars in 12 s.") == ("Sending as 5 stars in ", "12 s", ".")
    assert words.countdown("Waiting") == ("Waiting", "", "")


def test_the_words_of_the_state_stand_apart() -> None:
    assert words.first_words("Unclear. LinkedIn did not answer.") == ("Unclear.", " LinkedIn did not answer.")
    assert words.first_words("LinkedIn refused it: too long.") == ("LinkedIn refused it:", " too long.")
    assert words.first_words("Reading and answering") == ("Reading and answering", "")
