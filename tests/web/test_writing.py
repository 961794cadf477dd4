"""Accepting: one transaction, one row per form, rights when it is accepted and again when it is sent."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from socialactions import clock
from socialactions.models import Connection, Event, Outgoing, PageRole, Post, User
from socialactions.sandbox.seeds.cast import ACME, ADA, BIRCH
from socialactions.sandbox.server import Running
from socialactions.sandbox.switches import ALL_SCOPES
from socialactions.services import connections, decisions, outbox, writing
from socialactions.services.refusals import Refused
from socialactions.services.writing import AlreadySent, ColleagueFirst
from tests import environment, processes
from tests.deeds import Place, again, ago, in_threads, later, settle_in

State = Outgoing.State
WITHOUT_BROKER = """
import django
django.setup()
from tests.deeds import Place
from socialactions.models import Outgoing, User
import kombu.transport.redis, time
began = time.monotonic()
row = Place(None, User.objects.get()).reply("accepted without a bell")
print(Outgoing.objects.get(pk=row.pk).state, time.monotonic() - began)
"""


@pytest.fixture
def place(sandbox_server: Running, db: None, settings: Any) -> Place:
    settings.UNDO_WINDOW_S = 0
    return settle_in(sandbox_server)


@pytest.fixture
def open_place(sandbox_server: Running, transactional_db: None) -> Place:
    """The same with everything committed, so that other threads and processes see it."""
    return settle_in(sandbox_server)


# one transaction


def test_acceptance_is_a_row_with_its_event(place: Place, settings: Any) -> None:
    settings.UNDO_WINDOW_S = 5
    row = place.reply()
    event = Event.objects.get(outgoing=row)
    assert (row.state, row.fence, row.actor_urn, row.member_urn) == (State.QUEUED, 0, ACME, ADA)
    assert 4 < (row.due_at - timezone.now()).total_seconds() <= 5
    assert (event.kind, event.state, event.actor_urn, event.user) == ("accepted", "queued", ACME, place.user)
    assert event.topic == f"thread-{row.thread_id}"


def test_without_its_event_nothing_is_accepted(place: Place) -> None:
    def refuse_events(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith('INSERT INTO "socialactions_event"'):
            raise OperationalError("disk full")
        return execute(sql, params, many, context)

    key = uuid4()
    with connection.execute_wrapper(refuse_events), pytest.raises(OperationalError):
        place.reply(form_key=key)
    assert not Outgoing.objects.exists()
    assert place.reply(form_key=key).state == State.QUEUED  # the same form can be sent again


@pytest.mark.parametrize("trouble", ["refuses", "is silent"])
def test_a_broker_in_trouble_stops_nobody_from_writing(open_place: Place, trouble: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # the kernel connects, nobody ever answers
        port = 1 if trouble == "refuses" else silent.getsockname()[1]
        here = {"CELERY_BROKER_URL": f"redis://127.0.0.1:{port}", "DATABASE_URL": processes.test_database_url()}
        command = [sys.executable, "-c", WITHOUT_BROKER]
        env = {**os.environ, **here}
        done = subprocess.run(command, env=env, cwd=environment.ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    state, took_s = done.stdout.split()
    assert state == "queued"
    assert float(took_s) < 20
    assert "the bell did not ring" in done.stderr
    row = Outgoing.objects.get()
    later(row, due_at=ago(seconds=1), rang_at=ago(seconds=60))
    assert outbox.sweep() == [row.pk]


# one row per form


def test_the_same_form_twice_is_one_action(place: Place) -> None:
    key = uuid4()
    first = place.reply(form_key=key)
    assert place.reply(form_key=key).pk == first.pk
    place.deliver(first)
    assert place.reply(form_key=key).pk == first.pk  # the back button, much later
    assert Outgoing.objects.count() == Event.objects.filter(kind="accepted").count() == 1


def test_a_form_whose_action_was_taken_back_is_not_accepted_in_silence(place: Place, settings: Any) -> None:
    settings.UNDO_WINDOW_S = 5
    key = uuid4()
    first = place.reply("one", form_key=key)
    assert decisions.undo(first, by=place.user)
    with pytest.raises(AlreadySent) as refusal:
        place.reply("one", form_key=key)
    assert refusal.value.first.state == State.CANCELLED


def test_a_newer_wish_puts_older_ones_away_that_were_stuck(place: Place) -> None:
    post, speaker = place.post(), place.speaker()
    for wish in (
        lambda: writing.set_comments_open(post, speaker=speaker, is_open=False, form_key=uuid4()),
        lambda: writing.edit(place.comment(), speaker=speaker, text=f"Newer {uuid4()}", form_key=uuid4()),
    ):
        place.comment().__class__.objects.filter(pk=place.comment().pk).update(actor_urn=ACME)
        old = wish()
        later(old, state=State.BLOCKED)
        new = wish()
        assert (again(old).state, new.state) == (State.DISCARDED, State.QUEUED)


def test_the_same_form_with_other_words_is_asked_about(place: Place) -> None:
    key = uuid4()
    first = place.reply("one", form_key=key)
    with pytest.raises(AlreadySent) as refusal:
        place.reply("two", form_key=key)
    assert refusal.value.first.pk == first.pk
    with pytest.raises(AlreadySent):
        place.reply("one", actor=BIRCH, form_key=key)
    assert Outgoing.objects.count() == 1


def test_a_form_answers_with_its_action_when_its_target_is_gone_by_it(place: Place) -> None:
    comment, key = place.comment("Where is the data sheet"), uuid4()
    first = writing.delete(comment, speaker=place.speaker(), form_key=key)
    assert place.deliver(first).state == State.SENT
    comment.refresh_from_db()
    assert writing.delete(comment, speaker=place.speaker(), form_key=key).pk == first.pk
    with pytest.raises(Refused):
        writing.delete(comment, speaker=place.speaker(), form_key=uuid4())


def test_nothing_is_accepted_for_a_post_that_is_gone(place: Place) -> None:
    comment = place.comment()
    post, speaker = comment.post, place.speaker()
    post.gone_at = clock.now()
    wishes: list[Callable[[], Outgoing]] = [
        lambda: writing.comment_on(post, speaker=speaker, text="Hello", form_key=uuid4()),
        lambda: writing.reply_to(comment, speaker=speaker, text="Hello", form_key=uuid4()),
        lambda: writing.react(post, None, speaker=speaker, kind="LIKE"),
        lambda: writing.unreact(post, None, speaker=speaker),
        lambda: writing.react(post, comment, speaker=speaker, kind="LIKE"),
        lambda: writing.delete(comment, speaker=speaker, form_key=uuid4()),
        lambda: writing.set_comments_open(post, speaker=speaker, is_open=False, form_key=uuid4()),
    ]
    for wish in wishes:
        with pytest.raises(Refused, match="This post is no longer on LinkedIn"):
            wish()
    assert not Outgoing.objects.exists()


def test_a_form_answers_with_its_action_after_the_role_went(place: Place) -> None:
    key = uuid4()
    first = place.reply(form_key=key)
    PageRole.objects.all().delete()
    assert place.reply(form_key=key).pk == first.pk


def test_the_same_form_from_many_threads_is_one_action(open_place: Place) -> None:
    key, comment = uuid4(), open_place.comment()
    rows = in_threads(6, lambda _: open_place.reply("once", to=comment, form_key=key))
    assert len({row.pk for row in rows}) == 1
    assert Outgoing.objects.count() == 1
    assert Event.objects.filter(kind="accepted").count() == 1


def test_of_two_colleagues_at_the_same_moment_one_is_asked(open_place: Place) -> None:
    grant = Connection.objects.get()
    roles = list(grant.roles.all())
    bo = User.objects.create(desk=grant.desk, member_urn="urn:li:person:bO7mLind", name="Bo Lindqvist", is_active=True)
    grant.pk, grant.user, grant.member_urn = uuid4(), bo, bo.member_urn
    grant.save(force_insert=True)
    for role in roles:
        role.pk, role.connection = uuid4(), grant
        role.save(force_insert=True)
    comment = open_place.comment()
    people = [open_place.user, bo]

    def answer(number: int) -> Outgoing | None:
        speaker = writing.Speaker(User.objects.select_related("desk", "connection").get(pk=people[number].pk), ACME)
        try:
            return writing.reply_to(comment, speaker=speaker, text="Mine", form_key=uuid4(), seen=writing.SAW_NONE)
        except ColleagueFirst as error:
            assert error.first.user != speaker.user
            return None

    for _ in range(5):
        given = in_threads(2, answer)
        assert given.count(None) == 1
        assert Outgoing.objects.count() == 1
        Outgoing.objects.all().delete()


def test_what_is_about_to_be_deleted_is_not_changed(place: Place) -> None:
    sent = place.deliver(place.reply("Ours"))
    comment = sent.result_comment
    assert comment is not None
    speaker = place.speaker()
    deletion = writing.delete(comment, speaker=speaker, form_key=uuid4())
    with pytest.raises(Refused, match="about to be deleted"):
        writing.edit(comment, speaker=speaker, text="Other words", form_key=uuid4())
    decisions.undo(deletion, by=place.user)
    assert writing.edit(comment, speaker=speaker, text="Other words", form_key=uuid4())


def test_two_people_may_hold_the_same_number(place: Place) -> None:
    key = uuid4()
    first = place.reply(form_key=key)
    bo = User.objects.create(member_urn="urn:li:person:x", name="X", desk=place.user.desk)
    Connection.objects.create(
        user=bo, desk=bo.desk, member_urn=bo.member_urn, scopes=list(ALL_SCOPES),
        expires_at=ago(days=-30), connected_at=timezone.now(),
    )  # fmt: skip
    speaker = writing.Speaker(user=bo, actor_urn=bo.member_urn)
    other = writing.reply_to(place.comment(), speaker=speaker, text=first.text, form_key=key)
    assert other.pk != first.pk


# rights when it is accepted


def test_words_for_what_is_missing_name_it(place: Place) -> None:
    PageRole.objects.filter(organization=place.page()).update(role="CONTENT_ADMINISTRATOR")
    with pytest.raises(Refused, match=r"Answering as Acme Robotics needs the role .* yours is Content admin"):
        place.reply()
    PageRole.objects.update(role="ADMINISTRATOR")
    Connection.objects.update(scopes=["r_organization_social_feed"])
    with pytest.raises(Refused, match="w_organization_social_feed"):
        place.reply()
    with pytest.raises(Refused, match="w_member_social_feed"):
        place.reply(actor=ADA)
    connections.end(place.connection, reason="by_person")
    with pytest.raises(Refused, match="Connect again"):
        place.reply()
    assert not Outgoing.objects.exists()


def test_nobody_speaks_as_a_page_this_desk_does_not_know(place: Place) -> None:
    for actor in ("urn:li:organization:2001", "urn:li:person:someoneelse", ""):
        with pytest.raises(Refused):
            place.reply(actor=actor)


def test_a_role_that_was_revoked_counts_no_more(place: Place) -> None:
    PageRole.objects.update(state="REVOKED")
    with pytest.raises(Refused):
        place.reply()


def test_only_authors_edit_and_only_authors_or_the_page_delete(place: Place) -> None:
    stranger, ours = place.comment(), place.comment("It does, within 80 ms")
    with pytest.raises(Refused, match="Only the author"):
        writing.edit(stranger, speaker=place.speaker(), text="x", form_key=uuid4())
    with pytest.raises(Refused, match="Only the author or the Page"):
        writing.delete(stranger, speaker=place.speaker(BIRCH), form_key=uuid4())
    with pytest.raises(Refused, match="Only the author or the Page"):
        writing.delete(stranger, speaker=place.speaker(ADA), form_key=uuid4())
    with pytest.raises(Refused, match="Only Acme Robotics itself"):
        writing.set_comments_open(place.post(), speaker=place.speaker(BIRCH), is_open=False, form_key=uuid4())
    assert writing.edit(ours, speaker=place.speaker(), text="x", form_key=uuid4())
    assert writing.delete(stranger, speaker=place.speaker(), form_key=uuid4())


def test_a_closed_post_takes_no_words(place: Place) -> None:
    Post.objects.update(comments_state="CLOSED")
    with pytest.raises(Refused, match="closed"):
        place.say()
    with pytest.raises(Refused, match="closed"):
        place.reply()


def test_only_six_reactions_are_known(place: Place) -> None:
    for kind in ("MAYBE", "like", "", "LIKE "):
        with pytest.raises(Refused):
            writing.react(place.post(), None, speaker=place.speaker(), kind=kind)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        *(("", "empty"), (" \n\t", "empty"), (" \u200b\u200d\u2060\ufeff", "empty"), ("\u3164", "empty")),
        *(("x" * 1251, "too long by 1 "), ("a\x1b[31m", r"U\+001B"), ("left \u202eright", r"U\+202E")),
        *(("@[Zed](urn:li:zzz:1) hello", "no mention"), ("@[Zed](urn:li:person:no pe)", "no mention")),
    ],
)
def test_text_is_judged_as_linkedin_will_see_it(place: Place, text: str, words: str) -> None:
    with pytest.raises(Refused, match=words) as refusal:
        place.reply(text)
    assert refusal.value.field == "text"
    token = f"@[Birch & Co]({BIRCH})"
    assert place.reply("x" * (1250 - len("Birch & Co")) + token)
    for fine in ("👩\u200d🚀", "שלום\u200f, שלום", "@[no mention] (really)", "two\nlines\tand a tab"):
        assert place.reply(fine).text == fine
