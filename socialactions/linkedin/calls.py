"""What every resource of the client needs: one call, one page, all pages, one batch, many batches at once, and what
is done where LinkedIn refuses them.

Knows Rest.li's envelopes (elements and paging; results, statuses and errors), not what is inside them.
"""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from threading import Lock
from typing import Any, Self, TypeVar
from urllib.parse import parse_qs, unquote, urlsplit

from requests import Session

from socialactions.linkedin import deadline, errors, payloads, restli
from socialactions.linkedin.errors import (
    BadRequest,
    LinkedInError,
    NotFound,
    NotPermitted,
    RateLimited,
    UnexpectedAnswer,
)
from socialactions.linkedin.transport import Answer, Call, Transport
from socialactions.linkedin.values import Batch, Page, Payload

K = TypeVar("K", bound=Hashable)
P = TypeVar("P", bound=Payload)
R = TypeVar("R")
Read = Callable[[Any], P]

SINGLES_AT_MOST = 10  # of a resource, in place of refused batches: a day of the Development tier has 100 calls
BATCH_SIZE = 20  # no limit is documented: stay small, and well below 4 KB of query
PAGES_MAX = 1000

log = logging.getLogger(__name__)


class Caller:
    """Holds the token, the version and the way to LinkedIn; the resources build on it."""

    def __init__(
        self,
        token: str,
        *,
        base_url: str,
        version: str,
        session: Session | None = None,
        in_flight: int = 8,
        on_call: Callable[[Call], None] | None = None,
        before_call: Callable[[], None] | None = None,
        expect: Callable[[int], None] | None = None,
        total_s: float = deadline.TOTAL_S,
        refused_batches: Iterable[str] = (),
    ) -> None:
        """`version` is LinkedIn's YYYYMM; at most `in_flight` calls run at once.

        A given `session` carries every call; otherwise each call in flight has a session of its own. `on_call` hears
        of every finished call, in the thread that made it, and must not raise; what `before_call` raises ends a call
        before it is made. `expect` hears how many calls other threads are about to make, in the thread that asks for
        them. `refused_batches` names the resources whose batches LinkedIn is known to refuse; the attribute of that
        name grows with what this client finds out.
        """
        self.base_url = base_url.rstrip("/")
        self.in_flight = in_flight
        self.expect = expect or _nothing
        self.refused_batches = set(refused_batches)
        self._singles: Counter[str] = Counter()
        self._lock = Lock()
        self._headers = restli.headers(token, version)
        self._transport = Transport(
            session, in_flight=in_flight, on_call=on_call, before_call=before_call, total_s=total_s
        )

    @property
    def clock_offset_s(self) -> float | None:
        """LinkedIn's clock minus ours, to about a second; None before the first answer."""
        return self._transport.clock_offset_s

    def close(self) -> None:
        """Close idle connections; the client stays usable."""
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self.base_url}>"

    def _get(self, path: str, query: str = "", *, method: str | None = None) -> Any:
        url = f"{self.base_url}/rest{path}"
        request = restli.prepare("GET", url, headers=self._headers, query=query, method=method)
        return self._transport.send(request).json()

    def _write(
        self, verb: str, path: str, *, query: str = "", body: object = None, method: str | None = None
    ) -> Answer:
        url = f"{self.base_url}/rest{path}"
        request = restli.prepare(verb, url, headers=self._headers, query=query, body=body, method=method)
        return self._transport.send(request)

    def _page(
        self, path: str, query: str, read: Read[P], *, start: int, count: int, method: str | None = None
    ) -> Page[P]:
        """Fetch one slice; 404 is how LinkedIn says that a list is empty."""
        window = restli.query(start=start, count=count)
        try:
            raw = self._get(path, f"{query}&{window}" if query else window, method=method)
        except NotFound:
            return Page([], [], start, 0, None, not_found=True)
        raws = elements_of(raw)
        elements, odd = payloads.collect(raws, read)
        paging = raw.get("paging") if isinstance(raw.get("paging"), dict) else {}
        total = paging.get("total")
        total = total if isinstance(total, int) else None
        return Page(elements, odd, start, total, next_start(paging, len(raws), start=start, count=count, total=total))

    def _pages(
        self, path: str, query: str, read: Read[P], *, key: Callable[[P], object], count: int, method: str | None = None
    ) -> Iterator[P]:
        """Yield from slice after slice as they are needed; what moved from one slice to the next comes once."""
        start: int | None = 0
        seen: set[object] = set()
        for _ in range(PAGES_MAX):
            page = self._page(path, query, read, start=start or 0, count=count, method=method)
            for error in page.odd:
                log.warning("left out one element of %s: %s", restli.resource_of(path), error)
            for element in page.elements:
                if (name := key(element)) not in seen:
                    seen.add(name)
                    yield element
            start = page.next_start
            if start is None:
                return

    def _batch(
        self, path: str, keys: Sequence[K], spell: Callable[[K], restli.Value], read: Callable[[Any, K], P]
    ) -> Batch[K, P]:
        """Fetch many by key in one call. Every key comes back, in `results` or in `errors`."""
        if not keys:
            return Batch()
        raw = self._get(path, restli.query(ids=[spell(key) for key in keys]), method="BATCH_GET")
        if not isinstance(raw, dict):
            raise UnexpectedAnswer.of("LinkedIn's batch is no object", sample=repr(raw))
        parts = [_by_spelling(raw.get(name)) for name in ("results", "errors", "statuses")]
        batch: Batch[K, P] = Batch()
        for key in keys:
            found, failure, status = (part.get(_canonical(restli.encode(spell(key)))) for part in parts)
            try:
                if found is None:
                    raise _failure(failure, status)
                batch.results[key] = read(found, key)
            except LinkedInError as error:
                batch.errors[key] = error
        return batch

    def _many(
        self,
        path: str,
        keys: Iterable[K],
        spell: Callable[[K], restli.Value],
        read: Callable[[Any, K], P],
        one: Callable[[K], P],
        *,
        size: int = BATCH_SIZE,
    ) -> Batch[K, P]:
        """Fetch each key once, `size` to a call, several calls at the same time.

        Where LinkedIn refuses batches the first SINGLES_AT_MOST are asked for by `one`; the others stay `unasked`.
        Raises the refusal when the first is refused by itself, too: then the batch was not to blame.
        """
        resource = restli.resource_of(path)
        unique = list(dict.fromkeys(keys))
        chunks = [unique[at : at + size] for at in range(0, len(unique), size)]

        def ask(chunk: Sequence[K]) -> Batch[K, P] | LinkedInError:
            try:
                return self._batch(path, chunk, spell, read)
            except (NotPermitted, BadRequest) as refusal:
                return refusal

        if resource in self.refused_batches:
            return self._one_by_one(resource, unique, one)
        whole: Batch[K, P] = Batch()
        for chunk, answer in zip(chunks, self._at_once(ask, chunks), strict=True):
            whole.merge(answer if isinstance(answer, Batch) else self._instead(resource, chunk, one, answer))
        return whole

    def _instead(self, resource: str, keys: Sequence[K], one: Callable[[K], P], refusal: LinkedInError) -> Batch[K, P]:
        try:
            batch = self._one_by_one(resource, keys, one)
        except (NotPermitted, BadRequest) as error:
            raise refusal from error
        if batch.results and not any(isinstance(error, NotPermitted | BadRequest) for error in batch.errors.values()):
            self.refused_batches.add(resource)
        return batch

    def _one_by_one(self, resource: str, keys: Sequence[K], one: Callable[[K], P]) -> Batch[K, P]:
        """Ask for each, as far as the singles of this client go. Raises what the very first is refused with."""
        batch: Batch[K, P] = Batch()
        for at, key in enumerate(keys):
            if not self._may_ask_singly(resource):
                batch.unasked.extend(keys[at:])
                break
            try:
                batch.results[key] = one(key)
            except (NotPermitted, BadRequest) as error:
                if not batch.results and not batch.errors:
                    raise
                batch.errors[key] = error
            except (NotFound, UnexpectedAnswer) as error:
                batch.errors[key] = error
            except RateLimited:
                if not batch.results:
                    raise
                batch.unasked.extend(keys[at:])  # what came already is kept
                break
        return batch

    def _may_ask_singly(self, resource: str) -> bool:
        with self._lock:
            self._singles[resource] += 1
            return self._singles[resource] <= SINGLES_AT_MOST

    def _at_once(self, fetch: Callable[[Sequence[K]], R], chunks: list[list[K]]) -> list[R]:
        if len(chunks) <= 1:
            return [fetch(chunk) for chunk in chunks]
        self.expect(len(chunks))
        with ThreadPoolExecutor(min(self.in_flight, len(chunks))) as pool:
            answers = [
                pool.submit(copy_context().run, fetch, chunk) for chunk in chunks
            ]  # with what is left of the time
            return [answer.result() for answer in answers]


def _nothing(_: int) -> None:
    pass


def elements_of(raw: object) -> list[Any]:
    """The elements of a list answer; UnexpectedAnswer when it is none."""
    elements = raw.get("elements") if isinstance(raw, dict) else None
    if not isinstance(elements, list):
        raise UnexpectedAnswer.of("LinkedIn's list has no elements", sample=repr(raw), field="elements")
    return elements


def next_start(paging: Mapping[str, Any], got: int, *, start: int, count: int, total: int | None) -> int | None:
    """Where the next slice begins: what LinkedIn's link says, else its total, else a full page; None at the end.

    A short page alone is no end: LinkedIn filters posts after it has cut the slice.
    """
    if got == 0:
        return None
    for link in paging.get("links") or []:
        if isinstance(link, dict) and link.get("rel") == "next":
            found = parse_qs(urlsplit(str(link.get("href"))).query).get("start", [""])[0]
            if found.isdigit() and int(found) > start:
                return int(found)
    served = paging.get("count")
    after = start + (served if isinstance(served, int) and 0 < served < count else count)
    if total is not None:
        return after if after < total else None
    return after if got >= count else None


def _by_spelling(part: object) -> dict[str, Any]:
    return {_canonical(key): value for key, value in part.items()} if isinstance(part, dict) else {}


def _canonical(key: str) -> str:
    """One spelling for a key that LinkedIn may escape in full, in part (reduced encoding), or not at all.

    The fields of a compound key come in any order.
    """
    if key.startswith("("):
        key = ",".join(sorted(key[1:-1].split(",")))
    return unquote(key)


def _failure(details: object, status: object) -> LinkedInError:
    body = details if isinstance(details, dict) else {}
    number = body.get("status", status)
    known = number if isinstance(number, int) and number >= 300 else 404  # left out without a word: not there
    return errors.from_answer(known, {}, json.dumps(body).encode(), write=False)
