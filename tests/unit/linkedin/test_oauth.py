"""What the sandbox's token endpoint never says, but LinkedIn's may."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import responses
from requests import Session

from socialactions.linkedin.oauth import GrantRefused, OAuth, TokenEndpointDown, split_scopes

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
TOKENS = "https://www.linkedin.com/oauth/v2/accessToken"
INTROSPECTION = "https://www.linkedin.com/oauth/v2/introspectToken"
CALLBACK = "https://desk.example/connect/callback/"


def oauth(**options: Any) -> OAuth:
    return OAuth(
        "client", "s3cret", "https://www.linkedin.com", CALLBACK, session=Session(), clock=lambda: NOW, **options
    )


def answer(**fields: Any) -> dict[str, Any]:
    return {"access_token": "AQX", "expires_in": 5184000, "scope": "b,a", **fields}


def test_the_browser_is_sent_with_scopes_separated_by_escaped_spaces() -> None:
    url = oauth().authorize_url({"w_member_social", "r_basicprofile"}, "st&te+1")
    assert url.startswith("https://www.linkedin.com/oauth/v2/authorization?")
    assert "scope=r_basicprofile%20w_member_social" in url
    query = parse_qs(urlsplit(url).query)
    assert query["state"] == ["st&te+1"]
    assert (query["response_type"], query["client_id"], query["redirect_uri"]) == (["code"], ["client"], [CALLBACK])
    assert "code_challenge" not in query


def test_pkce_sends_the_challenge_and_not_the_verifier() -> None:
    # the example of RFC 7636, appendix B
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    url = oauth(pkce=True).authorize_url(["r_basicprofile"], "s", verifier=verifier)
    query = parse_qs(urlsplit(url).query)
    assert query["code_challenge"] == ["E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"]
    assert query["code_challenge_method"] == ["S256"]
    assert verifier not in url


@responses.activate
def test_credentials_travel_in_the_body_only() -> None:
    responses.post(TOKENS, json=answer())
    oauth().exchange("the-code")
    request = responses.calls[0].request
    assert request.body is not None
    form = parse_qs(str(request.body))
    assert form == {
        "grant_type": ["authorization_code"],
        "code": ["the-code"],
        "client_id": ["client"],
        "client_secret": ["s3cret"],
        "redirect_uri": [CALLBACK],
    }
    assert "Authorization" not in request.headers
    assert urlsplit(str(request.url)).query == ""


@responses.activate
@pytest.mark.parametrize(
    ("fields", "lifetime", "refresh"),
    [
        ({}, timedelta(days=60), None),
        ({"expires_in": "1800"}, timedelta(seconds=1800), None),
        ({"expires_in": 1800.0}, timedelta(seconds=1800), None),
        ({"expires_at": "tomorrow"}, timedelta(days=60), None),
        ({"refresh_token": "R", "refresh_token_expires_in": 31536000}, timedelta(days=60), timedelta(days=365)),
        ({"refresh_token": "R", "refresh_token_expires_in": 525600}, timedelta(days=60), timedelta(days=365)),
        ({"refresh_token": "R", "refresh_token_expires_in": "26438400"}, timedelta(days=60), timedelta(days=306)),
    ],
)
def test_lifetimes_in_every_printed_form(
    fields: dict[str, Any], lifetime: timedelta, refresh: timedelta | None
) -> None:
    responses.post(TOKENS, json=answer(**fields))
    grant = oauth().exchange("code")
    assert grant.expires_at == NOW + lifetime
    assert grant.refresh_expires_at == (NOW + refresh if refresh else None)


ODD_LIFETIMES = ["abc", "", "²", "9" * 5000, [60], {}, True, False, 0, -1, 10**15, 1e300, 0.5]
ODD_NUMBERS = [json.dumps(value) for value in ODD_LIFETIMES] + ["NaN", "Infinity", "-Infinity", "1" + "0" * 400]


@responses.activate
@pytest.mark.parametrize("value", ODD_NUMBERS, ids=lambda value: value[:12])
def test_an_odd_lifetime_refuses_nothing(value: str) -> None:
    responses.post(TOKENS, body=f'{{"access_token": "AQX", "scope": "a", "expires_in": {value}}}')
    with pytest.raises(TokenEndpointDown):
        oauth().exchange("code")
    with pytest.raises(TokenEndpointDown):
        oauth().refresh("R")


@responses.activate
@pytest.mark.parametrize("value", ODD_NUMBERS, ids=lambda value: value[:12])
def test_an_odd_lifetime_of_the_refresh_token_is_an_unknown_one(value: str) -> None:
    fields = f'"access_token": "AQX", "expires_in": 60, "refresh_token": "R", "refresh_token_expires_in": {value}'
    responses.post(TOKENS, body=f"{{{fields}}}")
    grant = oauth().exchange("code")
    assert (grant.refresh_token, grant.refresh_expires_at) == ("R", None)


@responses.activate
@pytest.mark.parametrize(
    "fields", [{"refresh_token": 5}, {"refresh_token": ["R"]}, {"id_token": {}}, {"error": 5}], ids=str
)
def test_odd_fields_beside_a_good_token_are_left_out(fields: dict[str, Any]) -> None:
    responses.post(TOKENS, json=answer(**fields))
    grant = oauth().exchange("code")
    assert (grant.access_token, grant.refresh_token, grant.id_token) == ("AQX", None, None)


@responses.activate
@pytest.mark.parametrize("value", ["soon", True, 10**15, -(10**15), 1e300], ids=str)
def test_an_odd_end_in_an_introspection_is_an_unknown_one(value: object) -> None:
    responses.post(INTROSPECTION, json={"active": True, "status": "active", "expires_at": value, "scope": [1, "a"]})
    found = oauth().introspect("AQX")
    assert (found.active, found.expires_at) == (True, None)


@pytest.mark.parametrize("value", ["a,b", "a b", "a%20b", " a, b ", "b a a", "a\nb", ["a", "b"]])
def test_scopes_are_split_however_they_are_joined(value: object) -> None:
    assert split_scopes(value) == {"a", "b"}


@pytest.mark.parametrize("value", [None, "", " ", ",", 5, {}])
def test_no_scopes_are_no_scopes(value: object) -> None:
    assert split_scopes(value) == frozenset()


@responses.activate
def test_fewer_scopes_than_asked_are_no_error() -> None:
    responses.post(TOKENS, json=answer(scope="r_basicprofile"))
    assert oauth().exchange("code").scopes == {"r_basicprofile"}


@responses.activate
@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_the_secret_follows_no_redirect(status: int) -> None:
    responses.post(TOKENS, status=status, headers={"Location": "https://evil.example/taken"})
    with pytest.raises(TokenEndpointDown):
        oauth().exchange("code")
    assert len(responses.calls) == 1


@responses.activate
@pytest.mark.parametrize(
    ("status", "body"),
    [(200, {"token_type": "Bearer"}), (200, {"access_token": "AQX"}), (200, []), (500, {"error": "server_error"}),
     (200, {"access_token": 5, "expires_in": 1}), (200, {"access_token": "A", "expires_in": None})],
)  # fmt: skip
def test_half_an_answer_refuses_nothing(status: int, body: Any) -> None:
    responses.post(TOKENS, status=status, json=body)
    with pytest.raises(TokenEndpointDown):
        oauth().refresh("R")


@responses.activate
def test_an_endless_answer_is_cut() -> None:
    responses.post(TOKENS, body=b"{" + b" " * 9_000_000 + b"}")
    with pytest.raises(TokenEndpointDown):
        oauth().refresh("R")


@responses.activate
@pytest.mark.parametrize(
    ("status", "error", "description"),
    [
        (401, "invalid_request", "Unable to retrieve access token: authorization code not found"),
        (400, "invalid_request", 'A required parameter "redirect_uri" is missing'),
        (
            400,
            "invalid_redirect_uri",
            "Unable to retrieve access token: appid/redirect uri/code verifier does not match",
        ),
        (401, "invalid_client", "Client authentication failed"),
        (400, "invalid_request", "The provided authorization grant or refresh token is invalid, expired or revoked"),
    ],
)
def test_each_documented_refusal_keeps_its_words(status: int, error: str, description: str) -> None:
    responses.post(TOKENS, status=status, json={"error": error, "error_description": description})
    with pytest.raises(GrantRefused) as caught:
        oauth().exchange("code")
    assert (caught.value.error, caught.value.description, caught.value.status) == (error, description, status)


@responses.activate
def test_neither_tokens_nor_secrets_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    responses.post(TOKENS, json=answer(access_token="AQtoken", refresh_token="AQrefresh", id_token="eyJ"))
    grant = oauth().exchange("the-code")
    shown = caplog.text + repr(grant)
    assert not [word for word in ("AQtoken", "AQrefresh", "eyJ", "s3cret", "the-code") if word in shown]


@pytest.mark.parametrize("base", ["http://www.linkedin.com", "http://127.0.0.1.evil.example", "ftp://localhost"])
def test_plain_http_is_for_this_machine_only(base: str) -> None:
    with pytest.raises(ValueError, match="https"):
        OAuth("c", "s", base, CALLBACK)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "localhost", "[::1]"])
def test_every_address_of_this_machine_is_this_machine(host: str) -> None:
    url = OAuth("c", "s", f"http://{host}:8000", CALLBACK).authorize_url(["openid"], "a state")
    assert url.startswith(f"http://{host}:8000/oauth/v2/authorization?")
