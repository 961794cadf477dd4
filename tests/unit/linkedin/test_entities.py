"""Members, organizations, posts: every documented shape, and shapes that are not."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from socialactions.linkedin import payloads
from socialactions.linkedin.entities import Image, Notification, Organization, OrganizationAcl, Person, Post
from socialactions.linkedin.errors import UnexpectedAnswer
from socialactions.linkedin.urns import Urn

ANA = {
    "firstName": {
        "localized": {"de_DE": "Anna", "en_US": "Ana"},
        "preferredLocale": {"country": "US", "language": "en"},
    },
    "lastName": {"localized": {"fr_FR": "Test"}, "preferredLocale": {"country": "US", "language": "en"}},
}
POST = {"id": "urn:li:share:8", "author": "urn:li:organization:5", "commentary": "Hello"}


@pytest.mark.parametrize(
    ("raw", "name", "headline"),
    [
        (
            {"id": "a", "localizedFirstName": "Ana", "localizedLastName": "Test", "localizedHeadline": "Admin"},
            "Ana Test",
            "Admin",
        ),
        ({"id": "a", **ANA}, "Ana Test", None),
        ({"id": "a", "localizedFirstName": "Ana"}, "Ana", None),
        ({"id": "a", "firstName": {"localized": {}}, "lastName": "odd"}, None, None),
        ({"id": "a"}, None, None),
    ],
)
def test_a_member_is_named_as_far_as_linkedin_says(raw: dict[str, Any], name: str | None, headline: str | None) -> None:
    person = payloads.parse(Person, raw)
    assert (person.name, person.headline, person.urn) == (name, headline, Urn("person", "a"))


def test_a_hidden_member_has_no_name() -> None:
    person = payloads.parse(Person, {"id": "private"})
    assert person.is_private
    assert person.name is None


def test_a_members_picture_gets_its_versioned_name() -> None:
    raw = {"id": "a", "profilePicture": {"displayImage": "urn:li:digitalmediaAsset:C4D00"}}
    assert payloads.parse(Person, raw).picture == Urn("image", "C4D00")


def test_an_organization_has_a_number_a_name_and_a_logo() -> None:
    raw = {
        "id": 5,
        "$URN": "urn:li:organization:5",
        "vanityName": "acme",
        "name": {"localized": {"en_US": "Acme"}, "preferredLocale": {"country": "US", "language": "en"}},
        "logoV2": {"original": "urn:li:digitalmediaAsset:C1", "cropped": "urn:li:digitalmediaAsset:C2"},
    }
    found = payloads.parse(Organization, raw)
    assert (found.urn, found.name, found.vanity_name, found.logo) == (
        Urn("organization", "5"),
        "Acme",
        "acme",
        Urn("image", "C2"),
    )


@pytest.mark.parametrize("field", ["organization", "organizationTarget"])
def test_a_role_names_its_page_under_either_field(field: str) -> None:
    raw = {"role": "CONTENT_ADMIN", "state": "APPROVED", field: "urn:li:organization:5"}
    assert payloads.parse(OrganizationAcl, raw).organization == Urn("organization", "5")


@pytest.mark.parametrize(
    ("content", "kind", "images", "title", "url"),
    [
        (None, "text", [], None, None),
        ({}, "text", [], None, None),
        ({"media": {"id": "urn:li:image:C5", "title": "t", "altText": "alt"}}, "image", ["C5"], "t", None),
        ({"media": {"id": "urn:li:video:V1", "title": "t"}}, "video", [], "t", None),
        ({"media": {"id": "urn:li:document:D1"}}, "document", [], None, None),
        ({"media": {"id": "urn:li:somethingNew:D1"}}, "other", [], None, None),
        (
            {"multiImage": {"images": [{"id": "urn:li:image:A"}, {"id": "urn:li:image:B"}]}},
            "multi_image",
            ["A", "B"],
            None,
            None,
        ),
        (
            {"article": {"source": "https://a.example", "title": "t", "thumbnail": "urn:li:image:T"}},
            "article",
            ["T"],
            "t",
            "https://a.example",
        ),
        (
            {"poll": {"question": "q?", "options": [{"text": "yes"}, {"text": "no", "voteCount": 3}]}},
            "poll",
            [],
            "q?",
            None,
        ),
        ({"reference": {"id": "urn:li:event:7"}}, "reference", [], None, None),
        ({"celebration": {"recipient": []}}, "other", [], None, None),
        ({"carousel": {"cards": []}}, "other", [], None, None),
    ],
)
def test_posts_are_typed_by_what_hangs_on_them(
    content: Any, kind: str, images: list[str], title: str | None, url: str | None
) -> None:
    found = payloads.parse(Post, {**POST, "content": content} if content is not None else POST).content
    assert (found.kind, [one.urn.key for one in found.images], found.title, found.url) == (kind, images, title, url)


def test_a_posts_times_and_states() -> None:
    raw = {
        **POST,
        "createdAt": 1690000000000,
        "publishedAt": 1690000000100,
        "lastModifiedAt": 1690000000200,
        "lifecycleState": "PUBLISHED",
        "lifecycleStateInfo": {"isEditedByAuthor": True},
        "visibility": "PUBLIC",
        "reshareContext": {"parent": "urn:li:share:7", "root": "urn:li:share:1"},
    }
    post = payloads.parse(Post, raw)
    assert post.published_at == datetime(2023, 7, 22, 4, 26, 40, 100000, tzinfo=UTC)
    assert (post.is_edited, post.reshare_of) == (True, Urn("share", "7"))


def test_a_notification_in_the_short_form() -> None:
    raw = {
        "notificationId": 3113,
        "organizationalEntity": "urn:li:organization:5",
        "action": "COMMENT",
        "sourcePost": "urn:li:activity:9",
        "generatedActivity": "urn:li:comment:(activity:9,7102)",
        "lastModifiedAt": 1690000000000,
    }
    assert payloads.parse(Notification, raw).activity == Urn.comment(Urn("activity", "9"), "7102")


def test_an_image_tells_where_and_until_when() -> None:
    raw = {"id": "urn:li:image:C5", "owner": "urn:li:organization:5", "status": "AVAILABLE",
           "downloadUrl": "https://media.example/x", "downloadUrlExpiresAt": 1690100000000}  # fmt: skip
    image = payloads.parse(Image, raw)
    assert image.download_url_expires_at is not None
    assert image.download_url_expires_at.tzinfo is UTC


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"created": {"time": "1690000000000"}}, "created.time"),
        ({"created": {"time": 1.5}}, "created.time"),
        ({"created": {"time": True}}, "created.time"),
        ({"created": {"time": 10**18}}, "created.time"),
        ({"created": None}, "created.time"),
        ({"actor": "urn:li:share:1"}, "actor"),
        ({"actor": None}, "actor"),
        ({"message": {"text": 5}}, "message.text"),
        ({"likesSummary": {"totalLikes": "3"}}, "likesSummary.totalLikes"),
        ({"commentUrn": "urn:li:comment:(urn:li:activity:1)"}, "commentUrn"),
    ],
)
def test_a_changed_shape_names_the_field_and_shows_no_words(change: dict[str, Any], field: str) -> None:
    raw = {
        "id": "7",
        "commentUrn": "urn:li:comment:(urn:li:activity:9,7)",
        "actor": "urn:li:person:a",
        "object": "urn:li:activity:9",
        "message": {"text": "private words"},
        "created": {"time": 1690000000000},
        "lastModified": {"time": 1690000000000},
    }
    assert payloads.comment(raw).text == "private words"
    with pytest.raises(UnexpectedAnswer) as caught:
        payloads.comment({**raw, **change})
    assert caught.value.field == field
    assert "private words" not in f"{caught.value}{caught.value!r}{caught.value.__cause__!r}"


@pytest.mark.parametrize("raw", [None, [], "text", 5, {}])
def test_what_is_no_comment_is_unexpected(raw: object) -> None:
    with pytest.raises(UnexpectedAnswer):
        payloads.comment(raw)


def test_unknown_fields_and_null_summaries_do_no_harm() -> None:
    raw = {
        "id": "7",
        "actor": "urn:li:organizationBrand:3",
        "object": "urn:li:ugcPost:9",
        "message": {"text": "", "attributes": None},
        "created": {"time": 1},
        "lastModified": {"time": 2},
        "likesSummary": None,
        "commentsSummary": None,
        "content": None,
        "brandNew": {"deep": []},
    }
    found = payloads.comment(raw)
    assert found.urn == Urn.comment(Urn("ugcPost", "9"), "7")
    assert (found.likes_count, found.replies_count, found.images, found.attributes) == (0, 0, (), ())
    assert found.is_edited


def test_payloads_cannot_be_changed() -> None:
    person = payloads.parse(Person, {"id": "a"})
    with pytest.raises(ValidationError):
        person.id = "b"  # type: ignore[misc]
