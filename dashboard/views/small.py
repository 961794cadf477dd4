"""Small addresses: the Page switcher, density, kept pictures, the mention menu, opening and closing comments."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django import forms
from django.conf import settings
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from dashboard import access, scenes, signing
from dashboard.access import HtmxRequest, desk_required
from dashboard.answers import back, place_of
from dashboard.context import COMPACT, DENSITY
from dashboard.typed import NUL
from socialactions.linkedin.addresses import from_address, is_short_link
from socialactions.linkedin.urns import Urn
from socialactions.models import Comment, Post
from socialactions.queries import finding, posts
from socialactions.services import attachments, naming, questions, writing
from socialactions.services.refusals import Refused

DENSITY_KEPT = timedelta(days=365)
CLOSING_WORD = "close"
MENTION_CHARS = 60
ADDRESS_CHARS = 2000
NO_ADDRESS = (
    "Address: this is not the address of a LinkedIn post or comment. Copy it on LinkedIn with “Copy link to post”, or "
    "paste a URN such as urn:li:share:7123."
)
SHORT_LINK = (
    "Address: only LinkedIn knows where a lnkd.in link leads. Open it in your browser, and paste the address that you "
    "come to."
)
NOT_HERE = (
    "Nothing is stored under this address. It may belong to another Page, to a post that was not read yet, or to one "
    "that you may not read."
)
NOT_ASKED = " Nor could LinkedIn be asked whether it is another name of a post here: {why}"


class ClosingForm(forms.Form):
    """Closing deletes every comment on LinkedIn, so a word has to be typed."""

    confirmation = forms.CharField(
        error_messages=dict.fromkeys(("required", NUL), f"Type {CLOSING_WORD} to close the comments.")
    )

    def clean_confirmation(self) -> str:
        word: str = self.cleaned_data["confirmation"]
        if word.strip().casefold() != CLOSING_WORD:
            raise forms.ValidationError(f"This does not match. Type {CLOSING_WORD} to close the comments.")
        return word


class OpeningForm(forms.Form):
    """Opening asks nothing."""


@require_POST
@desk_required
def look_at_page(request: HtmxRequest, page_id: UUID) -> HttpResponse:
    """Change what one looks at. It changes nothing about any form that is open."""
    request.session["page"] = str(access.page_to_look_at(request, page_id).organization.pk)
    return back(request, "post-list")


@require_POST
@desk_required
def density(request: HtmxRequest) -> HttpResponse:
    """How close things stand together, kept by the browser: it is about a screen, not about a person."""
    answer = back(request, "post-list")
    chosen = COMPACT if request.POST.get("density") == COMPACT else ""
    answer.set_cookie(
        DENSITY,
        chosen,
        max_age=DENSITY_KEPT if chosen else 0,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return answer


@require_GET
@desk_required
def find(request: HtmxRequest) -> HttpResponse:
    """Where a pasted LinkedIn address stands here. What the viewer may not read is as unknown as what is not there."""
    typed = request.GET.get("address", "").strip()[:ADDRESS_CHARS]
    urn = from_address(typed)
    if urn is None:
        problem = (SHORT_LINK if is_short_link(typed) else NO_ADDRESS) if typed else ""
        return render(request, "posts/find.html", {"typed": typed, "problem": problem}, status=422 if problem else 200)
    found, why = _named(request, urn)
    post = found.post if isinstance(found, Comment) else found
    page = request.viewer.pages.get(post.organization_id) if post else None
    if found is None or post is None or page is None or not page.rights.read_posts:
        problem = NOT_HERE + (NOT_ASKED.format(why=why) if why else "")
        return render(request, "posts/find.html", {"typed": typed, "problem": problem}, status=404)
    request.session["page"] = str(post.organization_id)
    if isinstance(found, Comment):
        return redirect(place_of(found.thread or found))
    return redirect("post-show", post.pk)


def _named(request: HtmxRequest, urn: Urn) -> tuple[Post | Comment | None, str]:
    """What stands here under this name, a comment's post where the comment does not; LinkedIn is asked about a name
    that nobody here met. And why it could not be asked.
    """
    if urn.kind == "comment" and (comment := finding.comment(request.desk, urn)):
        return comment, ""
    name = urn.thread if urn.kind == "comment" else urn
    if post := finding.post(request.desk, name):
        return post, ""
    why = naming.learn(name, desk=request.desk, connection=request.viewer.connection)
    return finding.post(request.desk, name), why


@require_GET
@desk_required
def attachment(request: HtmxRequest, attachment_id: UUID) -> HttpResponseBase:
    found = access.attachment_to_see(request, attachment_id)
    path = attachments.path_of(found)
    if not path.exists():
        raise Http404
    answer = FileResponse(path.open("rb"), content_type=found.content_type)
    answer["Cache-Control"] = "private, max-age=3600"
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


@require_GET
@desk_required
def mentions(request: HtmxRequest) -> HttpResponse:
    """The menu under an @, for the post one writes on."""
    try:
        post_id = UUID(request.GET.get("post", ""))
    except ValueError:
        raise Http404 from None
    post = access.post_to_touch(request, post_id)
    query = request.GET.get("q", "").replace("\0", "").strip()[:MENTION_CHARS]  # PostgreSQL takes no NUL
    groups, hint = questions.mentionable(query, post=post, connection=request.viewer.connection)
    return render(request, "mentions/_menu.html", {"groups": groups, "hint": hint})


@require_http_methods(["GET", "POST"])
@desk_required
def comments_state(request: HtmxRequest, post_id: UUID) -> HttpResponse:
    """Close or open a post's comments, as its Page and no one else."""
    post = access.post_to_touch(request, post_id)
    closing = post.comments_state != "CLOSED"
    target = f"{'close' if closing else 'open'} {post.pk}"
    form = (ClosingForm if closing else OpeningForm)(request.POST or None if closing else request.POST)
    scene = scenes.scene(request, post, urn=post.organization.urn)
    page = next((a for a in scene.actors if a.urn == post.organization.urn), None)
    if page is None or page.why_not:
        raise Http404
    if request.method == "POST" and form.is_valid():
        try:
            speaker, nonce = scenes.speaker(request, post.pk, target=target)
            writing.set_comments_open(post, speaker=speaker, is_open=not closing, form_key=nonce)
            return back(request, "post-show", post.pk)
        except (signing.FormNotValid, Refused) as error:
            form.add_error(None, error.words)
        except writing.AlreadySent:
            return redirect(reverse("post-show", args=[post.pk]))
    (acting,) = scenes.signed([page], request, post, target)
    context = {
        **scene.context,
        "post": posts.row(post),
        "form": form,
        "closing": closing,
        "word": CLOSING_WORD,
        "acting": acting,
        "act_token": acting.token,
    }
    return render(request, "posts/comments_state.html", context, status=422 if request.method == "POST" else 200)
