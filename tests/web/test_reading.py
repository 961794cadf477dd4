"""Reading posts and whole threads: complete or honest about what is missing, in few calls, without twins."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import serializers
from django.core.cache import cache
from django.db import connection
from django.utils import timezone

from socialactions.models import Comment, CommentContent, Connection, Event, Post, PostAlias
from socialactions.queries import posts as post_rows
from socialactions.queries import threads as thread_rows
from socialactions.queries.threads import Eyes
from socialactions.sandbox import threads
from socialactions.sandbox.faults import Rule
from socialactions.sandbox.records import Comment as SandboxComment
from socialactions.sandbox.seeds import build
from socialactions.sandbox.seeds.cast import ACME, stranger
from socialactions.sandbox.server import Running
from socialactions.services import reading, refreshing
from tests.deeds import Place, ago, settle_in
from tests.environment import is_scaled_out

HOUR_MS = 3_600_000


@pytest.fixture
def place(sandbox_server: Running, db: None, settings: Any) -> Place:
    settings.UNDO_WINDOW_S = 0
    return settle_in(sandbox_server)


def on_linkedin(place: Place, post: Post) -> Any:
    found = place.world.post(post.urn)
    assert found is not None
    return found


def crowd(place: Place, count: int, *, replies: int = 0) -> None:
    """So many more comments on Acme's share from outside, some with a reply."""
    post, now = on_linkedin(place, place.post()), place.world.now_ms()
    for number in range(count):
        at = now - HOUR_MS + number
        made = threads.add_comment(place.world, post, actor=stranger("Ben"), text=f"number {number}", at_ms=at)
        if number < replies:
            threads.add_comment(
                place.world, post, actor=stranger("Dana"), text=f"to {number}", parent=made, at_ms=at + 1
            )


def remove(place: Place, comment: Comment) -> None:
    found: SandboxComment = place.world.comments[comment.comment_id]
    threads.delete_comment(place.world, found, actor=found.actor, agent=found.actor)


def eyes(place: Place) -> Eyes:
    assert place.user.desk_id
    return Eyes(desk_id=place.user.desk_id, page_urn=ACME, acting_urn=ACME)


# posts


def test_posts_are_stored_with_their_counts(place: Place) -> None:
    share, quiet = place.post(), place.post("Quiet floor")
    assert {share.organization.urn, quiet.organization.urn} == {ACME}
    assert (share.total_comments, share.first_level_comments, share.reactions) == (4, 2, {"LIKE": 1})
    assert (quiet.total_comments, quiet.reactions, quiet.comments_state) == (0, {}, "OPEN")
    assert place.page().posts_problem == ""


def test_the_list_of_posts_costs_two_calls(place: Place) -> None:
    place.read_posts()
    assert place.calls() == 2  # the posts, and all their counts in one


def test_a_post_read_twice_is_one_post_with_news(place: Place) -> None:
    before = place.post()
    crowd(place, 3)
    place.read_posts()
    after = place.post()
    assert (after.pk, after.total_comments) == (before.pk, before.total_comments + 3)
    assert after.reading == Post.Reading.COMPLETE  # what was read of its comments stays
    assert CommentContent.objects.filter(post=after).count() == 4


def test_other_names_of_a_post_are_kept(place: Place) -> None:
    place.switch(answer_alias="activity")
    place.read_posts()
    share = place.post()
    assert share.urn.startswith("urn:li:share:")
    assert [alias.urn for alias in PostAlias.objects.filter(post=share)] == [on_linkedin(place, share).activity]
    assert Post.objects.filter(organization=place.page()).count() == 2


@pytest.mark.parametrize("listed_as", ["ugcPost", "both"])
def test_a_post_that_is_listed_under_another_name_is_the_same_post(place: Place, listed_as: str) -> None:
    place.switch(answer_alias="activity")
    place.read_posts()
    before = list(Post.objects.order_by("pk").values_list("pk", "urn"))
    place.switch(list_alias=listed_as)
    place.read_posts()
    assert place.page().posts_problem == ""
    assert list(Post.objects.order_by("pk").values_list("pk", "urn")) == before
    share = place.post()
    there = on_linkedin(place, share)
    assert {alias.urn for alias in PostAlias.objects.filter(post=share)} == {
        there.activity,
        place.world.other_name(there),
    }


def test_a_new_post_that_is_listed_under_both_its_names_is_one_post(place: Place) -> None:
    place.switch(answer_alias="activity", list_alias="both")
    build.add_post(place.world, ACME, "Twice in the list", age_s=5)
    place.read_posts()
    assert place.page().posts_problem == ""
    new = Post.objects.get(commentary="Twice in the list")
    assert PostAlias.objects.filter(post=new).count() == 2


def test_new_posts_are_found_by_one_call_whatever_known_ones_are_called(place: Place) -> None:
    for number in range(60):
        build.add_post(place.world, ACME, f"Post number {number}", age_s=3600 + number)
    place.switch(answer_alias="activity", list_alias="ugcPost")
    place.read_posts()
    place.switch(list_alias="same")
    place.read_posts()
    known = Post.objects.count()
    place.switch(list_alias="ugcPost")
    build.add_post(place.world, ACME, "Fresh", age_s=5)
    place.forget_calls()
    assert reading.claim_posts(place.page())
    assert len(reading.read_posts(place.page().pk, only_new=True)) == 1
    assert (place.calls(), Post.objects.count()) == (2, known + 1)  # its counts are the second


def test_the_counts_of_a_post_teach_another_name_of_it(place: Place) -> None:
    quiet = place.post("Quiet floor")
    assert not PostAlias.objects.filter(post=quiet).exists()
    place.switch(answer_alias="activity")
    place.read_comments(quiet)
    assert PostAlias.objects.get(post=quiet).urn == on_linkedin(place, quiet).activity


def test_posts_that_cannot_be_read_say_why_and_keep_what_there_is(place: Place) -> None:
    read_at = place.page().posts_read_at
    place.fault(do="refuse", path="/posts$", status=503)
    place.read_posts()
    page = place.page()
    found = (page.posts_problem, page.posts_read_at, page.posts_reading_until)
    assert found == ("LinkedIn did not answer.", read_at, None)
    assert place.post().commentary


def test_nobody_who_may_read_is_said(place: Place) -> None:
    Connection.objects.update(scopes=["rw_organization_admin"])
    place.read_posts()
    assert "Nobody connected here may read" in place.page().posts_problem
    assert "Nobody connected here may read" in place.read_comments(place.post()).read_problem
    assert place.calls() == 0


# whole threads


def test_a_whole_thread_is_stored_in_few_calls(place: Place) -> None:
    cache.clear()
    post = place.read_comments(place.post())
    assert (post.reading, post.read_found, post.read_problem) == (Post.Reading.COMPLETE, 4, "")
    assert post.read_at is not None and post.reading_until is None
    by_resource = dict(place.world.requests)
    assert by_resource == {
        "GET socialMetadata/*": 1,
        "GET socialActions/*/comments": 1,  # the replies are known, and no thread moved
    }
    place.forget_calls()
    place.introduce(post)
    assert dict(place.world.requests) == {
        "GET people": 1,
        "GET organizationsLookup": 1,
        "GET images": 2,
    }
    place.forget_calls()
    place.read_comments(post)
    assert place.calls() == 2  # faces are known by now


def test_nested_replies_hang_below_their_comment(place: Place) -> None:
    thread, reply = place.comment(), place.comment("We measured 70")
    assert (thread.thread, reply.thread) == (None, thread)
    assert place.comment("It does, within 80 ms").is_ours
    assert not reply.is_ours
    row = thread_rows.one(thread, eyes(place))
    assert [one.segments[0].text for one in row.replies] == ["It does, within 80 ms.", "We measured 70."]
    assert (row.earlier_count, row.missing_count) == (0, 0)


def test_a_long_thread_is_read_to_its_end(place: Place) -> None:
    crowd(place, 230, replies=20)
    post = place.read_comments(place.post())
    assert (post.reading, post.read_found) == (Post.Reading.COMPLETE, 4 + 230 + 20)
    assert place.calls("comments") == 3 + 20  # pages of a hundred, and one call for each thread that moved
    assert Event.objects.filter(topic=f"post-{post.pk}", kind="read").exists()


@pytest.mark.skipif(not is_scaled_out(), reason="SQLite needs no counts to plan with")
def test_after_a_long_reading_postgresql_plans_for_what_there_is(place: Place) -> None:
    crowd(place, 230)
    place.read_comments(place.post())
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples FROM pg_class WHERE relname = 'socialactions_comment'")
        assert cursor.fetchone()[0] >= 234


def test_an_error_in_the_middle_keeps_every_page_that_came(place: Place, settings: Any) -> None:
    settings.READS_IN_FLIGHT = 1
    crowd(place, 230)
    place.fault(do="delay", method="GET", path="/comments$", seconds=0)  # the first page comes
    place.fault(do="refuse", method="GET", path="/comments$", status=500)
    before = place.post().read_at
    post = place.read_comments(place.post())
    assert post.reading == Post.Reading.INCOMPLETE
    assert post.read_problem == "LinkedIn stopped answering." and 100 <= post.read_found < 234
    assert CommentContent.objects.filter(post=post).count() >= post.read_found
    assert post.read_at == before
    assert post.total_comments == 234
    post = place.read_comments(post)
    assert (post.reading, post.read_found, post.read_problem) == (Post.Reading.COMPLETE, 234, "")
    assert Comment.objects.filter(post=post).count() == 234


def test_an_odd_comment_is_left_out_and_said(place: Place) -> None:
    place.fault(do="malformed", form="no_id", method="GET", path="/comments$")
    post = place.read_comments(place.post())
    assert post.reading == Post.Reading.INCOMPLETE
    assert "could not be read" in post.read_problem
    assert not Comment.objects.exclude(gone_at=None).exists()


def test_aliases_make_no_twins(place: Place) -> None:
    """LinkedIn may name the same comments under the post's activity: their ids stay the same."""
    place.switch(answer_alias="activity")
    post = place.read_comments(place.post())
    assert post.read_found == 4
    assert Comment.objects.filter(post=post).count() == 4
    assert Comment.objects.filter(post=post, gone_at__isnull=True).count() == 4


def test_newest_first_is_read_as_well(place: Place) -> None:
    crowd(place, 120)
    place.switch(order="newest")
    post = place.read_comments(place.post())
    assert (post.reading, post.read_found) == (Post.Reading.COMPLETE, 124)


def test_a_list_that_linkedin_does_not_show_is_no_empty_one(place: Place) -> None:
    """It counts some and answers 404, as it does where nobody commented: what stands here is not given up for that."""
    before = place.read_comments(place.post())
    place.world.faults.append(Rule.read({"do": "refuse", "status": 404, "method": "GET", "path": "/comments$"}))
    post = place.read_comments(place.post())
    assert (post.reading, post.read_found) == (Post.Reading.INCOMPLETE, before.read_found)
    assert before.read_found == post.comments.filter(gone_at__isnull=True).count() > 0
    assert "fewer than it counts" in post.read_problem
    assert place.read_comments(place.post()).reading == Post.Reading.COMPLETE


@pytest.mark.parametrize("empty", [404, 200])
def test_a_post_nobody_touched_is_complete(place: Place, empty: int) -> None:
    place.switch(empty_list=empty)
    post = place.read_comments(place.post("Quiet floor"))
    assert (post.reading, post.read_found) == (Post.Reading.COMPLETE, 0)


def test_counts_are_linkedins(place: Place) -> None:
    share = on_linkedin(place, place.post())
    threads.react(place.world, share, actor=stranger("Dana"), agent=stranger("Dana"), kind="PRAISE")
    hello = place.world.comments[place.comment().comment_id]
    threads.react(place.world, hello, actor=ACME, agent=ACME, kind="LIKE")
    post = place.read_comments(place.post())
    assert post.reactions == {"LIKE": 1, "PRAISE": 1}
    content = CommentContent.objects.get(pk=place.comment().pk)
    assert (content.likes, content.replies) == (1, 2)


def test_one_reading_at_a_time(place: Place) -> None:
    post = place.post()
    assert reading.claim_comments(post)
    assert not reading.claim_comments(post)
    assert post_rows.read_state(place.post()).is_stale is False
    Post.objects.update(reading_until=ago(seconds=1))  # the reader died
    assert reading.claim_comments(post)


# what went


def test_what_went_leaves_a_gravestone_without_words(place: Place) -> None:
    gone, parent = place.comment("We measured 70"), place.comment()
    remove(place, gone)
    place.read_comments(place.post())
    gone.refresh_from_db()
    assert gone.gone_at is not None
    assert not CommentContent.everything.filter(pk=gone.pk).exists()
    assert "We measured 70" not in serializers.serialize("json", [*Comment.objects.all(), *Event.objects.all()])
    remove(place, parent)
    place.read_comments(place.post())
    row = thread_rows.one(Comment.objects.select_related("post").get(pk=parent.pk), eyes(place))
    assert row.gone_at is not None and row.comment.segments == []


def test_an_incomplete_reading_buries_nobody(place: Place) -> None:
    remove(place, place.comment("We measured 70"))
    place.fault(do="refuse", method="GET", path="/comments$", status=500)
    post = place.read_comments(place.post())
    assert post.reading == Post.Reading.INCOMPLETE
    assert not Comment.objects.exclude(gone_at=None).exists()
    assert CommentContent.objects.filter(post=post).count() == 4


def test_what_comes_back_lives_again(place: Place) -> None:
    Comment.objects.update(gone_at=timezone.now())
    CommentContent.everything.all().delete()
    post = place.read_comments(place.post())
    assert Comment.objects.filter(post=post, gone_at__isnull=True).count() == 4
    assert CommentContent.objects.filter(post=post).count() == 4


def test_our_own_fresh_reply_is_not_buried_by_a_late_list(place: Place) -> None:
    row = place.deliver(place.reply("brand new"))
    place.switch(listing_lag_s=60)
    place.read_comments(place.post())
    mine = Comment.objects.get(pk=row.result_comment_id)
    assert mine.gone_at is None
    assert mine.content.text == "brand new"
    place.switch(listing_lag_s=0)
    remove(place, mine)
    type(row).objects.update(finished_at=ago(minutes=6))
    place.read_comments(place.post())
    mine.refresh_from_db()
    assert mine.gone_at is not None


# when LinkedIn does not want


def test_open_screens_do_not_knock_at_a_closed_door(place: Place) -> None:
    post = place.post()
    Post.objects.update(read_at=ago(hours=1))
    place.fault(do="refuse", method="GET", path="/socialMetadata", status=500)
    post = place.read_comments(place.post())
    assert post.read_problem == "LinkedIn did not answer."
    assert not refreshing.want_comments(post)  # an open screen
    assert refreshing.want_comments(post, even_if_fresh=True)  # a person
    place.switch(tier="development")
    place.world.set_spent("app", 500)
    Post.objects.update(reading_until=None)
    post = place.read_comments(post)
    assert post.read_problem == "LinkedIn's limit for today is used up."
    assert not refreshing.want_comments(post)


def test_a_stale_view_is_read_again_and_a_fresh_one_is_not(place: Place) -> None:
    assert not refreshing.want_comments(place.post())
    Post.objects.update(read_at=ago(minutes=10))
    assert refreshing.want_comments(place.post())
    assert not refreshing.want_comments(place.post())  # claimed


def test_a_grant_that_ended_says_so(place: Place) -> None:
    for token in place.world.tokens.values():
        token.is_revoked = True
    post = place.read_comments(place.post())
    assert "Connect again" in post.read_problem
    assert CommentContent.objects.filter(post=post).count() == 4
