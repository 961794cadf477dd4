"""Threads drawn for a page: apart from the page's own values, and not again while nothing about them differs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from django.conf import settings
from django.template import Context
from django.template.loader import get_template
from django.utils import timezone

from socialactions import fragments
from socialactions.queries.rows import CommentRow, PostPlace, ThreadRow

TEMPLATE = "threads/_item.html"


def thread(context: Context, row: ThreadRow, *, age: Callable[[datetime], str]) -> str:
    """One thread of a list. ``age`` says how old something is, as the template does.

    What is under way changes by the second and answers to the request: such a thread is drawn in the page's context.
    """
    until = _until(row)
    if until is None or settings.DEBUG:
        with context.push(thread=row):
            return str(get_template(TEMPLATE).template.render(context))  # type: ignore[attr-defined]  # Django's own engine
    acting, post = context.get("acting"), context["post"]
    # The template is given nothing else, so that it can show nothing that the digest does not know.
    given = {
        "thread": row,
        "acting": replace(acting, token="") if acting else None,
        "post": PostPlace(post.id, post.author.urn),
        "oob": False,
    }
    ages = [age(comment.created_at) for comment in _comments(row)]
    told = (timezone.get_current_timezone_name(), ages, given)
    return fragments.drawn(told, until, lambda: get_template(TEMPLATE).render(given))


def _until(row: ThreadRow) -> datetime | None:
    """When the first of the words and faces in it ends; None when it is not to be kept."""
    comments = _comments(row)
    if row.outgoing or row.gone_at or row.silence or any(comment.outgoing for comment in comments):
        return None
    ends = [end for comment in comments for end in (comment.until, comment.face.until) if end is not None]
    return min(ends, default=None)


def _comments(row: ThreadRow) -> list[CommentRow]:
    return [row.comment, *row.replies]
