"""Keys of programs: made once in the clear, kept as a digest, refused the moment they are revoked or past their end.

A key is 256 bits of chance, so a plain digest is as good as a slow one, and looking it up by its digest tells nothing
by how long it takes.
"""

from __future__ import annotations

import hashlib
import logging
import re
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import DEFAULT_DB_ALIAS, DatabaseError, IntegrityError, transaction
from django.db.models import Q

from socialactions import clock
from socialactions.models import ApiKey, User
from socialactions.prepared import Prepared

from .events import record

log = logging.getLogger(__name__)

SHAPE = re.compile(r"tw_([0-9a-f]{12})_[A-Za-z0-9_-]{43}")
LIVES_AT_MOST = timedelta(days=366)  # a year, wherever the form's day begins
USE_NOTED_EVERY = timedelta(minutes=1)
UNKNOWN = "This is no API key of this desk."
TAKEN = frozenset({"browser"})  # what History says where no key was used


class NameTaken(Exception):
    """Another living key of the desk has this name, or History means something else by it."""


class KeyRefused(Exception):
    """Not, or no longer, a key; the words say which. Whoever holds the right secret may know."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


def make(
    *, user: User, name: str, scopes: Collection[str], actors: Collection[str], expires_at: datetime
) -> tuple[ApiKey, str]:
    """A key that acts on this user's grant; the secret in the answer is shown once. Raises NameTaken."""
    assert user.desk is not None
    now = clock.now()
    if not now < expires_at <= now + LIVES_AT_MOST:
        raise ValueError("a key ends within a year")
    if name.casefold() in TAKEN:
        raise NameTaken(name)
    public_id = secrets.token_hex(6)
    secret = f"tw_{public_id}_{secrets.token_urlsafe(32)}"
    key = ApiKey(
        desk=user.desk,
        user=user,
        name=name,
        public_id=public_id,
        digest=digest_of(secret),
        hint=secret[-4:],
        scopes=sorted(scopes),
        actors=sorted(actors),
        created_at=now,
        expires_at=expires_at,
    )
    try:
        with transaction.atomic():
            # The name of a key that is past its end is free again.
            ended = ApiKey.objects.filter(desk=user.desk, name=name, revoked_at__isnull=True, expires_at__lte=now)
            ended.update(revoked_at=now)
            key.save(force_insert=True)
            record(desk=user.desk, kind="key made", topic=topic_of(key), user=user, way=name)
    except IntegrityError as error:
        raise NameTaken(name) from error
    return key, secret


@transaction.atomic
def revoke(key: ApiKey, *, by: User) -> bool:
    """From now on it opens nothing. False when it was revoked before."""
    done = ApiKey.objects.filter(pk=key.pk, revoked_at__isnull=True).update(revoked_at=clock.now())
    if done:
        record(desk=key.desk, kind="key revoked", topic=topic_of(key), user=by, way=key.name)
    return bool(done)


def find(secret: str) -> ApiKey:
    """The key with its person, their connection and desk, in one query; none for what no key looks like. Raises
    KeyRefused.
    """
    _refuse_strange(secret)
    key = ApiKey.objects.select_related("user__connection", "desk").filter(digest=digest_of(secret)).first()
    if key is None:
        raise KeyRefused(UNKNOWN)
    _refuse_ended(key, is_seated=key.user.is_active and key.user.desk_id == key.desk_id)
    key.user.desk = key.desk
    return key


def glance(secret: str) -> ApiKey:
    """As `find`, for who asks often: person, desk and names are fetched when they are touched. Raises KeyRefused."""
    _refuse_strange(secret)
    found = _GLANCE.first(digest=digest_of(secret))
    if found is None:
        raise KeyRefused(UNKNOWN)
    *columns, is_active, desk_id = found
    key = ApiKey.from_db(DEFAULT_DB_ALIAS, _GLANCED, columns)
    _refuse_ended(key, is_seated=is_active and desk_id == key.desk_id)
    return key


def _refuse_strange(secret: str) -> None:
    if not SHAPE.fullmatch(secret):
        raise KeyRefused(UNKNOWN)


def _refuse_ended(key: ApiKey, *, is_seated: bool) -> None:
    if key.revoked_at is not None:
        raise KeyRefused("This API key was revoked.")
    if key.expires_at <= clock.now():
        raise KeyRefused("This API key is past its end. Make a new one in Settings.")
    if not is_seated:
        raise KeyRefused("The person whose connection this API key uses has left the desk.")


def note_use(key: ApiKey) -> None:
    """Remember when it was last used; written once a minute at most, however often it is used."""
    now = clock.now()
    if key.last_used_at is None or now - key.last_used_at >= USE_NOTED_EVERY:
        unnoted = Q(last_used_at__isnull=True) | Q(last_used_at__lte=now - USE_NOTED_EVERY)
        try:
            ApiKey.objects.filter(unnoted, pk=key.pk).update(last_used_at=now)
        except DatabaseError as error:  # a full disk: what it asks for may be read all the same
            log.warning("key %s: its use was not noted: %s", key.public_id, type(error).__name__)


def public_id_of(secret: str) -> str:
    """The part of a key that may be named; empty for what no key looks like."""
    found = SHAPE.fullmatch(secret)
    return found[1] if found else ""


def topic_of(key: ApiKey) -> str:
    return f"key-{key.public_id}"


def digest_of(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


_GLANCED = ("id", "desk_id", "user_id", "public_id", "scopes", "expires_at", "last_used_at", "revoked_at")
_GLANCE = Prepared(
    lambda digest: ApiKey.objects.filter(digest=digest).values_list(*_GLANCED, "user__is_active", "user__desk_id")
)
