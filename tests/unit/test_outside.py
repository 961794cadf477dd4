"""What is called at somebody's word: the public internet alone, by the address that was judged."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path

import pytest

from socialactions import outside
from socialactions.outside import NotCalled, Outside
from tests import receiver as receivers
from tests.receiver import HOST, Receiver

INSIDE = (
    *("0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "127.255.0.9", "169.254.169.254", "172.16.0.1", "172.31.255.9"),  # noqa: S104
    *("192.0.0.8", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.51.100.1", "203.0.113.1"),
    *("224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255"),
    *("::", "::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1", "100::1"),
    *("2001::1", "2001:db8::1", "2002:7f00:1::", "3fff::1", "fc00::1", "fd12:3456::1", "fe80::1", "fec0::1", "ff02::1"),
)
OUTSIDE = ("1.1.1.1", "8.8.8.8", "172.15.0.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2a00:1450:4001::200e")
NEVER = {
    "": "no address",
    "nonsense": "no address",
    "http://hooks.example.org/": "must begin with https",
    "ftp://hooks.example.org/": "must begin with https",
    "https://user:secret@hooks.example.org/": "no user name",
    "https://hooks.example.org/#part": "no user name, password or #part",
    "https://hooks.example.org:25/": "port must be 443",
    "https://hooks.example.org:x/": "no address",
    "https://hooks.example.org:99999/": "no address",
    "https://hooks example.org/": "no address",
    "https://hooks.example.org\\@127.0.0.1/": "no address",
    "https://hööks.example.org/": "no address",
    "https://[half/": "no address",
    "https:///path": "no address",
    "https://hooks.example.org/\r\nHost: x": "no address",
    f"https://hooks.example.org/{'x' * 500}": "at most 500",
    "https://127.0.0.1/": "not on the public internet",
    "https://[::1]/": "not on the public internet",
    "https://[::ffff:10.0.0.1]/": "not on the public internet",
    "http://127.0.0.1/": "must begin with https",
}


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receivers.listening() as found:
        yield found


def loopback(*addresses: str, verify: bool | str = True) -> Outside:
    """For a trial on this machine: HOST is there, whoever asks."""
    return Outside(resolve=lambda host, port: addresses or ("127.0.0.1",), verify=verify, may_loopback=True)


def words_of(out: Outside, url: str, body: bytes = b"{}") -> str:
    with pytest.raises(NotCalled) as refused:
        out.post(url, body, {})
    return refused.value.words


@pytest.mark.parametrize("address", INSIDE)
def test_no_address_inside_is_called_by_whatever_name(address: str) -> None:
    assert not outside.is_public(ip_address(address))
    for answer in ([address], ["8.8.8.8", address], [address, "8.8.8.8"]):
        found = Outside(resolve=lambda host, port, answer=answer: answer)  # type: ignore[misc]
        assert "not on the public internet" in words_of(found, f"https://{HOST}/")
    literal = f"[{address}]" if ":" in address else address
    assert "not on the public internet" in words_of(Outside(resolve=lambda host, port: []), f"https://{literal}/")


@pytest.mark.parametrize("address", OUTSIDE)
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert outside.is_public(ip_address(address))


@pytest.mark.parametrize("name", ["127.1", "2130706433", "0x7f000001", "0177.0.0.1", "localhost", "localhost."])
def test_other_spellings_of_this_machine_do_not_lead_there(name: str) -> None:
    real = Outside(resolve=lambda host, port: ["127.0.0.1"])
    assert "not on the public internet" in words_of(real, f"https://{name}/")


@pytest.mark.parametrize("url", NEVER)
def test_what_is_no_address_is_refused_before_its_name_is_asked_for(url: str) -> None:
    def resolve(host: str, port: int) -> list[str]:
        raise AssertionError(host)

    assert NEVER[url] in words_of(Outside(resolve=resolve), url)


@pytest.mark.parametrize("resolve", [lambda host, port: [], lambda host, port: socket.getaddrinfo("x.invalid", port)])
def test_a_name_without_address_is_said(resolve: object) -> None:
    assert words_of(Outside(resolve=resolve), f"https://{HOST}/") == "The name has no address, or nobody could say."  # type: ignore[arg-type]


def test_the_systems_own_look_up_has_a_limit_of_time(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "127.0.0.1" in outside.look_up("localhost", 443)
    with pytest.raises(OSError):
        outside.look_up("x.invalid", 443)
    over = threading.Event()
    monkeypatch.setattr(outside, "LOOK_UP_S", 0.05)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [] * over.wait(10))
    assert words_of(Outside(), f"https://{HOST}/") == "The name has no address, or nobody could say."
    over.set()


def test_plain_http_leaves_this_machine_in_no_trial() -> None:
    assert "https" in words_of(loopback("8.8.8.8"), "http://localhost/")
    assert "https" in words_of(loopback(), f"http://{HOST}/")


def test_a_call_arrives_whole(receiver: Receiver) -> None:
    answer = loopback().post(receiver.url, b'{"a": 1}', {"Webhook-Id": "1"})
    assert (answer.status, answer.is_success, answer.excerpt) == (204, True, "")
    (call,) = receiver.calls
    assert (call.path, call.body, call.headers["webhook-id"]) == ("/hook?for=us", b'{"a": 1}', "1")
    assert call.headers["host"] == f"127.0.0.1:{receiver.port}" and call.headers["content-length"] == "8"


def test_the_name_is_asked_for_once_and_tls_vouches_for_it(tmp_path: Path) -> None:
    """No test may look up names: that the call arrives shows that it went to the address that was judged."""
    context, trusted = receivers.secure(tmp_path)
    asked: list[tuple[str, int]] = []

    def resolve(host: str, port: int) -> list[str]:
        asked.append((host, port))
        return ["127.0.0.1"]

    with receivers.listening(context=context) as found:
        url = f"https://{HOST}:{found.port}/"
        out = Outside(resolve=resolve, verify=trusted, may_loopback=True)
        assert out.post(url, b"{}", {}).status == 204
        assert asked == [(HOST, found.port)]
        assert found.calls[0].headers["host"] == f"{HOST}:{found.port}"
        stranger = loopback(verify=trusted)
        assert "certificate" in words_of(stranger, f"https://other.example.org:{found.port}/")
        assert "certificate" in words_of(loopback(), url)
        assert len(found.calls) == 1


def test_the_environment_says_nothing(receiver: Receiver, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password secret\n")
    monkeypatch.setitem(os.environ, "NETRC", str(netrc))
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setitem(os.environ, name, "http://127.0.0.1:1")
    assert loopback().post(receiver.url, b"{}", {}).status == 204
    assert "authorization" not in receiver.calls[0].headers


def test_a_redirect_is_an_answer_and_followed_by_nobody(receiver: Receiver) -> None:
    receiver.answers = [307, 301]
    for status in (307, 301):
        answer = loopback().post(receiver.url, b"{}", {})
        assert (answer.status, answer.is_success) == (status, False)
    assert [call.path for call in receiver.calls] == ["/hook?for=us"] * 2


def test_of_a_refusal_little_is_kept(receiver: Receiver) -> None:
    receiver.answers = [(400, "No\x00 such\n\u202ething " + "x" * 5000), receivers.pours]
    first, second = (loopback().post(receiver.url, b"{}", {}).excerpt for _ in range(2))
    assert first.startswith("No such thing xxx") and len(first) == len(second) == outside.EXCERPT


def test_who_speaks_slowly_is_not_listened_to_for_long(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outside, "TOTAL_S", 0.3)
    receiver.answers = [receivers.drips]
    assert words_of(loopback(), receiver.url) == "No answer in time."


def test_who_hangs_up_or_is_not_there_is_said(receiver: Receiver) -> None:
    receiver.answers = [receivers.hangs_up]
    assert "broke" in words_of(loopback(), receiver.url)
    assert words_of(loopback(), "http://127.0.0.1:1/") == "No connection came about."
    assert words_of(loopback(), f"https://{HOST}:{receiver.port}/") == "No secure connection came about."


def test_the_next_address_of_a_name_is_tried(receiver: Receiver) -> None:
    url = f"http://localhost:{receiver.port}/"  # nobody listens on the first
    assert loopback("127.0.0.9", "127.0.0.1").post(url, b"{}", {}).status == 204
    assert "No connection" in words_of(loopback("127.0.0.9", "127.0.0.8", "127.0.0.1"), url)
