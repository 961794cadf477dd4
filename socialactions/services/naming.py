"""Names of our posts that nobody here met before: LinkedIn gives one post several, with different digits."""

from __future__ import annotations

from django.core.cache import cache

from socialactions.linkedin import deadline
from socialactions.linkedin.errors import LinkedInError, NotFound, NotPermitted
from socialactions.linkedin.oauth import TokenEndpointDown
from socialactions.linkedin.urns import Urn
from socialactions.models import Connection, Desk, Post, PostAlias
from socialactions.queries import finding

from .connections import ConnectionEnded, read_with
from .questions import LONGEST_S
from .shortfalls import why_not_read

ASKED_AGAIN_S = 300  # whoever pastes the same once more costs no call


def learn(urn: Urn, *, desk: Desk, connection: Connection | None) -> str:
    """Ask LinkedIn, in one call, whether this is another name of a post of the desk, and keep it. Returns why LinkedIn
    could not be asked; "" when it was.
    """
    if connection is None:
        return "Your LinkedIn connection ended."
    key = f"name-asked:{connection.pk}:{urn}"
    if cache.get(key):
        return ""
    try:
        with deadline.within(LONGEST_S):
            answer = read_with(connection, lambda client: client.social_metadata(urn), is_brief=True)
    except (NotFound, NotPermitted):
        cache.set(key, True, timeout=ASKED_AGAIN_S)
        return ""
    except (LinkedInError, ConnectionEnded, TokenEndpointDown) as error:
        return why_not_read(error)
    cache.set(key, True, timeout=ASKED_AGAIN_S)
    post = finding.post(desk, answer.entity) if answer.entity != urn else None
    if post is not None:
        _keep(urn, post)
    return ""


def _keep(urn: Urn, post: Post) -> None:
    alias = PostAlias(organization=post.organization, post=post, urn=str(urn))
    PostAlias.objects.bulk_create([alias], ignore_conflicts=True)
