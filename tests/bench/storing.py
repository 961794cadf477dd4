"""Stores 1,000 comments beside 10,000 and beside 1,000,000 others, and prints how the times compare; then reads threads
of 1,000 and of 10,000 comments, and prints how the memory does.

    .venv/bin/python tests/bench/storing.py [--small 10000] [--large 1000000] [--rounds 5] [--without-memory]
                                       [--postgres]

Two databases in a scratch folder, SQLite; with --postgres on a private PostgreSQL instead, or on the one that
TEST_DATABASE_URL names. Both are used in turn, so that only ratios within one run mean anything. Memory is the most
that a process held that reads from a sandbox in another, and what it held beyond its beginning. Prints figures beside
the goals and judges nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import places

GOAL = 1.5
STORED, PAGE = 1_000, 100
READ = (1_000, 10_000)
KB = 1024


def main() -> None:
    options = _options()
    with places.database(options):
        _run(options)


def _run(options: argparse.Namespace) -> None:
    scratch = places.prepare()
    from django.db import connection

    if options.role:
        _print_memory_of_a_reading(options)
        scratch.cleanup()
        return
    filled: dict[int, str] = {}
    try:
        for rows in () if options.without_storing else (options.small, options.large):
            began = time.monotonic()
            filled[rows] = _filled(rows)
            print(f"{rows:,} comments made in {time.monotonic() - began:.0f} s", flush=True)
        if filled:
            _print_times(filled, options)
    finally:
        for name in filled.values():
            _use(name)
            connection.creation.destroy_test_db("default", verbosity=0)
        scratch.cleanup()
    if not options.without_memory:
        _print_memory()


# --- storing ---


def _print_times(places: dict[int, str], options: argparse.Namespace) -> None:
    times: dict[int, dict[str, list[float]]] = {rows: {"new": [], "again": []} for rows in places}
    for number in range(options.rounds + 1):
        for rows, name in places.items():
            _use(name)
            for what, seconds in _store(number).items():
                if number:  # the first round only warms up
                    times[rows][what].append(1000 * seconds)
    print(f"\n{'median of ' + str(options.rounds):34}{options.small:>12,}{options.large:>12,}   ratio  goal")
    for what, words in (("new", "storing 1,000 new comments"), ("again", "storing them again")):
        small, large = (statistics.median(times[rows][what]) for rows in (options.small, options.large))
        print(f"{words:34}{small:9.0f} ms{large:9.0f} ms{large / small:8.2f}  ≤ {GOAL}")


def _store(number: int) -> dict[str, float]:
    """A post's thousand comments as a reading stores them, page by page; then once more."""
    from socialactions.linkedin.urns import Urn
    from socialactions.models import Organization
    from socialactions.services.comment_store import CommentStore

    post = _post(Organization.objects.get(), number + 1_000_000)
    pages = [[_payload(post, at + n) for n in range(PAGE)] for at in range(0, STORED, PAGE)]
    took = {}
    for what in ("new", "again"):
        began = time.perf_counter()
        store = CommentStore(post)
        for page in pages:
            store.page(Urn.parse(post.urn), page)
        store.finish(complete=True)
        took[what] = time.perf_counter() - began
    assert post.comments.count() == STORED
    return took


def _payload(post: Any, number: int) -> Any:
    from socialactions.linkedin.payloads import Comment

    at = int(1000 * time.time()) - number
    return Comment.model_validate(
        {
            "commentUrn": f"urn:li:comment:({post.urn},{7_000_000 + number})",
            "actor": f"urn:li:person:p{number % 500}",
            "object": post.urn,
            "message": {"text": f"A few words, as comments have them, to somebody who asked ({number})."},
            "created": {"time": at},
            "lastModified": {"time": at},
        }
    )


def _filled(rows: int) -> str:
    """A new database with so many comments, a thousand to a post; returns its name."""
    from django.db import connection

    from socialactions.models import Desk, Organization

    name = f"storing_{os.getpid()}_{rows}"
    if connection.vendor == "sqlite":
        name = str(Path(os.environ["DATA_DIR"]) / f"{name}.sqlite3")
    connection.close()
    connection.settings_dict["TEST"]["NAME"] = name
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    desk = Desk.objects.create(name="Bench")
    page = Organization.objects.create(desk=desk, urn="urn:li:organization:1", name="Page")
    for number in range(rows // STORED):
        _fill(_post(page, number))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return str(connection.settings_dict["NAME"])


def _fill(post: Any) -> None:
    """A thousand comments by one statement a table, with keys as they really are: at random."""
    from django.db import connection, transaction
    from django.utils import timezone

    from socialactions.models import Comment, CommentContent

    now = timezone.now()
    first = Comment.objects.create(
        post=post, urn=f"urn:li:comment:({post.urn},1)", comment_id="1", actor_urn="urn:li:person:p1", first_seen_at=now
    )
    CommentContent.objects.create(
        comment=first, post=post, text="A few words, as comments have them, to somebody who asked.", created_at=now,
        fetched_at=now, expires_at=now + (post.expires_at - now) / 2,
    )  # fmt: skip
    is_sqlite = connection.vendor == "sqlite"
    key = "lower(hex(randomblob(16)))" if is_sqlite else "gen_random_uuid()"
    numbers = f"WITH RECURSIVE n(n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM n WHERE n < {STORED})"  # noqa: S608 - our number
    said = [f.column for f in Comment._meta.concrete_fields if f.name not in ("id", "comment_id", "urn")]
    kept = [f.column for f in CommentContent._meta.concrete_fields if not f.primary_key]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"{numbers} INSERT INTO {Comment._meta.db_table} (id, comment_id, urn, {', '.join(said)}) "  # noqa: S608
            f"SELECT {key}, CAST(n AS TEXT), urn || n, {', '.join(said)} FROM n, {Comment._meta.db_table} c "
            "WHERE c.id = %s",
            [first.pk.hex],
        )
        cursor.execute(
            f"INSERT INTO {CommentContent._meta.db_table} (comment_id, {', '.join(kept)}) "  # noqa: S608
            f"SELECT c.id, {', '.join('o.' + name for name in kept)} FROM {Comment._meta.db_table} c, "
            f"{CommentContent._meta.db_table} o WHERE c.post_id = %s AND c.id <> %s AND o.comment_id = %s",
            [post.pk.hex, first.pk.hex, first.pk.hex],
        )


def _post(page: Any, number: int) -> Any:
    from datetime import timedelta

    from django.utils import timezone

    from socialactions.models import Post

    now = timezone.now()
    return Post.objects.create(
        organization=page,
        urn=f"urn:li:share:{number}",
        author_urn=page.urn,
        created_at=now,
        fetched_at=now,
        expires_at=now + timedelta(days=100),
    )


# --- reading ---


def _print_memory() -> None:
    """Of processes of their own, which read from a sandbox in this one."""
    from socialactions.sandbox.seeds import seed
    from socialactions.sandbox.seeds.big import add_big_post
    from socialactions.sandbox.seeds.cast import ADA, token_for
    from socialactions.sandbox.server import serve

    found = {}
    for comments in READ:
        world = seed("empty")
        first_level = comments * 9 // 10
        add_big_post(world, first_level=first_level, with_replies=comments - first_level, replies_each=1)
        world.switches = world.switches.changed({"tier": "unlimited"})
        running = serve(world)
        command = [sys.executable, __file__, "--role", "reading", "--base-url", running.base_url]
        done = subprocess.run(
            [*command, "--token", token_for(world, ADA).value], check=True, capture_output=True, text=True
        )
        running.stop()
        found[comments] = json.loads(done.stdout)
        assert found[comments]["comments"] == comments, found
    print(f"\n{'memory of a reading':34}" + "".join(f"{n:>12,}" for n in READ) + "   ratio  goal")
    for what, words, goal in (("most", "the process at most", f"≤ {GOAL}"), ("more", "beyond its beginning", "")):
        small, large = (found[n][what] / KB for n in READ)
        print(f"{words:34}{small:9.0f} MB{large:9.0f} MB{large / max(small, 1):8.2f}  {goal}")


def _print_memory_of_a_reading(options: argparse.Namespace) -> None:
    from datetime import timedelta

    from django.conf import settings
    from django.db import connection
    from django.test.utils import setup_databases
    from django.utils import timezone

    from socialactions.linkedin.oauth import Grant
    from socialactions.models import Organization, Post, User
    from socialactions.sandbox.seeds.cast import ACME, ADA
    from socialactions.sandbox.switches import ALL_SCOPES
    from socialactions.services import connections, desks, pages, reading

    if connection.vendor == "sqlite":
        connection.settings_dict["TEST"]["NAME"] = str(Path(os.environ["DATA_DIR"]) / "reading.sqlite3")
    setup_databases(verbosity=0, interactive=False)
    settings.LINKEDIN_AUTH_BASE_URL = settings.LINKEDIN_API_BASE_URL = options.base_url
    settings.DAILY_CALLS_MEMBER = settings.DAILY_CALLS_APP = 0
    user = User.objects.create(member_urn=ADA, name="Ada")
    desks.create_desk(user=user, name="Bench")
    grant = Grant(
        access_token=options.token,
        expires_at=timezone.now() + timedelta(days=60),
        refresh_token=None,
        refresh_expires_at=None,
        scopes=frozenset(ALL_SCOPES),
    )
    pages.refresh_roles(connections.connect(user=user, grant=grant))
    page = Organization.objects.get(urn=ACME)
    reading.claim_posts(page)
    reading.read_posts(page.pk)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    post = Post.objects.get()
    reading.claim_comments(post)
    reading.read_comments(post.pk)
    post.refresh_from_db()
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"most": most, "more": most - before, "comments": post.read_found}))


# --- the scratch databases ---


def _use(name: str) -> None:
    from django.db import connection

    if connection.settings_dict["NAME"] != name:
        connection.close()
        connection.settings_dict["NAME"] = name
        connection.ensure_connection()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else None)
    for name, default in (("small", 10_000), ("large", 1_000_000), ("rounds", 5)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--without-memory", action="store_true")
    parser.add_argument("--without-storing", action="store_true")
    for name in ("role", "base-url", "token"):
        parser.add_argument(f"--{name}", default="", help=argparse.SUPPRESS)
    places.add_option(parser)
    return parser.parse_args()


if __name__ == "__main__":
    main()
