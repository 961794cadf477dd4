"""In which unit mentions are counted here; LinkedIn does not document its own (docs/linkedin.md, open points)."""

from __future__ import annotations

from typing import cast

from django.conf import settings

from socialactions.linkedin.mentions import Unit


def unit() -> Unit:
    return cast(Unit, settings.MENTION_OFFSETS)
