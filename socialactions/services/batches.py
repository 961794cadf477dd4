"""Of which resources LinkedIn gives only one at a time, as its refusals showed.

A Development tier may refuse batches and has a hundred calls a day: no reading spends one to find that out anew. Which
tier it is belongs to the app, so all members share what is known; after a while it is asked again.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.core.cache import cache

from . import planning

KNOWN_FOR = timedelta(hours=6)
COUNTS = "socialMetadata"
_KEY = "batches-refused"


def refused() -> frozenset[str]:
    """The resources whose batches were refused lately."""
    found: frozenset[str] = cache.get(_KEY, frozenset())
    return found


def counts_in_a_call() -> int:
    """Of how many posts one call brings the counts."""
    return 1 if COUNTS in refused() else planning.SUMMARY_SIZE


def note(resources: Iterable[str]) -> None:
    """Remember what a reading found out, or knew before."""
    known = refused()
    if not known.issuperset(resources):
        cache.set(_KEY, known.union(resources), timeout=KNOWN_FOR.total_seconds())
