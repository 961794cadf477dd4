"""SQLite's writers stand in line: nobody is overtaken for long, and a turn ends however its holder does.

Two lines in one process behave as two processes do: each has opened the files for itself.
"""

from __future__ import annotations

import fcntl
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connections, transaction

from socialactions.sqlite import turns
from socialactions.sqlite.turns import Line
from tests.environment import ROOT

SOON_S = 8  # less than anybody's patience
GiveBack = Callable[[], None]


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "lined.sqlite3")


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as pool:
        yield pool


@pytest.fixture
def database(django_db_blocker: Any, path: str) -> Iterator[Any]:
    """A database of its own on our backend, whatever the other tests run on."""
    usual = connections.settings["default"]
    options = {"transaction_mode": "IMMEDIATE", "timeout": 0.1}
    connections.settings["lined"] = {**usual, "ENGINE": "socialactions.sqlite", "NAME": path, "OPTIONS": options}
    with django_db_blocker.unblock():
        write(connections["lined"], "CREATE TABLE words (word TEXT UNIQUE)")
        yield connections["lined"]
        connections["lined"].close()
    del connections["lined"], connections.settings["lined"]


def write(connection: Any, statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def taken(line: Line) -> GiveBack:
    give_back = line.take()
    assert give_back is not None
    return give_back


def wait_until(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + SOON_S
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.001)  # between two looks


def is_locked(path: str) -> bool:
    with Path(path).open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def test_threads_go_in_the_order_they_came(path: str, threads: ThreadPoolExecutor) -> None:
    line = Line(path)
    first = taken(line)
    following: list[Future[GiveBack]] = []
    for _ in range(3):
        following.append(threads.submit(taken, line))
        wait_until(lambda: len(line.standing) == 1 + len(following))
    first()
    for number, one in enumerate(following):
        give_back = one.result(SOON_S)
        assert not any(later.done() for later in following[number + 1 :])
        give_back()


def test_a_worker_lets_another_process_go_before_its_next_thread(path: str, threads: ThreadPoolExecutor) -> None:
    web, worker = Line(path), Line(path)
    worker.stay_s = 0
    first = taken(worker)
    next_of_worker = threads.submit(taken, worker)
    wait_until(lambda: len(worker.standing) == 2)
    accept = threads.submit(taken, web)
    wait_until(lambda: is_locked(f"{path}-next"))
    first()
    give_back = accept.result(SOON_S)
    assert not next_of_worker.done()
    give_back()
    next_of_worker.result(SOON_S)()


def test_people_go_together_before_a_worker(path: str, threads: ThreadPoolExecutor) -> None:
    web, worker = Line(path), Line(path)
    web.stay_s = 60
    first = taken(web)
    second = threads.submit(taken, web)
    wait_until(lambda: len(web.standing) == 2)
    write_of_worker = threads.submit(taken, worker)
    wait_until(lambda: is_locked(f"{path}-next"))
    first()
    give_back = second.result(SOON_S)
    assert not write_of_worker.done()
    give_back()
    write_of_worker.result(SOON_S)()


def test_but_not_for_ever(path: str, threads: ThreadPoolExecutor) -> None:
    web, worker = Line(path), Line(path)
    web.stay_s = 0
    first = taken(web)
    second = threads.submit(taken, web)
    write_of_worker = threads.submit(taken, worker)
    wait_until(lambda: is_locked(f"{path}-next"))
    first()
    write_of_worker.result(SOON_S)()
    second.result(SOON_S)()


def test_who_is_killed_gives_the_turn_back(path: str) -> None:
    code = "import sys, time; from socialactions.sqlite.turns import Line; Line(sys.argv[1]).take(); print(flush=True)"
    command = [sys.executable, "-c", f"{code}; time.sleep(600)", path]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        assert is_locked(f"{path}-turn")
        process.kill()
    taken(Line(path))()


def test_who_waited_too_long_leaves_it_to_sqlite(database: Any, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    stopped = taken(Line(path))
    monkeypatch.setattr(turns, "PATIENCE_S", 0.05)
    with transaction.atomic(using="lined"):
        write(database, "INSERT INTO words VALUES ('anyway')")
    stopped()
    with transaction.atomic(using="lined"):
        assert is_locked(f"{path}-turn")


def test_without_files_it_is_left_to_sqlite(database: Any, path: str, tmp_path: Path) -> None:
    turns.line_for.cache_clear()
    Path(f"{path}-next").unlink(missing_ok=True)
    Path(f"{path}-next").mkdir()
    with transaction.atomic(using="lined"):
        write(database, "INSERT INTO words VALUES ('anyway')")
    write(database, "INSERT INTO words VALUES ('again')")


class Refused(Exception):
    pass


def raises(database: Any) -> None:
    raise Refused


def is_told_to_roll_back(database: Any) -> None:
    transaction.set_rollback(True, using="lined")


def breaks_a_rule(database: Any) -> None:
    write(database, "INSERT INTO words VALUES ('twice'), ('twice')")


def loses_its_connection(database: Any) -> None:
    database.close()


def goes_well(database: Any) -> None:
    with transaction.atomic(using="lined"):  # a savepoint ends no turn
        write(database, "INSERT INTO words VALUES ('well')")
    assert is_locked(f"{database.settings_dict['NAME']}-turn")


@pytest.mark.parametrize("end", [goes_well, raises, is_told_to_roll_back, breaks_a_rule, loses_its_connection])
def test_a_turn_ends_with_its_transaction(database: Any, path: str, end: Callable[[Any], None]) -> None:
    try:
        with transaction.atomic(using="lined"):
            assert is_locked(f"{path}-turn")
            end(database)
    except (Refused, DatabaseError):
        pass
    assert not is_locked(f"{path}-turn")
    assert not is_locked(f"{path}-next")


def test_a_transaction_that_cannot_begin_has_no_turn(database: Any, path: str) -> None:
    foreign = sqlite3.connect(path, isolation_level=None)
    foreign.execute("BEGIN IMMEDIATE")
    with pytest.raises(DatabaseError, match="locked"), transaction.atomic(using="lined"):
        pass
    with pytest.raises(DatabaseError, match="locked"):
        write(database, "INSERT INTO words VALUES ('alone')")
    assert not is_locked(f"{path}-turn")
    foreign.close()


def test_a_single_write_waits_for_its_turn_and_a_reader_for_none(database: Any, path: str) -> None:
    database.connection.create_function("has_turn", 0, lambda: is_locked(f"{path}-turn"))
    write(database, "INSERT INTO words SELECT has_turn()")
    with database.cursor() as cursor:
        assert cursor.execute("SELECT word, has_turn() FROM words").fetchall() == [("1", 0)]
    assert not is_locked(f"{path}-turn")
