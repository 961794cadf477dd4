"""Reads everything below a post: first-level comments and their replies, in parallel, page by page.

Each page goes to the caller as it comes, so memory does not grow with the thread and an interruption loses nothing.
Replies are asked for only where LinkedIn's summary says that there are some, and the caller does not know them yet.
Storing, and deciding when to read again, is left to the caller.

Offsets shift while people write. A list whose total changed between two of its pages, or that showed one comment
twice, may have hidden another: such a reading is never complete.
"""

from __future__ import annotations

import queue
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Protocol

from socialactions.linkedin.errors import LinkedInError, RateLimited, TokenRejected, VersionSunset
from socialactions.linkedin.payloads import Comment
from socialactions.linkedin.urns import Urn
from socialactions.linkedin.values import Page

PAGES_MAX = 20_000
DEPTH_MAX = 3  # LinkedIn shows one level of replies; deeper ones would be new
FAILURES_MAX = 5  # in a row: LinkedIn is down, and asking on helps nobody

_HOPELESS = (RateLimited, TokenRejected, VersionSunset)

OnPage = Callable[[Urn, Page[Comment]], None]
OnReplies = Callable[[Urn], None]  # everything below this comment came
Wants = Callable[[Comment], bool]
Expect = Callable[[int], None]  # so many calls are asked for and not answered yet
_Outcome = Page[Comment] | BaseException | None  # None: not sent, because the reading had stopped


class CommentPages(Protocol):
    """The one call that reading a tree needs; `client.LinkedIn` has it."""

    def comment_page(self, target: Urn, *, start: int = 0, count: int = 100) -> Page[Comment]: ...


@dataclass(frozen=True, slots=True)
class Tree:
    """How a reading went. When it is not complete, `missing` says exactly what is not there, for the log, and `error`
    is what LinkedIn answered instead; None when it answered, but not with everything.
    """

    comments: int
    complete: bool
    missing: list[str]
    requests: int
    error: LinkedInError | None = None
    has_shifted: bool = False  # people wrote or deleted meanwhile: read once more
    odd: int = 0  # elements that could not be read
    unlisted: int = 0  # counted by LinkedIn, and in none of its lists that came to their end
    too_deep: int = 0  # counted by LinkedIn, and below the last level that is read


@dataclass(frozen=True, slots=True)
class _Ask:
    """One page to fetch."""

    target: Urn
    start: int
    depth: int


@dataclass(slots=True)
class _Branch:
    """What is known of the comments directly below one target."""

    above: Urn | None = None  # the target that this one was listed below
    promised: int = 0  # by the parent's summary, then by LinkedIn's total
    got: int = 0
    starts: set[int] = field(default_factory=set)
    open: int = 0  # pages asked for and not here yet
    failed: bool = False
    total: int | None = None  # by the page before
    has_shifted: bool = False
    below: int = 0  # branches under this one that have not ended
    is_whole: bool = True  # itself and all that ended below it


def read_tree(
    client: CommentPages,
    post: Urn,
    *,
    promised: int = 0,
    in_flight: int = 8,
    page_size: int = 100,
    on_page: OnPage | None = None,
    on_replies: OnReplies | None = None,
    wants_replies: Wants | None = None,
    expect: Expect | None = None,
) -> Tree:
    """Read the whole thread of `post` with at most `in_flight` requests at once. `promised` is how many first-level
    comments LinkedIn counts: when it then lists none at all, they are missing and not gone.

    `on_page` hears of each page in the caller's thread, in the order of arrival; a comment comes once, even when
    LinkedIn lists it on two pages. `on_replies` hears of each comment below which all came. Where `wants_replies`
    says no, the caller has them already. `expect` hears, in the caller's thread, how many calls are under way before
    one more is. What these raise ends the reading and is raised here.
    """
    return _Reading(client, promised, in_flight, page_size, on_page, on_replies, wants_replies, expect).run(post)


class _Reading:
    """One run: the workers only fetch; everything that is counted or decided happens in the caller's thread."""

    def __init__(
        self,
        client: CommentPages,
        promised: int,
        in_flight: int,
        page_size: int,
        on_page: OnPage | None,
        on_replies: OnReplies | None,
        wants_replies: Wants | None,
        expect: Expect | None,
    ) -> None:
        self._client = client
        self._promised = promised
        self._in_flight = in_flight
        self._page_size = page_size
        self._on_page = on_page
        self._on_replies = on_replies
        self._wants_replies = wants_replies
        self._expect = expect
        self._pool = ThreadPoolExecutor(in_flight, thread_name_prefix="tree")
        self._waiting: deque[_Ask] = deque()
        self._arrived: queue.SimpleQueue[tuple[_Ask, _Outcome]] = queue.SimpleQueue()
        self._branches: dict[Urn, _Branch] = {}
        self._seen: dict[str, Urn] = {}  # below which target each comment came
        self._missing: list[str] = []
        self._error: LinkedInError | None = None
        self._asked = 0
        self._requests = 0
        self._under_way = 0
        self._failures = 0
        self._hopeless = False
        self._stopped = False
        self._has_shifted = False
        self._odd = 0
        self._unlisted = 0
        self._too_deep = 0

    def run(self, post: Urn) -> Tree:
        try:
            self._ask(_Ask(post, 0, 0))
            self._submit()
            while self._under_way:
                ask, outcome = self._arrived.get()
                self._under_way -= 1
                self._take(ask, outcome)
                self._submit()
        finally:
            self._pool.shutdown(cancel_futures=True)
        return Tree(
            comments=len(self._seen),
            complete=not self._missing,
            missing=self._missing,
            requests=self._requests,
            error=self._error,
            has_shifted=self._has_shifted,
            odd=self._odd,
            unlisted=self._unlisted,
            too_deep=self._too_deep,
        )

    def _submit(self) -> None:
        """Keep the workers busy and a little more: pages that wait for a slow caller must not pile up."""
        while self._waiting and self._under_way < 2 * self._in_flight:
            self._under_way += 1
            if self._expect is not None:
                self._expect(self._under_way)
            self._pool.submit(self._fetch, self._waiting.popleft())

    def _ask(self, ask: _Ask) -> None:
        branch = self._branches.setdefault(ask.target, _Branch())
        if self._stopped or ask.start in branch.starts:
            return
        if self._asked >= PAGES_MAX:
            self._stop(f"stopped after {PAGES_MAX} requests")
            return
        branch.starts.add(ask.start)
        branch.open += 1
        self._asked += 1
        self._waiting.append(ask)

    def _fetch(self, ask: _Ask) -> None:
        """In a worker. Always reports, or the caller would wait for ever."""
        outcome: _Outcome = None
        try:
            if not self._stopped and not self._hopeless:
                outcome = self._client.comment_page(ask.target, start=ask.start, count=self._page_size)
        except BaseException as error:  # the caller's thread raises it again unless it is LinkedIn's
            outcome = error
            if isinstance(error, _HOPELESS):
                self._hopeless = True  # at once: each further call would cost one of today's share for nothing
        self._arrived.put((ask, outcome))

    def _take(self, ask: _Ask, outcome: _Outcome) -> None:
        branch = self._branches[ask.target]
        branch.open -= 1
        if outcome is None:
            branch.failed = True
        else:
            self._requests += 1
            if isinstance(outcome, Page):
                self._failures = 0
                self._keep(ask, branch, outcome)
            else:
                self._fail(ask, branch, outcome)
        if branch.open == 0:
            self._close(ask, branch)

    def _close(self, ask: _Ask, branch: _Branch) -> None:
        """Nothing more comes for this target: compare what came with what was promised."""
        if not ask.depth and not branch.got:
            branch.promised = max(branch.promised, self._promised)
        if branch.has_shifted:
            self._has_shifted = True
            self._missing.append(f"{_place(ask)} came or went while they were read")
        elif not branch.failed and branch.got < branch.promised:
            branch.is_whole = False
            self._unlisted += branch.promised - branch.got
            self._missing.append(f"LinkedIn counts {branch.promised} {_place(ask)} and listed {branch.got}")
        branch.is_whole &= not branch.failed and not branch.has_shifted
        self._settle(ask.target, branch)

    def _settle(self, target: Urn, branch: _Branch) -> None:
        """A target has ended with everything below it; what is not whole there is not whole above it either."""
        while not branch.open and not branch.below and branch.above is not None:
            del self._branches[target]
            if branch.is_whole and self._on_replies is not None:
                self._on_replies(target)
            target, above = branch.above, self._branches[branch.above]
            above.below -= 1
            above.is_whole &= branch.is_whole
            branch = above

    def _keep(self, ask: _Ask, branch: _Branch, page: Page[Comment]) -> None:
        """Ask for what this page points at first, then hand it over, so that workers are busy while it is stored."""
        branch.has_shifted |= any(self._seen.get(one.urn.id) == ask.target for one in page.elements)
        fresh = [one for one in page.elements if one.urn.id not in self._seen]
        self._seen.update((one.urn.id, ask.target) for one in fresh)
        branch.got += len(fresh) + len(page.odd)
        if page.total is not None and not page.not_found:
            branch.has_shifted |= branch.total not in (None, page.total)
            branch.promised = page.total or branch.promised  # an empty list of what is counted: kept from us
            branch.total = page.total
        self._odd += len(page.odd)
        branch.is_whole &= not page.odd  # which they are is not known: none that did not come may be given up
        self._missing += [f"one of the {_place(ask)} could not be read: {odd.message}" for odd in page.odd]
        for start in self._further(ask, page, fresh):
            self._ask(_Ask(ask.target, start, ask.depth))
        for one in fresh:
            if one.replies_count and (self._wants_replies is None or self._wants_replies(one)):
                self._descend(ask, branch, one)
        self._submit()
        if self._on_page is not None:
            self._on_page(ask.target, page if len(fresh) == len(page.elements) else replace(page, elements=fresh))

    def _descend(self, ask: _Ask, branch: _Branch, comment: Comment) -> None:
        """Ask for the replies to a comment, unless it stands too deep."""
        if ask.depth < DEPTH_MAX:
            branch.below += 1
            self._branches[comment.urn] = _Branch(ask.target, comment.replies_count)
            self._ask(_Ask(comment.urn, 0, ask.depth + 1))
        else:
            branch.is_whole = False
            self._too_deep += comment.replies_count
            self._missing.append(f"{comment.replies_count} replies to {comment.urn.id} stand too deep")

    def _further(self, ask: _Ask, page: Page[Comment], fresh: list[Comment]) -> range | list[int]:
        """The other pages: all of them at once when the first says how many there are, else the next one."""
        if page.next_start is None or (ask.start and not fresh and not page.odd):
            return []  # a page without anything new ends a list whose links do not
        if ask.start == 0 and page.total is not None:
            return range(page.next_start, max(page.total, page.next_start + 1), page.next_start)
        return [page.next_start]

    def _fail(self, ask: _Ask, branch: _Branch, error: BaseException) -> None:
        if not isinstance(error, LinkedInError):
            raise error
        branch.failed = True
        if self._stopped:
            return
        self._missing.append(f"{_place(ask)} from {ask.start + 1} on: {error}")
        self._failures += 1
        if self._error is None or isinstance(error, _HOPELESS):
            self._error = error
        if isinstance(error, _HOPELESS):
            self._stop("the rest was not asked for")
        elif self._failures >= FAILURES_MAX:
            self._stop(f"{FAILURES_MAX} requests in a row failed; the rest was not asked for")

    def _stop(self, reason: str) -> None:
        if not self._stopped:
            self._stopped = True
            self._missing.append(reason)


def _place(ask: _Ask) -> str:
    return f"replies to comment {ask.target.id}" if ask.depth else "first-level comments"
