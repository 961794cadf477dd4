"""What the frame around every page shows: Pages, person, health, banners."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from socialactions import rights
from socialactions.models import User
from socialactions.queries.people import until
from socialactions.queries.rows import Banner, Face, PageChoice
from socialactions.queries.viewing import Viewer

from .access import viewer_of

ENDS_VERY_SOON = timedelta(days=7)
SECTIONS = {"post": "posts", "comment": "posts", "reply": "posts", "history": "history", "outgoing": "history"}


@dataclass(frozen=True, slots=True)
class Frame:
    user: Face | None = None
    user_id: UUID | None = None
    is_admin: bool = False
    desk_name: str = ""
    page: PageChoice | None = None
    pages: list[PageChoice] = field(default_factory=list)
    health: Banner | None = None
    banners: list[Banner] = field(default_factory=list)
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
            desk_name=str(viewer.user.desk),
            page=looking_at.choice if looking_at else None,
            pages=[page.choice for page in viewer.pages.values()],
            health=_health(viewer),
            banners=_banners(viewer),
            section=SECTIONS.get(first, "settings" if first in ("settings", "connection", "invitation") else ""),
            live_since=time.time(),
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
    connect = reverse("connect")
    if viewer.connection is None:
        return [
            Banner(
                "attention",
                "Your LinkedIn connection ended.",
                "What was read can still be seen; nothing new is read or sent until you connect again.",
                "Connect again",
                connect,
            )
        ]
    found = []
    ends = viewer.connection.refresh_expires_at or viewer.connection.expires_at
    if ends - timezone.now() < ENDS_VERY_SOON:
        found.append(
            Banner(
                "attention",
                f"Your LinkedIn connection ends {until(ends)}.",
                "Sign in again to renew it.",
                "Renew",
                connect,
            )
        )
    if why := rights.why_no_pages(viewer.connection.scopes):
        found.append(Banner("attention", why, "Until then nothing of your Pages can be shown.", "Connect", connect))
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
