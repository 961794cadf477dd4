"""Until when a person has seen a post's thread, so that they are told what changed since. Times are the database's, as
those of the changes are.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F

from socialactions import clock
from socialactions.models import LastLook, Post, User

ONE_VISIT = timedelta(minutes=30)  # without a look for so long, the next one is another visit


@dataclass(frozen=True, slots=True)
class Seen:
    """How far a visit had come: everything until then, and the post's reactions; None where these are not known."""

    at: datetime
    reactions: int | None


def look(user: User, post: Post, *, drawn_at: datetime | None = None) -> Seen | None:
    """Note that somebody looks now at what was drawn then; returns how far their visit before this one came, None when
    this is the first.
    """
    now = clock.now()
    at = min(drawn_at or now, now)
    found = LastLook.objects.filter(user=user, post=post).first()
    if found is None:
        try:
            with transaction.atomic():
                LastLook.objects.create(user=user, post=post, at=at, reactions=post.total_reactions)
        except IntegrityError:  # in another tab, just now
            pass
        return None
    if found.at < now - ONE_VISIT:
        found.before, found.reactions_before = found.at, found.reactions
    found.at, found.reactions = max(at, found.at), post.total_reactions
    found.save(update_fields=["at", "reactions", "before", "reactions_before"])
    return Seen(found.before, found.reactions_before) if found.before else None


def count_own_reaction(post_id: UUID, step: int) -> None:
    """What one of us did to the number of reactions is no news to anybody here. Call it after the post's count is
    written: its lock keeps two of us apart.
    """
    LastLook.objects.filter(post=post_id).update(
        reactions=F("reactions") + step, reactions_before=F("reactions_before") + step
    )
