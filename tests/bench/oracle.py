"""Reads against a LinkedIn that changes at random (tests/oracle.py), very often, and says what happened.

    .venv/bin/python tests/bench/oracle.py [--edits 10000] [--each 10] [--seed 1]

On a SQLite in memory. It reads and compares after about ``each`` edits, and these take the time: 10,000 edits in a few
minutes need ``--each 100``. Exits with 1 when what we have is neither what is there nor called incomplete.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path
from random import Random

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else None)
    for name, default in (("edits", 10_000), ("each", 10), ("seed", 1)):
        parser.add_argument(f"--{name}", type=int, default=default)
    options = parser.parse_args()
    from tests import environment

    scratch = environment.prepare()
    os.environ["CELERY_BROKER_URL"] = "memory://"
    import django

    django.setup()
    from django.conf import settings
    from django.db import connection
    from django.test.utils import setup_databases, teardown_databases

    from socialactions.sandbox.seeds import seed as world_of
    from socialactions.sandbox.server import serve
    from tests.deeds import settle_in
    from tests.oracle import Oracle
    from tests.web.test_reading import crowd

    connection.settings_dict["TEST"]["NAME"] = ":memory:"
    databases = setup_databases(verbosity=0, interactive=False)
    running = serve(world_of("small"))
    settings.LINKEDIN_AUTH_BASE_URL = settings.LINKEDIN_API_BASE_URL = running.base_url
    settings.DAILY_CALLS_MEMBER = settings.DAILY_CALLS_APP = 0
    began = time.monotonic()
    try:
        place = settle_in(running)
        place.switch(tier="unlimited")  # a day of LinkedIn's has fewer calls than this takes
        crowd(place, 110, replies=10)
        place.read_comments(place.post())
        oracle = Oracle(place, Random(options.seed))
        oracle.run(options.edits, each=options.each)
    finally:
        running.stop()
        teardown_databases(databases, verbosity=0)
        scratch.cleanup()
    print(f"{options.edits} edits, seed {options.seed}, {time.monotonic() - began:.0f} s: every reading held")
    for what, times in sorted(oracle.happened.items()):
        print(f"{times:7} {what}")


if __name__ == "__main__":
    main()
