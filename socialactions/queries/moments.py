"""Moments as sentences name them, in the viewer's zone."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone


def at_clock(at: datetime | None) -> str:
    """ "14:32", or with the day when it is not today, and the year when that is another."""
    if at is None:
        return "an unknown time"
    local, today = timezone.localtime(at), timezone.localdate()
    if local.date() == today:
        return f"{local:%H:%M}"
    year = "" if local.year == today.year else f" {local.year}"
    return f"{local.day} {local:%b}{year}, {local:%H:%M}"


def on_day(at: datetime | None) -> str:
    """ " on 3 March"; empty without a moment."""
    return "" if at is None else f" on {timezone.localtime(at).day} {timezone.localtime(at):%B}"
