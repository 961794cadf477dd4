"""Imports point one way: dashboard → socialactions → socialactions.linkedin → requests; the sandbox judges alone."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def files_below(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def imports_of(path: Path) -> Iterator[str]:
    """Every module that a file names in an import, wherever in the file, relative ones in full."""
    package = path.relative_to(ROOT).parent.parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join((*base, node.module or "")).strip(".")
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def offenders(folder: str, *forbidden: str) -> list[str]:
    return [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in files_below(folder)
        for name in imports_of(path)
        if any(name == one or name.startswith(f"{one}.") for one in forbidden)
    ]


@pytest.mark.parametrize("folder", ["socialactions/linkedin", "socialactions/sandbox"])
def test_the_client_and_the_sandbox_know_neither_django_nor_celery(folder: str) -> None:
    assert files_below(folder)
    assert offenders(folder, "django", "celery") == []


def test_the_domain_knows_nothing_of_the_dashboard() -> None:
    assert offenders("socialactions", "dashboard") == []


def test_the_client_knows_nothing_of_what_is_built_on_it() -> None:
    own = [f"socialactions.{path.stem}" for path in (ROOT / "socialactions").iterdir() if path.stem != "linkedin"]
    assert offenders("socialactions/linkedin", *own) == []


def test_the_sandbox_shares_only_urns_with_the_client() -> None:
    shared = "socialactions.linkedin.urns"
    foreign = [one for one in offenders("socialactions/sandbox", "socialactions.linkedin") if shared not in one]
    assert [one for one in foreign if not one.endswith(" socialactions.linkedin")] == []


def test_only_oauth_knows_requests_oauthlib() -> None:
    found = offenders("socialactions", "requests_oauthlib", "oauthlib") + offenders("dashboard", "requests_oauthlib")
    assert {one.split(" ")[0] for one in found} <= {"socialactions/linkedin/oauth.py"}


def test_a_relative_import_is_seen_in_full() -> None:
    names = set(imports_of(ROOT / "socialactions" / "sandbox" / "server.py"))
    assert "socialactions.sandbox.world.World" in names
