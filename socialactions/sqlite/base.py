"""Django's SQLite backend, waiting for its turn (`turns.py`) before a transaction or a single write begins."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from django.db.backends.sqlite3 import base

from .turns import line_for

WRITES = ("INSERT", "UPDATE", "DELETE")


class DatabaseWrapper(base.DatabaseWrapper):
    _give_back: Callable[[], None] | None = None
    _file: tuple[int, int] | None = None

    def get_new_connection(self, conn_params: Any) -> Any:
        self._file = _file_at(self.settings_dict["NAME"])  # before it is opened: then only an older one can be meant
        return super().get_new_connection(conn_params)

    def leave_replaced_file(self) -> None:
        """For who keeps a connection: close it when another file has its place, as after a restored backup. SQLite
        notices as well that its file was moved, and leaves the journal beside the new one alone.
        """
        if self.connection is not None and _file_at(self.settings_dict["NAME"]) != self._file:
            self.close()

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


def _file_at(name: object) -> tuple[int, int] | None:
    """Which file it is, whatever it is called; None where there is none."""
    try:
        found = os.stat(str(name))  # noqa: PTH116 - at each poll: a Path costs more than the question
    except OSError:
        return None
    return found.st_dev, found.st_ino
