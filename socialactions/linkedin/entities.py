"""Members, organizations, roles, posts, pictures and notifications, as LinkedIn sends them. Payloads do not fetch.

Source: Microsoft Learn "Profile API", "Organization lookup", "Organization access control", "Posts", "Images",
"Organization social action notifications".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import AliasChoices, AliasPath, Field, model_validator

from socialactions.linkedin.legacy import image_urn
from socialactions.linkedin.urns import Urn
from socialactions.linkedin.values import ActorUrn, AnyUrn, Flag, Moment, Payload, localized

PRIVATE = "private"  # stands in place of an id when the viewer may not see the member

ContentKind = Literal["text", "image", "multi_image", "video", "document", "article", "poll", "reference", "other"]


class Person(Payload):
    """A member, as far as LinkedIn shows them; names are for a cache of hours, never for the database."""

    id: str
    first: str | None = None
    last: str | None = None
    headline: str | None = None
    vanity_name: str | None = None
    picture: AnyUrn | None = None
    picture_url: str | None = None  # only where LinkedIn decorated the picture (v2)

    @model_validator(mode="before")
    @classmethod
    def _flatten(cls, raw: Any) -> Any:
        if not isinstance(raw, Mapping) or "first" in raw:
            return raw
        return {
            "id": raw.get("id"),
            "first": raw.get("localizedFirstName") or localized(raw.get("firstName")),
            "last": raw.get("localizedLastName") or localized(raw.get("lastName")),
            "headline": raw.get("localizedHeadline") or localized(raw.get("headline")),
            "vanity_name": raw.get("vanityName"),
            **_picture(raw.get("profilePicture")),
        }

    @property
    def urn(self) -> Urn:
        return Urn("person", self.id)

    @property
    def is_private(self) -> bool:
        return self.id == PRIVATE

    @property
    def name(self) -> str | None:
        """First and last name as far as known; None for a member whom LinkedIn does not show."""
        return " ".join(part for part in (self.first, self.last) if part) or None


class Candidate(Payload):
    """A follower whom one may mean by some letters."""

    urn: ActorUrn = Field(validation_alias="member")
    first: str | None = Field(default=None, validation_alias="firstName")
    last: str | None = Field(default=None, validation_alias="lastName")
    headline: str | None = None
    picture: AnyUrn | None = Field(default=None, validation_alias="photo")

    @property
    def name(self) -> str | None:
        return " ".join(part for part in (self.first, self.last) if part) or None


class OrganizationAcl(Payload):
    """A member's role on an organization; only the state APPROVED counts."""

    organization: AnyUrn = Field(validation_alias=AliasChoices("organization", "organizationTarget"))
    role: str
    state: str
    assignee: AnyUrn | None = Field(default=None, validation_alias="roleAssignee")


class Organization(Payload):
    """A Page. `logo` is a picture to ask the Images API for."""

    id: str
    name: str | None = None
    vanity_name: str | None = None
    logo: AnyUrn | None = None

    @model_validator(mode="before")
    @classmethod
    def _flatten(cls, raw: Any) -> Any:
        if not isinstance(raw, Mapping) or isinstance(raw.get("name"), str):
            return raw
        logos = raw.get("logoV2")
        logo = (logos.get("cropped") or logos.get("original")) if isinstance(logos, Mapping) else None
        number = raw.get("id")
        return {
            "id": str(number) if isinstance(number, int) and not isinstance(number, bool) else number,
            "name": raw.get("localizedName") or localized(raw.get("name")),
            "vanity_name": raw.get("vanityName"),
            "logo": image_urn(logo) if isinstance(logo, str) else None,
        }

    @property
    def urn(self) -> Urn:
        return Urn("organization", self.id)


class PostImage(Payload):
    """One picture of a post."""

    urn: AnyUrn = Field(validation_alias="id")
    alt: str | None = Field(default=None, validation_alias="altText")


class PostContent(Payload):
    """What hangs on a post beside its text; `kind` says which of the fields mean something."""

    kind: ContentKind = "text"
    images: tuple[PostImage, ...] = ()
    media: AnyUrn | None = None  # the video, document, event, …
    title: str | None = None
    description: str | None = None
    alt: str | None = None
    url: str | None = None
    options: tuple[str, ...] = ()  # of a poll


class Post(Payload):
    """A post; `commentary` is raw little text (see `little_text`)."""

    urn: AnyUrn = Field(validation_alias="id")
    author: AnyUrn
    commentary: str = ""
    content: PostContent = Field(default_factory=PostContent)
    created_at: Moment | None = None
    published_at: Moment | None = None
    modified_at: Moment | None = Field(default=None, validation_alias="lastModifiedAt")
    lifecycle: str = Field(default="PUBLISHED", validation_alias="lifecycleState")
    visibility: str = "PUBLIC"
    is_edited: Flag = Field(default=False, validation_alias=AliasPath("lifecycleStateInfo", "isEditedByAuthor"))
    reshare_of: AnyUrn | None = Field(default=None, validation_alias=AliasPath("reshareContext", "parent"))

    @model_validator(mode="before")
    @classmethod
    def _typed_content(cls, raw: Any) -> Any:
        content = raw.get("content") if isinstance(raw, Mapping) else None
        return {**raw, "content": post_content(content)} if isinstance(content, Mapping) else raw


class Image(Payload):
    """A picture on LinkedIn: usable when its status is AVAILABLE."""

    urn: AnyUrn = Field(validation_alias="id")
    status: str  # WAITING_UPLOAD PROCESSING AVAILABLE PROCESSING_FAILED
    owner: AnyUrn | None = None
    download_url: str | None = None
    download_url_expires_at: Moment | None = None


class Upload(Payload):
    """Where the bytes of a new picture go, until when, and the name it will have."""

    url: str = Field(validation_alias="uploadUrl")
    image: AnyUrn
    expires_at: Moment | None = Field(default=None, validation_alias="uploadUrlExpiresAt")


class Notification(Payload):
    """Something that happened on a Page's posts, in the last 60 days."""

    id: int = Field(validation_alias="notificationId")
    organization: AnyUrn = Field(validation_alias="organizationalEntity")
    action: str  # LIKE COMMENT SHARE SHARE_MENTION ADMIN_COMMENT COMMENT_EDIT COMMENT_DELETE
    source_post: AnyUrn | None = None
    activity: AnyUrn | None = Field(default=None, validation_alias="generatedActivity")
    at: Moment = Field(validation_alias="lastModifiedAt")


def post_content(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Sort LinkedIn's `content` union by what a reader sees; an unknown member is "other", none is "text"."""
    if not raw:
        return {"kind": "text"}
    member = next(iter(raw))
    inner = raw[member] if isinstance(raw[member], Mapping) else {}
    shape = _CONTENTS.get(member)
    return shape(inner) if shape else {"kind": "other", "title": _title(inner)}


def _title(inner: Mapping[str, Any]) -> str | None:
    title = inner.get("title")
    return title if isinstance(title, str) else None


def _media(inner: Mapping[str, Any]) -> dict[str, Any]:
    media = inner.get("id")
    kind = str(media).split(":")[2] if str(media).count(":") >= 3 else "other"
    common = {"title": inner.get("title"), "alt": inner.get("altText"), "media": media}
    if kind == "image":
        return {**common, "kind": "image", "images": [{"id": media, "altText": inner.get("altText")}]}
    return {**common, "kind": kind if kind in ("video", "document") else "other"}


def _article(inner: Mapping[str, Any]) -> dict[str, Any]:
    thumbnail = inner.get("thumbnail")
    images = [{"id": thumbnail, "altText": inner.get("thumbnailAltText")}] if thumbnail else []
    texts = {"title": inner.get("title"), "description": inner.get("description"), "url": inner.get("source")}
    return {"kind": "article", "images": images, **texts}


def _multi_image(inner: Mapping[str, Any]) -> dict[str, Any]:
    return {"kind": "multi_image", "images": inner.get("images") or [], "alt": inner.get("altText")}


def _poll(inner: Mapping[str, Any]) -> dict[str, Any]:
    options = [option.get("text") for option in inner.get("options") or [] if isinstance(option, Mapping)]
    return {"kind": "poll", "title": inner.get("question"), "options": options}


def _reference(inner: Mapping[str, Any]) -> dict[str, Any]:
    return {"kind": "reference", "media": inner.get("id")}


_CONTENTS = {
    "media": _media,
    "article": _article,
    "multiImage": _multi_image,
    "poll": _poll,
    "reference": _reference,
}


def _picture(raw: object) -> dict[str, Any]:
    """The picture's name, and the largest address where LinkedIn decorated it."""
    if not isinstance(raw, Mapping):
        return {}
    name = raw.get("displayImage")
    decorated = raw.get("displayImage~")
    elements = decorated.get("elements") if isinstance(decorated, Mapping) else None
    sizes = elements if isinstance(elements, list) else []
    links = [link for size in sizes if (link := _link(size)) is not None]
    url = max(links)[1] if links else None
    return {"picture": image_urn(name) if isinstance(name, str) else None, "picture_url": url}


def _link(size: object) -> tuple[int, str] | None:
    match size:
        case {"identifiers": [{"identifier": str(url)}, *_]}:
            width = 0
        case _:
            return None
    match size:
        case {"data": {"com.linkedin.digitalmedia.mediaartifact.StillImage": {"storageSize": {"width": int(found)}}}}:
            width = found
    return width, url
