"""LinkedIn changes at random, we read again and again, and what we have is compared with what is really there.

The sandbox's world is the oracle. Edits come between readings and, when a page is held back, in the middle of one;
pages get lost, LinkedIn throttles, lists in another order or under another name of the post. What must hold after each
reading: the tree is LinkedIn's or the thread is called incomplete, the counters are the counts, and what is told to
have changed since the reading before is what changed.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from django.utils import timezone

from socialactions.models import Comment, CommentContent, LastLook, Post
from socialactions.queries import changes, posts
from socialactions.sandbox import threads
from socialactions.sandbox.records import Comment as SandboxComment
from socialactions.sandbox.seeds.cast import STRANGERS, stranger
from socialactions.services import comment_store, reading, visits
from tests.deeds import Place

PAGE = 100
PEOPLE = ("Ben", "Dana")
EDITS = {"comment": 30, "reply": 30, "edit": 15, "delete": 12, "like": 13, "react": 5}
TROUBLES: tuple[dict[str, Any], ...] = (
    {"do": "refuse", "status": 503, "path": "/comments$"},
    {"do": "throttle", "path": "/comments$"},
    {"do": "drop_after", "path": "/comments$"},
    {"do": "malformed", "form": "truncated", "path": "/comments$"},
    {"do": "malformed", "form": "no_id", "path": "/comments$"},
    {"do": "refuse", "status": 404, "path": "comment:.*/comments$"},
)


@dataclass
class Oracle:
    """``place`` is a desk whose post was read; the rest counts what happened."""

    place: Place
    dice: Random
    happened: Counter[str] = field(default_factory=Counter)
    texts: int = 0

    def __post_init__(self) -> None:
        self.post = self.place.world.post(self.place.post().urn)  # edits come from LinkedIn's thread: no rows there

    def run(self, edits: int, *, each: int = 25) -> None:
        """So many edits, with a reading after about `each` of them."""
        done = 0
        while done < edits:
            before, likes = self.stored(), self.likes()
            moment = self.look()
            many = min(self.dice.randint(1, 2 * each), edits - done)
            for _ in range(many):
                self.edit()
            done += many
            self.read_and_compare(before, likes, moment)

    def look(self) -> datetime:
        """Somebody looks at the post; returns as of when."""
        visits.look(self.place.user, self.place.post())
        self.reactions_seen = len(self.post.reactions)
        return LastLook.objects.get(user=self.place.user).at

    def edit(self) -> None:
        """One thing that somebody does on LinkedIn."""
        kind = self.dice.choices(list(EDITS), weights=list(EDITS.values()))[0]
        here = self.real()
        comment = self.dice.choice(list(here.values())) if here else None
        self.happened[kind] += 1
        with self.world.lock:
            if kind == "react":
                self._react_or_take_back(self.dice.choice(STRANGERS))
            elif kind == "comment" or comment is None:
                self._say(None)
            elif kind == "reply":
                self._say(self.world.comments[comment.parent] if comment.parent else comment)
            elif kind == "edit":
                self.texts += 1
                words = f"changed {self.texts}"
                threads.edit_comment(self.world, comment, agent=comment.actor, text=words, attributes=None)
            elif kind == "delete":
                threads.delete_comment(self.world, comment, actor=comment.actor, agent=comment.actor)
            else:
                who = stranger(self.dice.choice(PEOPLE))
                threads.react(self.world, comment, actor=who, agent=who, kind="LIKE")

    def read_and_compare(self, before: dict[str, str], likes: dict[str, int], moment: datetime) -> None:
        self.place.switch(
            order=self.dice.choice(("oldest", "newest")), answer_alias=self.dice.choice(("same", "activity"))
        )
        trouble = self.dice.random()
        meanwhile: list[str] = []
        if trouble < 0.25:
            rule = self.dice.choice(TROUBLES)
            self.happened[f"trouble: {rule['do']} {rule.get('status', rule.get('form', ''))}".strip()] += 1
            self.place.fault(method="GET", **rule)
        elif trouble < 0.4:
            self._write_while_reading(meanwhile)
        elif trouble < 0.5 and len(self.post.comments) > PAGE:
            self._read_to_the_end()  # what we have never heard of, no question can be about
            self._swap_while_reading(meanwhile)
        standing = dict(self.real())
        post = self.place.read_comments(self.place.post())
        with self.world.lock:
            self.world.faults.clear()
        self.happened[f"reading {post.reading}"] += 1
        state = posts.read_state(post)
        assert state.found == Comment.objects.filter(post=post, gone_at=None).count()
        assert state.expected == state.found + sum(gap.many for gap in state.gaps)
        if post.reading != Post.Reading.COMPLETE:
            assert post.read_problem, "incomplete without a reason"
            self._read_to_the_end()
        elif not meanwhile:
            self._compare_likes(post, likes, moment)
            self._compare(post)
            self._compare_changes(post, before, moment)
        else:
            now = self.real()
            throughout = {key for key in standing if key in now}
            missing = throughout - set(self.stored())
            assert not missing, f"called complete, and {len(missing)} that stood throughout are missing"
            self._read_to_the_end()

    def _read_to_the_end(self) -> None:
        post = self.place.read_comments(self.place.post())
        assert post.reading == Post.Reading.COMPLETE, post.read_problem
        self._compare(post)

    def _compare(self, post: Post) -> None:
        """Numbers and first-level words at once; replies' words after their turn has come."""
        real, stored = self.real(), self.stored()
        assert set(stored) == set(real), (
            f"{len(set(real) - set(stored))} missing, {len(set(stored) - set(real))} too many"
        )
        below = dict(Comment.objects.filter(post=post, gone_at=None).values_list("comment_id", "thread__comment_id"))
        assert {key: parent or "" for key, parent in below.items()} == {key: one.parent for key, one in real.items()}
        heads = {key for key, one in real.items() if not one.parent}
        assert {key: stored[key] for key in heads} == {key: real[key].text for key in heads}
        assert post.total_comments == post.read_found == len(real)
        assert post.first_level_comments == len(heads)
        long_ago = timezone.now() - comment_store.UNSEEN_AT_MOST - timedelta(minutes=1)
        Comment.objects.filter(post=post, replies_read_at__isnull=False).update(replies_read_at=long_ago)
        assert reading.claim_comments(post)
        reading.read_comments(post.pk, again=reading.ALL_AGAIN)
        assert self.stored() == {key: one.text for key, one in real.items()}

    def _compare_changes(self, post: Post, before: dict[str, str], moment: datetime) -> None:
        seen = LastLook.objects.get(user=self.place.user, at=moment)
        found = changes.since(post, moment, reactions=seen.reactions)
        now = self.stored()
        assert found.reactions == len(self.post.reactions) - self.reactions_seen, "reactions"
        both = set(before) & set(now)
        assert found.new == len(set(now) - set(before)), "new"
        assert found.removed == len(set(before) - set(now)), "removed"
        assert found.edited == sum(before[key] != now[key] for key in both), "edited"

    def _compare_likes(self, post: Post, before: dict[str, int], moment: datetime) -> None:
        """As far as this reading went: what summaries of threads do not tell has its turn later."""
        now, real = self.likes(), self.real()
        both = set(before) & set(now)
        assert changes.since(post, moment).liked == sum(before[key] != now[key] for key in both), "likes"
        heads = {key for key, one in real.items() if not one.parent}
        assert {key: now[key] for key in heads} == {key: len(real[key].reactions) for key in heads}

    def _write_while_reading(self, meanwhile: list[str]) -> None:
        """Something is written or deleted between two pages."""

        def wait(_: float) -> None:
            if len(meanwhile) < 3:
                meanwhile.append("edit")
                self.edit()

        self.world.sleep = wait
        self.happened["edits while reading"] += 1
        self.place.fault(do="delay", when="after", method="GET", path="/comments$", seconds=0.01, times=3)

    def _swap_while_reading(self, meanwhile: list[str]) -> None:
        """One goes from the first page and one comes before the second is asked for: no total tells, and what moved up
        is on neither.
        """

        def wait(_: float) -> None:
            meanwhile.append("swap")
            with self.world.lock:
                first = [self.world.comments[one] for one in self._listed()[:PAGE]]
                comment = self.dice.choice([one for one in first if not one.replies])
                threads.delete_comment(self.world, comment, actor=comment.actor, agent=comment.actor)
                self._say(None)

        self.world.sleep = wait
        self.happened["one goes and one comes"] += 1
        self.place.fault(do="delay", when="after", method="GET", path="/comments$", seconds=0.01)

    def _listed(self) -> list[str]:
        """First-level comments in the order in which LinkedIn lists them now."""
        return self.post.comments[:: -1 if self.world.switches.order == "newest" else 1]

    @property
    def world(self) -> Any:
        return self.place.world

    def real(self) -> dict[str, SandboxComment]:
        return {one.id: one for one in list(self.world.comments.values()) if one.post == self.post.urn}

    def stored(self) -> dict[str, str]:
        found = CommentContent.objects.filter(post=self.place.post(), comment__gone_at=None)
        return dict(found.values_list("comment__comment_id", "text"))

    def likes(self) -> dict[str, int]:
        found = CommentContent.objects.filter(post=self.place.post(), comment__gone_at=None)
        return dict(found.values_list("comment__comment_id", "likes"))

    def _react_or_take_back(self, who: str) -> None:
        if who in self.post.reactions:
            threads.unreact(self.world, self.post, actor=who, agent=who)
        else:
            threads.react(self.world, self.post, actor=who, agent=who, kind=self.dice.choice(("LIKE", "PRAISE")))

    def _say(self, parent: SandboxComment | None) -> None:
        """A reply is the newest of its thread when it is written: a summary names the two newest; only so is a thread
        noticed that lost one and won one.
        """
        self.texts += 1
        age_ms = 0 if parent else self.dice.randint(0, 3_600_000)
        threads.add_comment(
            self.world,
            self.post,
            actor=stranger(self.dice.choice(PEOPLE)),
            text=f"words {self.texts}",
            parent=parent,
            at_ms=self.world.now_ms() + self.texts - age_ms,  # no two at the same moment
        )
