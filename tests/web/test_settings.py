"""Settings: whose connections there are, what they allow and when they end; the team and its invitations."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from socialactions.models import Connection, Event, Invitation, Outgoing
from socialactions.sandbox.faults import Rule
from socialactions.sandbox.seeds.cast import ACME
from socialactions.services import desks, writing
from tests.web.desks import AtDesk, come_back, fields_of, text_of


def test_every_connection_of_the_desk_is_shown_ones_own_first(ada_desk: AtDesk, bo: AtDesk) -> None:
    for viewer, own, colleague in ((ada_desk, "Ada Berg", "Bo Lindqvist"), (bo, "Bo Lindqvist", "Ada Berg")):
        page = text_of(viewer.get("settings-connections"))
        connections = page[page.index("Threadwell reads and writes through") :]
        assert connections.index(f"{own} you") < connections.index(colleague)
        assert "Administrator" in page and "Sponsored content poster" in page


def test_no_other_desks_connection_is_shown(ada_desk: AtDesk, other_desk: AtDesk) -> None:
    assert "Olga" not in text_of(ada_desk.get("settings-connections"))
    assert "Ada" not in text_of(other_desk.get("settings-connections"))


def test_end_dates_are_told(ada: AtDesk) -> None:
    connection = Connection.objects.get(user=ada.user)
    page = text_of(ada.get("settings-connections"))
    assert connection.refresh_expires_at is not None
    for at in (connection.connected_at, connection.expires_at, connection.refresh_expires_at):
        local = timezone.localtime(at)
        assert f"{local.day} {local:%B %Y}" in page


@pytest.mark.parametrize(("days", "warns_everywhere"), [(31, False), (28, True), (5, True), (0, True)])
def test_a_connection_that_ends_soon_says_when(ada: AtDesk, days: int, warns_everywhere: bool) -> None:
    ends = timezone.now() + timedelta(days=days, hours=12)
    Connection.objects.update(expires_at=ends, refresh_expires_at=ends)
    assert ("Ends in" in text_of(ada.get("settings-connections"))) is (days < 30)
    if days < 30:
        told = f"in {days + 1} day{'s' if days else ''}."
        assert f"Ends {told}" in text_of(ada.get("settings-connections"))
    assert ("Your LinkedIn connection ends in" in text_of(ada.get("post-list"))) is warns_everywhere


def test_disconnecting_forgets_the_tokens_and_tells_linkedin(ada_desk: AtDesk) -> None:
    connection = Connection.objects.get(user=ada_desk.user)
    token = connection.access_token
    answer = ada_desk.client.post(f"/settings/connections/{connection.pk}/end/", follow=True)
    assert "Ada Berg's connection was ended here and revoked at LinkedIn" in text_of(answer)
    connection.refresh_from_db()
    assert (connection.sealed_access_token, connection.sealed_refresh_token) == ("", "")
    assert ada_desk.sandbox.world.tokens[token].is_revoked
    page = text_of(ada_desk.get("settings-connections"))
    assert "Connect again to read and answer." in page and "Reconnect" in page


def test_disconnecting_works_while_linkedin_is_down(ada_desk: AtDesk) -> None:
    ada_desk.sandbox.world.faults.append(Rule.read({"do": "drop_before", "times": 9}))
    connection = Connection.objects.get(user=ada_desk.user)
    assert ada_desk.send("connection-end", connection.pk).status_code == 302
    connection.refresh_from_db()
    assert connection.health == "ended" and connection.sealed_access_token == ""


def test_what_waits_is_kept_when_a_connection_ends(ada_desk: AtDesk) -> None:
    speaker = writing.Speaker(user=ada_desk.user, actor_urn=ACME)
    writing.react(ada_desk.post(), None, speaker=speaker, kind="LIKE")
    ada_desk.send("connection-end", ada_desk.user.connection.pk)
    ada_desk.deliver()
    assert Outgoing.objects.get().state == "blocked" and ada_desk.ledger == []
    assert "Your LinkedIn connection ended on" in text_of(ada_desk.get("history"))


def test_an_administrator_ends_a_colleagues_connection_but_not_the_reverse(ada_desk: AtDesk, bo: AtDesk) -> None:
    adas, bos = Connection.objects.get(user=ada_desk.user), Connection.objects.get(user=bo.user)
    assert bo.send("connection-end", adas.pk).status_code == 404
    assert ada_desk.send("connection-end", bos.pk).status_code == 302
    assert [one.health for one in (*Connection.objects.filter(pk=adas.pk), *Connection.objects.filter(pk=bos.pk))] == [
        "ok",
        "ended",
    ]


def test_the_team_is_everybody_of_the_desk(ada_desk: AtDesk, bo: AtDesk, other_desk: AtDesk) -> None:
    page = text_of(ada_desk.get("settings-team"))
    assert "Ada Berg Administrator" in page and "Bo Lindqvist Colleague" in page and "Olga" not in page


def test_an_invitation_is_shown_once_and_only_as_a_digest_after(ada: AtDesk) -> None:
    answer = ada.send("settings-team")
    link = re.search(r'value="(http://testserver/join/[^"]+)"', answer.content.decode())
    assert link is not None
    token = link[1].rstrip("/").rpartition("/")[2]
    assert len(token) >= 32
    assert Invitation.objects.get().digest == Invitation.digest_of(token)
    again = ada.get("settings-team")
    assert token not in again.content.decode() and "By Ada Berg, until" in text_of(again)
    assert Client().get(link[1]).status_code == 200


def test_a_withdrawn_invitation_disappears_and_stops_working(ada: AtDesk) -> None:
    link = re.search(r'value="(http://testserver/join/[^"]+)"', ada.send("settings-team").content.decode())
    assert link is not None
    assert ada.send("invitation-withdraw", Invitation.objects.get().pk).status_code == 302
    assert "By Ada Berg, until" not in text_of(ada.get("settings-team"))
    assert Client().get(link[1]).status_code == 404


def test_colleagues_do_not_see_the_team_page(bo: AtDesk) -> None:
    assert bo.get("settings-team").status_code == 404
    assert b"/settings/team/" not in bo.get("settings-connections").content


# Pages


@pytest.mark.parametrize(("typed", "kept"), [("0", 0), ("60", 60), (" 12 ", 12), ("", None)])
def test_the_undo_window_of_a_page_counts_for_what_is_written_then(
    ada_desk: AtDesk, settings: Any, typed: str, kept: int | None
) -> None:
    settings.UNDO_WINDOW_S = 5
    ada_desk.acme.__class__.objects.update(undo_window_s=33)
    answer = ada_desk.send("settings-page", ada_desk.acme.pk, fields={"undo_window_s": typed})
    assert answer["Location"] == "/settings/pages/" and ada_desk.acme.undo_window_s == kept
    assert ada_desk.birch.undo_window_s == 33
    page = ada_desk.get("settings-pages")
    assert "Saved for Acme Robotics." in text_of(page) and "Undo window on Birch & Co" in text_of(page)
    assert fields_of(page, f"page-{ada_desk.acme.pk}")["undo_window_s"] == ("" if kept is None else str(kept))
    event = Event.objects.latest("pk")
    assert (event.kind, event.user, event.actor_urn) == ("settings", ada_desk.user, ACME)
    speaker = writing.Speaker(user=ada_desk.user, actor_urn=ACME)
    row = writing.comment_on(ada_desk.post(), speaker=speaker, text="Words", form_key=uuid4())
    assert (row.due_at - row.created_at).total_seconds() == (5 if kept is None else kept)


@pytest.mark.parametrize("typed", ["61", "-1", "5.5", "five", "9" * 400, "\0", "<b>"])
def test_an_impossible_undo_window_is_named_with_its_remedy(ada_desk: AtDesk, typed: str) -> None:
    answer = ada_desk.send("settings-page", ada_desk.acme.pk, fields={"undo_window_s": typed})
    assert answer.status_code == 422
    said = text_of(answer)
    assert said.count("Undo window: this is not a number of seconds from 0 to 60. Type such a number") == 1
    assert fields_of(answer, f"page-{ada_desk.acme.pk}")["undo_window_s"] == typed
    assert ada_desk.acme.undo_window_s is None and not Event.objects.filter(kind="settings").exists()


def test_only_administrators_are_led_to_the_pages_settings(ada_desk: AtDesk, bo: AtDesk) -> None:
    for person, is_led in ((ada_desk, True), (bo, False)):
        assert (b'href="/settings/pages/"' in person.get("settings-connections").content) is is_led


# another scope set


def test_colleagues_are_warned_before_another_scope_set_is_asked_for(
    ada_desk: AtDesk, bo: AtDesk, settings: Any
) -> None:
    words = "This may end your colleagues’ connections."
    assert words not in text_of(ada_desk.get("connect"))
    settings.LINKEDIN_OLDER_SCOPES = True
    assert words in text_of(ada_desk.get("connect")) and words in text_of(bo.get("connect"))
    assert words not in text_of(Client().get("/connect/"))  # no news for strangers
    guest = Client()
    guest.get(f"/join/{desks.invite(by=ada_desk.user)[1]}/")
    assert words in text_of(guest.get("/connect/"))
    come_back(ada_desk.client)
    assert words in text_of(ada_desk.get("connect"))  # Bo's grant is of the old set still
    assert words not in text_of(bo.get("connect"))
    Connection.objects.filter(user=bo.user).update(health="ended")
    assert words not in text_of(ada_desk.get("connect"))
