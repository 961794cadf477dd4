"""Where an answer leads when there is no script: back to where the form stood, on our own site only."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from socialactions.models import Comment
from socialactions.queries import finding

from .access import HtmxRequest


def back(request: HttpRequest, name: str, *args: Any, anchor: str = "") -> HttpResponse:
    """To the form's ``next`` when it is a path of ours, else to the named address."""
    to = request.POST.get("next", "")
    if to.startswith("/") and url_has_allowed_host_and_scheme(to, allowed_hosts=None):
        return redirect(to + anchor if "#" not in to else to)
    found = redirect(name, *args)
    found["Location"] += anchor
    return found


def back_to_thread(request: HttpRequest, thread: Comment) -> HttpResponse:
    """To the form's ``next``, at the thread; to the page of the list where it stands when the form does not say."""
    if request.POST.get("next"):
        return back(request, "post-show", thread.post_id, anchor=f"#thread-{thread.pk}")
    return redirect(at_thread(thread))


def at_thread(thread: Comment, *, speaking: str = "") -> str:
    """The address that leads to `place_of` a thread: it asks for nothing before somebody goes there."""
    return reverse("comment-show", args=[thread.pk], query={"as": speaking} if speaking else None)


def place_of(thread: Comment, *, speaking: str = "") -> str:
    """Where a thread stands on its post's page: the page that begins with it, when it is far down. ``speaking`` is the
    value of ?as= there.
    """
    wanted = {"as": speaking, "before": finding.cursor_to(thread)}
    page = reverse("post-show", args=[thread.post_id], query={name: value for name, value in wanted.items() if value})
    return f"{page}#thread-{thread.pk}"


def refused(request: HtmxRequest, words: str, name: str, *args: Any, status: int = 422) -> HttpResponse:
    """A small button's refusal: said in the status line, or after going back."""
    if request.htmx:
        return render(request, "_refusal.html", {"words": words, "status": status}, status=status)
    messages.warning(request, words)
    return back(request, name, *args)
