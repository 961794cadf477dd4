"""Settings → API keys → one key: where its program wants to be called, and how the calls went."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from dashboard import access, kept_forms
from dashboard.access import HtmxRequest, desk_required
from dashboard.typed import NUL
from socialactions.models import ApiKey
from socialactions.queries import webhooks as rows
from socialactions.services import telling, webhooks

SIGN_IN_AGAIN = "Webhooks carry what happens here to elsewhere. Sign in again first, then do this within 15 minutes."
EVENTS = (
    (telling.ACTION_FINISHED, "action.finished: what the key asked for came to its end"),
    (telling.COMMENT_NEW, "comment.new: somebody commented on a post of a Page you read"),
)
NO_ADDRESS = "Give the address to call, beginning with https://."


class WebhookForm(forms.Form):
    """Where to call, and about what."""

    url = forms.CharField(error_messages=dict.fromkeys(("required", NUL), NO_ADDRESS))
    events = forms.MultipleChoiceField(
        choices=EVENTS,
        error_messages=dict.fromkeys(
            ("required", "invalid_choice"), "Choose at least one thing that it hears about, from the list."
        ),
    )

    def __init__(self, given: Any, key: ApiKey) -> None:
        super().__init__(given)
        self.key = key

    def clean_url(self) -> str:
        url: str = self.cleaned_data["url"]
        if why := webhooks.why_never(url):
            raise forms.ValidationError(why)
        return url

    def clean_events(self) -> list[str]:
        events: list[str] = self.cleaned_data["events"]
        if telling.COMMENT_NEW in events and ApiKey.Scope.READ not in self.key.scopes:
            raise forms.ValidationError("This key may not read, so it hears nothing of new comments.")
        return events


@require_http_methods(["GET", "POST"])
@desk_required
def show(request: HtmxRequest, key_id: UUID) -> HttpResponse:
    """A key's webhooks with their last calls; POST makes one and shows its secret this once."""
    key = access.key_in_reach(request, key_id)
    why = _why_none(request, key)
    if request.method == "GET":
        return _page(request, key, WebhookForm(None if why else kept_forms.of(request), key))
    form = WebhookForm(request.POST, key)
    if why:
        is_kept = why == SIGN_IN_AGAIN and kept_forms.keep(request, form)
        messages.warning(request, f"{why} {kept_forms.IS_KEPT}" if is_kept else why)
        return redirect("settings-key", key.pk)
    kept_forms.forget(request)
    secret = _made(request, key, form) if form.is_valid() else ""
    if not secret:
        return _page(request, key, form, status=422)
    return _page(request, key, WebhookForm(None, key), secret=secret)


@require_POST
@desk_required
def try_out(request: HtmxRequest, webhook_id: UUID) -> HttpResponse:
    webhook = access.webhook_in_reach(request, webhook_id)
    if webhooks.try_out(webhook):
        messages.info(request, "A test is on its way. Load this page again in a moment to see how it went.")
    else:
        messages.warning(request, "Nothing was sent: it is switched off, its key has ended, or a test is under way.")
    return redirect("settings-key", webhook.api_key_id)


@require_POST
@desk_required
def switch_on(request: HtmxRequest, webhook_id: UUID) -> HttpResponse:
    webhook = access.webhook_in_reach(request, webhook_id)
    if not access.signed_in_just_now(request):
        messages.warning(request, SIGN_IN_AGAIN)
    elif webhooks.switch_on(webhook, by=request.user):
        messages.info(request, "It hears what happens from now on.")
    return redirect("settings-key", webhook.api_key_id)


@require_POST
@desk_required
def renew_secret(request: HtmxRequest, webhook_id: UUID) -> HttpResponse:
    """Shows the new secret this once; the one before signs beside it for a day."""
    webhook = access.webhook_in_reach(request, webhook_id)
    key = webhook.api_key
    if why := _why_none(request, key):
        messages.warning(request, why)
        return redirect("settings-key", key.pk)
    return _page(request, key, WebhookForm(None, key), secret=webhooks.renew_secret(webhook, by=request.user))


@require_POST
@desk_required
def remove(request: HtmxRequest, webhook_id: UUID) -> HttpResponse:
    webhook = access.webhook_in_reach(request, webhook_id)
    if not access.signed_in_just_now(request):
        messages.warning(request, SIGN_IN_AGAIN)
    else:
        webhooks.remove(webhook, by=request.user)
        messages.info(request, "This webhook is called no more.")
    return redirect("settings-key", webhook.api_key_id)


def _why_none(request: HtmxRequest, key: ApiKey) -> str:
    """Why no webhook can be added here now; empty when one can. What it hears is what the key's person may see."""
    if not rows.is_living(key):
        return "This key opens nothing any more, so there is nothing to tell its program."
    if key.user_id != request.user.pk:
        return f"Only {key.user.name}, who made this key, can say where its program is called."
    return "" if access.signed_in_just_now(request) else SIGN_IN_AGAIN


def _made(request: HtmxRequest, key: ApiKey, form: WebhookForm) -> str:
    events = form.cleaned_data["events"]
    try:
        _, secret = webhooks.make(
            key,
            by=request.user,
            url=form.cleaned_data["url"],
            wants_actions=telling.ACTION_FINISHED in events,
            wants_comments=telling.COMMENT_NEW in events,
        )
    except webhooks.TooMany:
        form.add_error("url", f"A key has at most {webhooks.MOST} webhooks. Remove one first.")
        return ""
    return secret


def _page(request: HtmxRequest, key: ApiKey, form: WebhookForm, *, secret: str = "", status: int = 200) -> HttpResponse:
    context = {
        "key": key,
        "form": form,
        "is_kept": request.method == "GET" and form.is_bound,
        "secret": secret,
        "webhooks": rows.of_key(key),
        "may_change": access.signed_in_just_now(request),
        "why_none": _why_none(request, key),
        "is_living": rows.is_living(key),
        "is_mine": key.user_id == request.user.pk,
    }
    return render(request, "settings/key.html", context, status=status)
