"""Who calls: an API key in `x-api-key` or `Authorization: Bearer`, and nothing else. Sessions open nothing here.

Cheap things first: what no key looks like costs no query, a wrong key costs one, and a key that calls too often is
told so before anything is done for it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest

from socialactions.models import ApiKey
from socialactions.queries.viewing import Viewer, viewer
from socialactions.services import api_keys

from .calls import AGAIN
from .problems import Problem
from .rates import rates

MISSING = "Send an API key in the header x-api-key, or as Authorization: Bearer. Settings, API keys makes one."


class KeyRequest(HttpRequest):
    """A request that came with a living key."""

    auth: ApiKey


class Key:
    """For ninja: lets in whose key has the scope; "" asks for no scope."""

    openapi_security_schema: dict[str, str]

    def __init__(self, scope: str = "") -> None:
        self.scope = scope

    def secret_in(self, request: HttpRequest) -> str | None:
        raise NotImplementedError

    def __call__(self, request: HttpRequest) -> ApiKey | None:
        secret = self.secret_in(request)
        if secret is None:
            return None
        key = living(secret, is_again=AGAIN in getattr(request, "scope", {}))
        if self.scope and self.scope not in key.scopes:
            raise missing_scope(self.scope)
        return key


class ApiKeyHeader(Key):
    openapi_security_schema = {"type": "apiKey", "in": "header", "name": "x-api-key"}  # noqa: RUF012 - read by ninja

    def secret_in(self, request: HttpRequest) -> str | None:
        return request.headers.get("x-api-key")


class BearerKey(Key):
    openapi_security_schema = {"type": "http", "scheme": "bearer"}  # noqa: RUF012 - read by ninja

    def secret_in(self, request: HttpRequest) -> str | None:
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        return secret.strip() if scheme.lower() == "bearer" else None


def needs(scope: str = "") -> list[Any]:
    """The ways in for an operation."""
    return [ApiKeyHeader(scope), BearerKey(scope)]


def living(secret: str, *, is_again: bool = False, find: Callable[[str], ApiKey] = api_keys.find) -> ApiKey:
    """The key, if it opens anything now and keeps to its pace. Raises Problem."""
    if not is_again:
        rates.refuse_if_known(api_keys.public_id_of(secret))
    try:
        key = find(secret)
    except api_keys.KeyRefused as error:
        raise Problem("key_invalid", error.words) from error
    if not is_again:
        rates.count(key.public_id)
    api_keys.note_use(key)
    return key


def missing_scope(scope: str) -> Problem:
    return Problem("scope_missing", f"This needs the scope {scope}. Scopes are chosen when a key is made.")


def eyes_of(key: ApiKey) -> Viewer:
    """What the person behind the key may look at, in one query."""
    return viewer(key.user)
