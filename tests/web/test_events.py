"""The stream of events: names of what changed at one's own desk, soon, and never anybody's words."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

from asgiref.sync import async_to_sync, sync_to_async
from django.test import AsyncClient

from socialactions.models import Event
from socialactions.sandbox.seeds.cast import ACME
from socialactions.services import events, writing
from tests.web.desks import AtDesk

PATIENCE_S = 20


def _client(desk: AtDesk | None) -> AsyncClient:
    client = AsyncClient()
    if desk is not None:
        client.cookies = desk.client.cookies
    return client


async def _lines(answer: Any) -> AsyncIterator[str]:
    async for piece in answer.streaming_content:
        for line in piece.decode().splitlines():
            yield line


async def _until(lines: AsyncIterator[str], wanted: str) -> list[str]:
    """Read on until the line comes; fails when it does not."""
    seen: list[str] = []
    async with asyncio.timeout(PATIENCE_S):
        async for line in lines:
            seen.append(line)
            if line == wanted:
                return seen
    raise AssertionError(f"{wanted} did not come: {seen}")


def test_nobody_signed_out_or_without_a_desk_listens(sign_in: Any) -> None:
    seatless = sign_in("cy")

    async def ask() -> None:
        signed_out = AsyncClient()
        assert (await signed_out.get("/events/")).status_code == 204
        signed_in = AsyncClient()
        signed_in.cookies = seatless.cookies
        assert (await signed_in.get("/events/")).status_code == 204

    async_to_sync(ask)()


def test_what_happened_since_the_page_was_drawn_comes_first(ada_desk: AtDesk, other_desk: AtDesk) -> None:
    began = time.time()
    speaker = writing.Speaker(user=ada_desk.user, actor_urn=ACME)
    row = writing.comment_on(ada_desk.post(), speaker=speaker, text="Words nobody hears", form_key=uuid4())
    events.record(desk=other_desk.desk, kind="read", topic="post-of-another-desk")

    async def listen() -> None:
        answer = await _client(ada_desk).get(f"/events/?since={began}")
        assert answer.status_code == 200 and answer["Content-Type"] == "text/event-stream"
        assert answer["Cache-Control"] == "no-store"
        seen = await _until(_lines(answer), "event: history")
        await answer.streaming_content.aclose()
        assert f"event: post-{row.post_id}" in seen and f"event: outgoing-{row.uid}" in seen
        assert {line.partition(":")[0] for line in seen} <= {"id", "event", "data", ""}
        assert not any("another-desk" in line or "Words" in line for line in seen)

    async_to_sync(listen)()


def test_what_happens_while_one_listens_comes_at_once_and_only_ones_own(ada_desk: AtDesk, other_desk: AtDesk) -> None:
    async def listen() -> None:
        record = sync_to_async(events.record)
        answer = await _client(ada_desk).get(f"/events/?since={time.time()}")
        lines = _lines(answer)
        await _until(lines, ": listening")
        began = time.monotonic()
        await record(desk=other_desk.desk, kind="read", topic="post-of-another-desk")
        await record(desk=ada_desk.desk, kind="read", topic="post-of-ours")
        seen = await _until(lines, "event: post-of-ours")
        assert time.monotonic() - began < PATIENCE_S
        assert "event: post-of-another-desk" not in seen
        await lines.aclose()
        await answer.streaming_content.aclose()

    async_to_sync(listen)()


def test_a_since_of_nonsense_or_long_ago_does_no_harm(ada: AtDesk) -> None:
    Event.objects.all().delete()

    async def listen() -> None:
        for since in ("", "x", "nan", "inf", "-1e300", "1e300", "9" * 400, "\0"):
            answer = await _client(ada).get("/events/", {"since": since})
            assert answer.status_code == 200
            await _until(_lines(answer), ": listening")
            await answer.streaming_content.aclose()

    async_to_sync(listen)()
