"""Looking on LinkedIn for what may or may not be there. The only way out of doubt besides a person.

Rung for by the sweeper alone. A look that failed or was partial proves nothing; a complete one may find the comment,
something like it, or nothing, and nothing counts only after several looks.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from django.db.models import Q, Subquery

from socialactions import clock, rights, waits
from socialactions.linkedin.client import LinkedIn
from socialactions.linkedin.errors import LinkedInError
from socialactions.linkedin.mentions import to_message
from socialactions.linkedin.oauth import TokenEndpointDown
from socialactions.linkedin.payloads import Comment as CommentPayload
from socialactions.linkedin.urns import Urn
from socialactions.models import Connection, Outgoing
from socialactions.spans import unit

from . import comment_store, matching, outbox, pages, promptness
from .connections import ConnectionEnded, read_with
from .moves import as_seen, bind, step_as_seen
from .outbox import Bell
from .outcomes import REPEATABLE, Outcome, Reason
from .reading import reader_for

log = logging.getLogger(__name__)
Kind, State = Outgoing.Kind, Outgoing.State
PAGES_AT_MOST = 60  # of each list
LOOKS_AT_ONCE = 100


class Partial(Exception):
    """The look did not see everything, so it proves nothing."""


class Unlisted(Partial):
    """LinkedIn counts more than it listed."""


class Unreadable(Partial):
    """Nobody here has the right to look."""


def wanted_now() -> list[int]:
    """Actions whose next look is due; each is handed out to one caller."""
    now = clock.now()
    ids = Outgoing.objects.filter(look_at__lte=now).order_by("look_at").values_list("pk", flat=True)[:LOOKS_AT_ONCE]
    return [pk for pk in ids if Outgoing.objects.filter(pk=pk, look_at__lte=now).update(look_at=now + waits.LOOK_LEASE)]


def look(pk: int) -> list[Bell]:
    """One look for an action in doubt, or one read-back of a success; harmless at any time. Returns whom to ring."""
    needed = ("desk", "user", "connection__desk", "post__organization__desk", "thread", "comment")
    row = (
        Outgoing.objects.select_related(*needed)
        .filter(pk=pk, state__in=[State.UNKNOWN, State.SENT], look_at__isnull=False)
        .exclude(state=State.UNKNOWN, reason=Reason.WRONG_ACTOR)  # no look finds what stands under another name
        .first()
    )
    if row is None:
        return []
    if row.state == State.SENT:
        _read_back(row)
        return []
    began = clock.now()
    try:
        found = search(row)
    except (Partial, LinkedInError, ConnectionEnded, TokenEndpointDown) as error:
        log.info("action %s: a look failed: %s", row.uid, type(error).__name__)
        _has_failed(row)
        return []
    return _decide(row, found, began)


def search(row: Outgoing, *, is_brief: bool = False) -> matching.Found:
    """All comments where the action should stand, weighed; ``is_brief`` when somebody who saw it there waits for the
    answer: then part of them is enough to find it in. Raises Partial, LinkedInError, ConnectionEnded,
    TokenEndpointDown.
    """
    reader = _reader_now(row, is_brief=is_brief)
    if reader is None:  # who may write may not read: LinkedIn would show them an empty list
        raise Unreadable("nobody here may read these comments")
    bound = Outgoing.objects.filter(post_id=row.post_id, result_urn__gt="").exclude(pk=row.pk)
    taken = {Urn.parse(urn).id for urn in bound.values_list("result_urn", flat=True) if urn}

    def ask(client: LinkedIn) -> matching.Found:
        listed: list[CommentPayload] = []
        found = matching.Found((), ())
        try:
            for place in _places(client, row):
                for one in place:
                    listed.append(one)
                found = matching.find(_wanted(row, client), listed, taken=taken)
                if found.exact:
                    break
        except (Partial, LinkedInError):  # what was seen is there, whatever was not
            found = matching.find(_wanted(row, client), listed, taken=taken)
            if not found.exact and not (is_brief and found.near):
                raise
        return found

    return read_with(reader, ask, is_urgent=True, is_brief=is_brief)


def _reader_now(row: Outgoing, *, is_brief: bool) -> Connection | None:
    """On whose grant to look. LinkedIn may show an empty list to whose role has changed, so nobody's is taken for true
    who was not asked lately; and a role that was missed may have come back.
    """
    page = row.post.organization
    asked = reader_for(page, rights.READ_COMMENTS) or row.connection
    while asked is not None and not pages.has_fresh_roles(asked):
        pages.fresh_roles(asked, is_brief=is_brief)
        asked = reader_for(page, rights.READ_COMMENTS)
    return reader_for(page, rights.READ_COMMENTS)


def _decide(row: Outgoing, found: matching.Found, began: datetime) -> list[Bell]:
    """What a look that began then means. Its row may have moved meanwhile: then another decides."""
    if found.exact:
        if len(found.exact) > 1:
            row.twin_urn = _keep_second(row, found.exact[1])
        if bind(row, found.exact[0], Reason.FOUND, allowed=[State.UNKNOWN]):
            return outbox.next_in_line(row)
        return []
    if found.near:
        nearest = found.near[0]
        row.near_urn, row.result_text = str(nearest.urn), nearest.text
        step_as_seen(row, Outcome(State.NEEDS_ATTENTION, Reason.NEARLY))
        return outbox.next_in_line(row)
    if row.reason == Reason.REFUSED:
        step_as_seen(row, Outcome(State.FAILED, Reason.REFUSED))
        return outbox.next_in_line(row)
    looks = row.looks + 1
    assert row.doubt_since is not None
    if looks < waits.LOOKS_NEEDED or began < row.doubt_since + waits.LOOKS[-1]:
        # Two looks at the same time are one: absence needs several, with time in between.
        as_seen(row).update(looks=looks, look_at=_next_look(row, clock.now()))
        return []
    if row.unwanted_by_id:  # somebody tried to take it back; it is not there, as they wished
        step_as_seen(row, Outcome(State.DISCARDED, Reason.BY_PERSON))
    elif row.reason in REPEATABLE and row.repeats == 0 and promptness.is_prompt() and not _was_swept_away(row):
        if not _may_still_read(row):
            _has_failed(row)
            return []
        step_as_seen(row, Outcome(State.QUEUED, Reason.ABSENT), repeats=1, due_at=clock.now())
    else:
        step_as_seen(row, Outcome(State.NEEDS_ATTENTION, Reason.ABSENT))
    return outbox.next_in_line(row)


def _has_failed(row: Outgoing) -> None:
    """The look proved nothing, and is made again."""
    as_seen(row).update(look_at=clock.now() + waits.LOOK_AGAIN)


def _may_still_read(row: Outgoing) -> bool:
    """Whether who looked has the right to, asked after the look: a role that changed since it was last asked for may
    have been shown nothing. Absence is acted on so seldom that the three calls are cheap.
    """
    reader = reader_for(row.post.organization, rights.READ_COMMENTS)
    if reader is None or not pages.look_again(reader.pk, is_urgent=True):
        return False
    return reader_for(row.post.organization, rights.READ_COMMENTS) == reader


def _was_swept_away(row: Outgoing) -> bool:
    """Whether it may have stood there: closing a post's comments deletes them, and then absence proves nothing."""
    tried_at = row.attempts.order_by("wire_at").values("wire_at")[:1]
    closings = Outgoing.objects.filter(post_id=row.post_id, kind=Kind.CLOSE)
    closings = closings.exclude(state__in=[State.CANCELLED, State.FAILED])
    return closings.filter(Q(finished_at__isnull=True) | Q(finished_at__gte=Subquery(tried_at))).exists()


def _keep_second(row: Outgoing, twin: CommentPayload) -> str:
    """The comment that stands there a second time, stored so that it can be deleted."""
    target = row.target_urn if row.kind == Kind.REPLY and twin.parent is not None else row.post.urn
    comment_store.CommentStore(row.post).page(Urn.parse(target), [twin])
    log.warning("action %s stands twice on LinkedIn", row.uid)
    return str(twin.urn)


def _next_look(row: Outgoing, now: datetime) -> datetime:
    assert row.doubt_since is not None
    planned = [row.doubt_since + offset for offset in waits.LOOKS]
    return next((at for at in planned if at > now), now + waits.LOOK_AGAIN)


def _read_back(row: Outgoing) -> None:
    """Whether LinkedIn lists a success yet. One that failed measures nothing."""
    reader = reader_for(row.post.organization, rights.READ_COMMENTS)
    urn = row.result_urn
    if reader is None or urn is None:
        Outgoing.objects.filter(pk=row.pk).update(look_at=None)
        return
    target = Urn.parse(row.target_urn)
    wanted = Urn.parse(urn).id
    try:
        is_listed = read_with(reader, lambda client: any(one.id == wanted for one in _all(client, target)))
    except Unlisted:  # counted already, perhaps, and on no list
        is_listed = False
    except (Partial, LinkedInError, ConnectionEnded, TokenEndpointDown) as error:
        log.info("action %s: a read-back failed: %s", row.uid, type(error).__name__)
        Outgoing.objects.filter(pk=row.pk).update(look_at=None)
        return
    promptness.seen(row, is_listed=is_listed, now=clock.now())


def _wanted(row: Outgoing, client: LinkedIn) -> matching.Wanted:
    message = to_message(row.text, unit=unit())
    # From the shared clock to this process's, and from there to LinkedIn's.
    offset = timedelta(seconds=client.clock_offset_s or 0) + (datetime.now(UTC) - clock.now())
    times = row.attempts.values_list("wire_at", flat=True)
    windows = [(at + offset - waits.BEFORE_WIRE, at + offset + waits.AFTER_WIRE) for at in times]
    if row.reason == Reason.RESTORED:  # what was tried since the backup, nobody knows any more
        windows.append((row.created_at + offset - waits.BEFORE_WIRE, clock.now() + offset + waits.AFTER_WIRE))
    return matching.Wanted(
        actor=Urn.parse(row.actor_urn),
        agent=Urn.parse(row.member_urn),
        parent=Urn.parse(row.target_urn) if row.kind == Kind.REPLY else None,
        text=message.text,
        mentions=frozenset(one.urn for one in message.attributes if one.urn is not None),
        has_picture=bool(row.image_urn),
        windows=tuple(windows),
    )


def _places(client: LinkedIn, row: Outgoing) -> Iterator[Iterator[CommentPayload]]:
    """Replies of the comment answered, then the post's first level: LinkedIn may show a reply flat."""
    if row.kind == Kind.REPLY:
        yield _all(client, Urn.parse(row.target_urn))
        if _has_equal_comment_in_doubt(row):
            raise Partial("an equal comment of the same actor is in doubt as well, and goes first")
    yield _all(client, Urn.parse(row.post.urn))


def _has_equal_comment_in_doubt(row: Outgoing) -> bool:
    """Then what stands on the first level may be that comment: it must not be taken for a reply that is shown flat."""
    others = Outgoing.objects.filter(post_id=row.post_id, actor_urn=row.actor_urn, kind=Kind.COMMENT)
    texts = others.filter(state__in=[State.SENDING, State.UNKNOWN]).values_list("text", flat=True)
    return any(matching.same_text(text, row.text) for text in texts)


def _all(client: LinkedIn, target: Urn) -> Iterator[CommentPayload]:
    """Everything LinkedIn lists below a target; Partial when that is not all of it."""
    start: int | None = 0
    seen: set[str] = set()
    total: int | None = None
    for _ in range(PAGES_AT_MOST):
        page = client.comment_page(target, start=start or 0)
        if page.odd:
            raise Partial("a comment could not be read")
        yield from page.elements
        has_shifted = any(one.id in seen for one in page.elements)
        if page.total is not None and not page.not_found:
            has_shifted |= total not in (None, page.total)
            total = page.total
        if has_shifted:
            raise Partial("comments came or went while they were read")
        seen.update(one.id for one in page.elements)
        start = page.next_start
        if start is None:
            break
    else:
        raise Partial("more pages than a look may read")
    # An empty list is said by 404, and so is a target that is gone: then this raises. Who may not read sees one, too.
    counted = total if seen else client.summary(target).first_level
    if len(seen) < (counted or 0):
        raise Unlisted(f"LinkedIn counts {counted} and listed {len(seen)}")
