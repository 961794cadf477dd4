"""What people do with an action that did not go as wished: the same words somewhere else, without a picture,
or found.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from uuid import UUID, uuid4

from django.db import transaction

from socialactions.linkedin.client import LinkedIn
from socialactions.linkedin.errors import LinkedInError
from socialactions.linkedin.mentions import to_message
from socialactions.linkedin.oauth import TokenEndpointDown
from socialactions.linkedin.payloads import Comment as CommentPayload
from socialactions.linkedin.urns import Urn
from socialactions.models import Outgoing, User
from socialactions.spans import unit

from . import outbox, writing
from .connections import ConnectionEnded, read_with
from .reading import why_not_read
from .writing import Refused, Speaker

PAGES_LOOKED_AT = 5


@dataclass(frozen=True, slots=True)
class Address:
    """Where a composer for an action stands: the name of the address and its id."""

    name: str
    pk: UUID


def composer_of(row: Outgoing) -> Address:
    if row.state == Outgoing.State.SENT and row.result_comment_id:
        return Address("comment-edit", row.result_comment_id)
    if row.kind == Outgoing.Kind.EDIT and row.comment_id:
        return Address("comment-edit", row.comment_id)
    if row.kind == Outgoing.Kind.REPLY and row.thread_id:
        return Address("reply-create", row.thread_id)
    return Address("post-show", row.post_id)


def without_picture(row: Outgoing, *, by: User) -> bool:
    """A new action with the words alone; the refused one is put away. Raises Refused."""
    if not row.picture_id:
        return False
    with transaction.atomic():
        if not _put_away_once(row, by):
            return False
        speaker = Speaker(user=by, actor_urn=row.actor_urn)
        if row.kind == Outgoing.Kind.REPLY and row.thread:
            writing.reply_to(row.thread, speaker=speaker, text=row.text, form_key=uuid4())
        else:
            writing.comment_on(row.post, speaker=speaker, text=row.text, form_key=uuid4())
    return True


def as_new_comment(row: Outgoing, *, by: User) -> bool:
    """The words of a reply whose target is gone, as a first-level comment. Raises Refused."""
    if row.kind != Outgoing.Kind.REPLY:
        return False
    with transaction.atomic():
        if not _put_away_once(row, by):
            return False
        speaker = Speaker(user=by, actor_urn=row.actor_urn)
        writing.comment_on(row.post, speaker=speaker, text=row.text, form_key=uuid4())
    return True


def _put_away_once(row: Outgoing, by: User) -> bool:
    """Whoever puts the failed row away may write its words anew: two clicks, or two colleagues, write once."""
    return row.state == Outgoing.State.FAILED and outbox.discard(row, by=by)


def it_is_there(row: Outgoing, *, by: User) -> bool:
    """Somebody saw it on LinkedIn: find it by actor, place and text, and bind it. Raises Refused when it is
    not found.
    """
    if row.state != Outgoing.State.NEEDS_ATTENTION or row.connection is None:
        return False
    try:
        found = read_with(row.connection, lambda client: _places(client, row))
    except (LinkedInError, ConnectionEnded, TokenEndpointDown) as error:
        raise Refused(f"{why_not_read(error)} Try again in a minute.") from error
    wanted = _plain(to_message(row.text, unit=unit()).text)
    began = row.attempts.order_by("wire_at").values_list("wire_at", flat=True).first()
    taken = set(Outgoing.objects.filter(post=row.post, result_urn__isnull=False).values_list("result_urn", flat=True))
    fitting = [
        comment
        for comment in found
        if str(comment.actor) == row.actor_urn
        and _plain(comment.text) == wanted
        and str(comment.urn) not in taken
        and began is not None
        and (comment.created_at - began).total_seconds() > -120
    ]
    if began is None:
        raise Refused("This never left Threadwell, so it cannot be there. Send it or discard it.")
    if not fitting:
        raise Refused("LinkedIn does not list it yet. If you see it there, wait a minute and try again.")
    return outbox.it_is_there(row, min(fitting, key=lambda one: one.created_at), by=by)


def _places(client: LinkedIn, row: Outgoing) -> list[CommentPayload]:
    """The comments where it should stand, as LinkedIn lists them now; bounded, since somebody waits."""
    target = Urn.parse(row.target_urn)
    found: list[CommentPayload] = []
    start: int | None = 0
    for _ in range(PAGES_LOOKED_AT):
        if start is None:
            break
        page = client.comment_page(target, start=start)
        found.extend(page.elements)
        start = page.next_start
    return found


def _plain(text: str) -> str:
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n")).strip()
