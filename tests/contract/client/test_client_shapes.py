"""The sandbox's answers have the fields and types of LinkedIn's printed samples: what judges us is judged itself."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from socialactions.linkedin.client import LinkedIn
from socialactions.linkedin.urns import Urn
from socialactions.sandbox.seeds.cast import ADA, token_for
from tests.contract.client.place import ACME, Place

SAMPLES = Path(__file__).parents[2] / "samples" / "network-update"
HEADERS = {"Linkedin-Version": "202609", "X-Restli-Protocol-Version": "2.0.0"}
# Where a comment has no likes, replies or picture, LinkedIn leaves the summary out; the samples differ in that too.
OPTIONAL = ("likesSummary", "commentsSummary", "content")


def printed(name: str) -> Any:
    text = (SAMPLES / f"{name}.txt").read_text()
    for repair in json.loads((SAMPLES / "repairs.json").read_text()):
        if repair["sample"] == name:
            text = text.replace(repair["was"], repair["now"])
    return json.loads(text)


def shape(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Each field's path and type; of a list what its first element is, and a key that is a URN or id as `*`."""
    if isinstance(value, dict):
        for key, item in value.items():
            name = "*" if key.startswith("urn:") or key.isdigit() else key
            yield from shape(item, f"{path}/{name}")
    elif isinstance(value, list):
        for item in value[:1]:
            yield from shape(item, f"{path}/0")
    else:
        yield path, type(value).__name__


def required(fields: dict[str, str]) -> dict[str, str]:
    return {path: kind for path, kind in fields.items() if not any(f"/{name}" in path for name in OPTIONAL)}


Ask = Callable[[str], Any]


@pytest.fixture
def ask(place: Place) -> Ask:
    token = token_for(place.world, ADA).value

    def get(path: str) -> Any:
        headers = {"Authorization": f"Bearer {token}", **HEADERS}
        return requests.get(f"{place.base_url}{path}", headers=headers, timeout=5).json()

    return get


@pytest.mark.parametrize("name", ["01-summary", "03-batch-summary", "05-likes", "07-comments", "11-comment"])
def test_reads_look_like_the_samples(linkedin: LinkedIn, place: Place, ask: Ask, name: str) -> None:
    post = place.post.in_path()
    made = linkedin.create_comment(target=place.post, actor=ACME, object=place.post, text="Test comment")
    linkedin.create_comment(target=made.urn, actor=ACME, object=place.post, text="Reply", parent=made.urn)
    linkedin.like(target=place.quiet_post, actor=ACME, object=place.quiet_post)
    found = {
        "01-summary": lambda: ask(f"/rest/socialActions/{place.quiet_post.in_path()}"),
        "03-batch-summary": lambda: ask(f"/rest/socialActions?ids=List({place.quiet_post.in_path()})"),
        "05-likes": lambda: ask(f"/rest/socialActions/{place.quiet_post.in_path()}/likes"),
        "07-comments": lambda: ask(f"/rest/socialActions/{post}/comments?start=2&count=10"),
        "11-comment": lambda: ask(f"/rest/socialActions/{post}/comments/{made.id}"),
    }[name]()
    sample, answer = dict(shape(printed(name))), dict(shape(found))
    assert required(answer) == required(sample)
    shared = sample.keys() & answer.keys()
    assert {path: answer[path] for path in shared} == {path: sample[path] for path in shared}


def test_replies_look_like_the_sample(linkedin: LinkedIn, place: Place, ask: Ask) -> None:
    parent = next(linkedin.comments(place.post))
    linkedin.delete_comment(post=place.post, comment_id=next(linkedin.comments(parent.urn)).id, actor=ACME)
    answer = ask(f"/rest/socialActions/{parent.urn.in_path()}/comments")
    assert set(required(dict(shape(answer["elements"])))) == set(
        required(dict(shape(printed("09-replies")["elements"])))
    )


@pytest.mark.parametrize(("name", "path"), [("20-created", "/comments"), ("30-liked", "/likes")])
def test_writes_answer_like_the_samples(place: Place, name: str, path: str) -> None:
    headers = {"Authorization": f"Bearer {token_for(place.world, ADA).value}", **HEADERS}
    actor = str(ACME) if name == "20-created" else ADA
    body: dict[str, Any] = {"actor": actor, "object": str(place.post)}
    if name == "20-created":
        body["message"] = {"text": "commentV2 with image entity"}
    url = f"{place.base_url}/rest/socialActions/{place.post.in_path()}{path}"
    answer = requests.post(url, json=body, headers=headers, timeout=5)
    assert answer.status_code == 201
    assert required(dict(shape(answer.json()))) == required(dict(shape(printed(name))))
    if name == "20-created":
        assert answer.headers["x-restli-id"] == Urn.parse(answer.json()["commentUrn"]).id
