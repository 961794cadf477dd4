"""One walk over everything below a post: asks LinkedIn page by page, has each stored, and tells how far it is.

Who may begin one, and what is said when it failed, is `reading`'s.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta

from django.conf import settings

from socialactions import clock
from socialactions.linkedin.client import LinkedIn
from socialactions.linkedin.errors import NotFound
from socialactions.linkedin.payloads import Comment as CommentPayload
from socialactions.linkedin.tree import Tree, read_tree
from socialactions.linkedin.urns import Urn
from socialactions.linkedin.values import Page
from socialactions.models import CommentContent, Post

from . import budget, faces, gone, storing, vanished
from .comment_store import CommentStore
from .events import post_changed

LEASE = timedelta(minutes=3)
PAGES_BETWEEN_NEWS = 20
NEWEST = 20  # comments whose writers are asked for: one call for names, one for pictures


@dataclass(slots=True)
class Walk:
    """How far it came. ``on_news`` hears now and then that it came further."""

    post: Post
    store: CommentStore
    on_news: Callable[[], None] | None = None
    tally: budget.Tally | None = None
    complete: bool = False
    problem: str = ""
    answer: vanished.Answer = field(default_factory=vanished.Answer)
    changes: int = 0  # how many comments did, once it has ended

    def read(self, client: LinkedIn) -> Tree:
        """Everything that moved. Raises gone.PostGone, LinkedInError."""
        urn = Urn.parse(self.post.urn)
        tree = self._pages(client, urn, self._first_level(client, urn))
        if tree.complete:
            tree = self._with_doubts(client, urn, tree)
        if self.post.read_at is None:  # later, what moved may cost a call for each thread and no more
            self._meet_newest(client)
        return tree

    def begin_again(self) -> None:
        """From the first page on; threads that are whole by now are not asked for again."""
        self.finish()
        self.store, self.answer = CommentStore(self.post), vanished.Answer()

    def finish(self) -> None:
        self.store.finish(complete=self.complete, gone=self.answer.gone)
        self.changes += self.store.changes

    def _first_level(self, client: LinkedIn, urn: Urn) -> int:
        """How many LinkedIn counts; all its counts are stored."""
        try:
            metadata = client.social_metadata(urn)
        except NotFound as error:
            if gone.is_gone(client, self.post):
                raise gone.PostGone from error
            raise
        storing.counts(self.post, metadata)
        return metadata.first_level

    def _pages(self, client: LinkedIn, urn: Urn, promised: int) -> Tree:
        pages, store = 0, self.store

        def take(target: Urn, page: Page[CommentPayload]) -> None:
            nonlocal pages
            store.page(target, page.elements)
            if self.tally is not None:
                self.tally.pages += 1
            self._tell(is_news=pages % PAGES_BETWEEN_NEWS == 0)
            pages += 1

        return read_tree(
            client,
            urn,
            promised=promised,
            in_flight=settings.READS_IN_FLIGHT,
            on_page=take,
            on_replies=store.replies_whole,
            wants_replies=store.wants_replies,
            expect=client.expect,
        )

    def _tell(self, *, is_news: bool) -> None:
        """Hold the claim, and write down how many stand here, in case this is the last that is heard of it."""
        row = Post.objects.filter(pk=self.post.pk)
        row.update(reading_until=clock.now() + LEASE, read_so_far=self.store.standing)
        if is_news:
            post_changed(self.post)
            if self.on_news is not None:
                self.on_news()

    def _meet_newest(self, client: LinkedIn) -> None:
        """Who spoke last has a name when somebody opens the post; `introducing` asks for others once they are shown."""
        said = CommentContent.objects.filter(post=self.post).order_by("-created_at")
        speakers = set(said.values_list("comment__actor_urn", flat=True)[:NEWEST])
        desk_id = self.post.organization.desk_id
        faces.learn(client, desk_id, faces.missing(desk_id, speakers))

    def _with_doubts(self, client: LinkedIn, urn: Urn, tree: Tree) -> Tree:
        """How the reading went, once LinkedIn was asked for what its lists did not show."""
        self.answer = vanished.ask(client, urn, self.store.doubtful())
        living, unknown = len(self.answer.living), self.answer.open
        if living:
            self.store.page(urn, self.answer.living)
            missing = [f"{living} comments are on LinkedIn and were on no page of its lists"]
            return replace(tree, complete=False, has_shifted=True, missing=missing)
        if unknown:
            missing = [f"{unknown} comments were on no page, and whether they are gone is not known"]
            return replace(tree, complete=False, error=self.answer.error, missing=missing)
        return tree
