"""Trouble on demand and the control interface: what is dropped, late or malformed, and what really happened."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from socialactions.sandbox.seeds.cast import ACME, ADA, CY, stranger
from tests.contract.sandbox_face import Face, encoded, new_face, refusal


@pytest.fixture
def face() -> Face:
    return new_face()


def arm(face: Face, **rule: Any) -> None:
    answer = face.post("/sandbox/control/faults", {"method": "POST", "path": "/comments$", **rule})
    assert answer.status_code == 200, answer.text


def ledger(face: Face) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = face.get("/sandbox/control/ledger").json()["entries"]
    return found


def test_drop_before_does_nothing_and_drop_after_does_the_work(face: Face) -> None:
    arm(face, do="drop_before")
    with pytest.raises(requests.ConnectionError):
        face.write("one")
    assert ledger(face) == []
    arm(face, do="drop_after")
    with pytest.raises(requests.ConnectionError):
        face.write("two")
    assert [entry["text"] for entry in ledger(face)] == ["two"]
    assert face.write("three").status_code == 201


def test_late_answer_is_a_timeout_after_the_work(face: Face) -> None:
    arm(face, do="delay", seconds=60)
    with pytest.raises(requests.ReadTimeout):
        face.write("late")
    assert [entry["text"] for entry in ledger(face)] == ["late"]
    arm(face, do="delay", seconds=60, when="before")
    with pytest.raises(requests.ReadTimeout):
        face.write("never")
    assert len(ledger(face)) == 1
    arm(face, do="delay", seconds=3)
    assert face.write("slow").status_code == 201
    assert face.slept == [3]


@pytest.mark.parametrize("status", [401, 403, 404, 409, 429, 500, 503, 504])
def test_refusals_have_linkedins_shape_and_change_nothing(face: Face, status: int) -> None:
    arm(face, do="refuse", status=status)
    answer = face.write()
    assert (answer.status_code, answer.json()["status"]) == (status, status)
    assert ledger(face) == []


def test_refuse_after_does_the_work_and_then_says_it_failed(face: Face) -> None:
    arm(face, do="refuse_after", status=503)
    answer = face.write("done all the same")
    assert (answer.status_code, answer.json()["status"]) == (503, 503)
    assert [entry["text"] for entry in ledger(face)] == ["done all the same"]


@pytest.mark.parametrize(("deed", "written"), [("drop_before", []), ("drop_after", ["held"])])
def test_a_dropped_connection_can_be_held_before(face: Face, deed: str, written: list[str]) -> None:
    arm(face, do=deed, seconds=3)
    with pytest.raises(requests.ConnectionError):
        face.write("held")
    assert face.slept == [3]
    assert [entry["text"] for entry in ledger(face)] == written


def test_refusal_with_a_body_of_ones_own(face: Face) -> None:
    arm(face, do="refuse", status=503, body="<h1>Down</h1>")
    assert face.write().headers["Content-Type"].startswith("text/html")
    arm(face, do="refuse", status=400, body={"error": "odd"})
    assert face.write().json() == {"error": "odd"}


@pytest.mark.parametrize("form", ["html", "truncated", "empty"])
def test_malformed_answers_to_work_that_was_done(face: Face, form: str) -> None:
    arm(face, do="malformed", form=form)
    answer = face.write()
    assert answer.status_code == 201
    assert "x-restli-id" not in answer.headers
    with pytest.raises(requests.JSONDecodeError):
        answer.json()
    assert len(ledger(face)) == 1


def test_answers_without_id_or_in_another_name(face: Face) -> None:
    arm(face, do="malformed", form="no_id")
    answer = face.write()
    assert "id" not in answer.json()
    assert "x-restli-id" not in answer.headers
    arm(face, do="malformed", form="wrong_actor")
    assert face.write().json()["actor"] == "urn:li:organization:999"


def test_throttle_and_rules_that_count_down(face: Face) -> None:
    arm(face, do="throttle", times=2)
    assert [face.write().status_code for _ in range(3)] == [429, 429, 201]
    assert face.get("/sandbox/control/state").json()["faults"] == []


def test_faults_can_be_taken_back(face: Face) -> None:
    arm(face, do="refuse", times=9)
    face.delete("/sandbox/control/faults")
    assert face.write().status_code == 201


@pytest.mark.parametrize(
    "rule",
    [
        {},
        {"do": "explode"},
        {"do": "refuse", "path": "("},
        {"do": "refuse", "colour": 1},
        {"do": "refuse", "times": "x"},
    ],
)
def test_wrong_rules_are_400(face: Face, rule: dict[str, Any]) -> None:
    assert face.post("/sandbox/control/faults", rule).status_code == 400


def test_latency_is_slept_outside_the_lock(face: Face) -> None:
    face.switch(latency_ms=50)
    held: list[bool] = []
    face.world.sleep = lambda seconds: held.append(face.world.lock.acquire(blocking=False))
    face.get("/rest/me")
    assert held == [True]


def test_comment_and_role_from_outside(face: Face) -> None:
    wish = {"post": face.acme().activity, "author": "dana", "text": "Behind your back"}
    made = face.post("/sandbox/control/comments", wish).json()
    reply = {**wish, "parent": made["urn"], "author": stranger("Ben")}
    assert face.post("/sandbox/control/comments", reply).status_code == 200
    assert [(one["kind"], one["actor"]) for one in ledger(face)] == [
        ("comment", stranger("Dana")),
        ("reply", stranger("Ben")),
    ]
    assert face.post("/sandbox/control/comments/remove", {"comment": made["urn"]}).status_code == 200
    assert face.post("/sandbox/control/comments/remove", {"comment": made["urn"]}).status_code == 404
    face.post("/sandbox/control/roles", {"member": "ada", "organization": ACME, "role": None})
    assert face.write().status_code == 403
    face.post("/sandbox/control/roles", {"member": CY, "organization": "1001", "role": "ADMINISTRATOR"})
    face.be(CY)
    assert face.write().status_code == 201


def test_requests_are_counted_by_resource(face: Face) -> None:
    face.get(face.comments_of(face.acme().urn))
    face.get(f"/rest/socialActions/{encoded(face.acme().urn)}")
    found = face.get("/sandbox/control/requests?reset=1").json()
    assert found["by_resource"] == {"GET socialActions/*": 1, "GET socialActions/*/comments": 1}
    assert (found["total"], found["in_flight_peak"]) == (2, 1)
    assert face.get("/sandbox/control/requests").json()["total"] == 0


def test_clock_can_be_moved(face: Face) -> None:
    face.post("/sandbox/control/clock", {"advance_s": 61 * 86_400})
    assert face.get("/rest/me").json()["code"] == "EXPIRED_ACCESS_TOKEN"


@pytest.mark.parametrize("wish", [{"order": "random"}, {"nothing": 1}, {"latency_ms": "fast"}, {"latency_ms": -1}])
def test_wrong_switches_are_400_and_change_nothing(face: Face, wish: dict[str, Any]) -> None:
    before = face.world.switches
    assert face.post("/sandbox/control/switches", wish).status_code == 400
    assert face.world.switches == before


def test_control_page_works_by_forms(face: Face) -> None:
    page = face.session.get(f"{face.base}/sandbox/")
    assert page.status_code == 200
    assert "Ada Berg" in page.text
    form = {"post": face.acme().urn, "author": stranger("Dana").rpartition(":")[2], "text": "<b>hi</b>", "parent": ""}
    answer = face.session.post(f"{face.base}/sandbox/control/comments", data=form, allow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/sandbox/")
    assert "&lt;b&gt;hi&lt;/b&gt;" in face.session.get(f"{face.base}/sandbox/").text
    switches = {name: "off" if value is None else value for name, value in face.world.switches.as_json().items()}
    switches = {name: value for name, value in switches.items() if not isinstance(value, list)} | {"order": "newest"}
    assert face.session.post(f"{face.base}/sandbox/control/switches", data=switches, allow_redirects=False).ok
    assert face.world.switches.order == "newest"


@pytest.mark.parametrize(
    "headers", [{"Host": "sandbox.example"}, {"Origin": "https://evil.example"}, {"Origin": "null"}]
)
def test_control_is_for_this_machine_only(face: Face, headers: dict[str, str]) -> None:
    from socialactions.sandbox.app import respond
    from socialactions.sandbox.exchange import Request

    named = {name.lower(): text for name, text in headers.items()}
    request = Request("GET", "/sandbox/control/state", "", named, b"", host=named.get("host", "127.0.0.1:9"))
    assert respond(face.world, request).status == 403
    request = Request("GET", "/sandbox/control/state", "", {}, b"", host="127.0.0.1:9", peer="10.0.0.2")
    assert respond(face.world, request).status == 403


def test_refused_names_what_is_wrong(face: Face) -> None:
    answer = face.post("/sandbox/control/roles", {"member": "zoe", "organization": "1001"})
    assert refusal(answer) == (400, "INVALID_VALUE_FOR_FIELD", "there is no member 'zoe'")


def test_reset_begins_again_and_ends_grants(face: Face) -> None:
    face.write()
    face.switch(order="newest")
    assert face.post("/sandbox/control/reset", {"seed": "small"}).status_code == 200
    assert (ledger(face), face.world.switches.order) == ([], "oldest")
    assert face.get("/rest/me").status_code == 401
    face.be(ADA)
    assert face.get(face.comments_of(face.acme().urn)).json()["paging"]["total"] == 2
    assert face.post("/sandbox/control/reset", {"seed": "huge"}).status_code == 400
