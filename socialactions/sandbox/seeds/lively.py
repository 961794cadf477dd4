"""The world of the demo."""

from __future__ import annotations

from ..world import World
from . import big, small


def plant(world: World) -> None:
    small.plant(world)
    big.add_big_post(world)
