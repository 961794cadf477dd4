"""What the world is made of: plain rows, times in epoch milliseconds, ids as text. Leaves every rule to others."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass(slots=True)
class Member:
    """A person; `can_sign_in` puts them on the consent page, `is_private` hides them from look-ups."""

    id: str
    first: str
    last: str
    headline: str = ""
    vanity: str = ""
    picture: str = ""  # name of a drawing below /media/
    is_private: bool = False
    can_sign_in: bool = False
    locale: str = "en_US"

    @property
    def urn(self) -> str:
        return f"urn:li:person:{self.id}"

    @property
    def name(self) -> str:
        return f"{self.first} {self.last}".strip()


@dataclass(slots=True)
class Organization:
    id: str
    name: str
    vanity: str
    logo: str = ""
    description: str = ""
    website: str = ""

    @property
    def urn(self) -> str:
        return f"urn:li:organization:{self.id}"


@dataclass(slots=True)
class Reaction:
    actor: str
    kind: str
    agent: str
    created: int
    modified: int


@dataclass(slots=True)
class Comment:
    """A comment on a post or, with `parent`, a reply. `cache` holds rendered JSON and is emptied on every change."""

    id: str
    post: str
    actor: str
    agent: str
    text: str
    created: int
    modified: int
    attributes: list[Json] = field(default_factory=list)
    image: str = ""
    parent: str = ""
    replies: list[str] = field(default_factory=list)
    reactions: dict[str, Reaction] = field(default_factory=dict)
    cache: dict[tuple[object, ...], str] = field(default_factory=dict, repr=False, compare=False)


@dataclass(slots=True)
class Post:
    """A post under its share or ugcPost URN; `activity` is its other name, `thread` the one its comment URNs carry."""

    urn: str
    activity: str
    thread: str
    author: str
    commentary: str
    created: int
    modified: int
    content: Json = field(default_factory=dict)
    lifecycle: str = "PUBLISHED"
    visibility: str = "PUBLIC"
    comments_state: str = "OPEN"
    is_dark: bool = False
    reshare_of: str = ""
    agent: str = ""
    comments: list[str] = field(default_factory=list)
    reactions: dict[str, Reaction] = field(default_factory=dict)


@dataclass(slots=True)
class Image:
    """A picture; drawn ones have a `file` name, uploaded ones keep their bytes in the world."""

    id: str
    owner: str
    created: int
    upload_expires: int = 0
    uploaded: int = 0
    is_broken: bool = False
    file: str = ""
    content_type: str = ""

    @property
    def urn(self) -> str:
        return f"urn:li:image:{self.id}"


@dataclass(slots=True)
class Token:
    value: str
    member: str
    scopes: list[str]
    created: int
    expires: int
    refresh: str = ""
    is_revoked: bool = False
    kind: str = "access"


@dataclass(slots=True)
class Code:
    value: str
    member: str
    scopes: list[str]
    redirect_uri: str
    expires: int
    challenge: str = ""
    is_used: bool = False


@dataclass(slots=True)
class Notification:
    id: int
    organization: str
    action: str
    post: str
    activity: str
    at: int


@dataclass(slots=True)
class Entry:
    """One side effect that really happened; `at` in epoch milliseconds."""

    n: int
    kind: str
    actor: str
    agent: str
    target: str
    urn: str
    text: str
    at: int
