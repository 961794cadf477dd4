"""Signing in is LinkedIn's consent: bound to one browser, once; every refusal is a page that says what to do."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests
from django.test import Client
from django.urls import reverse

from socialactions import rights
from socialactions.models import Connection, User
from socialactions.sandbox.faults import Rule
from socialactions.sandbox.seeds.cast import ADA
from socialactions.sandbox.server import Running
from tests.web.desks import AtDesk, SignIn, come_back, decide, go_to_linkedin, text_of

pytestmark = pytest.mark.django_db
CALLBACK = "/connect/callback/"
ELSEWHERE = (
    "https://evil.example/",
    "//evil.example/posts/",
    "/\\evil.example",
    "\\\\evil.example",
    "///evil.example",
    "javascript:alert(1)",
    "http:///evil.example",
    "posts/",
    "\x00/posts/",
    "http://[",
)


def test_the_consent_asks_for_exactly_what_the_page_before_it_lists(sandbox_server: Running, settings: Any) -> None:
    for older in (False, True):
        settings.LINKEDIN_OLDER_SCOPES = older
        client = Client()
        page = text_of(client.get(reverse("connect")))
        asked = parse_qs(urlsplit(go_to_linkedin(client)).query)["scope"][0].split()
        assert set(asked) == {*rights.ASKED, *(rights.OLDER if older else ())}
        for scope in asked:
            words, without = rights.SCOPES[scope]
            assert scope in page and words in page and f"Without it: {without}" in page


def test_a_sandbox_on_any_address_of_this_machine_is_signed_in_at(settings: Any) -> None:
    settings.LINKEDIN_AUTH_BASE_URL = "http://127.0.0.2:8000"
    assert go_to_linkedin(Client()).startswith("http://127.0.0.2:8000/oauth/v2/authorization?")


def test_a_state_belongs_to_the_browser_that_began(sandbox_server: Running) -> None:
    began, other = Client(), Client()
    landing = decide(go_to_linkedin(began))
    _refused(other.get(landing), 401, "was not started here")
    assert not User.objects.exists()
    assert began.get(landing)["Location"] == reverse("desk-create")


def test_a_state_of_another_sign_in_is_refused(sandbox_server: Running) -> None:
    """Login CSRF: the attacker's own code and state, in a browser that has begun a sign-in itself."""
    attacker, victim = Client(), Client()
    landing = decide(go_to_linkedin(attacker), "bo")
    go_to_linkedin(victim)
    _refused(victim.get(landing), 401, "was not started here")
    assert not User.objects.exists()


def test_a_state_works_once(sandbox_server: Running) -> None:
    client = Client()
    landing = decide(go_to_linkedin(client))
    assert client.get(landing).status_code == 302
    _refused(client.get(landing), 401, "finished already")


@pytest.mark.parametrize("state", ["", "x", "ä" * 40, None])
def test_a_forged_state_is_refused(sandbox_server: Running, state: str | None) -> None:
    client = Client()
    go_to_linkedin(client)
    query = {"code": "AQTforged"} if state is None else {"code": "AQTforged", "state": state}
    _refused(client.get(CALLBACK, query), 401, "Nothing was connected")
    assert not User.objects.exists()


@pytest.mark.parametrize("decision", ["cancel", "leave"])
def test_cancelling_is_a_page_and_leaves_nothing(sandbox_server: Running, decision: str) -> None:
    client = Client()
    _refused(come_back(client, decision=decision), 400, "You cancelled the sign-in.", "Nothing was connected")
    assert not User.objects.exists()
    assert client.get(reverse("post-list"))["Location"].startswith("/connect/")
    assert come_back(client).status_code == 302  # and one can try again


def test_a_scope_that_the_app_may_not_ask_for_is_named(sandbox_server: Running) -> None:
    _grant_only(sandbox_server, without={"w_member_social_feed"}, missing="refuse")
    client = Client()
    answer = client.get(_without_question(go_to_linkedin(client)))
    _refused(answer, 400, "does not allow this app what it asked for", "w_member_social_feed", "add the product")
    assert not User.objects.exists()


def test_an_app_with_the_one_product_it_may_have_gets_everything_it_asks_for(sandbox_server: Running) -> None:
    """LinkedIn's portal lists these scopes for the Community Management API, which has to be an app's only product."""
    bundle = [
        *("r_1st_connections_size", "r_basicprofile", "r_organization_followers", "rw_organization_admin"),
        *("r_organization_social", "r_organization_social_feed", "w_organization_social", "w_organization_social_feed"),
        *("w_member_social", "w_member_social_feed"),
    ]
    world = sandbox_server.world
    world.switches = world.switches.changed({"app_scopes": bundle, "missing_scopes": "refuse"})
    assert come_back(Client())["Location"] == reverse("desk-create")
    assert set(Connection.objects.get().scopes) == set(rights.ASKED)


def test_another_error_of_linkedins_is_shown_as_text(sandbox_server: Running) -> None:
    client = Client()
    state = parse_qs(urlsplit(go_to_linkedin(client)).query)["state"][0]
    answer = client.get(CALLBACK, {"state": state, "error": "server_error", "error_description": "<b>busy</b>" * 99})
    _refused(answer, 400, "LinkedIn refused the sign-in.")
    assert b"<b>busy" not in answer.content and len(text_of(answer)) < 1000


def test_a_code_that_linkedin_does_not_take_is_refused(sandbox_server: Running) -> None:
    client = Client()
    landing = decide(go_to_linkedin(client))
    sandbox_server.world.clock_offset_s += 31 * 60
    _refused(client.get(landing), 400, "LinkedIn did not accept this sign-in.", "Start again")
    client = Client()
    state = parse_qs(urlsplit(go_to_linkedin(client)).query)["state"][0]
    _refused(client.get(CALLBACK, {"code": "AQTinvented", "state": state}), 400, "did not accept")
    client = Client()
    state = parse_qs(urlsplit(go_to_linkedin(client)).query)["state"][0]
    _refused(client.get(CALLBACK, {"state": state}), 400, "did not accept")
    assert not User.objects.exists()


@pytest.mark.parametrize(
    "trouble",
    [
        {"do": "refuse", "status": 503},
        {"do": "drop_before"},
        {"do": "drop_after"},
        {"do": "malformed", "form": "html"},
        {"do": "malformed", "form": "empty"},
    ],
    ids=str,
)
@pytest.mark.parametrize("path", ["/oauth/v2/accessToken", "/me$"])
def test_a_linkedin_that_does_not_answer_is_a_page(sandbox_server: Running, trouble: dict[str, Any], path: str) -> None:
    client = Client()
    landing = decide(go_to_linkedin(client))
    sandbox_server.world.faults.append(Rule.read({**trouble, "path": path, "times": 5}))
    _refused(client.get(landing), 502, "LinkedIn does not answer.", "Try again in a minute")
    assert not Connection.objects.exists()
    sandbox_server.world.faults.clear()
    assert come_back(client).status_code == 302


@pytest.mark.parametrize("status", [403, 404, 429, 503])
def test_a_picture_that_cannot_be_read_keeps_nobody_out(sandbox_server: Running, status: int) -> None:
    sandbox_server.world.faults.append(Rule.read({"do": "refuse", "status": status, "path": "/images", "times": 9}))
    assert come_back(Client()).status_code == 302
    assert User.objects.get().name == "Ada Berg"


def test_scopes_without_pictures_keep_nobody_out(sandbox_server: Running) -> None:
    without = {"r_organization_social", "w_organization_social", "rw_organization_admin"}
    _grant_only(sandbox_server, without=without, missing="drop")
    assert come_back(Client()).status_code == 302
    assert (User.objects.get().name, Connection.objects.get().health) == ("Ada Berg", Connection.Health.OK)


def test_a_picture_that_cannot_be_read_leaves_the_one_before(ada: AtDesk, sandbox_server: Running) -> None:
    before = ada.user.picture_url
    sandbox_server.world.faults.append(Rule.read({"do": "refuse", "status": 503, "path": "/images", "times": 9}))
    come_back(ada.client)
    ada.user.refresh_from_db()
    assert before and ada.user.picture_url == before


def test_a_token_with_an_odd_lifetime_is_a_page(sandbox_server: Running) -> None:
    client = Client()
    landing = decide(go_to_linkedin(client))
    fault = {"do": "malformed", "form": "odd_lifetime", "path": "/oauth/v2/accessToken"}
    sandbox_server.world.faults.append(Rule.read(fault))
    _refused(client.get(landing), 502, "LinkedIn does not answer.")


def test_without_an_app_the_remedy_is_named(settings: Any) -> None:
    settings.LINKEDIN_CLIENT_ID = ""
    _refused(Client().get(reverse("connect-start")), 503, "LINKEDIN_CLIENT_ID", "README")


def test_pkce_when_the_app_wants_it(sandbox_server: Running, settings: Any) -> None:
    settings.LINKEDIN_PKCE = True
    client = Client()
    consent = go_to_linkedin(client)
    assert parse_qs(urlsplit(consent).query)["code_challenge_method"] == ["S256"]
    assert client.get(decide(consent))["Location"] == reverse("desk-create")


def test_connecting_again_keeps_person_and_connection(ada: AtDesk) -> None:
    before = Connection.objects.get(user=ada.user)
    answer = come_back(ada.client)
    assert answer["Location"] == reverse("post-list")
    after = Connection.objects.get(user=ada.user)
    assert (after.pk, after.token_version) == (before.pk, before.token_version + 1)
    assert after.access_token != before.access_token
    assert after.desk == ada.desk and after.connected_at > before.connected_at


def test_connecting_again_revives_an_ended_connection(ada: AtDesk) -> None:
    connection = Connection.objects.get(user=ada.user)
    ada.send("connection-end", connection.pk)
    assert "Your LinkedIn connection ended on" in text_of(ada.get("post-list"))
    come_back(ada.client)
    assert "Your LinkedIn connection ended on" not in text_of(ada.get("post-list"))
    assert Connection.objects.get(user=ada.user).health == "ok"


def test_another_person_in_the_same_browser_is_said(ada: AtDesk, settings: Any) -> None:
    settings.OPEN_SIGN_UP = True
    answer = ada.client.get(come_back(ada.client, "bo")["Location"], follow=True)
    assert "You reconnected as Bo Lindqvist; before it was Ada Berg." in text_of(answer)
    assert ada.client.get(reverse("post-list"))["Location"] == reverse("desk-create")


def test_somebody_who_left_the_desk_stays_out(ada: AtDesk) -> None:
    User.objects.filter(pk=ada.user.pk).update(is_active=False)
    assert ada.get("post-list").status_code == 302  # the open session ends too
    client = Client()
    _refused(come_back(client), 403, "You no longer work at this desk.")
    assert client.get(reverse("post-list"))["Location"].startswith("/connect/")


def test_signing_out_ends_the_session_for_good(ada: AtDesk) -> None:
    stolen = Client()
    stolen.cookies["threadwell_session"] = ada.client.cookies["threadwell_session"].value
    assert stolen.get(reverse("post-list")).status_code == 200
    assert ada.send("sign-out")["Location"] == reverse("connect")
    for client in (ada.client, stolen):
        assert client.get(reverse("post-list"))["Location"] == "/connect/?next=/posts/"
    assert client.get(reverse("post-list"), headers={"HX-Request": "true"})["HX-Redirect"].startswith("/connect/")


def test_a_sign_in_changes_the_session_key(ada: AtDesk) -> None:
    """Session fixation: whoever knew the key before knows nothing after."""
    before = ada.client.cookies["threadwell_session"].value
    come_back(ada.client)
    client = Client()
    go_to_linkedin(client)
    planted = client.cookies["threadwell_session"].value
    come_back(client)
    assert client.cookies["threadwell_session"].value != planted
    assert ada.client.cookies["threadwell_session"].value == before  # the same person goes on


def test_after_signing_in_one_is_where_one_wanted_to_be(ada: AtDesk) -> None:
    for to in ("/history/", "/posts/?before=x#ch"):
        assert come_back(Client(), to=to)["Location"] == to
    page = Client().get("/connect/", {"next": "/history/?a=1&b=2"})
    assert f"/connect/start/?{urlencode({'next': '/history/?a=1&b=2'}, safe='/')}".encode() in page.content


@pytest.mark.parametrize("to", ELSEWHERE)
def test_no_way_leads_to_a_strangers_site(ada: AtDesk, to: str) -> None:
    assert come_back(Client(), to=to)["Location"] == reverse("post-list")
    page = Client().get("/connect/", {"next": to}).content
    assert b"evil" not in page and b"javascript:" not in page
    answer = ada.client.post(reverse("posts-refresh"), {"next": to})
    assert answer["Location"] == reverse("post-list")


def test_connecting_asks_linkedin_little(sign_in: SignIn, sandbox_server: Running) -> None:
    sign_in("ada")
    assert dict(sandbox_server.world.requests) == {
        "POST oauth/v2/authorization": 1,
        "POST oauth/v2/accessToken": 1,
        "GET me": 1,
        "GET images/*": 1,
    }


def test_the_member_is_who_linkedin_says(ada: AtDesk) -> None:
    assert (ada.user.member_urn, ada.user.name, ada.user.is_admin) == (ADA, "Ada Berg", True)


def _refused(answer: Any, status: int, *words: str) -> None:
    """A whole page that says what happened and leads back to the sign-in."""
    assert answer.status_code == status, text_of(answer)
    text = text_of(answer)
    for part in words:
        assert part in text
    assert b"<h1>" in answer.content and b'href="/connect/"' in answer.content


def _grant_only(sandbox: Running, *, without: set[str], missing: str) -> None:
    world = sandbox.world
    kept = [scope for scope in world.switches.app_scopes if scope not in without]
    world.switches = world.switches.changed({"app_scopes": kept, "missing_scopes": missing})


def _without_question(consent: str) -> str:
    answer = requests.get(consent, allow_redirects=False, timeout=10)
    assert answer.status_code == 302
    return answer.headers["Location"]
