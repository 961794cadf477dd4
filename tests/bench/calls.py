"""Counts, at the sandbox, the calls that reading takes, and prints them beside the goals.

    .venv/bin/python tests/bench/calls.py [--changed 7]

The big post has 1,000 first-level comments, 300 of them with three replies. On a SQLite in memory. What is counted are
all calls of a reading, those for counts, names and pictures included. Exits with 1 when a goal is missed.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))
POSTS = 200
BIG = "A thousand thanks"
Counted = tuple[str, int, int]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else None)
    parser.add_argument("--changed", type=int, default=7)
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

    connection.settings_dict["TEST"]["NAME"] = ":memory:"
    databases = setup_databases(verbosity=0, interactive=False)
    running = serve(world_of("small"))
    settings.LINKEDIN_AUTH_BASE_URL = settings.LINKEDIN_API_BASE_URL = running.base_url
    settings.DAILY_CALLS_MEMBER = settings.DAILY_CALLS_APP = 0
    missed = 0
    try:
        for what, calls, goal in _counted(settle_in(running), options.changed):
            missed += calls > goal
            print(f"{what:52}{calls:5} calls   goal ≤ {goal}{'  above' if calls > goal else ''}", flush=True)
    finally:
        running.stop()
        teardown_databases(databases, verbosity=0)
        scratch.cleanup()
    sys.exit(bool(missed))


def _counted(place: Any, changed: int) -> Iterator[Counted]:
    from django.core.cache import cache

    from socialactions.sandbox.seeds.big import add_big_post

    add_big_post(place.world)
    place.read_posts()
    yield "first read of the big post", _read(place), 313
    yield "read again, unchanged", _read(place), 11
    cache.clear()
    yield "read again, unchanged, no name known any more", _read(place), 11
    yield "names and pictures of its first fifty threads", _meet(place), 10
    _reply(place, changed)
    yield f"read again, {changed} threads changed", _read(place), 11 + changed
    yield f"{POSTS} posts, unchanged", _quiet_run(place), 4


def _read(place: Any) -> int:
    place.forget_calls()
    post = place.read_comments(place.post(BIG))
    assert post.reading == post.Reading.COMPLETE, post.read_problem
    assert post.read_found == post.total_comments
    calls: int = place.calls()
    return calls


def _meet(place: Any) -> int:
    """What the page asks for when somebody opens it."""
    from socialactions.queries import threads
    from socialactions.queries.said import Eyes
    from socialactions.services import introducing

    place.forget_calls()
    post = place.post(BIG)

    def unmet() -> list[Any]:
        page = threads.page(post, Eyes(place.user.desk_id, post.organization.urn))
        return [comment for thread in page.threads for comment in thread.unmet]

    assert len(unmet()) > threads.PAGE
    introducing.learn(post.pk, unmet())
    assert not unmet()
    calls: int = place.calls()
    return calls


def _reply(place: Any, many: int) -> None:
    """One more reply in so many threads, spread over the post."""
    from socialactions.sandbox import threads
    from socialactions.sandbox.seeds.cast import stranger

    post = place.world.post(place.post(BIG).urn)
    for number in range(many):
        head = place.world.comments[post.comments[number * len(post.comments) // many]]
        now = place.world.now_ms()
        threads.add_comment(place.world, post, actor=stranger("Ben"), text="One more.", parent=head, at_ms=now)


def _quiet_run(place: Any) -> int:
    from socialactions.models import Organization, Post
    from socialactions.sandbox.seeds import build
    from socialactions.sandbox.seeds.cast import ACME
    from socialactions.services import sync

    Organization.objects.exclude(urn=ACME).delete()
    for number in range(POSTS - Post.objects.count()):
        build.add_post(place.world, ACME, f"Post number {number}", age_s=3600 + number)
    sync.run(place.connection, way="beat")
    place.forget_calls()
    run = sync.run(place.connection, way="beat", is_everything=True)
    assert run is not None and (run.posts_seen, run.posts_moved) == (POSTS, 0)
    calls: int = place.calls()
    return calls


if __name__ == "__main__":
    main()
