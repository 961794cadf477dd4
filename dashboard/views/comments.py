"""Comments: writing one on a post, one thread again, editing and deleting."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django.views.decorators.vary import vary_on_headers
from django_htmx.http import reswap, retarget

from dashboard import access, composing, scenes, signing
from dashboard.access import HtmxRequest, desk_required
from dashboard.answers import at_thread, place_of, refused
from dashboard.composing import ComposerForm
from dashboard.views.posts import fresh_post, live_context
from dashboard.writes import Written, write
from socialactions.linkedin.mentions import to_tokens
from socialactions.models import Comment
from socialactions.queries import texts, threads
from socialactions.services import writing
from socialactions.services.matching import digest
from socialactions.services.refusals import Refused
from socialactions.spans import unit


@require_POST
@desk_required
def create(request: HtmxRequest, post_id: UUID) -> HttpResponse:
    """Accept a first-level comment."""
    post = access.post_to_touch(request, post_id)
    first = composing.written_before(request, request.desk)

    def composer() -> composing.Composer:
        return composing.for_post(request.viewer, post).instead_of(first)

    def accept(form: ComposerForm, speaker: writing.Speaker, nonce: UUID, picture: Any) -> Any:
        text = form.cleaned_data["text"]
        return writing.comment_on(post, speaker=speaker, text=text, picture=picture, form_key=nonce)

    written = write(request, post, target="post", composer=composer, accept=accept)
    if written.refusal is not None:
        return _again(request, written, "comments/new.html", {"post": post})
    if not request.htmx:
        speaking = scenes.key_of(request, written.outgoing)
        page = reverse("post-show", args=[post.pk], query={"as": speaking} if speaking else None)
        return redirect(f"{page}#outgoing-{written.outgoing.uid}")
    scene = scenes.scene(request, post, urn=written.outgoing.actor_urn)
    context = live_context(request, fresh_post(request, post.pk, scene.eyes.acting_urn), scene)
    fresh = composing.for_post(request.viewer, post, chosen=scene.acting.key if scene.acting else "")
    return render(request, "threads/commented.html", {**context, "composer": fresh, "said": written.said})


@require_GET
@desk_required
@vary_on_headers("HX-Request")
def show(request: HtmxRequest, comment_id: UUID) -> HttpResponse:
    """The thread a comment belongs to: the fragment for htmx, its place on the post's page otherwise."""
    comment = access.comment_to_touch(request, comment_id)
    thread = comment.thread or comment
    if not request.htmx:
        return redirect(place_of(thread, speaking=request.GET.get("as", "")))
    scene = scenes.scene(request, comment.post, key=request.GET.get("as", ""))
    thread.post = comment.post
    context = {
        **scene.context,
        "thread": threads.one(thread, scene.eyes, whole=scenes.unfolded(request, thread.pk)),
        "post": comment.post,
    }
    answer = render(request, "threads/_thread.html", context)
    if comment.thread is None and comment.gone_at is not None:
        # What is under way about it stands above the threads from now on.
        answer["HX-Trigger"] = "thread-gone"
    return answer


@require_http_methods(["GET", "POST"])
@desk_required
def edit(request: HtmxRequest, comment_id: UUID) -> HttpResponse:
    """Change the text of a comment whose author the viewer can speak as."""
    comment = access.comment_to_touch(request, comment_id)
    scene = scenes.scene(request, comment.post, urn=comment.actor_urn)
    shown = threads.comment_row(comment, scene.eyes)
    if comment.actor_urn not in scene.eyes.speaks_as or (shown is None and request.method == "GET"):
        raise Http404
    text, was = (_words_of(comment), digest(comment.content.text)) if shown else ("", "")
    composer = composing.for_edit(request.viewer, comment, text=text, was=was)
    composer = composer.instead_of(composing.written_before(request, request.desk))
    if request.method == "GET":
        return render(request, "comments/edit.html", {**scene.context, "comment": shown, "composer": composer})

    def accept(form: ComposerForm, speaker: writing.Speaker, nonce: UUID, _: Any) -> Any:
        text = form.cleaned_data["text"]
        return writing.edit(comment, speaker=speaker, text=text, form_key=nonce, seen_words=form.was)

    written = write(request, comment.post, target=f"edit {comment.pk}", composer=lambda: composer, accept=accept)
    if written.refusal is not None:
        return _again(request, written, "comments/edit.html", {**scene.context, "comment": shown})
    return redirect(composer.cancel_url)


@require_http_methods(["GET", "POST"])
@desk_required
@vary_on_headers("HX-Request")
def delete(request: HtmxRequest, comment_id: UUID) -> HttpResponse:
    """Ask first, naming what goes with it; then accept the deletion."""
    comment = access.comment_to_touch(request, comment_id)
    target = f"delete {comment.pk}"
    errors: list[str] = []
    if request.method == "POST":
        try:
            speaker, nonce = scenes.speaker(request, comment.post_id, target=target)
            writing.delete(comment, speaker=speaker, form_key=nonce)
            return _deleting(request, comment)
        except (signing.FormNotValid, Refused) as error:
            errors = [error.words]
        except writing.AlreadySent:
            errors = ["This was already asked for. Look at the thread."]
        if comment.gone_at is not None:  # there is nothing to ask about any more
            return refused(request, errors[0], "comment-show", comment.pk, status=410)
    name = "comments/_delete_dialog.html" if request.htmx else "comments/delete.html"
    context = {**_deletion(request, comment, target), "errors": errors}
    answer = render(request, name, context, status=422 if errors else 200)
    return reswap(retarget(answer, "#dialog"), "innerHTML") if request.htmx and errors else answer


def _words_of(comment: Comment) -> str:
    """What it says on LinkedIn, as the composer writes it."""
    attributes = texts.stored_attributes(comment.content.attributes)
    return to_tokens(comment.content.text, attributes, unit=unit())


def _deleting(request: HtmxRequest, comment: Comment) -> HttpResponse:
    """The thread with the deletion under way, as far unfolded as it was and for whom its page speaks as."""
    thread = comment.thread or comment
    if not request.htmx:
        return redirect(at_thread(thread))
    thread.post = comment.post
    scene = scenes.scene(request, comment.post, key=scenes.page_of(request)[1].get("as", ""))
    shown = threads.one(thread, scene.eyes, whole=scenes.unfolded(request, thread.pk))
    return render(request, "threads/_thread.html", {**scene.context, "post": comment.post, "thread": shown})


def _deletion(request: HtmxRequest, comment: Comment, target: str) -> dict[str, Any]:
    scene = scenes.scene(request, comment.post, key=request.GET.get("as", ""))
    shown = threads.comment_row(comment, scene.eyes)
    if shown is None or not shown.can_delete:
        raise Http404
    able = {comment.actor_urn, comment.post.organization.urn}
    actors = scenes.signed([a for a in scene.actors if a.urn in able and not a.why_not], request, comment.post, target)
    replies = comment.replies.filter(gone_at__isnull=True).count()
    # The dialog may open elsewhere as well, beside an action or above earlier replies.
    is_among_threads = scenes.page_of(request)[0] == reverse("post-show", args=[comment.post_id])
    return {
        **scene.context,
        "comment": shown,
        "replies_count": replies,
        "actors": actors,
        "thread_here": (comment.thread_id or comment.pk) if is_among_threads else None,
    }


def _again(request: HtmxRequest, written: Written, page: str, context: dict[str, Any]) -> HttpResponse:
    """The composer with everything typed and what was wrong; by itself for htmx, on a page otherwise."""
    name = "composer/_composer.html" if request.htmx else page
    return render(request, name, {**context, "composer": written.refusal}, status=written.status)
