"""On a phone: nothing scrolls sideways at 390 and 360 px, fingers find the main actions, the whole flow works."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser import steps
from tests.browser.conftest import Visitor, Watch
from tests.browser.guarding import sideways, too_small
from tests.processes import Product

MAIN_ACTIONS = ".button, .rail__link, .rail__page, .rail__me, .comment > footer > *, .post__sum .act, .composer select"


def phone(visitor: Visitor, width: int = 390) -> Page:
    return visitor(viewport={"width": width, "height": 780}, has_touch=True, is_mobile=True)


@pytest.mark.parametrize("width", [390, 360])
def test_no_screen_scrolls_sideways_and_fingers_find_everything(visitor: Visitor, watch: Watch, width: int) -> None:
    watch.allow("status of 404")
    page = phone(visitor, width)
    page.goto("/connect/")
    assert_fits(page)
    steps.sign_in(page, "Ada")
    assert_fits(page)
    for title in (steps.THIRD_ARM, steps.HANDBOOK, "Applications for our apprenticeship"):
        steps.open_post(page, title)
        assert_fits(page)
        if title == steps.THIRD_ARM:
            page.goto(f"{page.url}#about")
            expect(page.get_by_role("complementary", name="About this post")).to_be_visible()
            assert_fits(page)
    for address in ("/history/", "/settings/connections/", "/settings/pages/", "/settings/team/", "/nowhere/"):
        page.goto(address)
        assert_fits(page)


def test_reply_like_and_delete_on_a_phone(visitor: Visitor, product: Product) -> None:
    page = phone(visitor)
    steps.sign_in(page, "Ada")
    steps.open_post(page, steps.FAIR)
    since = steps.mark(product)
    said = steps.comment(page, "Who builds these stands?")
    said.locator("footer button").tap()
    expect(said.locator("footer button")).to_have_attribute("aria-pressed", "true")
    said.get_by_role("link", name="Reply").tap()
    form = steps.thread(page, "Who builds these stands?").locator("form.composer")
    assert_fits(page)
    form.get_by_role("textbox", name=re.compile("^Reply")).fill("Two carpenters from Kiel.")
    form.locator(".button--main").tap()
    ours = steps.on_linkedin(page, "Two carpenters from Kiel.")
    assert_fits(page)
    ours.locator("footer").get_by_role("link", name="Delete").tap()
    dialog = page.get_by_role("dialog", name="Delete this comment on LinkedIn?")
    expect(dialog).to_be_visible()
    assert_fits(page)
    dialog.get_by_role("button", name="Delete").tap()
    expect(steps.comment(page, "Two carpenters from Kiel.")).to_have_count(0, timeout=steps.LONG_MS)
    done = [(entry["kind"], entry["actor"]) for entry in steps.ledger(product, since=since)]
    assert sorted(done) == [("delete", steps.ACME), ("react", steps.ACME), ("reply", steps.ACME)]


def test_menus_fit_on_a_phone(visitor: Visitor) -> None:
    page = phone(visitor, 360)
    steps.sign_in(page, "Ada")
    page.get_by_role("button", name="change Page").tap()
    assert_inside(page, "#pages")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="account").tap()
    assert_inside(page, "#me")
    page.keyboard.press("Escape")
    steps.open_post(page, steps.THIRD_ARM)
    page.locator("details.actors > summary").tap()
    assert_inside(page, "details.actors .menu")
    assert_fits(page)


def test_a_page_zoomed_to_twice_its_size_does_not_scroll_sideways(visitor: Visitor) -> None:
    """A window of 1280 px at 200 % is 640 px wide."""
    page = visitor(viewport={"width": 640, "height": 400}, device_scale_factor=2)
    steps.sign_in(page, "Ada")
    steps.open_post(page, steps.THIRD_ARM)
    assert sideways(page) == 0


def assert_fits(page: Page) -> None:
    assert sideways(page) == 0, page.url
    small = too_small(page.locator(MAIN_ACTIONS))
    assert not small, f"{page.url}: {small}"


def assert_inside(page: Page, selector: str) -> None:
    box = page.locator(selector).bounding_box()
    size = page.viewport_size
    assert box is not None
    assert size is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= size["width"]
    assert box["y"] >= 0
