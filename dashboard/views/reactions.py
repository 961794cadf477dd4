"""Likes and the other five reactions, on posts and comments, and who gave them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST
from django.views.decorators.vary import vary_on_headers

from dashboard import access, scenes, signing
from dashboard.access import HtmxRequest, desk_required
from dashboard.answers import back, back_to_thread, refused
from dashboard.views.posts import fresh_post, live_context
from socialactions.models import Comment, OwnReaction, Post
from socialactions.queries import threads
from socialactions.queries.posts import REACTION_WORDS
from socialactions.services import questions, writing
from socialactions.services.refusals import Refused
from socialactions.services.shortfalls import NO_ANSWER


@require_POST
@desk_required
def create_on_post(request: HtmxRequest, post_id: UUID) -> HttpResponse:
    return _change(request, access.post_to_touch(request, post_id), None, kind=request.POST.get("kind", "LIKE"))


@require_POST
@desk_required
def remove_from_post(request: HtmxRequest, post_id: UUID) -> HttpResponse:
    return _change(request, access.post_to_touch(request, post_id), None, kind=None)


@require_POST
@desk_required
def create_on_comment(request: HtmxRequest, comment_id: UUID) -> HttpResponse:
    comment = access.comment_to_touch(request, comment_id)
    return _change(request, comment.post, comment, kind=request.POST.get("kind", "LIKE"))


@require_POST
@desk_required
def remove_from_comment(request: HtmxRequest, comment_id: UUID) -> HttpResponse:
    comment = access.comment_to_touch(request, comment_id)
    return _change(request, comment.post, comment, kind=None)


@require_GET
@desk_required
@vary_on_headers("HX-Request")
def of_post(request: HtmxRequest, post_id: UUID) -> HttpResponse:
    return _reactors(request, access.post_to_touch(request, post_id), None)


@require_GET
@desk_required
@vary_on_headers("HX-Request")
def of_comment(request: HtmxRequest, comment_id: UUID) -> HttpResponse:
    comment = access.comment_to_touch(request, comment_id)
    return _reactors(request, comment.post, comment)


def _change(request: HtmxRequest, post: Post, comment: Comment | None, *, kind: str | None) -> HttpResponse:
    """React with ``kind``, or take the reaction back with None."""
    try:
        speaker, _ = scenes.speaker(request, post.pk)
        if kind is not None:
            outgoing = writing.react(post, comment, speaker=speaker, kind=kind)
        else:
            outgoing = writing.unreact(post, comment, speaker=speaker)
    except (signing.FormNotValid, Refused) as error:
        return refused(request, error.words, "post-show", post.pk)
    if not request.htmx:
        return back_to_thread(request, comment.thread or comment) if comment else back(request, "post-show", post.pk)
    scene = scenes.scene(request, post, urn=outgoing.actor_urn)
    if comment is None:
        post = fresh_post(request, post.pk, scene.eyes.acting_urn)
        return render(request, "threads/_live.html", live_context(request, post, scene))
    thread = comment.thread or comment
    thread.post = post
    context = {
        **scene.context,
        "post": post,
        "thread": threads.one(thread, scene.eyes, whole=scenes.unfolded(request, thread.pk)),
    }
    return render(request, "threads/_thread.html", context)


def _reactors(request: HtmxRequest, post: Post, comment: Comment | None) -> HttpResponse:
    scene = scenes.scene(request, post, key=request.GET.get("as", ""))
    found, problem = questions.reactors(post, comment, connection=request.viewer.connection)
    mine = OwnReaction.objects.filter(post=post, comment=comment, actor_urn=scene.eyes.acting_urn).first()
    noun, pk = ("comment", comment.pk) if comment else ("post", post.pk)
    context: dict[str, Any] = {
        **scene.context,
        "title": "Reactions",
        "comment": threads.comment_row(comment, scene.eyes) if comment else None,
        "reactors": [(face, REACTION_WORDS.get(kind, "Other")) for face, kind in found],
        "problem": problem,
        "again_url": request.get_full_path() if problem == NO_ANSWER else "",
        "reaction_choices": list(REACTION_WORDS.items()),
        "our_reaction": mine.kind if mine else "",
        "react_url": reverse(f"{noun}-reaction", args=[pk]),
        "unreact_url": reverse(f"{noun}-reaction-remove", args=[pk]),
        "back_url": reverse("comment-show" if comment else "post-show", args=[pk]),
    }
    return render(request, "reactions/_dialog.html" if request.htmx else "reactions/index.html", context)
