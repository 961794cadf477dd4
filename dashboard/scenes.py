"""A post as one viewer meets it: as whom they can speak there, as whom they do now, and whose eyes its rows are drawn
for.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from django.http import HttpRequest, QueryDict

from socialactions.models import Organization, Outgoing, Post
from socialactions.queries.rows import Actor
from socialactions.queries.threads import Eyes
from socialactions.services.writing import Speaker

from . import signing
from .access import HtmxRequest

ANY_TARGET = "act"


@dataclass(frozen=True, slots=True)
class Scene:
    actors: list[Actor]
    acting: Actor | None
    eyes: Eyes
    act_token: str

    @property
    def context(self) -> dict[str, Any]:
        can_write = any(not actor.why_not for actor in self.actors)
        return {
            "actors": self.actors,
            "acting": self.acting,
            "act_token": self.act_token,
            "can_write": can_write,
            "why_not": "" if can_write else next((a.why_not for a in self.actors), ""),
        }


def urn_of(request: HtmxRequest, key: str) -> str:
    """The URN that ?as= means for this viewer; empty when it means nothing."""
    if key == "me":
        return request.user.member_urn
    return next((page.organization.urn for pk, page in request.viewer.pages.items() if str(pk) == key), "")


def scene(request: HtmxRequest, post: Post, *, key: str = "", urn: str = "") -> Scene:
    """``key`` is the value of ?as= on pages; ``urn`` the actor of a signed form, which wins."""
    actors = request.viewer.actors_on(post.organization)
    acting = _choose(request, post.organization, key=key, urn=urn)
    eyes = Eyes(
        desk_id=request.desk.pk,
        page_urn=post.organization.urn,
        acting_urn=acting.urn if acting else "",
        speaks_as=frozenset(actor.urn for actor in actors if not actor.why_not),
        viewer=request.viewer,
    )
    token = ""
    if acting:
        token = signing.sign(user=request.user, post_id=post.pk, actor_urn=acting.urn, target=ANY_TARGET)
        acting = replace(acting, token=token)
    return Scene(actors, acting, eyes, token)


def key_of(request: HtmxRequest, outgoing: Outgoing) -> str:
    """The ?as= with which a page goes on as the actor of an action; empty for the post's own Page, which it assumes."""
    post = outgoing.post
    actors = request.viewer.actors_on(post.organization) if outgoing.actor_urn != post.organization.urn else []
    return next((actor.key for actor in actors if actor.urn == outgoing.actor_urn), "")


def page_of(request: HtmxRequest) -> tuple[str, QueryDict]:
    """The path and the query of the page on which htmx asks."""
    try:
        page = urlsplit(request.htmx.current_url or "")
    except ValueError:  # no address of ours
        return "", QueryDict()
    return page.path, QueryDict(page.query)


def unfolded(request: HttpRequest, thread_id: UUID) -> bool:
    """Whether the screen that asks shows every reply of this thread."""
    return str(thread_id) in (request.POST if request.method == "POST" else request.GET).getlist("whole")


def speaker(request: HtmxRequest, post_id: UUID, *, target: str = ANY_TARGET) -> tuple[Speaker, UUID]:
    """Who writes, by the signed value of the posted form, and its one-time number. Raises FormNotValid."""
    bound = signing.read(_as(request), user=request.user, post_id=post_id, target=target)
    return Speaker(user=request.user, actor_urn=bound.actor_urn), bound.nonce


def _as(request: HttpRequest) -> str:
    return request.POST.get("as", "")


def _choose(request: HtmxRequest, organization: Organization, *, key: str = "", urn: str = "") -> Actor | None:
    able = [actor for actor in request.viewer.actors_on(organization) if not actor.why_not]
    wanted = next((actor for actor in able if actor.key == key or (urn and actor.urn == urn)), None)
    return wanted or next(iter(able), None)


def signed(
    actors: list[Actor], request: HtmxRequest, post: Post, target: str, *, nonce: UUID | None = None
) -> list[Actor]:
    """The same actors with a form value each, for those who can; they share the one-time number, a fresh one unless it
    is given.
    """
    sign = partial(signing.sign, user=request.user, post_id=post.pk, target=target, nonce=nonce or uuid4())
    return [actor if actor.why_not else replace(actor, token=sign(actor_urn=actor.urn)) for actor in actors]
