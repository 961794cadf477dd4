"""An HTTP adapter whose calls end: 5 s to connect, 30 s between bytes, and a total that nothing can stretch.

`requests` only limits the silence between two bytes, so a server that drips one byte every 20 s holds a caller for
ever, in the headers as well as in the body. Here every read of the socket looks at the call's deadline first. The
clock counts time in which the machine slept, where the system offers one. What the answer means is left to others.
"""

from __future__ import annotations

import http.client
import io
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from http.client import HTTPException
from typing import Any

from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from requests.exceptions import ConnectionError as BrokenConnection
from requests.exceptions import ConnectTimeout, ReadTimeout, RequestException
from requests.structures import CaseInsensitiveDict
from urllib3 import HTTPConnectionPool, HTTPResponse, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError
from urllib3.util.retry import Retry

CONNECT_S = 5.0
READ_S = 30.0
TOTAL_S = 45.0

_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
_deadline: ContextVar[float | None] = ContextVar("deadline", default=None)


def now_s() -> float:
    """Seconds on a clock that never jumps and also runs while the machine is suspended."""
    return time.clock_gettime(_CLOCK)


@contextmanager
def within(total_s: float) -> Iterator[float]:
    """Give everything that is asked of LinkedIn inside the block one common deadline, which is yielded. An earlier
    one of an outer block stays. Threads that work for the block have to be given its context.
    """
    before = _deadline.get()
    deadline = now_s() + total_s
    deadline = deadline if before is None else min(before, deadline)
    token = _deadline.set(deadline)
    try:
        yield deadline
    finally:
        _deadline.reset(token)


def remaining_s() -> float:
    """What is left of this call; the whole of it when no call is under way."""
    deadline = _deadline.get()
    return TOTAL_S if deadline is None else deadline - now_s()


class DeadlineAdapter(HTTPAdapter):
    """Carries calls of one thread at a time; never repeats one, not even after a broken connection.

    Goes past urllib3's pool logic (retries, redirects, proxies, addresses that it would encode again), which we have
    no use for and which costs more time than everything else around a call. `timeout` and `proxies` are ignored.
    """

    def __init__(self, *, connect_s: float = CONNECT_S) -> None:
        super().__init__(pool_connections=2, pool_maxsize=1, max_retries=Retry(0, read=False))
        self._connect_s = connect_s
        self._pools: dict[str, HTTPConnectionPool] = {}

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}

    def close(self) -> None:
        self._pools.clear()
        super().close()

    def send(
        self,
        request: PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: bool | str = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> Response:
        """Raises: ConnectTimeout when no connection came about, so that nothing was asked; ReadTimeout or
        ConnectionError when it is unknown what became of the request.
        """
        pool, target = self._pool_and_target(request, verify, cert)
        connection: Any = pool._get_conn()
        try:
            _open(connection, request, self._connect_s)
            if remaining_s() <= 0:  # a frozen process must not speak after others have decided
                raise ConnectTimeout("the call's time was over before anything was sent", request=request)
            raw = _ask(connection, request, target)
        except RequestException:
            connection.close()
            pool._put_conn(None)
            raise
        raw._connection, raw._pool = connection, pool  # gives it back when the answer has been read
        response = Response()
        response.status_code = raw.status
        response.headers = CaseInsensitiveDict(raw.headers)
        response.raw, response.request, response.url = raw, request, request.url or ""
        return response

    def _pool_and_target(
        self, request: PreparedRequest, verify: bool | str, cert: Any
    ) -> tuple[HTTPConnectionPool, str]:
        """The connections to the request's server, and its address without the server."""
        url = request.url or ""
        slash = url.find("/", url.find("://") + 3)
        origin, target = (url[:slash], url[slash:]) if slash > 0 else (url, "/")
        if origin not in self._pools:
            pool: Any = self.get_connection_with_tls_context(request, verify, proxies={}, cert=cert)
            self._pools[origin] = pool
        return self._pools[origin], target


def _open(connection: Any, request: PreparedRequest, connect_s: float) -> None:
    if not connection.is_closed:
        return
    connection.timeout = min(connect_s, max(remaining_s(), 0.001))
    try:
        connection.connect()
    except (HTTPError, OSError, UnicodeError) as error:  # no name, no server, no valid certificate
        raise ConnectTimeout(error, request=request) from error


def _ask(connection: Any, request: PreparedRequest, target: str) -> HTTPResponse:
    try:
        connection.request(
            request.method, target, request.body, request.headers, preload_content=False, decode_content=False
        )
        connection.timeout = READ_S
        raw: HTTPResponse = connection.getresponse()
    except TimeoutError as error:
        raise ReadTimeout(error, request=request) from error
    except (HTTPError, HTTPException, OSError) as error:
        raise BrokenConnection(error, request=request) from error
    return raw


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
