"""What LinkedIn did not grant switches off exactly what needs it, and says so in plain words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from socialactions.models import Organization, PageRole
from socialactions.sandbox.seeds.cast import ACME
from socialactions.sandbox.server import Running
from tests.web.desks import AtDesk, come_back, id_of, options_of, text_of

pytestmark = pytest.mark.django_db
WRITE_AS_PAGE = {"w_organization_social_feed", "w_organization_social"}
Granted = Callable[..., AtDesk]


@pytest.fixture
def granted(ada_desk: AtDesk, sandbox_server: Running) -> Granted:
    """Ada, with everything read, connects again with some scopes only."""

    def without(*scopes: str) -> AtDesk:
        world = sandbox_server.world
        kept = [scope for scope in world.switches.app_scopes if scope not in scopes]
        world.switches = world.switches.changed({"app_scopes": kept, "missing_scopes": "drop"})
        assert come_back(ada_desk.client).status_code == 302
        return ada_desk

    return without


def test_with_everything_granted_nothing_is_said_to_be_missing(ada_desk: AtDesk) -> None:
    assert "not granted" not in text_of(ada_desk.get("settings-connections"))
    assert set(options_of(_thread(ada_desk))) == {"Acme Robotics", "Ada Berg", "Birch & Co"}


def test_what_is_missing_stands_in_settings_with_what_it_costs(granted: Granted) -> None:
    page = text_of(granted("w_member_social_feed", "r_organization_followers").get("settings-connections"))
    assert page.count("not granted") == 3  # two rows and their sum
    assert "Without it: You can answer as a Page only. w_member_social_feed not granted" in page
    assert "2 not granted. Sign in again to add what is missing" in page


def test_without_writing_as_a_page_one_speaks_as_oneself(granted: Granted) -> None:
    ada = granted(*WRITE_AS_PAGE, "w_organization_social")
    page = _thread(ada)
    assert "LinkedIn did not grant writing as a Page (w_organization_social_feed)." in text_of(page)
    assert [name for name, token in options_of(page).items() if token] == ["Ada Berg"]
    assert "Speaking as Ada Berg" in text_of(page)
    assert "Does it stop when I touch it?" in text_of(page)
    (token,) = (token for token in options_of(page).values() if token)
    ada.send("comment-create", ada.post().pk, fields={"as": token, "text": "As myself"})
    assert ada.user.outgoing.get().actor_urn == ada.user.member_urn


def test_without_writing_as_oneself_one_speaks_as_the_page(granted: Granted) -> None:
    page = _thread(granted("w_member_social_feed", "w_member_social"))
    assert "LinkedIn did not grant writing as yourself (w_member_social_feed)." in text_of(page)
    assert [name for name, token in options_of(page).items() if token] == ["Acme Robotics", "Birch & Co"]


def test_without_any_writing_the_composer_says_why_and_reading_goes_on(granted: Granted) -> None:
    ada = granted(*WRITE_AS_PAGE, "w_member_social_feed", "w_member_social")
    page = _thread(ada)
    assert "Does it stop when I touch it?" in text_of(page)
    assert b"<textarea" not in page.content
    assert "LinkedIn did not grant writing as a Page" in text_of(page)
    answer = ada.send("comment-create", ada.post().pk, fields={"text": "Words I typed"})
    assert answer.status_code == 422 and not ada.user.outgoing.exists()


def test_without_uploading_the_composer_says_why_it_takes_no_picture(granted: Granted) -> None:
    page = _thread(granted("w_organization_social", "w_member_social"))
    assert b'type="file"' not in page.content
    assert "LinkedIn did not grant uploading pictures as Acme Robotics (w_organization_social)." in text_of(page)
    assert [name for name, token in options_of(page).items() if token] == ["Acme Robotics", "Ada Berg", "Birch & Co"]


def test_without_followers_mentions_offer_the_thread_and_say_so(granted: Granted) -> None:
    ada = granted("r_organization_followers")
    post = ada.post().pk
    assert "Dana Whitlock" in text_of(ada.get("mention-list", post=post, q="Dana", htmx=True))
    nobody = text_of(ada.get("mention-list", post=post, q="Zebulon", htmx=True))
    assert "LinkedIn did not grant finding followers (r_organization_followers)" in nobody
    assert not _calls(ada, "peopleTypeahead")


def test_without_the_pages_everything_else_says_what_is_missing(granted: Granted) -> None:
    ada = granted("rw_organization_admin", "r_organization_admin")
    page = text_of(ada.get("post-list"))
    assert "LinkedIn did not grant seeing your Pages (rw_organization_admin). Connect again to allow it." in page
    assert "LinkedIn lists no Page that you manage" not in page
    assert not PageRole.objects.filter(state="APPROVED").exists()
    told = ada.get("post-show", ada.post().pk)
    assert told.status_code == 403 and "did not grant seeing your Pages" in text_of(told)


def test_without_the_profile_nobody_can_be_signed_in(sandbox_server: Running, client: Any) -> None:
    world = sandbox_server.world
    kept = [scope for scope in world.switches.app_scopes if scope not in ("r_basicprofile", "r_liteprofile")]
    world.switches = world.switches.changed({"app_scopes": kept, "missing_scopes": "drop"})
    answer = come_back(client)
    assert answer.status_code == 400
    assert "The permission r_basicprofile is missing." in text_of(answer)


def test_without_posts_the_list_names_the_permission(granted: Granted) -> None:
    ada = granted("r_organization_social")
    Organization.objects.update(posts_read_at=None)
    ada.acme.posts.all().delete()
    ada.read_posts(ada.acme)
    assert "r_organization_social" in text_of(ada.get("post-list"))


def test_without_reading_comments_no_thread_is_shown(granted: Granted) -> None:
    ada = granted("r_organization_social_feed", "r_organization_social")
    page = ada.get("post-list")
    assert "LinkedIn did not grant reading comments (r_organization_social_feed)." in text_of(page)
    post = ada.post().pk
    for answer in (ada.get("post-show", post), ada.get("post-reactors", post), ada.get("mention-list", post=post)):
        assert answer.status_code == 404


@pytest.mark.parametrize("role", ["CONTENT_ADMINISTRATOR", "CONTENT_ADMIN"])
def test_a_role_that_reads_posts_only_sees_no_words_of_members(ada_desk: AtDesk, seat: Any, role: str) -> None:
    """Colleagues have read the threads already; that gives nobody a right."""
    ada_desk.sandbox.world.set_role(id_of("cy"), "1001", role)
    cy = seat("cy", invited_by=ada_desk)
    post = ada_desk.post()
    for answer in (
        cy.get("post-show", post.pk),
        cy.get("post-show", post.pk, part="comments", htmx=True),
        cy.get("post-live", post.pk, htmx=True),
    ):
        assert answer.status_code == 200
        page = text_of(answer)
        assert "Does it stop" not in page and "Dana" not in page
    page = text_of(cy.get("post-show", post.pk))
    assert "The third arm is here." in page
    assert "Your role Content admin on Acme Robotics does not let us read comments." in page
    assert cy.get("comment-show", ada_desk.comment("Does it stop").pk).status_code == 404


def test_a_lost_role_takes_reading_away_at_the_next_look(ada_desk: AtDesk) -> None:
    ada_desk.sandbox.world.set_role(id_of("ada"), "1001", None)
    come_back(ada_desk.client)
    assert ada_desk.get("post-show", ada_desk.post().pk).status_code == 403
    page = ada_desk.get("post-list")
    assert "Birch & Co" in text_of(page) and "Acme Robotics" not in text_of(page)
    assert Organization.objects.filter(urn=ACME).exists()  # colleagues may still have it


def _thread(ada: AtDesk) -> Any:
    answer = ada.get("post-show", ada.post().pk)
    assert answer.status_code == 200
    return answer


def _calls(ada: AtDesk, resource: str) -> int:
    return sum(calls for name, calls in ada.sandbox.world.requests.items() if resource in name)
