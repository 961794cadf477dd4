"""Comments, likes, reactions and their totals, as LinkedIn sends them on versioned calls.

Payloads do not fetch. The shapes of the older v2 calls are turned into these by `legacy`; posts, members,
organizations and images are in `entities`. Source: Microsoft Learn "Network update social actions", "Reactions",
"Social metadata".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

from pydantic import AliasPath, BeforeValidator, Field, ValidationError, model_validator

from socialactions.linkedin import legacy
from socialactions.linkedin.entities import Person
from socialactions.linkedin.errors import UnexpectedAnswer
from socialactions.linkedin.urns import Urn
from socialactions.linkedin.values import ActorUrn, AnyUrn, Count, Flag, Moment, Payload

P = TypeVar("P", bound=Payload)

_EXPIRES = re.compile(r"[?&]e=(\d{9,11})(?:&|$)")  # the signed link's end, in seconds since 1970
_ENTITIES = {"organization": "organization", "person": "person"}


class Attribute(Payload):
    """A span of a comment's text that points at something; offsets count in LinkedIn's undocumented unit."""

    start: Count
    length: Count
    kind: str = "other"  # "organization", "person", or another name of LinkedIn's
    urn: AnyUrn | None = None  # None when we do not know the kind

    @model_validator(mode="before")
    @classmethod
    def _flatten(cls, raw: Any) -> Any:
        value = raw.get("value") if isinstance(raw, Mapping) else None
        if not isinstance(value, Mapping) or not value:
            return raw
        kind, inner = next(iter(value.items()))
        urn = inner.get(_ENTITIES.get(kind, "")) if isinstance(inner, Mapping) else None
        return {"start": raw.get("start"), "length": raw.get("length"), "kind": kind, "urn": urn}


class CommentImage(Payload):
    """A picture in a comment; `url` is signed and ends at `expires_at`."""

    urn: AnyUrn | None = Field(default=None, validation_alias=AliasPath("entity", "image"))
    url: str | None = None

    @property
    def expires_at(self) -> datetime | None:
        match = _EXPIRES.search(self.url or "")
        return datetime.fromtimestamp(int(match[1]), UTC) if match else None


def _or_zero(value: object) -> object:
    return 0 if value is None else value


def _or_empty(value: object) -> object:
    return () if value is None else value


Total = Annotated[Count, BeforeValidator(_or_zero)]
Urns = Annotated[tuple[AnyUrn, ...], BeforeValidator(_or_empty)]
Attributes = Annotated[tuple[Attribute, ...], BeforeValidator(_or_empty)]
Images = Annotated[tuple[CommentImage, ...], BeforeValidator(_or_empty)]


class Comment(Payload):
    """A comment or reply. `agent` is the member behind a Page's comment: a colleague, never shown to the public."""

    urn: AnyUrn = Field(validation_alias="commentUrn")
    actor: ActorUrn
    object: AnyUrn
    agent: AnyUrn | None = None
    impersonator: AnyUrn | None = Field(default=None, validation_alias=AliasPath("created", "impersonator"))
    parent: AnyUrn | None = Field(default=None, validation_alias="parentComment")
    text: str = Field(validation_alias=AliasPath("message", "text"))
    attributes: Attributes = Field(default=(), validation_alias=AliasPath("message", "attributes"))
    images: Images = Field(default=(), validation_alias="content")
    created_at: Moment = Field(validation_alias=AliasPath("created", "time"))
    modified_at: Moment = Field(validation_alias=AliasPath("lastModified", "time"))
    likes_count: Total = Field(default=0, validation_alias=AliasPath("likesSummary", "totalLikes"))
    liked_by_viewer: Flag = Field(default=False, validation_alias=AliasPath("likesSummary", "likedByCurrentUser"))
    replies_count: Total = Field(default=0, validation_alias=AliasPath("commentsSummary", "aggregatedTotalComments"))
    recent_replies: Urns = Field(default=(), validation_alias=AliasPath("commentsSummary", "selectedComments"))
    comments_state: str | None = Field(default=None, validation_alias=AliasPath("commentsSummary", "commentsState"))
    author: Person | None = None  # only where LinkedIn decorated the actor, which versioned calls never do

    @property
    def id(self) -> str:
        return self.urn.id

    @property
    def is_edited(self) -> bool:
        """LinkedIn has no such flag: changed after it was created."""
        return self.modified_at > self.created_at


class Like(Payload):
    """One actor's like of a post or comment. `created_at` is None when LinkedIn only said that it is already there."""

    urn: AnyUrn = Field(validation_alias="id")
    actor: ActorUrn
    object: AnyUrn
    agent: AnyUrn | None = None
    created_at: Moment | None = Field(default=None, validation_alias=AliasPath("created", "time"))


class Reaction(Payload):
    """One actor's reaction. LinkedIn names the actor only in the audit stamp."""

    urn: AnyUrn | None = Field(default=None, validation_alias="id")
    actor: ActorUrn = Field(validation_alias=AliasPath("created", "actor"))
    root: AnyUrn
    kind: str = Field(validation_alias="reactionType")  # LIKE PRAISE EMPATHY INTEREST APPRECIATION ENTERTAINMENT …
    impersonator: AnyUrn | None = Field(default=None, validation_alias=AliasPath("created", "impersonator"))
    created_at: Moment | None = Field(default=None, validation_alias=AliasPath("created", "time"))


class SocialSummary(Payload):
    """Totals of one post or comment; LinkedIn leaves a summary out where there is nothing, which is zero here."""

    target: AnyUrn  # may be another alias than the one asked for
    likes: Total = Field(default=0, validation_alias=AliasPath("likesSummary", "totalLikes"))
    liked_by_viewer: Flag = Field(default=False, validation_alias=AliasPath("likesSummary", "likedByCurrentUser"))
    first_level: Total = Field(default=0, validation_alias=AliasPath("commentsSummary", "totalFirstLevelComments"))
    total: Total = Field(default=0, validation_alias=AliasPath("commentsSummary", "aggregatedTotalComments"))
    comments_state: str | None = Field(default=None, validation_alias=AliasPath("commentsSummary", "commentsState"))


class SocialMetadata(Payload):
    """Totals by kind of reaction, and whether comments are open."""

    entity: AnyUrn
    comments_state: str | None = None
    comments: Total = Field(default=0, validation_alias=AliasPath("commentSummary", "count"))
    first_level: Total = Field(default=0, validation_alias=AliasPath("commentSummary", "topLevelCount"))
    reactions: dict[str, Count] = Field(default_factory=dict, validation_alias="reactionSummaries")

    @model_validator(mode="before")
    @classmethod
    def _counts(cls, raw: Any) -> Any:
        summaries = raw.get("reactionSummaries") if isinstance(raw, Mapping) else None
        if not isinstance(summaries, Mapping):
            return raw
        counts = {kind: one.get("count") if isinstance(one, Mapping) else one for kind, one in summaries.items()}
        return {**raw, "reactionSummaries": counts}


def parse(model: type[P], raw: object) -> P:
    """Read one payload; UnexpectedAnswer naming the field when its shape is not the one we know."""
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(str(step) for step in first["loc"]) or model.__name__
        message = f"LinkedIn's {model.__name__} is not as we know it: {place}: {first['msg']}"
        raise UnexpectedAnswer.of(message, sample=repr(raw), field=place) from None


def comment(raw: object) -> Comment:
    """Read a comment of either API. LinkedIn may leave out its name, which the id and the object then give."""
    return parse(Comment, _named(legacy.comment(raw)))


def like(raw: object) -> Like:
    return parse(Like, legacy.with_id(raw))


def reaction(raw: object) -> Reaction:
    return parse(Reaction, legacy.with_id(raw))


def summary(raw: object, asked: Urn) -> SocialSummary:
    """Read totals; an untouched post of the older API answers `{}`, which is zeros for what was asked."""
    return parse(SocialSummary, {"target": raw.get("$URN", asked), **raw} if isinstance(raw, dict) else raw)


def social_metadata(raw: object, asked: Urn) -> SocialMetadata:
    return parse(SocialMetadata, {"entity": asked, **raw} if isinstance(raw, dict) else raw)


def collect(raws: list[Any], read: Callable[[Any], P]) -> tuple[list[P], list[UnexpectedAnswer]]:
    """Read each element by itself, so that one odd element never loses the page."""
    elements: list[P] = []
    odd: list[UnexpectedAnswer] = []
    for raw in raws:
        try:
            elements.append(read(raw))
        except UnexpectedAnswer as error:
            odd.append(error)
    return elements, odd


def _named(raw: Any) -> Any:
    if not isinstance(raw, dict) or raw.get("commentUrn") is not None or not isinstance(raw.get("id"), str):
        return raw
    return {**raw, "commentUrn": f"urn:li:comment:({raw.get('object')},{raw['id']})"}
