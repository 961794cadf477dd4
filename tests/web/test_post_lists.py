"""Opening the list of a Page's posts: what is new and what moved, in few calls, and whoever notices it tells reading
ahead.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from socialactions import tasks
from socialactions.models import Event, Organization, Post
from socialactions.sandbox import threads
from socialactions.sandbox.seeds import build
from socialactions.sandbox.seeds.cast import ACME, stranger
from socialactions.services import cadence, post_lists, reading, sync
from tests.deeds import Place, ago
from tests.web.desks import AtDesk
from tests.web.test_reading import on_linkedin

OLD_S = 90 * 86_400


def many_posts(place: Place, count: int) -> None:
    for number in range(count):
        build.add_post(place.world, ACME, f"Post number {number}", age_s=OLD_S + number)


def comment(place: Place, post: Post) -> None:
    there, now = on_linkedin(place, post), place.world.now_ms()
    threads.add_comment(place.world, there, actor=stranger("Ben"), text="After all this time?", at_ms=now)


def opened(place: Place, *, even_if_fresh: bool = False) -> int:
    """Calls that opening the list takes."""
    place.forget_calls()
    assert reading.claim_posts(place.page())
    post_lists.bring_up_to_date(place.page().pk, even_if_fresh=even_if_fresh)
    assert place.page().posts_reading_until is None
    return place.calls()


def old_and_quiet(place: Place) -> Post:
    """A post of three months ago, whose next look is tomorrow."""
    build.add_post(place.world, ACME, "Old and quiet", age_s=OLD_S)
    place.read_posts()
    Post.objects.update(look_at=timezone.now() + cadence.LONGEST, moved_at=None)
    return place.post("Old and quiet")


@pytest.mark.parametrize("by", ["the whole list", "opening it", "opening its thread"])
def test_what_somebody_notices_makes_a_post_lively(place: Place, by: str) -> None:
    post = old_and_quiet(place)
    comment(place, post)
    if by == "the whole list":
        place.read_posts()
    elif by == "opening it":
        opened(place, even_if_fresh=True)
    else:
        place.read_comments(post)
    post = place.post("Old and quiet")
    assert post.moved_at is not None and post.moved_at > ago(minutes=1)
    assert post.look_at is not None and post.look_at <= timezone.now() + cadence.SHORTEST
    assert post in sync.unread([place.page()]) or by == "opening its thread"
    assert Event.objects.filter(topic=f"post-{post.pk}").exists()
    others = Post.objects.exclude(pk=post.pk)
    assert not others.filter(moved_at__isnull=False).exists()


def test_a_run_counts_what_the_whole_list_showed_to_have_moved(place: Place) -> None:
    comment(place, old_and_quiet(place))
    Organization.objects.update(posts_whole_at=ago(days=2))
    run = sync.run(place.connection, way="beat")
    assert run is not None and (run.posts_moved, run.posts_read) == (1, 2)


def test_opening_a_long_list_costs_two_calls(place: Place) -> None:
    many_posts(place, 200 - Post.objects.filter(organization=place.page()).count())
    place.read_posts()
    Post.objects.update(look_at=timezone.now())
    assert opened(place) == 2
    build.add_post(place.world, ACME, "Fresh", age_s=5)
    assert opened(place) == 3  # what is new, its counts, and those of seventy others
    assert place.post("Fresh")


def test_opening_asks_for_no_counts_that_are_not_due(place: Place) -> None:
    Post.objects.update(look_at=timezone.now() + timedelta(minutes=4))
    assert opened(place) == 1
    assert opened(place, even_if_fresh=True) == 2


def test_who_asks_sees_what_was_edited_on_linkedin(place: Place) -> None:
    on_linkedin(place, place.post()).commentary = "The fourth arm"
    opened(place, even_if_fresh=True)
    assert place.post("The third arm")  # the whole list was read just now
    Organization.objects.update(posts_whole_at=ago(hours=2))
    opened(place, even_if_fresh=True)
    assert place.post("The fourth arm")


def test_due_counts_are_asked_for_first(place: Place) -> None:
    many_posts(place, 100)
    place.read_posts()
    Post.objects.update(look_at=timezone.now() + cadence.LONGEST)
    oldest = Post.objects.filter(organization=place.page()).order_by("created_at")[0]
    Post.objects.filter(pk=oldest.pk).update(look_at=timezone.now())
    comment(place, oldest)
    opened(place)
    oldest.refresh_from_db()
    assert oldest.total_comments == 1
    assert oldest.look_at is not None and oldest.look_at > timezone.now()  # and reading ahead need not look again


def test_an_opened_list_is_fresh(ada_desk: AtDesk) -> None:
    Organization.objects.update(posts_read_at=ago(hours=1))
    ada_desk.get("post-list")
    assert ada_desk.acme.posts_reading_until is not None
    tasks.read_posts(str(ada_desk.acme.pk))
    page = ada_desk.acme
    assert page.posts_read_at is not None and page.posts_read_at > ago(minutes=1)
    ada_desk.client.get(reverse("post-list"))
    assert ada_desk.acme.posts_reading_until is None


def test_counts_that_do_not_come_leave_the_list_as_it_was(place: Place) -> None:
    Post.objects.update(look_at=None)
    place.fault(do="refuse", path="/socialMetadata", status=503)
    opened(place)
    assert place.page().posts_problem == "" and reading.is_resting(place.page())
    assert not Post.objects.filter(organization=place.page(), look_at__isnull=False).exists()
