"""Calls of programs as they arrive, before Django makes requests of them, and answers that leave without it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from urllib.parse import parse_qs

from django.conf import settings
from django.http import HttpResponse
from django.http.request import split_domain_port, validate_host

from dashboard.limits import Scope, Send

WAIT_MOST_S = 30
AGAIN = "threadwell.again"  # for whoever is asked next: this call was let in and counted already
NAME = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
ACTIONS = "/api/v1/actions/"
TASK, TASK_NAMED = "/linkedin-agent/get-task-status", "api_agent_task_id="


@dataclass(frozen=True, slots=True)
class Look:
    """A program looks how far an action came."""

    uid: str
    wait_s: int  # how long it would wait for news
    secret: str
    is_again: bool
    is_of_task: bool = False  # asked as clients of the old task API do


def look_in(scope: Scope) -> Look | None:
    """None for every other call, and for all that is unusual about one: Django knows what to say."""
    if scope["type"] != "http" or scope["method"] != "GET":
        return None
    path, asked = scope["path"], scope["query_string"].decode("latin-1")
    is_of_task = path == TASK
    wait_s: int | None = 0
    if is_of_task and asked.startswith(TASK_NAMED):  # and then no other question
        uid, secrets = asked.removeprefix(TASK_NAMED), _values(scope, b"x-api-key")
    elif path.startswith(ACTIONS):
        uid, secrets, wait_s = path.removeprefix(ACTIONS), _secrets_in(scope), _wait_s(asked)
    else:
        return None
    if not NAME.fullmatch(uid) or len(secrets) != 1 or wait_s is None or not _is_for_us(scope):
        return None
    return Look(uid, wait_s, secrets[0], AGAIN in scope, is_of_task)


def secret_in(scope: Scope) -> str:
    """The key that a call came with; empty without one."""
    return next(iter(_secrets_in(scope)), "")


async def tell(send: Send, answer: HttpResponse) -> None:
    """Send an answer that Django's middleware has not seen."""
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.items()]
    headers += [*_rim(), (b"Content-Length", str(len(answer.content)).encode())]
    await send({"type": "http.response.start", "status": answer.status_code, "headers": headers})
    await send({"type": "http.response.body", "body": answer.content, "more_body": False})


@cache
def _rim() -> list[tuple[bytes, bytes]]:
    """What browsers are told with every answer, should one of them be led here."""
    told = {
        "Cache-Control": "private, no-store",
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
        "Referrer-Policy": settings.SECURE_REFERRER_POLICY,
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": settings.X_FRAME_OPTIONS,
    }
    if settings.SECURE_HSTS_SECONDS:
        told["Strict-Transport-Security"] = f"max-age={settings.SECURE_HSTS_SECONDS}"
    return [(name.encode(), value.encode()) for name, value in told.items()]


def _secrets_in(scope: Scope) -> list[str]:
    """In the order in which they count."""
    found = _values(scope, b"x-api-key")
    if found:
        return found
    split = [value.partition(" ") for value in _values(scope, b"authorization")]
    return [secret.strip() for scheme, _, secret in split if scheme.lower() == "bearer"]


def _is_for_us(scope: Scope) -> bool:
    hosts = _values(scope, b"host")
    domain = split_domain_port(hosts[0])[0] if len(hosts) == 1 else ""
    return bool(domain) and validate_host(domain, settings.ALLOWED_HOSTS)


def _values(scope: Scope, name: bytes) -> list[str]:
    return [value.decode("latin-1") for one, value in scope["headers"] if one.lower() == name]


def _wait_s(query: str) -> int | None:
    """0 without the question; None when anything else is asked, or this not as it must be."""
    if not query:
        return 0
    asked = parse_qs(query, keep_blank_values=True)
    waits = asked.pop("wait", [])
    is_number = len(waits) == 1 and waits[0].isascii() and waits[0].isdigit() and len(waits[0]) < 3
    return int(waits[0]) if is_number and not asked and int(waits[0]) <= WAIT_MOST_S else None
