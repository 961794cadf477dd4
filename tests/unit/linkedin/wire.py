"""A server that misbehaves on purpose: scripted bytes on a real socket, and a count of what reached it."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

Script = Callable[[socket.socket], None]


class Wire:
    """Answers each request with the script; `requests` holds the heads in order of arrival."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._open: set[socket.socket] = set()
        self.requests: list[bytes] = []
        self.connections = 0
        self.closing = threading.Event()
        self.base_url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._start(self._accept)

    def stop(self) -> None:
        self.closing.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            for connection in self._open:
                with suppress(OSError):  # a script may have closed it
                    connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)

    def _start(self, target: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=target, args=args)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self.connections += 1
                self._open.add(connection)
            self._start(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        try:
            while (head := _read_request(connection)) is not None:
                with self._lock:
                    self.requests.append(head)
                self._script(connection)
        except OSError:
            return  # the client went away, which is what some scripts wait for
        finally:
            with self._lock:
                self._open.discard(connection)
            connection.close()


@contextmanager
def wire(script: Script) -> Iterator[Wire]:
    server = Wire(script)
    try:
        yield server
    finally:
        server.stop()


def answer(status: str, body: bytes = b"", *headers: str) -> Script:
    """A whole and honest answer."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return lambda connection: connection.sendall("\r\n".join(lines).encode() + body)


def cut(data: bytes) -> Script:
    """Some bytes, then a polite end."""

    def script(connection: socket.socket) -> None:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_RDWR)

    return script


def reset(connection: socket.socket) -> None:
    """Read the request and slam the door."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def drip(head: bytes) -> Script:
    """A head at once, then one byte every 20 ms until the client has had enough."""

    def script(connection: socket.socket) -> None:
        connection.sendall(head)
        pause = threading.Event()
        for _ in range(1000):
            pause.wait(0.02)
            connection.sendall(b"x")

    return script


def _read_request(connection: socket.socket) -> bytes | None:
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            return None
        data += more
    head, _, rest = data.partition(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    while len(rest) < length:
        rest += connection.recv(65536)
    return head
