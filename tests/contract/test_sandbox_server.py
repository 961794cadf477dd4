"""The sandbox over a real socket, its state file, its seeds and its command."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from socialactions.sandbox.opening import open_world
from socialactions.sandbox.seeds import NAMES, big, seed
from socialactions.sandbox.seeds.cast import ACME, ADA, token_for
from socialactions.sandbox.server import Running, serve
from socialactions.sandbox.state import StateFileBroken, load, save
from socialactions.sandbox.threads import total_comments
from socialactions.sandbox.traffic import step
from socialactions.sandbox.world import World
from tests.contract.sandbox_face import BASE, Clock, Face, encoded, new_face

ROOT = Path(__file__).parents[2]


@pytest.fixture
def running() -> Iterator[Running]:
    found = serve(seed("small"))
    yield found
    found.stop()


@pytest.fixture
def face(running: Running) -> Face:
    found = Face(running.world, Clock(), base=running.base_url)
    running.world.sleep = time.sleep
    return found


def raw(running: Running, text: str) -> bytes:
    host, port = running.base_url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(text.encode())
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65_536), b""))


def test_connection_is_kept_and_target_stays_raw(running: Running, face: Face) -> None:
    path = f"/rest/reactions/(entity:{encoded(face.acme().urn)})?q=entity"
    head = "".join(f"{name}: {text}\r\n" for name, text in face.headers.items())
    one = f"GET {path} HTTP/1.1\r\nHost: x\r\n{head}\r\n"
    answers = raw(running, one + one.replace("%3A", ":"))
    assert answers.count(b"HTTP/1.1 200 OK") == 1
    assert answers.count(b"HTTP/1.1 400 Bad Request") == 1


def test_drop_after_really_cuts_the_connection(face: Face) -> None:
    face.post("/sandbox/control/faults", {"do": "drop_after", "method": "POST", "path": "comments"})
    with pytest.raises(requests.ConnectionError):
        face.write("cut")
    assert [entry.text for entry in face.world.ledger] == ["cut"]
    assert face.write("kept").status_code == 201


def test_eight_requests_wait_out_their_latency_at_the_same_time(running: Running, face: Face) -> None:
    face.post("/sandbox/control/switches", {"latency_ms": 50})
    together = threading.Barrier(8)
    running.world.sleep = lambda _: wait_for(together)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: face_get(running, face), range(8)))
    assert {answer.status_code for answer in answers} == {200}
    assert running.world.in_flight_peak == 8


def wait_for(others: threading.Barrier) -> None:
    others.wait(timeout=30)


def face_get(running: Running, face: Face) -> requests.Response:
    return requests.get(f"{running.base_url}/rest/me", headers=face.headers, timeout=30)


def test_what_is_not_http_is_turned_away(running: Running) -> None:
    assert b"400 Bad Request" in raw(running, "hello\r\n\r\n")
    assert b"411 Length Required" in raw(running, "POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
    assert b"HTTP/1.1 411" in raw(running, "POST /rest/me HTTP/1.1\r\nHost: x\r\n\r\n")


def test_only_loopback() -> None:
    with pytest.raises(ValueError, match="loopback only"):
        serve(World(), "0.0.0.0")  # noqa: S104 - that is what must be refused


def test_state_survives_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    first = new_face()
    first.write("Kept, with a 👋")
    image = first.post("/rest/images?action=initializeUpload", {"initializeUploadRequest": {"owner": ACME}}).json()
    content = b"\x89PNG\r\n\x1a\n picture"
    bearer = {"Authorization": first.headers["Authorization"]}
    first.session.put(image["value"]["uploadUrl"], data=content, headers=bearer)
    first.switch(order="newest")
    save(first.world, path)
    world = World(clock=first.clock)
    load(world, path)
    second = Face(world, first.clock)
    second.headers = first.headers
    assert (
        second.get(second.comments_of(second.acme().urn)).json()["elements"][0]["message"]["text"] == "Kept, with a 👋"
    )
    link = second.get(f"/rest/images/{encoded(image['value']['image'])}").json()["downloadUrl"]
    assert second.session.get(link).content == content
    assert [entry.kind for entry in world.ledger] == ["comment", "upload"]
    assert second.write("New").status_code == 201


@pytest.mark.parametrize("text", ["{", "[]", '{"format": 99}', '{"format": 1}', "\x00"])
def test_broken_state_file_is_said(tmp_path: Path, text: str) -> None:
    path = tmp_path / "state.json"
    path.write_text(text)
    with pytest.raises(StateFileBroken, match="--fresh"):
        open_world(path)
    assert open_world(path, "small", fresh=True).posts


def test_running_sandbox_saves_after_a_change(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "state.json"
    found = serve(seed("small"), state_file=path)
    Face(found.world, Clock(), base=found.base_url).write("saved")
    found.stop()
    assert "saved" in path.read_text()
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("name", NAMES)
def test_seeds_are_the_same_each_time(name: str) -> None:
    first, second = seed(name, clock=Clock()), seed(name, clock=Clock())
    assert [post.urn for post in first.posts.values()] == [post.urn for post in second.posts.values()]
    assert [one.id for one in first.comments.values()] == [one.id for one in second.comments.values()]


def test_lively_seed_has_all_that_real_life_has() -> None:
    world = seed("lively", clock=Clock())
    posts, comments = list(world.posts.values()), list(world.comments.values())
    kinds = {next(iter(post.content), "text") for post in posts}
    assert {"text", "media", "multiImage", "article", "poll"} <= kinds
    media = [post.content["media"]["id"].split(":")[2] for post in posts if "media" in post.content]
    assert {"image", "video", "document"} <= set(media)
    assert any(post.reshare_of for post in posts)
    assert any(post.comments_state == "CLOSED" for post in posts)
    assert any(not post.comments and not post.reactions and post.comments_state == "OPEN" for post in posts)
    largest = max(posts, key=lambda post: len(post.comments))
    assert (len(largest.comments), total_comments(world, largest)) == (1000, 1900)
    assert sum(bool(world.comments[number].replies) for number in largest.comments) == 300
    texts = " ".join(one.text for one in comments)
    assert all(piece in texts for piece in ("<script>", "هل", "האם", "ありがとう"[:1], "👏"))
    assert any(one.attributes and not one.text.isascii() for one in comments)
    assert any(one.image for one in comments)
    assert any(len(one.text) > 1000 for one in comments)
    actors = {one.actor for one in comments}
    assert {"urn:li:organization:2001", "urn:li:person:pRv8_Hidden", ACME} <= actors


def test_whole_big_post_can_be_paged() -> None:
    face = new_face()
    post = big.add_big_post(face.world, first_level=250, with_replies=30)
    face.headers["Authorization"] = f"Bearer {token_for(face.world, ADA).value}"
    seen: list[str] = []
    for start in range(0, 300, 100):
        found = face.get(face.comments_of(post.urn) + f"?start={start}&count=100").json()
        seen += [one["id"] for one in found["elements"]]
    assert len(set(seen)) == len(seen) == 250
    assert seen == sorted(seen, key=int)


def test_traffic_writes_as_strangers() -> None:
    world = seed("small", clock=Clock())
    for _ in range(12):
        step(world)
    assert {entry.kind for entry in world.ledger} == {"comment", "reply"}
    assert not any(world.members[entry.actor.rpartition(":")[2]].can_sign_in for entry in world.ledger)


def command(*arguments: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "DEBUG": "1", "SECRET_KEY": "only for this test"}
    return subprocess.Popen(
        [sys.executable, "manage.py", "linkedin_sandbox", "--seed", "small", *arguments],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_command_serves_saves_and_ends_without_waiting_for_anything(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    process = command("--port", "0", "--state", str(path), "--traffic", "600")
    assert process.stdout is not None
    base = process.stdout.readline().split()[2].removesuffix("/sandbox/")
    assert requests.get(f"{base}/sandbox/control/state", timeout=20).json()["switches"]["traffic"] == 600
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=20)
    assert process.returncode == 0
    assert json.loads(path.read_text())["format"] == 1


def test_command_says_in_a_sentence_that_the_port_is_taken(running: Running) -> None:
    process = command("--port", running.base_url.rpartition(":")[2])
    _, said = process.communicate(timeout=30)
    assert process.returncode == 2
    assert "Address already in use" in said
    assert "Traceback" not in said


def test_base_of_the_other_tests_is_never_listened_on() -> None:
    with pytest.raises(requests.ConnectionError):
        requests.get(BASE, timeout=1)
