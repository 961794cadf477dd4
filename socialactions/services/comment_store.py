"""Writing pages of a post's comments, as LinkedIn listed them, into rows, in bulk, and what a whole reading tells.

Knows lifetimes; asks LinkedIn nothing. When and what to read is `reading`'s.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from socialactions import clock
from socialactions.lifetimes import MEMBERS_WORDS_LIVE, PAGES_WORDS_LIVE
from socialactions.linkedin.payloads import Comment as CommentPayload
from socialactions.linkedin.urns import POSTS, Urn
from socialactions.models import Comment, CommentContent, Connection, Organization, Post, PostAlias

from . import forgetting, telling

UNSEEN_AT_MOST = timedelta(hours=20)  # threads that seem unchanged are read again after this, a few at a time
LISTED_LATE = timedelta(minutes=5)  # LinkedIn may list a new comment late: what we just sent is not gone
BATCH = 500
MANY = 200  # comments that one reading changed
WORDS = [f.attname.removesuffix("_id") for f in CommentContent._meta.concrete_fields if not f.primary_key]
Taken = tuple[CommentPayload, UUID | None]  # a comment, and the thread that it is a reply in


@dataclass(frozen=True, slots=True)
class _Known:
    """What is stored of one thread: how many replies LinkedIn counted when they were last read, and when that was."""

    counted: int
    read_at: datetime


class CommentStore:
    """Stores pages of one post's comments as they come. One instance a reading.

    ``again`` is how many threads that seem unchanged are read anyway, the longest unread first: LinkedIn's summaries
    tell nothing of edited replies and of their likes, and members' words expire. ``only`` names all the comments that
    the pages will be about, where these are few: then the others are not asked for.
    """

    def __init__(self, post: Post, *, again: int = 0, only: Collection[str] | None = None) -> None:
        self.post = post
        desk_id = post.organization.desk_id
        self._pk_of: dict[str, UUID] = {}
        self._known: dict[str, _Known] = {}
        self._standing: set[str] = set()
        self._once_whole: set[str] = set()
        self._load(again, only)
        self._pages = set(Organization.objects.filter(desk_id=desk_id).values_list("urn", flat=True))
        self._members = set(Connection.objects.filter(desk_id=desk_id).values_list("member_urn", flat=True))
        self._seen: set[str] = set()
        self._whole: dict[UUID, int] = {}  # threads all of whose replies came, with LinkedIn's count
        self._counts: dict[str, int] = {}
        self._names: set[str] = set()  # under which LinkedIn named the post in its comments
        self.orphans = 0
        self.changes = 0

    @property
    def found(self) -> int:
        return len(self._seen)

    def wants_replies(self, comment: CommentPayload) -> bool:
        """Whether a thread moved since its replies were last read to the end, or its turn has come anyway."""
        known = self._known.get(comment.id)
        if known is None or known.counted != comment.replies_count:
            return True
        return any(reply.id not in self._standing for reply in comment.recent_replies)

    def replies_whole(self, thread: Urn) -> None:
        """All replies to this comment came."""
        self._whole[self._pk_of[thread.id]] = self._counts.get(thread.id, 0)

    @transaction.atomic
    def page(self, target: Urn, elements: Sequence[CommentPayload]) -> None:
        """Insert or update one page: comments of the post, or replies when the target is a comment."""
        elements = forgetting.without_forgotten(self.post.organization.desk_id, elements)
        now, seen_at = timezone.now(), clock.now()
        taken = self._take(target, elements)
        edited, liked = self._moved([element for element, _ in taken])
        new = self._store_comments(taken, seen_at)
        self._store_words(taken, now)
        if target.kind == "comment" and target.id in self._once_whole:
            # Half of the replies may look like all of them next time: until the rest has come, none are known.
            self._once_whole.discard(target.id)
            Comment.objects.filter(pk=self._pk_of[target.id]).update(replies_read_at=None)
        # Where LinkedIn counts no reply nobody is asked: whatever stood there is gone.
        self._whole.update(
            {self._pk_of[one.id]: 0 for one, thread in taken if thread is None and not one.replies_count}
        )
        Comment.objects.filter(pk__in=edited).update(changed_at=seen_at)
        Comment.objects.filter(pk__in=liked).update(likes_moved_at=seen_at)
        telling.comments_new(self.post, new)

    def finish(self, *, began: datetime, complete: bool) -> None:
        """Keep which threads are whole, and leave a gravestone for what LinkedIn no longer lists."""
        PostAlias.objects.bulk_create(
            [
                PostAlias(organization=self.post.organization, post=self.post, urn=urn)
                for urn in sorted(self._names - {self.post.urn})
            ],
            ignore_conflicts=True,
        )
        for counted in set(self._whole.values()):
            whole = [pk for pk, count in self._whole.items() if count == counted]
            for at in range(0, len(whole), BATCH):
                Comment.objects.filter(pk__in=whole[at : at + BATCH]).update(
                    replies_read_at=began, replies_counted=counted
                )
        gone = Comment.objects.filter(post=self.post, gone_at__isnull=True, first_seen_at__lt=began)
        gone = gone.exclude(made_by__finished_at__gt=began - LISTED_LATE)
        lost: list[UUID] = []
        for comment_id, pk, thread in gone.values_list("comment_id", "pk", "thread"):
            is_listed = complete if thread is None else thread in self._whole
            if is_listed and comment_id not in self._seen:
                lost.append(pk)
        self._bury(lost)
        if self.changes >= MANY:
            _tell_the_planner()

    def _take(self, target: Urn, elements: Sequence[CommentPayload]) -> list[Taken]:
        """Those that did not come before and whose place is known."""
        taken: list[Taken] = []
        for element in elements:
            thread_pk = self._thread_of(target, element)
            if element.id in self._seen:
                continue
            if thread_pk is None and (element.parent or target.kind == "comment"):
                self.orphans += 1
                continue
            self._seen.add(element.id)
            self._names.update(str(urn) for urn in (element.object, element.urn.thread) if urn.kind in POSTS)
            self._counts[element.id] = element.replies_count
            taken.append((element, thread_pk))
        return taken

    def _store_comments(self, taken: Sequence[Taken], seen_at: datetime) -> list[tuple[Comment, datetime]]:
        """Returns what others wrote and was not here before, with LinkedIn's time."""
        rows = [self._comment(self._pk_of.get(one.id) or uuid4(), one, thread_pk, seen_at) for one, thread_pk in taken]
        written = [one.created_at for one, _ in taken]
        new = [
            (row, at)
            for row, at in zip(rows, written, strict=True)
            if row.comment_id not in self._pk_of and not row.is_ours
        ]
        Comment.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["post", "comment_id"],
            update_fields=["thread", "actor_urn", "agent_urn", "is_ours", "gone_at"],
            batch_size=BATCH,
        )
        # Asked again: a reply that was sent meanwhile has stored its comment under a key of its own.
        ids = [row.comment_id for row in rows]
        self._pk_of.update(self.post.comments.filter(comment_id__in=ids).values_list("comment_id", "pk"))
        for row, _ in new:
            row.pk = self._pk_of[row.comment_id]
        return new

    def _store_words(self, taken: Sequence[Taken], now: datetime) -> None:
        CommentContent.everything.bulk_create(
            [
                self._content(self._pk_of[element.id], element, thread_pk, now)
                for element, thread_pk in taken
                if not forgetting.is_silent(element)
            ],
            update_conflicts=True,
            unique_fields=["comment"],
            update_fields=WORDS,
            batch_size=BATCH,
        )

    def _load(self, again: int, only: Collection[str] | None) -> None:
        """What is stored already, in one query however much that is."""
        stored = self.post.comments.all() if only is None else self.post.comments.filter(comment_id__in=only)
        fields = ("comment_id", "pk", "thread", "gone_at", "replies_read_at", "replies_counted")
        threads: list[tuple[datetime, str]] = []
        for comment_id, pk, thread, gone_at, read_at, counted in stored.values_list(*fields).iterator():
            self._pk_of[comment_id] = pk
            if gone_at is None:
                self._standing.add(comment_id)
            if thread is None and read_at is not None:
                self._known[comment_id] = _Known(counted, read_at)
                self._once_whole.add(comment_id)
                if counted:  # where there are no replies there is nothing to read again
                    threads.append((read_at, comment_id))
        aging = [one for one in sorted(threads) if one[0] < timezone.now() - UNSEEN_AT_MOST]
        for _, comment_id in aging[:again]:
            del self._known[comment_id]

    def _moved(self, elements: Sequence[CommentPayload]) -> tuple[list[UUID], list[UUID]]:
        """The stored comments whose words differ now, and those with more or fewer likes. New ones are changes without
        a mark; other likes have a mark, and are no change.
        """
        stored = {
            pk: (text, likes)
            for pk, text, likes in CommentContent.everything.filter(
                pk__in=[self._pk_of[element.id] for element in elements if element.id in self._pk_of]
            ).values_list("pk", "text", "likes")
        }
        known = [(self._pk_of[one.id], one) for one in elements if self._pk_of.get(one.id) in stored]
        edited = [pk for pk, one in known if stored[pk][0] != one.text]
        liked = [pk for pk, one in known if stored[pk][1] != one.likes_count]
        self.changes += sum(1 for element in elements if element.id not in self._standing) + len(edited)
        return edited, liked

    def _bury(self, lost: Sequence[UUID]) -> None:
        """Gravestones, for these and for what stood below them."""
        for at in range(0, len(lost), BATCH):
            part = Q(pk__in=lost[at : at + BATCH]) | Q(thread__in=lost[at : at + BATCH])
            pks = list(Comment.objects.filter(part, gone_at__isnull=True).values_list("pk", flat=True))
            self.changes += len(pks)
            Comment.objects.filter(pk__in=pks).update(gone_at=clock.now())
            drop_content(pks)

    def _thread_of(self, target: Urn, element: CommentPayload) -> UUID | None:
        parent = target if target.kind == "comment" else element.parent
        return self._pk_of.get(parent.id) if parent else None

    def _comment(self, pk: UUID, element: CommentPayload, thread_pk: UUID | None, seen_at: datetime) -> Comment:
        actor = str(element.actor)
        return Comment(
            pk=pk,
            post=self.post,
            thread_id=thread_pk,
            urn=str(element.urn),
            comment_id=element.id,
            actor_urn=actor,
            agent_urn=str(element.agent or "") if actor in self._pages else "",
            is_ours=actor in self._pages or actor in self._members,
            first_seen_at=seen_at,
        )

    def _content(self, pk: UUID, element: CommentPayload, thread_pk: UUID | None, now: datetime) -> CommentContent:
        lives = PAGES_WORDS_LIVE if str(element.actor) in self._pages else MEMBERS_WORDS_LIVE
        return CommentContent(
            comment_id=pk,
            post=self.post,
            thread_id=thread_pk,
            text=element.text,
            attributes=[
                {"start": a.start, "length": a.length, "urn": str(a.urn) if a.urn else ""} for a in element.attributes
            ],
            pictures=[{"urn": str(i.urn), "url": i.url or ""} for i in element.images],
            created_at=element.created_at,
            is_edited=element.is_edited,
            likes=element.likes_count,
            replies=element.replies_count,
            fetched_at=now,
            expires_at=now + lives,
        )


def drop_content(comments: Collection[UUID]) -> None:
    """Forget the words of these comments at once."""
    CommentContent.everything.filter(pk__in=comments).delete()


def _tell_the_planner() -> None:
    """PostgreSQL plans by what it counted last, up to a minute ago: a table that was empty then and holds thousands of
    rows now would be walked once for each of them, and a page of milliseconds would take a minute.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE socialactions_comment, socialactions_commentcontent")
