"""Chromium against the real product. A console error, a page error, a violated policy or a request that would leave
this machine fails the test; a failed test leaves a picture of every open page.
"""

import os
import re
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, WebError, sync_playwright

from tests import processes, services

os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # Playwright's loop runs in this thread; Django takes it for its own

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]
REPORT_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`policy violated: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`));
"""
PICTURES = Path(os.environ.get("TEST_PICTURES") or Path(tempfile.gettempdir()) / "threadwell-pictures")
Visitor = Callable[..., Page]


class Watch:
    """Collects what must not happen; `allow` takes what a test provokes on purpose."""

    def __init__(self) -> None:
        self.complaints: list[str] = []
        self.allowed = [
            re.compile("status of 422"),  # a form that comes back with its errors
            # an answer crossed with an event that had moved the row
            re.compile("htmx:oobErrorNoTarget, #(outgoing|end)-"),
        ]

    def allow(self, pattern: str) -> None:
        self.allowed.append(re.compile(pattern))

    def attach(self, context: BrowserContext) -> None:
        context.add_init_script(REPORT_VIOLATIONS)
        context.on("console", self._hear)
        context.on("weberror", self._fail)
        context.on("request", self._follow)

    def unexpected(self) -> list[str]:
        return [text for text in self.complaints if not any(pattern.search(text) for pattern in self.allowed)]

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(f"console: {message.text} ({message.location.get('url', '')})")

    def _fail(self, error: WebError) -> None:
        self.complaints.append(f"page error: {error.error}")

    def _follow(self, request: Request) -> None:
        url = urlsplit(request.url)
        if url.scheme in ("http", "https", "ws", "wss") and url.hostname not in ("127.0.0.1", "localhost"):
            self.complaints.append(f"left the machine: {request.url}")


@pytest.fixture(scope="module")  # while it runs, Playwright's event loop keeps others out of this thread
def browser() -> Iterator[Browser]:
    program = services.chromium()
    assert program, "Chromium is missing: install it or set CHROMIUM to its path."
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def product() -> Iterator[processes.Product]:
    """Web, worker, beat and sandbox, fresh for each module; undo lasts 1 s."""
    with processes.product() as running:
        yield running


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def visitor(
    browser: Browser, product: processes.Product, watch: Watch, request: pytest.FixtureRequest
) -> Iterator[Visitor]:
    """Makes a page for one more person, with cookies of their own; options are those of Playwright's contexts."""
    contexts: list[BrowserContext] = []

    def visit(**options: Any) -> Page:
        context = browser.new_context(**{"base_url": product.base_url, "reduced_motion": "reduce", **options})
        context.set_default_timeout(30_000)  # other tests run beside
        watch.attach(context)
        contexts.append(context)
        return context.new_page()

    yield visit
    if request.node.stash.get(FAILED, False) or watch.unexpected():
        _take_pictures(contexts, request.node)
    for context in contexts:
        context.close()
    assert not watch.unexpected(), "\n".join(watch.unexpected())


@pytest.fixture
def page(visitor: Visitor) -> Page:
    return visitor()


FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    report = yield
    if call.when == "call" and report.failed:
        item.stash[FAILED] = True
    return report


def _take_pictures(contexts: list[BrowserContext], node: Any) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    name = re.sub(r"\W+", "-", node.nodeid)
    for number, page in enumerate(page for context in contexts for page in context.pages):
        path = PICTURES / f"{name}-{number}.png"
        page.screenshot(path=path, full_page=True)
        node.add_report_section("teardown", "picture", str(path))
