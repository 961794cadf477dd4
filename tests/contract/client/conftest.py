"""LinkedIn's client against the sandbox over HTTP: a small world on a socket, and Ada's client for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from socialactions.linkedin.client import LinkedIn
from socialactions.sandbox.seeds import seed
from socialactions.sandbox.seeds.cast import ADA, token_for
from socialactions.sandbox.server import Running, serve
from socialactions.sandbox.switches import ALL_SCOPES
from tests.contract.client.place import Place


@pytest.fixture
def running() -> Iterator[Running]:
    server = serve(seed("small"))
    yield server
    server.stop()


@pytest.fixture
def place(running: Running) -> Place:
    running.world.ledger.clear()
    return Place(running.world, running.base_url)


@pytest.fixture
def client_of(place: Place) -> Iterator[Callable[..., LinkedIn]]:
    """Makes clients for members (URN), closed at the end."""
    made: list[LinkedIn] = []

    def make(member: str = ADA, scopes: tuple[str, ...] = ALL_SCOPES, **options: Any) -> LinkedIn:
        token = token_for(place.world, member, scopes).value
        made.append(LinkedIn(token, base_url=place.base_url, version="202609", **options))
        return made[-1]

    yield make
    for client in made:
        client.close()


@pytest.fixture
def linkedin(client_of: Callable[..., LinkedIn]) -> LinkedIn:
    return client_of()
