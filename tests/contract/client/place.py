"""The small world of the sandbox, as the client's tests look at it and meddle with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from socialactions.linkedin.urns import Urn
from socialactions.sandbox.faults import Rule
from socialactions.sandbox.world import World

ACME = Urn("organization", "1001")
BIRCH = Urn("organization", "1002")


@dataclass(frozen=True)
class Place:
    """The small world as the tests need it: Acme's share has two comments, the first of them two replies."""

    world: World
    base_url: str

    @property
    def post(self) -> Urn:
        return self._post_of("share", str(ACME))

    @property
    def quiet_post(self) -> Urn:
        return self._post_of("ugcPost", str(ACME))

    def _post_of(self, kind: str, author: str) -> Urn:
        found = (post.urn for post in self.world.posts.values() if post.author == author and f":{kind}:" in post.urn)
        return Urn.parse(next(found))

    def switch(self, **switches: Any) -> None:
        self.world.switches = self.world.switches.changed(switches)

    def fault(self, **rule: Any) -> None:
        self.world.faults.append(Rule.read(rule))

    def requests(self) -> int:
        return sum(self.world.requests.values())

    def done(self) -> list[str]:
        """What really happened, by kind."""
        return [entry.kind for entry in self.world.ledger]
