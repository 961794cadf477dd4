"""What the frame around every page shows: Pages, person, health, banners."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from socialactions import clock, rights
from socialactions.models import User
from socialactions.queries import alarms
from socialactions.queries.moments import at_clock, on_day
from socialactions.queries.people import until
from socialactions.queries.rows import Banner, Face, PageChoice
from socialactions.queries.viewing import Viewer
from socialactions.services import disk, weather

from .access import viewer_of

ENDS_SOON, ENDS_VERY_SOON, ENDS_NOW = timedelta(days=30), timedelta(days=7), timedelta(days=1)
DENSITY, COMPACT = "density", "compact"  # a cookie, and what it holds when it is there
SECTIONS = {
    **{"post": "posts", "comment": "posts", "reply": "posts"},
    **{"history": "history", "outgoing": "history", "insights": "insights"},
}


@dataclass(frozen=True, slots=True)
class Frame:
    user: Face | None = None
    user_id: UUID | None = None
    is_admin: bool = False
    is_compact: bool = False
    desk_name: str = ""
    page: PageChoice | None = None
    pages: list[PageChoice] = field(default_factory=list)
    health: Banner | None = None
    banners: Iterable[Banner] = ()  # found out only where they are shown
    is_sandbox: bool = False
    sandbox_url: str = ""
    section: str = ""
    live_since: float = 0.0


def frame(request: HttpRequest) -> dict[str, Any]:
    sandbox: dict[str, Any] = {
        "is_sandbox": settings.SANDBOX,
        "sandbox_url": f"{settings.LINKEDIN_API_BASE_URL}/sandbox/",
    }
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated or cast(User, user).desk is None:
        return {"frame": Frame(**sandbox)}
    viewer = viewer_of(request)
    looking_at = viewer.looking_at(request.session.get("page"))
    name = request.resolver_match.url_name or "" if request.resolver_match else ""
    first = name.partition("-")[0]
    return {
        "frame": Frame(
            user=viewer.face,
            user_id=viewer.user.pk,
            is_admin=viewer.user.is_admin,
            is_compact=request.COOKIES.get(DENSITY) == COMPACT,
            desk_name=str(viewer.user.desk),
            page=looking_at.choice if looking_at else None,
            pages=[page.choice for page in viewer.pages.values()],
            health=_health(viewer),
            banners=cast("Iterable[Banner]", SimpleLazyObject(lambda: _banners(viewer))),
            section=SECTIONS.get(first, "settings" if first in ("settings", "connection", "invitation", "key") else ""),
            live_since=(getattr(request, "asked_at", None) or clock.now()).timestamp(),
            **sandbox,
        )
    }


def _health(viewer: Viewer) -> Banner:
    if viewer.connection is None:
        return Banner("attention", "Not connected", "LinkedIn cannot be reached for you")
    readable = len(viewer.readable)
    total = len(viewer.pages)
    tone = "" if readable == total else "attention"
    return Banner(tone, f"{readable} of {total} Pages reading" if total else "No Pages yet")


def _banners(viewer: Viewer) -> list[Banner]:
    found = []
    if since := weather.down_since():
        what = f"LinkedIn does not answer since {at_clock(since)}."
        found.append(Banner("attention", what, "You can write; we send when it is back."))
    if viewer.user.is_admin and (full := disk.nearly_full()):
        found.append(_full_disk(full))
    if viewer.is_alarmed and viewer.user.is_admin:
        found += _alarms(viewer)
    if viewer.connection is None:
        return [*found, _ended(viewer)]
    if ending := _ending(viewer.connection.refresh_expires_at or viewer.connection.expires_at):
        found.append(ending)
    if why := rights.why_no_pages(viewer.connection.scopes):
        means = "Until then nothing of your Pages can be shown."
        found.append(Banner("attention", why, means, "Connect", reverse("connect")))
    elif not viewer.pages:
        found.append(
            Banner(
                "",
                "LinkedIn lists no Page that you manage.",
                "Ask an administrator of the Page for a role there, then look again.",
                "What is needed",
                reverse("settings-connections"),
            )
        )
    return found


def _full_disk(full: disk.Disk) -> Banner:
    what = f"The disk that holds Threadwell's data is {full.percent} % full: {full.left} are left."
    means = "Make room on it, or give it more, before it is full: then nothing is accepted and nothing is sent."
    return Banner("attention", what, means)


def _alarms(viewer: Viewer) -> list[Banner]:
    """What only an administrator of the desk can set right."""
    assert viewer.user.desk_id is not None
    now = alarms.of_desk(viewer.user.desk_id)
    found = []
    if now.sunset:
        what = f"LinkedIn switched off API version {now.sunset}."
        found.append(Banner("attention", what, "Update Threadwell; writing is paused, nothing is lost."))
    for name, uid in now.stopped.items():
        what = f"LinkedIn published something of {name} under another name."
        means = f"Nothing more is sent as {name} until somebody has looked there and decided."
        found.append(Banner("attention", what, means, "Decide", reverse("outgoing-show", args=[uid])))
    return found


def _ended(viewer: Viewer) -> Banner:
    connection = getattr(viewer.user, "connection", None)
    what = f"Your LinkedIn connection ended{on_day(connection.ended_at) if connection else ''}."
    waiting = alarms.waiting_of(viewer.user) or "nothing of yours is waiting"
    means = f"Reading still works from what we have; {waiting}."
    return Banner("attention", what, means, "Reconnect", reverse("connect"))


def _ending(ends: datetime) -> Banner | None:
    """Quiet a month ahead, plain in the last week, and clear about what it means on the last day."""
    left = ends - clock.now()
    if left > ENDS_SOON:
        return None
    what = f"Your LinkedIn connection ends {until(ends)}."
    means = "Sign in again to renew it."
    if left <= ENDS_NOW:
        means = "Sign in again today, or what you write waits until you do."
    return Banner("attention" if left <= ENDS_VERY_SOON else "", what, means, "Renew", reverse("connect"))
