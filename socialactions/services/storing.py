"""Writing posts and their counts, as LinkedIn answered, into rows, in bulk, and when to look again. Knows lifetimes;
asks LinkedIn nothing.

Their comments are stored by `comment_store`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from socialactions.lifetimes import PAGES_WORDS_LIVE
from socialactions.linkedin.entities import Post as PostPayload
from socialactions.linkedin.payloads import SocialMetadata
from socialactions.linkedin.urns import Urn
from socialactions.models import Organization, Post, PostAlias

from . import cadence, snapshots

BATCH = 500
SAID = (
    "kind",
    "commentary",
    "pictures",
    "link_title",
    "link_url",
    "created_at",
    "fetched_at",
    "expires_at",
    "gone_at",
)
COUNTED = ("comments_state", "reactions", "total_comments", "first_level_comments")


@transaction.atomic
def posts(
    organization: Organization,
    found: Sequence[PostPayload],
    metadata: Mapping[Urn, SocialMetadata],
    picture_addresses: Mapping[Urn, str],
) -> None:
    """Insert or update posts, by whichever of its names each is listed; what was read of their comments stays."""
    now = timezone.now()
    names = _names_of(organization, found, metadata)
    listed = {names[str(post.urn)]: post for post in reversed(found)}  # once, however often it is listed
    before = {post.urn: post for post in Post.objects.filter(organization=organization, urn__in=listed)}
    kept = {Urn.parse(one["urn"]): one["url"] for post in before.values() for one in post.pictures}
    picture_addresses = kept | dict(picture_addresses)  # LinkedIn does not say in each reading where they are
    rows = [
        Post(
            organization=organization,
            urn=urn,
            **_said(post, picture_addresses, now),
            **(_counts(metadata[post.urn]) | {"counted_at": now} if post.urn in metadata else {}),
        )
        for urn, post in listed.items()
    ]
    with_counts = [row for row in rows if row.counted_at]
    without = [row for row in rows if not row.counted_at]
    for part, fields in ((with_counts, [*SAID, *COUNTED, "counted_at"]), (without, SAID)):
        Post.objects.bulk_create(
            part, update_conflicts=True, unique_fields=["organization", "urn"], update_fields=fields, batch_size=BATCH
        )
    stored = {post.urn: post for post in Post.objects.filter(organization=organization, urn__in=listed)}
    snapshots.take([stored[row.urn] for row in with_counts], now)
    known = [(before[row.urn], stored[row.urn]) for row in with_counts if row.urn in before]
    moved = [new.pk for old, new in known if _has_moved(old, {name: getattr(new, name) for name in COUNTED})]
    Post.objects.filter(pk__in=moved).update(moved_at=now)
    _look_soon(moved, now)
    _aliases([(stored[urn], name) for name, urn in names.items() if urn in stored])


def _said(post: PostPayload, picture_addresses: Mapping[Urn, str], now: datetime) -> dict[str, Any]:
    content = post.content
    return {
        "author_urn": str(post.author),
        "kind": "reshare" if post.reshare_of else content.kind,
        "commentary": post.commentary,
        "pictures": [
            {"urn": str(image.urn), "url": picture_addresses.get(image.urn, ""), "alt": image.alt or ""}
            for image in content.images
        ],
        "link_title": content.title or "",
        "link_url": content.url or "",
        "created_at": post.published_at or post.created_at or now,
        "fetched_at": now,
        "expires_at": now + PAGES_WORDS_LIVE,
    }


def named(organization: Organization, urns: Iterable[Urn]) -> QuerySet[Post]:
    """The posts that have these names."""
    names = [str(urn) for urn in urns]
    aliases = PostAlias.objects.filter(organization=organization, urn__in=names)
    return Post.objects.filter(Q(urn__in=names) | Q(pk__in=aliases.values("post")), organization=organization)


def known_names(organization: Organization) -> set[str]:
    """Every name of every post that is stored."""
    posts, aliases = Post.objects.filter(organization=organization), PostAlias.objects.filter(organization=organization)
    return set(posts.values_list("urn", flat=True).union(aliases.values_list("urn", flat=True)))


def _names_of(
    organization: Organization, found: Sequence[PostPayload], metadata: Mapping[Urn, SocialMetadata]
) -> dict[str, str]:
    """Under which name we keep a post, by each name of it that LinkedIn used now: in the list, or in its counts."""
    used = [[str(name) for name in _used_names(post.urn, metadata.get(post.urn))] for post in found]
    urns = {name for names in used for name in names}
    aliases = PostAlias.objects.filter(organization=organization, urn__in=urns)
    kept = dict(aliases.values_list("urn", "post__urn"))
    posts = Post.everything.filter(organization=organization, urn__in=urns)
    kept |= {urn: urn for urn in posts.values_list("urn", flat=True)}
    for names in used:
        ours = next((kept[name] for name in names if name in kept), names[0])
        kept |= {name: ours for name in names if name not in kept}
    return kept


def _used_names(asked: Urn, metadata: SocialMetadata | None) -> list[Urn]:
    return [asked] if metadata is None or metadata.entity == asked else [asked, metadata.entity]


def counts(post: Post, metadata: SocialMetadata) -> None:
    """Bring one post's counts up to date."""
    counts_of([post], {Urn.parse(post.urn): metadata})


@transaction.atomic
def counts_of(posts: Sequence[Post], metadata: Mapping[Urn, SocialMetadata]) -> list[Post]:
    """Bring the counts of these posts up to date; returns those that moved."""
    now = timezone.now()
    counted, moved = [], []
    for post in posts:
        found = metadata.get(Urn.parse(post.urn))
        if found is None:
            continue
        values = _counts(found)
        if _has_moved(post, values):
            post.moved_at = now
            moved.append(post)
        for name, value in values.items():
            setattr(post, name, value)
        post.counted_at = now
        counted.append(post)
    Post.objects.bulk_update(counted, [*COUNTED, "moved_at", "counted_at"], batch_size=BATCH)
    snapshots.take(counted, now)
    _look_soon([post.pk for post in moved], now)
    _aliases([(post, str(metadata[Urn.parse(post.urn)].entity)) for post in counted])
    return moved


def look_again(posts: Iterable[Post], *, stretch: float) -> None:
    """Plan the next look at posts that were just looked at; ``stretch`` is how much a short limit lengthens waits."""
    now = timezone.now()
    again = []
    for post in posts:
        wait = cadence.wait(age=now - post.created_at, quiet=now - (post.moved_at or post.created_at))
        post.look_at = now + wait * stretch
        again.append(post)
    Post.objects.bulk_update(again, ["look_at"], batch_size=BATCH)


def _has_moved(post: Post, values: Mapping[str, Any]) -> bool:
    return any(getattr(post, name) != value for name, value in values.items())


def _look_soon(posts: Collection[UUID], now: datetime) -> None:
    """A post that moved is lively, whoever noticed it."""
    soon = now + cadence.SHORTEST
    Post.objects.filter(pk__in=posts, look_at__gt=soon).update(look_at=soon)


def _counts(metadata: SocialMetadata) -> dict[str, Any]:
    return {
        "comments_state": metadata.comments_state or "OPEN",
        "reactions": dict(metadata.reactions),
        "total_comments": metadata.comments,
        "first_level_comments": metadata.first_level,
    }


def _aliases(named: Iterable[tuple[Post, str]]) -> None:
    """Keep the other names under which LinkedIn listed a post or answered for it."""
    others = {(post.organization_id, name): post for post, name in named if name != post.urn}
    if not others:
        return
    where = {"organization_id__in": {page for page, _ in others}, "urn__in": {name for _, name in others}}
    taken = set(PostAlias.objects.filter(**where).values_list("organization_id", "urn"))
    taken |= set(Post.everything.filter(**where).values_list("organization_id", "urn"))
    PostAlias.objects.bulk_create(
        [
            PostAlias(organization_id=page, post=post, urn=name)
            for (page, name), post in others.items()
            if (page, name) not in taken
        ],
        ignore_conflicts=True,
    )
