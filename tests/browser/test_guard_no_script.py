"""Everything works before any script runs: the whole day of a community manager with JavaScript switched off."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests import processes
from tests.browser import steps
from tests.browser.conftest import Visitor
from tests.browser.guarding import reload_until
from tests.processes import Product


@pytest.fixture(scope="module")
def product() -> Iterator[Product]:
    """There is time to press Undo by hand; "Send now" ends the wait."""
    with processes.product(UNDO_WINDOW_S="60") as running:
        yield running


@pytest.fixture
def page(visitor: Visitor) -> Page:
    return visitor(java_script_enabled=False)


def until(page: Page, target: Locator) -> Locator:
    """Load again until the page shows it."""
    reload_until(page, lambda: target.count() > 0)
    return target.first


def open_post(page: Page, title: str) -> None:
    until(page, page.locator(".post-row__title").get_by_role("link", name=title)).click()
    until(page, page.locator(".fresh", has_text="Complete"))


def test_sign_in_read_a_thread_to_its_end_and_earlier_replies(page: Page) -> None:
    steps.sign_in(page, "Ada")
    expect(page.locator(".post-row").first).to_be_visible(timeout=steps.LONG_MS)  # by itself
    open_post(page, steps.NIGHT_SHIFT)
    page.get_by_role("link", name="earlier repl").first.click()
    expect(page.get_by_role("heading", name="Replies to Hana Steinová")).to_be_visible()
    expect(page.get_by_text("This goes on OUR wall.")).to_be_visible()
    page.get_by_role("link", name="Back to the thread").click()
    expect(page).to_have_url(re.compile(r"/posts/.+#thread-"))


def test_a_very_long_thread_is_read_page_by_page(page: Page) -> None:
    steps.sign_in(page, "Ada")
    open_post(page, steps.BIG)
    expect(page.get_by_role("heading", name="1900 comments")).to_be_visible()
    seen: set[str] = set()
    for shown in range(50, 1001, 50):
        threads = page.locator("#comments li.thread > [id^=thread-]").evaluate_all("all => all.map(one => one.id)")
        assert len(threads) == 50
        assert not seen & set(threads)
        seen |= set(threads)
        if shown < 1000:
            expect(page.locator("#more")).to_contain_text(f"{shown} of 1000 threads shown")
            with page.expect_navigation():
                page.get_by_role("link", name="Show more").click()
    expect(page.locator("#more")).to_have_count(0)


def test_comment_undo_and_send_now(page: Page, product: Product) -> None:
    steps.sign_in(page, "Ada")
    open_post(page, steps.UNTOUCHED)
    since = steps.mark(product)
    comment(page, "Taken back in time.")
    row = steps.owed(page, "Taken back in time.")
    expect(row).to_contain_text("Sending as Acme Robotics")
    row.get_by_role("button", name="Undo").click()
    expect(row).to_contain_text("Cancelled at")
    assert steps.ledger(product, since=since) == []

    comment(page, "Two weeks, @[Jonas Ekström](urn:li:person:joE9kstrom).")
    row = steps.owed(page, "Two weeks, Jonas Ekström.")
    row.get_by_role("button", name="Send now").click()
    until(page, steps.comment(page, "Two weeks, Jonas Ekström."))
    (entry,) = steps.ledger(product, since=since)
    assert (entry["kind"], entry["actor"], entry["agent"]) == ("comment", steps.ACME, steps.ADA)
    assert entry["text"] == "Two weeks, Jonas Ekström."


def test_reply_as_myself_edit_and_delete(page: Page, product: Product) -> None:
    steps.sign_in(page, "Ada")
    open_post(page, steps.HANDBOOK)
    since = steps.mark(product)
    steps.comment(page, "Page 11, second figure").get_by_role("link", name="Reply").click()
    expect(page.get_by_role("heading", name="Reply to Ben Romano")).to_be_visible()
    page.get_by_label("Replying as").select_option("Ada Berg")
    page.locator("textarea[name=text]").fill("Mended, thank you.")
    page.get_by_role("button", name="Send reply").click()
    steps.owed(page, "Mended, thank you.").get_by_role("button", name="Send now").click()
    until(page, steps.comment(page, "Mended, thank you."))

    steps.comment(page, "Mended, thank you.").get_by_role("link", name="Edit").click()
    expect(page.locator("textarea[name=text]")).to_have_value("Mended, thank you.")
    page.locator("textarea[name=text]").fill("Mended in edition two.")
    page.get_by_role("button", name="Save").click()
    page.locator("[data-state=queued]").get_by_role("button", name="Send now").click()
    until(page, steps.comment(page, "Mended in edition two."))

    edited = steps.comment(page, "Mended in edition two.")
    edited.locator("footer").get_by_role("link", name="Delete").click()
    expect(page.get_by_role("heading", name="Delete this comment on LinkedIn?")).to_be_visible()
    page.get_by_role("radio", name="Ada Berg").check()
    page.get_by_role("button", name="Delete").click()
    page.locator("[data-state=queued]").get_by_role("button", name="Send now").click()
    reload_until(page, lambda: not steps.comment(page, "Mended in edition two.").count())
    done = [(entry["kind"], entry["actor"]) for entry in steps.ledger(product, since=since)]
    assert done == [("reply", steps.ADA), ("edit", steps.ADA), ("delete", steps.ADA)]


def test_like_unlike_and_react(page: Page, product: Product) -> None:
    steps.sign_in(page, "Ada")
    open_post(page, steps.FAIR)
    since = steps.mark(product)
    said = steps.comment(page, "We took a picture of your picture.")
    said.get_by_role("button", name="Like").click()
    until(page, said.locator("footer button[aria-pressed=true]")).click()
    until(page, said.locator("footer button[aria-pressed=false]"))

    said.get_by_role("link", name=re.compile("React|like")).click()
    expect(page.get_by_role("heading", name="Reactions")).to_be_visible()
    page.get_by_role("button", name="Insightful").click()
    expect(page).to_have_url(re.compile("/posts/"))
    page.get_by_role("link", name="More reactions").click()
    page.get_by_role("button", name="Love").click()
    expect(page).to_have_url(re.compile("/posts/"))
    page.goto("/history/")
    reload_until(page, lambda: len(steps.ledger(product, since=since)) >= 4)
    done = [(entry["kind"], entry["actor"]) for entry in steps.ledger(product, since=since)]
    assert sorted(done) == sorted([("react", steps.ACME)] * 3 + [("unreact", steps.ACME)])


def test_a_picture_goes_with_a_comment_and_errors_keep_words(page: Page, product: Product) -> None:
    steps.sign_in(page, "Ada")
    open_post(page, steps.NIGHT_SHIFT)
    since = steps.mark(product)
    page.locator("textarea[name=text]").fill("x" * 1300)
    page.locator(".dock .button--main").click()
    expect(page.get_by_text("too long by 50 characters")).to_be_visible()
    expect(page.locator("textarea[name=text]")).to_have_value("x" * 1300)
    page.locator("textarea[name=text]").fill("The wall of hall 2.")
    page.locator("input[name=picture]").set_input_files({"name": "wall.png", "mimeType": "image/png", "buffer": PIXEL})
    page.get_by_label("Describe the picture").fill("A wall full of notes")
    page.get_by_role("button", name="Comment", exact=True).click()
    row = steps.owed(page, "The wall of hall 2.")
    expect(row.get_by_role("img", name="A wall full of notes")).to_be_visible()
    row.get_by_role("button", name="Send now").click()
    until(page, steps.comment(page, "The wall of hall 2."))
    done = [(entry["kind"], entry["actor"]) for entry in steps.ledger(product, since=since)]
    assert done == [("upload", steps.ACME), ("comment", steps.ACME)]


def test_comments_are_closed_behind_a_typed_word_and_opened_again(page: Page, product: Product) -> None:
    steps.sign_in(page, "Ada")
    open_post(page, "Our neighbours know")
    since = steps.mark(product)
    page.goto(f"{page.url.partition('?')[0]}comments-state/")
    page.get_by_label("Type close to close").fill("shut")
    page.get_by_role("button", name="Close comments as Acme Robotics").click()
    expect(page.get_by_text("This does not match")).to_be_visible()
    assert steps.ledger(product, since=since) == []
    page.get_by_label("Type close to close").fill("close")
    page.get_by_role("button", name="Close comments as Acme Robotics").click()
    page.locator("[data-state=queued]").get_by_role("button", name="Send now").click()
    until(page, page.get_by_text("Comments are closed.", exact=True))
    expect(page.locator(".dock")).to_contain_text("closed")
    page.goto(f"{page.url.partition('#')[0].partition('?')[0]}comments-state/")
    page.get_by_role("button", name="Open comments as Acme Robotics").click()
    reload_until(page, lambda: not page.get_by_text("Comments are closed.", exact=True).count())
    done = [(entry["kind"], entry["actor"]) for entry in steps.ledger(product, since=since)]
    assert done == [("close", steps.ACME), ("open", steps.ACME)]


def test_switcher_history_settings_and_signing_out(page: Page) -> None:
    steps.sign_in(page, "Ada")
    steps.look_at(page, "Birch & Co")
    until(page, page.get_by_role("link", name=steps.CHAIR))
    page.get_by_role("link", name="History").click()
    expect(page.get_by_role("heading", name="History", level=1)).to_be_visible()
    page.locator(".history__when a").first.click()
    expect(page.get_by_role("heading", name="What happened")).to_be_visible()
    page.get_by_role("link", name="Settings").click()
    expect(page.get_by_role("heading", name="Connections", level=1)).to_be_visible()
    page.get_by_role("navigation", name="Settings").get_by_role("link", name="Team").click()
    page.get_by_role("button", name="Invite a colleague").click()
    expect(page.get_by_label("Give this link to one colleague")).to_have_value(re.compile("/join/"))
    page.get_by_role("button", name="Withdraw").click()
    expect(page.get_by_text("None.")).to_be_visible()
    page.get_by_role("button", name="account").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("link", name="Sign in with LinkedIn")).to_be_visible()


def comment(page: Page, words: str) -> None:
    page.locator("textarea[name=text]").fill(words)
    page.locator(".dock .button--main").click()
    page.wait_for_url(re.compile("#outgoing-"))


PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000002000000020802000000fdd49a730000001649444154789c63e48a0a60606060606260"
    "606060600000085400b8e0a276870000000049454e44ae426082"
)
