"""Searching for planted words wherever the product keeps something: tables, the database's files, caches, broker."""

from __future__ import annotations

import pickle
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core.cache import caches
from django.db import connection

from socialactions import fragments


def found(words: Iterable[str]) -> set[str]:
    """Where any of these words stands now, as names of places."""
    needles = [word.encode() for word in words]
    return {place for place, data in _everything() if any(needle in data for needle in needles)}


def let_redis_forget(after_s: float) -> None:
    """What Redis does by itself in that time: it has a clock of its own, which a test cannot move."""
    for client, key in _redis_keys():
        if 0 <= client.ttl(key) <= after_s:
            client.delete(key)


def _everything() -> Iterator[tuple[str, bytes]]:
    yield from _tables()
    yield "sessions", repr([SessionStore().decode(one.session_data) for one in Session.objects.all()]).encode()
    yield from _files()
    yield from _redis()
    yield "fragments in memory", "\n".join(fragments.pieces()).encode()


def _tables() -> Iterator[tuple[str, bytes]]:
    with connection.cursor() as cursor:
        for name in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(name)}")  # noqa: S608 - our own tables' names
            yield f"table {name}", repr(cursor.fetchall()).encode()


def _files() -> Iterator[tuple[str, bytes]]:
    """Every file of the data folder, the database and its write-ahead log among them; the cache's are unpacked."""
    for path in sorted(Path(settings.DATA_DIR).rglob("*")):
        if path.is_file():
            inside = path.relative_to(settings.DATA_DIR)
            name = f"files of the {inside.parts[0]}" if len(inside.parts) > 1 else f"file {inside}"
            yield name, _unpacked(path) if path.suffix == ".djcache" else path.read_bytes()


def _unpacked(path: Path) -> bytes:
    with path.open("rb") as file:
        pickle.load(file)  # noqa: S301 - when it ends; our own file
        return zlib.decompress(file.read())


def _redis() -> Iterator[tuple[str, bytes]]:
    for client, key in _redis_keys():
        yield "cache", client.get(key) or b""


def _redis_keys() -> Iterator[tuple[Any, bytes]]:
    if settings.CACHE_URL:
        client = caches["default"]._cache.get_client(None, write=True)  # type: ignore[attr-defined]
        yield from ((client, key) for key in list(client.scan_iter()))
