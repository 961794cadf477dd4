"""One person's actions of a day have an end, in the browser and for programs: a stolen session cannot post without."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from dashboard import signing
from socialactions.models import Outgoing
from socialactions.sandbox.seeds.cast import ACME
from tests.deeds import ago
from tests.web.composers import composer_of
from tests.web.desks import HTMX, AtDesk, text_of
from tests.web.programs import program_of, refusal


@pytest.fixture(autouse=True)
def _three_a_day(settings: Any) -> None:
    settings.OUTGOING_PER_PERSON_PER_DAY = 3


def used_up(desk: AtDesk) -> None:
    """Three accepted, the first of them 20 hours ago."""
    form = composer_of(desk, "comment")
    for number in range(3):
        assert form.send(**{"as": form.token(), "text": f"n {number}"}).status_code in (200, 302)
        form = composer_of(desk, "comment")
    Outgoing.objects.filter(text="n 0").update(created_at=ago(hours=20))


@pytest.mark.parametrize("kind", ["comment", "reply", "edit"])
def test_who_wrote_as_much_as_a_day_allows_is_told_until_when_and_keeps_the_words(ada_desk: AtDesk, kind: str) -> None:
    used_up(ada_desk)
    form = composer_of(ada_desk, kind)
    free_at = timezone.localtime(ago(hours=-4))
    for way in form.ways():
        answer = way.send(**{"as": form.token(), "text": "One more."})
        assert answer.status_code == 422
        said = text_of(answer)
        assert "You asked for 3 actions within 24 hours, the most that one person may here." in said
        assert any(f"{at:%H:%M}" in said for at in (free_at, free_at - timedelta(minutes=1)))
        assert "Your text is kept; send it then." in said and "One more." in answer.content.decode()
    assert Outgoing.objects.count() == 3


def test_a_reaction_beyond_it_is_refused_too_and_may_be_taken_back(ada_desk: AtDesk) -> None:
    used_up(ada_desk)
    post = ada_desk.post()
    token = signing.sign(user=ada_desk.user, post_id=post.pk, actor_urn=ACME, target="act")
    address, fields = reverse("post-reaction", args=[post.pk]), {"as": token, "kind": "LIKE"}
    assert ada_desk.client.post(address, fields, headers=HTMX).status_code == 422
    answer = ada_desk.client.post(address, fields, follow=True)
    assert "within 24 hours" in text_of(answer) and "send it then" not in text_of(answer)
    assert Outgoing.objects.count() == 3
    address = reverse("post-reaction-remove", args=[post.pk])
    assert ada_desk.client.post(address, {"as": token}).status_code == 302


def test_own_words_can_be_deleted_beyond_it_and_those_of_others_cannot(ada_desk: AtDesk) -> None:
    used_up(ada_desk)
    program = program_of(ada_desk)
    own, others = ada_desk.comment("within 80 ms"), ada_desk.comment("Does it stop")
    assert own.actor_urn == ACME and others.actor_urn != ACME
    assert program.act(kind="delete", actor=ACME, target=own.urn).status_code == 202
    refusal(program.act(kind="delete", actor=ACME, target=others.urn), 429, "day_used_up")


def test_it_is_the_persons_whichever_way_they_ask(ada_desk: AtDesk) -> None:
    used_up(ada_desk)
    first, second = program_of(ada_desk), program_of(ada_desk)
    for program in (first, second):
        answer = program.act(kind="comment", actor=ACME, target=ada_desk.post().urn, text="One more.")
        said = refusal(answer, 429, "day_used_up")
        assert "asked for 3 actions within 24 hours" in said and "UTC" in said and "text is kept" not in said
        assert 4 * 3600 - 60 < int(answer["Retry-After"]) <= 4 * 3600 + 1
    body = {"social_urn": ada_desk.post().urn, "comment_text": "One more.", "actor": ACME}
    headers = {"x-api-key": first.secret}
    old = first.client.post("/linkedin-agent/comment-post", body, content_type="application/json", headers=headers)
    assert old.status_code == 429 and int(old["Retry-After"]) > 4 * 3600 - 60
    assert Outgoing.objects.count() == 3


def test_another_person_has_their_own(ada_desk: AtDesk, bo: AtDesk) -> None:
    used_up(ada_desk)
    Outgoing.objects.filter(text="n 0").update(user=bo.user)
    form = composer_of(ada_desk, "comment")
    assert form.send(**{"as": form.token(), "text": "One more."}).status_code in (200, 302)


def test_it_ends_a_day_after_the_first(ada_desk: AtDesk) -> None:
    used_up(ada_desk)
    Outgoing.objects.filter(text="n 0").update(created_at=ago(hours=24, minutes=1))
    form = composer_of(ada_desk, "comment")
    assert form.send(**{"as": form.token(), "text": "One more."}).status_code in (200, 302)


def test_the_same_form_sent_again_is_the_same_action(ada_desk: AtDesk) -> None:
    form = composer_of(ada_desk, "comment")
    fields = {"as": form.token(), "text": "Twice."}
    form.send(**fields)
    used_up_by = Outgoing.objects.get()
    for _ in range(2):
        Outgoing.objects.filter(pk=used_up_by.pk).update(created_at=ago(minutes=1))
        other = composer_of(ada_desk, "comment")
        other.send(**{"as": other.token(), "text": "Other."})
    assert form.send(**fields).status_code in (200, 302)
    assert Outgoing.objects.count() == 3


def test_nought_is_no_limit_and_asks_nothing(ada_desk: AtDesk, settings: Any) -> None:
    used_up(ada_desk)
    settings.OUTGOING_PER_PERSON_PER_DAY = 0
    form = composer_of(ada_desk, "comment")
    with CaptureQueriesContext(connection) as without:
        assert form.send(**{"as": form.token(), "text": "One more."}).status_code in (200, 302)
    settings.OUTGOING_PER_PERSON_PER_DAY = 100
    form = composer_of(ada_desk, "comment")
    with CaptureQueriesContext(connection) as limited:
        assert form.send(**{"as": form.token(), "text": "Still one."}).status_code in (200, 302)
    assert len(limited) == len(without) + 1
