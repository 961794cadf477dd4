"""The sandbox turns requests away as LinkedIn does: version, protocol, token, size, quota, encoding."""

from __future__ import annotations

import json
from typing import Any

import pytest

from socialactions.sandbox.seeds.cast import ACME, ADA
from tests.contract.sandbox_face import Face, encoded, new_face, refusal


@pytest.fixture
def face() -> Face:
    return new_face()


def test_version_is_needed_on_rest_and_not_on_v2(face: Face) -> None:
    assert refusal(face.get("/rest/me", Linkedin_Version=None))[:2] == (400, "VERSION_MISSING")
    assert face.get("/v2/me", Linkedin_Version=None).status_code == 200


@pytest.mark.parametrize("version", ["202509", "202612", "209901"])
def test_inactive_version_is_426_with_the_day(face: Face, version: str) -> None:
    expected = (426, "NONEXISTENT_VERSION", f"Requested version {version}01 is not active")
    assert refusal(face.get("/rest/me", Linkedin_Version=version)) == expected


@pytest.mark.parametrize("version", ["2023", "v1", "20260901"])
def test_malformed_version_is_400(face: Face, version: str) -> None:
    assert face.get("/rest/me", Linkedin_Version=version).status_code == 400


def test_order_of_version_and_token_is_a_switch(face: Face) -> None:
    assert face.get("/rest/me", Linkedin_Version=None, Authorization=None).status_code == 400
    face.switch(gate_order="token, version")
    assert face.get("/rest/me", Linkedin_Version=None, Authorization=None).status_code == 401


@pytest.mark.parametrize(
    ("header", "code", "number"),
    [(None, "EMPTY_ACCESS_TOKEN", 401), ("Basic x", None, None), ("Bearer wrong", "INVALID_ACCESS_TOKEN", 65600)],
)
def test_tokens_that_are_none(face: Face, header: str | None, code: str | None, number: int | None) -> None:
    answer = face.get("/rest/me", Authorization=header)
    assert answer.status_code == 401
    assert (answer.json().get("code"), answer.json().get("serviceErrorCode")) == (code, number)


def test_expired_and_revoked_tokens(face: Face) -> None:
    face.post("/sandbox/control/tokens", {"member": "ada", "do": "expire"})
    assert face.get("/rest/me").json()["code"] == "EXPIRED_ACCESS_TOKEN"
    face.post("/sandbox/control/tokens", {"member": "ada", "do": "revoke"})
    assert refusal(face.get("/rest/me")) == (401, "REVOKED_ACCESS_TOKEN", "The token has been revoked")


def test_lists_need_protocol_2(face: Face) -> None:
    path = f"/rest/socialActions?ids=List({encoded(face.acme().urn)})"
    assert face.get(path).status_code == 200
    expected = (400, "", "Invalid query parameters passed to request")
    assert refusal(face.get(path, X_Restli_Protocol_Version=None)) == expected


@pytest.mark.parametrize(
    "query", ["ids=1&ids=2", "ids=List%281%29", "ids=List(1", "ids=List(urn:li:share:1)", "ids=(a"]
)
def test_wrong_lists_are_400(face: Face, query: str) -> None:
    assert refusal(face.get(f"/rest/socialActions?{query}")) == (
        400,
        "",
        "Invalid query parameters passed to request",
    )


@pytest.mark.parametrize(
    "segment", ["5", "urn%3Ali%3Aperson%3Aa", "urn%3Ali%3Ashare%3Aabc", "urn%3Ali%3Acomment%3A%281"]
)
def test_paths_that_name_nothing_of_an_accepted_kind(face: Face, segment: str) -> None:
    expected = (400, "", "Syntax exception in path variables")
    assert refusal(face.get(f"/rest/socialActions/{segment}")) == expected


def test_comment_urn_in_the_path_raw_or_encoded(face: Face) -> None:
    urn = face.world.comment_urn(face.first_comment())
    encoded_answer = face.get(face.comments_of(urn))
    assert encoded_answer.status_code == 200
    assert face.get(f"/rest/socialActions/{urn}/comments").json()["elements"] == encoded_answer.json()["elements"]


def test_reaction_key_encoded_as_a_whole(face: Face) -> None:
    key = f"(entity:{face.acme().urn})"
    assert face.get(f"/rest/reactions/{encoded(key)}?q=entity").status_code == 200


def test_raw_colon_inside_a_key_is_refused(face: Face) -> None:
    assert face.get(f"/rest/reactions/(entity:{face.acme().urn})?q=entity").status_code == 400


def test_tunnel_without_body_stands_for_the_get(face: Face) -> None:
    ids = f"ids=List({encoded(face.acme().urn)},{encoded(face.birch().urn)})"
    answer = face.session.post(
        f"{face.base}/rest/socialActions",
        data=ids,
        headers={
            **face.headers,
            "X-HTTP-Method-Override": "GET",
            "X-RestLi-Method": "BATCH_GET",
            "Content-Type": "application/x-www-form-urlencoded",
        },
    )
    assert answer.json() == face.get(f"/rest/socialActions?{ids}").json()
    assert face.world.requests["GET socialActions"] == 2


def test_tunnel_with_body_edits_a_comment(face: Face) -> None:
    made = face.write("Helo").json()
    body = json.dumps({"patch": {"message": {"$set": {"text": "Hello"}}}})
    parts = [
        ("application/x-www-form-urlencoded", f"actor={encoded(ACME)}"),
        ("application/json", body),
    ]
    whole = "".join(f"--xyz\r\nContent-Type: {kind}\r\n\r\n{text}\r\n" for kind, text in parts) + "--xyz--\r\n"
    answer = face.session.post(
        f"{face.base}{face.comments_of(face.acme().urn)}/{made['id']}",
        data=whole,
        headers={
            **face.headers,
            "X-HTTP-Method-Override": "POST",
            "X-RestLi-Method": "PARTIAL_UPDATE",
            "Content-Type": "multipart/mixed; boundary=xyz",
        },
    )
    assert (answer.status_code, answer.json()["message"]["text"]) == (200, "Hello")


def test_long_queries_are_414_unless_tunneled(face: Face) -> None:
    ids = ",".join(encoded(f"urn:li:share:{n}") for n in range(10**15, 10**15 + 150))
    assert face.get(f"/rest/socialActions?ids=List({ids})").status_code == 414
    answer = face.session.post(
        f"{face.base}/rest/socialActions",
        data=f"ids=List({ids})",
        headers={
            **face.headers,
            "X-HTTP-Method-Override": "GET",
            "Content-Type": "application/x-www-form-urlencoded",
        },
    )
    assert len(answer.json()["errors"]) == 150


def test_wrong_content_type_length_and_verb(face: Face) -> None:
    path = f"{face.base}{face.comments_of(face.acme().urn)}"
    plain = {**face.headers, "Content-Type": "text/plain"}
    assert face.session.post(path, data="{}", headers=plain).status_code == 415
    assert face.session.put(path, json={}, headers=face.headers).status_code == 405
    assert face.write("x" * 1_100_000).status_code == 413


def test_development_quota_per_member_ends_at_midnight_utc(face: Face) -> None:
    face.switch(tier="development")
    face.post("/sandbox/control/quota", {"member": "ada", "spent": 99})
    assert face.get("/rest/me").status_code == 200
    refused = face.get("/rest/me")
    assert refused.json()["code"] == "TOO_MANY_REQUESTS"
    assert "Retry-After" not in refused.headers
    face.clock.now_s = (face.clock.now_s // 86_400 + 1) * 86_400
    assert face.get("/rest/me").status_code == 200


def test_application_quota_meets_everybody(face: Face) -> None:
    face.switch(tier="development")
    face.post("/sandbox/control/quota", {"app": True, "spent": "all"})
    assert face.get("/rest/me").status_code == 429


def test_unknown_resource_is_404(face: Face) -> None:
    assert face.get("/rest/nothing").json()["code"] == "RESOURCE_NOT_FOUND"


def test_answers_carry_date_and_trace(face: Face) -> None:
    headers = face.get("/rest/me").headers
    assert headers["Date"] == "Wed, 18 Nov 2026 11:06:40 GMT"
    assert headers["x-li-uuid"] != face.get("/rest/me").headers["x-li-uuid"]


def test_fields_trim_the_top_level(face: Face) -> None:
    assert face.get("/rest/me?fields=id,vanityName").json() == {"id": ADA.rpartition(":")[2], "vanityName": "ada-berg"}


ODD: list[Any] = [
    None,
    True,
    -1,
    10**30,
    "",
    "\ud800",
    [],
    [[]],
    {},
    {"text": {}},
    {"a": [None]},
    "urn:li:comment:(a,b)",
]


@pytest.mark.parametrize("odd", ODD, ids=repr)
@pytest.mark.parametrize(
    ("path", "method"),
    [
        ("/rest/socialActions/{post}/comments", None),
        ("/rest/socialActions/{comment}/comments", None),
        ("/rest/socialActions/{post}/likes", None),
        ("/rest/reactions?actor=x", None),
        ("/rest/socialMetadata/{post}?actor=x", "PARTIAL_UPDATE"),
        ("/rest/posts", None),
        ("/rest/images?action=initializeUpload", None),
    ],
)
def test_no_body_is_too_odd_for_a_refusal(face: Face, path: str, method: str | None, odd: Any) -> None:
    comment = face.world.comment_urn(face.first_comment())
    where = path.format(post=encoded(face.acme().urn), comment=encoded(comment))
    usual = {"actor": ACME, "object": face.acme().urn, "message": {"text": "Hi"}}
    names = (
        "actor",
        "object",
        "message",
        "parentComment",
        "content",
        "root",
        "patch",
        "author",
        "initializeUploadRequest",
    )
    for body in ({**usual, name: odd} for name in names):
        answer = face.post(where, body, X_RestLi_Method=method)
        assert 400 <= answer.status_code < 500, answer.text
