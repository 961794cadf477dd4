"""The state of this LinkedIn: who exists, what they wrote, what was granted, spent and done.

Deterministic: the clock is given in, ids come from it and a counter. One lock guards it all. Leaves writing on
threads to `threads`, keeping on disk to `state`, HTTP to `app`.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import date

from .faults import Rule
from .records import Code, Comment, Entry, Image, Member, Notification, Organization, Post, Token
from .switches import Switches

CLIENT_ID = "sandbox-client"
CLIENT_SECRET = "sandbox-secret"
DAY_S = 86_400
EPOCH = date(1970, 1, 1).toordinal()
LIMITS: dict[str, tuple[int, int]] = {
    "development": (500, 100),
    "standard": (1_000_000, 100_000),
}  # per app, per member


class World:
    """Everything this LinkedIn knows. Hold `lock` while reading or changing it from several threads.

    clock: seconds since 1970. sleep: how latency and late answers wait.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        switches: Switches | None = None,
    ) -> None:
        self.lock = threading.RLock()
        self.clock = clock
        self.sleep = sleep
        self.changed = threading.Event()
        self.render_epoch = 0
        self.serial = 0
        self.traces = 0
        self.in_flight = 0
        self.in_flight_peak = 0
        self.clear()
        self._switches = switches or Switches()

    def clear(self) -> None:
        """Forget everybody and everything, and behave as by default; ids go on counting."""
        self._switches = Switches()
        self.clock_offset_s = 0.0
        self.members: dict[str, Member] = {}
        self.organizations: dict[str, Organization] = {}
        self.roles: dict[tuple[str, str], str] = {}  # (member id, organization id)
        self.posts: dict[str, Post] = {}
        self.aliases: dict[str, str] = {}
        self.comments: dict[str, Comment] = {}
        self.images: dict[str, Image] = {}
        self.uploads: dict[str, bytes] = {}
        self.tokens: dict[str, Token] = {}
        self.codes: dict[str, Code] = {}
        self.consents: dict[str, list[str]] = {}  # member id → scopes last granted
        self.sessions: dict[str, str] = {}  # consent page cookie → member id
        self.notifications: list[Notification] = []
        self.ledger: list[Entry] = []
        self.spent: Counter[str] = Counter()  # "day who" → calls
        self.comment_times: dict[str, list[int]] = {}
        self.faults: list[Rule] = []
        self.requests: Counter[str] = Counter()

    # time, ids

    def now_s(self) -> float:
        return self.clock() + self.clock_offset_s

    def now_ms(self) -> int:
        return int(self.now_s() * 1000)

    def new_id(self, at_ms: int | None = None) -> str:
        """A 19-digit id whose upper bits are the time, like a snowflake; never the same twice."""
        self.serial += 1
        return str(((self.now_ms() if at_ms is None else at_ms) << 22) | (self.serial & 0x3FFFFF))

    def new_secret(self, prefix: str, length: int) -> str:
        """An opaque text that differs each time, and between worlds that started at different times."""
        self.serial += 1
        seed = f"{prefix}.{self.serial}.{self.now_ms()}".encode()
        digits = "".join(hashlib.sha512(seed + bytes([n])).hexdigest() for n in range(1 + length // 128))
        return (prefix + digits)[:length]

    # switches

    @property
    def switches(self) -> Switches:
        return self._switches

    @switches.setter
    def switches(self, chosen: Switches) -> None:
        self._switches = chosen
        self.render_epoch += 1
        self.touch()

    def touch(self) -> None:
        """Say that there is something new to keep on disk."""
        self.changed.set()

    # people and Pages

    def add_member(self, member: Member) -> Member:
        self.members[member.id] = member
        return member

    def add_organization(self, organization: Organization) -> Organization:
        self.organizations[organization.id] = organization
        return organization

    def set_role(self, member: str, organization: str, role: str | None) -> None:
        """Give a member (id) a role on an organization (id), or take it away with None."""
        if role is None:
            self.roles.pop((member, organization), None)
        else:
            self.roles[member, organization] = role
        self.touch()

    def role(self, person_urn: str, organization_urn: str) -> str:
        """The role by URNs, or nothing. A showcase page's brand URN counts like its organization URN."""
        kind, _, key = organization_urn.removeprefix("urn:li:").partition(":")
        if kind not in ("organization", "organizationBrand"):
            return ""
        return self.roles.get((person_urn.removeprefix("urn:li:person:"), key), "")

    def knows_actor(self, urn: str) -> bool:
        kind, _, key = urn.removeprefix("urn:li:").partition(":")
        return key in (self.members if kind == "person" else self.organizations)

    # posts and comments

    def add_post(self, post: Post) -> Post:
        self.posts[post.urn] = post
        self.aliases[post.urn] = self.aliases[post.activity] = post.urn
        self.touch()
        return post

    def post(self, urn: str) -> Post | None:
        """The post under any of its names."""
        return self.posts.get(self.aliases.get(urn, ""))

    def other_name(self, post: Post) -> str:
        """A ugcPost URN that means the post as well, with digits of its own; made when it is first asked for."""
        made = (alias for alias, urn in self.aliases.items() if urn == post.urn)
        found = next((alias for alias in made if alias.startswith("urn:li:ugcPost:") and alias != post.urn), "")
        if not found:
            found = f"urn:li:ugcPost:{self.new_id(post.created)}"
            self.aliases[found] = post.urn
            self.touch()
        return found

    def comment_urn(self, comment: Comment) -> str:
        return f"urn:li:comment:({self.posts[comment.post].thread},{comment.id})"

    # what happened

    def record(self, kind: str, *, actor: str, agent: str, target: str, urn: str = "", text: str = "") -> Entry:
        entry = Entry(len(self.ledger) + 1, kind, actor, agent, target, urn, text, self.now_ms())
        self.ledger.append(entry)
        self.touch()
        return entry

    def notify(self, action: str, post: Post, activity: str) -> None:
        if not post.author.startswith("urn:li:organization:"):
            return
        number = len(self.notifications) + 1
        self.notifications.append(
            Notification(number, post.author, action, post.activity, activity, self.now_ms()),
        )

    # what was spent

    def quota(self) -> tuple[int, int]:
        """Calls a day for the app and for each member; 0 is without limit."""
        return LIMITS.get(self.switches.tier, (0, 0))

    def day(self) -> str:
        return date.fromordinal(EPOCH + int(self.now_s()) // DAY_S).isoformat()

    def spend(self, member: str) -> bool:
        """Count one call; False when today's share of the app or of the member was spent before."""
        day = self.day()
        keys = (f"{day} app", f"{day} {member}")
        within = all(not limit or self.spent[key] < limit for key, limit in zip(keys, self.quota(), strict=True))
        self.spent.update(keys)
        return within

    def set_spent(self, who: str, calls: int) -> None:
        """Pretend that today's calls of "app" or of a member (id) were so many."""
        self.spent[f"{self.day()} {who}"] = calls
        self.touch()
