"""A week of reading ahead in virtual time: is the day's limit kept, are comments seen in time, is no post forgotten?

    .venv/bin/python tests/bench/cadence.py [--pages 50] [--posts 10000] [--members 5] [--limits 0,6000,4000,1000,100]

Uses the product's own arithmetic (`cadence`, `planning`) minute by minute; rows and LinkedIn are modelled. Posts are up
to half a year old, each Page publishes once a day, and comments and likes come as they do: most in a post's first
hours, a few at any age. A thread costs its counts, its page, now and then a thread within, and names and pictures of
who wrote; a Page's whole list its pages, counts and pictures; threads that stand still have their part. Each limit is
LinkedIn's daily number of calls for one member; 0 is unknown. Exits with 1 when a limit or a part was passed, fewer
than 99 % of the comments on fresh posts were read within the promised time, or a post was forgotten.
"""

from __future__ import annotations

import argparse
import heapq
import math
import random
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from socialactions.services import cadence, planning  # noqa: E402

BEGIN = datetime(2026, 11, 2, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
WEEK = 7 * 24 * 60
READS_SHARE = 0.7
FRESH = timedelta(days=1)
HALF_YEAR_S = 182 * 86_400
THREADS_AGAIN = 5  # at most, of a thread that stands still
COUNTS_AND_PAGE = NAMES_AND_PICTURES = 2
PEOPLE_A_DAY = 0.05  # of the limit: what people's own reading takes meanwhile


@dataclass(slots=True)
class Post:
    made: datetime
    moved: datetime
    counted: datetime | None = None
    read: datetime | None = None
    comments: int = 0
    likes: int = 0
    is_unread: bool = False
    waiting: list[tuple[datetime, datetime]] = field(default_factory=list)  # when it came, until when it was promised

    def wait(self, now: datetime) -> timedelta:
        return cadence.wait(age=now - self.made, quiet=now - self.moved)


class Member:
    """One connection: its Pages' posts, and what it has spent today."""

    def __init__(self, limit: int, pages: int, posts: list[Post], dice: random.Random) -> None:
        self.limit, self.pages, self.dice = limit, pages, dice
        self.share = int(limit * READS_SHARE) if limit else None
        self.posts = posts
        self.due = [(BEGIN, n) for n in range(len(posts))]
        self.unread: list[int] = []
        self.still: list[tuple[datetime, int]] = []  # when it was read
        self.unlisted: list[Post] = []
        self.next_list = [BEGIN] * pages
        self.whole_lists = [BEGIN - timedelta(seconds=dice.uniform(0, 86_400)) for _ in range(pages)]
        self.spent = 0
        self.most_spent = 0
        self.stretch = self.most_stretch = 1.0
        self.longest_gap = timedelta()
        self.in_time = self.late = 0
        self.calls = 0
        self.today = self.most_today = 0
        self.still_today = self.most_still = 0
        self.reads = [0] * 24  # of the last hours
        self.was_too_small = False

    def minute(self, now: datetime, minutes: int) -> None:
        if minutes % (24 * 60) == 0:
            self.most_spent, self.spent = max(self.most_spent, self.spent), 0
            self.most_today, self.today = max(self.most_today, self.today), 0
            self.most_still, self.still_today = max(self.most_still, self.still_today), 0
        if minutes % 60 == 0:
            self.reads = [*self.reads[1:], 0]
        if minutes % 10 == 0:
            waits = [post.wait(now) for post in self.posts]
            reads = sum(self.reads) + planning.CALLS_A_THREAD * len(self.unread)
            self.stretch = planning.stretch(planning.looks_a_day(waits, self.pages), reads, self.share)
            self.most_stretch = max(self.most_stretch, self.stretch)
            self.was_too_small |= planning.is_too_small(reads, self.share)
        if self.limit and self.dice.random() < self.limit * PEOPLE_A_DAY / (24 * 60):
            self.spent += 1
        may = planning.allowance(now, share=self.share, spent=self.spent)
        for call in (self._list, self._count, self._read, self._read_still):
            used = call(now, may)
            may, self.spent, self.calls = may - used, self.spent + used, self.calls + used
            self.today += used

    def publish(self, now: datetime) -> None:
        self.unlisted.append(Post(made=now, moved=now))

    def comment(self, now: datetime, post: Post, *, listed: bool) -> None:
        waits = post.wait(now) if listed else max(cadence.NEW_POSTS, cadence.SHORTEST)
        if now - post.made < FRESH:
            post.waiting.append((now, now + waits * self.stretch + 3 * MINUTE))
        post.comments += 1

    def _left(self, wanted: int, used: int) -> int:
        """As many of the calls as the share still has: no more leave."""
        return wanted if self.share is None else max(min(wanted, self.share - self.spent - used), 0)

    def _list(self, now: datetime, may: int) -> int:
        used = 0
        for page, at in enumerate(self.next_list):
            if at <= now and used < may:
                used += self._left(self._page_of_list(page, now), used)
                self.next_list[page] = now + cadence.NEW_POSTS * self.stretch
        if used and self.unlisted:
            used += self._left(2, used)  # their counts and pictures
            for post in self.unlisted:
                self.posts.append(post)
                heapq.heappush(self.due, (now, len(self.posts) - 1))
            self.unlisted = []
        return used

    def _page_of_list(self, page: int, now: datetime) -> int:
        if not cadence.wants_all_posts(self.whole_lists[page], now, stretch=self.stretch):
            return 1
        self.whole_lists[page] = now
        return math.ceil(planning.whole_list(len(self.posts) // self.pages))

    def _count(self, now: datetime, may: int) -> int:
        used = 0
        while used < may and self.due and self.due[0][0] <= now:
            used += 1
            batch = [heapq.heappop(self.due)[1] for _ in range(min(planning.SUMMARY_SIZE, len(self.due)))]
            for number in batch:
                post = self.posts[number]
                if post.counted is not None:
                    self.longest_gap = max(self.longest_gap, now - post.counted)
                post.counted = now
                if post.comments or post.likes:
                    post.moved, post.likes = now, 0
                if post.comments and not post.is_unread:
                    post.is_unread = True
                    self.unread.append(number)
                heapq.heappush(self.due, (now + post.wait(now) * self.stretch, number))
        return used

    def _read(self, now: datetime, may: int) -> int:
        used = 0
        while self.unread and used < may:
            number = self.unread.pop()  # what moved last is read first
            cost = self._left(COUNTS_AND_PAGE + (self.dice.random() < 0.3) + NAMES_AND_PICTURES, used)
            used += cost
            self.reads[-1] += cost
            if cost < COUNTS_AND_PAGE:
                self.unread.append(number)
                break
            post = self.posts[number]
            for _, promised in post.waiting:
                self.in_time += now <= promised
                self.late += now > promised
            post.waiting, post.comments, post.read, post.is_unread = [], 0, now, False
            heapq.heappush(self.still, (now, number))
        return used

    def _read_still(self, now: datetime, may: int) -> int:
        used = 0
        for _ in range(planning.STILL_AT_ONCE):
            number = self._longest_still(now)
            left = planning.left_for_still(now, share=self.share, spent=self.still_today, allowed=may - used)
            if number is None or left < COUNTS_AND_PAGE:
                break
            again = min(self.dice.randint(0, THREADS_AGAIN), left - COUNTS_AND_PAGE)
            cost = self._left(COUNTS_AND_PAGE + again + NAMES_AND_PICTURES, used)
            used, self.still_today = used + cost, self.still_today + cost
            heapq.heappop(self.still)
            self.posts[number].read = now
            heapq.heappush(self.still, (now, number))
        return used

    def _longest_still(self, now: datetime) -> int | None:
        """Which post was not read for longest, of those that are due."""
        while self.still and self.still[0][0] <= now - cadence.STILL:
            read, number = self.still[0]
            post = self.posts[number]
            if post.read == read and now - max(post.made, post.moved) < cadence.LIVELY:
                return number
            heapq.heappop(self.still)  # read since, or at rest
        return None


def simulate(limit: int, options: argparse.Namespace) -> bool:
    dice = random.Random(options.seed)
    members = []
    for _ in range(options.members):
        ages = [dice.uniform(0, HALF_YEAR_S) for _ in range(options.posts // options.members)]
        posts = [Post(made=BEGIN - timedelta(seconds=age), moved=BEGIN - timedelta(seconds=age)) for age in ages]
        members.append(Member(limit, options.pages // options.members, posts, dice))
    for minutes in range(WEEK):
        now = BEGIN + minutes * MINUTE
        for member in members:
            _life(member, now, dice)
            member.minute(now, minutes)
    return _told(limit, members)


def _life(member: Member, now: datetime, dice: random.Random) -> None:
    """What members of LinkedIn do in a minute."""
    if dice.random() < member.pages / (24 * 60):
        member.publish(now)
    for post in member.unlisted:
        if dice.random() < 0.1:
            member.comment(now, post, listed=False)
    young = [post for post in member.posts[-3 * member.pages :] if now - post.made < FRESH]
    for post in young:
        hours = (now - post.made).total_seconds() / 3600
        if dice.random() < 0.15 / (1 + hours):
            member.comment(now, post, listed=True)
        if dice.random() < 0.5 / (1 + hours):
            post.likes += 1
    if dice.random() < len(member.posts) / 30 / (24 * 60):  # each old post a comment a month
        member.comment(now, dice.choice(member.posts), listed=True)
    if dice.random() < len(member.posts) / 30 / (24 * 60):
        dice.choice(member.posts).likes += 1


def _told(limit: int, members: list[Member]) -> bool:
    in_time = sum(member.in_time for member in members)
    late = sum(member.late for member in members)
    most = max(max(member.most_today, member.today) for member in members)
    is_small = any(member.was_too_small for member in members)
    gap = max(member.longest_gap for member in members)
    old_enough = BEGIN + WEEK * MINUTE - 2 * FRESH
    unseen = sum(1 for member in members for post in member.posts if post.counted is None and post.made < old_enough)
    allowed = int(limit * READS_SHARE) if limit else None
    stretch = max(member.most_stretch for member in members)
    share = in_time / max(in_time + late, 1)
    gap_allowed = cadence.LONGEST * max(stretch, 1) * 1.5
    # Where the limit cannot carry what moves, the page says so and promises nothing.
    still_allowed = planning.still_at_most(allowed) + NAMES_AND_PICTURES
    still = max(max(member.most_still, member.still_today) for member in members)
    kept = (allowed is None or still <= still_allowed) and (
        (allowed is None or most <= allowed) and (is_small or share >= 0.99) and gap <= gap_allowed and not unseen
    )
    verdict = "BROKEN" if not kept else "too small, said" if is_small else "kept"
    print(
        f"{limit or 'unknown':>8} {sum(m.calls for m in members) / 7 / len(members):10.0f} "
        f"{most:9} {allowed or '-':>8} {still:6} {stretch:8.1f} {in_time + late:9} {100 * share:8.2f} % "
        f"{gap.total_seconds() / 3600:8.1f} h {unseen:7}   {verdict}"
    )
    return kept


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else None)
    for name, default in (("pages", 50), ("posts", 10_000), ("members", 5), ("seed", 1)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--limits", default="0,6000,4000,1000,100")
    options = parser.parse_args()
    print(f"{options.pages} Pages, {options.posts} posts, {options.members} members, a week of minutes")
    print("   limit  calls/day  most/day    share  still  stretch  comments    in time  longest gap unlooked")
    if not all(simulate(int(limit), options) for limit in options.limits.split(",")):
        sys.exit(1)


if __name__ == "__main__":
    main()
