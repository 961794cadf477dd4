"""A wish that takes several rows is saved with all of them or with none, wherever saving breaks off."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import count
from typing import Any
from uuid import uuid4

import pytest
from django.db import OperationalError, connection
from django.urls import reverse
from django.utils import timezone

from dashboard import signing
from socialactions.models import Comment, Event, Outgoing
from socialactions.sandbox.seeds.cast import ACME
from socialactions.services import decisions, second_thoughts
from tests.deeds import again
from tests.web.composers import composer_of, form_id
from tests.web.desks import AtDesk, fields_of, text_of

State = Outgoing.State
WRITE = re.compile(r'(INSERT INTO|UPDATE|DELETE FROM) "socialactions_')
Press = Callable[[], Any]


@contextmanager
def breaking_off(at: int) -> Iterator[None]:
    """The database takes so many writes less one, and then no more."""
    writes = count(1)

    def run(execute: Any, statement: str, *rest: Any) -> Any:
        if WRITE.match(statement) and next(writes) >= at:
            raise OperationalError("database or disk is full")
        return execute(statement, *rest)

    with connection.execute_wrapper(run):
        yield


def edit_anew(ada: AtDesk) -> Press:
    """While an earlier edit is stuck."""
    form = composer_of(ada, "edit")
    form.send(**{"as": form.token(), "text": "Within 70 ms."})
    _stuck()
    return lambda: form.send(**{"as": form.token(), "text": "Within 60 ms."})


def write_instead(ada: AtDesk) -> Press:
    """In place of what LinkedIn refused."""
    form = composer_of(ada, "comment")
    form.send(**{"as": form.token(), "text": "Refused."})
    Outgoing.objects.update(state=State.FAILED, finished_at=timezone.now())
    again = str(Outgoing.objects.get().uid)
    return lambda: form.send(**{"as": form.token(), "text": "Taken.", "again": again})


def close_again(ada: AtDesk) -> Press:
    """While an earlier closing is stuck."""
    post = ada.post()

    def press() -> Any:
        token = signing.sign(user=ada.user, post_id=post.pk, actor_urn=ACME, target=f"close {post.pk}")
        return ada.send("comments-state", post.pk, fields={"as": token, "confirmation": "close"})

    press()
    _stuck()
    return press


def like_otherwise(ada: AtDesk) -> Press:
    """While the first reaction still waits to be sent."""
    post = ada.post()
    token = signing.sign(user=ada.user, post_id=post.pk, actor_urn=ACME, target="act")
    react = partial(ada.client.post, reverse("post-reaction", args=[post.pk]))
    react({"as": token, "kind": "LIKE"})
    return lambda: react({"as": token, "kind": "PRAISE"})


def delete_second(ada: AtDesk) -> Press:
    """Of two that stand on LinkedIn."""
    form = composer_of(ada, "comment")
    form.send(**{"as": form.token(), "text": "Twice."})
    twin = ada.comment("within 80 ms").urn
    Outgoing.objects.update(state=State.SENT, finished_at=timezone.now(), twin_urn=twin)
    return partial(ada.send, "outgoing-step", Outgoing.objects.get().uid, "delete-second")


def _stuck() -> None:
    Outgoing.objects.update(state=State.NEEDS_ATTENTION)


@pytest.mark.parametrize("wish", [edit_anew, write_instead, close_again, like_otherwise, delete_second])
def test_what_cannot_be_saved_whole_changes_nothing(ada_desk: AtDesk, wish: Callable[[AtDesk], Press]) -> None:
    press = wish(ada_desk)
    before = _everything()
    for at in count(1):
        with breaking_off(at):
            answer = press()
        if answer.status_code != 503:
            break
        assert "We could not save this" in text_of(answer)
        assert _everything() == before, f"broken off at write {at}"
    assert answer.status_code in (200, 302) and at > 3
    assert len(_everything()[0]) == 2


def _everything() -> tuple[list[Any], int]:
    """Actions as they stand, and how much is told of them."""
    rows = Outgoing.objects.order_by("pk").values_list("pk", "state", "reason", "hidden_at", "text")
    return list(rows), Event.objects.filter(outgoing__isnull=False).count()


@pytest.mark.parametrize("kind", ["comment", "reply", "edit"])
def test_what_may_have_been_saved_is_tried_again_as_the_same(ada_desk: AtDesk, kind: str) -> None:
    """Nobody knows whether a database whose answer was lost has kept it: both tries together are one action."""
    for form in composer_of(ada_desk, kind).ways():
        Outgoing.objects.all().delete()
        first = {"as": form.token(), "text": "Once, please."}
        with breaking_off(1):
            lost = form.send(**first)
        assert lost.status_code == 503
        assert form.send(**first).status_code in (200, 302)  # as if it had been kept
        again = {**fields_of(lost, form_id(lost.content.decode())), "text": "Once, please."}
        assert form.send(**again).status_code in (200, 302)
        assert Outgoing.objects.count() == 1
        assert form.send(**{**again, "text": "Changed since."}).status_code == 422


@contextmanager
def gone_away() -> Iterator[None]:
    """From the first write on, the database answers nobody."""
    is_gone = False

    def run(execute: Any, statement: str, *rest: Any) -> Any:
        nonlocal is_gone
        is_gone = is_gone or WRITE.match(statement) is not None
        if is_gone and not statement.startswith(("ROLLBACK", "RELEASE")):
            raise OperationalError("the server closed the connection")
        return execute(statement, *rest)

    with connection.execute_wrapper(run):
        yield


@pytest.mark.parametrize("kind", ["comment", "reply", "edit"])
def test_a_database_that_is_away_keeps_the_words_on_the_screen(ada_desk: AtDesk, kind: str) -> None:
    """What stands around the composer may be missing; what was typed, and the form's own key, may not."""
    for form in composer_of(ada_desk, kind).ways():
        with gone_away():
            lost = form.send(**{"as": form.token(), "text": "Typed for half an hour."})
        assert lost.status_code == 503
        assert "We could not save this" in text_of(lost)
        assert "Typed for half an hour." in lost.content.decode()


# what arrived although somebody had tried to take it back


@pytest.fixture
def unwanted(ada_desk: AtDesk) -> list[Outgoing]:
    """Two that arrived, as Acme, and that Ada wants deleted."""
    form, rows = composer_of(ada_desk, "comment"), []
    for words, there in (("One.", ada_desk.comment("within 80 ms")), ("Two.", ada_desk.comment("Does it stop"))):
        form.send(**{"as": form.token(), "text": words})
        Comment.objects.filter(pk=there.pk).update(actor_urn=ACME)
        rows.append(Outgoing.objects.get(text=words))
        sent = {"state": State.SENT, "finished_at": timezone.now(), "unwanted_by": ada_desk.user}
        Outgoing.objects.filter(pk=rows[-1].pk).update(**sent, result_comment=there)
    return rows


def deletions() -> Any:
    return Outgoing.objects.filter(kind=Outgoing.Kind.DELETE)


def test_the_deletion_of_what_is_not_wanted_is_asked_for_whole_or_later(
    unwanted: list[Outgoing], caplog: pytest.LogCaptureFixture
) -> None:
    for at in count(1):
        with breaking_off(at):
            second_thoughts.delete_unwanted()
        still_unwanted = Outgoing.objects.filter(unwanted_by__isnull=False)
        assert deletions().count() + still_unwanted.count() == 2, f"broken off at write {at}"
        if not still_unwanted.exists():
            break
        assert str(still_unwanted[0].uid) in caplog.text
    assert at > 3


def test_a_deletion_that_was_taken_back_stops_no_other(unwanted: list[Outgoing], ada_desk: AtDesk) -> None:
    second_thoughts.delete_unwanted()
    for deletion in deletions():
        assert decisions.undo(deletion, by=ada_desk.user)
    first, second = unwanted
    # The first as a version left it that was cut off between the two; the second is asked about for the first time.
    Outgoing.objects.filter(pk__in=[first.pk, second.pk]).update(unwanted_by=ada_desk.user)
    deletions().filter(comment=again(second).result_comment).update(form_key=uuid4())
    second_thoughts.delete_unwanted()
    assert not Outgoing.objects.filter(unwanted_by__isnull=False).exists()
    assert [one.comment_id for one in deletions().filter(state=State.QUEUED)] == [again(second).result_comment_id]


def test_a_row_that_cannot_be_asked_about_stops_no_other(
    unwanted: list[Outgoing], caplog: pytest.LogCaptureFixture
) -> None:
    first, second = unwanted

    def refuse(execute: Any, statement: str, parameters: Any, *rest: Any) -> Any:
        if statement.startswith('INSERT INTO "socialactions_outgoing"') and first.post.urn in map(str, parameters):
            raise OperationalError("row is damaged")
        return execute(statement, parameters, *rest)

    there = again(first).result_comment
    assert there is not None
    Comment.objects.filter(pk=there.pk).update(urn=first.post.urn)  # what the refusal knows it by
    with connection.execute_wrapper(refuse):
        second_thoughts.delete_unwanted()
    assert [one.comment_id for one in deletions()] == [again(second).result_comment_id]
    assert again(first).unwanted_by_id and not again(second).unwanted_by_id
    assert str(first.uid) in caplog.text
