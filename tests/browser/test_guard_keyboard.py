"""The keyboard is enough: reply, like and delete without a mouse, with the focus in sight and where one expects it."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser import steps
from tests.browser.guarding import assert_focus_shows, tab_to
from tests.processes import Product


def test_the_skip_link_comes_first_and_leads_past_the_rail(page: Page) -> None:
    steps.sign_in(page, "Ada")
    expect(page.locator(".post-row").first).to_be_visible(timeout=steps.LONG_MS)
    page.reload()
    page.keyboard.press("Tab")
    assert_focus_shows(page)
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.getElementById('main').contains(document.activeElement)")
    assert_focus_shows(page)


def test_reply_like_and_delete_without_a_mouse(page: Page, product: Product) -> None:
    steps.sign_in(page, "Ada")
    steps.open_post(page, steps.NIGHT_SHIFT)
    since = steps.mark(product)
    words = "Three lines it is, handed over."
    said = steps.comment(page, "Handover notes")

    tab_to(page, said.get_by_role("link", name="Reply"), at_most=120)
    page.keyboard.press("Enter")
    field = steps.thread(page, "Handover notes").get_by_role("textbox", name=re.compile("^Reply to"))
    expect(field).to_be_focused()
    assert_focus_shows(page)
    page.keyboard.type(words)
    page.keyboard.press("Control+Enter")
    expect(steps.owed(page, words)).to_be_visible()
    expect(page.locator("main :focus")).to_have_count(1)
    ours = steps.on_linkedin(page, words)

    walk_to(page, said)
    like = said.locator("footer button")
    tab_to(page, like, at_most=3)
    page.keyboard.press("Space")
    expect(like).to_have_attribute("aria-pressed", "true")
    expect(like).to_be_focused()

    tab_to(page, ours.locator("footer").get_by_role("link", name="Delete"))
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Delete this comment on LinkedIn?")
    expect(dialog).to_be_visible()
    assert_focus_inside(page)
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(ours.locator("footer").get_by_role("link", name="Delete")).to_be_focused()
    page.keyboard.press("Enter")
    tab_to(page, dialog.get_by_role("button", name="Delete"), at_most=8)
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    expect(steps.comment(page, words)).to_have_count(0, timeout=steps.LONG_MS)
    expect(steps.thread(page, "Handover notes").locator(":focus")).to_have_count(1)
    page.keyboard.press("Tab")
    assert_focus_shows(page)
    done = [(entry["kind"], entry["actor"]) for entry in steps.ledger(product, since=since)]
    assert sorted(done) == [("delete", steps.ACME), ("react", steps.ACME), ("reply", steps.ACME)]


def test_single_keys_act_on_the_comment_with_the_focus(page: Page, product: Product) -> None:
    steps.sign_in(page, "Ada")
    steps.open_post(page, steps.POLL)
    since = steps.mark(product)
    comments = page.locator("#comments article.comment")
    page.keyboard.press("j")
    expect(comments.nth(0)).to_be_focused()
    assert_focus_shows(page)
    page.keyboard.press("j")
    expect(comments.nth(1)).to_be_focused()
    page.keyboard.press("k")
    expect(comments.nth(0)).to_be_focused()
    page.keyboard.press("l")
    expect(comments.nth(0).locator("footer button")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("#")
    dialog = page.get_by_role("dialog", name="Delete this comment on LinkedIn?")
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.keyboard.press("r")
    field = page.locator("#comments form.composer").get_by_role("textbox")
    expect(field).to_be_focused()
    page.keyboard.type("jlr#?")
    expect(field).to_have_text("jlr#?")
    page.goto("/history/")
    rows = page.locator("table.history tbody tr").filter(has_text="You decide")
    expect(rows.filter(has_text="Reaction")).to_have_count(1)
    assert [entry["kind"] for entry in steps.ledger(product, since=since) if entry["kind"] != "react"] == []


def test_keys_lead_to_screens_and_to_their_list(page: Page) -> None:
    steps.sign_in(page, "Ada")
    page.keyboard.press("g")
    page.keyboard.press("h")
    expect(page.get_by_role("heading", name="History", level=1)).to_be_visible()
    page.keyboard.press("g")
    page.keyboard.press("s")
    expect(page.get_by_role("heading", name="Connections", level=1)).to_be_visible()
    page.keyboard.press("g")
    page.keyboard.press("p")
    expect(page.get_by_role("heading", name="Posts", level=1)).to_be_visible()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    assert_focus_inside(page)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()


def test_a_key_replies_as_oneself_as_well(page: Page) -> None:
    steps.sign_in(page, "Ada")
    steps.open_post(page, steps.POLL)
    steps.speak_as(page, "Ada Berg")
    page.keyboard.press("j")
    expect(page.locator("#comments article.comment").nth(0)).to_be_focused()
    page.keyboard.press("r")
    expect(page.locator("#comments form.composer").get_by_role("textbox")).to_be_focused()


def test_single_keys_can_be_switched_off_and_stay_off(page: Page) -> None:
    steps.sign_in(page, "Ada")
    page.keyboard.press("?")
    off = page.get_by_role("checkbox", name="Switch the single keys off")
    tab_to(page, off, at_most=8)
    page.keyboard.press("Space")
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("h")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()
    page.reload()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()
    expect(page.get_by_role("heading", name="Posts", level=1)).to_be_visible()

    tab_to(page, page.get_by_role("button", name="account"))
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_role("button", name="Keys"), at_most=4)
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    tab_to(page, off, at_most=8)
    page.keyboard.press("Space")
    page.keyboard.press("Escape")
    page.locator("#main").focus()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()


def test_the_page_switcher_opens_chooses_and_closes_by_keyboard(page: Page) -> None:
    steps.sign_in(page, "Ada")
    button = page.get_by_role("button", name="change Page")
    tab_to(page, button, at_most=6)
    page.keyboard.press("Enter")
    expect(page.locator("#pages")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#pages")).to_be_hidden()
    expect(button).to_be_focused()
    page.keyboard.press("Enter")
    tab_to(page, page.locator("#pages").get_by_role("button", name="Birch & Co"), at_most=4)
    page.keyboard.press("Enter")
    expect(button).to_contain_text("Birch & Co")


def test_every_stop_of_the_thread_page_shows_the_focus(page: Page) -> None:
    """From the top to the end and back: nothing hides the focus, nothing traps it."""
    steps.sign_in(page, "Ada")
    steps.open_post(page, steps.FAIR)
    presses = tab_to(page, page.locator(".dock .button--main"), at_most=150)
    tab_to(page, page.get_by_role("link", name="Skip to content"), at_most=presses + 20, back=True)


def walk_to(page: Page, comment: Locator) -> None:
    """Go up with k, then down with j until the comment has the focus."""
    count = page.locator("article.comment").count()
    for key in ["k"] * count + ["j"] * count:
        page.keyboard.press(key)
        assert_focus_shows(page)
        if comment.evaluate("e => e === document.activeElement"):
            return
    raise AssertionError("j and k do not lead to the comment")


def assert_focus_inside(page: Page) -> None:
    expect(page.locator("dialog[open] :focus, dialog[open]:focus")).to_have_count(1)
    assert_focus_shows(page)
