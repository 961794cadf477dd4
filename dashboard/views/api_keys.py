"""Settings → API keys: what programs may do, made and revoked by somebody who signed in a moment ago."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from dashboard import access, kept_forms
from dashboard.access import HtmxRequest, desk_required
from dashboard.typed import NameField
from socialactions.models import ApiKey
from socialactions.queries import programs, webhooks
from socialactions.queries.viewing import Viewer
from socialactions.services import api_keys

LIVES_USUALLY, LIVES_AT_MOST = timedelta(days=90), timedelta(days=365)
SIGN_IN_AGAIN = "Keys speak in public. Sign in again first, then do this within 15 minutes."
SCOPES = (
    (ApiKey.Scope.READ, "Read posts, threads, counts and connections"),
    (ApiKey.Scope.LIKE, "Like and react, and take that back"),
    (ApiKey.Scope.COMMENT, "Comment, reply and edit"),
    (ApiKey.Scope.DELETE, "Delete comments"),
)


class KeyForm(forms.Form):
    """What a new key may do, as whom, and until when."""

    name = NameField(
        max_length=60, required_words="Give the key a name: History shows it beside everything that the key does."
    )
    scopes = forms.MultipleChoiceField(
        choices=SCOPES, error_messages={"required": "Choose at least one thing that the key may do."}
    )
    actors = forms.MultipleChoiceField(required=False)
    ends_on = forms.DateField(
        input_formats=["%Y-%m-%d"],
        error_messages=dict.fromkeys(
            ("required", "invalid"), "Choose a day on which the key ends, such as 2026-11-22."
        ),
    )

    def __init__(self, given: Any, viewer: Viewer) -> None:
        super().__init__(given, initial={"ends_on": timezone.localdate() + LIVES_USUALLY})
        self.fields["actors"].choices = actors_of(viewer)  # type: ignore[attr-defined]  # of choices
        self.fields["actors"].error_messages["invalid_choice"] = "You cannot speak as one of these any more."

    def clean_ends_on(self) -> datetime:
        """The end of that day, for who chose it."""
        day, today = self.cleaned_data["ends_on"], timezone.localdate()
        if not today <= day <= today + LIVES_AT_MOST:
            raise forms.ValidationError("A key ends within a year: choose a day from today on, at most a year ahead.")
        return timezone.make_aware(datetime.combine(day + timedelta(days=1), time.min))

    def clean(self) -> dict[str, Any]:
        writes = set(self.cleaned_data.get("scopes", ())) - {ApiKey.Scope.READ}
        if writes and "actors" not in self.errors and not self.cleaned_data.get("actors"):
            self.add_error("actors", "Choose as whom the key may write, or let it read only.")
        return self.cleaned_data


@require_http_methods(["GET", "POST"])
@desk_required
def show(request: HtmxRequest) -> HttpResponse:
    """Keys one may see; POST makes one and shows it this once."""
    is_recent = access.signed_in_just_now(request)
    if request.method == "GET":
        return _page(request, KeyForm(kept_forms.of(request) if is_recent else None, request.viewer))
    form = KeyForm(request.POST, request.viewer)
    if not is_recent:
        is_kept = kept_forms.keep(request, form)
        messages.warning(request, f"{SIGN_IN_AGAIN} {kept_forms.IS_KEPT}" if is_kept else SIGN_IN_AGAIN)
        return redirect("settings-keys")
    kept_forms.forget(request)
    secret = _made(request, form) if form.is_valid() else ""
    if not secret:
        return _page(request, form, status=422)
    return _page(request, KeyForm(None, request.viewer), secret=secret)


@require_POST
@desk_required
def revoke(request: HtmxRequest, key_id: UUID) -> HttpResponse:
    key = access.key_in_reach(request, key_id)
    if not access.signed_in_just_now(request):
        messages.warning(request, SIGN_IN_AGAIN)
    elif api_keys.revoke(key, by=request.user):
        messages.info(request, f"The key {key.name} opens nothing any more.")
    return redirect("settings-keys")


def actors_of(viewer: Viewer) -> list[tuple[str, str]]:
    """Everybody the viewer can write as now, Pages first."""
    pages = [page.organization for page in viewer.pages.values() if page.organization.urn in viewer.voices]
    own = (
        [(viewer.user.member_urn, f"{viewer.user.name} (yourself)")] if viewer.user.member_urn in viewer.voices else []
    )
    return [(page.urn, page.name) for page in pages] + own


def _made(request: HtmxRequest, form: KeyForm) -> str:
    found = form.cleaned_data
    try:
        _, secret = api_keys.make(
            user=request.user,
            name=found["name"],
            scopes=found["scopes"],
            actors=found["actors"],
            expires_at=found["ends_on"],
        )
    except api_keys.NameTaken:
        form.add_error("name", "Your desk has a living key of this name, or it means something else in History.")
        return ""
    return secret


def _page(request: HtmxRequest, form: KeyForm, *, secret: str = "", status: int = 200) -> HttpResponse:
    living, ended = programs.keys_of(request.user)
    context = {
        "form": form,
        "is_kept": request.method == "GET" and form.is_bound,
        "secret": secret,
        "living": living,
        "ended": ended,
        "webhooks_off": webhooks.switched_off(request.desk),
        "may_change": access.signed_in_just_now(request),
        "last_day": timezone.localdate() + LIVES_AT_MOST,
        "today": timezone.localdate(),
    }
    return render(request, "settings/keys.html", context, status=status)
