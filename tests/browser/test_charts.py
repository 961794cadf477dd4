"""Charts stand above their numbers: drawn in the colours of the scheme, silent for a screen reader, absent without
script, and nothing of them is loaded elsewhere. History narrows by a form and leaves as a file.
"""

from __future__ import annotations

import json
import math
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from playwright.sync_api import Page, expect

from tests.browser import steps
from tests.browser.conftest import Visitor
from tests.browser.guarding import COLOUR_RULES, faults_for_all, sideways
from tests.processes import Product

INK = """canvas => {
  const points = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  const seen = new Set();
  for (let at = 0; at < points.length; at += 4) if (points[at + 3] > 250) seen.add(points.slice(at, at + 3).join());
  return [...seen];
}"""


def test_a_post_and_a_page_over_time(visitor: Visitor, product: Product) -> None:
    page = visitor(accept_downloads=True, viewport={"width": 1440, "height": 900})  # the context column shows
    steps.sign_in(page, "Ada")
    steps.open_post(page, steps.THIRD_ARM)
    count_back(product, steps.THIRD_ARM)
    steps.write(steps.composer(page), "Marked in the chart")
    steps.send(steps.composer(page))
    steps.on_linkedin(page, "Marked in the chart")
    page.get_by_role("complementary", name="About this post").get_by_role("link", name="Engagement over time").click()
    expect(page.get_by_role("heading", name="Engagement over time", level=1)).to_be_visible()
    drawn(page, charts=2)
    table = page.get_by_role("region", name="Reactions over time, as numbers")
    expect(table.get_by_role("columnheader", name="Like")).to_be_visible()
    expect(page.locator("#ours")).to_contain_text("Acme Robotics")
    for_all(page)

    page.get_by_role("link", name="7 days").click()
    drawn(page, charts=2)
    page.get_by_role("heading", level=1).click()
    page.keyboard.press("g")
    page.keyboard.press("i")
    expect(page.get_by_role("heading", name="Insights", level=1)).to_be_visible()
    expect(page.get_by_text("than 30 days ago")).to_be_visible()
    drawn(page, charts=3)
    for_all(page)
    page.get_by_role("button", name="change Page").click()
    page.get_by_role("button", name="Birch & Co").click()
    expect(page.get_by_role("heading", name="Insights", level=1)).to_be_visible()
    expect(page.get_by_role("button", name="Birch & Co").first).to_be_visible()

    page.goto("/history/")
    page.locator("summary", has_text="Filter").click()
    page.get_by_label("Action").select_option(label="Comment")
    page.get_by_label("Outcome").select_option(label="On LinkedIn")
    for_all(page)
    page.get_by_role("button", name="Show").click()
    expect(page.locator("table.history tbody tr")).to_have_count(1)
    with page.expect_download() as download:
        page.get_by_role("link", name="Export CSV").click()
    text = download.value.path().read_bytes()
    assert b"Marked in the chart" in text and text.count(b"\r\n") == 2
    with page.expect_download() as download:
        page.get_by_role("link", name="Export XLSX").click()
    assert download.value.path().read_bytes().startswith(b"PK")
    page.goto("/history/?since=yesterday&kind=reply")
    expect(page.get_by_text("From: this is not a day such as 2026-11-22")).to_be_visible()
    for_all(page)
    page.get_by_role("link", name="Show everything").first.click()
    expect(page).to_have_url(f"{product.base_url}/history/")


def test_the_numbers_are_there_without_script_and_on_a_phone(visitor: Visitor, product: Product) -> None:
    page = visitor(java_script_enabled=False, viewport={"width": 390, "height": 780})
    steps.sign_in(page, "Ada")
    page.goto("/insights/?days=90")
    expect(page.get_by_role("region", name="Reactions per day, as numbers").locator("tbody tr")).to_have_count(90)
    expect(page.locator("canvas")).to_have_count(0)
    page.locator("#movers ~ table a").first.click()
    expect(page.get_by_role("region", name="Comments over time, as numbers")).to_be_visible()
    page.goto("/history/?outcome=sent")
    expect(page.get_by_label("Outcome")).to_have_value("sent")
    page.get_by_label("Action").select_option(label="Delete")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("heading", name="Nothing fits")).to_be_visible()


def drawn(page: Page, *, charts: int) -> None:
    """Each chart has ink in the colours of the scheme, above its numbers and out of a screen reader's way."""
    canvases = page.locator("engagement-chart .chart__plot[aria-hidden=true] canvas")
    expect(canvases).to_have_count(charts)
    inks = {}
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of its two words
        page.wait_for_function("() => !document.getAnimations().some((one) => one.playState === 'running')")
        page.wait_for_timeout(100)  # it is drawn in the next frame
        inks[scheme] = [set(canvas.evaluate(INK)) for canvas in canvases.all()]
        assert all(len(ink) > 2 for ink in inks[scheme])
    for light, dark in zip(inks["light"], inks["dark"], strict=True):
        assert light != dark


def for_all(page: Page) -> None:
    for width, scheme in ((1440, "light"), (1440, "dark"), (390, "light"), (360, "dark")):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of its two words
        only = COLOUR_RULES if scheme == "dark" else ()
        assert not faults_for_all(page, only=only), (page.url, width, scheme)
        assert sideways(page) <= 0, (page.url, width)
    page.set_viewport_size({"width": 1440, "height": 900})


def count_back(product: Product, title: str, *, days: int = 60) -> None:
    """Write counts of the past into the product's database: nobody can wait for them."""
    with closing(sqlite3.connect(product.data / "threadwell.sqlite3", timeout=20)) as database, database:
        (post, reactions, comments) = database.execute(
            "SELECT id, reactions, total_comments FROM socialactions_post WHERE commentary LIKE ?", [f"{title}%"]
        ).fetchone()
        now, most = datetime.now(UTC), json.loads(reactions)
        for number in range(days * 3):
            share = 1 / (1 + math.exp(4 - 9 * number / (days * 3)))
            at = now - timedelta(days=days) + timedelta(hours=8 * number, minutes=7)
            counts = {kind: int(count * share) for kind, count in most.items()}
            values = [
                uuid4().hex,
                post,
                str(at.replace(tzinfo=None)),
                json.dumps(counts),
                int(comments * share),
                int(comments * share * 0.6),
            ]
            database.execute(
                "INSERT INTO socialactions_snapshot "
                "(id, post_id, at, reactions, total_comments, first_level_comments) VALUES (?, ?, ?, ?, ?, ?)",
                values,
            )
