"""Where LinkedIn refuses batches, as the Development tier may: posts, threads, names and Pages are there as ever."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache
from django.urls import reverse

from socialactions.models import Organization, Post, SyncRun
from socialactions.queries import ahead
from socialactions.sandbox import threads
from socialactions.sandbox.seeds import build
from socialactions.sandbox.seeds.cast import ACME, stranger
from socialactions.services import batches, sync
from tests.deeds import Place
from tests.web.desks import AtDesk, read_everything, text_of


@pytest.fixture
def place(ada: AtDesk) -> Place:
    """Ada at her desk, where nothing was read yet, and LinkedIn that takes no batches."""
    found = Place(ada.sandbox, ada.user)
    found.switch(batch_get="off")
    found.forget_calls()
    return found


def test_posts_and_threads_can_be_read(ada: AtDesk, place: Place) -> None:
    read_everything(ada)
    page = text_of(ada.get("post-list"))
    assert "reaction 1 comments 4" in page and "Quiet floor, quiet mind" in page
    assert "role or scope" not in page and "not counted" not in page
    assert {post.reading for post in Post.objects.all()} == {Post.Reading.COMPLETE}
    thread = text_of(ada.get("post-show", ada.post().pk))
    assert "Does it stop when I touch it?" in thread and "Ben" in thread


def test_pages_and_their_names_are_found(sign_in: Any, sandbox_server: Any) -> None:
    sandbox_server.world.switches = sandbox_server.world.switches.changed({"batch_get": "off"})
    client = sign_in("ada")
    assert client.post(reverse("desk-create"), {"name": "Acme & Birch"}).status_code == 302
    assert set(Organization.objects.values_list("name", flat=True)) == {"Acme Robotics", "Birch & Co"}
    assert all(Organization.objects.values_list("logo_url", flat=True))


def test_a_refused_batch_is_found_out_once(ada: AtDesk, place: Place) -> None:
    ada.read_posts(ada.acme)
    assert place.calls("GET socialMetadata") == 1 + ada.acme.posts.count()
    place.forget_calls()
    ada.read_posts(ada.acme)
    assert dict(place.world.requests).get("GET socialMetadata") is None
    assert batches.refused() >= {batches.COUNTS}


def test_posts_beyond_the_first_wait_for_their_counts_and_say_so(ada: AtDesk, place: Place) -> None:
    for number in range(15):
        build.add_post(place.world, ACME, f"Post number {number}", age_s=60 + number)
    ada.read_posts(ada.acme)
    assert Post.objects.filter(counted_at__isnull=False).count() == 10
    page = text_of(ada.get("post-list"))
    assert "Post number 14" in page and "not counted yet –" in page
    newest = Post.objects.get(commentary="Post number 0")
    assert newest.counted_at is not None


def test_posts_are_stored_although_their_counts_do_not_come(ada: AtDesk, place: Place) -> None:
    place.fault(do="refuse", status=403, path="/socialMetadata", times=99)
    ada.read_posts(ada.acme)
    page = text_of(ada.get("post-list"))
    assert "The third arm is here" in page and "not counted yet" in page and "a role or scope is missing" in page


def test_pictures_that_do_not_come_leave_posts_and_the_addresses_before(ada_desk: AtDesk) -> None:
    place = Place(ada_desk.sandbox, ada_desk.user)
    (picture, *_) = place.world.images
    content = {"media": {"id": f"urn:li:image:{picture}", "altText": "An arm"}}
    build.add_post(place.world, ACME, "A picture", age_s=60, content=content)
    ada_desk.read_posts(ada_desk.acme)
    before = {post.pk: post.pictures for post in Post.objects.all()}
    assert any(picture["url"] for pictures in before.values() for picture in pictures)
    place.fault(do="refuse", status=503, path="/images", times=99)
    for page in (ada_desk.acme, ada_desk.birch):
        ada_desk.read_posts(page)
        page.refresh_from_db()
        assert page.posts_problem == ""
    assert {post.pk: post.pictures for post in Post.objects.all()} == before


def test_reading_ahead_counts_post_by_post_within_its_share(ada: AtDesk, place: Place, settings: Any) -> None:
    settings.DAILY_CALLS_MEMBER = settings.DAILY_CALLS_APP = 0
    for number in range(25):
        build.add_post(place.world, ACME, f"Post number {number}", age_s=3600 + number)
    first = sync.run(place.connection, way="beat")
    assert first is not None and first.state == SyncRun.State.DONE
    second = sync.run(place.connection, way="beat")
    assert second is not None and second.state == SyncRun.State.DONE
    assert Post.objects.filter(counted_at__isnull=False).count() == len(place.world.posts)
    settings.DAILY_CALLS_MEMBER = 100
    (plan,) = ahead.plans(ada.desk)
    cache.delete("batches-refused")
    (cheaper,) = ahead.plans(ada.desk)
    assert plan.is_stretched and plan.wanted > cheaper.wanted


def test_threads_that_moved_are_read_before_posts_are_counted(ada: AtDesk, place: Place, settings: Any) -> None:
    settings.DAILY_CALLS_MEMBER = settings.DAILY_CALLS_APP = 0
    sync.run(place.connection, way="beat")
    sync.run(place.connection, way="beat")
    post = ada.post()
    found = place.world.post(post.urn)
    assert found is not None
    threads.add_comment(place.world, found, actor=stranger("Ben"), text="One more.", at_ms=place.world.now_ms())
    sync.run(place.connection, way="beat", is_everything=True)  # counts it
    place.fault(do="delay", seconds=0, path="/socialMetadata/", times=1)  # this one comes
    place.fault(do="throttle", path="/socialMetadata/", times=99)
    sync.run(place.connection, way="beat", is_everything=True)
    post.refresh_from_db()
    assert post.read_found == post.total_comments == 5
