"""Looking on LinkedIn for what is in doubt: found, found twice, much alike, not there, not to be known."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from socialactions import clock, waits
from socialactions.models import Comment, Event, ListingDelay, Outgoing, PageRole
from socialactions.sandbox.records import Comment as OnLinkedIn
from socialactions.sandbox.seeds import build
from socialactions.sandbox.seeds.cast import ACME, ADA, stranger
from socialactions.sandbox.server import Running
from socialactions.services import decisions, lookup, outbox, promptness, second_thoughts, twins, writing
from socialactions.services.outcomes import Reason
from tests.deeds import Place, again, ago, later, settle_in

Kind, State = Outgoing.Kind, Outgoing.State
LOST_BEFORE, LOST_AFTER = {"do": "drop_before"}, {"do": "drop_after"}


@pytest.fixture
def place(sandbox_server: Running, db: None, settings: Any) -> Place:
    settings.UNDO_WINDOW_S = 0
    return settle_in(sandbox_server)


def in_doubt(place: Place, row: Outgoing, **fault: Any) -> Outgoing:
    place.fault_of_comments(**fault)
    row = place.deliver(row)
    assert row.state == State.UNKNOWN
    return row


def look(row: Outgoing, *, after_s: float = 0) -> Outgoing:
    """One look, so many seconds after the doubt began."""
    attempt = row.attempts.order_by("-wire_at")[0]
    shift = (clock.now() - timedelta(seconds=after_s)) - (row.doubt_since or clock.now())
    type(attempt).objects.filter(pk=attempt.pk).update(wire_at=attempt.wire_at + shift)
    later(row, doubt_since=clock.now() - timedelta(seconds=after_s), look_at=ago(seconds=1))
    assert lookup.wanted_now() == [row.pk]
    assert lookup.wanted_now() == []  # it was handed out
    lookup.look(row.pk)
    return again(row)


def look_until_150_s(row: Outgoing) -> Outgoing:
    for seconds in (5, 20, 60, 150):
        row = look(row, after_s=seconds)
    return row


def lists_promptly(*, samples: int = 50, slowest: float | None = 3.0) -> None:
    ListingDelay.objects.bulk_create(
        [ListingDelay(at=clock.now(), seconds=1.0) for _ in range(samples - 1)]
        + [ListingDelay(at=clock.now(), seconds=slowest)]
    )


def ours(place: Place, text: str, *, parent: str = "", actor: str = ACME, agent: str = ADA) -> OnLinkedIn:
    """A comment that stands on LinkedIn as if we had sent it just now."""
    world = place.world
    with world.lock:
        post = world.post(place.post().urn)
        above = world.comments[parent] if parent else None
        return build.say(world, post, actor, text, agent=agent, to=above, age_s=0)


# found


@pytest.mark.parametrize("kind", ["reply", "comment"])
def test_what_was_stored_although_the_answer_was_lost_is_found_and_bound(place: Place, kind: str) -> None:
    row = in_doubt(place, place.reply("Yes.") if kind == "reply" else place.say("Yes."), **LOST_AFTER)
    row = look(row, after_s=5)
    assert (row.state, row.reason) == (State.SENT, Reason.FOUND)
    entry = place.entries(kind)[0]
    assert row.result_urn == entry.urn
    assert row.result_comment is not None and row.result_comment.content.text == "Yes."
    assert len(place.entries(kind)) == 1
    assert place.deliver(row).state == State.SENT and len(place.entries(kind)) == 1


def test_mentions_emoji_and_odd_line_ends_are_recognised(place: Place) -> None:
    text = f"👋🏽 e\u0301 @[Dana Whitlock]({stranger('Dana')})\r\nbye "
    row = look(in_doubt(place, place.reply(text), **LOST_AFTER), after_s=5)
    assert (row.state, row.reason) == (State.SENT, Reason.FOUND)


def test_a_reply_that_linkedin_shows_flat_is_found(place: Place) -> None:
    row = in_doubt(place, place.reply("Flat."), **LOST_BEFORE)
    stands = ours(place, "Flat.")
    row = look(row, after_s=5)
    assert row.state == State.SENT
    assert row.result_urn and row.result_urn.endswith(f",{stands.id})")


@pytest.mark.parametrize(
    "other",
    [
        {"text": "Mine!"},
        {"actor": stranger("Dana"), "agent": ""},
        {"agent": stranger("Dana")},
        {"text": ""},
    ],
    ids=["other words", "other actor", "other person behind it", "no words"],
)
def test_what_is_not_ours_is_not_bound(place: Place, other: dict[str, str]) -> None:
    row = in_doubt(place, place.say("Mine at last, after all."), **LOST_BEFORE)
    ours(place, **{"text": "Mine at last, after all.", **other})
    assert look(row, after_s=5).state == State.UNKNOWN


@pytest.mark.parametrize(
    ("apart_s", "state"), [(-110, State.SENT), (-130, State.UNKNOWN), (590, State.SENT), (610, State.UNKNOWN)]
)
def test_only_the_time_of_our_request_counts(place: Place, apart_s: int, state: str) -> None:
    row = in_doubt(place, place.say("When?"), **LOST_BEFORE)
    stands = ours(place, "When?")
    wire_at = row.attempts.get().wire_at
    stands.created = stands.modified = int(wire_at.timestamp() * 1000) + apart_s * 1000
    place.world.touch()
    later(row, look_at=ago(seconds=1))
    lookup.look(row.pk)
    assert again(row).state == state


def test_linkedins_clock_is_what_counts(place: Place) -> None:
    """LinkedIn's clock goes 30 minutes before ours; its times are read by it."""
    place.world.clock_offset_s = 1800
    row = in_doubt(place, place.reply("Later there."), **LOST_AFTER)
    assert look(row, after_s=5).state == State.SENT


def test_one_comment_belongs_to_one_action(place: Place) -> None:
    first = place.deliver(place.reply("Same."))
    row = in_doubt(place, place.reply("Same."), **LOST_BEFORE)
    row = look(row, after_s=5)
    assert row.state == State.UNKNOWN
    assert again(first).result_urn != row.result_urn


def test_an_equal_comment_in_doubt_is_never_taken_for_a_reply(place: Place) -> None:
    """The comment arrived and the reply did not; neither is known."""
    comment = in_doubt(place, place.say("Thanks!"), **LOST_AFTER)
    reply = in_doubt(place, place.reply("Thanks!"), **LOST_BEFORE)
    assert look(reply, after_s=5).state == State.UNKNOWN
    assert look(comment, after_s=5).state == State.SENT
    assert look(reply, after_s=20).state == State.UNKNOWN  # it is not there, and nothing else is it


def test_found_twice_binds_the_earlier_and_offers_to_delete_the_second(place: Place) -> None:
    row = in_doubt(place, place.reply("Twice."), **LOST_AFTER)
    first = place.entries("reply")[0]
    second = ours(place, "Twice.", parent=place.comment().comment_id)
    second.created += 5000
    row = look(row, after_s=5)
    assert (row.state, row.result_urn) == (State.SENT, first.urn)
    assert row.twin_urn.endswith(f",{second.id})")
    assert twins.delete_second(row, by=place.user)
    assert not twins.delete_second(again(row), by=place.user)
    deletion = Outgoing.objects.get(kind=Kind.DELETE)
    assert place.deliver(deletion).state == State.SENT
    assert second.id not in place.world.comments
    assert first.urn.rpartition(",")[2][:-1] in place.world.comments


# much alike


@pytest.mark.parametrize(
    "shown",
    ["See https://lnkd.in/x for the whole data sheet of this arm", "See https://acm.io/x for the whole data sheet of"],
)
def test_a_changed_text_is_for_a_person(place: Place, shown: str) -> None:
    row = in_doubt(place, place.say("See https://acm.io/x for the whole data sheet of this arm"), **LOST_BEFORE)
    stands = ours(place, shown)
    row = look(row, after_s=5)
    assert (row.state, row.reason, row.result_text) == (State.NEEDS_ATTENTION, Reason.NEARLY, shown)
    assert second_thoughts.it_is_there(row, by=place.user)
    row = again(row)
    assert row.state == State.SENT and row.result_urn and row.result_urn.endswith(f",{stands.id})")


# not there


def test_absent_is_sent_once_more_where_linkedin_lists_promptly(place: Place) -> None:
    lists_promptly()
    row = in_doubt(place, place.reply("Gone?"), **LOST_BEFORE)
    for seconds in (5, 20, 60):
        row = look(row, after_s=seconds)
        assert row.state == State.UNKNOWN
    row = look(row, after_s=150)
    assert (row.state, row.reason, row.repeats) == (State.QUEUED, Reason.ABSENT, 1)
    assert place.deliver(row).state == State.SENT
    assert [entry.text for entry in place.entries("reply")] == ["Gone?"]


def test_what_a_closing_may_have_taken_away_is_not_repeated_unasked(place: Place) -> None:
    """A member wrote it in public, then the Page closed the comments, which deletes them: absence proves nothing."""
    lists_promptly()
    row = in_doubt(place, place.say("Once in public.", actor=ADA), **LOST_AFTER)
    for is_open in (False, True):
        place.deliver(
            writing.set_comments_open(place.post(), speaker=place.speaker(), is_open=is_open, form_key=uuid4())
        )
    row = look_until_150_s(row)
    assert (row.state, row.reason, row.repeats) == (State.NEEDS_ATTENTION, Reason.ABSENT, 0)
    assert len(place.entries("comment")) == 1


def test_after_the_second_doubt_a_person_is_asked(place: Place) -> None:
    lists_promptly()
    row = look_until_150_s(in_doubt(place, place.reply("Again?"), **LOST_BEFORE))
    row = look_until_150_s(in_doubt(place, row, **LOST_BEFORE))
    assert (row.state, row.reason) == (State.NEEDS_ATTENTION, Reason.ABSENT)
    assert place.entries("reply") == []


@pytest.mark.parametrize(
    "samples", [{"samples": 49}, {"slowest": 75.0}, {"slowest": None}], ids=["too few", "too slow", "never listed"]
)
def test_where_listing_is_not_known_to_be_prompt_absence_asks(place: Place, samples: dict[str, Any]) -> None:
    lists_promptly(**samples)
    row = look_until_150_s(in_doubt(place, place.reply("Slow."), **LOST_BEFORE))
    assert (row.state, row.reason) == (State.NEEDS_ATTENTION, Reason.ABSENT)


@pytest.mark.parametrize(
    "fault", [{"do": "malformed", "form": "html"}, {"do": "refuse", "status": 302}], ids=["odd", "3xx"]
)
def test_an_odd_yes_is_never_repeated_unasked(place: Place, fault: dict[str, Any]) -> None:
    lists_promptly()
    row = in_doubt(place, place.reply("Odd."), **fault)
    for entry in place.entries("reply"):  # stored, and deleted by somebody before we look
        place.world.comments[place.comment().comment_id].replies.remove(entry.urn.rpartition(",")[2][:-1])
        place.world.touch()
    row = look_until_150_s(row)
    assert (row.state, row.reason) == (State.NEEDS_ATTENTION, Reason.ABSENT)


def test_two_early_looks_and_one_late_one_are_needed(place: Place) -> None:
    lists_promptly()
    row = in_doubt(place, place.reply("Early."), **LOST_BEFORE)
    row = look(row, after_s=200)
    assert (row.state, row.looks) == (State.UNKNOWN, 1)
    row = look(row, after_s=260)
    assert (row.state, row.looks) == (State.UNKNOWN, 2)
    assert look(row, after_s=320).state == State.QUEUED


def test_a_refusal_is_looked_at_once_and_then_failed(place: Place) -> None:
    row = in_doubt(place, place.reply("Refused."), do="refuse", status=422)
    row = look(row, after_s=5)
    assert (row.state, row.reason) == (State.FAILED, Reason.REFUSED)
    assert row.detail


def test_a_refusal_that_stored_it_all_the_same_is_found(place: Place) -> None:
    row = in_doubt(place, place.say("There."), do="refuse", status=400)
    ours(place, "There.")
    assert look(row, after_s=5).state == State.SENT


# not to be known


@pytest.mark.parametrize(
    "trouble",
    [{"do": "refuse", "status": 503}, {"do": "throttle"}, {"do": "malformed", "form": "truncated"}],
    ids=["down", "limited", "half a list"],
)
def test_a_look_that_failed_proves_nothing(place: Place, trouble: dict[str, Any]) -> None:
    lists_promptly()
    row = in_doubt(place, place.reply("Look."), **LOST_BEFORE)
    for _ in range(5):
        place.fault(method="GET", path="/comments$", times=1, **trouble)
        row = look(row, after_s=200)
        assert (row.state, row.looks) == (State.UNKNOWN, 0)
        place.world.faults.clear()
    assert row.look_at is not None and row.look_at > clock.now() + waits.LOOK_AGAIN / 2


def test_an_empty_list_counts_only_while_the_post_is_there(place: Place) -> None:
    lists_promptly()
    post = place.post()
    row = in_doubt(place, place.say("On a post that goes."), **LOST_BEFORE)
    with place.world.lock:
        on_linkedin = place.world.posts.pop(post.urn)
        place.world.touch()
    row = look_until_150_s(row)
    assert (row.state, row.looks) == (State.UNKNOWN, 0)
    place.world.posts[post.urn] = on_linkedin


def test_who_may_write_but_not_read_proves_nothing(place: Place) -> None:
    """LinkedIn shows a recruiting poster an empty list; it must not be taken for absence."""
    lists_promptly()
    row = in_doubt(place, place.reply("Blind."), **LOST_BEFORE)
    PageRole.objects.update(role="RECRUITING_POSTER")
    place.world.set_role(ADA.rpartition(":")[2], "1001", "RECRUITING_POSTER")
    row = look_until_150_s(row)
    assert (row.state, row.looks) == (State.UNKNOWN, 0)


def test_what_cannot_be_found_out_becomes_a_question_after_fifteen_minutes(place: Place) -> None:
    row = in_doubt(place, place.reply("Unknown."), **LOST_BEFORE)
    later(row, doubt_since=ago(minutes=16))
    outbox.sweep()
    assert (again(row).state, again(row).reason) == (State.NEEDS_ATTENTION, Reason.UNDECIDED)


def test_the_thread_waits_for_a_doubt_and_goes_on_after_it(place: Place) -> None:
    row = in_doubt(place, place.reply("First."), **LOST_AFTER)
    second = place.reply("Second.")
    elsewhere = place.reply("Elsewhere.", to=place.comment("Where is the data sheet"))
    assert place.deliver(second).state == State.QUEUED
    assert place.deliver(elsewhere).state == State.SENT
    later(row, look_at=ago(seconds=1))
    assert [bell.pk for bell in lookup.look(row.pk)] == [second.pk]
    assert place.deliver(second).state == State.SENT


# the listing delay


def test_each_success_is_read_back_until_it_is_listed(place: Place) -> None:
    place.switch(listing_lag_s=20)
    row = place.deliver(place.reply("Late in the list."))
    assert row.look_at is not None
    later(row, look_at=ago(seconds=1))
    assert lookup.wanted_now() == [row.pk]
    lookup.look(row.pk)
    assert ListingDelay.objects.count() == 0
    place.switch(listing_lag_s=0)
    later(row, look_at=ago(seconds=1), finished_at=ago(seconds=21))
    lookup.look(row.pk)
    assert 20 < (ListingDelay.objects.get().seconds or 0) < 25
    assert again(row).look_at is None and again(row).state == State.SENT


@pytest.mark.parametrize(("lag_s", "is_prompt"), [(0, True), (46, True), (60, True), (80, False), (200, False)])
def test_a_listing_within_a_minute_counts_as_prompt(place: Place, lag_s: float, is_prompt: bool) -> None:
    lists_promptly(samples=49)
    place.switch(listing_lag_s=lag_s)
    row = place.deliver(place.reply("Read back."))
    for offset in waits.READ_BACK:
        if again(row).look_at is None:
            break
        passed_s = offset.total_seconds() + 5  # the sweeper comes by every five seconds
        place.switch(listing_lag_s=max(lag_s - passed_s, 0) * 1000)
        later(row, look_at=ago(seconds=1), finished_at=ago(seconds=passed_s))
        lookup.look(row.pk)
    assert again(row).look_at is None
    assert promptness.is_prompt() == is_prompt


def test_a_look_of_ours_that_came_late_makes_nobody_slow(place: Place) -> None:
    row = place.deliver(place.reply("Looked for late."))
    later(row, look_at=ago(seconds=1), finished_at=ago(seconds=300))
    lookup.look(row.pk)
    assert not ListingDelay.objects.exists()
    assert again(row).look_at is None


def test_what_is_never_listed_is_measured_as_that(place: Place) -> None:
    place.switch(listing_lag_s=3600)
    row = place.deliver(place.reply("Never in the list."))
    for _ in waits.READ_BACK:
        later(row, look_at=ago(seconds=1))
        lookup.look(row.pk)
    assert ListingDelay.objects.get().seconds is None
    assert again(row).look_at is None


def test_once_it_is_known_one_success_in_ten_is_read_back(place: Place) -> None:
    lists_promptly()
    rows = [place.deliver(place.reply(f"n {n}")) for n in range(10)]
    assert sum(row.look_at is not None for row in rows) == 1


# taken back too late


def test_what_was_wished_back_while_linkedin_refused_it_does_not_leave_later(place: Place) -> None:
    row = place.reply("Oops.")

    def take_back() -> bool:
        return second_thoughts.delete_when_there(again(row), by=place.user)

    Outgoing.objects.filter(pk=row.pk).update(unwanted_by=place.user)  # as if it was asked for during the call
    place.fault_of_comments(do="throttle")
    row = place.deliver(row)
    assert (row.state, len(place.entries("reply"))) == (State.DISCARDED, 0)
    assert not take_back()


def test_what_was_wished_back_too_late_is_deleted_once_it_is_there(place: Place) -> None:
    row = in_doubt(place, place.reply("Oops."), **LOST_AFTER)
    assert not decisions.undo(row, by=place.user)
    assert second_thoughts.delete_when_there(row, by=place.user)
    assert not second_thoughts.delete_when_there(row, by=place.user)
    second_thoughts.delete_unwanted()
    assert not Outgoing.objects.filter(kind=Kind.DELETE).exists()
    look(row, after_s=5)
    second_thoughts.delete_unwanted()
    second_thoughts.delete_unwanted()
    deletion = Outgoing.objects.get(kind=Kind.DELETE)
    assert place.deliver(deletion).state == State.SENT
    assert Comment.objects.get(urn=again(row).result_urn).gone_at is not None


def test_what_was_wished_back_too_late_is_not_repeated_when_absent(place: Place) -> None:
    lists_promptly()
    row = in_doubt(place, place.reply("Oops."), **LOST_BEFORE)
    assert second_thoughts.delete_when_there(row, by=place.user)
    row = look_until_150_s(again(row))
    assert row.state == State.DISCARDED
    assert place.ledger == []


# twins by night


def test_the_night_finds_what_stands_twice(place: Place) -> None:
    row = place.deliver(place.reply("Night."))
    ours(place, "Night.", parent=place.comment().comment_id)
    assert twins.search() == 0  # nothing pointed at it, so LinkedIn was not asked
    place.read_comments(place.post())
    assert twins.search() == 1
    assert twins.search() == 0
    row = again(row)
    assert row.twin_urn
    assert Event.objects.filter(kind="twin", outgoing=row).count() == 1


def test_two_actions_with_the_same_words_are_no_twins(place: Place) -> None:
    for _ in range(2):
        place.deliver(place.reply("Thanks!"))
    place.read_comments(place.post())
    assert twins.search() == 0


def test_after_a_doubt_the_night_reads_the_post_anew(place: Place) -> None:
    row = look(in_doubt(place, place.say("Doubt."), **LOST_AFTER), after_s=5)
    ours(place, "Doubt.")
    assert twins.search() == 1
    assert again(row).twin_urn


def test_the_second_that_is_gone_already_is_only_put_away(place: Place) -> None:
    row = place.deliver(place.reply("Gone twin."))
    later(row, twin_urn="urn:li:comment:(urn:li:activity:1,404)")
    assert twins.delete_second(again(row), by=place.user)
    assert not Outgoing.objects.filter(kind=Kind.DELETE).exists()


def test_a_wish_equal_to_a_doubtful_form_is_the_same_action(place: Place) -> None:
    key = uuid4()
    row = in_doubt(place, place.reply("Form.", form_key=key), **LOST_AFTER)
    assert place.reply("Form.", form_key=key) == row
    with pytest.raises(writing.AlreadySent):
        place.reply("Form!", form_key=key)
