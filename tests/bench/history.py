"""Asks for pages of History and of Posts among 10,000 and among 1,000,000 rows, and prints how they compare.

    .venv/bin/python tests/bench/history.py [--small 10000] [--large 1000000] [--rounds 15] [--plans] [--postgres]

Two databases in a scratch folder, SQLite; with --postgres on a private PostgreSQL instead, or on the one that
TEST_DATABASE_URL names. Both are asked in turn, so that only ratios within one run mean anything. What is timed is the
query layer, rows ready for the template; a page's own drawing costs the same everywhere and would flatter the ratios.
Prints figures beside the goals and judges nothing.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

import places

GOAL = 1.3
NOW = datetime.now(UTC)
SPAN = timedelta(days=700)
POSTS_OF_ACTIONS, PEOPLE, PAGES = 200, 20, 4
OPEN_ROWS = 30  # however long the history is: what is under way is what people are doing now
BATCH = 10_000
Case = Callable[[], object]
Row = dict[str, Any]  # the columns that differ from the usual


def main() -> None:
    options = _options()
    with places.database(options):
        _run(options)


def _run(options: argparse.Namespace) -> None:
    scratch = places.prepare()
    from django.db import connection

    filled = {}
    try:
        for rows in (options.small, options.large):
            began = time.monotonic()
            filled[rows] = _filled(rows)
            print(
                f"{connection.vendor}: {rows:,} actions and posts made in {time.monotonic() - began:.0f} s", flush=True
            )
        took = _measured(filled, options)
        _print(took, options)
        if options.plans:
            _print_plans(filled[options.large])
    finally:
        for name in filled.values():
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
            print(f"\n{case}")
            for query in queries:
                cursor.execute(how + query["sql"].replace("%", "%%"))
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
            for pragma in ("synchronous=OFF", "journal_mode=OFF", "cache_size=-400000", "secure_delete=OFF"):
                cursor.execute(f"PRAGMA {pragma}")
    desk, pages, people, posts = _people_and_pages()
    with _without_indexes():
        _insert(_action(desk, pages[0], people[0], posts[0]), _actions(rows, pages, people, posts))
        _insert(_post(pages[0], 0, NOW), _posts(rows))
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("ANALYZE")
    connection.close()
    return str(name)


@contextmanager
def _without_indexes() -> Iterator[None]:
    """They are made afterwards in one go, which takes a tenth of the time."""
    from django.db import connection

    from socialactions.models import Outgoing, Post

    indexes = [(model, index) for model in (Outgoing, Post) for index in model._meta.indexes]
    with connection.schema_editor() as editor:
        for model, index in indexes:
            editor.remove_index(model, index)
    yield
    with connection.schema_editor() as editor:
        for model, index in indexes:
            editor.add_index(model, index)


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
        id=UUID(int=number),  # in order, or making a million of them takes very long; nothing is read by it
        organization=page,
        urn=f"urn:li:share:{page.urn[-1]}{number:09}",
        author_urn=page.urn,
        commentary="Some words about what was built and by whom, as posts have them. And a few more.",
        created_at=at,
        fetched_at=NOW,
        expires_at=NOW + timedelta(days=100),
        reactions={"LIKE": 40, "PRAISE": 7},
        total_comments=number % 40,
    )


def _posts(rows: int) -> Iterator[Row]:
    for number in range(POSTS_OF_ACTIONS, POSTS_OF_ACTIONS + rows):
        at = NOW - SPAN + SPAN * number / (rows + POSTS_OF_ACTIONS)
        yield {"id": UUID(int=number), "urn": f"urn:li:share:0{number:09}", "created_at": at}


def _action(desk: Any, page: Any, person: Any, post: Any) -> Any:
    from socialactions.models import Outgoing

    return Outgoing(
        desk=desk,
        user=person,
        member_urn=person.member_urn,
        organization=page,
        post=post,
        target_urn=post.urn,
        text="A few words of ours, as replies have them, to somebody who asked.",
    )


def _actions(rows: int, pages: list[Any], people: list[Any], posts: list[Any]) -> Iterator[Row]:
    for number in range(rows):
        at = NOW - SPAN + SPAN * number / rows
        page, state = pages[number % PAGES], _state(number, rows)
        yield {
            "uid": UUID(int=number),
            "form_key": UUID(int=number),
            "user_id": people[number * 7 % PEOPLE].pk,
            "actor_urn": page.urn,
            "actor_name": page.name,
            "organization_id": page.pk,
            "post_id": posts[number % POSTS_OF_ACTIONS].pk,
            "order_key": f"{page.urn} thread {number // 5}",
            "kind": _kind(number),
            "way": "rare key" if number % 150 == 17 else "crm" if number % 10 == 3 else "browser",
            "state": state,
            "created_at": at,
            "due_at": at,
            "wanted_at": at,
            "finished_at": at if state in ("sent", "failed", "cancelled", "discarded") else None,
            "result_urn": f"urn:li:comment:(urn:li:share:1,{number})" if state == "sent" else None,
        }


def _state(number: int, rows: int) -> str:
    if number >= rows - OPEN_ROWS:
        return ("queued", "waiting", "sending", "unknown", "needs_attention", "blocked")[number % 6]
    return {3: "failed", 5: "cancelled", 7: "discarded"}.get(number * 13 % 100, "sent")


def _kind(number: int) -> str:
    if number % 100 == 11:
        return "delete"
    return ("reply", "reply", "react", "comment", "reply", "react", "reply", "unreact", "edit")[number * 5 % 9]


def _insert(like: Any, rows: Iterator[Row]) -> None:
    """Copies of one row with changed columns, without a model for each: a million take a minute, not ten."""
    from django.db import connection, transaction

    fields = [field for field in like._meta.concrete_fields if not (field.primary_key and like.pk is None)]
    at = {field.attname: number for number, field in enumerate(fields)}
    columns = ", ".join(f'"{field.column}"' for field in fields)
    as_json = "%s::jsonb" if connection.vendor == "postgresql" else "%s"
    marks = ", ".join(as_json if field.get_internal_type() == "JSONField" else "%s" for field in fields)
    statement = f'INSERT INTO "{like._meta.db_table}" ({columns}) VALUES ({marks})'  # noqa: S608 - names of our own
    usual = [_stored(field, getattr(like, field.attname), connection) for field in fields]

    def values() -> Iterator[list[Any]]:
        for changes in rows:
            row = usual.copy()
            for name, value in changes.items():
                row[at[name]] = _plain(value, connection.vendor)
            yield row

    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f'COPY "{like._meta.db_table}" ({columns}) FROM STDIN') as copy:
                for row in values():
                    copy.write_row(row)
            return
        ready = values()
        while part := list(islice(ready, BATCH)):
            cursor.executemany(statement, part)


def _stored(field: Any, value: Any, connection: Any) -> Any:
    value = field.get_db_prep_save(value, connection) if field.get_internal_type() == "JSONField" else value
    return _plain(value, connection.vendor)


def _plain(value: Any, vendor: str) -> Any:
    if vendor == "sqlite" and isinstance(value, UUID):
        return value.hex
    return str(value.replace(tzinfo=None)) if vendor == "sqlite" and isinstance(value, datetime) else value


# --- the scratch databases ---


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
    places.add_option(parser)
    options = parser.parse_args()
    options.kept = "default"
    return options


if __name__ == "__main__":
    main()
