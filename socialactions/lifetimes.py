"""What is kept, for how long, where, and how it ends: the one table of it. No other file knows a lifetime.

The limits on members' data are LinkedIn's (docs/retention.md says where they are written); shorter is always allowed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

MEMBERS_WORDS_LIVE = timedelta(hours=48)
PAGES_WORDS_LIVE = timedelta(days=182)
COUNTS_LIVE = timedelta(days=365)
FACES_LIVE = timedelta(hours=24)  # at most; FACES_TTL_S shortens it
UNSENT_PICTURES_LIVE = timedelta(hours=24)
SESSIONS_LIVE = timedelta(days=7)
RUNS_LIVE = timedelta(days=30)
SAMPLES_LIVE = timedelta(days=30)
ANNOUNCEMENTS_LIVE = timedelta(days=1)
API_CALLS_LIVE = timedelta(days=7)  # how long an Idempotency-Key is remembered
WEBHOOK_CALLS_LIVE = timedelta(days=7)
DRAFTS_LIVE = timedelta(hours=24)  # the same number stands in static/js/draft-keeper.js

READ_AGAIN_BEFORE = timedelta(hours=6)
"""Where something of ours is still open, members' words are read again so long before they end."""


@dataclass(frozen=True, slots=True)
class DataClass:
    """One kind of thing that is kept. ``lives`` None: for as long as the desk exists."""

    key: str
    name: str
    words: str  # what it is
    lives: timedelta | None
    lives_words: str
    where: str
    ends: str


TABLE = (
    DataClass(
        "members-words",
        "Members’ comments",
        "Text, mentions, pictures, times and counts of what people wrote under your posts.",
        MEMBERS_WORDS_LIVE,
        "48 hours after LinkedIn was last asked for them",
        "database, apart from the comment’s number",
        "Not readable from that moment; deleted within minutes, and the file’s pages overwritten.",
    ),
    DataClass(
        "faces",
        "Members’ names, headlines and pictures",
        "How the people in threads are called on LinkedIn.",
        FACES_LIVE,
        "at most 24 hours",
        "cache only, never a table, a log or a job",
        "The cache refuses entries that are too old; their files are deleted.",
    ),
    DataClass(
        "pages-posts",
        "Your Pages’ posts",
        "Text, pictures, link and counts of posts.",
        PAGES_WORDS_LIVE,
        "6 months after LinkedIn was last asked for them",
        "database",
        "Deleted; a post with actions of your desk keeps its number alone.",
    ),
    DataClass(
        "pages-words",
        "Your Pages’ own comments",
        "Text, mentions, pictures, times and counts of what your Pages wrote.",
        PAGES_WORDS_LIVE,
        "6 months after LinkedIn was last asked for them",
        "database",
        "Deleted; the action that sent it stays in History.",
    ),
    DataClass(
        "counts",
        "Counts over time",
        "How many reactions and comments a post had at a moment; no person is part of it.",
        COUNTS_LIVE,
        "1 year",
        "database",
        "Deleted.",
    ),
    DataClass(
        "references",
        "Comments as references",
        "LinkedIn’s numbers of comment, post and author, when we first saw it, what your desk did with it. No words.",
        None,
        "as long as the desk exists",
        "database",
        "Forgetting a person takes their number out of them.",
    ),
    DataClass(
        "own-actions",
        "What your desk did",
        "Replies, likes, edits and deletions with your own words, the tries to send them, and History.",
        None,
        "as long as the desk exists",
        "database",
        "Stays, also what your desk wrote about or to a person who is forgotten.",
    ),
    DataClass(
        "pictures",
        "Pictures nobody sent",
        "Uploaded for a comment that was never sent. Pictures that were sent belong to their action.",
        UNSENT_PICTURES_LIVE,
        "24 hours",
        "data folder",
        "Row and file are deleted.",
    ),
    DataClass(
        "people",
        "People who sign in here",
        "Name, headline and picture as LinkedIn told them at sign-in; the connection’s keys, encrypted.",
        None,
        "until the connection is ended, or the seat removed",
        "database",
        "Disconnecting deletes the keys.",
    ),
    DataClass(
        "sessions",
        "Sign-ins",
        "That a browser is signed in, and which Page it looks at.",
        SESSIONS_LIVE,
        "7 days",
        "database and cache",
        "Deleted.",
    ),
    DataClass(
        "runs",
        "Readings of LinkedIn",
        "When each Page was read, how many calls it took, what stood in the way. No words.",
        RUNS_LIVE,
        "30 days",
        "database",
        "Deleted.",
    ),
    DataClass(
        "measures",
        "Measurements of LinkedIn’s pace",
        "Calls of a day, and how long LinkedIn took to list a comment.",
        SAMPLES_LIVE,
        "30 days",
        "database",
        "Deleted.",
    ),
    DataClass(
        "api-keys",
        "API keys",
        "A fingerprint of each key, its name, whose connection carries it, what it may do, when it was last used.",
        None,
        "as long as the desk exists, also after their end",
        "database",
        "Stays, so that History can say what a key’s name meant.",
    ),
    DataClass(
        "api-calls",
        "What programs asked for",
        "Fingerprints of Idempotency-Key and request, and which action came of it.",
        API_CALLS_LIVE,
        "7 days",
        "database",
        "Deleted; the action stays in History.",
    ),
    DataClass(
        "webhooks",
        "Addresses of programs",
        "Where a key’s program wants to be called, what about, and the secret that signs the calls, encrypted.",
        None,
        "until it is removed",
        "database",
        "Deleted, with everything that was still to be told there.",
    ),
    DataClass(
        "webhook-calls",
        "Calls to programs",
        "What was told to a program, when, and how it answered: LinkedIn’s numbers and our own, nobody’s words.",
        WEBHOOK_CALLS_LIVE,
        "7 days",
        "database",
        "Deleted.",
    ),
    DataClass(
        "drafts",
        "Unsent drafts",
        "What somebody typed and has not sent. It may hold the name of whom it answers.",
        DRAFTS_LIVE,
        "24 hours",
        "the writer’s own browser, never this server",
        "Removed when the browser next opens a composer.",
    ),
    DataClass(
        "forgotten",
        "Who is forgotten",
        "A keyed fingerprint of the person’s number, from which nobody can tell who it was.",
        None,
        "as long as the desk exists, so that forgetting lasts",
        "database",
        "Stays.",
    ),
    DataClass(
        "receipts",
        "Receipts of deletion",
        "How many of each were deleted and when. Each names the one before.",
        None,
        "for good",
        "database",
        "Stays.",
    ),
)
