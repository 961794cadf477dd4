"""Accepting what people want said or done on LinkedIn. A committed row is the acceptance; sending is `outbox`'s work.

Each function checks rights, takes everything it needs into one row, records the event and rings the bell after the
commit. The same form twice answers with the first row.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models import Q, Subquery
from django.db.models.functions import Coalesce

from socialactions import bells, clock
from socialactions.models import ApiKey, Attachment, Comment, Organization, Outgoing, Post, User

from . import allowance, attachments, decisions, overwriting, pacing
from .events import BROWSER, record, topic_of
from .refusals import Refused, check_text, check_upload, open_for_comments, still_there, why_not

Kind, State = Outgoing.Kind, Outgoing.State
REACTIONS = ("LIKE", "PRAISE", "EMPATHY", "INTEREST", "APPRECIATION", "ENTERTAINMENT")
SAW_NONE = UUID(int=0)
UNDOABLE = frozenset({Kind.COMMENT, Kind.REPLY, Kind.EDIT, Kind.DELETE, Kind.CLOSE})


class AlreadySent(Exception):
    """This form was sent before with other words: the first action stands, a new one needs a new form."""

    def __init__(self, first: Outgoing) -> None:
        super().__init__(f"form of {first.uid}")
        self.first = first


class ColleagueFirst(Exception):
    """Somebody else of the desk has answered in this thread since the form was drawn: shall this one go too?"""

    def __init__(self, first: Outgoing) -> None:
        super().__init__(f"{first.uid} came first")
        self.first = first


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who asks and as whom: the actor a form was signed for."""

    user: User
    actor_urn: str
    way: str = BROWSER
    api_key: ApiKey | None = None  # the program's, when it is a program that asks for the user


def comment_on(
    post: Post, *, speaker: Speaker, text: str, picture: Attachment | None = None, form_key: UUID
) -> Outgoing:
    """Accept a first-level comment. Raises Refused, AlreadySent."""
    if first := _accepted_before(Kind.COMMENT, speaker, form_key, text, picture):
        return first
    open_for_comments(post)
    check_text(text, picture)
    if picture is not None:
        check_upload(speaker.user, post.organization, speaker.actor_urn)
    return _accept(
        Kind.COMMENT, post, None, speaker=speaker, form_key=form_key, text=text, picture=picture, target_urn=post.urn
    )


def reply_to(
    comment: Comment,
    *,
    speaker: Speaker,
    text: str,
    picture: Attachment | None = None,
    form_key: UUID,
    seen: UUID | datetime | None = None,
) -> Outgoing:
    """Accept a reply. An answer to a reply joins the thread of the first-level comment.

    ``seen`` is the newest of the desk's answers there that the speaker knows (SAW_NONE where there was none), or since
    when answers of others count; None asks nothing. Raises Refused, AlreadySent, ColleagueFirst.
    """
    if first := _accepted_before(Kind.REPLY, speaker, form_key, text, picture):
        return first
    open_for_comments(comment.post)
    if picture is not None:
        raise Refused(
            "LinkedIn does not take pictures in replies. Send the text without it, or write a new comment with it.",
            field="picture",
        )
    check_text(text, None)
    still_there(comment, with_text=True)
    thread = comment.thread or comment
    return _accept(
        Kind.REPLY,
        comment.post,
        thread,
        speaker=speaker,
        form_key=form_key,
        before=partial(_nobody_else_answered, thread, speaker, seen),
        text=text,
        target_urn=thread.urn,
    )


def edit(comment: Comment, *, speaker: Speaker, text: str, form_key: UUID, seen_words: str = "") -> Outgoing:
    """Accept a new text for a comment of the same actor. Raises Refused, AlreadySent.

    ``seen_words`` is the digest of those that the speaker saw and means to replace; as stored, when it is not said.
    """
    if first := _accepted_before(Kind.EDIT, speaker, form_key, text):
        return first
    check_text(text, None)
    still_there(comment, with_text=True)
    if comment.actor_urn != speaker.actor_urn:
        raise Refused("Only the author of a comment can edit it on LinkedIn.")
    if Outgoing.objects.filter(comment=comment, kind=Kind.DELETE).exclude(state__in=Outgoing.FINAL).exists():
        raise Refused("This comment is about to be deleted. Take that back first, then change it. Your text is kept.")
    wish: dict[str, Any] = {
        "text": text,
        "target_urn": comment.urn,
        "seen_words": seen_words or overwriting.stored(comment),
    }
    return _accept(Kind.EDIT, comment.post, comment, speaker=speaker, form_key=form_key, overtakes=[Kind.EDIT], **wish)


def delete(comment: Comment, *, speaker: Speaker, form_key: UUID) -> Outgoing:
    """Accept the deletion of an own comment, or of anybody's on the Page's post as the Page. Raises Refused."""
    if first := _accepted_before(Kind.DELETE, speaker, form_key):
        return first
    still_there(comment, with_text=False)
    if comment.actor_urn != speaker.actor_urn and speaker.actor_urn != comment.post.organization.urn:
        raise Refused("Only the author or the Page itself can delete this comment.")
    return _accept(Kind.DELETE, comment.post, comment, speaker=speaker, form_key=form_key, target_urn=comment.urn)


def react(post: Post, comment: Comment | None, *, speaker: Speaker, kind: str) -> Outgoing:
    """Accept a reaction; a reaction is a state, so the last wish wins and a repeated one changes nothing."""
    if kind not in REACTIONS:
        raise Refused("LinkedIn knows six reactions; this is none of them.", field="kind")
    return _wish(Kind.REACT, post, comment, speaker=speaker, reaction=kind)


def unreact(post: Post, comment: Comment | None, *, speaker: Speaker) -> Outgoing:
    """Accept that the actor's reaction is taken back."""
    return _wish(Kind.UNREACT, post, comment, speaker=speaker, reaction="")


def set_comments_open(post: Post, *, speaker: Speaker, is_open: bool, form_key: UUID) -> Outgoing:
    """Accept closing (which deletes every comment there is) or opening of a post's comments, as its Page."""
    if speaker.actor_urn != post.organization.urn:
        raise Refused(f"Only {post.organization.name} itself can open or close the comments of its post.")
    kind = Kind.OPEN if is_open else Kind.CLOSE
    if first := _accepted_before(kind, speaker, form_key):
        return first
    overtakes = [Kind.CLOSE, Kind.OPEN]
    return _accept(kind, post, None, speaker=speaker, form_key=form_key, overtakes=overtakes, target_urn=post.urn)


def _put_older_away(row: Outgoing, kinds: Collection[Outgoing.Kind]) -> None:
    """What is stuck and wished for the same state of the same target earlier: the last wish wins."""
    stuck = Outgoing.objects.filter(desk_id=row.desk_id, actor_urn=row.actor_urn, target_urn=row.target_urn)
    stuck = stuck.filter(pk__lt=row.pk, kind__in=kinds, state__in=[State.BLOCKED, State.NEEDS_ATTENTION])
    for older in stuck.order_by("pk"):
        decisions.discard(older, by=row.user, way=row.way)


def undo_window(organization: Organization) -> timedelta:
    """How long an action about this Page's posts can be taken back before it leaves."""
    own = organization.undo_window_s
    return timedelta(seconds=settings.UNDO_WINDOW_S if own is None else own)


def _accept(
    kind: Outgoing.Kind,
    post: Post,
    comment: Comment | None,
    *,
    speaker: Speaker,
    form_key: UUID,
    text: str = "",
    before: Callable[[], None] | None = None,
    overtakes: Collection[Outgoing.Kind] = (),
    **wish: Any,
) -> Outgoing:
    """All of it is saved, or nothing. ``before`` refuses by what others were accepted to do until this very moment, or
    takes back what this one replaces; of what ``overtakes`` names, nothing that is stuck comes alive after it.
    """
    if reason := why_not(speaker.user, post.organization, speaker.actor_urn):
        raise Refused(reason)
    if post.gone_at is not None:
        raise Refused("This post is no longer on LinkedIn.")
    row = _row(kind, post, comment, speaker, form_key=form_key, text=text, **wish)
    allowance.check(row)
    try:
        with transaction.atomic():
            if before is not None:
                before()
            row.save(force_insert=True)
            record(desk=row.desk, kind="accepted", topic=topic_of(row), user=speaker.user, outgoing=row)
            if overtakes:
                _put_older_away(row, overtakes)
            is_early = row.due_at > row.created_at
            transaction.on_commit(lambda: bells.ring(row.pk, is_early=is_early), robust=True)
    except IntegrityError:
        first = _accepted_before(kind, speaker, form_key, text, wish.get("picture"))
        if first is None:
            raise
        return first
    return row


def _row(kind: Outgoing.Kind, post: Post, comment: Comment | None, speaker: Speaker, **wish: Any) -> Outgoing:
    """Everything that sending needs, so that it asks nobody again what was meant. ``wish`` are columns by name."""
    now = clock.now()
    thread = (comment.thread or comment) if comment else None
    return Outgoing(
        desk=post.organization.desk,
        user=speaker.user,
        connection=speaker.user.connection,
        member_urn=speaker.user.member_urn,
        actor_urn=speaker.actor_urn,
        actor_name=_name_of(speaker, post.organization),
        organization=post.organization,
        post=post,
        comment=comment,
        thread=thread,
        order_key=f"{speaker.actor_urn} {_line(kind, post, comment, thread)}",
        kind=kind,
        way=speaker.way,
        api_key=speaker.api_key,
        created_at=now,
        wanted_at=now,
        pace=pacing.PACES.get(kind, ""),
        due_at=now + undo_window(post.organization) if kind in UNDOABLE else now,
        rang_at=now,
        **wish,
    )


def _line(kind: Outgoing.Kind, post: Post, comment: Comment | None, thread: Comment | None) -> str:
    """In which line it stands: of one actor, what is written in one thread goes out in its order."""
    if kind in (Kind.REACT, Kind.UNREACT):
        return f"reaction {comment.pk if comment else post.pk}"
    return f"thread {thread.pk}" if thread else f"post {post.pk}"


def _wish(kind: Outgoing.Kind, post: Post, comment: Comment | None, *, speaker: Speaker, reaction: str) -> Outgoing:
    """A wish equal to the one under way is that one. Earlier ones that have not left are taken back, and none that
    was stuck comes alive after it: the last wish wins.
    """
    if reason := why_not(speaker.user, post.organization, speaker.actor_urn):
        raise Refused(reason)
    target = comment.urn if comment else post.urn
    if comment is not None:
        still_there(comment, with_text=False)
    open_ones = Outgoing.objects.filter(
        desk_id=post.organization.desk_id,
        actor_urn=speaker.actor_urn,
        target_urn=target,
        kind__in=[Kind.REACT, Kind.UNREACT],
    ).exclude(state__in=Outgoing.FINAL)
    newest = open_ones.order_by("-id").first()
    if newest and newest.state in Outgoing.HOLDING and (newest.kind, newest.reaction) == (kind, reaction):
        _join(newest, speaker)
        return newest

    def take_back() -> None:
        for row in open_ones.order_by("pk"):
            if not decisions.undo(row, by=speaker.user, way=speaker.way):
                decisions.discard(row, by=speaker.user, way=speaker.way)

    wish: dict[str, Any] = {"target_urn": target, "reaction": reaction}
    return _accept(kind, post, comment, speaker=speaker, form_key=uuid4(), before=take_back, **wish)


def _join(row: Outgoing, speaker: Speaker) -> None:
    """Somebody wants what is under way already. Whoever asked for it first may ask again, which is no news."""
    key = speaker.api_key.pk if speaker.api_key else None
    if (row.user_id, row.way, row.api_key_id) != (speaker.user.pk, speaker.way, key):
        record(desk=row.desk, kind="wanted too", topic=topic_of(row), user=speaker.user, outgoing=row, way=speaker.way)


def _accepted_before(
    kind: Outgoing.Kind, speaker: Speaker, form_key: UUID, text: str = "", picture: Attachment | None = None
) -> Outgoing | None:
    """What came of this form when it was sent first. Raises AlreadySent when it says or shows something else by now,
    or was taken back.
    """
    before = Outgoing.objects.filter(user=speaker.user, form_key=form_key)
    if (pk := before.values_list("pk", flat=True).first()) is None:  # nearly always
        return None
    first = Outgoing.objects.select_related("post", "thread", "picture").get(pk=pk)
    is_taken_back = first.state in (State.CANCELLED, State.DISCARDED)
    if is_taken_back or (first.kind, first.text, first.actor_urn) != (kind, text, speaker.actor_urn):
        raise AlreadySent(first)
    if not attachments.is_same(first.picture, picture):
        raise AlreadySent(first)
    return first


def _nobody_else_answered(thread: Comment, speaker: Speaker, seen: UUID | datetime | None) -> None:
    """A second answer of the same team in one thread is seldom meant. Call it where the answer is accepted: of one
    thread they take their turns, so that who saw one has seen all with a smaller number.
    """
    if connection.features.has_select_for_update:  # SQLite has one that writes at a time as it is
        list(Comment.objects.select_for_update(no_key=True).filter(pk=thread.pk).values_list("pk"))
    if seen is None:
        return
    answers = Outgoing.objects.filter(thread=thread, kind=Kind.REPLY)
    if isinstance(seen, datetime):
        unseen = Q(created_at__gt=seen)
    else:
        unseen = Q(pk__gt=Coalesce(Subquery(answers.filter(uid=seen).values("pk")), 0))
    others = answers.filter(unseen).exclude(user=speaker.user)
    others = others.exclude(state__in=[State.CANCELLED, State.DISCARDED, State.FAILED])
    pk = others.order_by("-pk").values_list("pk", flat=True).first()
    if pk is not None:
        raise ColleagueFirst(Outgoing.objects.select_related("user").get(pk=pk))


def _name_of(speaker: Speaker, organization: Organization) -> str:
    if speaker.actor_urn == speaker.user.member_urn:
        return speaker.user.name
    if speaker.actor_urn == organization.urn:
        return organization.name
    return Organization.objects.get(desk_id=organization.desk_id, urn=speaker.actor_urn).name
