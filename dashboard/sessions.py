"""Sessions as Django keeps them, in the database with a copy in the cache; only keys that Django could have made count.

A cookie may hold any character, also those that PostgreSQL refuses even to look for.
"""

from __future__ import annotations

from django.contrib.sessions.backends import cached_db
from django.contrib.sessions.backends.base import VALID_KEY_CHARS


class SessionStore(cached_db.SessionStore):
    def __init__(self, session_key: str | None = None) -> None:
        super().__init__(session_key if set(session_key or "") <= set(VALID_KEY_CHARS) else None)
