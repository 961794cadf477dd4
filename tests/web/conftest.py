"""The cast at their desks: Ada with everything read, Bo as her colleague, Cy without a role, and another desk."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import django
import pytest
import time_machine

django.setup()  # pytest-django does so only after it has read the conftest files of the folders it is given

from django.test import Client  # noqa: E402
from django.urls import reverse  # noqa: E402
from django.utils import timezone  # noqa: E402

from socialactions.models import User  # noqa: E402
from socialactions.sandbox.records import Member  # noqa: E402
from socialactions.sandbox.server import Running  # noqa: E402
from socialactions.services import desks  # noqa: E402
from tests import kept  # noqa: E402
from tests import receiver as receivers  # noqa: E402
from tests.deeds import Place, settle_in  # noqa: E402
from tests.receiver import Receiver  # noqa: E402
from tests.web.composers import Composer, composer_of  # noqa: E402
from tests.web.desks import AtDesk, SignIn, come_back, id_of, read_everything  # noqa: E402
from tests.web.programs import Program, program_of  # noqa: E402

OTHER = Member("otH5erdesk", "Olga", "Other", "Runs another desk", "olga-other", can_sign_in=True)


@pytest.fixture
def sandbox_server(settings: Any) -> Iterator[Running]:
    """As everywhere, at the address of the last one: what many tests begin with can be put back."""
    running = kept.small_sandbox()
    settings.LINKEDIN_AUTH_BASE_URL = settings.LINKEDIN_API_BASE_URL = running.base_url
    yield running
    running.stop()


@pytest.fixture
def sign_in(db: None, sandbox_server: Running) -> SignIn:
    """Signs a member of the sandbox in through LinkedIn's consent; no desk is made."""

    def signed_in(name: str, client: Client | None = None) -> Client:
        client = client or Client()
        answer = come_back(client, name)
        assert answer.status_code == 302, answer.content.decode()
        return client

    return signed_in


@pytest.fixture
def seat(sign_in: SignIn, sandbox_server: Running) -> Any:
    """Signs somebody in and gives them a seat: at a desk of their own, or by an invitation of a colleague."""

    def seated(name: str, *, invited_by: AtDesk | None = None, desk: str = "") -> AtDesk:
        client = sign_in(name)
        if invited_by is not None:
            _, token = desks.invite(by=invited_by.user)
            answer = client.post(reverse("invitation-accept", args=[token]))
        else:
            answer = client.post(reverse("desk-create"), {"name": desk or f"{name}'s desk"})
        assert answer.status_code == 302, answer.content.decode()
        user = User.objects.select_related("desk").get(member_urn=f"urn:li:person:{id_of(name)}")
        return AtDesk(client, user, sandbox_server)

    return seated


@pytest.fixture
def ada(request: Any, seat: Any, sandbox_server: Running) -> AtDesk:
    """Ada at her new desk; nothing was read yet, unless the test asks for her desk with everything read."""
    has_read = "ada_desk" in request.fixturenames

    def settled() -> Any:
        found: AtDesk = seat("ada", desk="Acme & Birch")
        if has_read:
            read_everything(found)
        return found.client.cookies, found.user.pk

    cookies, pk = kept.again_or_anew(f"ada, read: {has_read}", sandbox_server, settled)
    client = Client()
    client.cookies = cookies
    return AtDesk(client, User.objects.select_related("desk").get(pk=pk), sandbox_server)


@pytest.fixture
def ada_desk(ada: AtDesk) -> AtDesk:
    """Ada's desk with both Pages' posts and all their comments read."""
    return ada


@pytest.fixture
def bo(ada_desk: AtDesk, seat: Any) -> AtDesk:
    """Ada's colleague, with a role on Birch only."""
    found: AtDesk = seat("bo", invited_by=ada_desk)
    return found


@pytest.fixture
def cy(ada_desk: AtDesk, seat: Any) -> AtDesk:
    """Ada's colleague without any role."""
    found: AtDesk = seat("cy", invited_by=ada_desk)
    return found


@pytest.fixture
def other_desk(ada_desk: AtDesk, seat: Any, settings: Any) -> AtDesk:
    """The administrator of another desk, who also administers Acme: nothing but the desk keeps them apart."""
    settings.OPEN_SIGN_UP = True
    world = ada_desk.sandbox.world
    world.add_member(OTHER)
    world.set_role(OTHER.id, "1001", "ADMINISTRATOR")
    world.set_role(OTHER.id, "2001", "ADMINISTRATOR")
    found: AtDesk = seat(OTHER.id, desk="Olga's desk")
    return found


@pytest.fixture(params=["comment", "reply", "edit"])
def composer(request: Any, ada_desk: AtDesk) -> Composer:
    """Each way of writing, as Ada on Acme's post."""
    return composer_of(ada_desk, request.param)


@pytest.fixture
def still() -> Any:
    """A window of ten seconds that does not end meanwhile."""
    with time_machine.travel(timezone.now().replace(second=20, microsecond=0), tick=False) as traveller:
        yield traveller


@pytest.fixture
def place(sandbox_server: Running, db: None) -> Place:
    """A desk without a browser; nothing of it was read through pages."""
    return settle_in(sandbox_server)


@pytest.fixture
def program(place: Place) -> Program:
    return program_of(place, name="Night shift")


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    """Hears what webhooks tell, on this machine; actions leave at once."""
    settings.WEBHOOKS_TO_LOOPBACK = True
    settings.UNDO_WINDOW_S = 0
    with receivers.listening() as found:
        yield found
