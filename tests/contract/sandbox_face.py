"""What the sandbox's own tests share: a small world with a clock that stands, and calls as one of the cast."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import requests

from socialactions.sandbox.adapter import InProcess
from socialactions.sandbox.app import make_app
from socialactions.sandbox.records import Comment, Post
from socialactions.sandbox.seeds import seed
from socialactions.sandbox.seeds.cast import ACME, ADA, BIRCH, token_for
from socialactions.sandbox.switches import ALL_SCOPES
from socialactions.sandbox.world import World

BASE = "http://127.0.0.1:9"
START = 1_795_000_000.0


class Clock:
    def __init__(self) -> None:
        self.now_s = START

    def __call__(self) -> float:
        return self.now_s


def encoded(urn: str) -> str:
    return quote(urn, safe="")


class Face:
    """The sandbox as one member with one set of scopes sees it."""

    def __init__(self, world: World, clock: Clock, *, base: str = BASE) -> None:
        self.world, self.clock, self.base = world, clock, base
        self.slept: list[float] = []
        world.sleep = self.slept.append
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.mount(BASE, InProcess(make_app(world)))
        self.headers = {"Linkedin-Version": "202609", "X-Restli-Protocol-Version": "2.0.0"}
        self.be(ADA)

    def be(self, member: str, scopes: tuple[str, ...] = ALL_SCOPES) -> None:
        self.headers["Authorization"] = f"Bearer {token_for(self.world, member, scopes).value}"

    def call(self, method: str, path: str, body: Any = None, **headers: str | None) -> requests.Response:
        """Header names are written with underscores; None leaves a usual one out."""
        chosen: dict[str, str | None] = {
            **self.headers,
            **{name.replace("_", "-"): text for name, text in headers.items()},
        }
        sent = {name: text for name, text in chosen.items() if text is not None}
        return self.session.request(
            method, self.base + path, json=body, headers=sent, allow_redirects=False, timeout=(5, 30)
        )

    def get(self, path: str, **headers: str | None) -> requests.Response:
        return self.call("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str | None) -> requests.Response:
        return self.call("POST", path, body, **headers)

    def delete(self, path: str, **headers: str | None) -> requests.Response:
        return self.call("DELETE", path, **headers)

    def switch(self, **wishes: Any) -> None:
        self.world.switches = self.world.switches.changed(wishes)

    # the seed's rows

    def acme(self, number: int = 0) -> Post:
        """Acme's share (0) with two comments, or its untouched ugcPost (1)."""
        return [post for post in self.world.posts.values() if post.author == ACME][number]

    def birch(self) -> Post:
        return next(post for post in self.world.posts.values() if post.author == BIRCH)

    def first_comment(self) -> Comment:
        return self.world.comments[self.acme().comments[0]]

    def comments_of(self, urn: str) -> str:
        return f"/rest/socialActions/{encoded(urn)}/comments"

    def write(self, text: str = "Hello", *, actor: str = ACME, **more: Any) -> requests.Response:
        """A first-level comment on Acme's share."""
        post = self.acme()
        body = {"actor": actor, "object": post.urn, "message": {"text": text}, **more}
        return self.post(self.comments_of(post.urn), body)


def new_face() -> Face:
    clock = Clock()
    return Face(seed("small", clock=clock), clock)


def refusal(answer: requests.Response) -> tuple[int, str, str]:
    found = answer.json()
    return answer.status_code, found.get("code", ""), found["message"]
