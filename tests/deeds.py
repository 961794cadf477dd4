"""Ada's desk as rows, beside a sandbox on a socket: for tests that call services themselves.

Nothing here knows a browser. The sandbox's world is at hand, so that a test sees what LinkedIn really has.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from threading import Barrier
from typing import Any
from uuid import UUID, uuid4

from django.db import connection
from django.utils import timezone

from socialactions.linkedin.oauth import Grant
from socialactions.models import Comment, CommentContent, Connection, Organization, Outgoing, Post, User
from socialactions.sandbox.faults import Rule
from socialactions.sandbox.records import Entry, Token
from socialactions.sandbox.seeds.cast import ACME, ADA, token_for
from socialactions.sandbox.server import Running
from socialactions.sandbox.switches import ALL_SCOPES
from socialactions.services import connections, desks, introducing, outbox, pages, reading, writing
from socialactions.services.writing import Speaker
from tests.kept import again_or_anew


@dataclass
class Place:
    """One desk, its first person, and the LinkedIn it talks to."""

    running: Running
    user: User

    @property
    def world(self) -> Any:
        return self.running.world

    @property
    def connection(self) -> Connection:
        return Connection.objects.get(user=self.user)

    def page(self, urn: str = ACME) -> Organization:
        return Organization.objects.get(desk=self.user.desk, urn=urn)

    def post(self, words: str = "The third arm") -> Post:
        return Post.objects.select_related("organization__desk").get(
            organization__desk=self.user.desk, commentary__startswith=words
        )

    def comment(self, words: str = "Does it stop") -> Comment:
        return CommentContent.everything.get(post__organization__desk=self.user.desk, text__contains=words).comment

    # accepting

    def speaker(self, actor: str = ACME) -> Speaker:
        return Speaker(user=User.objects.get(pk=self.user.pk), actor_urn=actor)

    def reply(
        self, text: str = "It does.", *, to: Comment | None = None, actor: str = ACME, form_key: UUID | None = None
    ) -> Outgoing:
        return writing.reply_to(
            to or self.comment(), speaker=self.speaker(actor), text=text, form_key=form_key or uuid4()
        )

    def say(self, text: str = "Hello.", *, actor: str = ACME, picture: Any = None) -> Outgoing:
        return writing.comment_on(
            self.post(), speaker=self.speaker(actor), text=text, picture=picture, form_key=uuid4()
        )

    # what Celery would do

    def deliver(self, row: Outgoing) -> Outgoing:
        """Ring for one action, and return it as it then stands."""
        outbox.deliver(row.pk)
        return again(row)

    def read_posts(self, urn: str = ACME) -> None:
        assert reading.claim_posts(self.page(urn))
        reading.read_posts(self.page(urn).pk)

    def introduce(self, post: Post) -> None:
        """Somebody looked at every comment of the post."""
        introducing.learn(post.pk, list(post.comments.values_list("pk", flat=True)))

    def read_comments(self, post: Post) -> Post:
        assert reading.claim_comments(post)
        reading.read_comments(post.pk)
        return Post.objects.select_related("organization__desk").get(pk=post.pk)

    # what LinkedIn has, and how it misbehaves

    def fault(self, **rule: Any) -> None:
        with self.world.lock:
            self.world.faults.append(Rule.read(rule))

    def fault_of_comments(self, **rule: Any) -> None:
        """Trouble for the next new comment or reply."""
        self.fault(method="POST", path="/comments$", **rule)

    def meanwhile(self, deed: Callable[[], Any], **rule: Any) -> list[Any]:
        """Let something happen in LinkedIn's server, on a database connection of its own, while the next call that
        the rule meets is under way. The list holds what it returned; needs a test without a transaction around it.
        """
        returned: list[Any] = []

        def wait(_: float) -> None:
            try:
                returned.append(deed())
            finally:
                connection.close()

        self.world.sleep = wait
        self.fault(do="delay", **{"when": "before", **rule})
        return returned

    def switch(self, **switches: Any) -> None:
        with self.world.lock:
            self.world.switches = self.world.switches.changed(switches)

    @property
    def ledger(self) -> list[Entry]:
        with self.world.lock:
            return list(self.world.ledger)

    def entries(self, *kinds: str) -> list[Entry]:
        return [one for one in self.ledger if one.kind in kinds]

    def calls(self, contains: str = "") -> int:
        with self.world.lock:
            return sum(count for name, count in self.world.requests.items() if contains in name)

    def forget_calls(self) -> None:
        with self.world.lock:
            self.world.requests.clear()


def settle_in(running: Running, *, member: str = ADA, scopes: tuple[str, ...] = ALL_SCOPES) -> Place:
    """A desk for a member of the small world: roles known, Acme's posts and the first one's comments read."""
    user = again_or_anew(f"{member} {scopes}", running, lambda: _settled(running, member, scopes))
    return Place(running, user)


def _settled(running: Running, member: str, scopes: tuple[str, ...]) -> User:
    number = member.rpartition(":")[2]
    user = User.objects.create(member_urn=member, name=running.world.members[number].name)
    desks.create_desk(user=user, name=f"{user.name}'s desk")
    connections.connect(user=user, grant=grant_of(token_for(running.world, member, scopes)))
    place = Place(running, user)
    pages.refresh_roles(place.connection)
    place.read_posts()
    place.introduce(place.read_comments(place.post()))
    running.world.ledger.clear()
    place.forget_calls()
    return user


def grant_of(token: Token, **other: Any) -> Grant:
    """What the token endpoint would have said of this token."""
    now = timezone.now()
    values: dict[str, Any] = {
        "access_token": token.value,
        "expires_at": now + timedelta(days=60),
        "refresh_token": token.refresh or None,
        "refresh_expires_at": now + timedelta(days=365),
        "scopes": frozenset(token.scopes),
    }
    return Grant(**{**values, **other})


def again(row: Outgoing) -> Outgoing:
    return Outgoing.objects.get(pk=row.pk)


def later(row: Outgoing, **values: Any) -> Outgoing:
    """The row with its times moved, as if that time had passed."""
    Outgoing.objects.filter(pk=row.pk).update(**values)
    return again(row)


def ago(**time: float) -> Any:
    return timezone.now() - timedelta(**time)


def in_threads(count: int, work: Callable[[int], Any]) -> list[Any]:
    """Run the same work at the same moment in real threads, each with its own database connection."""
    start = Barrier(count)

    def one(number: int) -> Any:
        start.wait(timeout=10)
        try:
            return work(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))
