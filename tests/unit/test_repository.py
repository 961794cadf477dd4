"""What every tracked file must keep to, whatever it is about."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

from tests import environment

ROOT = environment.ROOT
LOCKS = sorted((ROOT / "dashboard" / "locks").glob("*.txt"))
# Put together here, so that this file does not hold what it searches for.
REGISTRIES = [".".join(parts) for parts in (("pypi", "org"), ("files", "pythonhosted"), ("registry", "npmjs"))]
MACHINE_PATHS = ["/" + folder + "/" for folder in ("root", "work", "home")]


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True).stdout
    return [path for name in listed.split("\0") if name and (path := ROOT / name).is_file()]


def holding(words: list[str]) -> list[str]:
    pattern = re.compile("|".join(r"(?<![\w.\-/~])" + re.escape(word) for word in words))
    texts = ((path, path.read_bytes().decode("utf-8", "replace")) for path in tracked())
    return [f"{path.relative_to(ROOT)}: {found[0]}" for path, text in texts if (found := pattern.search(text))]


def test_no_file_names_a_package_registry() -> None:
    texts = ((path, path.read_bytes().decode("utf-8", "replace")) for path in tracked())
    assert [str(path) for path, text in texts if any(registry in text for registry in REGISTRIES)] == []


def test_no_file_names_a_path_of_somebodys_machine() -> None:
    assert holding(MACHINE_PATHS) == []


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.stem)
def test_every_package_is_locked_by_hash_and_without_address(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
    packages = re.split(r"\n(?=[a-z0-9])", re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE).strip())
    assert "://" not in text
    assert len(packages) > 30
    assert [package for package in packages if "==" not in package or "--hash=sha256:" not in package] == []


def test_the_tests_lock_holds_every_package_of_the_product_in_the_same_version() -> None:
    pins = {lock.stem: set(re.findall(r"^[\w.\-\[\]]+==\S+", lock.read_text(), re.MULTILINE)) for lock in LOCKS}
    assert pins["runtime"] <= pins["dev"]


def test_the_example_lists_exactly_the_settings_that_are_read() -> None:
    tree = ast.parse((ROOT / "dashboard" / "settings.py").read_text(encoding="utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
    readers = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id.startswith("env_")]
    read = [call.args[0].value for call in readers if isinstance(call.args[0], ast.Constant)]
    assert sorted(environment.variables()) == sorted(map(str, read))


@pytest.mark.parametrize(
    ("folder", "strangers"),
    [
        ("socialactions/linkedin", {"django", "celery", "dashboard"}),
        ("socialactions/sandbox", {"django", "celery", "dashboard"}),
        ("socialactions", {"dashboard"}),
    ],
)
def test_arrows_between_rooms_point_one_way(folder: str, strangers: set[str]) -> None:
    found = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in (ROOT / folder).rglob("*.py")
        for name in imported_by(path)
        if name.split(".")[0] in strangers
    ]
    assert found == []


def test_the_sandbox_shares_only_urns_with_the_client() -> None:
    names = {name for path in (ROOT / "socialactions" / "sandbox").rglob("*.py") for name in imported_by(path)}
    shared = {name for name in names if name.startswith(("socialactions.linkedin", "linkedin"))}
    assert shared <= {"socialactions.linkedin.urns", "linkedin.urns"}


def imported_by(path: Path) -> set[str]:
    """Modules named in import statements; relative ones without their leading dots."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
    return names
