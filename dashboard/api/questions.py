"""Questions in the address of an operation: those that it knows are asked, others are refused by name."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Annotated, Any, TypeVar, get_type_hints

from django.http import HttpRequest
from ninja.params.models import Query as Asked

from socialactions.queries.cursors import Cursor, Place

from .problems import Problem, invalid

Answer = TypeVar("Answer")
Where = TypeVar("Where", Cursor, Place)
LIMIT_MOST = 100
LIMIT_USUAL = 50

Limit = Annotated[int, Asked(LIMIT_USUAL, ge=1, le=LIMIT_MOST, description="How many at most.")]
CursorText = Annotated[
    str, Asked("", max_length=100, description="Where to go on: `next_cursor` of the answer before, without change.")
]


def only_known(operation: Callable[..., Answer]) -> Callable[..., Answer]:
    """For every operation: what it does not know is no question of its."""
    hints = get_type_hints(inspect.unwrap(operation), include_extras=True)
    known = {name for name, hint in hints.items() if any(isinstance(one, Asked) for one in _extras(hint))}

    @functools.wraps(operation)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> Answer:
        if strange := sorted(set(request.GET) - known):
            raise invalid(*[(name[:80], "This address knows no such question.") for name in strange[:20]])
        return operation(request, *args, **kwargs)

    return checked


def place_of(cursor: str, kind: type[Where]) -> Where | None:
    """Where a list goes on. Raises Problem for what we did not write."""
    try:
        return kind.parse(cursor) if cursor else None
    except ValueError as error:
        raise not_ours() from error


def part(name: str, items: list[dict[str, Any]], following: str, **more: Any) -> dict[str, Any]:
    """A slice of a list, with what else there is to say and where it goes on."""
    return {**more, name: items, "next_cursor": following or None}


def not_ours() -> Problem:
    return invalid(("cursor", "This is no cursor of ours. Leave it out to begin anew."))


def _extras(hint: Any) -> tuple[Any, ...]:
    return getattr(hint, "__metadata__", ())
