"""The sandbox on a socket: a thread for each connection, HTTP/1.1 kept alive, little work per request.

Listens on loopback only. Raw targets reach the app. Leaves keeping the world on disk to `keeper`.
"""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import struct
import threading
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

from .app import App, make_app
from .faults import ConnectionDropped
from .keeper import Keeper
from .traffic import Traffic
from .world import World

MAX_LINE = 65_536
MAX_HEADERS = 100
MAX_BODY = 128 * 1024 * 1024


class Running:
    """A listening sandbox; `stop` ends it, saves, and returns when nothing of it runs any more."""

    def __init__(self, world: World, listener: socket.socket, keeper: Keeper | None) -> None:
        self.world = world
        self._app = make_app(world)
        self._listener = listener
        self._keeper = keeper
        self._traffic = Traffic(world)
        self._open: set[socket.socket] = set()
        self._guard = threading.Lock()
        self._is_stopping = False
        host, port = listener.getsockname()[:2]
        self.base_url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        self._thread = threading.Thread(target=self._accept, name="sandbox", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._is_stopping = True
        self._traffic.stop()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._guard:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        if self._keeper:
            self._keeper.stop()

    def _accept(self) -> None:
        while True:
            try:
                connection, peer = self._listener.accept()
            except OSError:
                if self._is_stopping:
                    return
                continue
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._guard:
                self._open.add(connection)
            threading.Thread(target=self._serve, args=(connection, peer[0]), daemon=True).start()

    def _serve(self, connection: socket.socket, peer: str) -> None:
        """Answer one connection's requests until either side ends it."""
        try:
            with connection, connection.makefile("rb") as reader:
                while not self._is_stopping and _answer_one(self._app, connection, reader, peer):
                    pass
        except ConnectionDropped:
            pass
        except (OSError, ValueError):
            pass  # the other side went away, or wrote what is not HTTP and was told so
        finally:
            with self._guard:
                self._open.discard(connection)


def serve(world: World, host: str = "127.0.0.1", port: int = 0, *, state_file: Path | None = None) -> Running:
    """Start to listen; port 0 takes a free one.

    Raises: ValueError for an address that is not loopback, OSError when the port is taken.
    """
    address = ipaddress.ip_address("127.0.0.1" if host == "localhost" else host)
    if not address.is_loopback:
        raise ValueError(f"the sandbox listens on loopback only, not on {host}")
    family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
    listener = socket.create_server((str(address), port), family=family, backlog=128)
    return Running(world, listener, Keeper(world, state_file) if state_file else None)


def _answer_one(app: App, connection: socket.socket, reader: BinaryIO, peer: str) -> bool:
    """Read a request and answer it; False when the connection is to end."""
    line = reader.readline(MAX_LINE)
    if not line.strip():
        return bool(line)
    pieces = line.decode("latin-1").split()
    if len(pieces) != 3 or not pieces[2].startswith("HTTP/1."):
        return _turn_away(connection, 400, "Bad Request")
    headers = _headers(reader)
    if headers is None:
        return _turn_away(connection, 431, "Request Header Fields Too Large")
    length = headers.get("CONTENT_LENGTH", "0")
    if "HTTP_TRANSFER_ENCODING" in headers or not length.isdigit():
        return _turn_away(connection, 411, "Length Required")
    if int(length) > MAX_BODY:
        return _turn_away(connection, 413, "Content Too Large")
    if headers.get("HTTP_EXPECT", "").lower() == "100-continue":
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    environ: dict[str, Any] = {
        **headers,
        "REQUEST_METHOD": pieces[0],
        "REQUEST_URI": pieces[1],
        "REMOTE_ADDR": peer,
        "SERVER_PROTOCOL": pieces[2],
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(reader.read(int(length)) if length != "0" else b""),
    }
    keep = headers.get("HTTP_CONNECTION", "").lower() != "close" and pieces[2] == "HTTP/1.1"
    try:
        _send(app, connection, environ, keep)
    except ConnectionDropped:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # close with a reset
        raise
    return keep


def _send(app: App, connection: socket.socket, environ: dict[str, Any], keep: bool) -> None:
    head: list[str] = []

    def start_response(status: str, headers: list[tuple[str, str]]) -> None:
        head.append(f"HTTP/1.1 {status}\r\n")
        head.extend(f"{name}: {text}\r\n" for name, text in headers)
        head.append("Connection: keep-alive\r\n\r\n" if keep else "Connection: close\r\n\r\n")

    body = b"".join(app(environ, start_response))
    connection.sendall("".join(head).encode("latin-1") + body)


def _headers(reader: BinaryIO) -> dict[str, str] | None:
    """The headers as WSGI names them; None when there are too many."""
    found: dict[str, str] = {}
    for _ in range(MAX_HEADERS):
        line = reader.readline(MAX_LINE)
        if line in (b"\r\n", b"\n", b""):
            return found
        name, _, text = line.decode("latin-1").partition(":")
        key = name.upper().replace("-", "_")
        found[key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"] = text.strip()
    return None


def _turn_away(connection: socket.socket, status: int, phrase: str) -> bool:
    connection.sendall(f"HTTP/1.1 {status} {phrase}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
    return False
