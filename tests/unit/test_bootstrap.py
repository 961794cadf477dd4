"""The way from an empty machine to a running product: what goes wrong is said in one sentence, with exit code 2."""

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from dashboard import bootstrap, start
from tests.environment import ROOT
from tests.processes import two_free_ports


def manage(*arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if name not in ("DATA_DIR", "SECRET_KEY", "FIELD_KEYS")}
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(command, cwd=ROOT, env={**clean, **env}, capture_output=True, text=True, timeout=60)


def assert_one_sentence(done: subprocess.CompletedProcess[str], words: str) -> None:
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_taken_port_is_said(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = manage("demo", "--port", str(port), DATA_DIR=str(tmp_path))
    assert_one_sentence(done, f"Port {port} is taken by another program; choose others with --port.")


def test_the_data_of_a_real_installation_is_not_touched_by_a_demo(tmp_path: Path) -> None:
    (tmp_path / "kind").write_text("serve")
    (tmp_path / "threadwell.sqlite3").write_text("precious")
    done = manage("demo", "--fresh", "--port", str(two_free_ports()), DATA_DIR=str(tmp_path))
    assert_one_sentence(done, "choose another folder with DATA_DIR")
    assert (tmp_path / "threadwell.sqlite3").read_text() == "precious"


def test_the_data_of_a_running_demo_is_not_touched_by_another(tmp_path: Path) -> None:
    (tmp_path / "kind").write_text("demo\n")
    (tmp_path / "threadwell.sqlite3").write_text("precious")
    with start.held(tmp_path):
        done = manage("demo", "--fresh", "--port", str(two_free_ports()), DATA_DIR=str(tmp_path))
    assert_one_sentence(done, "Threadwell already runs on the data in")
    assert (tmp_path / "threadwell.sqlite3").read_text() == "precious"


@pytest.mark.parametrize("options", [["--fresh"], []], ids=str)
def test_a_demo_does_not_move_into_a_folder_of_something_else(tmp_path: Path, options: list[str]) -> None:
    (tmp_path / "letter.txt").write_text("precious")
    done = manage("demo", *options, "--port", str(two_free_ports()), DATA_DIR=str(tmp_path))
    assert_one_sentence(done, "is not empty and no demo made it; choose another folder with DATA_DIR.")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("letter.txt", "precious")]


@pytest.mark.parametrize("missing", ["SECRET_KEY", "FIELD_KEYS"])
def test_a_missing_secret_is_named(tmp_path: Path, missing: str) -> None:
    env = {"SECRET_KEY": "x", "FIELD_KEYS": "x", "DATA_DIR": str(tmp_path)}
    del env[missing]
    assert_one_sentence(manage("check", **env), f"{missing} is missing")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("UNDO_WINDOW_S", "soon"),
        ("UNDO_WINDOW_S", "61"),
        ("DEBUG", "maybe"),
        ("MENTION_OFFSETS", "bytes"),
        ("LINKEDIN_API_BASE_URL", "http://api.example.org"),
        ("LINKEDIN_AUTH_BASE_URL", "http://10.0.0.1"),
        ("BASE_URL", "desk.example.org"),
        ("DATABASE_URL", "mysql://x/y"),
        ("HIGH_WATER_FILE", "/dev/null/high-water"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, name: str, value: str) -> None:
    env = {"SECRET_KEY": "x", "FIELD_KEYS": "x", "DATA_DIR": str(tmp_path), name: value}
    assert_one_sentence(manage("check", **env), name)


def test_serve_says_which_settings_it_needs(tmp_path: Path) -> None:
    done = manage("serve", "--port", str(two_free_ports()), DATA_DIR=str(tmp_path), LINKEDIN_CLIENT_ID="", BASE_URL="")
    assert_one_sentence(done, "LINKEDIN_CLIENT_ID and BASE_URL must be set")


def test_another_python_is_refused_before_anything_else() -> None:
    script = "import sys; sys.version_info = (3, 9, 2, 'final', 0); import manage; print(manage.main(['demo']))"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.strip() == "Threadwell needs Python 3.11, this is 3.9: try python3.11 manage.py"


def test_a_full_disk_is_said_before_work_begins(tmp_path: Path) -> None:
    much_mb = shutil.disk_usage(tmp_path).total // 1_000_000 + 1
    with pytest.raises(bootstrap.CannotStart, match="The disk is full"):
        bootstrap.refuse_full_disk(tmp_path, mb=much_mb)


def test_a_program_that_finds_the_disk_full_is_quoted_in_a_sentence() -> None:
    script = "import errno, os, sys; sys.exit(os.strerror(errno.ENOSPC))"
    with pytest.raises(bootstrap.CannotStart, match="free about"):
        bootstrap.run([sys.executable, "-c", script])


def test_settings_in_the_file_give_way_to_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "env"
    file.write_text("# a comment\nUNDO_WINDOW_S=7\n COMMENT_MAX_CHARS = '900'\nnonsense\n")
    monkeypatch.setenv("UNDO_WINDOW_S", "3")
    monkeypatch.setenv("COMMENT_MAX_CHARS", "")  # so that it is taken back afterwards
    monkeypatch.delenv("COMMENT_MAX_CHARS")
    bootstrap.read_env_file(file)
    assert (os.environ["UNDO_WINDOW_S"], os.environ["COMMENT_MAX_CHARS"]) == ("3", "900")


def test_two_supervisors_never_share_a_data_folder(tmp_path: Path) -> None:
    with (
        start.held(tmp_path),
        pytest.raises(bootstrap.CannotStart, match="already runs on the data"),
        start.held(tmp_path),
    ):
        pass


def test_keys_are_made_once_and_for_our_eyes_only(tmp_path: Path) -> None:
    env = start.demo_env(tmp_path, 8000)
    keys = {path.name: path.read_text() for path in (tmp_path / "keys").iterdir()}
    start.demo_env(tmp_path, 8000)
    assert {path.name: path.read_text() for path in (tmp_path / "keys").iterdir()} == keys
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "keys").iterdir()} == {0o600}
    assert env["LINKEDIN_API_BASE_URL"] == "http://127.0.0.1:8001"
