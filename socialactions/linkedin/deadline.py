"""An HTTP adapter whose calls end: 5 s to connect, 30 s between bytes, and a total that nothing can stretch.

`requests` only limits the silence between two bytes, so a server that drips one byte every 20 s holds a caller for
ever, in the headers as well as in the body. Here every read of the socket looks at the call's deadline first. The
clock counts time in which the machine slept, where the system offers one. What the answer means is left to others.
"""

from __future__ import annotations

import http.client
import io
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.util.retry import Retry

CONNECT_S = 5.0
READ_S = 30.0
TOTAL_S = 45.0

_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
_call = threading.local()


def now_s() -> float:
    """Seconds on a clock that never jumps and also runs while the machine is suspended."""
    return time.clock_gettime(_CLOCK)


@contextmanager
def within(total_s: float) -> Iterator[float]:
    """Give everything this thread reads from LinkedIn inside the block one common deadline, which is yielded."""
    before = getattr(_call, "deadline", None)
    _call.deadline = deadline = now_s() + total_s
    try:
        yield deadline
    finally:
        _call.deadline = before


def remaining_s() -> float:
    """What is left of this thread's call; the whole of it when no call is under way."""
    deadline = getattr(_call, "deadline", None)
    return TOTAL_S if deadline is None else deadline - now_s()


class DeadlineAdapter(HTTPAdapter):
    """Carries calls of one thread at a time; never repeats one, not even after a broken connection."""

    def __init__(self) -> None:
        super().__init__(pool_connections=2, pool_maxsize=1, max_retries=Retry(0, read=False))

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}


class _Raw(io.RawIOBase):
    """The socket's bytes, as long as the deadline allows."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._file = sock.makefile("rb", buffering=0)  # keeps the socket open until this is closed

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        left = remaining_s()
        if left <= 0:
            raise TimeoutError("the whole call took too long")
        self._sock.settimeout(min(READ_S, left))
        return self._sock.recv_into(buffer)

    def close(self) -> None:
        if not self.closed:
            self._file.close()
        super().close()


class _Source:
    """What `http.client` asks for a file to read from."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Raw(self._sock), 65536)


class _Response(http.client.HTTPResponse):
    def __init__(self, sock: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(_Source(sock), *args, **kwargs)  # type: ignore[arg-type]  # only makefile is used


class _Connection(HTTPConnection):
    response_class = _Response

    def connect(self) -> None:
        super().connect()
        _patient(self.sock)


class _SecureConnection(HTTPSConnection):
    response_class = _Response

    def connect(self) -> None:
        super().connect()
        _patient(self.sock)


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


def _patient(sock: Any) -> None:
    """The limit for connecting would also cut a large upload; sending may take as long as reading."""
    if sock is not None:
        sock.settimeout(min(READ_S, max(remaining_s(), 0.001)))
