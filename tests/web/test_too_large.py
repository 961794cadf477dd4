"""A body that is far too large is refused in the form of its address."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from django.core.handlers.asgi import ASGIHandler

from dashboard.limits import MAX_BODY_BYTES, LimitBody
from socialactions.models import Outgoing
from tests.web.desks import AtDesk

MB = 1024 * 1024


def post(path: str, *, announced: bool = True, **headers: str) -> tuple[int, dict[str, str], str]:
    """Status, headers and words of the answer to 25 MB."""
    sent: list[Any] = []
    left = MAX_BODY_BYTES // MB + 1

    async def receive() -> Any:
        nonlocal left
        left -= 1
        return {"type": "http.request", "body": bytes(MB), "more_body": left > 0}

    async def send(event: Any) -> None:
        sent.append(event)

    given = {"host": "testserver", "content-type": "application/json", **headers}
    if announced:
        given["content-length"] = str(left * MB)
    scope: Any = {
        **{"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http"},
        **{"path": path, "raw_path": path.encode(), "query_string": b"", "root_path": ""},
        **{"client": ("127.0.0.1", 1), "server": ("testserver", 80)},
        "headers": [(name.encode(), value.encode()) for name, value in given.items()],
    }
    asyncio.run(LimitBody(ASGIHandler())(scope, receive, send))
    start, *bodies = sent
    told = {name.decode().lower(): value.decode() for name, value in start["headers"]}
    return start["status"], told, b"".join(part["body"] for part in bodies).decode()


@pytest.mark.parametrize("announced", [True, False])
@pytest.mark.parametrize("path", ["/api/v1/actions", "/api/v1/images", "/api/v1/nowhere"])
def test_a_program_hears_of_it_as_a_problem_with_its_code(path: str, announced: bool) -> None:
    status, headers, body = post(path, announced=announced)
    assert (status, headers["content-type"]) == (413, "application/problem+json")
    problem = json.loads(body)
    assert (problem["code"], problem["status"]) == ("too_large", 413)


def test_an_old_client_hears_of_it_in_its_own_form() -> None:
    status, _, body = post("/linkedin-agent/like-post")
    assert (status, json.loads(body)) == (413, {"success": False, "error": "The request is too large."})


@pytest.mark.parametrize("announced", [True, False])
@pytest.mark.parametrize("headers", [{}, {"hx-request": "true"}])
def test_a_person_gets_a_page_that_says_what_to_do(headers: dict[str, str], announced: bool) -> None:
    status, told, body = post("/posts/", announced=announced, **headers)
    assert status == 413 and told["content-type"].startswith("text/html") and told["connection"] == "close"
    assert "default-src 'self'" in told["content-security-policy"] and told["x-content-type-options"] == "nosniff"
    assert 'id="said"' in body and "24 MB" in body and "choose a picture of at most 8 MB" in body


def test_words_that_nobody_could_type_are_too_large_as_well(ada_desk: AtDesk) -> None:
    answer = ada_desk.send("comment-create", ada_desk.post().pk, fields={"text": "x" * 2 * MB})
    assert answer.status_code == 413 and "shorten the text" in answer.content.decode()
    assert not Outgoing.objects.exists()
