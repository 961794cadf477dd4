"""Where a file stands that must not be put back together with the data folder."""

from pathlib import Path

import pytest

from dashboard.env import env_file_beside


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MARK_FILE", raising=False)


def test_it_stands_beside_the_folder_and_carries_its_name(tmp_path: Path) -> None:
    assert env_file_beside("MARK_FILE", tmp_path / "data", "mark") == tmp_path / "data.mark"


def test_it_stands_within_a_volume_because_what_is_beside_it_ends_with_the_container() -> None:
    assert env_file_beside("MARK_FILE", Path("/proc"), "mark") == Path("/proc/mark")


def test_it_stands_where_somebody_wants_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = tmp_path / "volume" / "mark"
    monkeypatch.setenv("MARK_FILE", str(wanted))
    assert env_file_beside("MARK_FILE", tmp_path / "data", "mark") == wanted
    assert wanted.parent.is_dir()
