"""Asks for pages of History and of Posts among 10,000 and among 1,000,000 rows, and prints how they compare.

    .venv/bin/python tests/bench/history.py [--small 10000] [--large 1000000] [--rounds 15] [--plans]

Two databases in a scratch folder, SQLite; TEST_DATABASE_URL names a PostgreSQL instead. Both are asked in turn, so that
only ratios within one run mean anything. What is timed is the query layer, rows ready for the template; a page's own
drawing costs the same everywhere and would flatter the ratios. Prints figures beside the goals and judges nothing.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

GOAL = 1.3
NOW = datetime.now(UTC)
SPAN = timedelta(days=700)
POSTS_OF_ACTIONS, PEOPLE, PAGES = 200, 20, 4
OPEN_ROWS = 30  # however long the history is: what is under way is what people are doing now
BATCH = 10_000
Case = Callable[[], object]


def main() -> None:
    options = _options()
    scratch = _set_up()
    from django.db import connection

    places = {}
    try:
        for rows in (options.small, options.large):
            began = time.monotonic()
            places[rows] = _filled(rows)
            print(
                f"{connection.vendor}: {rows:,} actions and posts made in {time.monotonic() - began:.0f} s", flush=True
            )
        took = _measured(places, options)
        _print(took, options)
        if options.plans:
            _print_plans(places[options.large])
    finally:
        for name in places.values():
            _use(name)
            connection.creation.destroy_test_db(options.kept, verbosity=0)
        scratch.cleanup()


def cases(deep: Any, deep_posts: Any) -> Iterator[tuple[str, Case]]:
    """What is timed. Even the rare has more than a page in 10,000 rows, except where three filters meet."""
    from socialactions.models import Desk, Organization, User
    from socialactions.queries import history, posts
    from socialactions.queries.history import Filters

    desk = Desk.objects.get()
    page = Organization.objects.order_by("urn")[0]
    person = User.objects.order_by("member_urn")[0].pk
    day = NOW - timedelta(days=300)
    filters = {
        "person": Filters(person=person),
        "Page": Filters(page=page.pk),
        "actor": Filters(actor=page.urn),
        "kind, rare": Filters(kind="delete"),
        "way, rare": Filters(way="rare key"),
        "week, long ago": Filters(since=day, until=day + timedelta(days=7)),
        **{f"outcome {name}": Filters(outcome=name) for name in history.OUTCOMES},
        "person and kind": Filters(person=person, kind="reply"),
        "Page, outcome, time": Filters(page=page.pk, outcome="sent", until=day),
        "person, rare kind, failed": Filters(person=person, kind="delete", outcome="failed"),
    }
    whole = Filters()
    yield "History, page 1", lambda: history.page(desk, whole)
    yield "History, page 500", lambda: history.page(desk, whole, after=deep)
    for name, one in filters.items():
        yield f"History by {name}", lambda one=one: history.page(desk, one)
    yield "Posts, page 1", lambda: posts.of_page(page)
    yield "Posts, page 500", lambda: posts.of_page(page, after=deep_posts)


def _deep() -> tuple[Any, Any]:
    """Where page 500 begins, or the last page where there are fewer."""
    from socialactions.models import Organization, Outgoing, Post
    from socialactions.queries import history, posts
    from socialactions.queries.cursors import Cursor

    rows = Outgoing.objects.order_by(*history.ORDER)
    row = rows[min(499 * history.PAGE, rows.count() - history.PAGE)]
    page = Organization.objects.order_by("urn")[0]
    found = Post.objects.filter(organization=page).order_by("-created_at", "-id")
    post = found[min(499 * posts.PAGE, found.count() - posts.PAGE)]
    return history.place_of(row), Cursor(post.created_at, post.pk)


def _measured(places: dict[int, str], options: argparse.Namespace) -> dict[int, dict[str, float]]:
    """Median milliseconds of each case in each database, asked in turn."""
    ready = {}
    for rows, name in places.items():
        _use(name)
        ready[rows] = list(cases(*_deep()))
    times: dict[int, dict[str, list[float]]] = {rows: {name: [] for name, _ in ready[rows]} for rows in places}
    for number in range(options.rounds + 1):
        for rows, name in places.items():
            _use(name)
            for case, call in ready[rows]:
                call()  # pages of the file that this case needs are at hand, as on a machine that is used
                began = time.perf_counter()
                call()
                if number:  # the first round only warms up
                    times[rows][case].append(1000 * (time.perf_counter() - began))
    return {rows: {case: statistics.median(them) for case, them in cases.items()} for rows, cases in times.items()}


def _print(took: dict[int, dict[str, float]], options: argparse.Namespace) -> None:
    small, large = took[options.small], took[options.large]
    print(f"\n{'median of ' + str(options.rounds):34}{options.small:>12,}{options.large:>12,}   ratio  goal")
    for case in large:
        ratio = large[case] / small[case]
        print(f"{case:34}{small[case]:9.1f} ms{large[case]:9.1f} ms{ratio:8.2f}  ≤ {GOAL}{_mark(ratio)}")
    for what in ("History", "Posts"):
        ratio = large[f"{what}, page 500"] / large[f"{what}, page 1"]
        print(f"{what + ': page 500 to page 1':58}{ratio:8.2f}  ≤ {GOAL}{_mark(ratio)}")


def _mark(ratio: float) -> str:
    return "" if ratio <= GOAL else "  above"


def _print_plans(name: str) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    _use(name)
    for case, call in cases(*_deep()):
        with CaptureQueriesContext(connection) as queries:
            call()
        with connection.cursor() as cursor:
            how = "EXPLAIN QUERY PLAN " if connection.vendor == "sqlite" else "EXPLAIN "
            cursor.execute(how + queries[-1]["sql"].replace("%", "%%"))
            print(f"\n{case}")
            for line in cursor.fetchall():
                print("   ", line[-1])


# --- making the rows ---


def _filled(rows: int) -> str:
    """A new database with so many actions of one desk, and as many posts on one of its Pages; returns its name."""
    from django.db import connection

    name = f"bench_{os.getpid()}_{rows}"
    if connection.vendor == "sqlite":
        name = str(Path(os.environ["DATA_DIR"]) / f"{name}.sqlite3")
    connection.close()
    connection.settings_dict["TEST"]["NAME"] = name
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            for pragma in ("synchronous=OFF", "journal_mode=MEMORY", "cache_size=-400000", "secure_delete=OFF"):
                cursor.execute(f"PRAGMA {pragma}")
    desk, pages, people, posts = _people_and_pages()
    _insert(_actions(rows, desk, pages, people, posts))
    _insert(_posts(rows, pages[0]))
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("ANALYZE")
    connection.close()
    return str(name)


def _people_and_pages() -> tuple[Any, list[Any], list[Any], list[Any]]:
    from socialactions.models import Desk, Organization, Post, User

    desk = Desk.objects.create(name="Bench")
    pages = [
        Organization.objects.create(desk=desk, urn=f"urn:li:organization:{n}", name=f"Page {n}") for n in range(PAGES)
    ]
    people = [
        User.objects.create(desk=desk, member_urn=f"urn:li:person:p{n:02}", name=f"Person {n}") for n in range(PEOPLE)
    ]
    posts = [_post(pages[n % PAGES], n, NOW - SPAN) for n in range(POSTS_OF_ACTIONS)]
    Post.objects.bulk_create(posts)
    return desk, pages, people, posts


def _post(page: Any, number: int, at: datetime) -> Any:
    from socialactions.models import Post

    return Post(
        organization=page,
        urn=f"urn:li:share:{page.urn[-1]}{number:09}",
        author_urn=page.urn,
        commentary=f"Post {number}. Some words about what was built and by whom, as posts have them.",
        created_at=at,
        fetched_at=NOW,
        expires_at=NOW + timedelta(days=100),
        reactions={"LIKE": number % 90, "PRAISE": number % 7},
        total_comments=number % 40,
    )


def _posts(rows: int, page: Any) -> Iterator[Any]:
    for number in range(rows):
        yield _post(page, POSTS_OF_ACTIONS + number, NOW - SPAN + SPAN * number / rows)


def _actions(rows: int, desk: Any, pages: list[Any], people: list[Any], posts: list[Any]) -> Iterator[Any]:
    from socialactions.models import Outgoing

    for number in range(rows):
        at = NOW - SPAN + SPAN * number / rows
        post, person = posts[number % POSTS_OF_ACTIONS], people[number * 7 % PEOPLE]
        page = pages[number % PAGES]
        state = _state(number, rows)
        is_open = state in ("queued", "waiting", "sending", "unknown", "needs_attention", "blocked")
        yield Outgoing(
            desk=desk,
            user=person,
            member_urn=person.member_urn,
            actor_urn=page.urn,
            actor_name=page.name,
            organization=page,
            post=post,
            target_urn=post.urn,
            order_key=f"{page.urn} thread {number // 5}",
            kind=_kind(number),
            text=f"Action {number}: a few words of ours, as replies have them.",
            form_key=uuid4(),
            way="rare key" if number % 150 == 17 else "crm" if number % 10 == 3 else "browser",
            state=state,
            created_at=at,
            due_at=at,
            wanted_at=at,
            finished_at=None if is_open else at + timedelta(seconds=9),
            result_urn=f"urn:li:comment:({post.urn},{number})" if state == "sent" else None,
        )


def _state(number: int, rows: int) -> str:
    if number >= rows - OPEN_ROWS:
        return ("queued", "waiting", "sending", "unknown", "needs_attention", "blocked")[number % 6]
    return {3: "failed", 5: "cancelled", 7: "discarded"}.get(number * 13 % 100, "sent")


def _kind(number: int) -> str:
    if number % 100 == 11:
        return "delete"
    return ("reply", "reply", "react", "comment", "reply", "react", "reply", "unreact", "edit")[number * 5 % 9]


def _insert(rows: Iterator[Any]) -> None:
    """Without Django's own insertion, which takes minutes for a million rows."""
    from itertools import chain, islice

    from django.db import connection, transaction

    first = next(rows)
    fields = [field for field in first._meta.concrete_fields if not (field.primary_key and first.pk is None)]
    columns = ", ".join(f'"{field.column}"' for field in fields)
    marks = ", ".join("%s::jsonb" if _is_json(field) else "%s" for field in fields)
    statement = f'INSERT INTO "{first._meta.db_table}" ({columns}) VALUES ({marks})'  # noqa: S608 - names of our own
    values = ([_stored(field, row, connection) for field in fields] for row in chain([first], rows))
    with transaction.atomic(), connection.cursor() as cursor:
        while part := list(islice(values, BATCH)):
            cursor.executemany(statement, part)


def _is_json(field: Any) -> bool:
    from django.db import connection

    return connection.vendor == "postgresql" and field.get_internal_type() == "JSONField"


def _stored(field: Any, row: Any, connection: Any) -> Any:
    value = getattr(row, field.attname)
    if value is None or type(value) in (str, int, bool):
        return value
    if isinstance(value, UUID):
        return value.hex if connection.vendor == "sqlite" else value
    if isinstance(value, datetime):
        return value if connection.vendor == "postgresql" else str(value.replace(tzinfo=None))
    return field.get_db_prep_save(value, connection)


# --- the scratch databases ---


def _set_up() -> Any:
    from tests import environment

    if "TEST_DATABASE_URL" in os.environ:
        os.environ["SCALED_OUT"] = "1"
        os.environ.setdefault("TEST_REDIS_URL", "redis://127.0.0.1:1")
    scratch = environment.prepare()
    os.environ.pop("CACHE_URL", None)
    import django

    django.setup()
    from django.db import connection

    connection.settings_dict.setdefault("TEST", {})
    return scratch


def _use(name: str) -> None:
    from django.db import connection

    if connection.settings_dict["NAME"] != name:
        connection.close()
        connection.settings_dict["NAME"] = name
        connection.ensure_connection()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else None)
    for name, default in (("small", 10_000), ("large", 1_000_000), ("rounds", 15)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--plans", action="store_true", help="how the large database finds each")
    options = parser.parse_args()
    options.kept = "default"
    return options


if __name__ == "__main__":
    main()
