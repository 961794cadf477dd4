"""Where a sandbox begins: from its state file when there is one, else from a seed."""

from __future__ import annotations

import shutil
from pathlib import Path

from .seeds import seed
from .state import folder_of, load
from .world import World


def open_world(state_file: Path | None, seed_name: str = "lively", *, fresh: bool = False) -> World:
    """The world to serve; `fresh` forgets what was saved.

    Raises: StateFileBroken for a file that is no world, ValueError for an unknown seed, OSError.
    """
    if state_file is None:
        return seed(seed_name)
    if fresh:
        state_file.unlink(missing_ok=True)
        shutil.rmtree(folder_of(state_file), ignore_errors=True)
    if not state_file.exists():
        return seed(seed_name)
    world = World()
    load(world, state_file)
    return world
