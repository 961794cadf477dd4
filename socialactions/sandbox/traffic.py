"""Gentle traffic: while the switch names a number of seconds, strangers comment now and then."""

from __future__ import annotations

import threading

from . import threads
from .world import World

LOOK_S = 5.0
WORDS = (
    "Nice to see this in daylight at last.",
    "How long does a changeover take in practice?",
    "We run two of these and would not give them back.",
    "Congratulations to the whole team! 🎉",
    "Is there a data sheet somewhere?",
    "Sehr schön gelöst. Läuft das auch im Drei-Schicht-Betrieb?",
    "I saw it at the fair, even better in person.",
    "Does it work outdoors as well?",
    "شكراً على المشاركة، عمل رائع.",
    "とても参考になりました。",
    "Following. Please keep these posts coming.",
    "What was the hardest part to get right?",
)


class Traffic:
    """A thread that writes one comment per interval; it sleeps while the switch is off."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sandbox-traffic", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(self._world.switches.traffic or LOOK_S):
            with self._world.lock:
                if self._world.switches.traffic:
                    step(self._world)


def step(world: World) -> None:
    """One comment, or every third time a reply, by the next stranger on one of the newest open posts."""
    newest = sorted(world.posts.values(), key=lambda post: post.created, reverse=True)
    posts = [post for post in newest if post.comments_state == "OPEN" and post.lifecycle == "PUBLISHED"][:4]
    strangers = [one for one in world.members.values() if not one.can_sign_in and not one.is_private]
    if not posts or not strangers:
        return
    turn = len(world.ledger)
    post, stranger = posts[turn % len(posts)], strangers[turn * 5 % len(strangers)]
    parent = world.comments[post.comments[-1]] if turn % 3 == 2 and post.comments else None
    threads.add_comment(world, post, actor=stranger.urn, text=WORDS[turn * 7 % len(WORDS)], parent=parent)
