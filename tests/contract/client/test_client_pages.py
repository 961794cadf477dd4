"""Organizations, roles, posts, members, pictures and notifications against the sandbox."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from socialactions.linkedin.client import LinkedIn
from socialactions.linkedin.entities import Upload
from socialactions.linkedin.errors import BadRequest, NotFound, NotPermitted, UnexpectedAnswer, VersionSunset
from socialactions.linkedin.urns import Urn
from socialactions.sandbox.seeds.big import add_big_post
from socialactions.sandbox.seeds.cast import ADA, BO, CY, PRIVATE, stranger, token_for
from tests.contract.client.place import ACME, BIRCH, Place


def test_the_token_says_who_one_is(linkedin: LinkedIn) -> None:
    me = linkedin.me()
    assert (me.urn, me.name, me.vanity_name) == (Urn.parse(ADA), "Ada Berg", "ada-berg")
    assert me.picture is not None
    assert me.picture.kind == "image"


@pytest.mark.parametrize("field", ["organization", "organizationTarget"])
def test_roles_are_read_under_either_name(client_of: Callable[..., LinkedIn], place: Place, field: str) -> None:
    place.switch(acl_field=field)
    roles = {one.organization: one.role for one in client_of(ADA).organization_acls()}
    assert roles == {ACME: "ADMINISTRATOR", BIRCH: "ADMINISTRATOR"}
    assert [one.role for one in client_of(BO).organization_acls()] == ["DIRECT_SPONSORED_CONTENT_POSTER"]
    assert list(client_of(CY).organization_acls()) == []


def test_organizations_by_number_and_by_name(linkedin: LinkedIn) -> None:
    acme = linkedin.organization("1001")
    assert (acme.urn, acme.name, acme.vanity_name) == (ACME, "Acme Robotics", "acme-robotics")
    assert acme.logo is not None
    assert acme.logo.kind == "image"
    found = linkedin.organizations(["1001", "2001", "999999"])
    assert (found["1001"].name, found["2001"].name) == ("Acme Robotics", "Kestrel Logistics")
    assert "999999" in found.errors
    by_name = linkedin.organization_by_vanity_name("birch-and-co")
    assert by_name is not None
    assert by_name.urn == BIRCH
    assert linkedin.organization_by_vanity_name("nobody-here") is None


def test_members_one_and_many_and_hidden(linkedin: LinkedIn) -> None:
    dana = stranger("Dana").rpartition(":")[2]
    assert linkedin.person(dana).name == "Dana Whitlock"
    hidden = PRIVATE.rpartition(":")[2]
    found = linkedin.people([dana, hidden, "nobody"])
    assert found[dana].headline is not None
    assert found[hidden].is_private
    assert found[hidden].name is None
    assert isinstance(found.errors["nobody"], NotFound)


def test_members_stay_nameless_without_partner_access(linkedin: LinkedIn, place: Place) -> None:
    place.switch(partner_access="off")
    with pytest.raises(NotPermitted):
        linkedin.people(["daW1hit_42"])


def test_followers_are_found_by_some_letters(linkedin: LinkedIn) -> None:
    assert [(one.name, one.urn) for one in linkedin.people_typeahead(ACME, "Dana")] == [
        ("Dana Whitlock", Urn.parse(stranger("Dana")))
    ]
    with pytest.raises(BadRequest):
        linkedin.people_typeahead(ACME, "D4")


def test_a_profile_address_names_a_member(linkedin: LinkedIn) -> None:
    found = linkedin.person_by_vanity_url("https://www.linkedin.com/in/dana-whitlock/", ACME)
    assert found == Urn.parse(stranger("Dana"))
    assert linkedin.person_by_vanity_url("https://www.linkedin.com/in/nobody-at-all/", ACME) is None


def test_posts_of_a_page(linkedin: LinkedIn, place: Place) -> None:
    posts = list(linkedin.posts(ACME))
    assert {one.urn for one in posts} == {place.post, place.quiet_post}
    assert posts == list(linkedin.posts(ACME, count=1))
    assert linkedin.post(place.post).commentary == "The third arm is here. {hashtag|\\#|robotics}"
    found = linkedin.posts_by_id([place.post, Urn("share", "404")])
    assert found[place.post].author == ACME
    assert isinstance(found.errors[Urn("share", "404")], NotFound)


def test_a_video_post_is_typed(linkedin: LinkedIn, place: Place) -> None:
    big = add_big_post(place.world, first_level=1, with_replies=0)
    content = linkedin.post(Urn.parse(big.urn)).content
    assert (content.kind, content.title, str(content.media)) == ("video", "The third arm", "urn:li:video:C4E05bigfilm")


def test_a_picture_is_uploaded_in_steps(linkedin: LinkedIn, place: Place) -> None:
    place.switch(image_processing_s=60)
    upload = linkedin.initialize_upload(ACME)
    assert upload.expires_at is not None
    assert upload.expires_at > datetime.now(UTC)
    assert linkedin.image(upload.image).status == "WAITING_UPLOAD"
    linkedin.upload(upload, b"GIF89a" + b"\0" * 100_000, "image/gif")
    assert linkedin.images([upload.image])[upload.image].status == "PROCESSING"
    place.switch(image_processing_s=0)
    done = linkedin.image(upload.image)
    assert done.owner == ACME
    assert done.download_url is not None


@pytest.mark.parametrize("url", ["https://evil.example/dms-uploads/x", "http://127.0.0.1.evil.example/x", "file:///x"])
def test_the_token_goes_to_no_other_host(linkedin: LinkedIn, url: str) -> None:
    with pytest.raises(UnexpectedAnswer):
        linkedin.upload(Upload(url=url, image=Urn("image", "C1"), expires_at=None), b"x", "image/png")


def test_notifications_between_two_times(linkedin: LinkedIn, place: Place) -> None:
    made = linkedin.create_comment(target=place.post, actor=ACME, object=place.post, text="Hello")
    now = datetime.now(UTC)
    found = list(
        linkedin.notifications(
            ACME, ["COMMENT", "ADMIN_COMMENT"], since=now - timedelta(days=3), until=now + timedelta(hours=1)
        )
    )
    assert made.id in [one.activity.id for one in found if one.activity]
    assert list(linkedin.notifications(ACME, ["COMMENT_DELETE"])) == []


def test_an_old_version_is_told_from_a_bad_request(place: Place) -> None:
    token = token_for(place.world, ADA).value
    with LinkedIn(token, base_url=place.base_url, version="202401") as old, pytest.raises(VersionSunset):
        old.me()
