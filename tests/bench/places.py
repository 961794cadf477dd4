"""Where a benchmark keeps its rows: SQLite in a scratch folder, or a PostgreSQL that runs for as long as it does."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))


def add_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--postgres", action="store_true", help="on a private PostgreSQL instead of SQLite")


@contextmanager
def database(options: argparse.Namespace) -> Iterator[None]:
    """A PostgreSQL when it is asked for. It waits for the disk no more than tests do, on both sides of a comparison."""
    if not options.postgres or "TEST_DATABASE_URL" in os.environ:
        yield
        return
    from tests import services

    with services.postgres() as server:
        os.environ["TEST_DATABASE_URL"] = server.url
        try:
            yield
        finally:
            del os.environ["TEST_DATABASE_URL"]


def prepare() -> Any:
    """Settings for this process, on the database that TEST_DATABASE_URL names, else SQLite; the scratch folder."""
    from tests import environment

    if "TEST_DATABASE_URL" in os.environ:
        os.environ["SCALED_OUT"] = "1"
        os.environ.setdefault("TEST_REDIS_URL", "redis://127.0.0.1:1")
    scratch = environment.prepare()
    os.environ.pop("CACHE_URL", None)
    os.environ["CELERY_BROKER_URL"] = "memory://"
    import django

    django.setup()
    from django.db import connection

    connection.settings_dict.setdefault("TEST", {})
    return scratch
