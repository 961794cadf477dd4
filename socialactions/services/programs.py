"""What programs ask for, accepted at most once for each Idempotency-Key.

The key's row and the action come into being in one transaction: whoever asks twice, or fifty times at once, is
answered with the one action, and nothing is remembered of what was refused.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from django.db import IntegrityError, transaction

from socialactions import clock
from socialactions.lifetimes import API_CALLS_LIVE
from socialactions.models import ApiCall, ApiKey, Outgoing


class KeyReused(Exception):
    """This Idempotency-Key stands for something else that was asked before."""


def accepted_before(key: ApiKey, idempotency_key: str, asked: str) -> Outgoing | None:
    """The action that came of this Idempotency-Key. Raises KeyReused when other things were asked under it."""
    found = ApiCall.objects.filter(api_key=key, digest=digest_of(idempotency_key)).select_related("outgoing").first()
    if found is not None and found.asked != digest_of(asked):
        raise KeyReused
    return found.outgoing if found else None


def accept_once(key: ApiKey, idempotency_key: str, asked: str, accept: Callable[[], Outgoing]) -> Outgoing:
    """Let ``accept`` accept, unless somebody was quicker under this Idempotency-Key; then the action is theirs.

    ``asked`` is what the program wants, in canonical words. Raises KeyReused, and whatever ``accept`` raises.
    """
    now = clock.now()
    digest = digest_of(idempotency_key)
    try:
        with transaction.atomic():
            ApiCall.everything.filter(api_key=key, digest=digest, at__lte=now - API_CALLS_LIVE).delete()
            call = ApiCall.objects.create(api_key=key, digest=digest, asked=digest_of(asked), at=now)
            outgoing = accept()
            call.outgoing = outgoing
            call.save(update_fields=["outgoing"])
    except IntegrityError:
        first = accepted_before(key, idempotency_key, asked)
        if first is None:
            raise
        return first
    return outgoing


def digest_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
