"""Threads drawn for a page: apart from the page's own values, and not again while nothing about them differs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from functools import lru_cache, partial
from typing import Any

from django.conf import settings
from django.template import Context
from django.template.loader import get_template
from django.utils import timezone
from django.utils.safestring import SafeString

from socialactions import fragments
from socialactions.queries.rows import PostPlace
from socialactions.queries.sketches import ThreadSketch

TEMPLATE = "threads/_item.html"


def threads(context: Context, sketches: Iterable[ThreadSketch], *, age: Callable[[datetime], str]) -> str:
    """The threads of a list. ``age`` says how old something is, as the template does."""
    acting, post = context.get("acting"), context["post"]
    # The template is given nothing else, so that it can show nothing that the digest does not know.
    given = {
        "acting": replace(acting, token="") if acting else None,
        "post": PostPlace(post.id, post.author.urn),
        "oob": False,
    }
    for_all = f"{timezone.get_current_timezone_name()} {given!r}"
    template, drawn = get_template(TEMPLATE), []
    for sketch in sketches:
        until = sketch.until
        if until is None or settings.DEBUG:
            # What is under way changes by the second and answers to the request: its page's context.
            with context.push(thread=sketch.row()):
                drawn.append(template.template.render(context))  # type: ignore[attr-defined]  # Django's own engine
        else:
            told = (for_all, [age(moment) for moment in sketch.moments], sketch.seen)
            draw = partial(_draw, template, given, sketch)
            drawn.append(fragments.drawn(told, until, draw))
    return SafeString("".join(f"{one}\n" for one in drawn))


@lru_cache(maxsize=200)
def icon(name: str, kind: str) -> str:
    """One of some forty; a page has dozens."""
    return str(get_template("_icon.html").render({"name": name, "kind": kind}))


def _draw(template: Any, given: dict[str, Any], sketch: ThreadSketch) -> str:
    return str(template.render({**given, "thread": sketch.row()}))
