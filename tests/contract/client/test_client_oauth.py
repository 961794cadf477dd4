"""Signing in at the sandbox's LinkedIn: consent, tokens, refresh, introspection, revocation."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from socialactions.linkedin.client import LinkedIn
from socialactions.linkedin.errors import TokenRejected
from socialactions.linkedin.oauth import GrantRefused, OAuth, TokenEndpointDown, new_verifier
from socialactions.sandbox.seeds.cast import ADA
from socialactions.sandbox.world import CLIENT_ID, CLIENT_SECRET
from tests.contract.client.place import Place

CALLBACK = "http://localhost:8000/connect/callback/"
SCOPES = ("r_basicprofile", "r_organization_social_feed", "w_organization_social_feed")
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture
def oauth_of(place: Place) -> Callable[..., OAuth]:
    def make(secret: str = CLIENT_SECRET, *, pkce: bool = False) -> OAuth:
        return OAuth(CLIENT_ID, secret, place.base_url, CALLBACK, pkce=pkce, clock=lambda: NOW)

    return make


@pytest.fixture
def oauth(oauth_of: Callable[..., OAuth]) -> OAuth:
    return oauth_of()


def consent(url: str, decision: str = "allow") -> dict[str, list[str]]:
    """What the member's browser brings back."""
    form = {"member": ADA.rpartition(":")[2], "decision": decision}
    answer = requests.post(url, data=form, allow_redirects=False, timeout=5)
    assert answer.status_code == 302
    return parse_qs(urlsplit(answer.headers["Location"]).query)


@pytest.mark.parametrize("separator", ["comma", "space"])
def test_signing_in_brings_tokens_scopes_and_end_dates(oauth: OAuth, place: Place, separator: str) -> None:
    place.switch(scope_separator=separator)
    back = consent(oauth.authorize_url(SCOPES, "some state+/="))
    assert back["state"] == ["some state+/="]
    grant = oauth.exchange(back["code"][0])
    assert grant.scopes == frozenset(SCOPES)
    # The seconds that are left, in whole ones: of a life that began a moment ago, and of a year since the consent.
    assert timedelta(0) <= NOW + timedelta(days=60) - grant.expires_at <= timedelta(seconds=1)
    assert grant.refresh_token is not None
    assert grant.refresh_expires_at is not None
    assert timedelta(0) <= NOW + timedelta(days=365) - grant.refresh_expires_at < timedelta(seconds=30)
    assert grant.access_token not in repr(grant)
    with LinkedIn(grant.access_token, base_url=place.base_url, version="202609") as linkedin:
        assert linkedin.me().name == "Ada Berg"


def test_an_app_without_refresh_gets_none(oauth: OAuth, place: Place) -> None:
    place.switch(refresh_tokens="off")
    grant = oauth.exchange(consent(oauth.authorize_url(SCOPES, "s"))["code"][0])
    assert (grant.refresh_token, grant.refresh_expires_at) == (None, None)


@pytest.mark.parametrize(
    ("decision", "error"), [("cancel", "user_cancelled_authorize"), ("leave", "user_cancelled_login")]
)
def test_a_cancellation_comes_back_by_name(oauth: OAuth, decision: str, error: str) -> None:
    assert consent(oauth.authorize_url(SCOPES, "s"), decision)["error"] == [error]


def test_a_code_is_good_once(oauth: OAuth) -> None:
    code = consent(oauth.authorize_url(SCOPES, "s"))["code"][0]
    oauth.exchange(code)
    with pytest.raises(GrantRefused) as caught:
        oauth.exchange(code)
    assert caught.value.error == "invalid_request"
    assert "authorization code not found" in caught.value.description


def test_pkce_binds_the_code_to_its_verifier(oauth_of: Callable[..., OAuth]) -> None:
    oauth, verifier = oauth_of(pkce=True), new_verifier()
    with pytest.raises(ValueError, match="verifier"):
        oauth.authorize_url(SCOPES, "s")
    code = consent(oauth.authorize_url(SCOPES, "s", verifier=verifier))["code"][0]
    with pytest.raises(GrantRefused):
        oauth.exchange(code, new_verifier())
    code = consent(oauth.authorize_url(SCOPES, "s", verifier=verifier))["code"][0]
    assert oauth.exchange(code, verifier).access_token


def test_a_refresh_keeps_the_refresh_token_and_its_end(oauth: OAuth, place: Place) -> None:
    first = oauth.exchange(consent(oauth.authorize_url(SCOPES, "s"))["code"][0])
    assert first.refresh_token is not None
    place.world.clock_offset_s = 59 * 86_400
    second = oauth.refresh(first.refresh_token)
    assert second.access_token != first.access_token
    assert second.refresh_token == first.refresh_token
    assert second.refresh_expires_at is not None
    assert second.refresh_expires_at < NOW + timedelta(days=307)  # counted from the moment of the refresh
    assert second.scopes == frozenset(SCOPES)


def test_a_dead_refresh_token_is_refused(oauth: OAuth) -> None:
    with pytest.raises(GrantRefused) as caught:
        oauth.refresh("AQnothing")
    assert caught.value.status == 400


def test_a_wrong_secret_is_refused(oauth: OAuth, oauth_of: Callable[..., OAuth]) -> None:
    code = consent(oauth.authorize_url(SCOPES, "s"))["code"][0]
    with pytest.raises(GrantRefused) as caught:
        oauth_of("wrong").exchange(code)
    assert caught.value.status == 401
    assert "wrong" not in repr(caught.value)


BROKEN = [
    {"do": "refuse", "status": 503},
    {"do": "refuse", "status": 429},
    {"do": "drop_before"},
    {"do": "malformed", "form": "html"},
    {"do": "malformed", "form": "empty"},
    {"do": "malformed", "form": "truncated"},
]


@pytest.mark.parametrize("rule", BROKEN)
def test_a_broken_endpoint_refuses_nothing(oauth: OAuth, place: Place, rule: dict[str, object]) -> None:
    grant = oauth.exchange(consent(oauth.authorize_url(SCOPES, "s"))["code"][0])
    assert grant.refresh_token is not None
    place.fault(path="/oauth/v2/accessToken", **rule)
    with pytest.raises(TokenEndpointDown):
        oauth.refresh(grant.refresh_token)
    assert oauth.refresh(grant.refresh_token).access_token


def test_introspection_and_revocation(oauth: OAuth, place: Place) -> None:
    grant = oauth.exchange(consent(oauth.authorize_url(SCOPES, "s"))["code"][0])
    found = oauth.introspect(grant.access_token)
    assert (found.active, found.status, found.scopes) == (True, "active", frozenset(SCOPES))
    assert found.expires_at is not None
    assert oauth.revoke(grant.access_token)
    assert oauth.introspect(grant.access_token).status == "revoked"
    with (
        LinkedIn(grant.access_token, base_url=place.base_url, version="202609") as linkedin,
        pytest.raises(TokenRejected),
    ):
        linkedin.me()
    assert not oauth.introspect("another app's").active


def test_revoking_at_a_dead_endpoint_is_no_drama(oauth: OAuth, place: Place) -> None:
    place.fault(do="drop_before", path="/oauth/v2/revoke")
    assert not oauth.revoke("AQsomething")
