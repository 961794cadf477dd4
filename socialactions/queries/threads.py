"""A post's threads for the screen, in a fixed number of queries however many comments there are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import cast
from uuid import UUID

from django.conf import settings
from django.db.models.aggregates import Count

from socialactions.models import Comment, CommentContent, Outgoing, Post
from socialactions.services import faces
from socialactions.services.forgetting import ANYBODY

from . import actions, placing, said
from .cursors import Cursor
from .rows import Asking, CommentRow, OutgoingRow, ThreadRow
from .said import PAGE, REPLIES_SHOWN, Eyes, Said
from .sketches import ThreadSketch, Voice, nobody

NEWS_AT_MOST = 100  # "or more"


@dataclass(frozen=True, slots=True)
class ThreadsPage:
    threads: list[ThreadSketch]
    next_cursor: str
    outgoing: list[OutgoingRow]  # what is under way and has no thread to stand in
    asking: list[Asking]  # what is under way in threads and asks for a person


@dataclass(slots=True)
class _Draft:
    """What belongs to one thread, while it is put together: what was said, or a comment whose words are past their time
    or were never kept.
    """

    head: Said | Comment
    replies: list[Said] = field(default_factory=list)
    stored_replies: int = 0

    def comments(self, pk: UUID) -> list[UUID]:
        return [pk, *(reply.comment for reply in self.replies)]


def page(post: Post, eyes: Eyes, *, sort: str = "newest", after: Cursor | None = None) -> ThreadsPage:
    """Fifty threads with their newest replies, and what is under way around them. Threads without words come only where
    something of ours is open, and first.
    """
    part = said.part_of(eyes, post.pk, is_newest=sort == "newest", after=after)
    cursor = Cursor(part[PAGE - 1].created_at, part[PAGE - 1].comment).text if len(part) > PAGE else ""
    under_way = actions.open_on(post, eyes.desk_id)
    drafts = {} if after else _silent(under_way)
    drafts |= {one.comment: _Draft(one) for one in part[:PAGE]}
    found = _sketches(drafts, post, under_way, eyes)
    return ThreadsPage(found, cursor, placing.on_post(under_way, eyes), placing.asking(post, under_way))


NOTHING = ThreadsPage([], "", [], [])
"""For whom may see a post, but not what is said under it."""


def one(comment: Comment, eyes: Eyes, *, whole: bool = False) -> ThreadRow:
    """One thread again, after something in it moved; a gravestone when it is gone.

    ``whole`` keeps every reply in sight for whom has unfolded the earlier ones.
    """
    head = next(iter(said.some(eyes, comment.post_id, pk=comment.pk)), None)
    if head is None and comment.gone_at is not None:
        return ThreadRow(nobody(comment), [], 0, 0, [], gone_at=comment.gone_at)
    under_way = actions.open_on_post(comment.post_id, eyes.desk_id)
    found = _sketches({comment.pk: _Draft(head or comment)}, comment.post, under_way, eyes)[0].row()
    if not whole:
        return found
    before = earlier(comment, eyes)
    drawn = {row.id for reply in before for row in reply.outgoing}
    at_end = [row for row in found.outgoing if row.id not in drawn]
    return replace(found, replies=[*before, *found.replies], outgoing=at_end, earlier_count=0, is_whole=True)


def sent_since(post: Post, eyes: Eyes, under_way: Iterable[Outgoing], *, since: datetime) -> list[ThreadSketch]:
    """The desk's own comments that reached LinkedIn after an open list was drawn, newest first."""
    under_way = list(under_way)
    of_posts = [o for o in under_way if o.kind == Outgoing.Kind.COMMENT and o.result_comment_id is not None]
    fresh = [o.result_comment_id for o in of_posts if o.finished_at is not None and o.finished_at > since]
    if not fresh:
        return []
    found = said.some(eyes, post.pk, thread__isnull=True, pk__in=fresh)
    return _sketches({head.comment: _Draft(head) for head in reversed(found)}, post, under_way, eyes)


def comment_row(comment: Comment, eyes: Eyes) -> CommentRow | None:
    """One comment by itself, for pages about it; None when its words are no longer kept."""
    found = said.some(eyes, comment.post_id, pk=comment.pk)
    return _voices(found, eyes)[0].row([]) if found else None


def earlier(thread: Comment, eyes: Eyes) -> list[CommentRow]:
    """The replies that the thread's row leaves out, oldest first."""
    found = said.some(eyes, thread.post_id, thread=thread)[:-REPLIES_SHOWN]
    under_way = actions.open_on_post(thread.post_id, eyes.desk_id)
    about, _ = placing.in_threads(under_way, [thread.pk], {one.comment for one in found}, eyes)
    return [voice.row(about[voice.said.comment]) for voice in _voices(found, eyes)]


def newest_answer(thread: Comment) -> UUID | None:
    """Of what the desk was accepted to answer there, in whatever state it is."""
    answers = Outgoing.objects.filter(thread=thread, kind=Outgoing.Kind.REPLY)
    return answers.order_by("-pk").values_list("uid", flat=True).first()


def news(post_id: UUID, *, since: datetime) -> int:
    """How many comments and replies of others were first seen after that moment; no more than a person would count, as
    each open screen asks every few seconds.
    """
    found = Comment.objects.filter(post_id=post_id, first_seen_at__gt=since, is_ours=False, gone_at__isnull=True)
    return found.exclude(actor_urn=ANYBODY)[:NEWS_AT_MOST].count()


def _silent(under_way: Iterable[Outgoing]) -> dict[UUID, _Draft]:
    """Threads whose words are past their time while something of ours is open there: it shall not go with them."""
    open_ones = [o for o in under_way if not getattr(o, "has_words", True) and (not o.is_final or placing.asks(o))]
    homes = [home for o in open_ones if (home := placing.home_of(o)) is not None]
    return {home.pk: _Draft(home) for home in homes}


def _sketches(drafts: dict[UUID, _Draft], post: Post, under_way: list[Outgoing], eyes: Eyes) -> list[ThreadSketch]:
    for reply, stored in said.newest_replies(eyes, post.pk, drafts):
        draft = drafts[cast(UUID, reply.thread)]
        draft.replies.append(reply)
        draft.stored_replies = stored
    spoken = [one for draft in drafts.values() for one in (draft.head, *draft.replies) if isinstance(one, Said)]
    voices = {voice.said.comment: voice for voice in _voices(spoken, eyes)}
    drawn = {one for pk, draft in drafts.items() for one in draft.comments(pk)}
    about, at_end = placing.in_threads(under_way, drafts, drawn, eyes)
    return [
        ThreadSketch(
            head=voices[pk] if isinstance(draft.head, Said) else draft.head,
            replies=[voices[reply.comment] for reply in draft.replies],
            stored_replies=draft.stored_replies,
            about={one: about[one] for one in draft.comments(pk) if one in about},
            outgoing=at_end[pk],
        )
        for pk, draft in drafts.items()
    ]


def _voices(spoken: list[Said], eyes: Eyes) -> list[Voice]:
    """The comments with their speakers' faces, and what this viewer may do with each."""
    speakers = {one.comment__actor_urn for one in spoken}
    known = faces.known(eyes.desk_id, speakers)
    lately = _lately(speakers, eyes) if settings.EARLIER_COMMENTS else {}
    owns_page = eyes.page_urn in eyes.speaks_as
    found = []
    for one in spoken:
        urn = one.comment__actor_urn
        many = 0 if one.comment__is_ours else lately.get(urn, 0)
        earlier = f"{many} comments here lately" if many > 1 else ""
        can_edit = urn in eyes.speaks_as
        found.append(Voice(one, known[urn], can_edit, can_edit or owns_page, earlier))
    return found


def _lately(speakers: set[str], eyes: Eyes) -> dict[str, int]:
    """How many comments of each we still may keep on this desk's posts: the last two days, never more."""
    found = CommentContent.objects.filter(
        post__organization__desk_id=eyes.desk_id, comment__actor_urn__in=speakers, comment__gone_at__isnull=True
    ).values_list("comment__actor_urn")
    return dict(found.annotate(many=Count("*")).values_list("comment__actor_urn", "many"))
