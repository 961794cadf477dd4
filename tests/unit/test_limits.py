"""Bodies beyond the limit are answered with 413, whether their length was announced or not; others pass untouched."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from dashboard.limits import MAX_BODY_BYTES, TOO_LARGE, LimitBody

MB = 1024 * 1024


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Reads all that comes, as Django does, and says how much it was; told that it is too large, it says so."""
    size, status = 0, 413 if scope.get(TOO_LARGE) else 200
    while True:
        event = await receive()
        if event["type"] == "http.disconnect":
            return
        size += len(event.get("body", b""))
        if not event.get("more_body"):
            break
    await send({"type": "http.response.start", "status": status, "headers": scope["headers"]})
    await send({"type": "http.response.body", "body": str(size).encode()})


def answer_to(chunks: list[int], **headers: str) -> tuple[int, bytes, int]:
    """Status, words, and how many chunks were taken."""
    sent: list[Any] = []
    left = list(chunks)

    async def receive() -> Any:
        size = left.pop(0)
        return {"type": "http.request", "body": bytes(size), "more_body": bool(left)}

    async def send(event: Any) -> None:
        sent.append(event)

    lines = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope: Any = {"type": "http", "headers": lines}
    asyncio.run(LimitBody(app)(scope, receive, send))
    assert len(sent) == 2  # one answer
    return sent[0]["status"], sent[1]["body"], len(chunks) - len(left)


@pytest.mark.parametrize("chunks", [[0], [20 * MB], [MAX_BODY_BYTES], [MB] * 24])
def test_what_fits_passes(chunks: list[int]) -> None:
    assert answer_to(chunks, content_length=str(sum(chunks))) == (200, str(sum(chunks)).encode(), len(chunks))


@pytest.mark.parametrize("length", [str(MAX_BODY_BYTES + 1), "9" * 19])
def test_an_announced_length_is_refused_unread(length: str) -> None:
    assert answer_to([MB] * 100, content_length=length) == (413, b"0", 0)


@pytest.mark.parametrize("headers", [{}, {"content_length": "5"}, {"content_length": "-1"}, {"content_length": "x"}])
def test_what_is_not_announced_is_counted(headers: dict[str, str]) -> None:
    assert answer_to([MB] * 100, **headers) == (413, b"0", 25)
