"""One action under way: its row, its story, and the steps a person may take."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST
from django.views.decorators.vary import vary_on_headers

from dashboard import access
from dashboard.access import HtmxRequest, desk_required
from dashboard.answers import back, refused
from socialactions import bells
from socialactions.models import Outgoing, User
from socialactions.queries import actions
from socialactions.services import decisions, second_thoughts, twins
from socialactions.services.outcomes import EVENTS
from socialactions.services.refusals import Refused

TOO_LATE = "Already on its way. You can delete it once it appears."
ON_ITS_WAY = (Outgoing.State.SENDING, Outgoing.State.UNKNOWN, Outgoing.State.SENT)
MOVED_ON = "This changed meanwhile; look at it again."


@require_GET
@desk_required
@vary_on_headers("HX-Request")
def show(request: HtmxRequest, uid: UUID) -> HttpResponse:
    """The row alone for htmx, its whole story otherwise."""
    outgoing = access.outgoing_to_see(request, uid)
    if request.htmx:
        return render(request, "outbox/_outgoing.html", {"row": _row(request, uid)})
    context = {
        "row": _row(request, uid),
        "story": actions.story(outgoing),
        "attempts": actions.attempts(outgoing),
    }
    return render(request, "outgoing/show.html", context)


@require_POST
@desk_required
def step(request: HtmxRequest, uid: UUID, name: str) -> HttpResponse:
    """Undo, send now, discard, send again … as far as the state still allows it."""
    outgoing = access.outgoing_to_move(request, uid)
    if why_not := access.why_not_step(request, outgoing, name):
        return refused(request, why_not, "post-show", outgoing.post_id, status=403)
    if name == "edit":
        return _edit(request, outgoing)
    take = STEPS.get(name)
    if take is None:
        raise Http404
    try:
        done = take(outgoing, request.user)
    except Refused as error:
        return refused(request, error.words, "post-show", outgoing.post_id)
    if not done:
        outgoing.refresh_from_db(fields=["state"])
        if name == "undo" and outgoing.kind in EVENTS and outgoing.state in ON_ITS_WAY:
            return _too_late(request, outgoing)
        return refused(request, MOVED_ON, "post-show", outgoing.post_id, status=409)
    if request.htmx:
        return render(request, "outgoing/moved.html", {"row": _row(request, uid)})
    return back(request, "post-show", outgoing.post_id)


def _too_late(request: HtmxRequest, outgoing: Outgoing) -> HttpResponse:
    """Not taken back, but it can go once it is there; nobody has to watch for that."""
    context = {"row": _row(request, outgoing.uid), "words": TOO_LATE, "next": request.POST.get("next", "")}
    return render(request, "outgoing/_too_late.html" if request.htmx else "outgoing/too_late.html", context, status=409)


def _edit(request: HtmxRequest, outgoing: Outgoing) -> HttpResponse:
    """Back to a composer with the text; the old row is put away only when the new one is accepted by a person."""
    address = second_thoughts.composer_of(outgoing)
    return redirect(f"{reverse(address.name, args=[address.pk])}?again={outgoing.uid}")


def _row(request: HtmxRequest, uid: UUID) -> object:
    return actions.row(actions.of_desk(request.desk.pk).get(uid=uid), viewer=request.viewer)


def _send_now(outgoing: Outgoing, by: User) -> bool:
    return _ringing(outgoing, decisions.send_now(outgoing, by=by))


def _send_again(outgoing: Outgoing, by: User) -> bool:
    return _ringing(outgoing, decisions.send_again(outgoing, by=by))


def _ringing(outgoing: Outgoing, done: bool) -> bool:
    if done:
        bells.ring(outgoing.pk)
    return done


STEPS: dict[str, Callable[[Outgoing, User], bool]] = {
    "undo": lambda outgoing, by: decisions.undo(outgoing, by=by),
    "send-now": _send_now,
    "discard": lambda outgoing, by: decisions.discard(outgoing, by=by),
    "keep": lambda outgoing, by: decisions.keep(outgoing, by=by),
    "send-again": _send_again,
    "there": lambda outgoing, by: second_thoughts.it_is_there(outgoing, by=by),
    "without-picture": lambda outgoing, by: second_thoughts.without_picture(outgoing, by=by),
    "as-new-comment": lambda outgoing, by: second_thoughts.as_new_comment(outgoing, by=by),
    "offer": lambda outgoing, by: decisions.offer(outgoing, by=by),
    "take-over": lambda outgoing, by: second_thoughts.take_over(outgoing, by=by),
    "delete-second": lambda outgoing, by: twins.delete_second(outgoing, by=by),
    "delete-when-there": lambda outgoing, by: second_thoughts.delete_when_there(outgoing, by=by),
}
