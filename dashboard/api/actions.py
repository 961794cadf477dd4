"""Actions: asked for, followed to their true end, listed, taken back while that is possible."""

from __future__ import annotations

from typing import Annotated, Any, cast

from django.http import HttpRequest, HttpResponse
from ninja import Router, Status
from ninja.files import UploadedFile
from ninja.params.models import File, Form, Header
from ninja.params.models import Query as Asked

from socialactions.models import ApiKey, Outgoing
from socialactions.queries import programs as program_queries
from socialactions.queries.cursors import Place
from socialactions.services import decisions

from . import questions, wishes
from .bodies import FORM, JsonOrPart
from .calls import WAIT_MOST_S
from .keys import KeyRequest, missing_scope, needs
from .problems import Problem, documented, headers_of, invalid
from .questions import CursorText, Limit
from .shapes import ActionOut, ActionsOut, StateName, Wish, Words, action, address_of, ask_again_after_s, kind_of
from .waiting import AGAIN_HEADER

router = Router(tags=["actions"])
IdempotencyKey = Annotated[
    str,
    Header(
        ...,
        alias="Idempotency-Key",
        pattern=r"^[!-~]{1,255}$",
        description="Your own name for this wish, 1 to 255 visible ASCII characters. For seven days the same key with "
        "the same body is answered with the same action; with another body it is refused.",
    ),
]
SCOPES = {"like": ApiKey.Scope.LIKE, "unlike": ApiKey.Scope.LIKE, "react": ApiKey.Scope.LIKE}
SCOPES |= {"unreact": ApiKey.Scope.LIKE, "delete": ApiKey.Scope.DELETE}
TOO_LATE = "It is {state} already. What is on LinkedIn can be deleted or unliked by another action."


AS_JSON_TOO = {
    "requestBody": {
        "content": {
            "application/json": {"schema": {"$ref": "#/components/schemas/Wish"}},
            FORM: {
                "schema": {"additionalProperties": False},
                "encoding": {"wish": {"contentType": "application/json"}},
            },
        }
    }
}
"""For the document, where ninja only sees the form."""


@router.post(
    "/actions",
    auth=needs(),
    response={202: ActionOut, **documented(400, 404, 408, 409, 413, 415)},
    operation_id="createAction",
    openapi_extra={**headers_of(202, "Location", "Retry-After"), **AS_JSON_TOO},
    summary="Comment, reply, like, react, edit or delete",
)
def create(
    request: HttpRequest,
    response: HttpResponse,
    wish: Annotated[Wish, JsonOrPart(...)],
    idempotency_key: IdempotencyKey,
    image: Annotated[UploadedFile, File(None, description="comment: JPEG, PNG or GIF of at most 8 MB.")],
    alt: Annotated[Words, Form("", max_length=500, description="What `image` shows, for who cannot see it.")],
) -> Any:
    """Needs the scope `like` (like, unlike, react, unreact), `comment` (comment, reply, edit) or `delete`.

    As JSON, or as a form whose part `wish` is that JSON and whose part `image` is a picture for the comment.

    202 means: written down, and sent when it is due. `Location` is where its end can be followed, `Retry-After` when
    there may be news. A wish equal to one that is still under way (a second like of the same thing) is that one.

    409 `colleague_first`: somebody else of the desk has just answered in this thread. `Link` leads to that answer where
    the key may see it; `allow_parallel` sends yours as well.
    """
    key = cast(KeyRequest, request).auth
    if alt and not image:
        raise invalid(("alt", "This is about a picture, and none came with it."))
    refuse_scope(key, wish.kind)
    row = wishes.once(key, idempotency_key, wish, wishes.Sent(image, alt) if image else None)
    response["Location"] = address_of(row)
    return Status(202, _shown(response, _found(key, str(row.uid))))


@router.get(
    "/actions",
    auth=needs(),
    response={200: ActionsOut, **documented()},
    operation_id="listActions",
    url_name="actions",
    summary="Actions, newest first",
)
def index(
    request: HttpRequest,
    state: Annotated[StateName | None, Asked(None, description="Only those in this state.")],
    of: Annotated[str, Asked("key", pattern="^(key|desk)$", description="`key`: this key's own. `desk`: everybody's.")],
    limit: Limit,
    cursor: CursorText,
) -> dict[str, Any]:
    """A key's own actions need no scope; those of the desk, asked for in the browser or by other keys, need `read`."""
    key = cast(KeyRequest, request).auth
    if of == "desk" and ApiKey.Scope.READ not in key.scopes:
        raise missing_scope(ApiKey.Scope.READ)
    after = questions.place_of(cursor, Place)
    rows, following = program_queries.actions_of(
        key, whole_desk=of == "desk", state=state or "", after=after, limit=limit
    )
    return questions.part("actions", [action(row) for row in rows], following)


@router.get(
    "/actions/{uid}",
    auth=needs(),
    response={200: ActionOut, **documented(404)},
    operation_id="getAction",
    openapi_extra=headers_of(200, "Retry-After"),
    url_name="action",
    summary="How far an action came",
)
def show(
    request: HttpRequest,
    response: HttpResponse,
    uid: str,
    wait: Annotated[int, Asked(0, ge=0, le=WAIT_MOST_S, description="Seconds to wait for a change, at most.")],
) -> Any:
    """With `wait` the answer comes when the state has changed (being sent does not count), or after that time. A key's
    own actions need no scope; others of the desk need `read`.
    """
    row = _found(cast(KeyRequest, request).auth, uid)
    if wait and not row.is_final:
        response[AGAIN_HEADER] = row.state
    return _shown(response, row)


@router.delete(
    "/actions/{uid}",
    auth=needs(),
    response={200: ActionOut, **documented(404, 409)},
    operation_id="cancelAction",
    url_name="action",
    summary="Take an action of this key back",
)
def cancel(request: HttpRequest, response: HttpResponse, uid: str) -> Any:
    """While it is queued, waits or is blocked. Taking back twice is taking back once. Needs the scope that asked."""
    key = cast(KeyRequest, request).auth
    row = _own(key, uid)
    refuse_scope(key, kind_of(row))
    done = decisions.undo(row, by=key.user, way=key.name)
    if not done and row.state == row.State.BLOCKED:
        done = decisions.discard(row, by=key.user, way=key.name)
    if not done:
        row = _own(key, uid)
        if row.state not in (row.State.CANCELLED, row.State.DISCARDED):
            raise Problem("too_late", TOO_LATE.format(state=row.state.replace("_", " ")))
    return _shown(response, _own(key, uid))


def _shown(response: HttpResponse, row: Outgoing) -> dict[str, Any]:
    again_s = ask_again_after_s(row)
    if again_s is not None:
        response["Retry-After"] = str(again_s)
    return action(row)


def _found(key: ApiKey, uid: str) -> Outgoing:
    row = program_queries.action_of(key, uid)
    if row is None:
        raise Problem("not_found")
    return row


def _own(key: ApiKey, uid: str) -> Outgoing:
    row = program_queries.own_action_of(key, uid)
    if row is None:
        raise Problem("not_found")
    return row


def refuse_scope(key: ApiKey, kind: str) -> None:
    scope = SCOPES.get(kind, ApiKey.Scope.COMMENT)
    if scope not in key.scopes:
        raise missing_scope(scope)
