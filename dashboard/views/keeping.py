"""What is kept about whom and until when, and forgetting a person."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from dashboard.access import HtmxRequest, admin_required, desk_required
from dashboard.typed import NUL
from socialactions.queries import holdings
from socialactions.services import forgetting

FORGETTING_WORD = "forget"
TYPED_CHARS = 500


class ForgettingForm(forms.Form):
    """Forgetting cannot be taken back, so a word has to be typed."""

    confirmation = forms.CharField(
        error_messages=dict.fromkeys(("required", NUL), f"Type {FORGETTING_WORD} to forget this person.")
    )

    def clean_confirmation(self) -> str:
        word: str = self.cleaned_data["confirmation"]
        if word.strip().casefold() != FORGETTING_WORD:
            raise forms.ValidationError(f"This does not match. Type {FORGETTING_WORD} to forget this person.")
        return word


@require_GET
@desk_required
def show(request: HtmxRequest) -> HttpResponse:
    """Every class of data with what this desk holds of it, and the newest receipts."""
    context = {"holdings": holdings.of_desk(request.desk), "receipts": holdings.newest_receipts()}
    return render(request, "settings/kept.html", context)


@require_http_methods(["GET", "POST"])
@admin_required
def forget(request: HtmxRequest) -> HttpResponse:
    """Ask who is meant, then say what goes and ask for the word, then forget."""
    typed = (request.POST if request.method == "POST" else request.GET).get("member", "")[:TYPED_CHARS]
    if request.method == "GET" and "member" not in request.GET:
        return render(request, "settings/forget.html", {"typed": ""})
    try:
        member_urn = forgetting.person_meant(request.desk, typed)
        form = ForgettingForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            affected = forgetting.forget(desk=request.desk, member_urn=member_urn, by=request.user)
            messages.info(request, _said(affected))
            return redirect("settings-kept")
    except forgetting.CannotForget as refusal:
        return render(request, "settings/forget.html", {"typed": typed, "error": refusal.words}, status=422)
    context = {
        "typed": typed,
        "whom": holdings.affected(request.desk, member_urn),
        "form": form,
        "word": FORGETTING_WORD,
    }
    return render(request, "settings/forget.html", context, status=422 if request.method == "POST" else 200)


def _said(affected: int) -> str:
    """Without a name: what is said here is itself kept for a while."""
    if not affected:
        return "Forgotten. Nothing of this person was here; from now on nothing is stored."
    many = "1 comment has" if affected == 1 else f"{affected:,} comments have"
    return f"Forgotten. {many} no author and no words any more, and nothing of this person is stored from now on."
