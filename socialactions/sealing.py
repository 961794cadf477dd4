"""Secrets at rest: sealed with FIELD_KEYS, bound to their row and field.

The first key seals, all keys open. Keys are never derived from SECRET_KEY, so turning that one over leaves tokens
readable.
"""

from __future__ import annotations

import hashlib
import hmac
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class SealBroken(Exception):
    """The stored text was not sealed for this row and field with one of our keys."""


def seal(row_id: object, field: str, value: str) -> str:
    """Return what may stand in the database; an empty value stays empty."""
    if not value:
        return ""
    return _box(tuple(settings.FIELD_KEYS)).encrypt(f"{row_id}|{field}|{value}".encode()).decode()


def unseal(row_id: object, field: str, sealed: str) -> str:
    """Return the value sealed for exactly this row and field. Raises SealBroken."""
    if not sealed:
        return ""
    try:
        text = _box(tuple(settings.FIELD_KEYS)).decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise SealBroken("sealed with a key that is not in FIELD_KEYS") from error
    prefix = f"{row_id}|{field}|"
    if not text.startswith(prefix):
        raise SealBroken("sealed for another row")
    return text.removeprefix(prefix)


def fingerprints(owner_id: object, value: str) -> tuple[str, ...]:
    """A keyed digest of the value by each key, the first first: whoever has no key cannot try values out."""
    said = f"fingerprint|{owner_id}|{value}".encode()
    return tuple(hmac.new(key.encode(), said, hashlib.sha256).hexdigest() for key in settings.FIELD_KEYS)


@lru_cache(maxsize=4)
def _box(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])
