"""Server-sent events: the names of what changed, never anybody's words; the browser fetches the fragments it shows.

One poller per process reads the Event table while anybody listens and fans out in memory, so that open pages cost one
query per tick altogether. Fragments poll slowly as well, so a lost stream loses nothing.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from contextvars import Context
from datetime import UTC, datetime, timedelta
from uuid import UUID

from asgiref.sync import sync_to_async
from django.db import DatabaseError, InterfaceError, connection
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.views.decorators.http import require_GET

from socialactions import clock
from socialactions.models import Event, User

log = logging.getLogger(__name__)

TICK_S = 0.4
HEARTBEAT_S = 15.0
LOOK_BACK_S = 86_400.0  # announcements are kept no longer
LATE_S = 5.0  # between an event's moment and its becoming visible to others
LATE_IDS = 100  # how many ids before the newest are looked at first
MISSED_AT_MOST = 200


Heard = tuple[int, list[str]]


class Fan:
    """Hands events to their listeners of this process: all of a desk by its id, or those of one name."""

    def __init__(self) -> None:
        self._listeners: dict[UUID | str, set[asyncio.Queue[Heard]]] = defaultdict(set)
        self._poller: asyncio.Task[None] | None = None

    @contextmanager
    def listening(self, *to: UUID | str) -> Iterator[asyncio.Queue[Heard]]:
        """A queue of what is heard from now on, until the end of the block."""
        queue: asyncio.Queue[Heard] = asyncio.Queue(maxsize=1000)
        for name in to:
            self._listeners[name].add(queue)
        if self._poller is None or self._poller.done():
            self._poller = asyncio.create_task(self._poll(), context=Context())  # of no request's thread
        try:
            yield queue
        finally:
            for name in to:
                self._listeners[name].discard(queue)
                if not self._listeners[name]:
                    del self._listeners[name]

    async def _poll(self) -> None:
        """Ids are given before a transaction ends, so that a lower one may become visible later: the ids of the last
        seconds are read again and again. Rather is something told twice than never.
        """
        begun: datetime | None = None  # by the clock that events are written by
        floor: int | None = None
        told: dict[int, float] = {}
        while self._listeners:
            try:
                if begun is None:
                    begun = await _now() - timedelta(seconds=LATE_S)
                if floor is None:
                    floor = (await Event.objects.order_by("-pk").values_list("pk", flat=True).afirst() or 0) - LATE_IDS
                async for event in Event.objects.filter(pk__gt=floor).select_related("outgoing").order_by("pk"):
                    if event.pk not in told and event.at > begun:
                        self._tell(event)
                    told.setdefault(event.pk, time.monotonic())
            except (DatabaseError, InterfaceError) as error:
                log.warning("events were not readable: %s", type(error).__name__)
                await sync_to_async(_let_go)()
            settled = [pk for pk, at in told.items() if at < time.monotonic() - LATE_S]
            if settled:
                floor = max(settled)
                told = {pk: at for pk, at in told.items() if pk > floor}
            await asyncio.sleep(TICK_S)

    def _tell(self, event: Event) -> None:
        names = names_of(event)
        listened_for: list[UUID | str] = [event.desk_id, *names]
        for queue in {queue for name in listened_for for queue in self._listeners.get(name, ())}:
            if not queue.full():
                queue.put_nowait((event.pk, names))


fan = Fan()


def names_of(event: Event) -> list[str]:
    """What a page may listen for: the place that changed, the action itself, and History."""
    if event.outgoing is None:
        return [event.topic]
    return [event.topic, f"outgoing-{event.outgoing.uid}", "history"]


@require_GET
async def stream(request: HttpRequest) -> HttpResponseBase:
    """Events of the viewer's desk since a moment. 204 tells the browser to stop asking (signed out, or no ASGI
    server).
    """
    user = await request.auser()
    if not isinstance(user, User) or user.desk_id is None or "asgi" not in str(type(request)).lower():
        return HttpResponse(status=204)
    since, seen = _since(request, await _now()), _last_seen(request)
    answer = StreamingHttpResponse(_events(user.desk_id, since, seen), content_type="text/event-stream")
    answer["Cache-Control"] = "no-store"
    answer["Content-Encoding"] = "identity"  # compression would hold events back until there is enough of them
    answer["X-Accel-Buffering"] = "no"
    return answer


async def _events(desk_id: UUID, since: datetime, seen: int) -> AsyncIterator[bytes]:
    with fan.listening(desk_id) as queue:
        yield b": listening\n\n"
        missed, is_stale = await _missed(desk_id, since, seen)
        # A stream lasts for hours; the connection of its thread would be kept open all the while.
        await sync_to_async(_let_go)()
        if is_stale:
            yield b"event: stale\ndata: \n\n"
        for event in missed:
            yield _spoken(event.pk, names_of(event))
        told = {event.pk for event in missed}
        while True:
            try:
                pk, names = await asyncio.wait_for(queue.get(), HEARTBEAT_S)
            except TimeoutError:
                yield b": still here\n\n"
                continue
            if pk not in told:
                yield _spoken(pk, names)


async def _missed(desk_id: UUID, since: datetime, seen: int) -> tuple[list[Event], bool]:
    """The newest events since a moment, oldest first, and whether there may have been more than these. Who says which
    event came last gets those after it, and those just before it that may have become visible late.
    """
    earliest = await _now() - timedelta(seconds=LOOK_BACK_S)
    known = await Event.objects.filter(desk_id=desk_id, pk=seen).afirst() if seen else None
    start = known.at - timedelta(seconds=LATE_S) if known else since
    is_forgotten = start < earliest or (known is None and seen > 0)
    events = Event.objects.filter(desk_id=desk_id, at__gt=max(start, earliest)).select_related("outgoing")
    newest = [event async for event in events.order_by("-pk")[: MISSED_AT_MOST + 1]]
    return newest[:MISSED_AT_MOST][::-1], len(newest) > MISSED_AT_MOST or is_forgotten


_now = sync_to_async(clock.now)


def _let_go() -> None:
    """Close the connection of the thread that this runs in."""
    connection.close()


def _spoken(pk: int, names: list[str]) -> bytes:
    return "".join(f"id: {pk}\nevent: {name}\ndata: \n\n" for name in names).encode()


def _last_seen(request: HttpRequest) -> int:
    """What a browser says when it comes back after the stream broke; 0 at first."""
    said = request.headers.get("Last-Event-ID", "")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 19 else 0


def _since(request: HttpRequest, present: datetime) -> datetime:
    try:
        seconds = float(request.GET.get("since", "nan"))
    except ValueError:
        seconds = math.nan
    now = present.timestamp()
    if not math.isfinite(seconds):
        seconds = now
    return datetime.fromtimestamp(min(max(seconds, 0.0), now), UTC)
