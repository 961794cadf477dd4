"""Clock times in the viewer's zone. Their browser says which in a cookie; without script they read TIME_ZONE, named."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

COOKIE = "tz"


def activate_for(request: HttpRequest) -> None:
    name = request.COOKIES.get(COOKIE, "")
    if name in _zones():
        timezone.activate(ZoneInfo(name))
    else:
        timezone.deactivate()


@cache
def _zones() -> frozenset[str]:
    """Every name there is; asking takes a walk through some six hundred files."""
    return frozenset(available_timezones())


class ViewersZone:
    """Activates the zone for a request; it belongs to the request's thread and is set anew by each."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        activate_for(request)
        return self.get_response(request)
