"""Writing what LinkedIn answered into rows, in bulk. Knows lifetimes; asks LinkedIn nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone

from socialactions.linkedin.entities import Post as PostPayload
from socialactions.linkedin.payloads import Comment as CommentPayload
from socialactions.linkedin.payloads import SocialMetadata
from socialactions.linkedin.urns import Urn
from socialactions.models import Comment, CommentContent, Connection, Organization, Post, PostAlias

from . import snapshots

MEMBERS_WORDS_LIVE = timedelta(hours=48)
PAGES_WORDS_LIVE = timedelta(days=182)
LISTED_LATE = timedelta(minutes=5)  # LinkedIn may list a new comment late: what we just sent is not gone
BATCH = 500


@transaction.atomic
def posts(
    organization: Organization,
    found: Sequence[PostPayload],
    metadata: Mapping[Urn, SocialMetadata],
    picture_addresses: Mapping[Urn, str],
) -> None:
    """Insert or update posts by their URN; what was read of their comments stays."""
    now = timezone.now()
    rows = []
    for post in found:
        content = post.content
        counts = metadata.get(post.urn)
        rows.append(
            Post(
                organization=organization,
                urn=str(post.urn),
                author_urn=str(post.author),
                kind="reshare" if post.reshare_of else content.kind,
                commentary=post.commentary,
                pictures=[
                    {"urn": str(image.urn), "url": picture_addresses.get(image.urn, ""), "alt": image.alt or ""}
                    for image in content.images
                ],
                link_title=content.title or "",
                link_url=content.url or "",
                created_at=post.published_at or post.created_at or now,
                fetched_at=now,
                expires_at=now + PAGES_WORDS_LIVE,
                **(_counts(counts) if counts else {}),
            )
        )
    always = [
        "kind",
        "commentary",
        "pictures",
        "link_title",
        "link_url",
        "created_at",
        "fetched_at",
        "expires_at",
        "gone_at",
    ]
    counted = ["comments_state", "reactions", "total_comments", "first_level_comments"]
    with_counts = [row for row in rows if Urn.parse(row.urn) in metadata]
    without = [row for row in rows if Urn.parse(row.urn) not in metadata]
    for part, fields in ((with_counts, always + counted), (without, always)):
        Post.objects.bulk_create(
            part, update_conflicts=True, unique_fields=["organization", "urn"], update_fields=fields, batch_size=BATCH
        )
    counted_urns = [row.urn for row in with_counts]
    snapshots.take(Post.objects.filter(organization=organization, urn__in=counted_urns), now)
    _aliases(organization, metadata)


@transaction.atomic
def counts(post: Post, metadata: SocialMetadata) -> None:
    """Bring one post's counts up to date."""
    values = _counts(metadata)
    Post.objects.filter(pk=post.pk).update(**values)
    for name, value in values.items():
        setattr(post, name, value)
    snapshots.take([post], timezone.now())


def _counts(metadata: SocialMetadata) -> dict[str, Any]:
    return {
        "comments_state": metadata.comments_state or "OPEN",
        "reactions": dict(metadata.reactions),
        "total_comments": metadata.comments,
        "first_level_comments": metadata.first_level,
    }


def _aliases(organization: Organization, metadata: Mapping[Urn, SocialMetadata]) -> None:
    """Keep the other name under which LinkedIn answered for a post."""
    others = {str(asked): str(m.entity) for asked, m in metadata.items() if m.entity and m.entity != asked}
    if not others:
        return
    by_urn = {p.urn: p for p in Post.objects.filter(organization=organization, urn__in=others)}
    PostAlias.objects.bulk_create(
        [PostAlias(organization=organization, post=by_urn[urn], urn=alias) for urn, alias in others.items()],
        ignore_conflicts=True,
    )


class CommentStore:
    """Stores pages of one post's comments as they come. One instance a reading."""

    def __init__(self, post: Post) -> None:
        self.post = post
        desk_id = post.organization.desk_id
        self._pk_of: dict[str, UUID] = dict(post.comments.values_list("comment_id", "pk"))
        self._pages = set(Organization.objects.filter(desk_id=desk_id).values_list("urn", flat=True))
        self._members = set(Connection.objects.filter(desk_id=desk_id).values_list("member_urn", flat=True))
        self._seen: set[str] = set()
        self._actors: dict[str, datetime] = {}
        self.orphans = 0

    @property
    def found(self) -> int:
        return len(self._seen)

    def actors_newest_first(self) -> list[str]:
        return sorted(self._actors, key=lambda urn: self._actors[urn], reverse=True)

    @transaction.atomic
    def page(self, target: Urn, elements: Sequence[CommentPayload]) -> None:
        """Insert or update one page: comments of the post, or replies when the target is a comment."""
        now = timezone.now()
        taken: list[tuple[CommentPayload, UUID | None]] = []
        comments = []
        for element in elements:
            thread_pk = self._thread_of(target, element)
            if element.id in self._seen:
                continue
            if thread_pk is None and (element.parent or target.kind == "comment"):
                self.orphans += 1
                continue
            self._seen.add(element.id)
            actor = str(element.actor)
            self._actors[actor] = max(element.created_at, self._actors.get(actor, element.created_at))
            taken.append((element, thread_pk))
            comments.append(self._comment(self._pk_of.get(element.id) or uuid4(), element, thread_pk, now))
        Comment.objects.bulk_create(
            comments,
            update_conflicts=True,
            unique_fields=["post", "comment_id"],
            update_fields=["thread", "actor_urn", "agent_urn", "is_ours", "gone_at"],
            batch_size=BATCH,
        )
        # Asked again: a reply that was sent meanwhile has stored its comment under a key of its own.
        ids = [element.id for element, _ in taken]
        self._pk_of.update(self.post.comments.filter(comment_id__in=ids).values_list("comment_id", "pk"))
        CommentContent.everything.bulk_create(
            [self._content(self._pk_of[element.id], element, thread_pk, now) for element, thread_pk in taken],
            update_conflicts=True,
            unique_fields=["comment"],
            update_fields=[
                f.attname.removesuffix("_id") for f in CommentContent._meta.concrete_fields if not f.primary_key
            ],
            batch_size=BATCH,
        )

    def mark_gone(self, *, before: datetime) -> None:
        """After a complete reading: what LinkedIn no longer lists leaves a gravestone without words."""
        gone = Comment.objects.filter(post=self.post, gone_at__isnull=True, first_seen_at__lt=before)
        gone = gone.exclude(made_by__finished_at__gt=before - LISTED_LATE)
        lost = [pk for comment_id, pk in gone.values_list("comment_id", "pk") if comment_id not in self._seen]
        for at in range(0, len(lost), BATCH):
            part = lost[at : at + BATCH]
            Comment.objects.filter(pk__in=part).update(gone_at=timezone.now())
            CommentContent.everything.filter(pk__in=part).delete()

    def _thread_of(self, target: Urn, element: CommentPayload) -> UUID | None:
        parent = target if target.kind == "comment" else element.parent
        return self._pk_of.get(parent.id) if parent else None

    def _comment(self, pk: UUID, element: CommentPayload, thread_pk: UUID | None, now: datetime) -> Comment:
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
            first_seen_at=now,
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


def forget_expired() -> dict[str, int]:
    """Delete every row past its lifetime; returns how many of each."""
    now = timezone.now()
    words, _ = CommentContent.everything.filter(expires_at__lte=now).delete()
    expired = Post.objects.filter(expires_at__lte=now)
    old_posts, _ = expired.filter(outgoing__isnull=True).delete()
    # Our own actions stay in History, and with them the post's name; not its words.
    emptied = {"commentary": "", "pictures": [], "link_title": "", "link_url": "", "reactions": {}}
    silent = expired.exclude(**emptied).update(**emptied)
    return {"comment contents": words, "posts": old_posts, "posts' words": silent}


def drop_content(comments: Collection[UUID]) -> None:
    """Forget the words of these comments at once."""
    CommentContent.everything.filter(pk__in=comments).delete()
