"""Tokens: refreshed ahead, once, whoever asks; never lost by an accident; sealed for their row and field."""

from __future__ import annotations

import base64
from datetime import timedelta
from threading import Barrier
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from socialactions import sealing
from socialactions.linkedin.client import LinkedIn
from socialactions.linkedin.oauth import GrantRefused, TokenEndpointDown
from socialactions.models import Connection, Event
from socialactions.sandbox.seeds.cast import ADA, token_for
from socialactions.sandbox.server import Running
from socialactions.services import connections
from socialactions.services.connections import ConnectionEnded
from tests.deeds import Place, grant_of, in_threads, settle_in

TOKEN_CALL = "POST oauth/v2/accessToken"
OAUTH = "/oauth/v2/accessToken"


@pytest.fixture
def place(sandbox_server: Running, db: None) -> Place:
    return settle_in(sandbox_server)


@pytest.fixture
def open_place(sandbox_server: Running, transactional_db: None) -> Place:
    """The same with everything committed, so that other threads see it."""
    return settle_in(sandbox_server)


def ends_in(place: Place, **time: float) -> Connection:
    """Ada's connection with its access token ending so much later."""
    Connection.objects.filter(user=place.user).update(expires_at=timezone.now() + timedelta(**time))
    return place.connection


# when


def test_a_token_with_more_than_a_week_is_used_as_it_is(place: Place) -> None:
    connection = ends_in(place, days=8)
    assert connections.fresh_token(connection) == connection.access_token
    assert place.calls(TOKEN_CALL) == 0


def test_a_token_is_exchanged_a_week_ahead(place: Place) -> None:
    connection = ends_in(place, days=6)
    before = connection.access_token
    after = connections.fresh_token(connection)
    assert after != before
    kept = place.connection
    assert kept.access_token == after
    assert kept.expires_at > timezone.now() + timedelta(days=50)
    assert kept.token_version == connection.token_version
    assert kept.refreshing_until is None
    assert place.calls(TOKEN_CALL) == 1


def test_without_a_refresh_token_a_token_serves_to_its_end(place: Place) -> None:
    Connection.objects.update(sealed_refresh_token="", refresh_expires_at=None)
    connection = ends_in(place, hours=1)
    assert connections.fresh_token(connection) == connection.access_token
    connection = ends_in(place, seconds=-1)
    with pytest.raises(ConnectionEnded):
        connections.fresh_token(connection)
    assert place.connection.health == Connection.Health.ENDED


def test_a_refresh_token_past_its_end_is_not_tried(place: Place) -> None:
    Connection.objects.update(refresh_expires_at=timezone.now() - timedelta(seconds=1))
    with pytest.raises(ConnectionEnded):
        connections.fresh_token(ends_in(place, seconds=-1))
    assert place.calls(TOKEN_CALL) == 0


# what a refresh changes and what it does not


def test_the_refresh_token_and_its_end_stay(place: Place) -> None:
    before = place.connection
    connections.fresh_token(ends_in(place, days=1))
    after = place.connection
    assert after.refresh_token == before.refresh_token
    assert before.refresh_expires_at is not None and after.refresh_expires_at is not None
    assert abs(after.refresh_expires_at - before.refresh_expires_at) < timedelta(seconds=5)
    assert after.scopes == before.scopes


def test_an_answer_without_refresh_token_or_end_keeps_ours(place: Place) -> None:
    connection = place.connection
    end = connection.refresh_expires_at
    token = token_for(place.world, ADA)
    connections.take_grant(connection, grant_of(token, refresh_token=None, refresh_expires_at=None, scopes=frozenset()))
    assert connection.refresh_token
    assert connection.refresh_expires_at == end
    assert connection.scopes
    connections.take_grant(connection, grant_of(token, refresh_expires_at=None))
    assert connection.refresh_token == token.refresh
    assert connection.refresh_expires_at == end


def test_connecting_again_takes_nothing_from_the_grant_before(place: Place) -> None:
    token = token_for(place.world, ADA, ("r_basicprofile",))
    connections.connect(user=place.user, grant=grant_of(token, refresh_token=None, refresh_expires_at=None))
    kept = place.connection
    assert (kept.refresh_token, kept.refresh_expires_at, kept.scopes) == ("", None, ["r_basicprofile"])


# once


def test_many_threads_refresh_once_and_all_get_the_same(open_place: Place) -> None:
    place = open_place
    version = ends_in(place, days=1).token_version
    place.fault(do="delay", path=OAUTH, seconds=0.4)
    held = [place.connection for _ in range(6)]
    got = in_threads(6, lambda number: connections.fresh_token(held[number]))
    assert place.calls(TOKEN_CALL) == 1
    assert set(got) == {place.connection.access_token}
    assert place.connection.token_version == version + 1


def test_twenty_workers_and_a_hundred_ends_are_a_hundred_refreshes(open_place: Place) -> None:
    place, ends, workers = open_place, 100, 20
    connection = place.connection
    start = Barrier(workers, action=lambda: Connection.objects.update(expires_at=timezone.now()))

    def work(_: int) -> list[str]:
        seen = []
        for _ in range(ends):
            start.wait(timeout=30)
            seen.append(connections.fresh_token(Connection.objects.get(pk=connection.pk)))
        return seen

    seen = in_threads(workers, work)
    assert place.calls(TOKEN_CALL) == ends
    assert place.connection.token_version == connection.token_version + ends
    assert all(len(set(tokens)) == 1 for tokens in zip(*seen, strict=True))
    assert len(set(seen[0])) == ends


def test_who_waits_too_long_is_told_and_nothing_is_dropped(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "WAIT_FOR_OTHERS_S", 0)
    Connection.objects.update(refreshing_until=timezone.now() + timedelta(seconds=30))
    connection = ends_in(place, seconds=-1)
    with pytest.raises(TokenEndpointDown):
        connections.fresh_token(connection)
    assert place.connection.access_token
    assert place.calls(TOKEN_CALL) == 0


def test_a_refresher_that_died_is_followed_by_the_next(place: Place) -> None:
    Connection.objects.update(refreshing_until=timezone.now() - timedelta(seconds=1))
    assert connections.fresh_token(ends_in(place, seconds=-1))
    assert place.calls(TOKEN_CALL) == 1


# refused


def test_a_refused_refresh_ends_the_connection_and_says_so(place: Place) -> None:
    place.fault(do="refuse", path=OAUTH, status=400, body={"error": "invalid_grant", "error_description": "revoked"})
    with pytest.raises(ConnectionEnded):
        connections.fresh_token(ends_in(place, seconds=-1))
    kept = place.connection
    assert kept.health == Connection.Health.ENDED
    assert (kept.sealed_access_token, kept.sealed_refresh_token) == ("", "")
    assert Event.objects.filter(kind="disconnected", reason="refresh_refused").count() == 1


def test_a_refusal_after_somebody_elses_refresh_uses_theirs(open_place: Place) -> None:
    """Our lease lapsed, another worker refreshed; our refusal is about a token that nobody uses any more."""
    place = open_place
    ours, theirs = place.connection.refresh_token, token_for(place.world, ADA)

    def another_refreshes() -> None:
        other = place.connection
        connections.take_grant(other, grant_of(theirs))
        other.token_version += 1
        other.save()
        place.world.tokens[ours].is_revoked = True

    done = place.meanwhile(another_refreshes, path=OAUTH)
    assert connections.fresh_token(ends_in(place, seconds=-1)) == theirs.value
    kept = place.connection
    assert kept.health == Connection.Health.OK
    assert kept.access_token == theirs.value
    assert done


def test_connecting_again_during_a_refresh_wins(open_place: Place) -> None:
    place = open_place
    newer = token_for(place.world, ADA)
    place.meanwhile(lambda: connections.connect(user=place.user, grant=grant_of(newer)), path=OAUTH)
    assert connections.fresh_token(ends_in(place, seconds=-1)) == newer.value
    assert place.connection.access_token == newer.value


def test_disconnecting_during_a_refresh_wins(open_place: Place) -> None:
    place = open_place
    place.meanwhile(lambda: connections.end(place.connection, reason="by_person"), path=OAUTH)
    with pytest.raises(ConnectionEnded):
        connections.fresh_token(ends_in(place, seconds=-1))
    assert (place.connection.health, place.connection.sealed_access_token) == (Connection.Health.ENDED, "")


@pytest.mark.parametrize(
    "trouble",
    [
        {"do": "refuse", "status": 500},
        {"do": "refuse", "status": 503},
        {"do": "refuse", "status": 429},
        {"do": "refuse", "status": 403, "body": "<html>a proxy says no</html>"},
        {"do": "drop_before"},
        {"do": "drop_after"},
        {"do": "malformed", "form": "html"},
        {"do": "malformed", "form": "truncated"},
        {"do": "malformed", "form": "empty"},
        {"do": "refuse", "status": 401, "body": {"error": "invalid_client", "error_description": "secret"}},
    ],
)
def test_a_token_endpoint_in_trouble_costs_nobody_a_token(place: Place, trouble: dict[str, Any]) -> None:
    """A wrong client secret is the installation's fault: people's grants are still good."""
    place.fault(path=OAUTH, times=2, **trouble)
    connection = ends_in(place, days=1)
    assert connections.fresh_token(connection) == connection.access_token  # still good for a day
    connection = ends_in(place, seconds=-1)
    with pytest.raises(TokenEndpointDown):
        connections.fresh_token(connection)
    kept = place.connection
    assert kept.health == Connection.Health.OK
    assert kept.access_token and kept.refresh_token
    assert kept.refreshing_until is None
    assert connections.fresh_token(kept)


def test_a_read_with_a_refused_token_is_refreshed_and_asked_once_more(place: Place) -> None:
    place.fault(do="refuse", path="/me$", status=401)
    assert connections.read_with(place.connection, LinkedIn.me).name == "Ada Berg"
    assert place.calls(TOKEN_CALL) == 1
    assert place.calls("GET me") == 2


def test_a_revoked_grant_ends_at_the_first_read(place: Place) -> None:
    for token in place.world.tokens.values():
        token.is_revoked = True
    with pytest.raises(ConnectionEnded):
        connections.read_with(place.connection, LinkedIn.me)
    assert place.connection.health == Connection.Health.ENDED


def test_disconnecting_revokes_there_and_forgets_here(place: Place) -> None:
    token = place.world.tokens[place.connection.access_token]
    connections.disconnect(place.connection, by=place.user)
    assert token.is_revoked
    assert place.connection.sealed_refresh_token == ""
    with pytest.raises(ConnectionEnded):
        connections.client_for(place.connection)


# sealed


def test_a_seal_is_good_for_one_row_and_field() -> None:
    row = uuid4()
    sealed = sealing.seal(row, "access_token", "secret")
    assert "secret" not in sealed
    assert sealing.unseal(row, "access_token", sealed) == "secret"
    with pytest.raises(sealing.SealBroken):
        sealing.unseal(uuid4(), "access_token", sealed)
    with pytest.raises(sealing.SealBroken):
        sealing.unseal(row, "refresh_token", sealed)
    assert sealing.seal(row, "access_token", "") == ""


def test_keys_turn_over_without_losing_a_token(settings: Any) -> None:
    old, new, foreign = (base64.urlsafe_b64encode(bytes([n]) * 32).decode() for n in (1, 2, 3))
    row = uuid4()
    settings.FIELD_KEYS = [old]
    sealed = sealing.seal(row, "access_token", "secret")
    settings.FIELD_KEYS = [new, old]
    assert sealing.unseal(row, "access_token", sealed) == "secret"
    resealed = sealing.seal(row, "access_token", "secret")
    settings.FIELD_KEYS = [new]
    assert sealing.unseal(row, "access_token", resealed) == "secret"
    with pytest.raises(sealing.SealBroken):
        sealing.unseal(row, "access_token", sealed)
    settings.FIELD_KEYS = [foreign]
    with pytest.raises(sealing.SealBroken):
        sealing.unseal(row, "access_token", resealed)


def test_a_lost_key_asks_for_connecting_again_and_destroys_nothing(place: Place, settings: Any) -> None:
    sealed = place.connection.sealed_access_token
    keys = settings.FIELD_KEYS
    settings.FIELD_KEYS = [base64.urlsafe_b64encode(bytes(32)).decode()]
    with pytest.raises(ConnectionEnded):
        connections.client_for(place.connection)
    with pytest.raises(ConnectionEnded):
        connections.client_for(ends_in(place, seconds=-1))
    assert place.connection.sealed_access_token == sealed
    settings.FIELD_KEYS = keys
    assert connections.client_for(place.connection)


def test_errors_tell_no_secret(place: Place) -> None:
    connection = place.connection
    place.fault(do="refuse", path=OAUTH, status=400, body={"error": "invalid_grant"})
    with pytest.raises(GrantRefused) as refused:
        connections.oauth().refresh(connection.refresh_token)
    assert connection.refresh_token not in f"{refused.value!r} {refused.value}"
    assert connection.access_token not in repr(grant_of(token_for(place.world, ADA)))
