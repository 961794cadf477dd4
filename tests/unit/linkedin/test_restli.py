"""Rest.li's spelling: every worked example, reading back, reduced keys, and queries too long for an address."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from socialactions.linkedin import restli
from socialactions.linkedin.urns import Urn

U = Urn.parse
ON_ACTIVITY = U("urn:li:comment:(urn:li:activity:1,2)")
ON_UGC = U("urn:li:comment:(urn:li:ugcPost:7096760097833439232,7102976128625123328)")

EXAMPLES: list[tuple[restli.Value, str]] = [
    (U("urn:li:share:123"), "urn%3Ali%3Ashare%3A123"),
    (U("urn:li:ugcPost:7096760097833439232"), "urn%3Ali%3AugcPost%3A7096760097833439232"),
    (ON_ACTIVITY, "urn%3Ali%3Acomment%3A%28urn%3Ali%3Aactivity%3A1%2C2%29"),
    (ON_UGC, "urn%3Ali%3Acomment%3A%28urn%3Ali%3AugcPost%3A7096760097833439232%2C7102976128625123328%29"),
    (
        U("urn:li:like:(urn:li:person:a_B,urn:li:share:9)"),
        "urn%3Ali%3Alike%3A%28urn%3Ali%3Aperson%3Aa_B%2Curn%3Ali%3Ashare%3A9%29",
    ),
    (
        U("urn:li:like:(urn:li:person:a,urn:li:comment:(urn:li:activity:1,2))"),
        "urn%3Ali%3Alike%3A%28urn%3Ali%3Aperson%3Aa%2Curn%3Ali%3Acomment%3A%28urn%3Ali%3Aactivity%3A1%2C2%29%29",
    ),
    (U("urn:li:person:_74NULPy7d"), "urn%3Ali%3Aperson%3A_74NULPy7d"),
    (U("urn:li:organization:79988552"), "urn%3Ali%3Aorganization%3A79988552"),
    ([U("urn:li:share:1"), U("urn:li:ugcPost:2")], "List(urn%3Ali%3Ashare%3A1,urn%3Ali%3AugcPost%3A2)"),
    (
        [ON_ACTIVITY, U("urn:li:share:9")],
        "List(urn%3Ali%3Acomment%3A%28urn%3Ali%3Aactivity%3A1%2C2%29,urn%3Ali%3Ashare%3A9)",
    ),
    ([ON_ACTIVITY], "List(urn%3Ali%3Acomment%3A%28urn%3Ali%3Aactivity%3A1%2C2%29)"),
    (["7061795051579785216", "7061795017773699072"], "List(7061795051579785216,7061795017773699072)"),
    (
        {"actor": U("urn:li:organization:5"), "entity": U("urn:li:share:9")},
        "(actor:urn%3Ali%3Aorganization%3A5,entity:urn%3Ali%3Ashare%3A9)",
    ),
    (
        {"actor": U("urn:li:person:abc"), "entity": ON_ACTIVITY},
        "(actor:urn%3Ali%3Aperson%3Aabc,entity:urn%3Ali%3Acomment%3A%28urn%3Ali%3Aactivity%3A1%2C2%29)",
    ),
    (
        [{"actor": U("urn:li:person:abc"), "entity": U("urn:li:share:9")}],
        "List((actor:urn%3Ali%3Aperson%3Aabc,entity:urn%3Ali%3Ashare%3A9))",
    ),
    ({"entity": U("urn:li:activity:9")}, "(entity:urn%3Ali%3Aactivity%3A9)"),
    ({"value": "REVERSE_CHRONOLOGICAL"}, "(value:REVERSE_CHRONOLOGICAL)"),
    ({"id": "A8xe03Qt10"}, "(id:A8xe03Qt10)"),
    ([{"id": "a1"}, {"id": "b2"}], "List((id:a1),(id:b2))"),
    ({"start": 1700000000000, "end": 1700600000000}, "(start:1700000000000,end:1700600000000)"),
    (
        {"timeRange": {"start": 1, "end": 2}, "timeGranularityType": "DAY"},
        "(timeRange:(start:1,end:2),timeGranularityType:DAY)",
    ),
    (["COMMENT", "SHARE_MENTION"], "List(COMMENT,SHARE_MENTION)"),
    (
        {
            "developerApplication": U("urn:li:developerApplication:42"),
            "user": U("urn:li:person:abc"),
            "entity": U("urn:li:organization:5"),
            "eventType": "ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS",
        },
        "(developerApplication:urn%3Ali%3AdeveloperApplication%3A42,user:urn%3Ali%3Aperson%3Aabc,"
        "entity:urn%3Ali%3Aorganization%3A5,eventType:ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS)",
    ),
    ("", "''"),
    ([], "List()"),
    ([""], "List('')"),
    ({"": ""}, "('':'')"),
    ({}, "()"),
    ("a b", "a%20b"),
    ("50%", "50%25"),
    ("a+b&c=d", "a%2Bb%26c%3Dd"),
    ("O'Neil (Ltd), Zoë: x", "O%27Neil%20%28Ltd%29%2C%20Zo%C3%AB%3A%20x"),
    ("\U0001f600", "%F0%9F%98%80"),
    ("https://www.linkedin.com/in/jane-doe/", "https%3A%2F%2Fwww.linkedin.com%2Fin%2Fjane-doe%2F"),
    ({"k1": "v1", "k2": [1, 2], "k3": {"n": "x,y"}}, "(k1:v1,k2:List(1,2),k3:(n:x%2Cy))"),
    ([{"k1": "v1"}, ["v2", " t?':,*!"]], "List((k1:v1),List(v2,%20t%3F%27%3A%2C%2A%21))"),
    (True, "true"),
    (12.5, "12.5"),
]

VALUES = st.recursive(
    st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize(("value", "encoded"), EXAMPLES, ids=range(1, len(EXAMPLES) + 1))
def test_each_documented_example_is_spelled_as_printed(value: restli.Value, encoded: str) -> None:
    assert restli.encode(value) == encoded


def test_all_documented_examples_are_here() -> None:
    assert len(EXAMPLES) == 38


@given(VALUES)
def test_what_is_encoded_reads_back(value: restli.Value) -> None:
    assert restli.decode(restli.encode(value)) == value


@given(VALUES)
def test_encoding_leaves_nothing_that_a_query_could_mistake(value: restli.Value) -> None:
    assert not set(restli.encode(value)) & set(" &=+#?/\"'<>") - {"'"}


@given(
    st.recursive(
        st.text(st.characters(exclude_characters="%"), max_size=20), lambda x: st.lists(x, max_size=4), max_leaves=8
    )
)
def test_reduced_keys_read_back(value: restli.Value) -> None:
    """Reduced encoding leaves "%" alone, so only text without it is sure to come back."""
    assert restli.decode_reduced(restli.reduced(value)) == value


@pytest.mark.parametrize(
    ("value", "key"),
    [
        (
            {"actor": U("urn:li:organization:5"), "entity": U("urn:li:share:9")},
            "(actor:urn%3Ali%3Aorganization%3A5,entity:urn%3Ali%3Ashare%3A9)",
        ),
        ({"name": "O'Neil (Ltd), Zoë: x"}, "(name:O%27Neil %28Ltd%29%2C Zoë%3A x)"),
    ],
)
def test_reduced_encoding_escapes_only_what_is_syntax(value: restli.Value, key: str) -> None:
    assert restli.reduced(value) == key


@pytest.mark.parametrize("text", ["List(", "List(a", "(a)", "(a:b", "a,b", "List(a))", "(a:b)c", "(a:(b)"])
def test_broken_syntax_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        restli.decode(text)


HEADERS = restli.headers("secret", "202609")


def test_every_call_carries_token_version_and_protocol() -> None:
    assert HEADERS["Authorization"] == "Bearer secret"
    assert HEADERS["Linkedin-Version"] == "202609"
    assert HEADERS["X-Restli-Protocol-Version"] == "2.0.0"


def test_a_query_of_4000_characters_stays_in_the_address() -> None:
    request = restli.prepare("GET", "https://x/rest/posts", headers=HEADERS, query="q=" + "a" * 3998)
    assert (request.verb, request.body) == ("GET", None)
    assert request.url.endswith("a")


def test_a_longer_query_travels_in_the_body() -> None:
    ids = restli.query(ids=[Urn("ugcPost", str(7_000_000_000_000_000_000 + n)) for n in range(120)])
    request = restli.prepare("GET", "https://x/rest/socialActions", headers=HEADERS, query=ids, method="BATCH_GET")
    assert (request.verb, request.url) == ("POST", "https://x/rest/socialActions")
    assert request.headers["X-HTTP-Method-Override"] == "GET"
    assert request.headers["X-RestLi-Method"] == "BATCH_GET"
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert request.body == ids.encode()
    assert request.headers["Content-Length"] == str(len(ids))
    assert not request.is_write


def test_a_longer_query_beside_a_body_travels_as_two_parts() -> None:
    query, body = "actor=" + "a" * 4000, {"patch": {"message": {"$set": {"text": "Grüße\n--\r\n"}}}}
    request = restli.prepare("PUT", "https://x/rest/a", headers=HEADERS, query=query, body=body)
    assert (request.verb, request.url, request.headers["X-HTTP-Method-Override"]) == ("POST", "https://x/rest/a", "PUT")
    kind, _, boundary = request.headers["Content-Type"].partition("; boundary=")
    assert kind == "multipart/mixed"
    assert request.body is not None
    nothing, first, second, end = request.body.split(b"--" + boundary.encode())
    assert (nothing, end) == (b"", b"--\r\n")
    assert first == b"\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\n" + query.encode() + b"\r\n"
    head, _, content = second.partition(b"\r\n\r\n")
    assert head == b"\r\nContent-Type: application/json"
    assert json.loads(content) == body
    assert request.is_write


def test_an_empty_write_says_its_length() -> None:
    assert restli.prepare("DELETE", "https://x/rest/a", headers=HEADERS).headers["Content-Length"] == "0"


def test_a_request_shows_no_token() -> None:
    assert "secret" not in repr(restli.prepare("GET", "https://x/rest/a", headers=HEADERS))


@pytest.mark.parametrize(
    ("url", "resource"),
    [
        ("https://api.linkedin.com/rest/socialActions/urn%3Ali%3Ashare%3A9/comments/7102", "socialActions.comments"),
        ("http://127.0.0.1:8100/rest/reactions/(entity:urn%3Ali%3Aactivity%3A9)?q=entity", "reactions"),
        ("/me", "me"),
    ],
)
def test_the_resource_is_named_without_ids(url: str, resource: str) -> None:
    assert restli.resource_of(url) == resource
