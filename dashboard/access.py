"""Who may see or touch what: fetch or 404, one function per noun and level.

Nothing outside the desk and the viewer's own Pages exists for them: a foreign id and a wrong one look the same.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast
from uuid import UUID

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from socialactions import clock
from socialactions.models import (
    ApiKey,
    Attachment,
    Comment,
    Connection,
    Desk,
    Invitation,
    Organization,
    Outgoing,
    Post,
    User,
    Webhook,
)
from socialactions.queries import actions, viewing
from socialactions.queries import posts as post_queries
from socialactions.queries.viewing import PageView, Viewer, viewer
from socialactions.services import refreshing

P = ParamSpec("P")
SIGNED_IN_AT = "signed_in_at"
JUST_NOW_S = 15 * 60


class HtmxRequest(HttpRequest):
    """A request as our views get it: with htmx's details, a signed-in person of a desk, and what they may look at."""

    htmx: HtmxDetails
    user: User
    desk: Desk
    viewer: Viewer
    asked_at: datetime  # by the database's clock: what became known later is not in the answer


class RoleLost(Http404):
    """About a post that the viewer could read until their role on its Page was taken away; ``words`` say so."""

    def __init__(self, words: str, post: Post) -> None:
        super().__init__(words)
        self.words = words
        self.post = post


View = Callable[Concatenate[HtmxRequest, P], HttpResponseBase]


def desk_required(view: View[P]) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Let in who is signed in and sits at a desk; others are led to where they can get that far."""

    @wraps(view)
    def checked(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return _to_sign_in(request)
        user = request.user
        if user.desk is None:
            return redirect("desk-create")
        ours = cast(HtmxRequest, request)
        ours.desk = user.desk
        ours.asked_at = clock.now()
        ours.viewer = viewer_of(request)
        if ours.viewer.connection is not None:
            refreshing.want_roles(ours.viewer.connection)
        try:
            return view(ours, *args, **kwargs)
        except RoleLost as lost:
            return _without_role(ours, lost)

    return checked


def admin_required(view: View[P]) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Desk administrators only; for colleagues the address does not exist."""

    @wraps(view)
    def checked(request: HtmxRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not request.user.is_admin:
            raise Http404
        return view(request, *args, **kwargs)

    return desk_required(checked)


def viewer_of(request: HttpRequest) -> Viewer:
    """What the signed-in person may look at, asked once a request."""
    found: Viewer | None = getattr(request, "_viewer", None)
    if found is None:
        found = viewer(cast(User, request.user))
        cast(Any, request)._viewer = found
    return found


def page_in_view(request: HtmxRequest) -> PageView | None:
    """The Page the switcher shows. Reading only: no write ever asks this."""
    return request.viewer.looking_at(request.session.get("page"))


def page_to_look_at(request: HtmxRequest, page_id: UUID) -> PageView:
    page = request.viewer.pages.get(page_id)
    if page is None or not page.choice.can_read:
        raise Http404
    return page


def post_to_read(request: HtmxRequest, post_id: UUID, *, acting_urn: str = "") -> tuple[Post, list[Post]]:
    """A post of a Page whose posts the viewer may read, with its neighbours."""
    post, siblings = post_queries.with_siblings(post_id, acting_urn)
    if post is None or post.organization.desk_id != request.desk.pk:
        raise Http404
    page = request.viewer.pages.get(post.organization_id)
    if page is None or not page.rights.read_posts:
        raise _not_there(request, post)
    return post, siblings


def post_to_touch(request: HtmxRequest, post_id: UUID) -> Post:
    """A post whose comments the viewer may read, so also answer as far as their actors allow."""
    return _reachable(request, Post.objects.select_related("organization__desk").filter(pk=post_id).first())


def comment_to_touch(request: HtmxRequest, comment_id: UUID) -> Comment:
    """A comment on such a post."""
    related = ("post__organization__desk", "thread")
    comment = Comment.objects.select_related(*related).filter(pk=comment_id).first()
    _reachable(request, comment.post if comment else None)
    return cast(Comment, comment)


def outgoing_to_see(request: HtmxRequest, uid: UUID) -> Outgoing:
    """Any action of the desk: History is for everybody who works there."""
    related = ("post__organization__desk", "organization", "user", "comment", "thread", "picture", "desk")
    outgoing = Outgoing.objects.select_related(*related).filter(uid=uid, desk=request.desk).first()
    if outgoing is None:
        raise Http404
    return outgoing


def outgoing_to_move(request: HtmxRequest, uid: UUID) -> Outgoing:
    """An action that the viewer may undo, send or discard: their own, or of a Page they may write as."""
    outgoing = outgoing_to_see(request, uid)
    page = request.viewer.pages.get(outgoing.organization_id)
    if outgoing.user_id != request.user.pk and not (page and page.rights.write):
        raise Http404
    return outgoing


def why_not_step(request: HtmxRequest, outgoing: Outgoing, name: str) -> str:
    """Why the viewer may not take this step with somebody else's action; empty when they may.

    A colleague never publishes on another's grant, nor as an actor they may not speak as themselves.
    """
    is_author = outgoing.user_id == request.user.pk
    if name == "take-over" and is_author:
        return "You wrote this yourself. Connect again, or hand it to a colleague."
    if is_author or name in ("undo", "discard"):
        return ""
    author = outgoing.user.name
    if name in ("send-now", "send-again"):
        return f"Only {author} can send this, because it was written on their connection. Write it anew, or discard it."
    if name == "offer":
        return f"Only {author}, who wrote this, can hand it to colleagues."
    speaks = any(
        page.organization.urn == outgoing.actor_urn and page.rights.write for page in request.viewer.pages.values()
    )
    return "" if speaks else f"You cannot speak as {outgoing.actor_name}."


def attachment_to_see(request: HtmxRequest, attachment_id: UUID) -> Attachment:
    attachment = Attachment.objects.filter(pk=attachment_id, desk=request.desk).first()
    if attachment is None:
        raise Http404
    return attachment


def connection_in_reach(request: HtmxRequest, connection_id: UUID) -> Connection:
    """One's own connection; a desk administrator's reach covers all of the desk."""
    connection = Connection.objects.select_related("desk", "user").filter(pk=connection_id, desk=request.desk).first()
    if connection is None or (connection.user_id != request.user.pk and not request.user.is_admin):
        raise Http404
    return connection


def key_in_reach(request: HtmxRequest, key_id: UUID) -> ApiKey:
    """One's own key; a desk administrator's reach covers all of the desk."""
    key = ApiKey.objects.select_related("desk", "user").filter(pk=key_id, desk=request.desk).first()
    if key is None or (key.user_id != request.user.pk and not request.user.is_admin):
        raise Http404
    return key


def webhook_in_reach(request: HtmxRequest, webhook_id: UUID) -> Webhook:
    """One of a key in reach."""
    webhook = Webhook.objects.select_related("api_key__desk").filter(pk=webhook_id).first()
    if webhook is None:
        raise Http404
    key_in_reach(request, webhook.api_key_id)
    return webhook


def signed_in_just_now(request: HttpRequest) -> bool:
    """Whether LinkedIn vouched for this person minutes ago: a stolen session must not make itself a key."""
    return 0 <= time.time() - request.session.get(SIGNED_IN_AT, 0) < JUST_NOW_S


def page_to_change(request: HtmxRequest, page_id: UUID) -> Organization:
    """A Page of the desk; its administrators set how the desk works on it, whatever their role there."""
    page = Organization.objects.filter(pk=page_id, desk=request.desk).first()
    if page is None:
        raise Http404
    return page


def invitation_to_withdraw(request: HtmxRequest, invitation_id: UUID) -> Invitation:
    invitation = Invitation.objects.filter(pk=invitation_id, desk=request.desk).first()
    if invitation is None:
        raise Http404
    return invitation


def _reachable(request: HtmxRequest, post: Post | None) -> Post:
    if post is None or post.is_expired or post.organization.desk_id != request.desk.pk:
        raise Http404
    page = request.viewer.pages.get(post.organization_id)
    if page is None or not page.rights.read_comments:
        raise _not_there(request, post)
    return post


def _not_there(request: HtmxRequest, post: Post) -> Http404:
    """What one never could read does not exist; what one could read yesterday needs a reason."""
    words = viewing.why_no_more(request.viewer, post.organization)
    return RoleLost(words, post) if words else Http404()


def _without_role(request: HtmxRequest, lost: RoleLost) -> HttpResponse:
    """Why there is nothing to read, beside what the viewer wrote there and still has to decide on. Words that were on
    their way here are given back.
    """
    if request.htmx:
        told = render(request, "_refusal.html", {"words": lost.words, "status": 403}, status=403)
        told["HX-Trigger"] = "role-lost"  # an open composer keeps the words, and must not promise that they go now
        return told
    if request.viewer.connection is not None:
        refreshing.want_lost_roles(request.viewer.connection)
    mine = [row for row in actions.open_on_post(lost.post.pk, request.desk.pk) if row.user_id == request.user.pk]
    context = {
        "page": lost.post.organization,
        "words": lost.words,
        "rows": [actions.row(row, viewer=request.viewer) for row in mine if not actions.is_quiet(row)],
        "typed": request.POST.get("text", ""),
    }
    return render(request, "lost.html", context, status=403)


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    if request.method == "GET" and not request.headers.get("HX-Request"):
        return redirect_to_login(request.get_full_path())
    to = redirect_to_login(request.headers.get("Referer", "/") if request.method == "GET" else "/")
    return HttpResponseClientRedirect(to.url) if request.headers.get("HX-Request") else to
