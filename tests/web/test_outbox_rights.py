"""Rights, asked again at the last moment: roles, scopes, connections, tokens that went after the words were written."""

from __future__ import annotations

from typing import Any

import pytest

from socialactions.models import Connection, Organization, Outgoing, PageRole, User
from socialactions.queries import actions
from socialactions.sandbox.seeds.cast import ADA, BIRCH, BO, token_for
from socialactions.sandbox.server import Running
from socialactions.services import connections, decisions, outbox, pages, resuming, rights_now, second_thoughts
from socialactions.services.outcomes import Reason
from tests.deeds import Place, again, ago, grant_of, later, settle_in

State = Outgoing.State


@pytest.fixture
def place(sandbox_server: Running, db: None, settings: Any) -> Place:
    settings.UNDO_WINDOW_S = 0
    return settle_in(sandbox_server)


def sentence(row: Outgoing) -> str:
    return actions.row(actions.of_desk(row.desk_id).get(pk=row.pk)).sentence


def blocked(place: Place, row: Outgoing, reason: str) -> None:
    row = place.deliver(row)
    assert (row.state, row.reason) == (State.BLOCKED, reason)
    assert place.calls("POST socialActions") == 0
    assert not row.attempts.exists()
    assert place.ledger == []


def test_a_role_taken_away_between_is_noticed_before_sending(place: Place) -> None:
    row = place.reply()
    place.world.set_role(ADA.rpartition(":")[2], "1001", None)
    Connection.objects.update(roles_checked_at=ago(minutes=6))
    blocked(place, row, Reason.NO_RIGHT)
    assert "You no longer have the role Administrator on Acme Robotics" in sentence(row)
    place.world.set_role(ADA.rpartition(":")[2], "1001", "ADMINISTRATOR")
    Connection.objects.update(roles_checked_at=ago(minutes=6))
    assert decisions.send_again(again(row), by=place.user)
    assert place.deliver(row).state == State.SENT


def test_a_role_that_came_back_lets_go_on_what_waited_for_it(place: Place) -> None:
    row, old = place.reply(), place.say("a day old")
    place.world.set_role(ADA.rpartition(":")[2], "1001", None)
    Connection.objects.update(roles_checked_at=ago(minutes=6))
    blocked(place, row, Reason.NO_RIGHT)
    blocked(place, old, Reason.NO_RIGHT)
    assert rights_now.to_ask_again() == []  # LinkedIn has just said that it is gone
    Connection.objects.update(roles_checked_at=ago(minutes=11))
    assert rights_now.to_ask_again() == [str(place.connection.pk)]
    assert rights_now.to_ask_again() == []  # not every five seconds
    assert resuming.regain(str(place.connection.pk)) == []
    place.world.set_role(ADA.rpartition(":")[2], "1001", "ADMINISTRATOR")
    later(old, wanted_at=ago(hours=25))
    outbox.sweep()
    assert (again(old).state, again(old).reason) == (State.NEEDS_ATTENTION, Reason.TOO_OLD)
    assert resuming.regain(str(place.connection.pk)) == [row.pk]
    assert place.deliver(row).state == State.SENT
    assert place.entries("comment") == []


def test_a_role_that_is_back_for_whatever_reason_lets_go_on_what_waited_for_it(place: Place) -> None:
    """Also where nobody had asked for this row's sake: then no screen would ask any more."""
    me, rows = ADA.rpartition(":")[2], [place.reply("One."), place.say("Two.")]
    place.world.set_role(me, "1001", None)
    pages.refresh_roles(place.connection)
    for row in rows:
        blocked(place, row, Reason.NO_RIGHT)
    outbox.sweep()
    assert {again(row).state for row in rows} == {State.BLOCKED}
    place.world.set_role(me, "1001", "ADMINISTRATOR")
    pages.refresh_roles(place.connection)
    assert set(outbox.sweep()) == {row.pk for row in rows}
    assert {place.deliver(row).state for row in rows} == {State.SENT}


def test_linkedins_own_refusal_is_not_outvoted_by_the_list_of_roles(place: Place) -> None:
    place.fault_of_comments(do="refuse", status=403)
    row = place.deliver(place.reply())
    assert row.state == State.BLOCKED
    assert resuming.regain(str(place.connection.pk)) == []
    assert place.calls("POST socialActions") == 1


def test_another_api_version_lets_go_on_what_the_old_one_stopped(place: Place, settings: Any) -> None:
    place.fault_of_comments(do="refuse", status=426)
    row = place.deliver(place.reply())
    assert (row.state, row.reason, row.missing) == (State.BLOCKED, Reason.VERSION_SUNSET, "202609")
    outbox.sweep()
    assert again(row).state == State.BLOCKED
    settings.LINKEDIN_API_VERSION = "202608"
    assert outbox.sweep() == [row.pk]
    assert place.deliver(row).state == State.SENT


def test_who_cannot_send_offers_it_and_a_colleague_sends_it_as_themselves(place: Place) -> None:
    row = place.reply("Somebody?")
    place.world.set_role(ADA.rpartition(":")[2], "1001", None)
    Connection.objects.update(roles_checked_at=ago(minutes=6))
    blocked(place, row, Reason.NO_RIGHT)
    bo = colleague(place)
    assert not second_thoughts.take_over(again(row), by=bo)  # nobody asked for it
    assert decisions.offer(again(row), by=place.user)
    assert not decisions.offer(again(row), by=place.user)
    assert not second_thoughts.take_over(again(row), by=place.user)
    assert second_thoughts.take_over(again(row), by=bo)
    assert not second_thoughts.take_over(again(row), by=bo)
    assert again(row).state == State.DISCARDED
    new = Outgoing.objects.get(user=bo)
    assert (new.text, new.actor_urn, new.member_urn) == (row.text, row.actor_urn, bo.member_urn)
    assert place.deliver(new).state == State.SENT
    entry = place.entries("reply")[0]
    assert (entry.actor, entry.agent, len(place.ledger)) == (row.actor_urn, bo.member_urn, 1)


def test_nobody_sends_what_another_wrote_as_themselves(place: Place) -> None:
    row = place.reply(actor=ADA)
    connections.end(place.connection, reason="refresh_refused")
    blocked(place, row, Reason.TOKEN_ENDED)
    assert not second_thoughts.take_over(again(row), by=colleague(place))
    assert again(row).state == State.BLOCKED


def colleague(place: Place) -> User:
    """Bo at the same desk, with a role on Acme."""
    place.world.set_role(BO.rpartition(":")[2], "1001", "ADMINISTRATOR")
    bo = User.objects.create(member_urn=BO, name="Bo", desk=place.user.desk)
    connections.connect(user=bo, grant=grant_of(token_for(place.world, BO)))
    pages.refresh_roles(bo.connection)
    return bo


def test_a_role_taken_away_a_moment_ago_is_named_after_linkedins_refusal(place: Place) -> None:
    row = place.reply()
    place.world.set_role(ADA.rpartition(":")[2], "1001", None)
    row = place.deliver(row)
    assert (row.state, row.reason) == (State.BLOCKED, Reason.NO_RIGHT)
    assert sentence(row).startswith("You no longer have the role Administrator on Acme Robotics.")
    assert place.ledger == []
    place.world.set_role(ADA.rpartition(":")[2], "1001", "ADMINISTRATOR")
    assert resuming.regain(str(place.connection.pk)) == [row.pk]
    assert place.deliver(row).state == State.SENT


def test_a_members_own_refusal_asks_for_no_roles(place: Place) -> None:
    place.fault_of_comments(do="refuse", status=403)
    before = place.calls("GET organizationAcls")
    row = place.deliver(place.reply(actor=ADA))
    assert (row.state, row.reason, row.missing) == (State.BLOCKED, Reason.NO_RIGHT, "")
    assert "LinkedIn does not permit this as Ada" in sentence(row)
    assert place.calls("GET organizationAcls") == before


def test_a_scope_lost_between_blocks(place: Place) -> None:
    as_page, as_ada = place.reply(), place.reply(actor=ADA)
    Connection.objects.update(scopes=["rw_organization_admin"])
    blocked(place, as_page, Reason.NO_RIGHT)
    blocked(place, as_ada, Reason.NO_RIGHT)


def test_an_ended_connection_blocks_and_connecting_again_sends(place: Place) -> None:
    row = place.reply()
    connections.end(place.connection, reason="refresh_refused")
    blocked(place, row, Reason.TOKEN_ENDED)
    connections.connect(user=place.user, grant=grant_of(token_for(place.world, ADA)))
    user = User.objects.get(pk=place.user.pk)
    assert resuming.resume(user) == [row.pk]
    assert place.deliver(row).state == State.SENT


def test_a_connection_that_is_gone_blocks(place: Place) -> None:
    row = place.reply()
    place.connection.delete()
    blocked(place, row, Reason.TOKEN_ENDED)


def test_another_members_grant_never_sends_what_one_wrote(place: Place) -> None:
    row = place.reply()
    Connection.objects.update(member_urn="urn:li:person:boL7ndqvs2")
    blocked(place, row, Reason.OTHER_MEMBER)
    assert resuming.resume(place.user) == []


@pytest.mark.parametrize("change", [{"is_active": False}, {"desk": None}])
def test_who_left_the_desk_sends_nothing_any_more(place: Place, change: dict[str, Any]) -> None:
    row = place.reply()
    User.objects.update(**change)
    blocked(place, row, Reason.NO_RIGHT)


def test_a_page_that_left_the_desk_is_spoken_for_no_more(place: Place) -> None:
    row = place.reply(actor=BIRCH)
    Organization.objects.filter(urn=BIRCH).delete()
    blocked(place, row, Reason.NO_RIGHT)


def test_a_refused_token_is_refreshed_once_and_tried_once(place: Place) -> None:
    row = place.reply()
    before = place.connection.access_token
    place.world.tokens[before].expires = 0
    row = place.deliver(row)
    assert (row.state, row.reason) == (State.WAITING, Reason.TOKEN_REFUSED)
    assert place.connection.access_token != before
    assert place.deliver(row).state == State.SENT
    assert len(place.entries("reply")) == 1


def test_a_token_refused_twice_waits_for_its_person(place: Place) -> None:
    place.fault_of_comments(do="refuse", status=401, times=2)
    row = place.deliver(place.reply())
    assert (row.state, row.reason) == (State.WAITING, Reason.TOKEN_REFUSED)
    row = place.deliver(row)
    assert (row.state, row.reason) == (State.BLOCKED, Reason.TOKEN_ENDED)
    assert place.calls("POST oauth") == 1
    assert place.connection.health == Connection.Health.OK
    assert resuming.resume(place.user) == [row.pk]
    assert place.deliver(row).state == State.SENT


@pytest.mark.parametrize(
    "trouble", [{"do": "refuse", "status": 503}, {"do": "malformed", "form": "odd_lifetime"}], ids=str
)
def test_a_token_refused_while_the_endpoint_is_of_no_use_is_refreshed_later(
    place: Place, trouble: dict[str, Any]
) -> None:
    place.world.tokens[place.connection.access_token].expires = 0
    place.fault(path="/oauth/v2/accessToken", **trouble)
    row = place.deliver(place.reply())
    assert (row.state, row.reason) == (State.WAITING, Reason.LINKEDIN_DOWN)
    row = place.deliver(later(row, not_before=ago(seconds=1)))
    assert (row.state, row.reason) == (State.WAITING, Reason.TOKEN_REFUSED)
    assert place.deliver(row).state == State.SENT


def test_a_token_refused_before_the_call_is_refreshed_too(place: Place) -> None:
    Connection.objects.update(roles_checked_at=None)
    place.fault(do="refuse", path="/organizationAcls", status=401, times=2)
    row = place.deliver(place.reply())
    assert (row.state, row.reason) == (State.WAITING, Reason.TOKEN_REFUSED)
    assert place.deliver(later(row, not_before=ago(seconds=1))).state == State.SENT


def test_what_lacks_a_scope_keeps_no_role_that_is_back_waiting(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resuming, "AT_ONCE", 1)
    held = {"state": State.BLOCKED, "reason": Reason.NO_RIGHT, "missing": "A right."}
    bo = User.objects.create(member_urn=BO, name="Bo", desk=place.user.desk)
    poor = connections.connect(user=bo, grant=grant_of(token_for(place.world, BO)))
    pages.refresh_roles(poor)
    Connection.objects.filter(pk=poor.pk).update(scopes=[])
    role = PageRole.objects.filter(connection=poor).first()
    assert role is not None
    PageRole.objects.filter(pk=role.pk).update(role="ADMINISTRATOR", organization=place.page())
    first = later(place.reply("First, and stuck."), user=bo, member_urn=BO, connection=poor, **held)
    second = later(place.reply("Second, to another.", to=place.comment("Does it stop")), **held)
    resuming.after_roles()
    assert [again(first).state, again(second).state] == [State.BLOCKED, State.QUEUED]


@pytest.mark.django_db(transaction=True)
def test_an_older_answer_takes_no_role_away_that_is_back(sandbox_server: Running) -> None:
    """Two ask for roles at the same time; whoever asked before it came back hears last."""
    place = settle_in(sandbox_server)
    member = ADA.rpartition(":")[2]
    place.world.set_role(member, "1001", None)

    def come_back() -> None:
        place.world.set_role(member, "1001", "ADMINISTRATOR")
        pages.refresh_roles(Connection.objects.select_related("desk").get(user=place.user))

    overtaken = place.meanwhile(come_back, method="GET", path="/rest/organizations")
    pages.refresh_roles(place.connection)
    assert overtaken == [None]
    assert {role.state for role in PageRole.objects.filter(organization=place.page())} == {"APPROVED"}
    assert pages.has_fresh_roles(place.connection)


def test_a_revoked_grant_blocks_what_waits(place: Place) -> None:
    for token in place.world.tokens.values():
        token.is_revoked = True
    row = place.deliver(place.reply())
    assert (row.state, row.reason) == (State.BLOCKED, Reason.TOKEN_ENDED)
    assert place.connection.health == Connection.Health.ENDED
