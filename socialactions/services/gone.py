"""Posts that LinkedIn no longer has: suspected when their counts do not come, and made sure of by asking for them.

A 404 says "not there, or not for you" (Posts API; Social Metadata API), so one alone proves nothing. What LinkedIn
lists again after all stands here again by the next look at the Page's posts.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.core.cache import cache
from django.db import transaction

from socialactions import clock
from socialactions.linkedin.client import LinkedIn
from socialactions.linkedin.errors import NotFound, NotPermitted
from socialactions.linkedin.urns import Urn
from socialactions.models import Post

from . import gravestones
from .events import post_changed

ASKED_AGAIN_S = 86_400  # a post without counts that is there all the same costs one call a day


class PostGone(Exception):
    """LinkedIn has neither the counts of a post nor the post."""


def among(client: LinkedIn, suspects: Sequence[Post], *, at_most: int) -> list[Post]:
    """Those that LinkedIn says it does not have; asks for so many at most, and for none twice a day."""
    asked = [post for post in suspects if not cache.get(_key(post))][:at_most]
    for post in asked:
        cache.set(_key(post), True, timeout=ASKED_AGAIN_S)
    return [post for post in asked if is_gone(client, post)]


def is_gone(client: LinkedIn, post: Post) -> bool:
    try:
        client.post(Urn.parse(post.urn))
    except NotFound:
        return True
    except NotPermitted:  # who may read comments need not be one who may read posts
        return False
    return False


@transaction.atomic
def mark(post: Post) -> None:
    """From now on it is not read any more, and nobody's words below it are kept; its own and its counts may be."""
    now = clock.now()
    # Were it listed again, its count would say that there is something to read.
    nothing = {"reading": Post.Reading.COMPLETE, "read_found": 0, "read_counted": 0, "read_problem": ""}
    if Post.objects.filter(pk=post.pk, gone_at__isnull=True).update(gone_at=now, reading_until=None, **nothing):
        gravestones.drop_content(list(post.comments.values_list("pk", flat=True)))
        post.comments.filter(gone_at__isnull=True).update(gone_at=now)
        post_changed(post)


def _key(post: Post) -> str:
    return f"gone-asked:{post.pk}"
