"""Posts, pictures, Pages, people and notifications answer as the reference prints them."""

from __future__ import annotations

from typing import Any

import pytest

from socialactions.sandbox.seeds import build
from socialactions.sandbox.seeds.cast import ACME, ADA, BIRCH, BO, CY, PRIVATE, stranger
from socialactions.sandbox.switches import ALL_SCOPES
from tests.contract.sandbox_face import Face, encoded, new_face, refusal

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40


@pytest.fixture
def face() -> Face:
    return new_face()


def test_posts_finder_is_newest_first_with_short_pages(face: Face) -> None:
    build.add_post(face.world, ACME, "Draft", age_s=1, lifecycle="DRAFT")
    path = f"/rest/posts?q=author&author={encoded(ACME)}&count=2&sortBy=CREATED"
    found = face.get(path).json()
    assert [post["id"] for post in found["elements"]] == [face.acme(1).urn]
    assert found["paging"]["links"][0]["rel"] == "next"
    assert len(face.get(path + "&viewContext=AUTHOR").json()["elements"]) == 2


def test_posts_by_urn_alone_and_in_batch(face: Face) -> None:
    post = face.acme()
    assert face.get(f"/rest/posts/{encoded(post.urn)}").json()["commentary"] == post.commentary
    assert face.get(f"/rest/posts/{encoded(post.activity)}").status_code == 400
    found = face.get(f"/rest/posts?ids=List({encoded(post.urn)},{encoded('urn:li:share:1')})").json()
    assert list(found["results"]) == [post.urn]
    assert found["errors"]["urn:li:share:1"]["status"] == 404


def test_posts_of_a_member_need_member_permissions(face: Face) -> None:
    answer = face.get(f"/rest/posts?q=author&author={encoded(BO)}")
    assert refusal(answer) == (400, "", "Member permissions must be used when using member as author")


def test_post_create_edit_delete(face: Face) -> None:
    body = {
        "author": ACME,
        "commentary": "New",
        "visibility": "PUBLIC",
        "distribution": {"feedDistribution": "MAIN_FEED"},
        "lifecycleState": "PUBLISHED",
    }
    made = face.post("/rest/posts", body)
    assert (made.status_code, made.content) == (201, b"")
    urn = made.headers["x-restli-id"]
    assert refusal(face.post("/rest/posts", body)) == (
        422,
        "UNPROCESSABLE_ENTITY",
        f"Content is a duplicate of {urn}",
    )
    patch = {"patch": {"$set": {"commentary": "Newer"}}}
    path = f"/rest/posts/{encoded(urn)}"
    assert face.post(path, patch, X_RestLi_Method="PARTIAL_UPDATE").status_code == 204
    wrong = face.post(path, {"patch": {"$set": {"author": BIRCH}}}, X_RestLi_Method="PARTIAL_UPDATE")
    assert "[/patch/$set/author]" in wrong.json()["message"]
    assert [face.delete(path).status_code for _ in range(2)] == [204, 204]
    assert face.get(path).status_code == 404


def upload(face: Face, owner: str = ACME, content: bytes = PNG) -> str:
    wish = {"initializeUploadRequest": {"owner": owner}}
    value = face.post("/rest/images?action=initializeUpload", wish).json()["value"]
    sent = face.session.put(value["uploadUrl"], data=content, headers={"Authorization": face.headers["Authorization"]})
    assert (sent.status_code, sent.content) == (201, b"")
    image: str = value["image"]
    return image


def status(face: Face, image: str) -> dict[str, Any]:
    found: dict[str, Any] = face.get(f"/rest/images/{encoded(image)}").json()
    return found


def test_picture_becomes_available_in_time_and_hangs_on_a_comment(face: Face) -> None:
    face.switch(image_processing_s=2)
    image = upload(face)
    assert status(face, image)["status"] == "PROCESSING"
    content = [{"entity": {"image": image}}]
    assert face.write(content=content).status_code == 400
    face.clock.now_s += 3
    found = status(face, image)
    assert found["status"] == "AVAILABLE"
    assert face.session.get(found["downloadUrl"]).content == PNG
    made = face.write(content=content)
    assert made.json()["content"][0]["entity"] == {"image": image}
    assert face.session.get(made.json()["content"][0]["url"]).headers["Content-Type"] == "image/png"
    assert [entry.kind for entry in face.world.ledger] == ["upload", "comment"]


def test_links_to_pictures_end(face: Face) -> None:
    url = status(face, upload(face))["downloadUrl"]
    face.clock.now_s += 8 * 86_400
    assert face.session.get(url).status_code == 403


def test_picture_in_a_reply_is_refused(face: Face) -> None:
    parent = face.world.comment_urn(face.first_comment())
    body = {
        "actor": ACME,
        "object": face.acme().urn,
        "message": {"text": "x"},
        "parentComment": parent,
        "content": [{"entity": {"image": upload(face)}}],
    }
    answer = face.post(face.comments_of(parent), body)
    assert answer.status_code == 403
    assert answer.json()["message"].endswith("processing fields [/content]")


def test_picture_of_another_owner_or_none(face: Face) -> None:
    other = upload(face, BIRCH)
    assert refusal(face.write(content=[{"entity": {"image": other}}]))[1] == "INVALID_IMAGE_ID"
    broken = upload(face, content=b"<svg/>")
    assert status(face, broken)["status"] == "PROCESSING_FAILED"
    assert refusal(face.write(content=[{"entity": {"image": broken}}]))[1] == "MEDIA_ASSET_PROCESSING_FAILED"


def test_upload_address_ends_and_wants_a_token(face: Face) -> None:
    wish = {"initializeUploadRequest": {"owner": ACME}}
    value = face.post("/rest/images?action=initializeUpload", wish).json()["value"]
    assert face.session.put(value["uploadUrl"], data=PNG).status_code == 401
    assert status(face, value["image"])["status"] == "WAITING_UPLOAD"
    face.clock.now_s += 3601
    late = face.session.put(value["uploadUrl"], data=PNG, headers={"Authorization": face.headers["Authorization"]})
    assert late.json()["code"] == "EXPIRED_UPLOAD_URL"


def test_pictures_need_their_scopes_and_roles(face: Face) -> None:
    face.be(BO)
    wish = {"initializeUploadRequest": {"owner": ACME}}
    assert face.post("/rest/images?action=initializeUpload", wish).status_code == 403
    face.be(ADA, ("w_member_social",))
    image = upload(face, ADA)
    assert face.get(f"/rest/images/{encoded(image)}").json() == {
        "status": 403,
        "message": "Accessing this image resource is forbidden. Please check your permissions for this resource",
    }


def test_roles_under_either_name(face: Face) -> None:
    path = "/rest/organizationAcls?q=roleAssignee&role=ADMINISTRATOR&state=APPROVED"
    assert [one["organization"] for one in face.get(path).json()["elements"]] == [ACME, BIRCH]
    face.switch(acl_field="organizationTarget")
    assert face.get(path).json()["elements"][0]["organizationTarget"] == ACME
    face.be(BO)
    assert face.get(path).json()["elements"] == []
    everybody = f"/rest/organizationAcls?q=organization&organization={encoded(BIRCH)}"
    assert face.get(everybody).status_code == 403
    face.be(ADA, ("r_organization_social",))
    assert refusal(face.get(path))[2] == "Not enough permissions to access: organizationAcls.FINDER.20260901"


def test_page_details_for_administrators_and_others(face: Face) -> None:
    full = face.get("/rest/organizations/1001").json()
    assert full["localizedDescription"]
    others = face.get("/rest/organizations/2001").json()
    assert others["localizedName"] == "Kestrel Logistics"
    assert "localizedDescription" not in others
    assert face.get("/rest/organizations/9").status_code == 404
    found = face.get("/rest/organizationsLookup?ids=List(1001,9)").json()
    assert (list(found["results"]), found["statuses"]) == (["1001"], {"9": 404, "1001": 200})
    vanity = face.get("/rest/organizations?q=vanityName&vanityName=kestrel-logistics").json()
    assert [one["id"] for one in vanity["elements"]] == [2001]


def test_logo_of_a_page_can_be_fetched(face: Face) -> None:
    asset = face.get("/rest/organizations/1001").json()["logoV2"]["cropped"]
    url = status(face, asset.replace("digitalmediaAsset", "image"))["downloadUrl"]
    assert b"<svg" in face.session.get(url).content


def test_people_one_many_private_foreign_and_not_allowed(face: Face) -> None:
    def path(urn: str) -> str:
        return f"(id:{urn.rpartition(':')[2]})"

    dana = stranger("Dana")
    assert face.get(f"/rest/people/{path(dana)}").json()["localizedLastName"] == "Whitlock"
    assert face.get(f"/rest/people/{path(PRIVATE)}").json() == {"id": "private"}
    assert face.get("/rest/people/(id:foreign)").status_code == 404
    found = face.get(f"/rest/people?ids=List({path(dana)},(id:foreign))").json()
    assert list(found["results"]) == [path(dana)]
    assert found["errors"]["(id:foreign)"]["status"] == 404
    face.switch(partner_access="off")
    assert face.get(f"/rest/people/{path(dana)}").status_code == 403


@pytest.mark.parametrize(
    ("keywords", "expected"),
    [("dana", ["Dana"]), ("whit", ["Dana"]), ("da", 400), ("dan3", 400), ("a b", 400), ("Dana%20Whit", ["Dana"])],
)
def test_typeahead_rules(face: Face, keywords: str, expected: list[str] | int) -> None:
    query = f"q=organizationFollowers&organization={encoded(ACME)}&keywords={keywords}"
    answer = face.get(f"/rest/peopleTypeahead?{query}")
    if isinstance(expected, int):
        assert answer.status_code == expected
    else:
        assert [one["firstName"] for one in answer.json()["elements"]] == expected


def test_lookups_need_scope_and_role(face: Face) -> None:
    query = f"q=organizationFollowers&organization={encoded(ACME)}&keywords=dana"
    face.be(ADA, tuple(scope for scope in ALL_SCOPES if scope != "r_organization_followers"))
    assert face.get(f"/rest/peopleTypeahead?{query}").status_code == 403
    face.be(CY)
    assert face.get(f"/rest/peopleTypeahead?{query}").status_code == 403


def test_vanity_address(face: Face) -> None:
    def path(name: str) -> str:
        url = encoded(f"https://www.linkedin.com/in/{name}/")
        return f"/rest/vanityUrl?q=vanityUrlAsOrganization&vanityUrl={url}&organization={encoded(ACME)}"

    assert face.get(path("dana-whitlock")).json()["elements"] == [{"member": stranger("Dana")}]
    assert face.get(path("nobody")).status_code == 404


def test_notifications_of_a_page(face: Face) -> None:
    face.post("/sandbox/control/comments", {"post": face.acme().urn, "author": "Dana", "text": "Hello?"})
    made = face.write("Hello!").json()
    path = f"/rest/organizationalEntityNotifications?q=criteria&organizationalEntity={encoded(ACME)}"
    found = face.get(f"{path}&actions=List(COMMENT,ADMIN_COMMENT)").json()["elements"]
    assert [one["action"] for one in found] == ["ADMIN_COMMENT", "COMMENT"]
    assert (found[0]["sourcePost"], found[0]["generatedActivity"]) == (face.acme().activity, made["commentUrn"])
    later = int(face.clock.now_s * 1000) + 1
    ranged = f"{path}&actions=List(COMMENT)&timeRange=(start:{later},end:{later + 9})"
    assert face.get(ranged).json()["elements"] == []
    face.clock.now_s += 61 * 86_400
    face.be(ADA)
    assert face.get(f"{path}&actions=List(COMMENT)").json()["elements"] == []
