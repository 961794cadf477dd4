"""Server-sent events: the names of what changed, never anybody's words; the browser fetches the fragments it shows.

One poller per process reads the Event table while anybody listens and fans out in memory, so that open pages cost one
query per tick altogether. Fragments poll slowly as well, so a lost stream loses nothing.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.views.decorators.http import require_GET

from socialactions.models import Event, User

TICK_S = 0.4
HEARTBEAT_S = 15.0
LOOK_BACK_S = 60.0
MISSED_AT_MOST = 200


class Fan:
    """Hands each desk's events to its listeners of this process."""

    def __init__(self) -> None:
        self._listeners: dict[UUID, set[asyncio.Queue[tuple[int, list[str]]]]] = defaultdict(set)
        self._poller: asyncio.Task[None] | None = None

    def join(self, desk_id: UUID) -> asyncio.Queue[tuple[int, list[str]]]:
        queue: asyncio.Queue[tuple[int, list[str]]] = asyncio.Queue(maxsize=1000)
        self._listeners[desk_id].add(queue)
        if self._poller is None or self._poller.done():
            self._poller = asyncio.create_task(self._poll())
        return queue

    def leave(self, desk_id: UUID, queue: asyncio.Queue[tuple[int, list[str]]]) -> None:
        self._listeners[desk_id].discard(queue)
        if not self._listeners[desk_id]:
            del self._listeners[desk_id]

    async def _poll(self) -> None:
        newest = await Event.objects.order_by("-pk").values_list("pk", flat=True).afirst() or 0
        while self._listeners:
            await asyncio.sleep(TICK_S)
            async for event in Event.objects.filter(pk__gt=newest).select_related("outgoing").order_by("pk")[:500]:
                newest = event.pk
                for queue in self._listeners.get(event.desk_id, ()):
                    if not queue.full():
                        queue.put_nowait((event.pk, names_of(event)))


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
    answer = StreamingHttpResponse(_events(user.desk_id, _since(request)), content_type="text/event-stream")
    answer["Cache-Control"] = "no-store"
    answer["Content-Encoding"] = "identity"  # compression would hold events back until there is enough of them
    answer["X-Accel-Buffering"] = "no"
    return answer


async def _events(desk_id: UUID, since: datetime) -> AsyncIterator[bytes]:
    queue = fan.join(desk_id)
    try:
        yield b": listening\n\n"
        last = 0
        missed = Event.objects.filter(desk_id=desk_id, at__gt=since).select_related("outgoing").order_by("pk")
        async for event in missed[:MISSED_AT_MOST]:
            last = event.pk
            yield _spoken(event.pk, names_of(event))
        while True:
            try:
                pk, names = await asyncio.wait_for(queue.get(), HEARTBEAT_S)
            except TimeoutError:
                yield b": still here\n\n"
                continue
            if pk > last:
                yield _spoken(pk, names)
    finally:
        fan.leave(desk_id, queue)


def _spoken(pk: int, names: list[str]) -> bytes:
    return "".join(f"id: {pk}\nevent: {name}\ndata: \n\n" for name in names).encode()


def _since(request: HttpRequest) -> datetime:
    try:
        seconds = float(request.GET.get("since", "nan"))
    except ValueError:
        seconds = math.nan
    now = time.time()
    if not math.isfinite(seconds):
        seconds = now
    return datetime.fromtimestamp(min(max(seconds, now - LOOK_BACK_S), now), UTC)
