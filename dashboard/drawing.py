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
from socialactions.queries.rows import PostPlace
from socialactions.queries.sketches import ThreadSketch

TEMPLATE = "threads/_item.html"


def thread(context: Context, sketch: ThreadSketch, *, age: Callable[[datetime], str]) -> str:
    """One thread of a list. ``age`` says how old something is, as the template does.

    What is under way changes by the second and answers to the request: such a thread is drawn in the page's context.
    """
    until = sketch.until
    if until is None or settings.DEBUG:
        with context.push(thread=sketch.row()):
            return str(get_template(TEMPLATE).template.render(context))  # type: ignore[attr-defined]  # Django's own engine
    acting, post = context.get("acting"), context["post"]
    # The template is given nothing else, so that it can show nothing that the digest does not know.
    given = {
        "acting": replace(acting, token="") if acting else None,
        "post": PostPlace(post.id, post.author.urn),
        "oob": False,
    }
    ages = [age(moment) for moment in sketch.moments]
    told = (timezone.get_current_timezone_name(), ages, given, sketch.seen)
    return fragments.drawn(told, until, lambda: get_template(TEMPLATE).render({**given, "thread": sketch.row()}))
