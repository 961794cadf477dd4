"""When a look proves something: only what was seen wholly, lately, by who may read, and while nothing moved."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from socialactions import clock
from socialactions.linkedin.urns import Urn
from socialactions.models import Connection, ListingDelay, Outgoing, PageRole
from socialactions.sandbox.seeds.cast import ADA
from socialactions.sandbox.server import Running
from socialactions.services import lookup, matching, outbox, second_thoughts
from socialactions.services.connections import read_with
from socialactions.services.moves import bind
from socialactions.services.outcomes import Reason
from tests.deeds import Place, again, ago, later, settle_in
from tests.web.test_lookup import LOST_AFTER, LOST_BEFORE, in_doubt, lists_promptly, look, look_until_150_s, ours

State = Outgoing.State
NOTHING = matching.Found((), ())


@pytest.fixture
def place(sandbox_server: Running, db: None, settings: Any) -> Place:
    settings.UNDO_WINDOW_S = 0
    return settle_in(sandbox_server)


def old_roles(place: Place) -> None:
    Connection.objects.filter(pk=place.connection.pk).update(roles_checked_at=ago(minutes=6))


# when


def test_a_look_that_began_too_early_is_not_the_last_one(place: Place) -> None:
    """LinkedIn may have taken up our request after it had listed; what counts is when the look began."""
    lists_promptly()
    row = in_doubt(place, place.reply("Slow."), **LOST_BEFORE)
    for seconds in (5, 20, 60):
        row = look(row, after_s=seconds)
    place.fault(do="delay", seconds=0.6, method="GET", path="/comments$", times=2)
    row = look(row, after_s=149.5)
    assert (row.state, row.looks) == (State.UNKNOWN, 4)
    assert row.look_at is not None
    assert look(row, after_s=211).state == State.QUEUED


def test_a_doubt_that_was_raised_again_meanwhile_is_not_settled_by_an_older_look(place: Place) -> None:
    lists_promptly()
    row = in_doubt(place, place.reply("Once."), **LOST_BEFORE)
    for seconds in (5, 20, 60):
        row = look(row, after_s=seconds)
    later(row, doubt_since=ago(seconds=200))
    seen = again(row)
    later(row, fence=row.fence + 1)  # it was sent once more, and ended in doubt again
    lookup._decide(seen, NOTHING, clock.now())
    assert (again(row).state, again(row).repeats) == (State.UNKNOWN, 0)


def test_of_two_looks_at_the_same_time_one_counts(place: Place) -> None:
    row = in_doubt(place, place.reply("Side by side."), **LOST_BEFORE)
    seen = [again(row), again(row)]
    for one in seen:
        lookup._decide(one, NOTHING, clock.now())
    assert again(row).looks == 1


# who


def test_a_reader_whose_role_changed_unnoticed_proves_nothing(place: Place) -> None:
    """The role of a recruiting poster is shown an empty list, and counts of nothing, without an error."""
    lists_promptly()
    row = in_doubt(place, place.reply("Seen by nobody."), **LOST_AFTER)
    place.switch(recruiting_poster_reads="empty")
    place.world.set_role(ADA.rpartition(":")[2], "1001", "RECRUITING_POSTER")
    old_roles(place)
    row = look_until_150_s(row)
    assert (row.state, row.looks) == (State.UNKNOWN, 0)
    held = PageRole.objects.filter(organization=place.page(), state="APPROVED")
    assert [role.role for role in held] == ["RECRUITING_POSTER"]


def test_a_role_that_changed_right_after_sending_repeats_nothing(place: Place) -> None:
    """What is stored of roles is fresh for minutes; before a repeat LinkedIn is asked once more."""
    lists_promptly()
    row = in_doubt(place, place.reply("Seen by nobody, and there."), **LOST_AFTER)
    place.switch(recruiting_poster_reads="empty")
    place.world.set_role(ADA.rpartition(":")[2], "1001", "RECRUITING_POSTER")
    row = look_until_150_s(row)
    assert (row.state, row.repeats) == (State.UNKNOWN, 0)
    assert row.look_at is not None


def test_an_alarm_raised_during_a_look_stays(place: Place) -> None:
    """LinkedIn's late answer named another actor: whatever an older look found out says nothing about that."""
    lists_promptly()
    row = in_doubt(place, place.reply("As whom?"), **LOST_BEFORE)
    for seconds in (5, 20, 60):
        row = look(row, after_s=seconds)
    later(row, doubt_since=ago(seconds=200))
    seen = again(row)
    later(row, reason=Reason.WRONG_ACTOR, look_at=None)
    lookup._decide(seen, NOTHING, clock.now())
    assert (again(row).state, again(row).reason, again(row).look_at) == (State.UNKNOWN, Reason.WRONG_ACTOR, None)


def test_roles_are_asked_for_once_in_five_minutes(place: Place) -> None:
    row = in_doubt(place, place.reply("Read as before."), **LOST_BEFORE)
    old_roles(place)
    place.forget_calls()
    look(row, after_s=5)
    look(again(row), after_s=20)
    assert place.calls("organizationAcls") == 1


# how much


def test_an_empty_list_of_what_is_counted_proves_nothing(place: Place) -> None:
    lists_promptly()
    row = in_doubt(place, place.say("Counted."), **LOST_AFTER)
    place.switch(listing_lag_s=10**8)
    row = look_until_150_s(row)
    assert (row.state, row.looks) == (State.UNKNOWN, 0)


def test_a_list_that_moves_while_it_is_read_proves_nothing(place: Place) -> None:
    row = in_doubt(place, place.say("Pushed off the page."), **LOST_BEFORE)
    many = [ours(place, f"Number {number}.") for number in range(130)]
    calls, standing = iter(range(99)), place.world.post(place.post().urn)
    assert standing is not None

    def one_goes() -> None:
        if next(calls) == 1:  # after the first page
            with place.world.lock:
                standing.comments.remove(many[0].id)

    place.meanwhile(one_goes, method="GET", path="/comments$", times=2)
    row = look(row, after_s=5)
    assert next(calls) == 2
    assert (row.state, row.looks) == (State.UNKNOWN, 0)
    assert look(row, after_s=20).looks == 1


def test_what_was_seen_is_there_although_the_rest_could_not_be_read(place: Place) -> None:
    row = in_doubt(place, place.say("On the first page."), **LOST_AFTER)
    for number in range(130):
        ours(place, f"Number {number}.")
    calls = iter(range(99))
    place.meanwhile(lambda: next(calls), method="GET", path="/comments$")
    place.fault(do="refuse", status=503, method="GET", path="/comments$")
    row = look(row, after_s=5)
    assert (row.state, row.reason, next(calls)) == (State.SENT, Reason.FOUND, 1)


def test_a_person_who_saw_it_finds_it_though_the_rest_could_not_be_read(place: Place) -> None:
    """LinkedIn changed the text, so no look binds it by itself; what is looked for may stand on the first page."""
    row = in_doubt(place, place.say("See https://acm.io/x for the whole data sheet of this arm"), **LOST_BEFORE)
    stands = ours(place, "See https://lnkd.in/x for the whole data sheet of this arm")
    for number in range(130):
        ours(place, f"Number {number}.")
    assert look(row, after_s=5).reason == Reason.NEARLY
    calls = iter(range(99))
    place.meanwhile(lambda: next(calls), method="GET", path="/comments$")
    place.fault(do="refuse", status=503, method="GET", path="/comments$")
    assert second_thoughts.it_is_there(again(row), by=place.user)
    assert next(calls) == 1
    assert (again(row).result_urn or "").endswith(f",{stands.id})")


def test_a_success_that_is_counted_and_not_listed_is_slow_and_not_left_out(place: Place) -> None:
    """Otherwise only prompt listings would be measured."""
    place.switch(listing_lag_s=10**8)
    row = place.deliver(place.say("Counted first.", actor=place.page().urn))
    before = row.look_at
    later(row, look_at=ago(seconds=1))
    lookup.look(row.pk)
    assert ListingDelay.objects.count() == 0
    assert before is not None and again(row).look_at is not None


# which


@pytest.mark.parametrize("alias", ["activity", "post"])
def test_a_comment_under_another_name_of_its_post_still_belongs_to_its_action(place: Place, alias: str) -> None:
    first = place.deliver(place.reply("Same words."))
    row = in_doubt(place, place.reply("Same words."), **LOST_BEFORE)
    place.switch(answer_alias=alias)
    row = look(row, after_s=5)
    assert (row.state, row.result_urn) == (State.UNKNOWN, None)
    assert again(first).state == State.SENT


def test_two_actions_are_never_bound_to_one_comment_under_two_names(place: Place) -> None:
    first = place.deliver(place.reply("Mine alone."))
    row = in_doubt(place, place.reply("Mine alone."), **LOST_BEFORE)
    assert first.result_comment is not None and first.result_urn is not None
    number = first.result_comment.comment_id
    other_name = f"urn:li:comment:(urn:li:activity:1,{number})"
    assert first.result_urn != other_name and Urn.parse(other_name).id == number
    with pytest.raises(IntegrityError), transaction.atomic():
        Outgoing.objects.filter(pk=row.pk).update(result_urn=other_name, result_comment=first.result_comment)
    target = Urn.parse(place.comment().urn)
    listed = read_with(place.connection, lambda client: list(client.comments(target)))
    answer = next(one for one in listed if one.id == number)
    assert not bind(row, answer, Reason.FOUND, allowed=[State.UNKNOWN])
    assert again(row).state == State.UNKNOWN


def test_fifteen_minutes_ask_a_person_even_while_a_look_is_under_way(place: Place) -> None:
    row = in_doubt(place, place.reply("Long."), **LOST_BEFORE)
    later(row, doubt_since=ago(minutes=16))
    seen = again(row)
    outbox.sweep()
    assert again(row).state == State.NEEDS_ATTENTION
    lookup._decide(seen, NOTHING, clock.now() - timedelta(seconds=1))
    assert (again(row).state, again(row).reason) == (State.NEEDS_ATTENTION, Reason.UNDECIDED)
