"""What comes out about Pages, posts, comments and reactions, each with where its numbers come from and their age."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from ninja import Schema
from pydantic import Field

from socialactions.linkedin import little_text
from socialactions.models import CommentContent, OwnReaction, Post
from socialactions.queries import posts
from socialactions.queries.program_reads import Thread
from socialactions.queries.texts import permalink
from socialactions.queries.viewing import PageView


class OrganizationOut(Schema):
    id: UUID
    urn: str
    name: str
    vanity_name: str
    role: str
    can_read: bool
    can_write: bool
    why_not: str = Field(description="For people; empty where everything is allowed.")


class OrganizationsOut(Schema):
    organizations: list[OrganizationOut]


class ReadOut(Schema):
    state: Literal["never", "reading", "complete", "incomplete", "expired", "gone"] = Field(
        description="`complete`: everything LinkedIn lists is here. `expired`: it was, and words are past their time "
        "until they are fetched again. `gone`: LinkedIn has the post no more."
    )
    read_at: datetime | None
    found: int
    expected: int = Field(description="As LinkedIn counts them.")
    problem: str
    expired: int = Field(description="Comments on LinkedIn whose words are past their time, of the 300 known longest.")
    gone_at: datetime | None = Field(description="When Threadwell noticed that LinkedIn has the post no more.")


class CountsOut(Schema):
    reactions: dict[str, int]
    reactions_total: int
    comments_total: int
    comments_first_level: int
    source: Literal["linkedin"]
    counted_at: datetime | None = Field(description="When LinkedIn was last asked; null while it was not.")


class PostOut(Schema):
    id: UUID
    urn: str
    other_urns: list[str]
    organization: str
    kind: str
    text: str
    link_url: str
    created_at: datetime
    comments_open: bool
    counts: CountsOut
    read: ReadOut
    fetched_at: datetime
    expires_at: datetime
    permalink: str


class PostsOut(Schema):
    posts: list[PostOut]
    next_cursor: str | None


class MentionOut(Schema):
    start: int
    length: int
    urn: str


class CommentOut(Schema):
    id: UUID
    urn: str
    author: str = Field(description="The URN of a Page or member; never a name.")
    is_ours: bool
    text: str
    mentions: list[MentionOut]
    has_picture: bool
    is_edited: bool
    likes: int
    created_at: datetime
    fetched_at: datetime
    expires_at: datetime = Field(description="LinkedIn's rule: not kept a moment longer, by nobody.")


class ThreadOut(CommentOut):
    replies: list[CommentOut]
    replies_stored: int | None = Field(description="How many there are here; null with depth 1.")
    replies_total: int = Field(description="As LinkedIn counts them.")


class CommentsOut(Schema):
    post: str
    read: ReadOut
    mention_unit: Literal["utf16", "codepoint"]
    threads: list[ThreadOut]
    next_cursor: str | None


class RepliesOut(Schema):
    thread: str
    mention_unit: Literal["utf16", "codepoint"]
    replies: list[CommentOut]
    next_cursor: str | None


class OurReactionOut(Schema):
    actor: str
    reaction: str
    known_at: datetime


class ReactionsOut(Schema):
    target: str
    by_kind: dict[str, int] = Field(description="Posts only.")
    total: int
    source: Literal["linkedin"]
    counted_at: datetime | None
    ours: list[OurReactionOut]


def organization(page: PageView) -> dict[str, Any]:
    choice = page.choice
    return {
        "id": choice.id,
        "urn": choice.urn,
        "name": choice.name,
        "vanity_name": page.organization.vanity_name,
        "role": choice.role,
        "can_read": choice.can_read,
        "can_write": choice.can_write,
        "why_not": choice.why_not,
    }


def post(row: Post) -> dict[str, Any]:
    return {
        "id": row.pk,
        "urn": row.urn,
        "other_urns": sorted(alias.urn for alias in row.aliases.all() if alias.urn != row.urn),
        "organization": row.organization.urn,
        "kind": row.kind,
        "text": "".join(run.text for run in little_text.parse(row.commentary)),
        "link_url": row.link_url,
        "created_at": row.created_at,
        "comments_open": row.comments_state != "CLOSED",
        "counts": {
            "reactions": row.reactions,
            "reactions_total": row.total_reactions,
            "comments_total": row.total_comments,
            "comments_first_level": row.first_level_comments,
            "source": "linkedin",
            "counted_at": row.counted_at,
        },
        "read": read_state(row),
        "fetched_at": row.fetched_at,
        "expires_at": row.expires_at,
        "permalink": permalink(row.urn),
    }


def read_state(row: Post) -> dict[str, Any]:
    """Of a post that has ``expired``. Nothing is whole whose words may not be told or that is no more."""
    state = posts.read_state(row)
    expired = row.expired or 0  # type: ignore[attr-defined]  # an annotation
    told = "expired" if state.state == Post.Reading.COMPLETE and expired else state.state
    return {
        "state": "gone" if row.gone_at else told,
        "read_at": state.read_at,
        "found": state.found,
        "expected": state.expected,
        "problem": state.reason,
        "expired": expired,
        "gone_at": row.gone_at,
    }


def comment(content: CommentContent) -> dict[str, Any]:
    reference = content.comment
    return {
        "id": reference.pk,
        "urn": reference.urn,
        "author": reference.actor_urn,
        "is_ours": reference.is_ours,
        "text": content.text,
        "mentions": [one for one in content.attributes if one.get("urn")],
        "has_picture": bool(content.pictures),
        "is_edited": content.is_edited,
        "likes": content.likes,
        "created_at": content.created_at,
        "fetched_at": content.fetched_at,
        "expires_at": content.expires_at,
    }


def thread(found: Thread) -> dict[str, Any]:
    return {
        **comment(found.content),
        "replies": [comment(reply) for reply in found.replies],
        "replies_stored": found.stored,
        "replies_total": found.content.replies,
    }


def reactions(
    target: str, by_kind: Mapping[str, int], total: int, counted_at: datetime | None, ours: Collection[OwnReaction]
) -> dict[str, Any]:
    told = [{"actor": one.actor_urn, "reaction": one.kind, "known_at": one.known_at} for one in ours]
    return {
        "target": target,
        "by_kind": dict(by_kind),
        "total": total,
        "source": "linkedin",
        "counted_at": counted_at,
        "ours": told,
    }
