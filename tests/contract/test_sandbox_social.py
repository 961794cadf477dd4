"""Comments, likes, reactions and figures answer as the reference prints them, each open point by its switch."""

from __future__ import annotations

from typing import Any

import pytest

from socialactions.sandbox.seeds.cast import ACME, ADA, BIRCH, BO, CY, stranger
from tests.contract.sandbox_face import Face, encoded, new_face, refusal

DENIED = "Not enough permissions to access: partnerApiSocialActions"


@pytest.fixture
def face() -> Face:
    return new_face()


def test_comment_is_created_with_its_headers(face: Face) -> None:
    answer = face.write("Thanks!")
    made = answer.json()
    assert answer.status_code == 201
    assert answer.headers["x-restli-id"] == made["id"]
    assert answer.headers["x-resourceidentity-urn"] == made["commentUrn"]
    assert made["commentUrn"] == f"urn:li:comment:({face.acme().activity},{made['id']})"
    assert (made["actor"], made["agent"], made["created"]["impersonator"]) == (ACME, ADA, ADA)
    assert made["likesSummary"]["totalLikes"] == 0
    assert "parentComment" not in made
    entry = face.world.ledger[-1]
    assert (entry.kind, entry.actor, entry.agent, entry.text, entry.urn) == (
        "comment",
        ACME,
        ADA,
        "Thanks!",
        made["commentUrn"],
    )


def test_reply_needs_its_parent_twice(face: Face) -> None:
    parent = face.world.comment_urn(face.first_comment())
    body: dict[str, Any] = {"actor": ACME, "object": face.acme().urn, "message": {"text": "Yes"}}
    assert refusal(face.post(face.comments_of(parent), body))[:2] == (400, "MISSING_FIELD")
    body["parentComment"] = parent
    answer = face.post(face.comments_of(parent), body)
    assert (answer.status_code, answer.json()["parentComment"]) == (201, parent)
    assert face.post(face.comments_of(face.acme().urn), body).status_code == 400
    assert face.world.ledger[-1].kind == "reply"


def test_reply_to_a_reply_joins_the_thread_or_is_422(face: Face) -> None:
    reply = face.world.comment_urn(face.world.comments[face.first_comment().replies[0]])
    body = {"actor": ACME, "object": face.acme().urn, "message": {"text": "Yes"}, "parentComment": reply}
    answer = face.post(face.comments_of(reply), body)
    assert answer.json()["parentComment"] == face.world.comment_urn(face.first_comment())
    face.switch(replies_to_reply=422)
    assert face.post(face.comments_of(reply), body).status_code == 422


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"actor": None}, 403, ""),
        ({"content": None}, 403, ""),
        ({"extra": 1}, 403, ""),
        ({"object": "urn:li:share:1"}, 400, "INVALID_VALUE_FOR_FIELD"),
        ({"actor": "urn:li:share:1"}, 400, "INVALID_URN_TYPE"),
        ({"message": {"text": "  "}}, 400, "INVALID_VALUE_BLANK_FIELD"),
        ({"message": {"text": "x" * 1251}}, 400, "FIELD_LENGTH_TOO_LONG"),
        ({"message": {"text": "x", "attributes": [{"start": 0, "length": 2}]}}, 400, "INVALID_VALUE_FOR_FIELD"),
        ({"message": {"text": "x", "attributes": [{"start": 0}]}}, 400, "MISSING_FIELD"),
        ({"actor": BIRCH.replace("1002", "2001")}, 403, "ACCESS_DENIED"),
        ({"actor": BO}, 403, "ACCESS_DENIED"),
    ],
)
def test_wrong_bodies_change_nothing(face: Face, change: dict[str, Any], status: int, code: str) -> None:
    body = {"actor": ACME, "object": face.acme().urn, "message": {"text": "Hi"}, **change}
    answer = face.post(face.comments_of(face.acme().urn), body)
    assert refusal(answer)[:2] == (status, code)
    assert face.world.ledger == []


def test_unpermitted_content_names_the_field(face: Face) -> None:
    assert refusal(face.write(content=None))[2] == (
        "Unpermitted fields present in REQUEST_BODY: Data Processing Exception while processing fields [/content]"
    )


def test_text_limit_can_be_lifted(face: Face) -> None:
    face.switch(text_limit="none")
    assert face.write("x" * 1251).status_code == 201


@pytest.mark.parametrize(("unit", "start"), [("utf16", 4), ("codepoint", 3)])
def test_mention_after_an_emoji_is_counted_by_the_switch(face: Face, unit: str, start: int) -> None:
    face.switch(index_unit=unit)
    text = "👋  Dana"
    span = {"start": start, "length": 4, "value": {"person": {"person": stranger("Dana")}}}
    answer = face.write(message={"text": text, "attributes": [span]})
    assert answer.status_code == 201
    assert answer.json()["message"]["attributes"] == [span]
    beyond = {**span, "start": start + 1}
    assert face.write(message={"text": text, "attributes": [beyond]}).status_code == 400
    overlapping = [span, {**span, "start": start + 1, "length": 2}]
    assert face.write(message={"text": text, "attributes": overlapping}).status_code == 400


def test_mention_of_nobody_is_refused(face: Face) -> None:
    span = {"start": 0, "length": 2, "value": {"person": {"person": "urn:li:person:nobody"}}}
    assert refusal(face.write(message={"text": "Hi", "attributes": [span]}))[1] == "INVALID_URN_ID"


def test_page_of_comments_with_paging_and_replies_preview(face: Face) -> None:
    found = face.get(face.comments_of(face.acme().urn) + "?count=1").json()
    comment = found["elements"][0]
    assert found["paging"] == {
        "start": 0,
        "count": 1,
        "total": 2,
        "links": [
            {
                "rel": "next",
                "href": face.comments_of(face.acme().urn) + "?count=1&start=1",
                "type": "application/json",
            }
        ],
    }
    assert comment["commentsSummary"]["totalFirstLevelComments"] == 2
    assert len(comment["commentsSummary"]["selectedComments"]) == 2
    assert "likesSummary" not in comment
    assert face.get(face.comments_of(face.acme().urn) + "?start=2").json()["elements"] == []


def test_order_is_a_switch(face: Face) -> None:
    ids = [one["id"] for one in face.get(face.comments_of(face.acme().urn)).json()["elements"]]
    face.switch(order="newest")
    assert [one["id"] for one in face.get(face.comments_of(face.acme().urn)).json()["elements"]] == ids[::-1]


def test_empty_list_is_404_or_200(face: Face) -> None:
    path = face.comments_of(face.acme(1).urn)
    assert refusal(face.get(path)) == (404, "NOT_FOUND", "Not Found")
    assert face.get(path.replace("comments", "likes")).status_code == 404
    face.switch(empty_list=200)
    assert face.get(path).json()["elements"] == []


def test_new_comments_can_be_listed_late(face: Face) -> None:
    face.switch(listing_lag_s=10)
    face.write()
    assert face.get(face.comments_of(face.acme().urn)).json()["paging"]["total"] == 2
    face.clock.now_s += 11
    assert face.get(face.comments_of(face.acme().urn)).json()["paging"]["total"] == 3


def test_each_comment_can_have_a_lag_of_its_own(face: Face) -> None:
    face.switch(listing_lag_s=60, listing_lag_varies="on")
    written = [face.write(f"number {n}").json()["id"] for n in range(40)]
    seen: list[int] = []
    for _ in range(7):
        listed = face.get(face.comments_of(face.acme().urn) + "?count=100").json()["elements"]
        ids = [one["id"] for one in listed]
        assert ids == sorted(ids, key=int)
        seen.append(len(set(ids) & set(written)))
        face.clock.now_s += 10
    assert seen[0] < 5
    assert seen == sorted(seen)
    assert 10 < seen[3] < 30
    assert seen[-1] == 40


def test_count_above_the_maximum_can_time_out(face: Face) -> None:
    assert face.get(face.comments_of(face.acme().urn) + "?count=200").status_code == 200
    face.switch(count_maximum=504)
    assert face.get(face.comments_of(face.acme().urn) + "?count=200").status_code == 504
    assert face.get(face.comments_of(face.acme().urn) + "?count=199").status_code == 200


def test_single_and_batch_of_comments(face: Face) -> None:
    comment = face.first_comment()
    path = face.comments_of(face.acme().urn)
    assert face.get(f"{path}/{comment.id}").json()["message"]["text"] == comment.text
    found = face.get(f"{path}?ids=List({comment.id},7)").json()
    assert found["results"][comment.id]["id"] == comment.id
    assert found["errors"]["7"]["status"] == 404


def test_summary_has_zeros_or_nothing(face: Face) -> None:
    path = f"/rest/socialActions/{encoded(face.acme(1).urn)}"
    found = face.get(path).json()
    assert (found["target"], found["likesSummary"]["totalLikes"]) == (face.acme(1).urn, 0)
    assert found["commentsSummary"]["commentsState"] == "OPEN"
    face.switch(summary="omitted")
    assert face.get(path).json() == {}
    assert face.get(path.replace("rest", "v2")).json() == {}


def test_batch_summary_keeps_the_names_asked_for(face: Face) -> None:
    names = [face.acme().urn, face.acme().activity, "urn:li:share:1"]
    path = f"/rest/socialActions?ids=List({','.join(map(encoded, names))})"
    found = face.get(path).json()
    assert set(found["results"]) == set(names[:2])
    assert found["results"][names[0]]["commentsSummary"]["aggregatedTotalComments"] == 4
    assert found["errors"][names[2]]["status"] == 404
    face.switch(answer_alias="activity")
    assert face.get(path).json()["results"][names[0]]["target"] == face.acme().activity
    face.switch(batch_get="off")
    assert face.get(path).status_code == 403


def test_both_aliases_have_different_digits_and_name_the_same_thread(face: Face) -> None:
    post = face.acme()
    assert post.urn.rpartition(":")[2] != post.activity.rpartition(":")[2]
    by_share = f"urn:li:comment:({post.urn},{face.first_comment().id})"
    assert face.get(face.comments_of(by_share)).status_code == 200


def test_edit_answers_with_the_comment_or_nothing(face: Face) -> None:
    made = face.write("Helo").json()
    path = f"{face.comments_of(face.acme().urn)}/{made['id']}?actor={encoded(ACME)}"
    body = {"patch": {"message": {"$set": {"text": "Hello"}}}}
    face.clock.now_s += 60
    answer = face.post(path, body, X_RestLi_Method="PARTIAL_UPDATE")
    assert answer.json()["lastModified"]["time"] > answer.json()["created"]["time"]
    assert answer.headers["x-resourceidentity-urn"] == made["commentUrn"]
    face.switch(edit_answer=204)
    assert face.post(path, body, X_RestLi_Method="PARTIAL_UPDATE").status_code == 204
    pointers = {"patch": {"$set": {"object": "x"}}}
    assert face.post(path, pointers, X_RestLi_Method="PARTIAL_UPDATE").status_code == 403


def test_only_own_comments_can_be_edited(face: Face) -> None:
    path = f"{face.comments_of(face.acme().urn)}/{face.first_comment().id}?actor={encoded(ACME)}"
    body = {"patch": {"message": {"$set": {"text": "Mine"}}}}
    expected = (403, "ACCESS_DENIED", f"{DENIED}.PARTIAL_UPDATE.20260901")
    assert refusal(face.post(path, body, X_RestLi_Method="PARTIAL_UPDATE")) == expected


def test_page_deletes_a_strangers_comment_with_its_replies(face: Face) -> None:
    path = f"{face.comments_of(face.acme().urn)}/{face.first_comment().id}"
    assert face.delete(path).status_code == 403
    assert face.delete(f"{path}?actor={encoded(ACME)}").status_code == 204
    assert face.delete(f"{path}?actor={encoded(ACME)}").status_code == 404
    assert len(face.acme().comments) == 1
    assert len([one for one in face.world.comments.values() if one.post == face.acme().urn]) == 1


def test_member_deletes_own_comment_only(face: Face) -> None:
    made = face.write(actor=ADA).json()
    assert face.delete(f"{face.comments_of(face.acme().urn)}/{made['id']}").status_code == 204


def test_like_of_a_comment_names_the_post_as_object(face: Face) -> None:
    urn = face.world.comment_urn(face.first_comment())
    path = f"/rest/socialActions/{encoded(urn)}/likes"
    body = {"actor": ACME, "object": face.acme().urn}
    answer = face.post(path, body)
    assert (answer.status_code, answer.json()["id"]) == (201, f"urn:li:like:({ACME},{urn})")
    assert face.post(path, body).status_code == 409
    face.switch(double_like=201)
    assert face.post(path, body).status_code == 201
    assert [entry.kind for entry in face.world.ledger] == ["like"]
    own = f"{path}/{encoded(ACME)}"
    assert refusal(face.delete(own))[:2] == (400, "MISSING_FIELD")
    assert face.delete(f"{own}?actor={encoded(ACME)}").status_code == 204
    assert face.delete(f"{own}?actor={encoded(ACME)}").status_code == 404


def test_reactions_are_a_superset_of_likes(face: Face) -> None:
    post = face.acme()
    path = f"/rest/reactions?actor={encoded(ACME)}"
    assert face.post(path, {"root": post.urn, "reactionType": "MAYBE"}).status_code == 400
    answer = face.post(path, {"root": post.urn, "reactionType": "EMPATHY"})
    assert (answer.status_code, answer.json()["root"]) == (201, post.urn)
    assert face.post(path, {"root": post.activity, "reactionType": "PRAISE"}).status_code == 201
    found = face.get(f"/rest/reactions/(entity:{encoded(post.urn)})?q=entity&sort=(value:REVERSE_CHRONOLOGICAL)").json()
    assert [one["reactionType"] for one in found["elements"]] == ["PRAISE", "LIKE"]
    assert face.get(f"/rest/socialActions/{encoded(post.urn)}/likes").json()["paging"]["total"] == 1
    figures = face.get(f"/rest/socialMetadata/{encoded(post.urn)}").json()
    assert figures["reactionSummaries"]["PRAISE"] == {"reactionType": "PRAISE", "count": 1}
    key = f"(actor:{encoded(ACME)},entity:{encoded(post.urn)})"
    assert list(face.get(f"/rest/reactions?ids=List({key})").json()["results"]) == [key]
    assert face.delete(f"/rest/reactions/{key}").status_code == 204
    assert face.delete(f"/rest/reactions/{key}").status_code == 404


def test_closing_comments_removes_them_all(face: Face) -> None:
    path = f"/rest/socialMetadata/{encoded(face.acme().urn)}?actor={encoded(ACME)}"
    body = {"patch": {"$set": {"commentsState": "CLOSED"}}}
    answer = face.post(path, body, X_RestLi_Method="PARTIAL_UPDATE")
    assert (answer.status_code, answer.json()["commentSummary"]["count"]) == (202, 0)
    assert face.write().status_code == 403
    body["patch"]["$set"]["commentsState"] = "OPEN"
    assert face.post(path, body, X_RestLi_Method="PARTIAL_UPDATE").status_code == 202
    assert face.acme().comments == []
    assert [(one.kind, one.text) for one in face.world.ledger] == [("close", "4 comments removed"), ("open", "")]


def test_comments_are_throttled_by_the_minute(face: Face) -> None:
    face.switch(comments_per_minute=2)
    assert [face.write().status_code for _ in range(3)] == [201, 201, 429]
    assert face.write().json()["message"] == "Comment create throttled: creation rate limit exceeded for member"
    face.clock.now_s += 61
    assert face.write().status_code == 201


READ, WRITE = "r_organization_social_feed", "w_organization_social_feed"


@pytest.mark.parametrize(
    ("role", "may_read", "may_write", "may_list_posts"),
    [
        ("ADMINISTRATOR", True, True, True),
        ("DIRECT_SPONSORED_CONTENT_POSTER", True, True, True),
        ("RECRUITING_POSTER", False, True, False),
        ("CONTENT_ADMINISTRATOR", False, False, True),
        ("ANALYST", False, False, False),
        (None, False, False, False),
    ],
)
def test_what_each_role_may_do(
    face: Face, role: str | None, may_read: bool, may_write: bool, may_list_posts: bool
) -> None:
    face.world.set_role(CY.rpartition(":")[2], "1001", role)
    face.be(CY)
    assert face.get(face.comments_of(face.acme().urn)).status_code == (200 if may_read else 403)
    assert face.write().status_code == (201 if may_write else 403)
    posts = face.get(f"/rest/posts?q=author&author={encoded(ACME)}")
    assert posts.status_code == (200 if may_list_posts else 403)


def test_a_recruiting_poster_is_refused_comments_or_shown_none(face: Face) -> None:
    address = face.comments_of(face.acme().urn)
    face.world.set_role(CY.rpartition(":")[2], "1001", "RECRUITING_POSTER")
    face.be(CY)
    face.switch(recruiting_poster_reads="empty")
    shown = face.get(address)
    assert (shown.status_code, shown.json()["elements"], shown.json()["paging"]["total"]) == (200, [], 0)
    summary = face.get(address.removesuffix("/comments"))
    assert summary.status_code == 200 and "commentsSummary" not in summary.json()
    face.switch(recruiting_poster_reads="refuse")
    assert face.get(address).status_code == 403


@pytest.mark.parametrize(
    ("scopes", "may_read", "may_write", "may_write_as_self"),
    [
        ((READ,), True, False, False),
        (("r_organization_social",), True, False, False),
        ((WRITE,), False, True, False),
        (("w_organization_social",), False, True, False),
        (("w_member_social_feed",), False, False, True),
        (("w_member_social",), False, False, True),
        (("r_basicprofile",), False, False, False),
    ],
)
def test_what_each_scope_allows(
    face: Face, scopes: tuple[str, ...], may_read: bool, may_write: bool, may_write_as_self: bool
) -> None:
    face.be(ADA, scopes)
    read = face.get(face.comments_of(face.acme().urn))
    assert read.status_code == (200 if may_read else 403)
    if not may_read:
        assert read.json()["message"] == f"{DENIED}.GET_ALL.20260901"
        assert read.json()["serviceErrorCode"] == 100
    assert face.write().status_code == (201 if may_write else 403)
    assert face.write(actor=ADA).status_code == (201 if may_write_as_self else 403)


def test_v2_shapes(face: Face) -> None:
    face.headers.pop("Linkedin-Version")
    face.headers.pop("X-Restli-Protocol-Version")
    post = face.acme()
    union = "com.linkedin.adsexternalapi.social.PersonAttributedEntity"
    span = {"start": 0, "length": 4, "value": {union: {"member": stranger("Dana")}}}
    body = {"actor": ACME, "object": post.activity, "message": {"text": "Dana?", "attributes": [span]}}
    made = face.post(f"/v2/socialActions/{encoded(post.urn)}/comments", body)
    assert made.status_code == 201
    found = made.json()
    assert found["$URN"] == f"urn:li:comment:({post.activity},{found['id']})"
    assert found["message"]["attributes"] == [span]
    assert "commentUrn" not in found
    summary = face.get(f"/v2/socialActions?ids={encoded(post.urn)}&ids={encoded(face.birch().urn)}").json()
    assert summary["results"][post.urn]["target"] == post.activity
    assert "commentsState" not in summary["results"][post.urn]["commentsSummary"]


def test_v2_decoration_brings_commenters(face: Face) -> None:
    projection = "projection=(elements(*(*,actor~(*,profilePicture(displayImage~:playableStreams)))))"
    path = f"/v2/socialActions/{encoded(face.acme().urn)}/comments?{projection}"
    profile = face.get(path).json()["elements"][0]["actor~"]
    assert profile["localizedFirstName"] == "Dana"
    link = profile["profilePicture"]["displayImage~"]["elements"][0]["identifiers"][0]["identifier"]
    assert face.session.get(link).headers["Content-Type"] == "image/svg+xml"
    face.switch(partner_access="off")
    assert face.get(path).json()["elements"][0]["actor!"]["status"] == 404
