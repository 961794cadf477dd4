"""Forgetting what is past its lifetime (see lifetimes.py), and reading again in time what open work still needs."""

from __future__ import annotations

import contextlib
import logging
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.core.cache import cache, caches
from django.core.cache.backends.filebased import FileBasedCache
from django.db import transaction
from django.db.models import ProtectedError
from django.utils import timezone

from socialactions import fragments
from socialactions.lifetimes import (
    API_CALLS_LIVE,
    COUNTS_LIVE,
    PAGES_WORDS_LIVE,
    READ_AGAIN_BEFORE,
    RUNS_LIVE,
    UNSENT_PICTURES_LIVE,
    WEBHOOK_CALLS_LIVE,
)
from socialactions.models import (
    ApiCall,
    Attachment,
    CommentContent,
    Outgoing,
    Post,
    Snapshot,
    SyncRun,
    WebhookDelivery,
)

from . import attachments, budget, events, forgetting, free_pages, promptness, reading, receipts

log = logging.getLogger(__name__)
ASKED_AGAIN_S = 3600  # a reading that failed, or brought no new end, is not tried at once


def purge() -> dict[str, int]:
    """Delete everything whose time is over, and write the receipt; returns how many of each, which is also logged."""
    done = {"pictures": _unsent_pictures(), "cache files": _old_cache_files()}
    with transaction.atomic():
        done |= _expired_rows(timezone.now())
        done |= {
            "words of forgotten people": forgetting.erase_again(),
            "listing delays": promptness.forget_old(),
            "call counts": budget.forget_old(),
            "announcements": events.forget_announcements(),
        }
        SessionStore.clear_expired()
        receipts.write(done)
    free_pages.empty()
    fragments.sweep()
    log.info("purged %s", ", ".join(f"{n} {what}" for what, n in done.items() if n) or "nothing")
    return done


def wants_words_again(now: datetime) -> list[Post]:
    """Posts where words end soon and an action of ours is still open: whoever decides about it needs to see them."""
    ending = CommentContent.objects.filter(expires_at__lte=now + READ_AGAIN_BEFORE)
    still_open = Outgoing.objects.exclude(state__in=Outgoing.FINAL)
    found = Post.objects.filter(gone_at__isnull=True, pk__in=still_open.values("post"))
    return list(found.filter(pk__in=ending.values("post")).order_by("pk"))


def to_read_again() -> list[str]:
    """Such posts, each claimed for one reading; the reading itself stops where the day's budget does."""
    return [
        str(post.pk)
        for post in wants_words_again(timezone.now())
        if not reading.is_resting(post)
        and cache.add(f"words-again:{post.pk}", True, timeout=ASKED_AGAIN_S)
        and reading.claim_comments(post)
    ]


def _expired_rows(now: datetime) -> dict[str, int]:
    ended = CommentContent.everything.filter(expires_at__lte=now)
    pages, _ = ended.filter(fetched_at__lte=now - PAGES_WORDS_LIVE).delete()
    members, _ = ended.delete()
    expired = Post.everything.filter(expires_at__lte=now)
    _, deleted = expired.filter(outgoing__isnull=True).delete()
    # Our own actions stay in History, and with them the post's name; not its words.
    emptied = {name: nothing() for name, nothing in Post.WORDS.items()}
    silent = expired.exclude(**emptied).update(**emptied)
    snapshots, _ = Snapshot.everything.filter(at__lte=now - COUNTS_LIVE).delete()
    runs, _ = SyncRun.everything.filter(started_at__lte=now - RUNS_LIVE).delete()
    calls, _ = ApiCall.everything.filter(at__lte=now - API_CALLS_LIVE).delete()
    told, _ = WebhookDelivery.everything.filter(at__lte=now - WEBHOOK_CALLS_LIVE).delete()
    return {
        "members' words": members,
        "Pages' words": pages,
        "posts": deleted.get(Post._meta.label, 0),
        "posts' words": silent,
        "counts": snapshots,
        "runs": runs,
        "programs' calls": calls,
        "calls to programs": told,
    }


def _unsent_pictures() -> int:
    used = Outgoing.objects.filter(picture__isnull=False).values("picture")
    old = Attachment.objects.filter(created_at__lt=timezone.now() - UNSENT_PICTURES_LIVE).exclude(pk__in=used)
    gone = 0
    for attachment in old:
        with contextlib.suppress(ProtectedError):  # sent at this very moment: it is used after all
            attachments.discard(attachment)
            gone += 1
    return gone


def _old_cache_files() -> int:
    """The file cache forgets what has expired only when it is asked for."""
    kept = caches["default"]
    if not isinstance(kept, FileBasedCache):
        return 0
    gone = 0
    for path in Path(settings.CACHES["default"]["LOCATION"]).glob("*.djcache"):
        with contextlib.suppress(FileNotFoundError), path.open("rb") as file:  # whoever read it has deleted it
            gone += kept._is_expired(file)  # type: ignore[attr-defined]  # and deletes it then
    return gone
