"""docs/api.md: its examples run as they stand, and its tables name everything there is."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import Any, get_args

import pytest

from dashboard.api import problems, shapes
from dashboard.api.document import api
from socialactions.sandbox.seeds.cast import ACME
from tests.environment import ROOT
from tests.web.desks import AtDesk
from tests.web.programs import program_of

GUIDE = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```(sh|python)\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)


@pytest.mark.django_db(transaction=True)
def test_every_example_runs_as_written(ada_desk: AtDesk, live_server: Any, settings: Any) -> None:
    settings.UNDO_WINDOW_S = settings.API_CALLS_PER_MINUTE = 0
    assert {kind for kind, _ in EXAMPLES} == {"sh", "python"}
    program = program_of(ada_desk)
    given = {"DESK": live_server.url, "KEY": program.secret, "PAGE": ACME, "POST": ada_desk.post().urn}
    env = {**os.environ, **given, "NO_PROXY": "*"}
    for kind, example in EXAMPLES:
        command = ["sh", "-eu", "-c", example] if kind == "sh" else [sys.executable, "-c", example]
        with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            while process.poll() is None:
                ada_desk.deliver()
            said, complained = process.communicate()
        assert process.returncode == 0, f"{example}\n{complained}"
        assert kind == "python" or said.startswith("{"), said
    ada_desk.deliver()
    assert [(entry.kind, entry.text) for entry in ada_desk.ledger] == [
        ("react", ada_desk.ledger[0].text),
        ("comment", "Thank you all."),
        ("upload", ""),
        ("comment", "One pixel"),
        ("upload", ""),
        ("comment", "Nothing but gold"),
        ("upload", ""),
        ("comment", "🤖 Look, Acme Robotics"),
    ]


def test_the_tables_are_complete() -> None:
    codes = re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`[^|]+) \| [45]", GUIDE, re.MULTILINE)))
    assert sorted(codes) == sorted(problems.CODES)
    states = re.findall(r"^\| `(\w+)` \| (?:yes)? ?\|", GUIDE, re.MULTILINE)
    assert sorted(states) == sorted(get_args(shapes.StateName))
    addresses = {path.removeprefix("/api/v1").replace("{name}", "{urn}") for path in api.get_openapi_schema()["paths"]}
    told = GUIDE.replace("/api/v1/actions", "/actions").replace("/api/v1/images", "/images")
    assert [one for one in addresses - {"/actions/{uid}"} if one not in told] == []
