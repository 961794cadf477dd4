"""Queries whose SQL is put together once. Screens ask the same few all the time, and Django takes longer to put one
together than the database takes to answer it.

Nothing of an answer is kept: every call asks the database, with all values given anew, the present moment among them.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar
from uuid import UUID, uuid4

from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from socialactions.models.living import at_moment

R = TypeVar("R")
Value = UUID | str | datetime
NOW = "the present moment"  # what past its end no manager returns is judged by it


@dataclass(frozen=True, slots=True)
class _Made:
    found: QuerySet[Any, Any]
    compiler: Any
    sql: str
    params: tuple[Any, ...]
    places: dict[int, str]  # which of the parameters is which value; the others are always the same
    converters: Any  # how the database's values become Python's, by column


class Prepared(Generic[R]):
    """``build`` makes the query from values by name. It may not look at them, nor at anything else that changes. A list
    has at least one value, and one of another length makes another query.
    """

    def __init__(self, build: Callable[..., QuerySet[Any, R]]) -> None:
        self._build = build
        self._made: dict[tuple[Any, ...], _Made] = {}

    def rows(self, **values: Value | list[UUID]) -> list[R]:
        key = (connection.vendor, *((name, len(one)) for name, one in values.items() if isinstance(one, list)))
        made = self._made.get(key)
        if made is None:
            made = self._made[key] = self._make(values)
        given = {name: _adapted(value) for name, value in _flat({**values, NOW: timezone.now()})}
        params = tuple(given[made.places[at]] if at in made.places else old for at, old in enumerate(made.params))
        compiler = copy.copy(made.compiler)
        compiler.connection = connection
        compiler.as_sql = lambda *_, **__: (made.sql, params)
        compiler.get_converters = lambda *_, **__: made.converters
        found = made.found.all()
        found.query.get_compiler = lambda *_, **__: compiler  # type: ignore[method-assign]  # asked for its SQL, it knows
        return list(found)

    def first(self, **values: Value | list[UUID]) -> R | None:
        """For a query that is about one row at most."""
        return next(iter(self.rows(**values)), None)

    def _make(self, values: dict[str, Any]) -> _Made:
        marks: dict[str, Any] = dict(_flat({**values, NOW: timezone.now()}))
        marks = {name: _mark(value) for name, value in marks.items()}
        found, compiler, sql, params = self._compiled(values, marks)
        _, _, again, same = self._compiled(values, marks)
        # What no mark stands for would stay as it was the first time, a moment for instance.
        if (sql, params) != (again, same):
            raise ValueError("The query holds something that was not given to it.")
        names = {_adapted(mark): name for name, mark in marks.items()}
        places = {at: names[one] for at, one in enumerate(params) if isinstance(one, Value) and one in names}
        if absent := set(names.values()) - set(places.values()) - {NOW}:
            raise ValueError(f"{absent} is not in the query.")
        converters = compiler.get_converters([column[0] for column in compiler.select[: compiler.col_count]])
        return _Made(found, compiler, sql, params, places, converters)

    def _compiled(self, values: dict[str, Any], marks: dict[str, Any]) -> tuple[QuerySet[Any, R], Any, str, Any]:
        ready = {
            name: [marks[f"{name} {at}"] for at in range(len(value))] if isinstance(value, list) else marks[name]
            for name, value in values.items()
        }
        with at_moment(marks[NOW]):
            found = self._build(**ready)
            compiler = found.query.get_compiler(connection=connection)
            return found, compiler, *compiler.as_sql()


def _flat(values: dict[str, Any]) -> Iterator[tuple[str, Value]]:
    for name, value in values.items():
        if isinstance(value, list):
            yield from ((f"{name} {at}", one) for at, one in enumerate(value))
        else:
            yield name, value


def _mark(value: Value) -> Value:
    """Something of the same type that no query has by itself."""
    mark = uuid4()
    if isinstance(value, datetime):
        return datetime(1, 1, 1, tzinfo=UTC) + timedelta(microseconds=mark.int % 10**15)
    return mark if isinstance(value, UUID) else str(mark)


def _adapted(value: Value) -> Any:
    """As it stands among the parameters of a query."""
    if isinstance(value, UUID):
        return value if connection.features.has_native_uuid_field else value.hex
    return connection.ops.adapt_datetimefield_value(value) if isinstance(value, datetime) else value
