"""What somebody typed into a form that asks for a recent sign-in, kept while they sign in again.

Only the form's own fields, in the session, for the address they were typed at, and for an hour: another person who
signs in has another session. None of these forms holds a secret; ours are made after it was sent.
"""

from __future__ import annotations

import time

from django import forms
from django.http import HttpRequest, QueryDict

KEPT = "kept_form"
KEPT_S = 60 * 60
MOST_CHARS = 8_000  # of a form as a browser writes it; more than any of them takes
IS_KEPT = "What you typed is kept and will be here again."


def keep(request: HttpRequest, form: forms.Form) -> bool:
    """Whether what was posted to this address waits now for its person to come back."""
    given = QueryDict(mutable=True)
    for name in form.fields:
        given.setlist(name, request.POST.getlist(name))
    typed = given.urlencode()
    if len(typed) > MOST_CHARS:
        return False
    request.session[KEPT] = {"at": request.path, "since": time.time(), "typed": typed}
    return True


def of(request: HttpRequest) -> QueryDict | None:
    """What was kept for this address; still there when the page is loaded once more."""
    kept = request.session.get(KEPT)
    if kept is None or kept["at"] != request.path or not 0 <= time.time() - kept["since"] < KEPT_S:
        return None
    return QueryDict(kept["typed"])


def forget(request: HttpRequest) -> None:
    """The form was sent: from here on it is redrawn as it came."""
    request.session.pop(KEPT, None)
