"""When a person looked at a post's thread, so that they are told what changed since they last left it."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from socialactions.models import LastLook, Post, User

ONE_VISIT = timedelta(minutes=30)  # without a look for so long, the next one is another visit


def look(user: User, post: Post) -> datetime | None:
    """Note that somebody looks now; returns the end of their visit before this one, None when this is the first."""
    now = timezone.now()
    found = LastLook.objects.filter(user=user, post=post).first()
    if found is None:
        try:
            with transaction.atomic():
                LastLook.objects.create(user=user, post=post, at=now)
        except IntegrityError:  # in another tab, just now
            pass
        return None
    before = found.at if found.at < now - ONE_VISIT else found.before
    LastLook.objects.filter(pk=found.pk).update(at=now, before=before)
    return before
