"""Settings → Reading ahead: what is spent, what is planned, what came of it, and the way to read now."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from socialactions.models import Connection, Post, SyncRun
from socialactions.queries import ahead
from socialactions.services import cadence, sync
from tests.web.desks import AtDesk, text_of


def connection(ada: AtDesk) -> Connection:
    return Connection.objects.select_related("desk").get(user=ada.user)


def test_what_is_spent_and_planned_is_shown(ada_desk: AtDesk, settings: Any) -> None:
    settings.DAILY_CALLS_MEMBER, settings.DAILY_CALLS_APP = 100, 500
    page = text_of(ada_desk.get("settings-reading"))
    assert "of 100 reading stops at 70" in page
    assert "slowed down by the limit" in page and "Every 5 minutes would need" in page
    assert "Acme" in page and "Birch & Co" in page


def test_without_a_known_limit_nothing_is_slowed(ada_desk: AtDesk, settings: Any) -> None:
    settings.DAILY_CALLS_MEMBER = settings.DAILY_CALLS_APP = 0
    page = text_of(ada_desk.get("settings-reading"))
    assert "Fresh posts every 5 minutes" in page and "limit is not known" in page
    assert "slowed down" not in page


def test_a_limit_too_small_for_what_moves_is_said(ada_desk: AtDesk, settings: Any) -> None:
    settings.DAILY_CALLS_MEMBER, settings.DAILY_CALLS_APP = 10, 0
    Post.objects.update(read_counted=999)  # seven threads wait to be read
    assert "The limit is too small for what your Pages get." in text_of(ada_desk.get("settings-reading"))


def test_runs_are_listed_with_what_they_cost(ada_desk: AtDesk, settings: Any) -> None:
    settings.DAILY_CALLS_MEMBER = settings.DAILY_CALLS_APP = 0
    assert "None yet." in text_of(ada_desk.get("settings-reading"))
    run = sync.run(connection(ada_desk), way="person", is_everything=True)
    assert run is not None and run.posts_seen > 0
    page = text_of(ada_desk.get("settings-reading"))
    assert f"Ada Berg {run.calls} {run.posts_seen} looked at, {run.posts_moved} moved" in page
    assert f"{run.posts_read} read in {run.pages} page" in page
    SyncRun.objects.update(state=SyncRun.State.STOPPED, problem="LinkedIn did not answer.")
    assert "LinkedIn did not answer." in text_of(ada_desk.get("settings-reading"))


def test_the_page_costs_no_more_with_many_posts(ada_desk: AtDesk, django_assert_max_num_queries: Any) -> None:
    ada_desk.get("settings-reading")  # fills what is worked out every ten minutes
    with CaptureQueriesContext(connections["default"]) as few:
        ada_desk.get("settings-reading")
    now = timezone.now()
    more = [
        Post(
            organization=ada_desk.acme,
            urn=f"urn:li:share:99{number}",
            created_at=now,
            fetched_at=now,
            expires_at=now + timedelta(days=1),
            look_at=now,
        )
        for number in range(50)
    ]
    Post.objects.bulk_create(more)
    with django_assert_max_num_queries(min(len(few), 30)):
        assert ada_desk.get("settings-reading").status_code == 200


def test_read_now_begins_a_run(ada_desk: AtDesk) -> None:
    answer = ada_desk.client.post(reverse("read-now", args=[connection(ada_desk).pk]), follow=True)
    assert "Reading has begun." in text_of(answer)


def test_who_reads_nothing_is_told_what_it_takes(cy: AtDesk, ada_desk: AtDesk) -> None:
    connection(ada_desk).roles.all().delete()
    assert "Nobody here can read ahead" in text_of(cy.get("settings-reading"))


@pytest.mark.parametrize(
    ("stretch", "words"),
    [(1, "every 5 minutes"), (13, "every 65 minutes"), (24, "every 2 hours"), (600, "every 2 days")],
)
def test_the_pace_is_told_in_words(stretch: float, words: str) -> None:
    assert ahead.every(cadence.SHORTEST * stretch) == words
