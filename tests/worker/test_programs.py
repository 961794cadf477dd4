"""Programs and the web process itself, over sockets: who waits holds nobody up, and learns of the end at once."""

from __future__ import annotations

import http.client
import io
import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from PIL import Image

from socialactions.models import ApiKey, Outgoing
from socialactions.sandbox.seeds.cast import ACME
from socialactions.services import api_keys, decisions, writing
from tests import processes
from tests.deeds import Place
from tests.web.programs import Program, program_of
from tests.worker.lives import environment_of, until

WAITING = 40  # more than the process has threads
PATIENCE_S = 30.0
BODY_S = 6


@pytest.fixture
def line(place: Place, settings: Any) -> Iterator[Callable[[], http.client.HTTPConnection]]:
    """Connections to a web process on the test's database, started as `serve` starts it."""
    settings.UNDO_WINDOW_S = 60
    limits = {"API_CALLS_PER_MINUTE": "600", "API_BODY_S": str(BODY_S)}
    with processes.web({**environment_of(place), **limits}) as base_url, ExitStack() as lines:
        at = urlsplit(base_url).netloc
        yield lambda: lines.enter_context(closing(http.client.HTTPConnection(at, timeout=PATIENCE_S)))


def begin(line: http.client.HTTPConnection, program: Program, address: str) -> float:
    """Announce a picture's size, send half of it, and say no more; since when."""
    line.putrequest("POST", address, skip_host=True)
    form = "multipart/form-data; boundary=x"
    headers = {"Host": "testserver", "x-api-key": program.secret, "Content-Type": form, "Content-Length": "1000000"}
    for name, value in headers.items():
        line.putheader(name, value)
    line.endheaders()
    line.send(bytes(500_000))
    return time.monotonic()


def ask(line: http.client.HTTPConnection, program: Program, address: str) -> None:
    headers = {"Host": "testserver", "x-api-key": program.secret}
    line.request("GET", f"/api/v1{address}", headers=headers)


def heard(line: http.client.HTTPConnection) -> tuple[int, dict[str, Any]]:
    answer = line.getresponse()
    return answer.status, json.loads(answer.read())


def queued(place: Place, program: Program) -> Outgoing:
    speaker = writing.Speaker(user=place.user, actor_urn=ACME, way=program.key.name, api_key=program.key)
    return writing.comment_on(place.post(), speaker=speaker, text="Words", form_key=uuid4())


def test_many_wait_others_are_answered_and_all_hear_the_end_at_once(place: Place, line: Any) -> None:
    waiting, other, ended = (program_of(place) for _ in range(3))
    row = queued(place, waiting)
    lines = [line() for _ in range(WAITING)]
    for one in lines:
        ask(one, waiting, f"/actions/{row.uid}?wait=25")
    until(lambda: ApiKey.objects.get(pk=waiting.key.pk).last_used_at is not None, "it was asked")
    one = line()
    for address in (f"/actions/{row.uid}", "/budget"):
        began = time.monotonic()
        ask(one, other, address)
        assert heard(one)[0] == 200 and time.monotonic() - began < 10  # not after the 25 seconds
    decisions.undo(row, by=place.user)
    changed_at = time.monotonic()
    assert [(status, said["state"]) for status, said in map(heard, lines)] == [(200, "cancelled")] * WAITING
    assert time.monotonic() - changed_at < 10

    # a key that is revoked while its program waits
    row = queued(place, ended)
    held = line()
    ask(held, ended, f"/actions/{row.uid}?wait=25")
    until(lambda: ApiKey.objects.get(pk=ended.key.pk).last_used_at is not None, "it was asked")
    api_keys.revoke(ended.key, by=place.user)
    revoked_at = time.monotonic()
    status, said = heard(held)
    assert (status, said["code"]) == (401, "key_invalid")
    assert time.monotonic() - revoked_at < 1  # the poller's tick is 0.4 s
    for address in (f"/actions/{row.uid}", f"/actions/{row.uid}?wait=25", "/budget"):
        ask(one, ended, address)
        assert heard(one)[0] == 401


def test_who_calls_too_often_is_refused_before_the_body_is_read(place: Place, line: Any) -> None:
    program, calm = program_of(place), program_of(place)
    row = queued(place, program)
    one, statuses = line(), []
    for _ in range(250):  # a hundred in ten seconds are allowed
        ask(one, program, f"/actions/{row.uid}")
        statuses.append(heard(one)[0])
        if statuses[-1] == 429:
            break
    assert statuses.count(200) >= 100 and statuses[-1] == 429
    large = line()
    large.putrequest("POST", "/api/v1/images", skip_host=True)
    for name, value in {"Host": "testserver", "x-api-key": program.secret, "Content-Length": "1000000"}.items():
        large.putheader(name, value)
    large.endheaders()  # and not a byte of the body
    assert heard(large)[0] == 429
    ask(one, calm, "/budget")
    assert heard(one)[0] == 200


def test_who_stops_in_the_middle_of_a_picture_holds_up_nobody_and_is_told(place: Place, line: Any) -> None:
    program = program_of(place)
    row = queued(place, program)
    stuck, old, gone, one = (line() for _ in range(4))
    began = begin(stuck, program, "/api/v1/images")
    begin(old, program, "/linkedin-agent/like-post")
    begin(gone, program, "/api/v1/images")
    gone.close()
    for address in ("/budget", "/actions", f"/actions/{row.uid}"):
        ask(one, program, address)
        assert heard(one)[0] == 200
    assert time.monotonic() - began < BODY_S  # so nobody waited for the end of it
    status, said = heard(stuck)
    assert (status, said["code"]) == (408, "too_slow") and time.monotonic() - began >= BODY_S - 1
    assert heard(old) == (408, {"success": False, "error": said["detail"]})
    ask(one, program, "/budget")
    assert heard(one)[0] == 200


def test_a_picture_that_comes_slowly_comes_whole_and_holds_up_nobody(place: Place, line: Any) -> None:
    program = program_of(place)
    drawn = io.BytesIO()
    Image.effect_noise((700, 700), 90).save(drawn, "PNG")  # more than is kept in memory
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="n.png"\r\nContent-Type: image/png\r\n\r\n'
    body = head + drawn.getvalue() + b"\r\n--x--\r\n"
    slow, one = line(), line()
    slow.putrequest("POST", "/api/v1/images", skip_host=True)
    form = {"Host": "testserver", "x-api-key": program.secret, "Content-Type": "multipart/form-data; boundary=x"}
    for name, value in {**form, "Content-Length": str(len(body))}.items():
        slow.putheader(name, value)
    slow.endheaders()
    for start in range(0, len(body), 150_000):
        slow.send(body[start : start + 150_000])
        ask(one, program, "/budget")
        assert heard(one)[0] == 200
    status, said = heard(slow)
    assert (status, said.get("width"), said.get("height")) == (201, 700, 700), said
