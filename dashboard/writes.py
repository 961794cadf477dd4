"""From a posted composer to an accepted action, or to the same composer with what was wrong. Nothing typed is lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from uuid import UUID

from django.db import DatabaseError, InterfaceError, transaction
from django.utils.text import Truncator

from socialactions import clock
from socialactions.models import Attachment, Outgoing, Post
from socialactions.queries import texts
from socialactions.queries.moments import at_clock
from socialactions.services import decisions, writing
from socialactions.services.attachments import PictureRefused
from socialactions.services.outcomes import EVENTS
from socialactions.services.refusals import Refused

from . import scenes, signing
from .access import HtmxRequest
from .composing import Composer, ComposerForm, named_before, picture_of

Accept = Callable[[ComposerForm, writing.Speaker, UUID, Attachment | None], Outgoing]
FIRST_WORDS_CHARS = 90
NOT_SAVED = "We could not save this. Your text is still here; please try again."


@dataclass(frozen=True, slots=True)
class Written:
    """What came of it: the action, or the composer to show again."""

    _outgoing: Outgoing | None
    refusal: Composer | None
    said: str = ""
    status: int = 422  # of the answer that shows the refusal

    @property
    def outgoing(self) -> Outgoing:
        assert self._outgoing is not None
        return self._outgoing


def write(
    request: HtmxRequest, post: Post, *, target: str, composer: Callable[[], Composer], accept: Accept
) -> Written:
    """Check the form, its signature and picture, then let the service accept. ``target`` is what the form was signed
    for, ``composer`` makes the one to show again: what is accepted needs none.
    """
    form = ComposerForm(request.POST, request.FILES)
    kept: Attachment | None = None
    nonce: UUID | None = None

    def again(*errors: str, number: UUID | None = None, **changes: Any) -> Written:
        shown = composer().with_typed(form, list(errors), kept)
        if number is not None:
            changes["actors"] = scenes.signed(shown.actors, request, post, target, nonce=number)
        return Written(None, replace(shown, **changes))

    wrong = [] if form.is_valid() else _wrong_fields(form)
    try:
        kept = picture_of(form, request.viewer)
        if wrong:
            return again(*wrong)
        speaker, nonce = scenes.speaker(request, post.pk, target=target)
        outgoing = _accepted(request, nonce, partial(accept, form, speaker, nonce, kept))
    except (signing.FormNotValid, Refused) as error:
        return again(error.words)
    except PictureRefused as error:
        return again(*wrong, str(error))
    except writing.AlreadySent as error:
        return again(_sent_before(error.first), first=error.first.uid, main="Write another")
    except _MovedOn as error:
        return again(_moved_on(error.first), first=error.first.uid, main="Send too", leave="Discard", again="")
    except writing.ColleagueFirst as error:
        # What is told now is seen: sending again means it.
        told = _told(error.first)
        return again(told, first=error.first.uid, main="Send too", leave="Discard", seen=str(error.first.uid))
    except (DatabaseError, InterfaceError, OSError):
        # The disk is full or the database is away; the words in the form are all there is of it. Where only the
        # database's last word was lost it is saved all the same, and the next try has to be that one.
        return replace(again(NOT_SAVED, main="Try again", number=nonce), status=503)
    return Written(outgoing, None, f"Accepted as {outgoing.actor_name}.")


class _MovedOn(Exception):
    """Whose words were to be written anew waits for nobody any more: they may be on LinkedIn."""

    def __init__(self, first: Outgoing) -> None:
        self.first = first


def _accepted(request: HtmxRequest, nonce: UUID, accept: Callable[[], Outgoing]) -> Outgoing:
    """What was refused or blocked before is put away together with its successor's acceptance; History keeps both.
    Raises _MovedOn where a colleague, or another tab, was faster: both would be said.
    """
    first = named_before(request, request.desk)
    if first is None:
        return accept()
    # The same form once more has its first action, which took the place of this one long since.
    is_new = not Outgoing.objects.filter(user=request.user, form_key=nonce).exists()
    with transaction.atomic():
        outgoing = accept()
        if first.post_id == outgoing.post_id and is_new:
            is_put_away = decisions.discard(first, by=request.user)
            if not is_put_away and outgoing.kind in EVENTS:
                first.refresh_from_db(fields=["state", "finished_at", "created_at"])
                raise _MovedOn(first)
    return outgoing


def _moved_on(first: Outgoing) -> str:
    if first.state in (Outgoing.State.CANCELLED, Outgoing.State.DISCARDED, Outgoing.State.FAILED):
        return "What you began to edit was put away meanwhile, perhaps for other words. Look before you send this."
    return "What you began to edit was sent as it was meanwhile. Send this too?"


def _sent_before(first: Outgoing) -> str:
    if first.state in (Outgoing.State.CANCELLED, Outgoing.State.DISCARDED):
        return f"This was taken back at {at_clock(first.finished_at)}. Nothing was sent."
    return f"This was already sent at {at_clock(first.created_at)}."


def _told(first: Outgoing) -> str:
    """Who was faster, as whom, and with which words."""
    seconds = int((clock.now() - first.created_at).total_seconds())
    when = f"{max(seconds, 0)} s ago" if seconds < 100 else f"at {at_clock(first.created_at)}"
    words = Truncator(" ".join(texts.plain(first.text).split())).chars(FIRST_WORDS_CHARS)
    return f"{first.user.name} answered {when} as {first.actor_name}: “{words}”"


def _wrong_fields(form: ComposerForm) -> list[str]:
    """Each field has sentences of its own, which name it."""
    return [str(word) for words in form.errors.values() for word in words]
