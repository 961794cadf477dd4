"""Forgetting: rows past their lifetime, expired faces on disk, pictures nobody sent."""

from __future__ import annotations

import contextlib
import logging
import time
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.core.cache import caches
from django.core.cache.backends.filebased import FileBasedCache
from django.db.models import ProtectedError
from django.utils import timezone

from socialactions.models import Attachment, Outgoing

from . import attachments, budget, events, listing, storing

log = logging.getLogger(__name__)
UNSENT_PICTURES_LIVE = timedelta(hours=24)


def purge() -> dict[str, int]:
    """Delete everything whose time is over; returns how many of each, which is also logged."""
    done = {
        **storing.forget_expired(),
        "pictures": _unsent_pictures(),
        "cache files": _old_cache_files(),
        "listing delays": listing.forget_old(),
        "call counts": budget.forget_old(),
        "announcements": events.forget_announcements(),
    }
    SessionStore.clear_expired()
    log.info("purged %s", ", ".join(f"{n} {what}" for what, n in done.items()))
    return done


def _unsent_pictures() -> int:
    used = Outgoing.objects.filter(picture__isnull=False).values("picture")
    old = Attachment.objects.filter(created_at__lt=timezone.now() - UNSENT_PICTURES_LIVE).exclude(pk__in=used)
    gone = 0
    for attachment in old:
        with contextlib.suppress(ProtectedError):  # sent at this very moment: it is used after all
            attachment.delete()
            attachments.path_of(attachment).unlink(missing_ok=True)
            gone += 1
    return gone


def _old_cache_files() -> int:
    """The file cache forgets only what is asked for; nothing in it may outlive the longest lifetime of a face."""
    if not isinstance(caches["default"], FileBasedCache):
        return 0
    folder = Path(settings.CACHES["default"]["LOCATION"])
    limit = time.time() - settings.FACES_TTL_S
    gone = 0
    for path in folder.glob("*.djcache"):
        with contextlib.suppress(FileNotFoundError):  # whoever read it past its end has deleted it
            if path.stat().st_mtime < limit:
                path.unlink()
                gone += 1
    return gone
