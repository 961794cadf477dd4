"""Who gets a desk: the first person makes one, others come by an invitation that works once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from socialactions.models import Connection, Desk, Invitation, Organization, User
from socialactions.sandbox.faults import Rule
from socialactions.sandbox.server import Running
from socialactions.services import desks
from tests.web.desks import AtDesk, SignIn, come_back, text_of


def test_the_first_person_sees_who_and_which_pages_before_anything_is_saved(sign_in: SignIn) -> None:
    client = sign_in("ada")
    page = text_of(client.get(reverse("desk-create")))
    for words in ("Ada Berg", "Community lead at Acme Robotics", "Acme Robotics", "Birch & Co", "Administrator"):
        assert words in page
    assert not Desk.objects.exists() and not Organization.objects.exists()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "Give the desk a name"),
        ("   ", "Give the desk a name"),
        ("x" * 121, "The name is too long: at most 120 characters. Shorten it."),
        ("a\0b", "The name holds a character that cannot be shown. Type it again."),
        ("a\x1bb", "The name holds a character that cannot be shown. Type it again."),
        ("Acme \N{RIGHT-TO-LEFT OVERRIDE}moc", "The name holds a character that cannot be shown. Type it again."),
    ],
    ids=["empty", "blank", "long", "null", "control", "bidi"],
)
def test_a_desk_needs_a_name(sign_in: SignIn, name: str, words: str) -> None:
    client = sign_in("ada")
    answer = client.post(reverse("desk-create"), {"name": name})
    assert answer.status_code == 422
    assert words in text_of(answer)
    assert not Desk.objects.exists()


def test_a_name_that_was_there_before_keeps_its_direction_to_itself(ada: AtDesk) -> None:
    Desk.objects.update(name="a\N{RIGHT-TO-LEFT OVERRIDE}b")
    for place in ("settings-kept", "settings-team"):
        page = ada.get(place).content.decode()
        assert page.count("a\N{RIGHT-TO-LEFT OVERRIDE}b") == page.count("<bdi>a\N{RIGHT-TO-LEFT OVERRIDE}b</bdi>") > 2


def test_making_a_desk_seats_its_administrator_and_finds_the_pages(ada: AtDesk) -> None:
    assert ada.user.is_admin and ada.desk.name == "Acme & Birch"
    assert set(Organization.objects.values_list("name", "desk")) == {
        ("Acme Robotics", ada.desk.pk),
        ("Birch & Co", ada.desk.pk),
    }
    assert ada.send("desk-create", fields={"name": "One more"})["Location"] == reverse("post-list")
    assert Desk.objects.count() == 1


def test_linkedin_not_naming_the_pages_keeps_nobody_out(sign_in: SignIn, sandbox_server: Running) -> None:
    client = sign_in("ada")
    sandbox_server.world.faults.append(Rule.read({"do": "refuse", "status": 503, "path": "Acls", "times": 99}))
    page = client.get(reverse("desk-create"))
    assert page.status_code == 200
    assert "LinkedIn did not tell us your Pages." in text_of(page)
    answer = client.post(reverse("desk-create"), {"name": "Acme"}, follow=True)
    assert answer.status_code == 200
    assert "Look again in Settings in a minute." in text_of(answer)


def test_the_second_person_needs_an_invitation(ada: AtDesk, sign_in: SignIn) -> None:
    client = sign_in("bo")
    assert client.get(reverse("post-list"))["Location"] == reverse("desk-create")
    assert client.get(reverse("desk-create"))["Location"] == reverse("uninvited")
    assert client.post(reverse("desk-create"), {"name": "Mine"})["Location"] == reverse("uninvited")
    assert "Ask a colleague for it" in text_of(client.get(reverse("uninvited")))
    assert Desk.objects.count() == 1
    assert User.objects.get(name="Bo Lindqvist").desk is None


def test_with_open_sign_up_everybody_makes_a_desk(ada: AtDesk, seat: Any, settings: Any) -> None:
    settings.OPEN_SIGN_UP = True
    bo = seat("bo")
    assert bo.desk != ada.desk and bo.user.is_admin
    assert Organization.objects.filter(urn=ada.birch.urn).count() == 2  # each desk has its own row of a Page
    assert ada.get("post-list").status_code == 200


def test_the_whole_way_of_an_invitation(ada: AtDesk, sandbox_server: Running) -> None:
    link = _link(ada)
    newcomer = Client()
    page = newcomer.get(link)
    assert "Join the desk Acme & Birch" in text_of(page) and "Ada Berg invited you." in text_of(page)
    assert "You are invited to the desk Acme & Birch" in text_of(newcomer.get(reverse("connect")))
    assert newcomer.post(link).status_code == 200  # not signed in yet: nothing is used up
    answer = come_back(newcomer, "bo", to=link)
    for address in (answer["Location"], newcomer.get(answer["Location"])["Location"]):
        assert address in (reverse("desk-create"), link)
    assert "Bo Lindqvist" in text_of(newcomer.get(link))
    assert newcomer.post(link)["Location"] == reverse("post-list")
    bo = User.objects.get(name="Bo Lindqvist")
    assert bo.desk == ada.desk and not bo.is_admin
    assert Connection.objects.get(user=bo).desk == ada.desk
    assert Invitation.objects.get().used_by == bo


def test_an_invitation_works_once(ada: AtDesk, sign_in: SignIn) -> None:
    link = _link(ada)
    assert sign_in("bo").post(link).status_code == 302
    late = sign_in("cy")
    for method in (late.get, late.post):
        _unusable(method(link))
    assert User.objects.get(name="Cy Marsh").desk is None
    assert late.get(reverse("desk-create"))["Location"] == reverse("uninvited")


def test_two_who_use_an_invitation_at_the_same_moment(ada: AtDesk, sign_in: SignIn) -> None:
    """The other one is seated between our look at the invitation and our taking it."""
    link = _link(ada)
    late = sign_in("cy")

    def used_after_the_look(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        result = execute(sql, params, many, context)
        if sql.startswith("SELECT") and "socialactions_invitation" in sql and not params_seen:
            params_seen.append(params)
            Invitation.objects.update(used_at=timezone.now(), used_by=ada.user)
        return result

    params_seen: list[Any] = []
    with connection.execute_wrapper(used_after_the_look):
        _unusable(late.post(link))
    assert params_seen and User.objects.get(name="Cy Marsh").desk is None


def test_a_withdrawn_expired_or_invented_invitation_does_nothing(ada: AtDesk, sign_in: SignIn) -> None:
    withdrawn, expired = _link(ada), _link(ada)
    first, second = Invitation.objects.order_by("created_at")
    ada.send("invitation-withdraw", first.pk)
    Invitation.objects.filter(pk=second.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    client = sign_in("bo")
    for link in (withdrawn, expired, reverse("invitation-accept", args=["invented"]), "/join/%00/", "/join/ä/"):
        for method in (client.get, client.post):
            _unusable(method(link))
    assert User.objects.get(name="Bo Lindqvist").desk is None


def test_an_invitation_lives_seven_days(ada: AtDesk) -> None:
    _link(ada)
    left = Invitation.objects.get().expires_at - timezone.now()
    assert timedelta(days=6, hours=23) < left <= timedelta(days=7)


def test_who_has_a_desk_does_not_use_up_an_invitation(ada: AtDesk, seat: Any) -> None:
    bo = seat("bo", invited_by=ada)
    link = _link(ada)
    for method in (bo.client.get, bo.client.post):
        answer = method(link)
        assert answer.status_code == 200 and "You already belong to a desk here." in text_of(answer)
    assert Invitation.objects.filter(used_at=None).count() == 1


def _link(ada: AtDesk) -> str:
    _, token = desks.invite(by=ada.user)
    return reverse("invitation-accept", args=[token])


def _unusable(answer: Any) -> None:
    assert answer.status_code == 404
    assert "This invitation does not work." in text_of(answer) and "Ask for a new one." in text_of(answer)
