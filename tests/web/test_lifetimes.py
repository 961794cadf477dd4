"""What is past its time is readable by no road, also before it is purged; and every row's lifetime is known."""

from __future__ import annotations

import ast
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.db import models
from django.utils import timezone

from socialactions import lifetimes
from socialactions.models import (
    ApiCall,
    ApiKey,
    Comment,
    CommentContent,
    Outgoing,
    Post,
    Snapshot,
    SyncRun,
    Webhook,
    WebhookDelivery,
)
from socialactions.models.living import LONG_AGO, Living, Mortal
from socialactions.sandbox.server import Running
from tests.deeds import Place, ago, settle_in

ROOT = Path(__file__).parents[2]
# Where rows may be met past their time: what stores, what deletes, and what carries out our own actions.
MAY_MEET_EXPIRED = {
    "comment_store",
    "storing",
    "gravestones",
    "keeping",
    "forgetting",
    "wire",
    "outbox",
    "living",
    "comments",
    "posts",
    "syncs",
    "programs",
    "webhooks",
}
ENDS_OTHERWISE = {"Connection", "Invitation", "ApiKey"}  # the end of a grant, a link and a key, not of what we may keep


@pytest.fixture
def place(sandbox_server: Running, db: None, settings: Any) -> Place:
    settings.UNDO_WINDOW_S = 0
    return settle_in(sandbox_server)


def a_content(place: Place, age: timedelta) -> models.Model:
    content = CommentContent.objects.get(comment=place.comment())
    CommentContent.everything.filter(pk=content.pk).update(expires_at=timezone.now() + timedelta(hours=48) - age)
    return content


def a_post(place: Place, age: timedelta) -> models.Model:
    post = place.post()
    Post.everything.filter(pk=post.pk).update(expires_at=timezone.now() + timedelta(days=182) - age)
    return post


def a_snapshot(place: Place, age: timedelta) -> models.Model:
    return Snapshot.objects.create(post=place.post(), at=timezone.now() - age, total_comments=3)


def a_run(place: Place, age: timedelta) -> models.Model:
    at = timezone.now() - age
    return SyncRun.objects.create(
        desk=place.user.desk, member_urn=f"urn:li:person:{uuid4().hex}", way="beat", started_at=at, alive_at=at
    )


def a_call(place: Place, age: timedelta) -> models.Model:
    made = {"expires_at": timezone.now(), "created_at": timezone.now(), "digest": uuid4().hex}
    key = ApiKey.objects.create(
        desk=place.user.desk, user=place.user, public_id=uuid4().hex[:12], name=uuid4().hex, **made
    )
    return ApiCall.objects.create(api_key=key, digest=uuid4().hex, asked="", at=timezone.now() - age)


def a_delivery(place: Place, age: timedelta) -> models.Model:
    key = a_call(place, timedelta(0)).api_key  # type: ignore[attr-defined]
    webhook = Webhook.objects.create(api_key=key, url="https://hooks.example.org/", created_at=timezone.now())
    at = timezone.now() - age
    return WebhookDelivery.objects.create(webhook=webhook, kind="test", subject=uuid4(), body="{}", at=at, due_at=at)


MAKERS: dict[type[models.Model], tuple[Callable[[Place, timedelta], models.Model], timedelta]] = {
    CommentContent: (a_content, lifetimes.MEMBERS_WORDS_LIVE),
    Post: (a_post, lifetimes.PAGES_WORDS_LIVE),
    Snapshot: (a_snapshot, lifetimes.COUNTS_LIVE),
    SyncRun: (a_run, lifetimes.RUNS_LIVE),
    ApiCall: (a_call, lifetimes.API_CALLS_LIVE),
    WebhookDelivery: (a_delivery, lifetimes.WEBHOOK_CALLS_LIVE),
}


def test_every_row_with_a_lifetime_has_a_manager_that_keeps_to_it() -> None:
    ours = list(apps.get_app_config("socialactions").get_models())
    assert {m for m in ours if isinstance(m._default_manager, Living)} == set(MAKERS)
    with_end = {m.__name__ for m in ours if any(f.name == "expires_at" for f in m._meta.concrete_fields)}
    assert with_end - ENDS_OTHERWISE == {m.__name__ for m in ours if issubclass(m, Mortal)}


@pytest.mark.parametrize("model", MAKERS, ids=lambda model: model.__name__)
def test_objects_hide_what_is_past_its_time_and_everything_has_it(place: Place, model: Any) -> None:
    make, lives = MAKERS[model]
    row = make(place, lives - timedelta(seconds=5))
    assert model.objects.filter(pk=row.pk).exists()
    row = make(place, lives)
    assert not model.objects.filter(pk=row.pk).exists()
    assert model._default_manager.filter(pk=row.pk).count() == 0
    assert model.everything.filter(pk=row.pk).exists()


def test_related_rows_hide_it_too(place: Place) -> None:
    post = place.post()
    Snapshot.objects.all().delete()  # reading has written some down
    a_snapshot(place, lifetimes.COUNTS_LIVE)
    a_run(place, lifetimes.RUNS_LIVE)
    assert list(post.snapshots.all()) == [] and list(place.user.desk.sync_runs.all()) == []
    a_post(place, lifetimes.PAGES_WORDS_LIVE)
    page = place.page()
    assert post not in page.posts.all()
    assert post not in [p for one in type(page).objects.prefetch_related("posts") for p in one.posts.all()]


def empty(row: Mortal) -> bool:
    return all(getattr(row, name) == nothing() for name, nothing in row.WORDS.items())


def test_words_of_a_comment_are_reached_by_no_road(place: Place) -> None:
    comment = place.comment()
    assert not empty(comment.content)
    a_content(place, lifetimes.MEMBERS_WORDS_LIVE)
    roads = [
        Comment.objects.get(pk=comment.pk).content,
        Comment.objects.select_related("content").get(pk=comment.pk).content,
        Comment.objects.prefetch_related("content").get(pk=comment.pk).content,
        CommentContent.everything.get(pk=comment.pk),
        CommentContent._base_manager.get(pk=comment.pk),
    ]
    assert all(empty(one) for one in roads)
    assert roads[0].created_at == LONG_AGO  # when somebody spoke is theirs as well
    comment.content.refresh_from_db()
    roads[0].refresh_from_db(fields=["text"])
    assert roads[0].text == comment.content.text == ""
    assert [one for one in place.post().comments.select_related("content") if "Does it stop" in one.content.text] == []


def test_words_of_a_post_are_reached_by_no_road(place: Place) -> None:
    action, comment = place.reply(), place.comment()
    a_post(place, lifetimes.PAGES_WORDS_LIVE)
    roads = [
        Outgoing.objects.get(pk=action.pk).post,
        Outgoing.objects.select_related("post").get(pk=action.pk).post,
        Comment.objects.select_related("post").get(pk=comment.pk).post,
        Post.everything.get(pk=action.post_id),
    ]
    assert all(empty(one) and one.is_expired and one.urn for one in roads)


def test_an_action_of_ours_outlives_the_words_of_its_post(place: Place) -> None:
    action = place.reply("On an old post.")
    a_post(place, lifetimes.PAGES_WORDS_LIVE)
    assert place.deliver(action).state == Outgoing.State.SENT


def test_reading_the_post_again_brings_it_back(place: Place) -> None:
    a_post(place, lifetimes.PAGES_WORDS_LIVE)
    place.read_posts()
    assert place.post().commentary


def test_only_what_stores_and_deletes_asks_for_everything() -> None:
    """By joins and by naming columns words would be reached past the managers: nobody does."""
    found = []
    for path in [*(ROOT / "socialactions").rglob("*.py"), *(ROOT / "dashboard").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            is_everything = isinstance(node, ast.Attribute) and node.attr in ("everything", "_base_manager")
            if is_everything and path.stem not in MAY_MEET_EXPIRED:
                found.append(f"{path.name}: {ast.unparse(node)}")
            name = node.arg if isinstance(node, ast.keyword) else node.value if isinstance(node, ast.Constant) else None
            words = [f"{to}__{field}" for to in ("content", "post", "comment__content") for field in _words()]
            if isinstance(name, str) and any(name == one or name.startswith(f"{one}__") for one in words):
                found.append(f"{path.name}: {name}")
    assert found == []


def test_the_table_says_of_everything_how_long_and_how_it_ends() -> None:
    assert len({one.key for one in lifetimes.TABLE}) == len(lifetimes.TABLE)
    assert all(one.name and one.words and one.lives_words and one.where and one.ends for one in lifetimes.TABLE)
    by_key = {one.key: one.lives for one in lifetimes.TABLE}
    assert by_key["members-words"] == timedelta(hours=48) and by_key["faces"] == timedelta(hours=24)
    assert by_key["pages-words"] == by_key["pages-posts"] == timedelta(days=182)
    assert by_key["counts"] == timedelta(days=365) and by_key["own-actions"] is None


def test_no_other_file_knows_how_long_words_live() -> None:
    script = (ROOT / "static" / "js" / "draft-keeper.js").read_text(encoding="utf-8")
    assert f"{int(lifetimes.DRAFTS_LIVE.total_seconds() * 1000):_}" in script
    for path in (ROOT / "socialactions" / "services").glob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert path.stem == "lifetimes" or "_LIVE = " not in text, path.name


def test_sessions_live_as_long_as_the_table_says(settings: Any) -> None:
    assert timedelta(seconds=settings.SESSION_COOKIE_AGE) == lifetimes.SESSIONS_LIVE
    assert timedelta(seconds=settings.FACES_TTL_S) <= lifetimes.FACES_LIVE


def test_a_row_that_is_loaded_without_its_end_comes_without_words(place: Place) -> None:
    CommentContent.everything.filter(pk=place.comment().pk).update(expires_at=ago(seconds=-60))
    assert CommentContent.everything.only("text").get(pk=place.comment().pk).text == ""
    assert CommentContent.everything.only("text", "expires_at").get(pk=place.comment().pk).text


def _words() -> set[str]:
    return {*CommentContent.WORDS, *Post.WORDS}
