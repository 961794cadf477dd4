"""A few posts with known content, for tests: two of Acme (one share, one ugcPost), one of Birch."""

from __future__ import annotations

from ..world import World
from . import build
from .cast import ACME, ADA, BIRCH, stranger


def plant(world: World) -> None:
    """Acme's share has two comments, the first with two replies; its ugcPost and Birch's share have none and one."""
    first = build.add_post(world, ACME, "The third arm is here. {hashtag|\\#|robotics}", age_s=2 * build.DAY, agent=ADA)
    hello = build.say(world, first, stranger("Dana"), "Does it stop when I touch it?", age_s=build.DAY)
    build.say(world, first, ACME, "It does, within 80 ms.", age_s=20 * build.HOUR, to=hello, agent=ADA)
    build.say(world, first, stranger("Ben"), "We measured 70.", age_s=19 * build.HOUR, to=hello)
    build.say(world, first, stranger("Priya"), "Where is the data sheet? 📄", age_s=2 * build.HOUR)
    build.react(first, stranger("Luca"))
    build.add_post(world, ACME, "Quiet floor, quiet mind.", age_s=build.DAY, kind="ugcPost", agent=ADA)
    birch = build.add_post(world, BIRCH, "The chair that stays.", age_s=5 * build.HOUR)
    build.say(world, birch, stranger("Nora"), "Which oil do you use?", age_s=build.HOUR)
