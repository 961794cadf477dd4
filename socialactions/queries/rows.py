"""What screens show: small frozen rows with ready values, so that templates only place them.

Rows carry no addresses of ours; templates make those with ``{% url %}``. Names and pictures of members come from the
faces cache and live only as long as the answer that shows them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Face:
    """How a person or Page looks; ``name`` is "LinkedIn member" when LinkedIn does not say more."""

    urn: str
    name: str
    headline: str = ""
    picture_url: str = ""
    initials: str = ""
    is_page: bool = False
    is_private: bool = False
    url: str = ""  # on LinkedIn, empty when unknown
    until: datetime | None = field(default=None, repr=False, compare=False)  # how long it may be kept


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody the viewer can speak as on a Page's posts; ``why_not`` is set when not now."""

    key: str  # "me" or the organization's UUID: the value of ?as=
    urn: str
    name: str
    picture_url: str = ""
    initials: str = ""
    is_page: bool = False
    why_not: str = ""
    why_no_picture: str = ""  # set when they cannot own one on LinkedIn
    token: str = ""  # signed form value, only inside composers and act forms


@dataclass(frozen=True, slots=True)
class PageChoice:
    """A row of the Page switcher."""

    id: UUID
    urn: str
    name: str
    logo_url: str
    role: str  # in words: "Administrator"
    can_read: bool
    can_write: bool
    why_not: str = ""  # plain words, empty when everything is allowed


@dataclass(frozen=True, slots=True)
class Segment:
    """A run of text; with ``href`` a mention, hashtag or link."""

    text: str
    href: str = ""
    is_mention: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    url: str
    alt: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing a person may do about an outgoing action; ``name`` is the last part of its address."""

    name: str  # a POST of dashboard/views/outgoing.py, or a link: open, reconnect, copy, delete
    label: str
    tone: str = ""  # "" | "main" | "danger"
    href: str = ""  # set for links that leave (Open)


@dataclass(frozen=True, slots=True)
class OutgoingRow:
    """One action we owe LinkedIn, with what the screen says about it."""

    id: UUID
    kind: str  # comment reply edit delete react unreact close_comments open_comments
    state: str
    actor: Face
    person: str  # who asked for it
    sentence: str  # "Sending as Acme in 5 s"
    tone: str  # "", "ours", "attention", "quiet" (the outgoing component's data-tone)
    icon: str  # symbol in the sprite without "i-"
    steps: list[Step]
    is_final: bool
    created_at: datetime
    due_at: datetime | None = None  # while it can be undone
    segments: list[Segment] = field(default_factory=list)
    text: str = ""  # as typed, with mention tokens, for Edit and Copy
    picture: Picture | None = None
    details: str = ""  # status, code and request id, shown only under "Details"
    permalink: str = ""
    where: str = ""  # the title of its post
    way: str = "browser"
    post_id: UUID | None = None
    comment_id: UUID | None = None
    result_id: UUID | None = None  # the comment that it became
    beside: str = ""  # what it is about, where it cannot stand below that


@dataclass(frozen=True, slots=True)
class Asking:
    """An action in a thread that a person has to decide about."""

    thread: UUID
    words: str  # "Reply as Acme Robotics"


@dataclass(frozen=True, slots=True)
class CommentRow:
    id: UUID
    urn: str
    face: Face
    is_ours: bool  # by a Page or person of this desk
    by: str  # who of the desk wrote it for the Page, else ""
    created_at: datetime
    is_edited: bool
    segments: list[Segment]
    pictures: list[Picture]
    likes: int
    our_reaction: str  # the acting actor's: "", LIKE, PRAISE, EMPATHY, INTEREST, APPRECIATION, ENTERTAINMENT
    can_edit: bool
    can_delete: bool
    permalink: str
    outgoing: list[OutgoingRow] = field(default_factory=list)  # what is under way about this very comment
    earlier: str = ""  # "3 comments here lately", only when the setting allows it


@dataclass(frozen=True, slots=True)
class ThreadRow:
    """A first-level comment with the newest of its replies, oldest reply first."""

    comment: CommentRow
    replies: list[CommentRow]
    earlier_count: int  # stored replies that are not shown
    missing_count: int  # replies LinkedIn counts that we do not have
    outgoing: list[OutgoingRow]  # replies that are not comments yet
    gone_at: datetime | None = None  # a gravestone: words are no longer kept
    silence: str = ""  # why a comment that stands on LinkedIn has no words here: expired, forgotten
    is_whole: bool = False  # somebody unfolded the earlier replies, so a refresh keeps them


@dataclass(frozen=True, slots=True)
class Gap:
    """By how many comments LinkedIn's count is more, or fewer, than what stands here, and why as far as we know."""

    many: int
    words: str


@dataclass(frozen=True, slots=True)
class ReadState:
    """What we know of a post's comments and how old it is."""

    state: str  # never reading complete incomplete
    read_at: datetime | None
    found: int
    expected: int  # how many LinkedIn counts by its newest count
    counted: int  # how many it counted when they were read
    reason: str = ""  # plain words when incomplete
    is_stale: bool = False
    expired: str = ""  # "12 comments", whose words are past their time; reading again brings them back
    gaps: tuple[Gap, ...] = ()  # expected = found + all of these, once something was read
    again_at: datetime | None = None  # when an incomplete reading is tried again by itself

    @property
    def is_first(self) -> bool:
        """Nothing was ever read to its end: a list that is open follows the reading by itself."""
        return self.state in ("never", "reading")


@dataclass(frozen=True, slots=True)
class ReactionCount:
    kind: str
    label: str
    count: int


@dataclass(frozen=True, slots=True)
class PostRow:
    """A post in lists and on top of its thread."""

    id: UUID
    urn: str
    title: str  # the first line or sentence, for lists, bars and the page title
    excerpt: str  # what follows it, one or two lines
    body: list[list[Segment]]  # paragraphs
    kind: str  # text image multi_image video document article poll reference reshare
    pictures: list[Picture]
    link_title: str
    link_url: str
    author: Face
    created_at: datetime
    reactions: list[ReactionCount]
    total_reactions: int
    total_comments: int
    comments_open: bool
    our_reaction: str
    permalink: str
    read: ReadState
    is_counted: bool = True  # whether LinkedIn ever told its counts
    gone_at: datetime | None = None  # when we noticed that LinkedIn does not have it any more


@dataclass(frozen=True, slots=True)
class PostPlace:
    """Of a post, what its threads need to know."""

    id: UUID
    owner_urn: str


@dataclass(frozen=True, slots=True)
class Banner:
    tone: str  # "" | "attention"
    what: str  # in bold
    means: str = ""
    action: str = ""  # words of the link
    href: str = ""


@dataclass(frozen=True, slots=True)
class ScopeRow:
    name: str
    words: str  # "Read comments and likes on your Pages' posts"
    without: str  # "Threadwell shows no comments."
    granted: bool | None  # None before connecting
