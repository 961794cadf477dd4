"""Reading ahead while LinkedIn tells less than there is: nothing stored is given up for an answer that is short,
and what its summaries cannot tell is found all the same.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.utils import timezone

from socialactions.models import Comment, CommentContent, Organization, Post, SyncRun
from socialactions.sandbox import threads
from socialactions.sandbox.seeds import build
from socialactions.sandbox.seeds.cast import ACME, stranger
from socialactions.sandbox.server import Running
from socialactions.services import cadence, comment_store, planning, reading, sync
from tests.deeds import Place, settle_in
from tests.web.test_reading import crowd, on_linkedin

FOR_EVER_S = 900_000_000
BETWEEN_HEAD_AND_REPLIES_S = 22 * 3600  # the small world's thread began a day ago, and was answered 20 hours ago
DAY_MS = 86_400_000


@pytest.fixture
def place(sandbox_server: Running, db: None, settings: Any) -> Place:
    settings.DAILY_CALLS_MEMBER = settings.DAILY_CALLS_APP = 0
    return settle_in(sandbox_server)


def run(place: Place) -> SyncRun:
    place.forget_calls()
    found = sync.run(place.connection, way="beat", is_everything=True)
    assert found is not None
    return found


def stored(place: Place) -> dict[str, str]:
    return dict(CommentContent.objects.filter(post=place.post()).values_list("comment__comment_id", "text"))


# lists without what is counted


@pytest.mark.parametrize("empty", [200, 404])
@pytest.mark.parametrize("lag_s", [FOR_EVER_S, BETWEEN_HEAD_AND_REPLIES_S], ids=["no comments", "no replies"])
def test_an_empty_list_of_what_is_counted_buries_nothing(place: Place, empty: int, lag_s: int) -> None:
    """So LinkedIn may answer who writes there and does not read: with a list, and nothing in it."""
    place.world.comments[place.comment("Where is").comment_id].created -= DAY_MS  # listed like the thread's head
    run(place)
    before, post = stored(place), place.post()
    threads.add_comment(
        place.world,
        on_linkedin(place, post),
        actor=stranger("Ben"),
        text="One that is counted.",
        parent=place.world.comments[place.comment().comment_id],
        at_ms=place.world.now_ms(),
    )
    place.switch(listing_lag_s=lag_s, empty_list=empty)
    found = run(place)
    assert (found.posts_moved, found.posts_read, found.changes) == (1, 0, 0)
    post = place.post()
    assert post.reading == Post.Reading.INCOMPLETE
    assert "fewer than it counts" in post.read_problem
    assert (post.read_found, post.total_comments) == (4, 5)
    assert stored(place) == before and len(before) == 4
    assert not Comment.objects.exclude(gone_at=None).exists()


# what no summary tells


def test_an_edited_reply_and_a_new_like_on_one_have_their_turn(place: Place) -> None:
    """Threads that seem unchanged are read in turn, so few a run that all of them take three."""
    Organization.objects.exclude(urn=ACME).delete()
    crowd(place, 12, replies=12)
    run(place)
    replies = Comment.objects.filter(thread__isnull=False, content__text__startswith="to ").order_by("content__text")
    first, last = (place.world.comments[one.comment_id] for one in (replies[0], replies[11]))
    threads.edit_comment(place.world, first, agent=first.actor, text="Edited on LinkedIn.", attributes=None)
    threads.react(place.world, last, actor=stranger("Luca"), agent=stranger("Luca"), kind="LIKE")
    at, read = timezone.now() + comment_store.UNSEEN_AT_MOST, []
    for number in range(-(-13 // reading.AGAIN)):  # with the thread of the small world
        with time_machine.travel(at + number * (cadence.STILL + timedelta(minutes=1)), tick=True):
            place.forget_calls()
            assert sync.run(place.connection, way="beat") is not None
            read.append(place.calls("comments"))
    assert read == [1 + 5] * 3  # the page of first-level comments, and those whose turn it was
    words = dict(CommentContent.everything.filter(post=place.post()).values_list("comment__comment_id", "text"))
    assert words[first.id] == "Edited on LinkedIn."
    assert CommentContent.everything.get(comment__comment_id=last.id).likes == 1
    assert [one.comment_id for one in Comment.objects.filter(changed_at__isnull=False)] == [first.id]
    assert [one.comment_id for one in Comment.objects.filter(likes_moved_at__isnull=False)] == [last.id]


# counts in chunks


def test_counts_that_came_before_linkedins_limit_stay(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "SUMMARY_SIZE", 3)
    for number in range(6):
        build.add_post(place.world, ACME, f"Post number {number}", age_s=3600 + number)
    Organization.objects.update(posts_whole_at=None)  # the whole list is read, and all their counts
    run(place)
    for post in place.world.posts.values():
        build.react(post, stranger("Nora"), kind="PRAISE")
    place.fault(do="delay", path="/socialMetadata$", seconds=0, times=2)  # these come
    place.fault(do="throttle", path="/socialMetadata$", times=100)
    stopped = run(place)
    assert (stopped.state, stopped.problem) == (SyncRun.State.STOPPED, "LinkedIn's limit for today is used up.")
    assert (stopped.posts_seen, stopped.posts_moved, place.calls("socialMetadata")) == (6, 6, 3)
    counted = Post.objects.filter(reactions__PRAISE=1)
    assert counted.count() == 6 and Post.objects.count() == 9
    cache.clear()  # the next day
    place.world.faults.clear()
    assert run(place).posts_moved == 3
    assert counted.count() == 9
