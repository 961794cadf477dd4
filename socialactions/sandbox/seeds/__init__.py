"""Worlds to begin with: "lively" looks like real life, "small" is for tests, "empty" has only the cast."""

from __future__ import annotations

import time
from collections.abc import Callable

from ..world import World
from . import cast, lively, small

NAMES = ("lively", "small", "empty")


def seed(name: str, *, clock: Callable[[], float] = time.time, sleep: Callable[[float], None] = time.sleep) -> World:
    """A world ready to serve.

    Raises: ValueError for a name that does not exist.
    """
    if name not in NAMES:
        raise ValueError(f"there is no seed {name!r}, only {', '.join(NAMES)}")
    world = World(clock=clock, sleep=sleep)
    plant(name, world)
    return world


def plant(name: str, world: World) -> None:
    """Fill an empty world."""
    cast.plant(world)
    if name == "small":
        small.plant(world)
    elif name == "lively":
        lively.plant(world)
