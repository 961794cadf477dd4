"""Replies: the composer under a thread, accepting one, and the earlier ones."""

from __future__ import annotations

from functools import cache, partial
from typing import Any
from uuid import UUID

from django.db import DatabaseError, InterfaceError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods
from django.views.decorators.vary import vary_on_headers

from dashboard import access, composing, scenes
from dashboard.access import HtmxRequest, desk_required
from dashboard.answers import at_thread
from dashboard.composing import ComposerForm
from dashboard.writes import Written, write
from socialactions.linkedin.mentions import token
from socialactions.linkedin.urns import Urn
from socialactions.models import Comment, Post
from socialactions.queries import threads
from socialactions.queries.rows import CommentRow
from socialactions.services import faces, refreshing, writing
from socialactions.services.writing import SAW_NONE


@require_http_methods(["GET", "POST"])
@desk_required
@vary_on_headers("HX-Request")
def create(request: HtmxRequest, comment_id: UUID) -> HttpResponse:
    """GET gives the composer for this comment, POST accepts the reply."""
    comment = access.comment_to_touch(request, comment_id)
    draw = cache(partial(_drawn, request, comment))
    page = "composer/_composer.html" if request.htmx else "replies/new.html"
    if request.method == "GET":
        return render(request, page, draw())

    def accept(form: ComposerForm, speaker: writing.Speaker, nonce: UUID, picture: Any) -> Any:
        words = form.cleaned_data["text"]
        return writing.reply_to(comment, speaker=speaker, text=words, picture=picture, form_key=nonce, seen=form.seen)

    thread = comment.thread or comment
    written = write(
        request, comment.post, target=f"reply {thread.pk}", composer=lambda: draw()["composer"], accept=accept
    )
    if written.refusal is not None:
        return render(request, page, {**draw(), "composer": written.refusal}, status=written.status)
    if not request.htmx:
        return redirect(at_thread(thread, speaking=scenes.key_of(request, written.outgoing)))
    return _queued(request, comment.post, thread, written)


@require_GET
@desk_required
@vary_on_headers("HX-Request")
def earlier(request: HtmxRequest, comment_id: UUID) -> HttpResponse:
    """The replies of a thread that its row leaves out."""
    comment = access.comment_to_touch(request, comment_id)
    thread = comment.thread or comment
    thread.post = comment.post
    scene = scenes.scene(request, comment.post, key=request.GET.get("as", ""))
    replies = threads.earlier(thread, scene.eyes)
    refreshing.want_faces(comment.post, [reply.id for reply in replies if faces.is_unmet(reply.face)])
    context = {
        **scene.context,
        "post": comment.post,
        "thread": threads.one(thread, scene.eyes, whole=scenes.unfolded(request, thread.pk)),
        "replies": replies,
    }
    return render(request, "threads/_earlier.html" if request.htmx else "threads/earlier.html", context)


def _drawn(request: HtmxRequest, comment: Comment) -> dict[str, Any]:
    """The composer for this comment, and what stands around it."""
    key = request.GET.get("as", "")
    scene = scenes.scene(request, comment.post, key=key)
    shown, seen = None, ""
    try:
        shown = threads.comment_row(comment, scene.eyes)
        seen = str(threads.newest_answer(comment.thread or comment) or SAW_NONE)
    except (DatabaseError, InterfaceError):
        pass  # it has just failed to keep somebody's words: they are shown again without these
    name = shown.face.name if shown else "this comment"
    text = _greeting(comment, shown)
    composer = composing.for_reply(request.viewer, comment, name=name, text=text, chosen=key, seen=seen)
    composer = composer.instead_of(composing.written_before(request, request.desk))
    return {**scene.context, "comment": shown, "post": comment.post, "composer": composer}


def _queued(request: HtmxRequest, post: Post, thread: Comment, written: Written) -> HttpResponse:
    """The thread with the reply in it."""
    scene = scenes.scene(request, post, urn=written.outgoing.actor_urn)
    thread.post = post
    shown = threads.one(thread, scene.eyes, whole=scenes.unfolded(request, thread.pk))
    context = {**scene.context, "thread": shown, "post": post, "said": written.said}
    return render(request, "replies/queued.html", context)


def _greeting(comment: Comment, shown: CommentRow | None) -> str:
    """An answer to a reply joins the thread of the first comment, so it begins with whom it is for."""
    if comment.thread is None or shown is None or shown.face.is_private or comment.is_ours:
        return ""
    return token(shown.face.name, Urn.parse(comment.actor_urn)) + " "
