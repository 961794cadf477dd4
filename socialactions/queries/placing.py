"""Where on a post's screen an action under way stands, so that it is always somewhere, and never twice.

Below the comment that it is about, or became; where that is not drawn, at the end of its thread; where the thread is
gone, or there is none, above the threads.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import replace
from uuid import UUID

from socialactions.models import Comment, Outgoing, Post
from socialactions.services.outcomes import EVENTS

from . import actions, wording
from .rows import Asking, OutgoingRow
from .said import PAGE, Eyes

Kind, State = Outgoing.Kind, Outgoing.State
FOR_A_PERSON = (State.NEEDS_ATTENTION, State.BLOCKED, State.FAILED)
UNSHOWN = "About a reply that is not shown here:"
GONE = "About a comment that is no longer there:"
Rows = dict[UUID, list[OutgoingRow]]


def home_of(outgoing: Outgoing) -> Comment | None:
    """The first comment of the thread where it stands; None where there is none, or none any more."""
    home = outgoing.result_comment if outgoing.kind == Kind.COMMENT else outgoing.thread
    return home if home is not None and home.gone_at is None else None


def asks(outgoing: Outgoing) -> bool:
    """Whether it stays until a person decides."""
    return outgoing.state in FOR_A_PERSON or _is_odd(outgoing)


def in_threads(
    under_way: Iterable[Outgoing], threads: Collection[UUID], drawn: Collection[UUID], eyes: Eyes
) -> tuple[Rows, Rows]:
    """What stands below each drawn comment of these threads, and what at the end of each thread."""
    about: Rows = defaultdict(list)
    at_end: Rows = defaultdict(list)
    for outgoing in under_way:
        home = home_of(outgoing)
        if home is None or home.pk not in threads or actions.is_quiet(outgoing):
            continue
        is_event = outgoing.kind in EVENTS
        comment = outgoing.result_comment_id if is_event else outgoing.comment_id
        row = actions.row(outgoing, viewer=eyes.viewer)
        if comment is not None and comment in drawn:
            # Under the comment it became, the words stand already.
            about[comment].append(replace(row, segments=[], picture=None) if is_event else row)
        elif not _is_over(outgoing):
            at_end[home.pk].append(row if is_event else replace(row, beside=UNSHOWN))
    return about, at_end


def on_post(under_way: Iterable[Outgoing], eyes: Eyes) -> list[OutgoingRow]:
    """What stands above the threads, newest first."""
    own = [o for o in under_way if home_of(o) is None and not actions.is_quiet(o) and not _is_over(o)]
    rows = [(o, actions.row(o, viewer=eyes.viewer)) for o in reversed(own)]
    return [replace(row, beside=GONE) if _is_about_comment(o) else row for o, row in rows]


def asking(post: Post, under_way: Iterable[Outgoing]) -> list[Asking]:
    """What asks for a person in threads that may be on a further page, newest first: the way there."""
    if post.first_level_comments <= PAGE:
        return []
    found = [(o, home) for o in under_way if asks(o) and (home := home_of(o)) is not None]
    return [Asking(home.pk, f"{wording.THING[o.kind].capitalize()} as {o.actor_name}") for o, home in reversed(found)]


def _is_odd(outgoing: Outgoing) -> bool:
    """On LinkedIn, but twice or in other words."""
    return outgoing.state == State.SENT and bool(outgoing.twin_urn or outgoing.result_text)


def _is_over(outgoing: Outgoing) -> bool:
    """It became a comment that is gone since: "On LinkedIn" would not be true."""
    became = outgoing.result_comment
    return became is not None and became.gone_at is not None and not _is_odd(outgoing)


def _is_about_comment(outgoing: Outgoing) -> bool:
    return outgoing.kind not in EVENTS and outgoing.target_urn.startswith("urn:li:comment:")
