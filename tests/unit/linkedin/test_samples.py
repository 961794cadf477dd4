"""Every JSON sample of LinkedIn's page "Network update social actions" is read: answers by the payloads, requests by
comparing them with what the client sends. Samples stand as printed; `repairs.json` lists what is not JSON in them.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import responses
from requests import Session

from socialactions.linkedin import legacy, payloads
from socialactions.linkedin.client import LinkedIn
from socialactions.linkedin.payloads import Attribute, Comment
from socialactions.linkedin.urns import Urn

FOLDER = Path(__file__).parents[2] / "samples" / "network-update"
NAMES = sorted(path.stem for path in FOLDER.glob("*.txt"))
REPAIRS: list[dict[str, str]] = json.loads((FOLDER / "repairs.json").read_text())
API = "https://api.linkedin.com"
CREATED = json.dumps({
    "id": "7", "commentUrn": "urn:li:comment:(urn:li:activity:1,7)", "actor": "urn:li:organization:1",
    "object": "urn:li:activity:1", "message": {"text": "x"}, "created": {"time": 1}, "lastModified": {"time": 1},
})  # fmt: skip


def text_of(name: str) -> str:
    text = (FOLDER / f"{name}.txt").read_text()
    for repair in REPAIRS:
        if repair["sample"] == name:
            assert text.count(repair["was"]) == 1
            text = text.replace(repair["was"], repair["now"])
    return text


def sample(number: int) -> Any:
    (name,) = (name for name in NAMES if name.startswith(f"{number:02d}-"))
    return json.loads(text_of(name))


def test_all_33_samples_are_here() -> None:
    assert [int(name[:2]) for name in NAMES] == list(range(1, 34))


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_is_repaired_only_where_it_is_not_usable(name: str) -> None:
    json.loads(text_of(name))
    if any(repair["sample"] == name for repair in REPAIRS):
        with pytest.raises(ValueError):
            json.loads((FOLDER / f"{name}.txt").read_text())


@pytest.mark.parametrize("repair", REPAIRS, ids=lambda repair: repair["sample"])
def test_each_repair_says_why(repair: dict[str, str]) -> None:
    assert set(repair) == {"sample", "was", "now", "reason"}
    assert repair["reason"]


@pytest.mark.parametrize(
    ("number", "asked", "target", "likes", "first_level", "total", "state"),
    [
        (1, "urn:li:ugcPost:7096760097833439232", "urn:li:ugcPost:7096760097833439232", 0, 0, 0, "OPEN"),
        (2, "urn:li:share:6296748651846864896", "urn:li:activity:6296748651834277888", 226, 4, 9, None),
    ],
)
def test_summaries(
    number: int, asked: str, target: str, likes: int, first_level: int, total: int, state: str | None
) -> None:
    found = payloads.summary(sample(number), Urn.parse(asked))
    assert (str(found.target), found.likes, found.first_level, found.total) == (target, likes, first_level, total)
    assert found.comments_state == state


def test_an_untouched_post_of_the_older_api_has_zero_of_everything() -> None:
    found = payloads.summary({}, Urn("share", "1"))
    assert (found.likes, found.first_level, found.total) == (0, 0, 0)


@responses.activate
@pytest.mark.parametrize(
    ("number", "asked", "targets", "likes"),
    [
        (3, ["ugcPost:7096760097833439232", "ugcPost:7096754084929548288"],
         ["ugcPost:7096760097833439232", "ugcPost:7096754084929548288"], [0, 0]),
        (4, ["share:6297772917862207488", "share:6296748651846864896"],
         ["activity:6297772917849616384", "activity:6296748651834277888"], [287, 226]),
    ],
)  # fmt: skip
def test_batches_of_summaries(number: int, asked: list[str], targets: list[str], likes: list[int]) -> None:
    responses.get(f"{API}/rest/socialActions", json=sample(number))
    urns = [Urn.parse(f"urn:li:{one}") for one in asked]
    with LinkedIn("token", base_url=API, version="202609", session=Session()) as linkedin:
        batch = linkedin.summaries(urns)
    assert [str(batch[urn].target) for urn in urns] == [f"urn:li:{one}" for one in targets]
    assert [batch[urn].likes for urn in urns] == likes
    assert not batch.errors


@pytest.mark.parametrize(
    ("number", "urn", "agent"),
    [
        (
            5,
            "urn:li:like:(urn:li:organization:79988552,urn:li:ugcPost:7096760097833439232)",
            "urn:li:person:_74NULPy7d",
        ),
        (6, "urn:li:like:(urn:li:person:ub1n1QYzp_,urn:li:activity:6297772917849616384)", None),
        (30, "urn:li:like:(urn:li:person:0XV6h162Ub,urn:li:activity:6280442346165280768)", "urn:li:person:0XV6h162Ub"),
        (31, "urn:li:like:(urn:li:person:0XV6h162Ub,urn:li:activity:6280442346165280768)", "urn:li:person:0XV6h162Ub"),
    ],
)
def test_likes(number: int, urn: str, agent: str | None) -> None:
    raw = sample(number)
    found = payloads.like(raw["elements"][0] if "elements" in raw else raw)
    assert (str(found.urn), found.urn.parts) == (urn, (found.actor, found.object))
    assert (str(found.agent) if found.agent else None) == agent


@responses.activate
@pytest.mark.parametrize(("number", "total", "next_page"), [(5, 1, None), (6, 287, 10)])
def test_the_lists_of_likes_say_where_they_go_on(number: int, total: int, next_page: int | None) -> None:
    responses.get(f"{API}/rest/socialActions/urn%3Ali%3Ashare%3A1/likes", json=sample(number))
    with LinkedIn("token", base_url=API, version="202609", session=Session()) as linkedin:
        page = linkedin._page("/socialActions/urn%3Ali%3Ashare%3A1/likes", "", payloads.like, start=0, count=10)
    assert (page.total, page.next_start, len(page), page.odd) == (total, next_page, 1, [])


def comments(number: int) -> list[Comment]:
    raw = sample(number)
    raws = raw["elements"] if "elements" in raw else raw["results"].values() if "results" in raw else [raw]
    return [payloads.comment(one) for one in raws]


def test_a_comment_of_a_page_with_a_reply() -> None:
    for number in (7, 11):
        (found,) = comments(number)
        assert found.urn == Urn.comment(Urn("ugcPost", "7096760097833439232"), "7102976128625123328")
        assert found.actor == Urn("organization", "79988552")
        assert found.agent == found.impersonator == Urn("person", "_74NULPy7d")
        assert (found.text, found.attributes, found.images, found.parent) == ("Test comment", (), (), None)
        assert (found.replies_count, found.comments_state) == (1, "OPEN")
        assert found.recent_replies == (Urn.comment(Urn("ugcPost", "7096760097833439232"), "7102979086045638657"),)
        assert found.created_at == datetime(2023, 8, 31, 11, 31, 15, 980000, tzinfo=UTC)
        assert not found.is_edited


@pytest.mark.parametrize("number", [8, 9, 10, 12])
def test_a_members_comment_with_a_picture_in_both_apis(number: int) -> None:
    (found,) = comments(number)
    assert found.id == "6636062862760562688"
    (image,) = found.images
    assert image.urn == Urn("image", "C552CAQGu16obsGZENQ")
    assert image.expires_at == datetime(2020, 3, 19, tzinfo=UTC)
    assert (found.parent is None) is (number == 8)


def test_a_reply_that_the_viewer_likes() -> None:
    (found,) = comments(9)
    assert (found.likes_count, found.liked_by_viewer) == (1, True)
    assert found.parent == Urn.comment(Urn("activity", "6273189577469632512"), "6275822846992351232")


@responses.activate
def test_a_batch_of_comments_by_id() -> None:
    responses.get(f"{API}/rest/socialActions/urn%3Ali%3Ashare%3A1/comments", json=sample(13))
    with LinkedIn("token", base_url=API, version="202609", session=Session()) as linkedin:
        batch = linkedin.comments_by_id(Urn("share", "1"), ["7061795051579785216", "7061795017773699072"])
    assert [one.text for one in batch.results.values()] == ["Comment 2", "Comment 1"]


def test_reactions_of_the_older_api() -> None:
    """The sample gives two results the same key; JSON readers keep the last, so the pairs are read one by one."""
    (name,) = (name for name in NAMES if name.startswith("14-"))
    pairs = json.loads(text_of(name), object_pairs_hook=lambda found: found)
    raws = [dict(result) | {"created": dict(dict(result)["created"])} for _, result in dict(pairs)["results"]]
    first, second = (payloads.reaction(raw) for raw in raws)
    assert (first.kind, first.root, first.actor) == (
        "EMPATHY",
        Urn("activity", "6516117581072519168"),
        first.urn.parts[0],
    )
    assert second.root == Urn("lyndaCourse", "56301")


def test_a_decorated_commenter_has_a_name_and_a_picture() -> None:
    (found,) = comments(15)
    assert found.author is not None
    assert (found.author.name, found.author.headline) == ("Tester Tester", "Test Profile at Acme Corp")
    assert found.author.urn == found.actor
    assert found.author.picture == Urn("image", "C5603AQEuebSM6NP8wq")
    assert found.author.picture_url == "https://example.com/image.jpg"
    assert found.recent_replies == (Urn.comment(Urn("activity", "1234"), "567"),)


@pytest.mark.parametrize(("number", "has_image"), [(20, False), (21, True)])
def test_the_answer_to_a_created_comment(number: int, has_image: bool) -> None:
    (found,) = comments(number)
    assert (found.agent, bool(found.images)) == (found.impersonator, has_image)
    assert found.urn.id == found.id


def sent(call: Callable[[LinkedIn], object], answer: str, path: str) -> Any:
    """What the client puts on the wire for `call`."""
    with responses.RequestsMock() as server:
        server.post(f"{API}/rest{path}", body=answer, status=201)
        with LinkedIn("token", base_url=API, version="202609", session=Session()) as linkedin:
            call(linkedin)
        return json.loads(server.calls[0].request.body)


def as_versioned(raw: dict[str, Any]) -> dict[str, Any]:
    """A request of the older API in the shape that we send: the same rules as for answers."""
    out: dict[str, Any] = legacy.comment({**raw, "$URN": ""})
    del out["$URN"], out["commentUrn"]
    return out


@pytest.mark.parametrize("number", [16, 17, 18, 19, 26, 27])
def test_we_send_the_documented_comment(number: int) -> None:
    expected = as_versioned(sample(number))
    image = Urn("image", "C552CAQGu16obsGZENQ") if "content" in expected else None
    post, actor = Urn.parse(expected["object"]), Urn.parse(expected["actor"])
    body = sent(
        lambda linkedin: linkedin.create_comment(
            target=post, actor=actor, object=post, text=expected["message"]["text"], image=image
        ),
        CREATED,
        f"/socialActions/{post.in_path()}/comments",
    )
    assert body == expected


@pytest.mark.parametrize("number", [22, 23])
def test_we_send_the_documented_reply(number: int) -> None:
    expected = sample(number)
    parent = Urn.parse(expected["parentComment"])
    body = sent(
        lambda linkedin: linkedin.create_comment(
            target=parent, actor=Urn.parse(expected["actor"]), object=Urn.parse(expected["object"]),
            text=expected["message"]["text"], parent=parent,
        ),
        CREATED,
        f"/socialActions/{parent.in_path()}/comments",
    )  # fmt: skip
    assert body == expected


@pytest.mark.parametrize("number", [24, 25])
def test_we_send_the_documented_mentions(number: int) -> None:
    raw = sample(number)
    attributes = [Attribute.model_validate(one) for one in as_versioned(raw)["message"]["attributes"]]
    assert [(one.kind, str(one.urn)) for one in attributes] == [
        ("organization", "urn:li:organization:2414183"),
        ("person", "urn:li:person:uOeeiwWoxO"),
    ]
    post = Urn.parse(raw["object"])
    body = sent(
        lambda linkedin: linkedin.create_comment(
            target=post, actor=Urn.parse(raw["actor"]), object=post, text=raw["message"]["text"], attributes=attributes
        ),
        CREATED,
        f"/socialActions/{post.in_path()}/comments",
    )
    assert body == sample(24)


@pytest.mark.parametrize(
    ("number", "target"),
    [
        (28, "share:6280442346811207680"),
        (29, "share:6280442346811207680"),
        (32, "comment:(urn:li:activity:1,2)"),
        (33, "comment:(urn:li:activity:1,2)"),
    ],
)
def test_we_send_the_documented_like(number: int, target: str) -> None:
    raw, urn = sample(number), Urn.parse(f"urn:li:{target}")
    body = sent(
        lambda linkedin: linkedin.like(target=urn, actor=Urn.parse(raw["actor"]), object=Urn.parse(raw["object"])),
        text_of("30-liked"),
        f"/socialActions/{urn.in_path()}/likes",
    )
    assert body == raw
