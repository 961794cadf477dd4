"""Asks for thread pages of 100, 1,000 and 5,000 comments, ours and django-comments-xtd's, and prints how they compare.

    .venv/bin/python tests/bench/thread.py [--rounds 9] [--without-peer] [--postgres]

Two processes on this machine, asked in turn, so that only ratios within one run mean anything: Threadwell with the
thread page as somebody signed in sees it, and the peer drawing the same comments as a tree with its own template, for
somebody signed in, with likes and flags. The peer is installed into a temporary folder for this run only. Timed is the
process's CPU, which a busy machine leaves alone. --postgres puts ours on a private PostgreSQL, or on the one on this
machine that TEST_DATABASE_URL names; its CPU counts as well. *Cold* draws every thread, otherwise those drawn lately
are taken from memory. Prints figures beside the goals and judges nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import places
from thread_peer import SIZES, WORDS, Case, answer, seen

HERE, ROOT = Path(__file__).parent, Path(__file__).parents[2]
PEER = ("django~=5.2.0", "django-comments-xtd==2.10.13")
HTMX = {"HX-Request": "true"}
GROWTH, KEPT, FASTER = 1.3, 4, {1000: 20, 5000: 100}


def main() -> None:
    options = _options()
    if options.role:
        answer(ours(), _cpu_s)
        return
    with tempfile.TemporaryDirectory() as folder, places.database(options):
        sides = {"ours": sys.executable}
        if not options.without_peer:
            sides["peer"] = _peer_python(Path(folder))
        running = {role: _start(role, python) for role, python in sides.items()}
        try:
            _print(_measured(running, options.rounds), options.rounds)
        finally:
            for process in running.values():
                process.communicate("")


# --- what is timed, in processes of their own ---


def ours() -> dict[str, Case]:
    scratch = places.prepare()
    from django.conf import settings
    from django.db import connection
    from django.test import Client
    from django.test.utils import setup_databases
    from django.urls import reverse

    from socialactions import fragments
    from socialactions.queries import threads
    from socialactions.queries.threads import Eyes
    from tests.web.crowds import fill

    name = str(Path(scratch.name) / "bench.sqlite3") if connection.vendor == "sqlite" else f"thread_{os.getpid()}"
    connection.settings_dict["TEST"]["NAME"] = name
    setup_databases(verbosity=0, interactive=False)
    settings.ALLOWED_HOSTS = ["*"]  # without Django's test environment, which hears of each template drawn
    place = _place()
    posts = {size: _post(place, size) for size in SIZES}
    for size, post in posts.items():
        fill(post, size * 3 // 4, with_replies=size // 4, replies_each=1)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("ANALYZE")  # as it does by itself within minutes
    client = Client()
    client.force_login(place.user)
    at = {size: reverse("post-show", args=[post.pk]) for size, post in posts.items()}
    page_urn = place.page().urn
    eyes = Eyes(place.user.desk_id, page_urn, page_urn, frozenset([page_urn]))
    return {
        "page": lambda size: seen(client.get(at[size])),
        "cold": lambda size: (fragments.empty(), seen(client.get(at[size]))),
        "list": lambda size: seen(client.get(f"{at[size]}?part=comments", headers=HTMX)),
        "cold list": lambda size: (fragments.empty(), client.get(f"{at[size]}?part=comments", headers=HTMX)),
        "rows": lambda size: threads.page(posts[size], eyes),
    }


def _cpu_s() -> float:
    """Of this process, and of the PostgreSQL backend that works for it."""
    from django.db import connection

    if connection.vendor == "sqlite":
        return time.process_time()
    backend = Path(f"/proc/{connection.connection.info.backend_pid}/schedstat").read_text().split()
    return time.process_time() + int(backend[0]) / 1e9


def _place() -> Any:
    from django.conf import settings

    from socialactions.sandbox.seeds import seed
    from socialactions.sandbox.server import serve
    from tests.deeds import settle_in

    running = serve(seed("small"))
    settings.LINKEDIN_AUTH_BASE_URL = settings.LINKEDIN_API_BASE_URL = running.base_url
    place = settle_in(running)
    running.stop()
    return place


def _post(place: Any, size: int) -> Any:
    from socialactions.models import Post

    now = datetime.now(UTC)
    return Post.objects.create(
        organization=place.page(),
        urn=f"urn:li:share:{size}",
        author_urn=place.page().urn,
        commentary=f"{size} comments. {WORDS}",
        created_at=now - timedelta(days=1),
        fetched_at=now,
        expires_at=now + timedelta(days=100),
        reactions={"LIKE": 40},
    )


# --- asking them in turn ---


def _measured(running: dict[str, Any], rounds: int) -> dict[tuple[str, str, int], float]:
    cases = [(role, case) for role, process in running.items() for case in json.loads(process.stdout.readline())]
    times: dict[tuple[str, str, int], list[float]] = {}
    for number in range(rounds + 1):
        for size in SIZES:
            for role, case in cases:
                if role == "peer" and number > max(3, rounds // 3):
                    continue  # it takes seconds each
                running[role].stdin.write(json.dumps([case, size]) + "\n")
                running[role].stdin.flush()
                took_ms = json.loads(running[role].stdout.readline())
                if number:  # the first round only warms up
                    times.setdefault((role, case, size), []).append(took_ms)
    return {key: statistics.median(them) for key, them in times.items()}


def _print(took: dict[tuple[str, str, int], float], rounds: int) -> None:
    print(f"median of {rounds:<25}" + "".join(f"{size:>12,}" for size in SIZES) + "   largest to smallest")
    names = {
        "cold": "thread page, cold",
        "page": "thread page",
        "list": "  its list of threads alone",
        "cold list": "  that list, cold",
        "rows": "  rows for it, undrawn",
    }
    for case, name in names.items():
        row = [took["ours", case, size] for size in SIZES]
        goal = f"  goal ≤ {GROWTH}" if case in ("page", "cold") else ""
        print(f"{name:35}" + "".join(f"{ms:9.1f} ms" for ms in row) + f"{row[-1] / row[0]:8.2f}{goal}")
    page, cold = (took["ours", case, SIZES[1]] for case in ("page", "cold"))
    drawn = took["ours", "list", SIZES[1]]
    print(f"at {SIZES[1]:,}, threads that are kept: {cold / drawn:.1f} x as fast as the cold page  goal ≥ {KEPT}")
    print(f"          the whole page around them: {cold / page:.1f} x")
    with suppress(KeyError):
        theirs = [took["peer", "page", size] for size in SIZES]
        print(f"{'django-comments-xtd, its tree':35}" + "".join(f"{ms:9.0f} ms" for ms in theirs))
        for size, goal in FASTER.items():
            ratio = took["peer", "page", size] / took["ours", "page", size]
            print(f"at {size:,}: {ratio:.0f} x faster  goal ≥ {goal}")


def _start(role: str, python: str) -> subprocess.Popen[str]:
    command = [python, __file__, "--role", role] if role == "ours" else [python, str(HERE / "thread_peer.py")]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)


def _peer_python(folder: Path) -> str:
    """A Python that has the peer, made for this run."""
    subprocess.run([sys.executable, "-m", "venv", str(folder / "peer")], check=True, capture_output=True)
    python = folder / "peer" / "bin" / "python"
    install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PEER]
    subprocess.run(install, check=True, capture_output=True)
    return str(python)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--without-peer", action="store_true")
    parser.add_argument("--role", default="", help=argparse.SUPPRESS)
    places.add_option(parser)
    return parser.parse_args()


if __name__ == "__main__":
    main()
