"""Django's SQLite backend, waiting for its turn (`turns.py`) before a transaction or a single write begins."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.backends.sqlite3 import base

from .turns import line_for

WRITES = ("INSERT", "UPDATE", "DELETE")


class DatabaseWrapper(base.DatabaseWrapper):
    _give_back: Callable[[], None] | None = None

    def take_turn(self) -> None:
        if self._give_back is None and not self.is_in_memory_db():
            self._give_back = line_for(str(self.settings_dict["NAME"])).take()

    def end_turn(self) -> None:
        """Unless a transaction goes on, which keeps it to its end."""
        if self._give_back is not None and not (self.connection and self.connection.in_transaction):
            self._leave()

    def _leave(self) -> None:
        give_back, self._give_back = self._give_back, None
        if give_back is not None:
            give_back()

    def create_cursor(self, name: str | None = None) -> Cursor:
        cursor = self.connection.cursor(factory=Cursor)
        cursor.wrapper = self
        return cursor

    def _start_transaction_under_autocommit(self) -> None:
        self.take_turn()
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]  # unknown to the stubs
        finally:
            self.end_turn()

    def _commit(self) -> None:
        try:
            super()._commit()  # type: ignore[misc]  # unknown to the stubs
        finally:
            self.end_turn()

    def _rollback(self) -> None:
        try:
            super()._rollback()  # type: ignore[misc]  # unknown to the stubs
        finally:
            self.end_turn()

    def _close(self) -> None:
        try:
            super()._close()  # type: ignore[misc]  # unknown to the stubs
        finally:
            self._leave()


class Cursor(base.SQLiteCursorWrapper):
    """Outside a transaction, SQLite makes one of each statement."""

    wrapper: DatabaseWrapper

    def execute(self, query: str, params: Any = None) -> Any:
        if self.connection.in_transaction or not query.startswith(WRITES):
            return super().execute(query, params)
        self.wrapper.take_turn()
        try:
            return super().execute(query, params)
        finally:
            self.wrapper.end_turn()
