"""Consent, codes, tokens and their ends, as the OAuth pages of the reference describe them."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests

from socialactions.sandbox.seeds.cast import ADA, BO
from tests.contract.sandbox_face import BASE, Face, new_face

CALLBACK = "http://127.0.0.1:8000/connect/callback/"
SCOPES = "r_basicprofile r_organization_social_feed"
APP = {"client_id": "sandbox-client", "client_secret": "sandbox-secret"}


@pytest.fixture
def face() -> Face:
    return new_face()


def address(**changes: str) -> str:
    asked = {
        "response_type": "code",
        "client_id": "sandbox-client",
        "redirect_uri": CALLBACK,
        "state": "s/1",
        "scope": SCOPES,
        **changes,
    }
    return f"{BASE}/oauth/v2/authorization?{urlencode(asked)}"


def decide(face: Face, decision: str = "allow", member: str = ADA, **changes: str) -> dict[str, str]:
    form = {"decision": decision, "member": member.rpartition(":")[2]}
    return landed(face.session.post(address(**changes), data=form, allow_redirects=False))


def landed(answer: requests.Response) -> dict[str, str]:
    assert answer.status_code == 302, answer.text
    where = urlsplit(answer.headers["Location"])
    assert f"{where.scheme}://{where.netloc}{where.path}" == CALLBACK
    return {name: values[0] for name, values in parse_qs(where.query).items()}


def token(face: Face, **form: str) -> requests.Response:
    return face.session.post(f"{BASE}/oauth/v2/accessToken", data={**APP, **form})


def exchange(face: Face, code: str, **changes: str) -> requests.Response:
    return token(face, **{"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, **changes})


def granted(face: Face, **changes: str) -> dict[str, Any]:
    answer = exchange(face, decide(face, **changes)["code"])
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def test_consent_page_shows_app_scopes_and_members(face: Face) -> None:
    page = face.session.get(address())
    assert page.status_code == 200
    for words in ("this is not LinkedIn", "sandbox-client", "r_organization_social_feed", "Ada Berg", "Cy Marsh"):
        assert words in page.text
    assert "script" not in page.text
    assert len(re.findall("<li>", page.text)) == 2


def test_allow_gives_a_code_and_the_code_a_token_once(face: Face) -> None:
    landing = decide(face)
    assert landing["state"] == "s/1"
    answer = exchange(face, landing["code"])
    found = answer.json()
    assert found["expires_in"] == 5_184_000
    assert found["refresh_token_expires_in"] == 31_536_000
    assert found["scope"] == "r_basicprofile,r_organization_social_feed"
    assert 450 <= len(found["access_token"]) <= 1000
    again = exchange(face, landing["code"])
    assert (again.status_code, again.json()["error"]) == (401, "invalid_request")


def test_scope_separator_and_refresh_tokens_are_switches(face: Face) -> None:
    face.switch(scope_separator="space", refresh_tokens="off")
    found = granted(face)
    assert found["scope"] == SCOPES
    assert "refresh_token" not in found


@pytest.mark.parametrize(
    ("decision", "error"), [("cancel", "user_cancelled_authorize"), ("leave", "user_cancelled_login")]
)
def test_cancelling(face: Face, decision: str, error: str) -> None:
    landing = decide(face, decision)
    assert (landing["error"], landing["state"]) == (error, "s/1")


def test_scope_that_the_app_lacks_is_refused_or_left_out(face: Face) -> None:
    face.switch(app_scopes="r_basicprofile")
    landing = landed(face.session.get(address(), allow_redirects=False))
    assert landing["error"] == "unauthorized_scope_error"
    assert "r_organization_social_feed" in landing["error_description"]
    face.switch(missing_scopes="drop")
    assert granted(face)["scope"] == "r_basicprofile"


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "other"},
        {"redirect_uri": "https://evil.example/"},
        {"redirect_uri": "http://127.0.0.1.evil.example/"},
        {"redirect_uri": "http://127.0.0.1:8000/#x"},
        {"response_type": "token"},
        {"scope": "r_everything"},
        {"scope": ""},
    ],
)
def test_wrong_requests_stay_on_the_page(face: Face, changes: dict[str, str]) -> None:
    answer = face.session.get(address(**changes), allow_redirects=False)
    assert answer.status_code == 401
    assert "Location" not in answer.headers


def test_second_time_passes_in_silence_unless_asked_to_switch(face: Face) -> None:
    granted(face)
    assert "code" in landed(face.session.get(address(), allow_redirects=False))
    assert face.session.get(address(switch="1")).status_code == 200
    assert face.session.get(address(scope="r_basicprofile")).status_code == 200
    face.post("/sandbox/control/sign-out", {})
    assert face.session.get(address()).status_code == 200


def test_silent_pass_can_be_switched_off_and_the_page_still_knows_who_it_was(face: Face) -> None:
    granted(face, member=BO)
    face.switch(silent_pass="off")
    page = face.session.get(address())
    assert page.status_code == 200
    assert "You are signed in as Bo Lindqvist" in page.text


def test_only_the_cast_can_sign_in(face: Face) -> None:
    form = {"decision": "allow", "member": "daW1hit_42"}
    assert face.session.post(address(), data=form).status_code == 422


def test_code_ends_after_half_an_hour(face: Face) -> None:
    code = decide(face)["code"]
    face.clock.now_s += 1800
    answer = exchange(face, code)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_redirect_uri")


def test_exchange_checks_every_field(face: Face) -> None:
    code = decide(face)["code"]
    wrong = exchange(face, code, redirect_uri="http://127.0.0.1:8000/other")
    assert (wrong.status_code, wrong.json()["error"]) == (400, "invalid_redirect_uri")
    stranger = exchange(face, code, client_secret="x")
    assert (stranger.status_code, stranger.json()["error"]) == (401, "invalid_client")
    for name in ("code", "redirect_uri", "grant_type", "client_id", "client_secret"):
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, **APP, name: ""}
        answer = face.session.post(f"{BASE}/oauth/v2/accessToken", data=form)
        assert answer.status_code == 400
        assert answer.json()["error_description"] == f'A required parameter "{name}" is missing'
    assert face.session.get(f"{BASE}/oauth/v2/accessToken?code={code}").status_code == 400


def test_pkce_is_checked_where_a_challenge_was_sent(face: Face) -> None:
    verifier, challenge = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    code = decide(face, code_challenge=challenge, code_challenge_method="S256")["code"]
    assert exchange(face, code, code_verifier="other").status_code == 400
    assert exchange(face, code, code_verifier=verifier).status_code == 200


def test_refresh_returns_the_same_token_with_a_falling_life(face: Face) -> None:
    first = granted(face)
    face.clock.now_s += 59 * 86_400
    second = token(face, grant_type="refresh_token", refresh_token=first["refresh_token"]).json()
    assert second["refresh_token"] == first["refresh_token"]
    assert second["refresh_token_expires_in"] == 306 * 86_400
    assert second["access_token"] != first["access_token"]
    face.clock.now_s += 301 * 86_400
    third = token(face, grant_type="refresh_token", refresh_token=first["refresh_token"]).json()
    assert third["expires_in"] == third["refresh_token_expires_in"] == 5 * 86_400
    face.clock.now_s += 6 * 86_400
    last = token(face, grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert last.status_code == 400
    assert last.json()["error_description"] == (
        "The provided authorization grant or refresh token is invalid, expired or revoked"
    )


def test_another_set_of_scopes_ends_earlier_tokens(face: Face) -> None:
    first, same = granted(face), granted(face)
    bearer = {"Authorization": f"Bearer {first['access_token']}"}
    assert face.get("/rest/me", **bearer).status_code == 200
    assert same["access_token"] != first["access_token"]
    granted(face, scope="r_basicprofile")
    assert face.get("/rest/me", **bearer).status_code == 401


def test_introspection(face: Face) -> None:
    access = granted(face, member=BO)["access_token"]
    where = f"{BASE}/oauth/v2/introspectToken"
    found = face.session.post(where, data={**APP, "token": access}).json()
    assert (found["active"], found["status"], found["auth_type"]) == (True, "active", "3L")
    assert found["scope"] == "r_basicprofile,r_organization_social_feed"
    assert found["expires_at"] == int(face.clock.now_s) + 5_184_000
    assert face.session.post(where, data={**APP, "token": "x"}).json() == {"active": False}
    assert face.session.post(where, data={**APP, "token": ""}).status_code == 400
    assert face.session.post(where, data={**APP, "client_secret": "x", "token": access}).status_code == 401
    face.clock.now_s += 61 * 86_400
    assert face.session.post(where, data={**APP, "token": access}).json()["status"] == "expired"


def test_revocation_ends_both_tokens(face: Face) -> None:
    found = granted(face)
    answer = face.session.post(f"{BASE}/oauth/v2/revoke", data={**APP, "token": found["access_token"]})
    assert (answer.status_code, answer.content) == (200, b"")
    assert face.get("/rest/me", Authorization=f"Bearer {found['access_token']}").status_code == 401
    assert token(face, grant_type="refresh_token", refresh_token=found["refresh_token"]).status_code == 400


def test_sign_in_product(face: Face) -> None:
    found = granted(face, scope="openid profile email")
    assert found["id_token"].count(".") == 2
    answer = face.get("/v2/userinfo", Authorization=f"Bearer {found['access_token']}", Linkedin_Version=None).json()
    assert (answer["sub"], answer["given_name"]) == (ADA.rpartition(":")[2], "Ada")
    described = face.session.get(f"{BASE}/oauth/.well-known/openid-configuration").json()
    assert face.session.get(described["jwks_uri"]).json()["keys"][0]["kty"] == "RSA"
    face.be(BO, ("r_basicprofile",))
    assert face.get("/v2/userinfo").status_code == 403
