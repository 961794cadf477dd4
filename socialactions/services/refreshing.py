"""Starts readings in the background; many open screens cost one. Who asks on purpose claims the reading here, who only
looks leaves the claim to the worker.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.core.cache import cache
from kombu.exceptions import OperationalError

from socialactions import clock, tasks
from socialactions.models import Connection, Organization, Post

from . import reading

log = logging.getLogger(__name__)
ROLES_SEEN_AGAIN = timedelta(minutes=10)
LOST_ROLES_AGAIN = timedelta(minutes=1)
RINGS_AGAIN_S = 30  # a message that was lost is made up for by the next look


def want_roles(connection: Connection) -> None:
    """Ask LinkedIn again, in the background, which Pages a person may still see; at most once in some minutes."""
    checked = connection.roles_checked_at
    if checked is not None and clock.now() - checked < ROLES_SEEN_AGAIN:
        return
    if not cache.add(f"roles:{connection.pk}", True, timeout=ROLES_SEEN_AGAIN.total_seconds()):
        return
    _ask_for_roles(connection)


def want_lost_roles(connection: Connection) -> None:
    """The same for somebody who came to look whether a role is back: at most once a minute, as each costs three calls.
    What waited for it goes on then.
    """
    if cache.add(f"lost-roles:{connection.pk}", True, timeout=LOST_ROLES_AGAIN.total_seconds()):
        _ask_for_roles(connection)


def want_everything(connection: Connection) -> bool:
    """Look at all posts that a connection reads, due or not. False when nobody can be asked to."""
    try:
        tasks.sync.delay(str(connection.pk), way="person", is_everything=True)
    except (OperationalError, OSError):
        log.warning("connection %s: nobody can be asked to read ahead", connection.pk)
        return False
    return True


def want_posts(organization: Organization, *, even_if_fresh: bool = False) -> bool:
    """Read the Page's posts soon if they are stale. True when a reading was started now."""
    if not even_if_fresh and (not reading.is_stale(organization.posts_read_at) or reading.is_resting(organization)):
        return False
    if not reading.claim_posts(organization):
        return False
    try:
        tasks.read_posts.delay(str(organization.pk), even_if_fresh=even_if_fresh)
    except (OperationalError, OSError):
        log.warning("organization %s: nobody can be asked to read", organization.pk)
        Organization.objects.filter(pk=organization.pk).update(posts_reading_until=None)
        return False
    return True


def want_comments(post: Post, *, even_if_fresh: bool = False) -> bool:
    """Read the post's comments soon if they are stale. True when somebody was asked to.

    An open screen only rings: looking writes nothing, and costs no query beside those for what is looked at.
    """
    if post.gone_at is not None:
        return False
    if even_if_fresh:
        return _start(post)
    if not reading.is_stale(post.read_at) or reading.is_under_way(post) or reading.is_resting(post):
        return False
    rung = f"comments-wanted:{post.pk}"
    if not cache.add(rung, True, timeout=RINGS_AGAIN_S):
        return False
    try:
        tasks.read_stale_comments.delay(str(post.pk))
    except (OperationalError, OSError):
        log.warning("post %s: nobody can be asked to read", post.pk)
        cache.delete(rung)
        return False
    return True


def want_faces(post: Post, comments: Collection[UUID]) -> None:
    """Ask soon who wrote these comments, which somebody looks at now; for the same ones not again and again."""
    if not comments or not settings.FACES_TTL_S:
        return
    names = sorted(str(one) for one in comments)
    rung = f"faces-wanted:{hashlib.sha256(' '.join(names).encode()).hexdigest()}"
    if not cache.add(rung, True, timeout=RINGS_AGAIN_S):
        return
    try:
        tasks.learn_faces.delay(str(post.pk), names)
    except (OperationalError, OSError):
        log.warning("post %s: nobody can be asked who speaks there", post.pk)
        cache.delete(rung)


def _ask_for_roles(connection: Connection) -> None:
    try:
        tasks.refresh_roles.delay(str(connection.pk))
    except (OperationalError, OSError):
        log.warning("connection %s: nobody can be asked for its roles", connection.pk)


def _start(post: Post) -> bool:
    """Claimed before anybody is asked, so that the person hears when it is being read already."""
    if not reading.claim_comments(post):
        return False
    try:
        tasks.read_comments.delay(str(post.pk), again=reading.ALL_AGAIN)
    except (OperationalError, OSError):
        log.warning("post %s: nobody can be asked to read", post.pk)
        Post.objects.filter(pk=post.pk).update(reading_until=None)
        return False
    return True
