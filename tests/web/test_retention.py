"""Forgetting: members' words after 48 hours, Pages' after half a year, pictures nobody sent after a day."""

from __future__ import annotations

import io
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache, caches
from django.core.cache.backends.filebased import FileBasedCache
from django.core.management import call_command
from django.utils import timezone
from PIL import Image

from dashboard.celery import app
from socialactions import tasks
from socialactions.models import Attachment, Comment, CommentContent, Outgoing, Post
from socialactions.queries import posts as post_rows
from socialactions.queries import threads as thread_rows
from socialactions.queries.threads import Eyes
from socialactions.sandbox.seeds.cast import ACME
from socialactions.sandbox.server import Running
from socialactions.services import attachments, keeping
from tests.deeds import Place, ago, settle_in


@pytest.fixture
def place(sandbox_server: Running, db: None, settings: Any) -> Place:
    settings.UNDO_WINDOW_S = 0
    return settle_in(sandbox_server)


def eyes(place: Place) -> Eyes:
    assert place.user.desk_id
    return Eyes(desk_id=place.user.desk_id, page_urn=ACME, acting_urn=ACME)


def picture(place: Place) -> Attachment:
    file = io.BytesIO()
    Image.new("RGB", (2, 2), "red").save(file, "PNG")
    size = file.tell()
    file.seek(0)
    return attachments.keep(user=place.user, file=file, size=size)


def test_lifetimes_are_those_of_linkedins_terms(place: Place) -> None:
    now = timezone.now()
    member = CommentContent.objects.get(pk=place.comment().pk)
    page = CommentContent.objects.get(pk=place.comment("It does, within 80 ms").pk)
    assert member.expires_at - member.fetched_at == timedelta(hours=48)
    assert page.expires_at - page.fetched_at == timedelta(days=182)
    assert timedelta(0) < place.post().expires_at - now <= timedelta(days=182)


def test_reading_again_begins_the_48_hours_anew(place: Place) -> None:
    CommentContent.everything.update(expires_at=ago(seconds=1))
    place.read_comments(place.post())
    assert CommentContent.objects.get(pk=place.comment().pk).expires_at > timezone.now() + timedelta(hours=47)


def test_expired_words_are_shown_nowhere(place: Place) -> None:
    comment, reply = place.comment(), place.comment("We measured 70")
    later = place.comment("Where is the data sheet")
    CommentContent.everything.filter(pk__in=[comment.pk, reply.pk]).update(expires_at=ago(seconds=1))
    post, who = place.post(), eyes(place)
    assert CommentContent.objects.filter(post=post).count() == 2
    assert [one.row().comment.id for one in thread_rows.page(post, who).threads] == [later.pk]
    assert thread_rows.comment_row(comment, who) is None
    assert thread_rows.comment_row(reply, who) is None
    assert thread_rows.one(comment, who).comment.segments == []
    assert reply.pk not in [row.id for row in thread_rows.earlier(comment, who)]


def test_an_expired_post_is_not_listed(place: Place) -> None:
    Post.objects.filter(pk=place.post().pk).update(expires_at=ago(seconds=1))
    rows, _ = post_rows.of_page(place.page())
    assert [row.title for row in rows] == ["Quiet floor, quiet mind"]


def test_purge_deletes_words_and_keeps_the_reference(place: Place) -> None:
    CommentContent.everything.filter(pk=place.comment().pk).update(expires_at=ago(seconds=1))
    comments = Comment.objects.count()
    assert keeping.purge()["members' words"] == 1
    assert not CommentContent.everything.filter(text__contains="Does it stop").exists()
    assert CommentContent.everything.count() == 3
    assert Comment.objects.count() == comments
    assert keeping.purge()["members' words"] == 0


def test_purge_forgets_posts_and_the_words_of_those_with_history(place: Place) -> None:
    place.deliver(place.reply())
    with_history, without = place.post(), place.post("Quiet floor")
    Post.objects.update(expires_at=ago(seconds=1))
    done = keeping.purge()
    assert (done["posts"], done["posts' words"]) == (1, 1)
    assert not Post.everything.filter(pk=without.pk).exists()
    (kept,) = Post.everything.filter(pk=with_history.pk).values()  # as it stands in the table
    assert {name: kept[name] for name in Post.WORDS} == {name: nothing() for name, nothing in Post.WORDS.items()}
    assert Outgoing.objects.get().text == "It does."  # our own words are ours
    assert keeping.purge()["posts' words"] == 0


def test_purge_takes_pictures_nobody_sent(place: Place) -> None:
    sent, unsent, fresh = picture(place), picture(place), picture(place)
    place.say("with a picture", picture=sent)
    Attachment.objects.exclude(pk=fresh.pk).update(created_at=ago(hours=25))
    assert keeping.purge()["pictures"] == 1
    assert set(Attachment.objects.values_list("pk", flat=True)) == {sent.pk, fresh.pk}
    assert [attachments.path_of(one).exists() for one in (sent, unsent, fresh)] == [True, False, True]


def test_purge_empties_the_cache_of_what_has_expired_and_nothing_else(place: Place, settings: Any) -> None:
    if not isinstance(caches["default"], FileBasedCache):
        assert keeping.purge()["cache files"] == 0  # Redis forgets by itself
        return
    folder = Path(django_settings.CACHES["default"]["LOCATION"])
    cache.clear()
    cache.set("old", 1, timeout=0.01)
    (old,) = folder.glob("*.djcache")
    cache.set("fresh", 1)
    time.sleep(0.02)
    settings.FACES_TTL_S = 0
    assert keeping.purge()["cache files"] == 1
    assert not old.exists()
    assert cache.get("fresh") == 1


def test_purge_runs_by_the_clock_and_by_hand(place: Place) -> None:
    assert app.conf.beat_schedule["purge"]["task"] == tasks.purge.name
    assert app.conf.beat_schedule["purge"]["schedule"] <= 3600
    CommentContent.everything.update(expires_at=ago(seconds=1))
    tasks.purge()
    assert not CommentContent.everything.exists()


def test_events_and_history_hold_nobodys_words(place: Place) -> None:
    place.deliver(place.reply("our own words"))
    out = io.StringIO()
    call_command("dumpdata", "socialactions.event", "socialactions.comment", "socialactions.attempt", stdout=out)
    for words in ("Does it stop", "We measured 70", "our own words", "Dana"):
        assert words not in out.getvalue()
