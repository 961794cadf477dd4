"""What many tests begin with, made once and put back: signing in and reading a Page cost a hundred times the rows.

Kept are the rows, the cache and LinkedIn's world as they were right after `build`. They are put back only where nobody
could tell the difference: inside a test's transaction, on an empty desk, beside an untouched world at the same address,
under the same settings, and within seconds; otherwise it is made anew. The road itself has tests of its own.
"""

from __future__ import annotations

import pickle
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.core.cache import cache
from django.db import connection

from socialactions.models import Event, User
from socialactions.sandbox.seeds import seed
from socialactions.sandbox.server import Running, serve

FRESH_S = 15  # nothing in a test depends on less; a slow machine takes as long to make it
NO_STATE = ("lock", "clock", "sleep", "changed", "in_flight")  # of a world: tools, not facts
Rows = list[tuple[str, list[tuple[Any, ...]]]]


@dataclass(frozen=True)
class Kept:
    """One beginning: under which settings it was made and when, what it left behind, and what was returned."""

    settings: dict[str, Any]
    at: tuple[float, float]
    world: bytes
    rows: Rows
    cached: dict[Any, Any]
    returned: bytes

    def is_fresh(self) -> bool:
        """By both clocks: a test that travels in time makes its own."""
        real_s, told_s = (now - then for now, then in zip(_now(), self.at, strict=True))
        return 0 <= told_s <= FRESH_S and abs(real_s - told_s) < 0.5


_kept: dict[str, Kept] = {}
_untouched: tuple[Running, bytes] | None = None
_port = 0


def small_sandbox() -> Running:
    """The small world on a socket, where the last one stood if that is free: addresses of pictures name the port."""
    global _port, _untouched
    world = seed("small")
    try:
        running = serve(world, port=_port)
    except OSError:
        running = serve(world)
    _port = int(running.base_url.rpartition(":")[2])
    _untouched = running, _state(world)
    return running


def again_or_anew(name: str, running: Running, build: Callable[[], Any]) -> Any:
    """What `build` returns, with all that it does to the database, the cache and the sandbox's world."""
    if not _is_beginning(running):
        return build()
    chosen = {key: getattr(settings, key) for key in dir(settings) if key.isupper()}
    kept = _kept.get(name)
    if kept is not None and kept.settings == chosen and kept.is_fresh():
        _put_back(kept, running)
        return pickle.loads(kept.returned)  # noqa: S301 - our own
    returned = build()
    _kept[name] = Kept(chosen, _now(), _state(running.world), _rows(), _cached(), pickle.dumps(returned))
    return returned


def _is_beginning(running: Running) -> bool:
    if not connection.in_atomic_block or _untouched is None or _untouched[0] is not running:
        return False
    return _untouched[1] == _state(running.world) and not User.objects.exists() and not Event.objects.exists()


def _now() -> tuple[float, float]:
    return time.clock_gettime(time.CLOCK_BOOTTIME), time.time()


def _state(world: Any) -> bytes:
    return pickle.dumps({name: value for name, value in vars(world).items() if name not in NO_STATE})


def _put_back(kept: Kept, running: Running) -> None:
    with running.world.lock:
        vars(running.world).update(pickle.loads(kept.world))  # noqa: S301 - our own
    with connection.cursor() as cursor:
        for statement, rows in kept.rows:
            cursor.execute(statement, [value for row in rows for value in row])
    _fill_cache(kept.cached)


def _rows() -> Rows:
    """Every row there is, as statements that insert them; which table comes first is open until the commit."""
    found: Rows = []
    with connection.cursor() as cursor:
        for model in apps.get_models(include_auto_created=True):
            if model in (ContentType, Permission):
                continue  # the migrations' own
            table = connection.ops.quote_name(model._meta.db_table)
            cursor.execute(f"SELECT * FROM {table}")  # noqa: S608
            names = [connection.ops.quote_name(column[0]) for column in cursor.description]
            rows = list(cursor.fetchall())
            if rows:
                places = ", ".join(["(" + ", ".join(["%s"] * len(names)) + ")"] * len(rows))
                found.append((f"INSERT INTO {table} ({', '.join(names)}) VALUES {places}", rows))  # noqa: S608
    return found


def _cached() -> dict[Any, Any]:
    """The cache's entries as it holds them, with their ends: files, or Redis's own form."""
    if settings.CACHE_URL:
        server = cache._cache.get_client(None, write=True)
        return {key: (max(server.pttl(key), 0), server.dump(key)) for key in server.keys("*")}
    return {path.name: path.read_bytes() for path in Path(cache._dir).glob("*.djcache")}


def _fill_cache(entries: dict[Any, Any]) -> None:
    if settings.CACHE_URL:
        server = cache._cache.get_client(None, write=True).pipeline()
        for key, (ttl, value) in entries.items():
            server.restore(key, ttl, value, replace=True)
        server.execute()
        return
    folder = Path(cache._dir)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, content in entries.items():
        (folder / name).write_bytes(content)
