"""What a visit costs: bytes on the wire and on the page, and no stop outside this machine on the way in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Page, Response, expect

from tests.browser import steps
from tests.browser.conftest import Visitor
from tests.processes import Product

FIRST_LOAD = 60_000
SCRIPT = 40_000
DOCUMENT = 20_000
PAGE = 100_000  # unpacked
PER_COMMENT = 1_200  # with its share of the thread's frame
FRAME = 30_000


@dataclass
class Wire:
    """Counts what Chromium receives, headers included; pictures of the sandbox are LinkedIn's, not ours."""

    own: str
    kinds: dict[str, str] = field(default_factory=dict)
    urls: dict[str, str] = field(default_factory=dict)
    received: dict[str, int] = field(default_factory=dict)

    def listen(self, page: Page) -> None:
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        session.on("Network.responseReceived", self._answered)
        session.on("Network.loadingFinished", self._finished)

    def _answered(self, event: dict[str, Any]) -> None:
        self.urls[event["requestId"]] = event["response"]["url"]
        self.kinds[event["requestId"]] = event["type"]

    def _finished(self, event: dict[str, Any]) -> None:
        self.received[event["requestId"]] = int(event["encodedDataLength"])

    def bytes(self, kind: str = "") -> int:
        return sum(
            size
            for request, size in self.received.items()
            if self.urls.get(request, "").startswith(self.own) and kind in ("", self.kinds.get(request))
        )

    def listed(self) -> str:
        ours = sorted(((size, self.urls.get(request, "")) for request, size in self.received.items()), reverse=True)
        return "\n".join(f"{size:7} {urlsplit(url).path}" for size, url in ours)


def test_the_first_load_of_a_thread_is_light(visitor: Visitor, product: Product) -> None:
    """The heaviest page there is: fifty threads of a post with 1,900 comments, a third of them with replies."""
    page = visitor()
    steps.sign_in(page, "Ada")
    steps.open_post(page, steps.BIG)
    expect(page.get_by_role("heading", name="1900 comments")).to_be_visible(timeout=steps.LONG_MS)
    wire, plain = load_first(visitor, product, page)
    assert wire.bytes() <= FIRST_LOAD, wire.listed()
    assert 0 < wire.bytes("Script") <= SCRIPT, wire.listed()
    assert wire.bytes("Document") <= DOCUMENT, wire.listed()
    comments = plain.count(b'<article class="comment"')
    assert comments > 50
    assert len(plain) <= FRAME + comments * PER_COMMENT, f"{len(plain)} bytes for {comments} comments"


def test_an_everyday_thread_is_a_small_page(visitor: Visitor, product: Product) -> None:
    page = visitor()
    steps.sign_in(page, "Ada")
    steps.open_post(page, steps.THIRD_ARM)
    wire, plain = load_first(visitor, product, page)
    assert wire.bytes() <= FIRST_LOAD, wire.listed()
    assert len(plain) <= PAGE


def load_first(visitor: Visitor, product: Product, page: Page) -> tuple[Wire, bytes]:
    """The same page in a browser that has never been here: what travelled, and the HTML unpacked."""
    first = visitor(storage_state=page.context.storage_state())
    wire = Wire(product.base_url)
    wire.listen(first)
    answer = first.goto(page.url)
    assert answer is not None
    expect(first.locator(".dock [role=textbox]")).to_be_visible()
    expect(first.locator("#comments li.thread").first).to_be_visible()
    return wire, answer.body()


def test_every_document_carries_the_policy_on_the_way_through_linkedin(visitor: Visitor, product: Product) -> None:
    """Sign-in leaves for another origin and comes back; no policy stops it, and none is missing on our side."""
    page = visitor()
    documents: list[Response] = []
    page.on("response", lambda answer: documents.append(answer) if answer.request.is_navigation_request() else None)
    steps.sign_in(page, "Ada")
    steps.open_post(page, steps.THIRD_ARM)
    page.goto("/history/")
    page.get_by_role("button", name="account").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("link", name="Sign in with LinkedIn")).to_be_visible()
    ours = [answer for answer in documents if answer.url.startswith(product.base_url)]
    assert len(ours) >= 8
    for answer in ours:
        policy = answer.headers.get("content-security-policy", "")
        assert all(
            rule in policy
            for rule in ("default-src 'self'", "script-src 'self'", "form-action 'self'", "frame-ancestors 'none'")
        ), f"{answer.url}: {policy}"
        assert "unsafe-eval" not in policy
