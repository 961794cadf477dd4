"""Programs at a desk, as tests drive them: a key, and JSON over Django's client."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.test import Client

from dashboard.api import problems
from socialactions import clock
from socialactions.models import ApiKey, Outgoing
from socialactions.sandbox.seeds.cast import ACME
from socialactions.services import api_keys
from tests.web.desks import AtDesk

EVERYTHING = tuple(ApiKey.Scope.values)


@dataclass
class Program:
    """Whoever holds a key and nothing else."""

    key: ApiKey
    secret: str
    client: Client = field(default_factory=Client)

    def ask(self, method: str, address: str, body: Any = None, *, headers: dict[str, str] | None = None) -> Any:
        """The answer to a call; JSON goes out where there is a body."""
        sent = {"x-api-key": self.secret, **(headers or {})}
        if body is None:
            return self.client.generic(method, f"/api/v1{address}", headers=sent)
        said = body if isinstance(body, str) else json.dumps(body)
        return self.client.generic(method, f"/api/v1{address}", said, content_type="application/json", headers=sent)

    def get(self, address: str) -> Any:
        return self.ask("GET", address)

    def act(self, *, once: str = "", **wish: Any) -> Any:
        """Ask for an action, under an Idempotency-Key of its own unless told which."""
        return self.ask("POST", "/actions", wish, headers={"Idempotency-Key": once or uuid4().hex})

    def outgoing(self, answer: Any) -> Outgoing:
        return Outgoing.objects.get(uid=answer.json()["id"])


def program_of(
    person: AtDesk,
    *,
    scopes: Collection[str] = EVERYTHING,
    actors: Sequence[str] | None = None,
    name: str = "",
    lives: timedelta = timedelta(days=30),
) -> Program:
    """A program with a key of this person's, as they and Acme unless told otherwise."""
    if actors is None:
        actors = [ACME, person.user.member_urn]
    key, secret = api_keys.make(
        user=person.user,
        name=name or f"Program {uuid4().hex[:8]}",
        scopes=scopes,
        actors=actors,
        expires_at=clock.now() + lives,
    )
    return Program(key, secret)


def refusal(answer: Any, status: int, code: str) -> str:
    """The refusal's words; it is a whole problem."""
    assert (answer.status_code, answer["Content-Type"]) == (status, problems.MEDIA_TYPE), answer.content
    said: dict[str, Any] = answer.json()
    assert set(said) == {"type", "title", "status", "detail", "code", "errors"}
    assert (said["code"], said["status"], said["type"]) == (code, status, f"urn:threadwell:problem:{code}")
    assert answer["Cache-Control"] == "private, no-store"
    return str(said["detail"])


def wrong(answer: Any, code: str = "invalid") -> dict[str, str]:
    refusal(answer, 422, code)
    return {one["field"]: one["detail"] for one in answer.json()["errors"]}
