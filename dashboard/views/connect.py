"""Signing in with LinkedIn, the first desk, invitations. The state of a sign-in lives in the session and works once."""

from __future__ import annotations

import logging
import secrets
import time
from typing import Any, cast
from urllib.parse import urlsplit

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from dashboard.access import SIGNED_IN_AT
from dashboard.typed import NameField
from socialactions import bells, rights
from socialactions.linkedin.client import LinkedIn
from socialactions.linkedin.entities import Person
from socialactions.linkedin.errors import LinkedInError, NotPermitted
from socialactions.linkedin.oauth import Grant, GrantRefused, TokenEndpointDown, new_verifier
from socialactions.models import User
from socialactions.queries import alarms
from socialactions.queries.people import asks_otherwise, pages_of, scope_rows
from socialactions.services import connections, desks, pages, resuming

log = logging.getLogger(__name__)

BACKEND = "dashboard.backends.LinkedInBackend"


class DeskForm(forms.Form):
    name = NameField(max_length=120, required_words="Give the desk a name, for example that of your team.")


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    return redirect("post-list" if request.user.is_authenticated else "connect")


@require_GET
def show(request: HttpRequest) -> HttpResponse:
    """What Threadwell is, and each scope in plain words."""
    invitation = _invitation(request)
    context = {
        "scopes": scope_rows(asked_scopes(), granted=None),
        "invitation": invitation.desk.name if invitation else "",
        "ends_others": _ends_others(request, invitation),
        "next": _safe_next(request.GET.get("next", "")),
    }
    return render(request, "connect/show.html", context)


@require_GET
def start(request: HttpRequest) -> HttpResponse:
    """Send the browser to LinkedIn; the answer must come back to this very session."""
    if not settings.LINKEDIN_CLIENT_ID:
        return _refused(
            request,
            "No LinkedIn app is set up yet.",
            "Whoever runs Threadwell has to set LINKEDIN_CLIENT_ID and LINKEDIN_CLIENT_SECRET; the README says how.",
            status=503,
        )
    state = secrets.token_urlsafe(24)
    verifier = new_verifier() if settings.LINKEDIN_PKCE else None
    request.session["oauth"] = {"state": state, "verifier": verifier, "next": _safe_next(request.GET.get("next", ""))}
    return redirect(connections.oauth().authorize_url(asked_scopes(), state, verifier=verifier))


@require_GET
def callback(request: HttpRequest) -> HttpResponse:
    """Take LinkedIn's answer: a refusal becomes a page, a code becomes a signed-in person."""
    pending = request.session.pop("oauth", None)
    given = request.GET.get("state", "")
    if pending is None or not secrets.compare_digest(str(pending["state"]).encode(), given.encode()):
        return _refused(
            request,
            "This sign-in was not started here, or was finished already.",
            "Nothing was connected. Start again from this browser.",
            status=401,
        )
    if request.GET.get("error"):
        return _refused(request, *_refusal_words(request.GET["error"], request.GET.get("error_description", "")))
    code = request.GET.get("code", "")
    try:
        if not code:
            raise GrantRefused("no_code", "the answer holds neither a code nor an error")
        grant = connections.oauth().exchange(code, pending["verifier"])
        user = _person_of(grant)
    except GrantRefused:
        return _refused(request, "LinkedIn did not accept this sign-in.", "The code may be too old. Start again.")
    except NotPermitted:
        return _refused(
            request,
            "LinkedIn did not let us see who you are.",
            "The permission r_basicprofile is missing. Sign in again and allow it, or ask whoever runs Threadwell "
            "to add the product to its LinkedIn app.",
        )
    except (TokenEndpointDown, LinkedInError):
        return _refused(
            request, "LinkedIn does not answer.", "Nothing was connected. Try again in a minute.", status=502
        )
    return _signed_in(request, user, grant, pending["next"])


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    return redirect("connect")


@require_http_methods(["GET", "POST"])
def desk(request: HttpRequest) -> HttpResponse:
    """The first person makes the desk, seeing first who they are and which Pages come with them."""
    user = cast(User, request.user)
    if not user.is_authenticated:
        return redirect("connect")
    if user.desk is not None:
        return redirect("post-list")
    if request.session.get("invitation"):
        return redirect("invitation-accept", request.session["invitation"])
    if not desks.may_create_desk():
        return redirect("uninvited")
    form = DeskForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        desks.create_desk(user=user, name=form.cleaned_data["name"])
        _look_for_pages(request, user)
        return redirect("post-list")
    found, problem = pages_of(user)
    context = {"form": form, "user_face": user, "pages": found, "problem": problem}
    return render(request, "connect/desk.html", context, status=422 if request.method == "POST" else 200)


@require_GET
def uninvited(request: HttpRequest) -> HttpResponse:
    if not request.user.is_authenticated:
        return redirect("connect")
    return render(request, "connect/uninvited.html")


@require_http_methods(["GET", "POST"])
def join(request: HttpRequest, token: str) -> HttpResponse:
    """An invitation: says which desk and who invited; taken up after signing in."""
    user = cast(User, request.user)
    try:
        invitation = desks.open_invitation(token)
        request.session["invitation"] = token
        if request.method == "POST" and user.is_authenticated and user.desk is None:
            desks.accept_invitation(user=user, token=token)
            request.session.pop("invitation", None)
            _look_for_pages(request, user)
            return redirect("post-list")
    except desks.InvitationUnusable as error:
        request.session.pop("invitation", None)
        return _refused(request, "This invitation does not work.", str(error), status=404)
    context: dict[str, Any] = {
        "desk_name": invitation.desk.name,
        "invited_by": invitation.created_by.name,
        "token": token,
        "has_other_desk": user.is_authenticated and user.desk is not None,
    }
    return render(request, "connect/join.html", context)


def asked_scopes() -> tuple[str, ...]:
    return rights.ASKED + (rights.OLDER if settings.LINKEDIN_OLDER_SCOPES else ())


def _ends_others(request: HttpRequest, invitation: Any) -> bool:
    """Whether signing in now asks for another scope set than colleagues' grants; no news for strangers."""
    user = cast(User, request.user)
    desk = user.desk if user.is_authenticated and user.desk else invitation.desk if invitation else None
    return desk is not None and asks_otherwise(desk, asked_scopes(), apart_from=user)


def _person_of(grant: Grant) -> User:
    with connections.client_with(grant.access_token) as client:
        person = client.me()
        return desks.person_signed_in(person, _picture_of(client, person))


def _picture_of(client: LinkedIn, person: Person) -> str | None:
    """Where their picture is. None when LinkedIn does not say, which keeps nobody out: initials do as well."""
    if person.picture is None:
        return ""
    try:
        return client.image(person.picture).download_url or ""
    except LinkedInError as error:
        log.info("the picture of who signs in was not readable: %s", type(error).__name__)
        return None


def _signed_in(request: HttpRequest, user: User, grant: Grant, to: str) -> HttpResponse:
    if not user.is_active:
        return _refused(request, "You no longer work at this desk.", "Ask a colleague for an invitation.", status=403)
    before = request.user
    invitation = request.session.get("invitation")
    if before.is_authenticated and before != user:
        logout(request)
        kept = f" Waiting replies were written as {before}." if alarms.waiting_of(before) else ""
        messages.info(request, f"You reconnected as {user.name}; before it was {before}.{kept}")
    login(request, user, backend=BACKEND)
    request.session[SIGNED_IN_AT] = time.time()
    if invitation:
        request.session["invitation"] = invitation
    connections.connect(user=user, grant=grant, asked=asked_scopes())
    for pk in resuming.resume(user):
        bells.ring(pk)
    if user.desk is None:
        return redirect("desk-create")
    _look_for_pages(request, user)
    return redirect(to or reverse("post-list"))


def _look_for_pages(request: HttpRequest, user: User) -> None:
    """Ask for the Pages at once; when LinkedIn does not answer, the person is in all the same and told."""
    try:
        pages.refresh_roles(user.connection, is_urgent=True)
    except (LinkedInError, connections.ConnectionEnded, TokenEndpointDown):
        messages.warning(request, "LinkedIn did not tell us your Pages. Look again in Settings in a minute.")


def _invitation(request: HttpRequest) -> Any:
    token = request.session.get("invitation")
    if not token:
        return None
    try:
        return desks.open_invitation(token)
    except desks.InvitationUnusable:
        del request.session["invitation"]
        return None


def _refusal_words(error: str, description: str) -> tuple[str, str]:
    if error in ("user_cancelled_login", "user_cancelled_authorize"):
        return "You cancelled the sign-in.", "Nothing was connected and nothing was read. Sign in whenever you like."
    if error == "unauthorized_scope_error":
        return (
            "LinkedIn does not allow this app what it asked for.",
            f"Whoever runs Threadwell has to add the product to its LinkedIn app. LinkedIn says: {description[:200]}",
        )
    return "LinkedIn refused the sign-in.", f"Nothing was connected. LinkedIn says: {description[:200] or error[:80]}"


def _refused(request: HttpRequest, title: str, what: str, *, status: int = 400) -> HttpResponse:
    context = {"title": title, "what": what, "action": "Back to sign-in", "href": reverse("connect")}
    return render(request, "connect/refused.html", context, status=status)


def _safe_next(to: str) -> str:
    """Only paths of our own; anything else leads to the posts."""
    is_ours = url_has_allowed_host_and_scheme(to, allowed_hosts=None)
    return to if is_ours and urlsplit(to).path.startswith("/") else ""
