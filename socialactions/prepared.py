"""Questions that are asked many times a second: their SQL is built once, then only the values change.

Django needs ten times as long to build such a query as a database to answer it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet
from django.db.models.sql.compiler import SQLCompiler

SAMPLES: dict[type, tuple[Any, Any]] = {
    UUID: (UUID(int=1), UUID(int=2)),
    str: ("a", "b"),
    datetime: (datetime(2001, 1, 1, tzinfo=UTC), datetime(2002, 2, 2, tzinfo=UTC)),
}


@dataclass(frozen=True, slots=True)
class _Built:
    sql: str
    values: Sequence[Any]
    slots: dict[int, str]  # which of the values come from whoever asks, by name
    converters: Mapping[int, tuple[Sequence[Callable[..., Any]], Any]]


class Prepared:
    """A query of `values_list`. ``ask`` makes it out of named values of these kinds, in the same way whatever they are,
    and out of nothing else that changes: a moment that it looked up itself would stay for ever.
    """

    def __init__(self, ask: Callable[..., QuerySet[Any, Any]], **kinds: type) -> None:
        self._ask = ask
        self._kinds = kinds
        self._built: dict[str, _Built] = {}  # by the kind of database

    def first(self, **values: Any) -> list[Any] | None:
        """The columns of one row that fits, if there is any."""
        built = self._built.get(connection.vendor) or self._build()
        wanted = list(built.values)
        for number, name in built.slots.items():
            wanted[number] = _as_stored(values[name])
        with connection.cursor() as cursor:
            cursor.execute(built.sql, wanted)
            found = cursor.fetchone()
        if found is None:
            return None
        row = list(found)
        for number, (converters, expression) in built.converters.items():
            for convert in converters:
                row[number] = convert(row[number], expression, connection)
        return row

    def _build(self) -> _Built:
        """Whatever changes with a value is that value's place."""
        first = {name: SAMPLES[kind][0] for name, kind in self._kinds.items()}
        compiler = self._compiler(**first)
        sql, values = compiler.as_sql()
        if values != self._compiler(**first).as_sql()[1]:
            raise ValueError("something in this query changes by itself")
        slots: dict[int, str] = {}
        for name, kind in self._kinds.items():
            other = self._compiler(**{**first, name: SAMPLES[kind][1]}).as_sql()[1]
            slots |= {number: name for number, (one, two) in enumerate(zip(values, other, strict=True)) if one != two}
        columns = [expression for expression, *_ in compiler.select]
        built = _Built(sql, values, slots, compiler.get_converters(columns))
        self._built[connection.vendor] = built
        return built

    def _compiler(self, **values: Any) -> SQLCompiler:
        return self._ask(**values).query.get_compiler(connection=connection)


def _as_stored(value: Any) -> Any:
    match value:
        case UUID() if not connection.features.has_native_uuid_field:
            return value.hex
        case datetime():
            return connection.ops.adapt_datetimefield_value(value)
        case _:
            return value
