"""The old task API's three addresses (and a fourth, to unlike), on our services: its clients move over unchanged.

Answers have its shapes and its words where they are true here. Whoever asks acts on the connection of the person who
made the key: there is no "oldest admin". Source: the seed's page about liking a post; docs/api.md says what differs.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import uuid4

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from pydantic import ValidationError

from socialactions.linkedin.addresses import from_address
from socialactions.linkedin.urns import POSTS
from socialactions.models import ApiKey, Outgoing
from socialactions.queries import programs as program_queries

from . import keys, wishes
from .actions import refuse_scope
from .calls import AGAIN
from .problems import Problem
from .shapes import Wish, action, ask_again_after_s

log = logging.getLogger(__name__)
PREFIX = "/linkedin-agent/"
State = Outgoing.State
STATUS = {
    State.QUEUED: "pending",
    State.WAITING: "pending",
    State.BLOCKED: "pending",
    State.SENDING: "processing",
    State.UNKNOWN: "processing",
    State.NEEDS_ATTENTION: "processing",
    State.SENT: "completed",
    State.FAILED: "failed",
    State.CANCELLED: "cancelled",
    State.DISCARDED: "cancelled",
}
TASKS = {"like": "like-post", "unlike": "unlike-post", "comment": "comment-post"}
MISSING, INVALID = "Missing API Key", "Invalid API Key"
NO_ADMIN = "No admin user found in the team"
NO_TASK = "Agent task not found"
NO_POST = (
    "Post not found: Threadwell acts on posts of your own Pages, and has read no such post on one that the person "
    "behind this key may read."
)
FIELD = "Missing or invalid '{}'"
IDEMPOTENCY_KEY = re.compile(r"[!-~]{1,255}")
View = Callable[[HttpRequest, ApiKey], HttpResponse]


class Wrong(Exception):
    """Refused with this status and these words."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status, self.words = status, words


def program(method: str) -> Callable[[View], Callable[[HttpRequest], HttpResponse]]:
    """For programs: a living key in `x-api-key`, one method, and every refusal as `{"error"}`."""

    def decorate(view: View) -> Callable[[HttpRequest], HttpResponse]:
        @wraps(view)
        def checked(request: HttpRequest) -> HttpResponse:
            try:
                if request.method != method:
                    raise Wrong(405, f"Use {method}")
                return view(request, _key(request))
            except Wrong as wrong:
                return _refusal(wrong.status, wrong.words)
            except Problem as problem:
                return refusal_of(problem)
            except RequestDataTooBig:
                return _refusal(413, "The request is too large.")
            except SuspiciousOperation:  # more questions in the address than anybody has
                return _refusal(400, "The request cannot be read.")
            except (DatabaseError, InterfaceError, OSError):
                log.exception("a program could not be answered")
                return _refusal(503, "Nothing was accepted. Ask again in a moment.", {"Retry-After": "5"})

        return csrf_exempt(checked)  # a key is no cookie: no other page can make a browser send it

    return decorate


@program("POST")
def like(request: HttpRequest, key: ApiKey) -> HttpResponse:
    return _create(request, key, "like", "Like task created successfully")


@program("POST")
def unlike(request: HttpRequest, key: ApiKey) -> HttpResponse:
    return _create(request, key, "unlike", "Unlike task created successfully")


@program("POST")
def comment(request: HttpRequest, key: ApiKey) -> HttpResponse:
    return _create(request, key, "comment", "Comment task created successfully")


@program("GET")
def status(request: HttpRequest, key: ApiKey) -> HttpResponse:
    """A task of this key; of the desk for a key that may read."""
    uid = request.GET.get("api_agent_task_id", "")
    if not uid:
        raise Wrong(400, FIELD.format("api_agent_task_id"))
    row = program_queries.action_of(key, uid)
    if row is None:
        raise Wrong(404, NO_TASK)
    return told_of(row)


def told_of(row: Outgoing) -> HttpResponse:
    answer = JsonResponse({"success": True, "data": _task(row)})
    if (again_s := ask_again_after_s(row)) is not None:
        answer["Retry-After"] = str(again_s)
    return answer


urlpatterns = [
    path("like-post", like, name="task-like"),
    path("unlike-post", unlike, name="task-unlike"),
    path("comment-post", comment, name="task-comment"),
    path("get-task-status", status, name="task-status"),
]


def _key(request: HttpRequest) -> ApiKey:
    secret = request.headers.get("x-api-key", "")
    if not secret:
        raise Wrong(401, MISSING)
    try:
        return keys.living(secret, is_again=AGAIN in getattr(request, "scope", {}))
    except Problem as problem:
        if problem.code == "key_invalid":
            raise Wrong(401, INVALID) from problem
        raise


def _create(request: HttpRequest, key: ApiKey, kind: Any, message: str) -> HttpResponse:
    if not program_queries.has_admin(key):
        raise Wrong(404, NO_ADMIN)
    refuse_scope(key, kind)
    wish = _wish(request, kind)
    row = _accepted(key, request.headers.get("Idempotency-Key", ""), wish)
    shown = _shown(key, row)
    added = {"status": STATUS[State(row.state)], "actor": row.actor_urn, "due_at": shown["due_at"]}
    added["not_before"] = shown["not_before"]
    return JsonResponse({"success": True, "api_agent_task_id": str(row.uid), "message": message, **added})


def _accepted(key: ApiKey, once: str, wish: Wish) -> Outgoing:
    """Clients of the old API know of no Idempotency-Key. Likes are states: asking twice is asking once."""
    if once and not IDEMPOTENCY_KEY.fullmatch(once):
        raise Wrong(400, FIELD.format("Idempotency-Key"))
    if once or wish.kind != "comment":
        return wishes.once(key, once or uuid4().hex, wish)
    return wishes.unnamed(key, wish)


def _wish(request: HttpRequest, kind: Any) -> Wish:
    """What the body asks for. A field that nobody knows is refused: it may have meant another actor."""
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError):  # nested deeper than anything that means something
        body = None
    said = body if isinstance(body, dict) else {}
    known = {"social_urn", "actor", *(["comment_text"] if kind == "comment" else [])}
    urn = said.get("social_urn")
    meant = from_address(urn) if isinstance(urn, str) else None
    if meant is None or meant.kind not in POSTS:
        raise Wrong(400, FIELD.format("social_urn"))
    if unknown := sorted(set(said) - known):
        raise Wrong(400, f"Unknown field '{unknown[0][:60]}'")
    actor, text = said.get("actor", "member"), said.get("comment_text")
    if kind == "comment" and (not isinstance(text, str) or not text.strip()):
        raise Wrong(400, FIELD.format("comment_text"))
    try:
        return Wish.model_validate({"kind": kind, "actor": actor, "target": str(meant), "text": text})
    except ValidationError as error:
        names = {"text": "comment_text", "target": "social_urn"}
        where = str(error.errors()[0]["loc"][0])
        raise Wrong(400, FIELD.format(names.get(where, where))) from error


def _task(row: Outgoing) -> dict[str, Any]:
    shown = action(row)
    end = STATUS[State(row.state)]
    return {
        "id": str(row.uid),
        "status": end,
        "task_input": _input_of(row, shown["kind"]),
        "task_output": _output_of(row, end, shown),
        **{name: shown[name] for name in ("state", "final", "reason", "message", "due_at", "not_before")},
    }


def _input_of(row: Outgoing, kind: str) -> dict[str, str]:
    """The post under the name we keep it by, which may be another of its names than was asked with."""
    said = {"task_type": TASKS.get(kind, kind), "social_urn": row.target_urn, "actor": row.actor_urn}
    return {**said, "comment_text": row.text} if row.text else said


def _output_of(row: Outgoing, end: str, shown: dict[str, Any]) -> dict[str, Any] | None:
    """Nothing before the end. A client that only looks whether something is there finds ``success`` false."""
    if not row.is_final:
        return None
    if end == "completed":
        return {"success": True, "result_urn": row.result_urn}
    return {"success": False, "error": shown["message"], "reason": shown["reason"]}


def _shown(key: ApiKey, row: Outgoing) -> dict[str, Any]:
    found = program_queries.action_of(key, str(row.uid))
    return action(found or row)


def refusal_of(problem: Problem) -> HttpResponse:
    words = NO_POST if problem.code == "not_found" else problem.detail
    return _refusal(problem.status, words or problem.code, problem.headers)


def _refusal(status: int, words: str, headers: Any = None) -> HttpResponse:
    return JsonResponse({"success": False, "error": words}, status=status, headers=headers)
