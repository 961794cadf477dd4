"""`/organizationalEntityNotifications`: what happened on a Page's posts in the last 60 days."""

from __future__ import annotations

from .exchange import Answer, Request, answer_json, bad_query, dump, missing, wrong_method
from .gates import ADMIN, denied, has_scope, require_role
from .records import Json, Notification
from .shapes import page_text
from .targets import actor_urn
from .world import World

RESOURCE = "organizationalEntityNotifications"
KEPT_MS = 60 * 86_400_000


def route(world: World, request: Request) -> Answer:
    if request.method != "GET" or request.segments:
        raise wrong_method()
    if request.text("q") != "criteria":
        raise missing("q")
    if not has_scope(request, ("rw_organization_admin",)):
        raise denied(request, RESOURCE, "FINDER")
    organization = actor_urn("organizationalEntity", request.text("organizationalEntity"))
    require_role(world, request, organization, ADMIN, RESOURCE, "FINDER")
    actions = set(map(str, request.items("actions")))
    since, until = _range(request)
    since = max(since, world.now_ms() - KEPT_MS)
    found = [
        one
        for one in reversed(world.notifications)
        if one.organization == organization and one.action in actions and since <= one.at <= until
    ]
    start, count = request.whole("start", 0), request.whole("count", 10)
    parts = [dump(_notification_json(one)) for one in found[start : start + count]]
    return answer_json(page_text(request, parts, start=start, count=count, total=len(found)))


def _range(request: Request) -> tuple[int, int]:
    wish = request.parameters.get("timeRange", {})
    if not isinstance(wish, dict):
        raise bad_query()
    try:
        return int(wish.get("start", 0)), int(wish.get("end", 1 << 60))
    except (TypeError, ValueError):
        raise bad_query() from None


def _notification_json(one: Notification) -> Json:
    return {
        "notificationId": one.id,
        "organizationalEntity": one.organization,
        "action": one.action,
        "sourcePost": one.post,
        "generatedActivity": one.activity,
        "lastModifiedAt": one.at,
    }
