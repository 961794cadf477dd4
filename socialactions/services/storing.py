"""Writing posts and their counts, as LinkedIn answered, into rows, in bulk. Knows lifetimes; asks LinkedIn nothing.

Their comments are stored by `comment_store`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from socialactions.lifetimes import PAGES_WORDS_LIVE
from socialactions.linkedin.entities import Post as PostPayload
from socialactions.linkedin.payloads import SocialMetadata
from socialactions.linkedin.urns import Urn
from socialactions.models import Organization, Post, PostAlias

from . import snapshots

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
    """Insert or update posts by their URN; what was read of their comments stays."""
    now = timezone.now()
    names = _names_of(organization, [str(post.urn) for post in found])
    picture_addresses = _known_addresses(organization, found) | dict(picture_addresses)
    rows = [
        Post(
            organization=organization,
            urn=names.get(str(post.urn), str(post.urn)),
            **_said(post, picture_addresses, now),
            **(_counts(metadata[post.urn]) | {"counted_at": now} if post.urn in metadata else {}),
        )
        for post in found
    ]
    with_counts = [row for row in rows if row.counted_at]
    without = [row for row in rows if not row.counted_at]
    for part, fields in ((with_counts, [*SAID, *COUNTED, "counted_at"]), (without, SAID)):
        Post.objects.bulk_create(
            part, update_conflicts=True, unique_fields=["organization", "urn"], update_fields=fields, batch_size=BATCH
        )
    counted_urns = [row.urn for row in with_counts]
    snapshots.take(Post.objects.filter(organization=organization, urn__in=counted_urns), now)
    _aliases(organization, metadata)


def _known_addresses(organization: Organization, found: Sequence[PostPayload]) -> dict[Urn, str]:
    """Where the pictures were when LinkedIn last said so: it does not say so in each reading."""
    stored = Post.objects.filter(organization=organization, urn__in=[str(post.urn) for post in found])
    pictures = [one for many in stored.values_list("pictures", flat=True) for one in many]
    return {Urn.parse(one["urn"]): one["url"] for one in pictures}


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


def _names_of(organization: Organization, urns: Sequence[str]) -> dict[str, str]:
    """Under which name we keep a post that LinkedIn lists under another one now."""
    aliases = PostAlias.objects.filter(organization=organization, urn__in=urns)
    return dict(aliases.values_list("urn", "post__urn"))


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
        if any(getattr(post, name) != value for name, value in values.items()):
            post.moved_at = now
            moved.append(post)
        for name, value in values.items():
            setattr(post, name, value)
        post.counted_at = now
        counted.append(post)
    Post.objects.bulk_update(counted, [*COUNTED, "moved_at", "counted_at"], batch_size=BATCH)
    snapshots.take(counted, now)
    return moved


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
        [
            PostAlias(organization=organization, post=by_urn[urn], urn=alias)
            for urn, alias in others.items()
            if urn in by_urn and alias not in by_urn
        ],
        ignore_conflicts=True,
    )
