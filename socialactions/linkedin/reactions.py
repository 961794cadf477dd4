"""Likes and reactions. Likes are the older face of the same thing. Source: Microsoft Learn, "Network update social
actions" and "Reactions".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from socialactions.linkedin import payloads, restli
from socialactions.linkedin.calls import Caller
from socialactions.linkedin.errors import Conflict, NotFound
from socialactions.linkedin.payloads import Like, Reaction
from socialactions.linkedin.urns import Urn
from socialactions.linkedin.values import Batch

KINDS = ("LIKE", "PRAISE", "EMPATHY", "INTEREST", "APPRECIATION", "ENTERTAINMENT")  # MAYBE can only be read


class Reactions(Caller):
    """Read, give and take back likes and reactions. All of these are states, so they may be asked for again."""

    def likes(self, target: Urn, *, count: int = 100) -> Iterator[Like]:
        """Yield the likes of a post or comment; keep `count` below 600 ("to prevent timeouts")."""
        path = f"/socialActions/{target.in_path()}/likes"
        return self._pages(path, "", payloads.like, key=lambda one: one.actor, count=count)

    def like(self, *, target: Urn, actor: Urn, object: Urn) -> Like:
        """Like a post, or a comment (`target`) on the post `object`. Already liked is a success without a time."""
        body = {"actor": str(actor), "object": str(object)}
        try:
            answer = self._write("POST", f"/socialActions/{target.in_path()}/likes", body=body)
        except Conflict:
            return Like(urn=Urn.parse(f"urn:li:like:({actor},{target})"), actor=actor, object=object, created_at=None)
        return payloads.like(answer.json())

    def unlike(self, *, target: Urn, actor: Urn) -> None:
        """Take back `actor`'s like; none there is a success too."""
        path = f"/socialActions/{target.in_path()}/likes/{actor.in_path()}"
        self._remove(path, restli.query(actor=actor))

    def reactions(self, entity: Urn, *, count: int = 50) -> Iterator[Reaction]:
        """Yield the reactions to a post or comment, newest first."""
        sort = restli.query(q="entity", sort={"value": "REVERSE_CHRONOLOGICAL"})
        path = f"/reactions/{restli.encode({'entity': entity})}"
        return self._pages(path, sort, payloads.reaction, key=lambda one: one.actor, count=count)

    def reactions_by(self, keys: Iterable[tuple[Urn, Urn]]) -> Batch[tuple[Urn, Urn], Reaction]:
        """The reactions of (actor, entity) pairs; a pair without one is NotFound in `errors`."""

        def read(raw: Any, _: tuple[Urn, Urn]) -> Reaction:
            return payloads.reaction(raw)

        def one(pair: tuple[Urn, Urn]) -> Reaction:
            return payloads.reaction(self._get(f"/reactions/{restli.encode(_key(pair))}"))

        return self._many("/reactions", keys, _key, read, one)

    def react(self, *, actor: Urn, root: Urn, kind: str) -> Reaction:
        """React to a post or comment; another kind replaces the earlier one."""
        body = {"root": str(root), "reactionType": kind}
        try:
            answer = self._write("POST", "/reactions", query=restli.query(actor=actor), body=body)
        except Conflict:
            return Reaction(urn=Urn.parse(f"urn:li:reaction:({actor},{root})"), actor=actor, root=root, kind=kind)
        return payloads.reaction(answer.json())

    def unreact(self, *, actor: Urn, entity: Urn) -> None:
        """Take back `actor`'s reaction; none there is a success too."""
        self._remove(f"/reactions/{restli.encode(_key((actor, entity)))}", "")

    def _remove(self, path: str, query: str) -> None:
        try:
            self._write("DELETE", path, query=query)
        except NotFound:
            return  # the wish is fulfilled


def _key(pair: tuple[Urn, Urn]) -> restli.Value:
    return {"actor": pair[0], "entity": pair[1]}
