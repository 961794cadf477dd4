"""The menu under an @: LinkedIn is asked once for the same letters, and not at all for too few."""

from __future__ import annotations

from time import monotonic
from typing import Any

import pytest

from socialactions.sandbox.faults import Rule
from socialactions.services import questions
from tests.web.desks import AtDesk, text_of


def _calls(ada: AtDesk, resource: str) -> int:
    return sum(calls for name, calls in ada.sandbox.world.requests.items() if resource in name)


def _menu(ada: AtDesk, letters: str) -> str:
    return text_of(ada.get("mention-list", post=ada.post().pk, q=letters, htmx=True))


def test_the_same_letters_ask_linkedin_once(ada_desk: AtDesk) -> None:
    before = _calls(ada_desk, "organizations")
    first = _menu(ada_desk, "Zebulon")
    asked = _calls(ada_desk, "peopleTypeahead"), _calls(ada_desk, "organizations") - before
    assert asked == (1, 1)
    assert _menu(ada_desk, "Zebulon") == first
    assert (_calls(ada_desk, "peopleTypeahead"), _calls(ada_desk, "organizations") - before) == asked


def test_without_a_cache_of_names_none_is_kept(ada_desk: AtDesk, settings: Any) -> None:
    settings.FACES_TTL_S = 0
    _menu(ada_desk, "Zebulon")
    _menu(ada_desk, "Zebulon")
    assert _calls(ada_desk, "peopleTypeahead") == 2


def test_two_letters_ask_nobody(ada_desk: AtDesk) -> None:
    before = dict(ada_desk.sandbox.world.requests)
    _menu(ada_desk, "Ze")
    assert dict(ada_desk.sandbox.world.requests) == before


def test_a_linkedin_that_hangs_keeps_nobody_waiting(ada_desk: AtDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(questions, "LONGEST_S", 0.3)
    hangs = {"do": "delay", "seconds": 3, "when": "before", "times": 9}
    ada_desk.sandbox.world.faults.append(Rule.read({**hangs, "path": "peopleTypeahead|reactions"}))
    began = monotonic()
    menu = _menu(ada_desk, "Acme")
    assert "Acme Robotics" in menu and "LinkedIn did not answer" in menu
    answer = ada_desk.get("post-reactors", ada_desk.post().pk, htmx=True)
    assert "LinkedIn did not answer. Try again" in text_of(answer)
    assert monotonic() - began < 2.5
