"""Receipts of deletion: one for each run that deleted something, one a day in any case, each bound to the last."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from dashboard.celery import app
from socialactions import tasks
from socialactions.models import CommentContent, Receipt, Snapshot, SyncRun
from socialactions.sandbox.server import Running
from socialactions.services import free_pages, keeping, receipts
from tests.deeds import Place, ago, settle_in

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.fixture
def place(sandbox_server: Running, db: None, settings: Any) -> Place:
    settings.UNDO_WINDOW_S = 0
    return settle_in(sandbox_server)


def test_a_run_that_deleted_something_leaves_a_receipt(place: Place) -> None:
    keeping.purge()
    before = Receipt.objects.count()
    CommentContent.everything.filter(pk=place.comment().pk).update(expires_at=ago(seconds=1))
    keeping.purge()
    assert Receipt.objects.count() == before + 1
    assert Receipt.objects.latest("pk").counts == {"members' words": 1}
    keeping.purge()
    assert Receipt.objects.count() == before + 1


def test_pages_and_members_words_are_counted_apart(place: Place) -> None:
    CommentContent.everything.update(expires_at=ago(days=1), fetched_at=ago(days=3))
    page = place.comment("It does, within 80 ms")
    CommentContent.everything.filter(pk=page.pk).update(fetched_at=ago(days=183))
    done = keeping.purge()
    assert (done["members' words"], done["Pages' words"]) == (3, 1)


def test_counts_and_runs_end_by_their_age(place: Place) -> None:
    Snapshot.objects.all().delete()  # reading has written some down
    for age in (364, 366):
        Snapshot.objects.create(post=place.post(), at=ago(days=age))
    for age in (29, 31):
        SyncRun.objects.create(
            desk=place.user.desk,
            member_urn=f"urn:li:person:{uuid4().hex}",
            way="beat",
            started_at=ago(days=age),
            alive_at=ago(days=age),
        )
    done = keeping.purge()
    assert (done["counts"], done["runs"]) == (1, 1)
    assert (Snapshot.everything.count(), SyncRun.everything.count()) == (1, 1)


def test_every_day_has_one_also_when_nothing_was_deleted(db: None) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        for _ in range(4 * 24):  # every half hour of two days
            receipts.write({})
            clock.shift(timedelta(minutes=30))
    assert [one.at.date().day for one in Receipt.objects.order_by("pk")] == [20, 21, 22]
    assert all(one.counts == {} for one in Receipt.objects.all())


def test_an_unbroken_chain_is_followed_to_its_end(db: None) -> None:
    assert receipts.chain().is_whole and receipts.chain(10).is_whole
    for number in range(5):
        receipts.write({"posts": number + 1})
    assert receipts.chain() == receipts.Chain(5)
    assert receipts.chain(5) == receipts.Chain(5)
    assert receipts.chain(2).is_whole


@pytest.mark.parametrize(
    "harm",
    [
        lambda row: Receipt.objects.filter(pk=row.pk).update(counts={"posts": 0}),
        lambda row: Receipt.objects.filter(pk=row.pk).update(at=timezone.now()),
        lambda row: Receipt.objects.filter(pk=row.pk).update(digest="0" * 64),
        lambda row: Receipt.objects.filter(pk=row.pk).update(previous=""),
        lambda row: row.delete(),
    ],
    ids=["counts", "time", "digest", "previous", "deleted"],
)
def test_a_receipt_that_was_touched_breaks_it(db: None, harm: Any) -> None:
    for number in range(5):
        receipts.write({"posts": number + 1})
    harm(Receipt.objects.order_by("pk")[2])
    chain = receipts.chain()
    assert not chain.is_whole and chain.looked_at in (2, 3)
    assert not receipts.chain(4).is_whole
    with pytest.raises(CommandError, match="broken at number"):
        call_command("purge", stdout=io.StringIO())


def test_the_first_receipts_of_several_processes_are_one_chain(transactional_db: None) -> None:
    at_once = Barrier(4)

    def write(number: int) -> None:
        connection.ensure_connection()
        try:
            at_once.wait(30)
            receipts.write({"posts": number + 1})
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as workers:
        list(workers.map(write, range(4)))
    assert receipts.chain() == receipts.Chain(4)


def test_the_command_says_what_went_and_that_the_chain_holds(place: Place) -> None:
    CommentContent.everything.update(expires_at=ago(seconds=1))
    said = io.StringIO()
    call_command("purge", stdout=said)
    assert "Deleted: 4 members' words." in said.getvalue()
    assert Receipt.objects.latest("pk").digest in said.getvalue()
    assert "The chain of 1 receipts is unbroken." in said.getvalue()
    said = io.StringIO()
    call_command("purge", stdout=said)
    assert "Nothing was past its time." in said.getvalue()


def test_beat_purges_within_minutes_and_looks_after_open_work() -> None:
    for name, task in (("purge", tasks.purge), ("keep-open-work", tasks.keep_open_work)):
        entry = app.conf.beat_schedule[name]
        assert entry["task"] == task.name and entry["schedule"] <= 600


def test_a_deletion_empties_sqlites_log(transactional_db: None) -> None:
    assert free_pages.empty()
