"""docs/linkedin.md names functions, tests, samples and switches: each of them exists."""

from __future__ import annotations

import dataclasses
import importlib
import re
from pathlib import Path

import pytest

from socialactions.sandbox.switches import Switches

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "docs" / "linkedin.md").read_text(encoding="utf-8")
MODULES = {path.stem for path in (ROOT / "socialactions" / "linkedin").glob("*.py")}


def section(title: str) -> str:
    return TEXT.split(f"## {title}", 1)[1].split("\n## ", 1)[0]


def names(text: str) -> list[str]:
    quoted = re.findall(r"`([a-z_]+\.[A-Za-z_.]+)`", text)
    return sorted({name for name in quoted if name.partition(".")[0] in MODULES})


@pytest.mark.parametrize("name", names(TEXT))
def test_each_function_in_the_tables_exists(name: str) -> None:
    module, *path = name.split(".")
    found: object = importlib.import_module(f"socialactions.linkedin.{module}")
    for step in path:
        fields = getattr(found, "model_fields", None) or getattr(found, "__annotations__", {})
        if step in fields:
            return
        found = getattr(found, step, None) or _instance_field(found, step)


def _instance_field(found: object, step: str) -> object:
    """Fields that only `__init__` sets, as exceptions do."""
    assert isinstance(found, type)
    assert f"self.{step} " in Path(importlib.import_module(found.__module__).__file__ or "").read_text()
    return found


def test_each_test_in_the_tables_exists() -> None:
    here = "".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    wanted = re.findall(r"`(test_\w+)`", TEXT)
    assert len(wanted) > 30
    assert [name for name in wanted if f"def {name}(" not in here] == []


def test_each_switch_in_the_table_exists() -> None:
    rows = section("What nobody could confirm").splitlines()[3:]
    switches = {row.split("|")[4].strip().strip("`") for row in rows if row.startswith("|")} - {""}
    assert switches <= {one.name for one in dataclasses.fields(Switches)}


def test_the_repairs_are_counted() -> None:
    samples = ROOT / "tests" / "samples" / "network-update"
    assert len(list(samples.glob("*.txt"))) == 33
    assert (samples / "repairs.json").read_text().count('"sample"') == 6
