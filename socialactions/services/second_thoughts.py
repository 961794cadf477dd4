"""What people do with an action that did not go as wished: the same words somewhere else, without a picture,
or found.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from uuid import UUID, uuid4, uuid5

from django.db import transaction

from socialactions.linkedin import deadline
from socialactions.linkedin.errors import LinkedInError
from socialactions.linkedin.oauth import TokenEndpointDown
from socialactions.models import Outgoing, User

from . import decisions, lookup, writing
from .connections import ConnectionEnded
from .events import BROWSER, record, topic_of
from .moves import bind
from .outcomes import EVENTS, Reason
from .refusals import Refused
from .shortfalls import why_not_read
from .writing import Speaker

log = logging.getLogger(__name__)
LOOK_S = 10.0  # somebody waits for what is found, and a worker of the web with them
Kind, State = Outgoing.Kind, Outgoing.State


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


def can_be_replaced(row: Outgoing) -> bool:
    """Whether its words may still be written anew: it waits for a person, or stands on LinkedIn and can be edited."""
    if row.state in (State.FAILED, State.SENT):
        return row.hidden_at is None and (row.state == State.FAILED or bool(row.result_text))
    return row.state in (State.NEEDS_ATTENTION, State.BLOCKED)


def without_picture(row: Outgoing, *, by: User) -> bool:
    """A new action with the words alone; the refused one is put away. Raises Refused."""
    if not row.picture_id:
        return False
    with transaction.atomic():
        if not _put_away_once(row, by):
            return False
        speaker = Speaker(user=by, actor_urn=row.actor_urn)
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


def take_over(row: Outgoing, *, by: User) -> bool:
    """What its author cannot send, anew on one's own grant and as the same Page; the first is given up. Raises
    Refused.
    """
    if row.user_id == by.pk or row.actor_urn == row.member_urn:
        return False
    if row.offered_at is None and row.reason not in (Reason.TOKEN_ENDED, Reason.OTHER_MEMBER):
        return False
    with transaction.atomic():
        if row.state != State.BLOCKED or not decisions.discard(row, by=by):
            return False
        _anew(row, Speaker(user=by, actor_urn=row.actor_urn), uuid5(row.uid, str(by.pk)))
    return True


def _anew(row: Outgoing, speaker: Speaker, form_key: UUID) -> None:
    match row.kind:
        case Kind.REPLY if row.thread is not None:
            writing.reply_to(row.thread, speaker=speaker, text=row.text, form_key=form_key)
        case Kind.EDIT if row.comment is not None:
            writing.edit(row.comment, speaker=speaker, text=row.text, form_key=form_key, seen_words=row.seen_words)
        case Kind.DELETE if row.comment is not None:
            writing.delete(row.comment, speaker=speaker, form_key=form_key)
        case Kind.REACT:
            writing.react(row.post, row.comment, speaker=speaker, kind=row.reaction)
        case Kind.UNREACT:
            writing.unreact(row.post, row.comment, speaker=speaker)
        case Kind.CLOSE | Kind.OPEN:
            writing.set_comments_open(row.post, speaker=speaker, is_open=row.kind == Kind.OPEN, form_key=form_key)
        case Kind.COMMENT:
            writing.comment_on(row.post, speaker=speaker, text=row.text, picture=row.picture, form_key=form_key)
        case _:
            raise Refused("What this was about is not here any more.")


def delete_when_there(row: Outgoing, *, by: User) -> bool:
    """Too late to take back: what is on its way is deleted once it is known to be on LinkedIn."""
    with transaction.atomic():
        late = Outgoing.objects.filter(pk=row.pk, kind__in=EVENTS, state__in=[State.SENDING, State.UNKNOWN, State.SENT])
        done = late.filter(unwanted_by__isnull=True).update(unwanted_by=by)
        if done:
            record(desk=row.desk, kind="unwanted", topic=topic_of(row), user=by, outgoing=row, way=BROWSER)
    return bool(done)


def delete_unwanted() -> None:
    """Ask for the deletion of what arrived although somebody had tried to take it back. Each by itself: one that goes
    wrong stays for the next sweep and stops no other.
    """
    arrived = Outgoing.objects.filter(state=State.SENT, unwanted_by__isnull=False, result_comment__isnull=False)
    for pk, uid in arrived.values_list("pk", "uid"):  # nearly always none, and the sweeper asks every few seconds
        try:
            with transaction.atomic():
                wanted = arrived.select_related("unwanted_by", "result_comment__post__organization__desk")
                if (row := wanted.select_for_update(of=("self",)).filter(pk=pk).first()) is not None:
                    _ask_for_deletion(row)
                    Outgoing.objects.filter(pk=pk).update(unwanted_by=None)
        except Exception:  # whatever it is
            log.exception("action %s is not wanted, and asking for its deletion went wrong", uid)


def _ask_for_deletion(row: Outgoing) -> None:
    assert row.unwanted_by is not None
    assert row.result_comment is not None
    speaker = Speaker(user=row.unwanted_by, actor_urn=row.actor_urn)
    try:
        writing.delete(row.result_comment, speaker=speaker, form_key=uuid5(row.uid, "unwanted"))
    except Refused as error:  # the comment is on the screen, and so is its own Delete
        log.warning("action %s is not wanted, but cannot be deleted: %s", row.uid, error.words)
    except writing.AlreadySent as error:  # the deletion was asked for once, and somebody took it back
        log.info("action %s: its deletion %s was taken back", row.uid, error.first.uid)


def _put_away_once(row: Outgoing, by: User) -> bool:
    """Whoever puts the failed row away may write its words anew: two clicks, or two colleagues, write once."""
    return row.state == Outgoing.State.FAILED and decisions.discard(row, by=by)


def it_is_there(row: Outgoing, *, by: User) -> bool:
    """Somebody saw it on LinkedIn: find it there and bind it. Raises Refused when it is not found."""
    if row.state != State.NEEDS_ATTENTION or row.kind not in EVENTS:  # an edit or a like is no comment to be found
        return False
    if row.reason != Reason.RESTORED and not row.attempts.exists():  # a backup may be older than the attempt
        raise Refused("This never left Threadwell, so it cannot be there. Send it or discard it.")
    try:
        with deadline.within(LOOK_S):
            found = lookup.search(row, is_brief=True)
    except lookup.Unreadable as error:
        words = "Nobody connected here may read the comments of this post now: the role on its Page is missing."
        raise Refused(f"{words} Try again when it is back.") from error
    except lookup.Partial as error:
        raise Refused("LinkedIn did not show all comments of this post. Try again in a minute.") from error
    except (LinkedInError, ConnectionEnded, TokenEndpointDown) as error:
        raise Refused(f"{why_not_read(error)} Try again in a minute.") from error
    for one in (*found.exact, *found.near):
        if bind(row, one, Reason.BY_PERSON, allowed=[State.NEEDS_ATTENTION], by=by, by_way=BROWSER):
            return True
    raise Refused("LinkedIn does not list it yet. If you see it there, wait a minute and try again.")
