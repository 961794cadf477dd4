"""Keeps a world on disk while it runs: at most once a second after a change, and at the end."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

from .state import save
from .world import World

PAUSE_S = 1.0
log = logging.getLogger(__name__)


class Keeper:
    """A thread that sleeps until something changes."""

    def __init__(self, world: World, path: Path) -> None:
        self._world, self._path = world, path
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sandbox-keeper", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Save a last time and end."""
        self._stopping.set()
        self._world.touch()
        self._thread.join()

    def _run(self) -> None:
        while True:
            self._world.changed.wait()
            self._world.changed.clear()
            is_last = self._stopping.is_set()  # asked before saving: what changes meanwhile gets another round
            self._save()
            if is_last:
                return
            self._stopping.wait(PAUSE_S)

    def _save(self) -> None:
        try:
            save(self._world, self._path)
        except OSError as error:
            log.error(
                "The sandbox could not be saved to %s (%s); it tries again after the next change.", self._path, error
            )
