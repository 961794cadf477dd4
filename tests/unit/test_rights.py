"""Roles × scopes as LinkedIn's tables say; every refusal has words that name what is missing."""

from __future__ import annotations

import pytest

from socialactions import rights

ALL = (*rights.ASKED, *rights.OLDER)
# role: reads posts, reads comments, writes, uploads, finds followers — with every scope granted
ROLES = {
    "ADMINISTRATOR": (True, True, True, True, True),
    "DIRECT_SPONSORED_CONTENT_POSTER": (True, True, True, True, False),
    "RECRUITING_POSTER": (False, False, True, False, False),
    "CONTENT_ADMINISTRATOR": (True, False, False, False, False),
    "CONTENT_ADMIN": (True, False, False, False, False),
    "LEAD_CAPTURE_ADMINISTRATOR": (False, False, False, False, False),
    "LEAD_GEN_FORMS_MANAGER": (False, False, False, False, False),
    "ANALYST": (False, False, False, False, False),
    "CURATOR": (False, False, False, False, False),
    "A_ROLE_OF_TOMORROW": (False, False, False, False, False),
}
# an administrator without these scopes: the same five
SCOPES: dict[tuple[str, ...], tuple[bool, ...]] = {
    (): (True, True, True, True, True),
    ("r_organization_social",): (False, True, True, True, True),
    ("r_organization_social_feed",): (True, True, True, True, True),  # the older name covers it
    ("r_organization_social", "r_organization_social_feed"): (False, False, True, True, True),
    ("w_organization_social_feed",): (True, True, True, True, True),
    ("w_organization_social",): (True, True, True, False, True),
    ("w_organization_social", "w_organization_social_feed"): (True, True, False, False, True),
    ("r_organization_followers",): (True, True, True, True, False),
    ("w_member_social_feed", "w_member_social"): (True, True, True, True, True),
    ALL: (False, False, False, False, False),
}


def _five(found: rights.Rights) -> tuple[bool, ...]:
    return found.read_posts, found.read_comments, found.write, found.upload, found.find_followers


@pytest.mark.parametrize("role", ROLES)
def test_each_role_allows_what_the_table_says(role: str) -> None:
    assert _five(rights.on_page([role], ALL, "Acme")) == ROLES[role]


@pytest.mark.parametrize("missing", SCOPES, ids=lambda names: " ".join(names) or "nothing")
def test_each_missing_scope_takes_exactly_what_needs_it(missing: tuple[str, ...]) -> None:
    granted = [scope for scope in ALL if scope not in missing]
    assert _five(rights.on_page(["ADMINISTRATOR"], granted, "Acme")) == SCOPES[missing]


def test_several_roles_add_up() -> None:
    assert _five(rights.on_page(["CONTENT_ADMIN", "RECRUITING_POSTER"], ALL, "Acme")) == (
        True, False, True, False, False,
    )  # fmt: skip


def test_no_role_allows_nothing_and_says_so() -> None:
    found = rights.on_page([], ALL, "Acme")
    assert not any(_five(found))
    assert "No role on Acme" in found.why_not_read and "yours is No role" in found.why_not_write


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("granted", [ALL, ()], ids=["all scopes", "no scope"])
def test_a_refusal_has_words_and_a_permission_has_none(role: str, granted: tuple[str, ...]) -> None:
    found = rights.on_page([role], granted, "Acme")
    assert bool(found.why_not_read) is not found.read_comments
    assert bool(found.why_not_write) is not found.write
    for words in (found.why_not_read, found.why_not_write, found.why_not_upload):
        assert not words or words.endswith(".")


def test_the_words_name_the_role_or_the_scope_that_is_missing() -> None:
    analyst = rights.on_page(["ANALYST"], ALL, "Acme Robotics")
    assert "Analyst on Acme Robotics" in analyst.why_not_read
    assert "Answering as Acme Robotics needs the role Administrator" in analyst.why_not_write
    assert "Uploading pictures as Acme Robotics needs the role Administrator" in analyst.why_not_upload
    bare = rights.on_page(["ADMINISTRATOR"], (), "Acme Robotics")
    assert "w_organization_social" in bare.why_not_upload
    assert "r_organization_social_feed" in bare.why_not_read
    assert "w_organization_social_feed" in bare.why_not_write


@pytest.mark.parametrize(
    ("why", "names"),
    [
        (rights.why_not_as_member, rights.WRITE_AS_MEMBER),
        (rights.why_no_upload_as_member, rights.UPLOAD_AS_MEMBER),
        (rights.why_no_pages, rights.ADMIN),
        (rights.why_no_followers, rights.FOLLOWERS),
    ],
)
def test_either_name_of_a_scope_is_enough(why: object, names: tuple[str, ...]) -> None:
    assert callable(why)
    assert names[0] in why([scope for scope in ALL if scope not in names])
    for name in names:
        assert why([name]) == ""


def test_every_scope_that_is_asked_for_is_explained() -> None:
    for name in ALL:
        words, without = rights.SCOPES[name]
        assert words and without.endswith(".")
