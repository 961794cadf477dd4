"""Runs a module in a process whose clock goes wrong: `python -m tests.skewed SECONDS module arguments…`."""

import runpy
import sys
from datetime import UTC, datetime, timedelta

import time_machine

if __name__ == "__main__":
    _, seconds, module, *arguments = sys.argv
    time_machine.travel(datetime.now(UTC) + timedelta(seconds=float(seconds)), tick=True).start()
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
