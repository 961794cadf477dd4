"""Serve the sandbox, a small LinkedIn on this machine, until SIGTERM or Ctrl+C. Leaves all else to the sandbox."""

from __future__ import annotations

import signal
import threading
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from socialactions.sandbox.opening import open_world
from socialactions.sandbox.seeds import NAMES
from socialactions.sandbox.server import serve
from socialactions.sandbox.state import StateFileBroken

GENTLE_S = 45.0


class Command(BaseCommand):
    """Exit code 2 with one sentence when it cannot start."""

    help = "Serve a small LinkedIn on this machine, with invented people and Pages."
    requires_system_checks: list[str] = []  # noqa: RUF012 - Django's own name and type

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="a loopback address (default 127.0.0.1)")
        parser.add_argument("--port", type=int, default=8001, help="0 takes a free one (default 8001)")
        parser.add_argument("--state", type=Path, help="keep everything in this file across restarts")
        parser.add_argument("--seed", choices=NAMES, default="lively", help="how a new world looks (default lively)")
        parser.add_argument("--fresh", action="store_true", help="forget what the state file holds")
        parser.add_argument(
            "--traffic",
            type=float,
            nargs="?",
            const=GENTLE_S,
            metavar="SECONDS",
            help=f"let strangers comment every so many seconds (default when named: {GENTLE_S:.0f})",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        ending = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: ending.set())
        try:
            world = open_world(options["state"], options["seed"], fresh=options["fresh"])
            world.switches = world.switches.changed({"traffic": options["traffic"]})
            running = serve(world, options["host"], options["port"], state_file=options["state"])
        except StateFileBroken as error:
            raise CommandError(str(error), returncode=2) from None
        except (OSError, ValueError, OverflowError) as error:
            where = f"{options['host']}:{options['port']}"
            reason = error.strerror if isinstance(error, OSError) and error.strerror else error
            raise CommandError(f"The sandbox cannot start on {where}: {reason}", returncode=2) from None
        self.stdout.write(f"Sandbox at {running.base_url}/sandbox/ (this is not LinkedIn)")
        self.stdout.flush()
        ending.wait()
        running.stop()
