"""A little server that programs' webhooks call: it keeps what came and answers as a test says."""

from __future__ import annotations

import ipaddress
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST = "hooks.example.org"  # the name that the receiver's certificate is for; nobody resolves it in tests


@dataclass(frozen=True)
class Received:
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """What came, and how the next calls are answered: a status, or something that does worse to the connection."""

    port: int = 0
    calls: list[Received] = field(default_factory=list)
    answers: list[Any] = field(default_factory=list)  # used up from the front; 204 afterwards

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?for=us"


class _Handler(BaseHTTPRequestHandler):
    server: Any

    def do_POST(self) -> None:
        receiver: Receiver = self.server.receiver
        body = self.rfile.read(int(self.headers["Content-Length"]))
        receiver.calls.append(Received(self.path, {k.lower(): v for k, v in self.headers.items()}, body))
        answer = receiver.answers.pop(0) if receiver.answers else 204
        if callable(answer):
            answer(self)
            return
        status, words = answer if isinstance(answer, tuple) else (answer, "")
        self.send_response(status)
        if 300 <= status < 400:
            self.send_header("Location", f"http://127.0.0.1:{receiver.port}/elsewhere")
        self.send_header("Content-Length", str(len(words)))
        self.end_headers()
        self.wfile.write(words.encode())

    def log_message(self, format: str, *args: Any) -> None:
        pass


def drips(handler: Any) -> None:
    """One byte of a header after the other: no silence is long enough to be noticed."""
    try:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
        while True:
            handler.wfile.write(b"a")
            handler.wfile.flush()
            time.sleep(0.02)  # the drip itself, not a wait for something
    except OSError:
        handler.close_connection = True


def hangs_up(handler: Any) -> None:
    handler.close_connection = True


def pours(handler: Any) -> None:
    """A refusal without an end."""
    handler.wfile.write(b"HTTP/1.1 500 No\r\n\r\n")
    try:
        while True:
            handler.wfile.write(b"no " * 20_000)
    except OSError:
        handler.close_connection = True


@contextmanager
def listening(*, context: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # whoever is called may hang up
    receiver = server.receiver = Receiver(server.server_port)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.socket.close()


@cache
def _pair() -> tuple[bytes, bytes]:
    """A certificate for HOST that vouches for itself, and its key."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName(HOST), x509.IPAddress(ipaddress.ip_address("::1"))]),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    encoding = serialization.Encoding.PEM
    secret = key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return made.public_bytes(encoding), secret


def secure(folder: Path) -> tuple[ssl.SSLContext, str]:
    """What a server for HOST needs, and the file that a client trusts."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    for path, text in zip((certificate, key), _pair(), strict=True):
        path.write_bytes(text)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context, str(certificate)
