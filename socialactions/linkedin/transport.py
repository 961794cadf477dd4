"""Sends prepared calls and returns whole answers, within limits of time and size. Never repeats, follows no redirect.

Connections belong to this object: at most `in_flight` calls at once, one connection each, reused from call to call;
a write always opens a fresh one, because an idle connection that the other side just closed would leave it in doubt.
What a status means is in `errors`, what a body means in `payloads`.
"""

from __future__ import annotations

import queue
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import requests
from pydantic_core import from_json
from requests import PreparedRequest, Response, Session
from requests.exceptions import (
    ChunkedEncodingError,
    ConnectTimeout,
    ContentDecodingError,
    RequestException,
    Timeout,
)
from requests.hooks import default_hooks
from requests.structures import CaseInsensitiveDict
from urllib3.exceptions import NameResolutionError, NewConnectionError

from socialactions.linkedin import deadline, errors, restli
from socialactions.linkedin.errors import LinkedInError, NoAnswer, UnexpectedAnswer, Unreachable

BYTES_MAX = 8 * 1024 * 1024  # after decompression: the largest honest page is far below 1 MB
_CHUNK = 65536


@dataclass(frozen=True, slots=True)
class Call:
    """One finished call, for budgets and logs: no ids, no body, no token."""

    method: str
    resource: str
    status: int | None  # None when nothing came back
    duration_s: float


@dataclass(frozen=True, slots=True, repr=False)
class Answer:
    """A success, read to its end."""

    status: int
    headers: Mapping[str, str]  # compared without case
    body: bytes

    def json(self) -> Any:
        """The body as JSON; UnexpectedAnswer for HTML, nothing, or half an object."""
        try:
            return from_json(self.body)
        except ValueError:
            sample = self.body.decode("utf-8", "replace")
            raise UnexpectedAnswer.of("LinkedIn's answer is not JSON", sample=sample, status=self.status) from None


class Transport:
    """The way to one server. Safe to use from several threads."""

    def __init__(
        self,
        session: Session | None,
        *,
        in_flight: int,
        on_call: Callable[[Call], None] | None,
        total_s: float,
        before_call: Callable[[], None] | None = None,
    ) -> None:
        self._given = session
        self._idle: queue.LifoQueue[Session] = queue.LifoQueue()
        self._places = threading.BoundedSemaphore(in_flight)
        self._on_call = on_call
        self._before_call = before_call
        self._total_s = total_s
        self._date: str | None = None
        self.clock_offset_s: float | None = None

    def send(self, request: restli.Request) -> Answer:
        """Return the answer to a call that succeeded (2xx); raise the matching LinkedInError otherwise."""
        if self._before_call is not None:
            self._before_call()
        began = deadline.now_s()
        status: int | None = None
        try:
            with self._session(request.is_write) as session, deadline.within(self._total_s):
                response = _exchange(session, request)
                status = response.status_code
                with response:
                    body = _read(response, request.is_write)
        finally:
            if self._on_call is not None:
                self._on_call(Call(request.verb, request.resource, status, deadline.now_s() - began))
        self._learn_clock(response.headers.get("Date"))
        if 200 <= status < 300:
            return Answer(status, response.headers, body)
        raise errors.from_answer(status, response.headers, body, write=request.is_write)

    def close(self) -> None:
        """Close the connections that this object opened."""
        while not self._idle.empty():
            self._idle.get().close()

    @contextmanager
    def _session(self, is_write: bool) -> Iterator[Session]:
        with self._places:
            if self._given is not None:
                yield self._given
                return
            try:
                session = self._idle.get_nowait()
            except queue.Empty:
                session = own_session()
            if is_write:
                session.close()  # drops idle connections only; the session opens a fresh one
            try:
                yield session
            finally:
                self._idle.put(session)

    def _learn_clock(self, date: str | None) -> None:
        if date is None or date == self._date:
            return
        theirs = errors.server_time({"date": date})
        if theirs is not None:
            self._date, self.clock_offset_s = date, (theirs - datetime.now(UTC)).total_seconds()


def own_session() -> Session:
    """A session that takes nothing from the environment: no proxy, no netrc, no cookies of other calls."""
    session = Session()
    session.trust_env = False
    for scheme in ("https://", "http://"):
        session.mount(scheme, deadline.DeadlineAdapter())
    return session


def read_capped(response: Response) -> bytes:
    """The decompressed body; ValueError above the cap, TimeoutError past the deadline."""
    chunks: list[bytes] = []
    size = 0
    for chunk in response.iter_content(_CHUNK):
        size += len(chunk)
        if size > BYTES_MAX:
            raise ValueError(f"the answer is longer than {BYTES_MAX} bytes")
        if deadline.remaining_s() <= 0:
            raise TimeoutError("the whole call took too long")
        chunks.append(chunk)
    return b"".join(chunks)


def was_never_sent(error: RequestException) -> bool:
    """True only when no connection came about, so that nothing can have been applied."""
    if isinstance(error, ConnectTimeout):
        return True
    for cause in _causes(error):
        if isinstance(cause, NewConnectionError | NameResolutionError | ssl.SSLCertVerificationError):
            return True
    return False


def _exchange(session: Session, request: restli.Request) -> Response:
    try:
        return session.send(
            _prepared(request),
            timeout=(deadline.CONNECT_S, deadline.READ_S),
            allow_redirects=False,
            stream=True,
            proxies={},
            verify=True,
            cert=None,
        )
    except RequestException as error:
        raise _unanswered(error, request.is_write) from None


def _prepared(request: restli.Request) -> PreparedRequest:
    """Hand over the address as it is: requests' own preparation would encode some of it again."""
    prepared = PreparedRequest()
    prepared.method = request.verb
    prepared.url = request.url
    prepared.headers = CaseInsensitiveDict(request.headers)
    prepared.body = request.body
    prepared.hooks = default_hooks()
    prepared._cookies = requests.cookies.RequestsCookieJar()  # type: ignore[attr-defined]  # send() copies it
    return prepared


def _read(response: Response, is_write: bool) -> bytes:
    try:
        return read_capped(response)
    except (ValueError, ChunkedEncodingError, ContentDecodingError) as error:
        if 200 <= response.status_code < 300:
            message = "LinkedIn's answer was cut off, too long or unreadable"
            raise UnexpectedAnswer.of(message, sample=type(error).__name__, status=response.status_code) from None
        return b""  # the status says enough
    except (RequestException, TimeoutError) as error:
        raise _unanswered(error, is_write) from None


def _unanswered(error: RequestException | TimeoutError, is_write: bool) -> LinkedInError:
    if isinstance(error, RequestException) and was_never_sent(error):
        return Unreachable("LinkedIn could not be reached", retryable=True)
    late = isinstance(error, Timeout | TimeoutError)
    message = "LinkedIn did not answer in time" if late else "The connection to LinkedIn broke"
    return NoAnswer(message, retryable=not is_write)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and everything it wraps, along causes, contexts and urllib3's `reason`."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        one = waiting.pop()
        if not isinstance(one, BaseException) or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        waiting += [one.__cause__, one.__context__, getattr(one, "reason", None), *one.args]
