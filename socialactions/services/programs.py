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

from .decisions import may_be_there

State = Outgoing.State
HALF = 32  # hexadecimal digits: half of a digest, which nobody meets by chance either


class KeyReused(Exception):
    """This Idempotency-Key stands for something else that was asked before."""


def accepted_before(key: ApiKey, digest: str, asked: str) -> Outgoing | None:
    """The action that came of the Idempotency-Key with this digest. Raises KeyReused when other things were asked under
    it.
    """
    found = ApiCall.objects.filter(api_key=key, digest=digest).select_related("outgoing").first()
    if found is not None and found.asked != digest_of(asked):
        raise KeyReused
    return found.outgoing if found else None


def unnamed_before(key: ApiKey, asked: str) -> tuple[Outgoing | None, str]:
    """For wishes that come without an Idempotency-Key: the action that the same wish became within the lifetime of such
    keys, unless it surely is not published; and the digest under which the next is accepted, one for all who ask at
    once.

    Digests of unnamed wishes begin alike, by what was asked; the action before makes the other half.
    """
    alike = digest_of(f"unnamed {asked}")[:HALF]
    # By the index on digests; "g" comes after every hexadecimal digit.
    calls = ApiCall.objects.filter(api_key=key, digest__gte=alike, digest__lt=f"{alike}g", outgoing__isnull=False)
    newest = calls.select_related("outgoing").order_by("-at").first()
    row = newest.outgoing if newest else None
    following = alike + digest_of(str(row.uid) if row else "nothing")[:HALF]
    return (row if row and not _is_surely_unpublished(row) else None), following


def accept_once(key: ApiKey, digest: str, asked: str, accept: Callable[[], Outgoing]) -> Outgoing:
    """Let ``accept`` accept, unless somebody was quicker under this Idempotency-Key; then the action is theirs.

    ``asked`` is what the program wants, in canonical words. Raises KeyReused, and whatever ``accept`` raises.
    """
    now = clock.now()
    try:
        with transaction.atomic():
            ApiCall.everything.filter(api_key=key, digest=digest, at__lte=now - API_CALLS_LIVE).delete()
            call = ApiCall.objects.create(api_key=key, digest=digest, asked=digest_of(asked), at=now)
            outgoing = accept()
            call.outgoing = outgoing
            call.save(update_fields=["outgoing"])
    except IntegrityError:
        first = accepted_before(key, digest, asked)
        if first is None:
            raise
        return first
    return outgoing


def digest_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _is_surely_unpublished(row: Outgoing) -> bool:
    """What a person gave up may be there, and so may what a try that ended in doubt left behind."""
    if row.state not in (State.CANCELLED, State.FAILED):
        return False
    return not may_be_there(row)
