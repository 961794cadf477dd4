"""Processes that tests start end with the tests, however these end."""

import fcntl
import subprocess
import sys
import time
from pathlib import Path

from tests.environment import ROOT

PATIENCE_S = 30.0
HOLDER = """
import fcntl, sys, time
file = open(sys.argv[1], "w")
fcntl.flock(file, fcntl.LOCK_EX)
print("held", flush=True)
time.sleep(600)
"""
STARTER = """
import os, sys, time
from tests import processes
with processes.started([sys.executable, "-c", sys.argv[1], sys.argv[2]], dict(os.environ)) as process:
    print(process.stdout.readline().decode(), end="", flush=True)
    time.sleep(600)
"""


def test_what_killed_tests_had_started_ends(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    command = [sys.executable, "-c", STARTER, HOLDER, str(lock)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as tests:
        assert tests.stdout is not None
        assert tests.stdout.readline() == "held\n"
        tests.kill()
    with lock.open() as file:
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                assert time.monotonic() < deadline, "what the tests had started still runs"
                time.sleep(0.05)  # between two looks
