"""Writing pages of a post's comments, as LinkedIn listed them, into rows, in bulk, and what whole lists tell.

Knows lifetimes; asks LinkedIn nothing. When and what to read is `reading`'s, whether what a list does not show is
really gone `vanished`'s.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db import connection, transaction
from django.db.models import Case, Value, When
from django.utils import timezone

from socialactions import clock
from socialactions.lifetimes import MEMBERS_WORDS_LIVE, PAGES_WORDS_LIVE
from socialactions.linkedin.payloads import Comment as CommentPayload
from socialactions.linkedin.urns import POSTS, Urn
from socialactions.models import Comment, CommentContent, Connection, Organization, Post, PostAlias

from . import forgetting, gravestones, telling

UNSEEN_AT_MOST = timedelta(hours=20)  # threads that seem unchanged are read again after this, a few at a time
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
    """Stores pages of one post's comments as they come. One instance a reading, made when it begins.

    Which threads came whole is written with the page after: a reading that dies was not for nothing.

    ``again`` is how many threads that seem unchanged are read anyway, the longest unread first: LinkedIn's summaries
    tell nothing of edited replies and of their likes, and members' words expire. ``only`` names all the comments that
    the pages will be about, where these are few: then the others are not asked for.
    """

    def __init__(self, post: Post, *, again: int = 0, only: Collection[str] | None = None) -> None:
        self.post = post
        self._began = clock.now()
        desk_id = post.organization.desk_id
        self._pk_of: dict[str, UUID] = {}
        self._known: dict[str, _Known] = {}
        self._standing: set[str] = set()
        self._once_whole: set[str] = set()
        self._stored_below: defaultdict[UUID | None, list[str]] = defaultdict(list)  # what stood here, by thread
        self._load(again, only)
        self._pages = set(Organization.objects.filter(desk_id=desk_id).values_list("urn", flat=True))
        self._members = set(Connection.objects.filter(desk_id=desk_id).values_list("member_urn", flat=True))
        self._seen: set[str] = set()
        self._targets: set[Urn] = set()
        self._in_parts: set[UUID | None] = set()  # lists that came in several pages, by thread; None is the first level
        self._whole: dict[UUID, int] = {}  # threads all of whose replies came, with LinkedIn's count; not written yet
        self._doubtful: dict[UUID, int] = {}  # the same of those whose list may have shifted between two pages
        self._counts: dict[str, int] = {}
        self._names: set[str] = set()  # under which LinkedIn named the post in its comments
        self.standing = len(self._standing)  # how many stand here now
        self.orphans = 0
        self.changes = 0

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
        self._keep_whole()
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
        self._whole.update({self._pk_of[one.id]: 0 for one, thread in taken if thread is None and self._is_bare(one)})
        if target in self._targets:
            self._in_parts.add(self._pk_of[target.id] if target.kind == "comment" else None)
        self._targets.add(target)
        Comment.objects.filter(pk__in=edited).update(changed_at=seen_at)
        Comment.objects.filter(pk__in=liked).update(likes_moved_at=seen_at)
        telling.comments_new(self.post, new)

    def doubtful(self) -> list[str]:
        """What stands here and was on no page of lists that came to their end in several: somebody may have written
        and somebody deleted between two of them, and what moved up meanwhile is there. LinkedIn's numbers of these.
        """
        self._keep_whole()
        lists: set[UUID | None] = {*self._doubtful, *({None} & self._in_parts)}
        return gravestones.may_be_gone(self.post, self._absent(lists), before=self._began)

    def finish(self, *, complete: bool, gone: Collection[str] = ()) -> None:
        """Leave a gravestone for what LinkedIn no longer lists. ``complete`` means that all lists came to their end,
        and that LinkedIn has none of the `doubtful` any more; ``gone`` are those of which it said so.
        """
        self._keep_names()
        if complete:
            self._whole |= self._doubtful
            self._in_parts.clear()
        self._keep_whole()
        with transaction.atomic():
            self._bury([*gone, *(self._absent([None]) if complete else ())])
        if self.changes >= MANY:
            _tell_the_planner()

    def _keep_names(self) -> None:
        PostAlias.objects.bulk_create(
            [
                PostAlias(organization=self.post.organization, post=self.post, urn=urn)
                for urn in sorted(self._names - {self.post.urn})
            ],
            ignore_conflicts=True,
        )

    @transaction.atomic(savepoint=False)
    def _keep_whole(self) -> None:
        """Write down which threads are whole, and bury what they list no longer: were only the first done, nobody
        would look for the others again.
        """
        for thread, counted in list(self._whole.items()):
            if thread in self._in_parts and self._absent([thread]):
                self._doubtful[thread] = counted
                del self._whole[thread]
        if not self._whole:
            return
        by_count: defaultdict[int, list[UUID]] = defaultdict(list)
        for thread, counted in self._whole.items():
            by_count[counted].append(thread)
        counts = Case(*(When(pk__in=threads, then=Value(counted)) for counted, threads in by_count.items()))
        Comment.objects.filter(pk__in=self._whole).update(replies_read_at=self._began, replies_counted=counts)
        self._bury(self._absent(self._whole))
        self._whole.clear()

    def _is_bare(self, head: CommentPayload) -> bool:
        """Whether LinkedIn counts no reply where some were known. Nobody is asked for them: they are gone."""
        known = self._known.get(head.id)
        was_answered = known is not None and known.counted > 0
        return not head.replies_count and (was_answered or bool(self._stored_below.get(self._pk_of[head.id])))

    def _absent(self, lists: Iterable[UUID | None]) -> list[str]:
        """What stood below these when the reading began, and did not come."""
        return [one for thread in lists for one in self._stored_below.get(thread, ()) if one not in self._seen]

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
                self._stored_below[thread].append(comment_id)
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
        new = sum(1 for element in elements if element.id not in self._standing)
        self.standing += new
        self.changes += new + len(edited)
        return edited, liked

    def _bury(self, lost: Sequence[str]) -> None:
        buried = gravestones.bury(self.post, lost, before=self._began)
        self._standing.difference_update(buried)
        self.standing -= len(buried)
        self.changes += len(buried)

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


def _tell_the_planner() -> None:
    """PostgreSQL plans by what it counted last, up to a minute ago: a table that was empty then and holds thousands of
    rows now would be walked once for each of them, and a page of milliseconds would take a minute.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE socialactions_comment, socialactions_commentcontent")
