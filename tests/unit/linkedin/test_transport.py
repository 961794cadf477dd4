"""Calls against servers that misbehave: nothing is repeated, followed, waited for without end, or read without end."""

from __future__ import annotations

import gzip
import ipaddress
import json
import logging
import socket
import ssl
import threading
import time
import tracemalloc
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from socialactions.linkedin import deadline, transport
from socialactions.linkedin.client import LinkedIn
from socialactions.linkedin.errors import (
    LinkedInError,
    NoAnswer,
    Redirected,
    ServerBroken,
    UnexpectedAnswer,
    Unreachable,
)
from socialactions.linkedin.transport import Call
from socialactions.linkedin.urns import Urn
from tests.unit.linkedin.wire import Script, Wire, answer, cut, drip, reset, wire

POST = Urn("share", "9")
PAGE = Urn("organization", "5")
EMPTY = b'{"elements": [], "paging": {"start": 0, "count": 100, "total": 0}}'
SECRET = "t0ken-of-ada"
COMMENT = json.dumps(
    {
        "id": "7",
        "commentUrn": "urn:li:comment:(urn:li:activity:9,7)",
        "actor": "urn:li:organization:5",
        "object": "urn:li:activity:9",
        "message": {"text": "Thanks"},
        "created": {"time": 1690000000000},
        "lastModified": {"time": 1690000000000},
    }
).encode()


def client(server: Wire, **options: Any) -> LinkedIn:
    return LinkedIn(SECRET, base_url=server.base_url, version="202609", **options)


def read(linkedin: LinkedIn) -> object:
    return linkedin.comment_page(POST)


def write(linkedin: LinkedIn) -> object:
    return linkedin.create_comment(target=POST, actor=PAGE, object=POST, text="Thanks")


def delete(linkedin: LinkedIn) -> object:
    linkedin.delete_comment(post=POST, comment_id="7", actor=PAGE)
    return None


def outcome(script: Script, call: Callable[[LinkedIn], object], **options: Any) -> tuple[LinkedInError, Wire]:
    with wire(script) as server, client(server, **options) as linkedin, pytest.raises(LinkedInError) as caught:
        call(linkedin)
    return caught.value, server


@pytest.mark.parametrize("call", [read, write, delete])
@pytest.mark.parametrize(
    ("script", "kind"),
    [
        (answer("503 Service Unavailable"), ServerBroken),
        (answer("500 Internal Server Error", b"<html>"), ServerBroken),
        (answer("504 Gateway Timeout"), ServerBroken),
        (answer("408 Request Timeout"), NoAnswer),
        (reset, NoAnswer),
        (cut(b""), NoAnswer),
        (cut(b"HTTP/1.1 20"), NoAnswer),
    ],
)
def test_a_call_without_a_definite_answer_is_made_once(
    script: Script, kind: type[LinkedInError], call: Callable[[LinkedIn], object]
) -> None:
    error, server = outcome(script, call)
    assert type(error) is kind
    assert len(server.requests) == 1
    assert error.retryable is (call is read)


@pytest.mark.parametrize("call", [read, write, delete])
@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"])
def test_no_redirect_is_followed(status: str, call: Callable[[LinkedIn], object]) -> None:
    with wire(answer("200 OK", EMPTY)) as elsewhere:
        error, server = outcome(answer(status, b"", f"Location: {elsewhere.base_url}/taken"), call)
    assert type(error) is Redirected
    assert (len(server.requests), len(elsewhere.requests)) == (1, 0)


def test_a_refused_connection_is_surely_not_applied() -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    with (
        LinkedIn(SECRET, base_url=f"http://127.0.0.1:{port}", version="202609") as linkedin,
        pytest.raises(Unreachable) as caught,
    ):
        write(linkedin)
    assert caught.value.retryable


def test_an_unknown_host_is_surely_not_applied(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nowhere)
    with (
        LinkedIn(SECRET, base_url="http://no-such-host.invalid", version="202609") as linkedin,
        pytest.raises(Unreachable),
    ):
        write(linkedin)


def test_a_certificate_that_nobody_vouches_for_is_surely_not_applied(tmp_path: Path) -> None:
    """The request never leaves: the handshake fails first."""
    heads: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_greet, args=(listener, _self_signed(tmp_path), heads))
        thread.start()
        address = f"https://127.0.0.1:{listener.getsockname()[1]}"
        with LinkedIn(SECRET, base_url=address, version="202609") as linkedin, pytest.raises(Unreachable):
            write(linkedin)
        thread.join(10)
    assert heads == []


@pytest.mark.parametrize("call", [read, write])
@pytest.mark.parametrize(
    "head",
    [
        b"",  # not even a status line
        b"HTTP/1.1 200 OK\r\nX-Slow: ",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5",
        b"HTTP/1.1 200 OK\r\n\r\n",
    ],
)
def test_a_dripping_server_cannot_stretch_a_call(head: bytes, call: Callable[[LinkedIn], object]) -> None:
    began = time.monotonic()
    error, server = outcome(drip(head), call, total_s=0.4)
    assert type(error) is NoAnswer
    assert len(server.requests) == 1
    assert time.monotonic() - began < 2


def test_many_batches_at_once_have_the_time_of_who_asked() -> None:
    began = time.monotonic()
    with wire(lambda connection: _until_gone(connection)) as server, client(server) as linkedin:
        with deadline.within(0.4), pytest.raises(NoAnswer):
            linkedin.people([f"member{number}" for number in range(45)])
        assert len(server.requests) == 3
    assert time.monotonic() - began < 3


@pytest.mark.parametrize("call", [read, write, delete])
def test_a_call_whose_time_is_over_never_begins(call: Callable[[LinkedIn], object]) -> None:
    error, server = outcome(answer("201 Created"), call, total_s=-60)
    assert type(error) is Unreachable
    assert not server.requests


def test_a_silent_server_is_left_after_the_total() -> None:
    began = time.monotonic()
    error, server = outcome(lambda connection: _until_gone(connection), write, total_s=0.3)
    assert type(error) is NoAnswer
    assert len(server.requests) == 1
    assert time.monotonic() - began < 2


@pytest.mark.parametrize(
    "script",
    [
        cut(b"HTTP/1.1 201 Created\r\nx-restli-id: 71"),  # requests alone takes this for an empty success
        cut(b"HTTP/1.1 201 Created\r\nContent-Length: 500\r\n\r\n" + COMMENT[:60]),
        cut(b"HTTP/1.1 201 Created\r\n\r\n" + COMMENT[:60]),
        cut(b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n{"),
        answer("201 Created"),
        answer("200 OK", b"<html>Welcome</html>", "Content-Type: text/html"),
        answer("201 Created", b"{}"),
        answer("201 Created", b"[]"),
        answer("201 Created", COMMENT.replace(b"9,7", b"9,")),
        answer("201 Created", b"not gzip", "Content-Encoding: gzip"),
    ],
)
def test_a_success_without_a_readable_id_is_no_success(script: Script) -> None:
    error, server = outcome(script, write)
    assert type(error) is UnexpectedAnswer
    assert len(server.requests) == 1


def test_a_whole_answer_is_a_success() -> None:
    with wire(answer("201 Created", COMMENT)) as server, client(server) as linkedin:
        assert linkedin.create_comment(target=POST, actor=PAGE, object=POST, text="Thanks").id == "7"


def test_an_endless_answer_is_not_read_to_its_end() -> None:
    body = b"[" + b"1," * (transport.BYTES_MAX // 2) + b"1]"
    error, _ = outcome(answer("200 OK", body), read)
    assert type(error) is UnexpectedAnswer


def test_a_gzip_bomb_stays_small() -> None:
    bomb = gzip.compress(b"\0" * 60_000_000, 6)
    assert len(bomb) < 300_000
    tracemalloc.start()
    try:
        error, _ = outcome(answer("200 OK", bomb, "Content-Encoding: gzip"), read)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert type(error) is UnexpectedAnswer
    assert peak < 3 * transport.BYTES_MAX


def test_compressed_answers_are_read() -> None:
    with (
        wire(answer("201 Created", gzip.compress(COMMENT), "Content-Encoding: gzip")) as server,
        client(server) as linkedin,
    ):
        assert linkedin.create_comment(target=POST, actor=PAGE, object=POST, text="Thanks").id == "7"


def test_reads_share_a_connection_and_a_write_opens_its_own() -> None:
    with wire(answer("200 OK", EMPTY)) as server, client(server) as linkedin:
        read(linkedin)
        read(linkedin)
        assert server.connections == 1
        delete(linkedin)
        assert (server.connections, len(server.requests)) == (2, 3)


def test_a_connection_that_was_closed_meanwhile_leaves_no_write_in_doubt() -> None:
    def once(connection: socket.socket) -> None:
        answer("200 OK", EMPTY)(connection)
        connection.shutdown(socket.SHUT_RDWR)

    with wire(once) as server, client(server) as linkedin:
        for _ in range(5):
            delete(linkedin)
        assert len(server.requests) == 5


def test_nothing_is_taken_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with wire(answer("200 OK", EMPTY, "Set-Cookie: bcookie=1")) as server, client(server) as linkedin:
        read(linkedin)
        read(linkedin)
        assert all(f"Authorization: Bearer {SECRET}".encode() in head for head in server.requests)
        assert not any(b"Cookie" in head for head in server.requests)


def test_no_more_calls_are_in_flight_than_allowed() -> None:
    lock, inside, most = threading.Lock(), [0], [0]
    third = threading.Barrier(3)

    def script(connection: socket.socket) -> None:
        with lock:
            inside[0] += 1
            most[0] = max(most[0], inside[0])
        third.wait(10)  # answers only when three are there together
        with lock:
            inside[0] -= 1
        answer("200 OK", EMPTY)(connection)

    with wire(script) as server, client(server, in_flight=3) as linkedin, ThreadPoolExecutor(9) as pool:
        list(pool.map(lambda _: read(linkedin), range(9)))
    assert most[0] == 3
    assert server.connections == 3


def test_each_call_is_told_without_ids_or_secrets() -> None:
    calls: list[Call] = []
    with wire(answer("200 OK", EMPTY)) as server, client(server, on_call=calls.append) as linkedin:
        read(linkedin)
    with wire(reset) as server, client(server, on_call=calls.append) as linkedin, pytest.raises(NoAnswer):
        delete(linkedin)
    assert [(one.method, one.resource, one.status) for one in calls] == [
        ("GET", "socialActions.comments", 200),
        ("DELETE", "socialActions.comments", None),
    ]
    assert all(one.duration_s > 0 for one in calls)


def test_linkedins_clock_is_learned_from_its_answers() -> None:
    with wire(answer("200 OK", EMPTY, "Date: Thu, 01 Jan 2037 00:00:00 GMT")) as server, client(server) as linkedin:
        assert linkedin.clock_offset_s is None
        read(linkedin)
        assert linkedin.clock_offset_s is not None
        assert linkedin.clock_offset_s == pytest.approx(2114380800 - time.time(), abs=2)


def test_the_token_is_neither_logged_nor_shown(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with wire(answer("403 Forbidden", b'{"message": "no"}')) as server, client(server) as linkedin:
        with pytest.raises(LinkedInError) as caught:
            write(linkedin)
        shown = caplog.text + repr(linkedin) + repr(caught.value) + str(caught.value)
    assert SECRET not in shown


def _until_gone(connection: socket.socket) -> None:
    while connection.recv(65536):
        pass


def _self_signed(folder: Path) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, begin, begin + timedelta(days=3650))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "both.pem").write_bytes(certificate.public_bytes(pem) + secret)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "both.pem")
    return context


def _greet(listener: socket.socket, context: ssl.SSLContext, heads: list[bytes]) -> None:
    connection, _ = listener.accept()
    with connection, suppress(OSError), context.wrap_socket(connection, server_side=True) as secure:
        heads.append(secure.recv(65536))
