"""A post's threads for the screen, in a fixed number of queries however many comments there are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Window
from django.db.models.aggregates import Count
from django.db.models.functions import RowNumber

from socialactions.models import Comment, CommentContent, Outgoing, OwnReaction, Post, User
from socialactions.services import faces
from socialactions.services.forgetting import ANYBODY
from socialactions.services.outcomes import EVENTS

from . import actions, texts
from .cursors import Cursor
from .rows import CommentRow, Face, OutgoingRow, Picture, ThreadRow
from .viewing import Viewer

PAGE = 50
REPLIES_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Eyes:
    """For whom rows are drawn: what the viewer may do with a comment depends on as whom they can speak."""

    desk_id: UUID
    page_urn: str  # the post's Page
    acting_urn: str = ""  # as whom likes are shown and sent
    speaks_as: frozenset[str] = frozenset()  # actors the viewer may write as
    viewer: Viewer | None = None  # who they belong to; None sees actions as their authors do


@dataclass(frozen=True, slots=True)
class ThreadsPage:
    threads: list[ThreadRow]
    next_cursor: str
    outgoing: list[OutgoingRow]  # first-level comments that are not on LinkedIn yet


@dataclass(slots=True)
class _Draft:
    """Rows of one thread while they are put together."""

    comment: Comment
    content: CommentContent | None  # None: its words are past their time, or were never kept
    replies: list[CommentContent] = field(default_factory=list)
    stored_replies: int = 0


def page(post: Post, eyes: Eyes, *, sort: str = "newest", after: Cursor | None = None) -> ThreadsPage:
    """Fifty threads with their newest replies, and what is under way around them. Threads without words come only where
    something of ours is open, and first.
    """
    found = _contents(post, eyes).filter(thread__isnull=True)
    order = ["-created_at", "-comment"] if sort == "newest" else ["created_at", "comment"]
    if after:
        found = found.filter(_beyond(after, newest=sort == "newest"))
    part = list(found.order_by(*order)[: PAGE + 1])
    cursor = Cursor(part[PAGE - 1].created_at, part[PAGE - 1].pk).text if len(part) > PAGE else ""
    under_way = actions.open_on_post(post.pk, eyes.desk_id)
    drafts = {} if after else _silent(under_way)
    drafts |= {content.pk: _Draft(content.comment, content) for content in part[:PAGE]}
    _add_replies(drafts, post, eyes)
    return ThreadsPage(_rows(drafts.values(), under_way, eyes), cursor, new_comments(under_way, eyes))


NOTHING = ThreadsPage([], "", [])
"""For whom may see a post, but not what is said under it."""


def one(comment: Comment, eyes: Eyes, *, whole: bool = False) -> ThreadRow:
    """One thread again, after something in it moved; a gravestone when it is gone.

    ``whole`` keeps every reply in sight for whom has unfolded the earlier ones.
    """
    content = _contents(comment.post, eyes).filter(pk=comment.pk).first()
    if content is None and comment.gone_at is not None:
        return _gravestone(comment)
    drafts = {comment.pk: _Draft(comment, content)}
    _add_replies(drafts, comment.post, eyes)
    found = _rows(drafts.values(), actions.open_on_post(comment.post_id, eyes.desk_id), eyes)[0]
    if not whole:
        return found
    return replace(found, replies=[*earlier(comment, eyes), *found.replies], earlier_count=0, is_whole=True)


def sent_since(post: Post, eyes: Eyes, under_way: Iterable[Outgoing], *, since: datetime) -> list[ThreadRow]:
    """The desk's own comments that reached LinkedIn after an open list was drawn, newest first."""
    under_way = list(under_way)
    of_posts = [o for o in under_way if o.kind == Outgoing.Kind.COMMENT and o.result_comment_id is not None]
    fresh = [o.result_comment_id for o in of_posts if o.finished_at is not None and o.finished_at > since]
    if not fresh:
        return []
    contents = _contents(post, eyes).filter(thread__isnull=True, pk__in=fresh).order_by("-created_at", "-comment")
    drafts = {content.pk: _Draft(content.comment, content) for content in contents}
    _add_replies(drafts, post, eyes)
    return _rows(drafts.values(), under_way, eyes)


def comment_row(comment: Comment, eyes: Eyes) -> CommentRow | None:
    """One comment by itself, for pages about it; None when its words are no longer kept."""
    content = _contents(comment.post, eyes).filter(pk=comment.pk).first()
    if content is None:
        return None
    return _comment_row(content, faces.known(eyes.desk_id, [comment.actor_urn]), eyes, [])


def earlier(thread: Comment, eyes: Eyes) -> list[CommentRow]:
    """The replies that the thread's row leaves out, oldest first."""
    replies = _replies_of(thread.post, eyes).filter(thread=thread).order_by("created_at", "comment")
    found = list(replies)[:-REPLIES_SHOWN]
    known = faces.known(eyes.desk_id, _actors(found))
    by_comment = _by_comment(actions.open_on_post(thread.post_id, eyes.desk_id), eyes)
    return [_comment_row(content, known, eyes, by_comment[content.pk]) for content in found]


def news(post_id: UUID, *, since: datetime) -> int:
    """How many comments and replies of others were first seen after that moment."""
    found = Comment.objects.filter(post_id=post_id, first_seen_at__gt=since, is_ours=False, gone_at__isnull=True)
    return found.exclude(actor_urn=ANYBODY).count()


def new_comments(under_way: Iterable[Outgoing], eyes: Eyes) -> list[OutgoingRow]:
    """Actions that belong to the post itself: new first-level comments, closing or opening, and replies whose thread
    is gone.
    """
    kinds = (Outgoing.Kind.COMMENT, Outgoing.Kind.CLOSE, Outgoing.Kind.OPEN)
    own = [
        o
        for o in under_way
        if o.kind in kinds
        or (o.comment_id is None and o.kind in actions.REACTING)
        or (o.kind == Outgoing.Kind.REPLY and (o.thread is None or o.thread.gone_at is not None))
    ]
    shown = reversed([o for o in own if o.result_comment_id is None and not actions.is_quiet(o)])
    return [actions.row(o, viewer=eyes.viewer) for o in shown]


def _contents(post: Post, eyes: Eyes) -> QuerySet[CommentContent]:
    mine = OwnReaction.objects.filter(
        post_id=OuterRef("post_id"), comment_id=OuterRef("comment_id"), actor_urn=eyes.acting_urn
    ).values("kind")[:1]
    # Who of the desk wrote it for the Page; colleagues signed in here, so their names may be kept.
    colleague = User.objects.filter(desk_id=eyes.desk_id, member_urn=OuterRef("comment__agent_urn")).values("name")[:1]
    return (
        CommentContent.objects.filter(post=post, comment__gone_at__isnull=True)
        .select_related("comment")
        .annotate(our_reaction=Subquery(mine), by_name=Subquery(colleague))
    )


def _replies_of(post: Post, eyes: Eyes) -> QuerySet[CommentContent]:
    return _contents(post, eyes).filter(thread__isnull=False)


def _silent(under_way: Iterable[Outgoing]) -> dict[UUID, _Draft]:
    """Threads whose words are past their time while something of ours is open there: it shall not go with them."""
    return {
        o.thread.pk: _Draft(o.thread, None)
        for o in under_way
        if o.thread is not None and o.thread.gone_at is None and not o.is_final and not getattr(o, "has_words", True)
    }


def _add_replies(drafts: dict[UUID, _Draft], post: Post, eyes: Eyes) -> None:
    """The newest replies of all these threads and how many are stored, in one query."""
    if not drafts:
        return
    found = (
        _replies_of(post, eyes)
        .filter(thread__in=list(drafts))
        .annotate(
            rank=Window(RowNumber(), partition_by=F("thread"), order_by=[F("created_at").desc(), F("comment").desc()]),
            stored=Window(Count("*"), partition_by=F("thread")),
        )
        .filter(rank__lte=REPLIES_SHOWN)
        .order_by("created_at", "comment")
    )
    for reply in found:
        assert reply.thread_id is not None
        draft = drafts[reply.thread_id]
        draft.replies.append(reply)
        draft.stored_replies = reply.stored


def _rows(drafts: Iterable[_Draft], under_way: list[Outgoing], eyes: Eyes) -> list[ThreadRow]:
    drafts = list(drafts)
    actors = _actors(content for d in drafts for content in (d.content, *d.replies) if content is not None)
    known, by_comment = faces.known(eyes.desk_id, actors), _by_comment(under_way, eyes)
    lately = _lately(actors, eyes) if settings.EARLIER_COMMENTS else {}
    replies_under_way: dict[UUID, list[OutgoingRow]] = defaultdict(list)
    for outgoing in under_way:
        if outgoing.kind == Outgoing.Kind.REPLY and outgoing.thread_id and outgoing.result_comment_id is None:
            replies_under_way[outgoing.thread_id].append(actions.row(outgoing, viewer=eyes.viewer))
    return [
        ThreadRow(
            comment=_comment_row(d.content, known, eyes, by_comment[d.comment.pk], lately)
            if d.content
            else replace(_nobody(d.comment), outgoing=by_comment[d.comment.pk]),
            replies=[_comment_row(reply, known, eyes, by_comment[reply.pk], lately) for reply in d.replies],
            earlier_count=d.stored_replies - len(d.replies),
            missing_count=max(d.content.replies - d.stored_replies, 0) if d.content else 0,
            outgoing=replies_under_way[d.comment.pk],
            silence="" if d.content else "forgotten" if d.comment.actor_urn == ANYBODY else "expired",
        )
        for d in drafts
    ]


def _by_comment(under_way: Iterable[Outgoing], eyes: Eyes) -> dict[UUID, list[OutgoingRow]]:
    """What is under way about each comment: its edit, deletion or reaction, and how it came to be."""
    found: dict[UUID, list[OutgoingRow]] = defaultdict(list)
    for outgoing in under_way:
        about = outgoing.result_comment_id if outgoing.kind in EVENTS else outgoing.comment_id
        if about and not actions.is_quiet(outgoing):
            row = actions.row(outgoing, viewer=eyes.viewer)
            # Under the comment it became, the words stand already.
            found[about].append(replace(row, segments=[], picture=None) if outgoing.kind in EVENTS else row)
    return found


def _comment_row(
    content: CommentContent,
    known: dict[str, Face],
    eyes: Eyes,
    outgoing: list[OutgoingRow],
    lately: dict[str, int] | None = None,
) -> CommentRow:
    comment = content.comment
    many = 0 if comment.is_ours else (lately or {}).get(comment.actor_urn, 0)
    return CommentRow(
        id=comment.pk,
        urn=comment.urn,
        face=known.get(comment.actor_urn) or faces.nameless(comment.actor_urn),
        is_ours=comment.is_ours,
        by=content.by_name or "",  # type: ignore[attr-defined]  # annotated by _contents
        created_at=content.created_at,
        is_edited=content.is_edited,
        segments=texts.comment_segments(content.text, content.attributes),
        pictures=[Picture(p["url"]) for p in content.pictures if p["url"]],
        likes=content.likes,
        our_reaction=content.our_reaction or "",  # type: ignore[attr-defined]  # annotated by _contents
        can_edit=comment.actor_urn in eyes.speaks_as,
        can_delete=comment.actor_urn in eyes.speaks_as or eyes.page_urn in eyes.speaks_as,
        permalink=texts.permalink(comment.urn),
        outgoing=outgoing,
        earlier=f"{many} comments here lately" if many > 1 else "",
        until=content.expires_at,
    )


def _lately(actors: set[str], eyes: Eyes) -> dict[str, int]:
    """How many comments of each we still may keep on this desk's posts: the last two days, never more."""
    found = CommentContent.objects.filter(
        post__organization__desk_id=eyes.desk_id, comment__actor_urn__in=actors, comment__gone_at__isnull=True
    ).values_list("comment__actor_urn")
    return dict(found.annotate(many=Count("*")).values_list("comment__actor_urn", "many"))


def _actors(contents: Iterable[CommentContent]) -> set[str]:
    return {content.comment.actor_urn for content in contents}


def _beyond(cursor: Cursor, *, newest: bool) -> Q:
    """Past the cursor in the list's order; the plain condition first, so that it reaches the index."""
    if newest:
        return Q(created_at__lte=cursor.at) & (Q(created_at__lt=cursor.at) | Q(comment__lt=cursor.pk))
    return Q(created_at__gte=cursor.at) & (Q(created_at__gt=cursor.at) | Q(comment__gt=cursor.pk))


def _gravestone(comment: Comment) -> ThreadRow:
    return ThreadRow(_nobody(comment), [], 0, 0, [], gone_at=comment.gone_at)


def _nobody(comment: Comment) -> CommentRow:
    """What can be shown of a comment without words: that it stood there."""
    return CommentRow(
        id=comment.pk,
        urn=comment.urn,
        face=faces.nameless(comment.actor_urn),
        is_ours=comment.is_ours,
        by="",
        created_at=comment.first_seen_at,
        is_edited=False,
        segments=[],
        pictures=[],
        likes=0,
        our_reaction="",
        can_edit=False,
        can_delete=False,
        permalink=texts.permalink(comment.urn),
    )
