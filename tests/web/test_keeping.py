"""Retention by a moved clock: a week minute by minute, and planted words that are nowhere once their time is over."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.conf import settings as django_settings
from django.core.cache import cache
from django.db import connection
from django.utils import timezone

from socialactions import tasks
from socialactions.linkedin.payloads import Comment as CommentPayload
from socialactions.linkedin.urns import Urn
from socialactions.models import CommentContent, Outgoing, Receipt
from socialactions.queries.rows import Face
from socialactions.sandbox.faults import Rule
from socialactions.sandbox.records import Member
from socialactions.sandbox.seeds import build
from socialactions.sandbox.seeds.cast import ACME, STRANGERS, stranger
from socialactions.sandbox.server import Running
from socialactions.services import comment_store, faces, forgetting, keeping, receipts, writing
from tests.deeds import Place, settle_in
from tests.web.desks import AtDesk
from tests.web.scanning import found, let_redis_forget

LOCMEM = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "keeping"}}
MONDAY = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)
WEEK_MIN = 7 * 24 * 60
DESK = uuid4()
DANA = stranger("Dana")


@pytest.fixture
def place(sandbox_server: Running, db: None, settings: Any) -> Place:
    settings.UNDO_WINDOW_S = 0
    return settle_in(sandbox_server)


def payload(number: int, post_urn: str) -> CommentPayload:
    at = int(timezone.now().timestamp() * 1000)
    thread = f"urn:li:activity:{post_urn.rpartition(':')[2]}"
    return CommentPayload.model_validate(
        {
            "commentUrn": f"urn:li:comment:({thread},{9_000 + number})",
            "actor": STRANGERS[number % len(STRANGERS)],
            "object": thread,
            "message": {"text": f"Said {number}"},
            "created": {"time": at},
            "lastModified": {"time": at},
        }
    )


def test_a_week_minute_by_minute(place: Place) -> None:
    """New comments come every three hours, older ones are read again now and then, purge comes every ten minutes."""
    post, desk_id = place.post(), place.user.desk_id
    urn = Urn.parse(post.urn)
    oldest = oldest_face = timedelta(0)
    learned_at = MONDAY
    with time_machine.travel(MONDAY, tick=False) as clock:
        CommentContent.everything.all().delete()
        for minute in range(WEEK_MIN):
            clock.shift(timedelta(minutes=1))
            now = timezone.now()
            if minute % 180 == 0:
                number = minute // 180
                again = [payload(one, post.urn) for one in range(max(0, number - 20), number, 7)]
                comment_store.CommentStore(post).page(urn, [payload(number, post.urn), *again])
            if minute % 1_700 == 0:  # further apart than a face lives
                faces.remember(desk_id, [Face(DANA, "Somebody Known")])
                learned_at = now
            if minute % 10 == 9:
                keeping.purge()
                assert not CommentContent.everything.filter(expires_at__lte=now).exists()
            for first in CommentContent.objects.order_by("fetched_at").values_list("fetched_at", flat=True)[:1]:
                oldest = max(oldest, now - first)
            if minute % 10 == 0 and faces.known(desk_id, [DANA])[DANA].name == "Somebody Known":
                oldest_face = max(oldest_face, now - learned_at)
    assert timedelta(hours=47) < oldest <= timedelta(hours=48)
    assert oldest_face <= timedelta(hours=24)
    days = {at.date() for at in Receipt.objects.values_list("at", flat=True)}
    assert {(MONDAY + timedelta(days=n)).date() for n in range(7)} <= days
    chain = receipts.chain()
    assert chain.is_whole and chain.looked_at == Receipt.objects.count() > 7


@pytest.mark.parametrize("backend", ["as installed", "in memory"])
def test_a_face_is_known_for_a_day_and_not_a_minute_longer(db: None, settings: Any, backend: str) -> None:
    if backend == "in memory":
        settings.CACHES = LOCMEM
    with time_machine.travel(MONDAY, tick=False) as clock:
        faces.remember(DESK, [Face(STRANGERS[0], "Somebody Known")])
        known = []
        for _ in range(25 * 60):
            known.append(faces.known(DESK, STRANGERS[:1])[STRANGERS[0]].name == "Somebody Known")
            clock.shift(timedelta(minutes=1))
    assert known.index(False) == 24 * 60 and not any(known[24 * 60 :])


@pytest.mark.parametrize("backend", ["as installed", "in memory"])
def test_an_entry_that_the_cache_kept_too_long_is_none(db: None, settings: Any, backend: str) -> None:
    """A cache with a clock of its own, a clock that was set back, a setting that was shortened."""
    if backend == "in memory":
        settings.CACHES = LOCMEM
    face, now = Face(STRANGERS[0], "Somebody Known"), timezone.now()
    for at, lives_s, is_known in (
        (now - timedelta(hours=23), 86_400, True),
        (now - timedelta(hours=25), 86_400, False),
        (now + timedelta(hours=1), 86_400, False),
        (now - timedelta(hours=2), 3_600, False),
        (now, 0, False),
    ):
        settings.FACES_TTL_S = lives_s
        cache.set(f"known-face:{DESK}:{face.urn}", (at, face), timeout=None)
        assert (faces.known(DESK, [face.urn])[face.urn].name == "Somebody Known") is is_known


# --- planted words --------------------------------------------------------------------------------------------------
NAME, HEADLINE = ("Zyxandra", "Quillfeatherstone"), "Keeper of the 8841 brass lanterns"
TEXT, EDITED, MENTION = "A lantern 5527 hums at dusk", "A lantern 5528 hums at dawn", "Ask 5529 the one who keeps them"
PLANTED = (*NAME, HEADLINE, TEXT, EDITED, MENTION)
CANARY = "urn:li:person:caN4ryBird1"


@pytest.fixture
def planted(transactional_db: None, ada_desk: AtDesk) -> AtDesk:
    """A stranger with a name and words that nobody else has spoke, was edited, mentioned, and reacted; all screens were
    used, and something went wrong meanwhile.
    """
    world, post = ada_desk.sandbox.world, ada_desk.post()
    world.add_member(Member(CANARY.rpartition(":")[2], *NAME, HEADLINE, "zyxandra-q"))
    on_linkedin = ada_desk.on_linkedin(post)
    first = build.say(world, on_linkedin, CANARY, TEXT, age_s=600)
    build.say(world, on_linkedin, stranger("Ben"), f"{MENTION}: @[{' '.join(NAME)}]({CANARY})", age_s=300, to=first)
    build.react(on_linkedin, CANARY)
    ada_desk.read_comments(post)
    first.text, first.modified = EDITED, first.modified + 1_000
    first.cache.clear()
    ada_desk.read_comments(post)
    comment = ada_desk.comment(EDITED)
    speaker = writing.Speaker(user=ada_desk.user, actor_urn=ACME)
    writing.reply_to(comment, speaker=speaker, text="Our own words.", form_key=uuid4())
    for name, args, query in (
        ("post-show", [post.pk], {}),
        ("post-live", [post.pk], {"htmx": True}),
        ("comment-show", [comment.pk], {"htmx": True}),
        ("reply-create", [comment.pk], {}),
        ("comment-delete", [comment.pk], {}),
        ("comment-reactors", [comment.pk], {}),
        ("post-reactors", [post.pk], {}),
        ("mention-list", [], {"post": str(post.pk), "q": NAME[0]}),
        ("history", [], {}),
        ("settings-kept", [], {}),
        ("settings-forget", [], {"member": CANARY}),
    ):
        assert ada_desk.get(name, *args, **query).status_code == 200, name
    ada_desk.send("post-refresh", post.pk)  # a message goes to the broker
    for trouble in ({"do": "malformed", "form": "truncated"}, {"do": "refuse", "status": 503}):
        with world.lock:
            world.faults.append(Rule.read({"path": "/comments$", "method": "GET", **trouble}))
        ada_desk.read_comments(post)
    return ada_desk


def database() -> set[str]:
    """Files in which SQLite keeps the words while they live."""
    if connection.vendor != "sqlite":
        return set()
    name = Path(connection.settings_dict["NAME"]).name
    return {f"file {name}", f"file {name}-wal"}


def test_planted_words_are_found_nowhere_after_their_time(planted: AtDesk, caplog: Any, capfd: Any) -> None:
    caplog.set_level(logging.DEBUG)
    assert found(PLANTED) >= {"table socialactions_commentcontent"}
    assert found(NAME) & {"files of the cache", "cache"} and found([HEADLINE]) <= {"files of the cache", "cache"}
    assert not database() or found(PLANTED) & database()
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=48, minutes=1)):
        page = planted.get("post-show", planted.post().pk).content.decode()
        assert not any(word in page for word in PLANTED)  # before anything is purged
        tasks.purge()
        let_redis_forget(after_s=86_400)
        assert found(PLANTED) == set()
    out, err = capfd.readouterr()
    assert not any(word in caplog.text + out + err for word in PLANTED)
    assert Outgoing.objects.get().text == "Our own words."


def test_planted_words_are_found_nowhere_after_forgetting(planted: AtDesk) -> None:
    assert found(PLANTED)
    forgetting.forget(desk=planted.desk, member_urn=CANARY, by=planted.user)
    assert found([*NAME, HEADLINE, TEXT, EDITED]) == set()
    assert found([CANARY]) <= {"files of the cache", "cache"}  # in whose answers LinkedIn named them last
    planted.read_comments(planted.post())
    assert planted.get("post-reactors", planted.post().pk).status_code == 200
    assert found([*NAME, HEADLINE, TEXT, EDITED]) == set()
    assert "table socialactions_commentcontent" in found([MENTION])  # Ben's own words stay


def test_the_scan_sees_what_lies_in_a_table_a_session_a_cache_and_a_file(transactional_db: None) -> None:
    from dashboard.sessions import SessionStore

    session = SessionStore()
    session["page"] = "in a 7741 session"
    session.save()
    cache.set("x", "in a 7742 cache")
    Receipt.objects.create(at=timezone.now(), counts={"in a 7743 table": 1}, digest="")
    (django_settings.DATA_DIR / "7744").write_text("in a 7744 file", encoding="utf-8")
    assert {"sessions"} <= found(["in a 7741 session"])
    assert found(["in a 7742 cache"]) & {"files of the cache", "cache"}
    assert {"table socialactions_receipt"} <= found(["in a 7743 table"])
    assert {"file 7744"} <= found(["in a 7744 file"])
    (django_settings.DATA_DIR / "7744").unlink()
