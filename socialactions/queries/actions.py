"""Outgoing actions as rows for screens: under their post, and each with its story."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from socialactions import clock
from socialactions.lifetimes import MEMBERS_WORDS_LIVE
from socialactions.models import Attempt, CommentContent, Event, Outgoing, Post
from socialactions.prepared import Prepared
from socialactions.services.faces import initials_of
from socialactions.services.moves import held_by, stopped_by_alarm
from socialactions.services.outcomes import EVENTS

from . import alarms, texts, wording
from .rows import Face, OutgoingRow, Picture, Step
from .viewing import Viewer

Kind, State = Outgoing.Kind, Outgoing.State
SHOWN_AFTER_END = timedelta(minutes=10)
SHOWN_AT_MOST = 200
REACTING = (Kind.REACT, Kind.UNREACT)
DEEDS = {  # events that are no change of state
    "accepted": "accepted",
    "wanted too": "wanted too",
    "hurried": "to be sent at once",
    "offered": "offered to colleagues",
    "unwanted": "to be deleted once it is there",
    "twin": "found twice on LinkedIn",
    "put away": "put away",
}


def of_desk(desk_id: UUID) -> QuerySet[Outgoing]:
    """Actions with everything their row needs, in one query."""
    return complete(Outgoing.objects.filter(desk_id=desk_id))


def complete(found: QuerySet[Outgoing]) -> QuerySet[Outgoing]:
    """The same actions with everything their row needs."""
    related = ("user", "post", "organization", "picture", "connection", "result_comment", "thread")
    told = {"held_by": held_by(), "is_stopped": stopped_by_alarm(), **alarms.waiting_with()}
    return found.select_related(*related).annotate(**told)


def open_on(post: Post, desk_id: UUID) -> list[Outgoing]:
    """As `open_on_post`, for who has the post with its Page. Planning a join of nine tables takes PostgreSQL longer
    than anything else on a thread page.
    """
    rows = _OPEN_ON.rows(post_id=post.pk, desk_id=desk_id, just_now=clock.now() - SHOWN_AFTER_END)
    for row in rows:
        row.post = post
        if row.organization_id == post.organization_id:
            row.organization = post.organization
    return rows[::-1]


def open_on_post(post_id: UUID, desk_id: UUID) -> list[Outgoing]:
    """What belongs on a post's screen: everything open, what failed and nobody put away, and what ended just now.

    ``has_words`` says whether the first comment of its thread, or the one that it became, can still be read.
    """
    rows = _OPEN.rows(post_id=post_id, desk_id=desk_id, just_now=clock.now() - SHOWN_AFTER_END)
    return rows[::-1]


def _open(post_id: UUID, desk_id: UUID, just_now: datetime) -> QuerySet[Outgoing]:
    odd = Q(state=State.SENT) & (Q(twin_urn__gt="") | Q(result_text__gt=""))
    still_open = ~Q(state__in=Outgoing.FINAL) | Q(state=State.FAILED) | odd | Q(finished_at__gt=just_now)
    found = of_desk(desk_id).filter(still_open, post_id=post_id, hidden_at__isnull=True).order_by("-pk")
    head = Coalesce(OuterRef("thread_id"), OuterRef("result_comment_id"))
    has_words = Exists(CommentContent.objects.filter(comment=head))
    return found.annotate(has_words=has_words)[:SHOWN_AT_MOST]


def _open_on(**values: Any) -> QuerySet[Outgoing]:
    return (
        _open(**values).select_related(None).select_related("user", "picture", "connection", "result_comment", "thread")
    )


_OPEN, _OPEN_ON = Prepared(_open), Prepared(_open_on)


def is_quiet(outgoing: Outgoing) -> bool:
    """A reaction that arrived shows in its button; a cancelled one has nothing to say."""
    return outgoing.kind in REACTING and outgoing.state in (State.SENT, State.CANCELLED, State.DISCARDED)


def row(outgoing: Outgoing, *, viewer: Viewer | None = None, now: datetime | None = None) -> OutgoingRow:
    """One action as ``viewer`` meets it; None is its author."""
    now = now or clock.now()
    words = wording.of(
        outgoing,
        now=now,
        viewer=viewer,
        held_by=getattr(outgoing, "held_by", None),
        stopped=getattr(outgoing, "is_stopped", False),
        waiting=alarms.waiting_words(getattr(outgoing, "waiting", 0), getattr(outgoing, "waiting_replies", 0)),
    )
    link = texts.permalink(outgoing.result_urn or outgoing.target_urn) if outgoing.state == State.SENT else ""
    steps = [step for step in words.steps if step.name != "delete" or _may_delete(outgoing, viewer, now)]
    if outgoing.state == State.SENT and outgoing.kind in EVENTS:
        steps.insert(0, Step("open", "Open", href=link))
    picture = outgoing.picture
    return OutgoingRow(
        id=outgoing.uid,
        kind=outgoing.kind,
        state=outgoing.state,
        actor=actor_face(outgoing),
        person=outgoing.user.name,
        sentence=words.sentence,
        tone=words.tone,
        icon=words.icon,
        steps=steps,
        is_final=outgoing.is_final,
        created_at=outgoing.created_at,
        due_at=outgoing.due_at if outgoing.state == State.QUEUED else None,
        segments=texts.typed_segments(outgoing.text),
        text=outgoing.text,
        # The one address of ours in a row: pictures of others come with theirs.
        picture=Picture(url=f"/attachments/{picture.pk}/", alt=picture.alt) if picture else None,
        details=wording.details_of(outgoing),
        permalink=link,
        where=_where(outgoing),
        way=outgoing.way,
        post_id=None if outgoing.post.is_expired else outgoing.post_id,
        comment_id=outgoing.comment_id,
        result_id=outgoing.result_comment_id,
    )


def _may_delete(outgoing: Outgoing, viewer: Viewer | None, now: datetime) -> bool:
    """Whether the way to the deletion of what arrived leads anywhere: the comment is there, and its words are kept."""
    arrived = outgoing.result_comment
    if arrived is None or arrived.gone_at is not None or not outgoing.finished_at:
        return False
    is_kept = now - outgoing.finished_at < MEMBERS_WORDS_LIVE
    able = {outgoing.actor_urn, outgoing.organization.urn}
    return is_kept and (viewer is None or bool(able & viewer.voices))


def _where(outgoing: Outgoing) -> str:
    title, _ = texts.title_and_excerpt(outgoing.post.commentary, "a post")
    return title


def actor_face(outgoing: Outgoing) -> Face:
    is_page = not outgoing.actor_urn.startswith("urn:li:person:")
    picture = outgoing.user.picture_url
    if is_page:
        picture = outgoing.organization.logo_url if outgoing.organization.urn == outgoing.actor_urn else ""
    return Face(
        urn=outgoing.actor_urn,
        name=outgoing.actor_name,
        picture_url=picture,
        initials=initials_of(outgoing.actor_name),
        is_page=is_page,
    )


def story(outgoing: Outgoing) -> list[tuple[datetime, str, str]]:
    """What happened to one action: when, who, and in which words."""
    events = Event.objects.filter(outgoing=outgoing).select_related("user").order_by("pk")
    return [(event.at, _who(event, outgoing), _told(event)) for event in events]


def attempts(outgoing: Outgoing) -> list[tuple[int, datetime, str]]:
    """Each try with what came back; never a token, never a body."""
    found: Iterable[Attempt] = outgoing.attempts.order_by("fence")
    return [(one.fence, one.wire_at, _attempt_words(one)) for one in found]


def _who(event: Event, outgoing: Outgoing) -> str:
    """A person; through what, where that is not what the action itself came through."""
    if event.user is None:
        return "Threadwell"
    return event.user.name if event.way in ("", outgoing.way) else f"{event.user.name}, through {event.way}"


def _told(event: Event) -> str:
    told = DEEDS.get(event.kind) or event.state.replace("_", " ")
    return f"{told} · {event.reason.replace('_', ' ')}" if event.reason else told


def _attempt_words(attempt: Attempt) -> str:
    if attempt.went_well:
        return "sent"
    if attempt.ended_at is None:
        return "no end was written"
    parts = [attempt.outcome.replace("_", " "), str(attempt.status or ""), attempt.code, attempt.request_id]
    return " · ".join(part for part in parts if part)
