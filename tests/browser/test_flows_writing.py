"""Writing: a reply with its undo and on a colleague's screen, mentions, editing, drafts, emoji, the counter."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests import processes
from tests.browser import steps
from tests.browser.conftest import Visitor
from tests.processes import Product


@pytest.fixture(scope="module")
def product() -> Iterator[Product]:
    """With the undo window people have."""
    with processes.product(UNDO_WINDOW_S="5") as running:
        yield running


def test_a_reply_can_be_undone_and_else_stands_on_linkedin_once(page: Page, visitor: Visitor, product: Product) -> None:
    steps.sign_in(page, "Ada")
    bo = visitor()
    steps.invite(page, bo, "Bo")
    page.goto("/posts/")
    steps.look_at(page, "Birch & Co")
    steps.open_post(page, steps.CHAIR)
    steps.open_post(bo, steps.CHAIR)

    form = steps.reply_box(page, "Which oil?")
    steps.write(form, "Linseed, and patience.")
    expect(form.locator("button.button--main")).to_contain_text("Reply as Birch & Co")
    steps.send(form)
    row = steps.owed(page, "Linseed, and patience.")
    expect(row).to_contain_text(re.compile(r"Sending as Birch & Co in [1-5] s"))
    expect(row).to_contain_text("by Ada Berg")
    expect(page.get_by_role("status").filter(has_text="Accepted as Birch & Co.")).to_have_count(1)
    expect(steps.owed(bo, "Linseed, and patience.")).to_contain_text("Sending as Birch & Co")  # without reload
    row.get_by_role("button", name="Undo").click()
    expect(row).to_contain_text("Nothing was sent.")
    expect(steps.owed(bo, "Linseed, and patience.")).to_contain_text("Nothing was sent.")

    form = steps.reply_box(page, "Which oil?")
    steps.write(form, "Linseed oil, twice.")
    steps.send(form)
    expect(steps.owed(page, "Linseed oil, twice.").get_by_role("button", name="Undo")).to_be_visible()
    sent = steps.on_linkedin(page, "Linseed oil, twice.")
    expect(steps.on_linkedin(bo, "Linseed oil, twice.")).to_have_count(1)
    (entry,) = product.ledger()
    assert (entry["kind"], entry["text"]) == ("reply", "Linseed oil, twice.")
    assert (entry["actor"], entry["agent"]) == (steps.BIRCH, steps.ADA)
    link = sent.get_by_role("link", name="Open").get_attribute("href")
    assert link is not None
    assert entry["urn"].rpartition(",")[2].rstrip(")") in link

    bo.reload()
    expect(steps.on_linkedin(bo, "Linseed oil, twice.")).to_have_count(1)
    bo.get_by_role("link", name="History").click()
    mine = bo.get_by_role("row").filter(has_text="Linseed oil, twice.")
    expect(mine).to_contain_text("Ada Berg")
    expect(mine).to_contain_text("Birch & Co")
    expect(mine).to_contain_text("On LinkedIn ·")
    expect(bo.get_by_role("row").filter(has_text="patience")).to_contain_text("Cancelled at")


def test_send_now_ends_the_wait(page: Page, product: Product) -> None:
    since = steps.mark(product)
    steps.sign_in(page, "Ada")
    steps.open_post(page, steps.POLL)
    form = steps.composer(page)
    steps.write(form, "Counting votes.")
    form.get_by_role("textbox", name=re.compile("^Comment")).press("Control+Enter")
    steps.owed(page, "Counting votes.").get_by_role("button", name="Send now").click()
    steps.on_linkedin(page, "Counting votes.")
    (entry,) = product.ledger(since)
    assert (entry["kind"], entry["actor"], entry["text"]) == ("comment", steps.ACME, "Counting votes.")


def test_mentions_after_an_emoji_stand_where_linkedin_counts_them(page: Page, product: Product) -> None:
    since = steps.mark(product)
    steps.sign_in(page, "Ada")
    steps.open_post(page, steps.THIRD_ARM)
    form = steps.reply_box(page, "Wie lange dauert ein Werkzeugwechsel")
    field = form.get_by_role("textbox", name=re.compile("^Reply to"))
    field.press_sequentially("👩‍🔧👍🏽 danke @Gret")
    menu = form.get_by_role("listbox")
    expect(menu.get_by_role("option", selected=True)).to_contain_text("Greta Hoffmann")
    page.keyboard.press("Enter")
    expect(field.locator(".chip")).to_have_text("Greta Hoffmann")
    expect(field).to_be_focused()
    field.press_sequentially("und 🤖 @kestrel-logistics")
    expect(menu.get_by_role("option", name="Kestrel Logistics")).to_be_visible()
    while "Kestrel" not in menu.get_by_role("option", selected=True).inner_text():
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    expect(field.locator(".chip")).to_have_text(["Greta Hoffmann", "Kestrel Logistics"])
    field.press_sequentially("!")
    steps.send(form)
    sent = steps.on_linkedin(page, "danke Greta Hoffmann und")
    text = "👩‍🔧👍🏽 danke Greta Hoffmann und 🤖 Kestrel Logistics !"
    expect(sent.locator(".comment__text")).to_have_text(text)
    expect(sent.get_by_role("link", name="Kestrel Logistics")).to_be_visible()

    (entry,) = product.ledger(since)
    assert entry["text"] == text
    message = steps.comment_on_linkedin(product, entry["urn"])["message"]
    person, page_ = sorted(message["attributes"], key=lambda span: span["start"])
    assert person["value"] == {"person": {"person": "urn:li:person:grH6offman"}}
    assert page_["value"] == {"organization": {"organization": "urn:li:organization:2001"}}
    for span, name in ((person, "Greta Hoffmann"), (page_, "Kestrel Logistics")):
        units = text.encode("utf-16-le")
        assert units[2 * span["start"] : 2 * (span["start"] + span["length"])].decode("utf-16-le") == name


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)])
def test_the_menu_of_mentions_leaves_the_composer_free(visitor: Visitor, width: int, height: int) -> None:
    page = visitor(viewport={"width": width, "height": height})
    steps.sign_in(page, "Ada")
    steps.open_post(page, steps.THIRD_ARM)
    for form in (steps.composer(page), steps.reply_box(page, "Wie lange dauert ein Werkzeugwechsel")):
        form.get_by_role("textbox", name=re.compile("^(Reply to|Comment)")).press_sequentially("@")
        expect(form.locator("[role=option]").first).to_be_visible()
        around, menu = form.bounding_box(), form.locator(".composer__menu .menu").bounding_box()
        assert around and menu
        assert menu["y"] + menu["height"] <= around["y"] or menu["y"] >= around["y"] + around["height"]
        assert menu["y"] >= 0 and menu["x"] >= 0 and menu["x"] + menu["width"] <= width
        form.locator(".button--main").click(trial=True)  # nothing lies on it
        page.keyboard.press("Escape")


def test_an_own_comment_is_edited_in_place_and_keeps_its_mentions(page: Page, product: Product) -> None:
    steps.sign_in(page, "Ada")
    steps.open_post(page, steps.NIGHT_SHIFT)
    ours = steps.comment(page, "we have put up a sign")
    expect(steps.comment(page, "Handover notes.").get_by_role("link", name="Edit")).to_have_count(0)
    since = steps.mark(product)
    ours.get_by_role("link", name="Edit").click()
    expect(page.get_by_role("heading", name="Edit this comment")).to_be_visible()
    form = page.locator("form.composer")
    expect(form.locator(".chip")).to_have_text("Hana Steinová")
    expect(form.get_by_label("Editing as")).to_contain_text("Acme Robotics")
    steps.write(form, " Two, even.")
    steps.send(form)
    expect(page).to_have_url(re.compile("/posts/.*#thread-"))
    edited = steps.comment(page, "put up a sign. 😅 Two, even.")
    expect(edited).to_contain_text("edited", timeout=steps.LONG_MS)
    expect(edited).to_contain_text("Changed on LinkedIn ·")
    (entry,) = product.ledger(since)
    assert (entry["kind"], entry["actor"]) == ("edit", steps.ACME)
    assert entry["text"] == "Right, Hana Steinová, we have put up a sign. 😅 Two, even."
    (span,) = steps.comment_on_linkedin(product, entry["urn"])["message"]["attributes"]
    assert (span["start"], span["length"]) == (7, len("Hana Steinová"))


def test_a_draft_survives_reload_and_signing_out_until_it_is_sent(page: Page, product: Product) -> None:
    steps.sign_in(page, "Ada")
    steps.open_post(page, steps.INTERVIEW)
    steps.write(steps.composer(page), "Ruth, about the second")
    reply = steps.reply_box(page, "I disagree with nearly everything")
    steps.write(reply, "Which part?")
    page.reload()
    expect(steps.composer(page).get_by_role("textbox", name=re.compile("^Comment"))).to_have_text(
        "Ruth, about the second"
    )
    expect(steps.composer(page).locator(".composer__draft")).to_contain_text("restored")
    page.get_by_role("button", name="account").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("link", name="Sign in with LinkedIn")).to_be_visible()

    steps.sign_in(page, "Ada")
    steps.open_post(page, steps.INTERVIEW)
    reply = steps.reply_box(page, "I disagree with nearly everything")
    expect(reply.get_by_role("textbox", name=re.compile("^Reply to"))).to_have_text("Which part?")
    since = steps.mark(product)
    form = steps.composer(page)
    steps.write(form, " question: yes.")
    steps.send(form)
    steps.owed(page, "Ruth, about the second question: yes.").get_by_role("button", name="Send now").click()
    steps.on_linkedin(page, "Ruth, about the second question: yes.")
    page.reload()
    expect(steps.composer(page).get_by_role("textbox", name=re.compile("^Comment"))).to_have_text("")
    assert [entry["text"] for entry in product.ledger(since)] == ["Ruth, about the second question: yes."]


def test_emoji_counter_and_limit(page: Page, product: Product) -> None:
    since = steps.mark(product)
    steps.sign_in(page, "Ada")
    steps.open_post(page, steps.FAIR)
    form = steps.composer(page)
    field = form.get_by_role("textbox", name=re.compile("^Comment"))
    steps.write(form, "Thank you ")
    form.get_by_role("button", name="Emoji").click()
    picker = form.locator("emoji-picker")
    picker.get_by_role("combobox").fill("clapping")
    picker.get_by_role("option", name="clapping hands").first.click()
    expect(field).to_have_text("Thank you 👏")
    expect(field).to_be_focused()
    left = form.locator("char-count > span").first
    expect(left).to_have_text("")
    field.press("Control+a")
    page.keyboard.insert_text(" Two\n\nlines" + "x" * 1230)  # as text expanders type: the browser makes boxes of lines
    expect(form.locator("[name=text]")).to_have_value(" Two\n\nlines" + "x" * 1230)
    expect(left).to_have_text("9 left")
    field.press("Control+a")
    page.keyboard.insert_text("👏" + "x" * 1243)
    expect(left).to_have_text("6 left")
    page.keyboard.insert_text("yyyyyyyyyy")
    expect(left).to_have_text("4 too many")
    steps.send(form)
    expect(form.locator(".composer__said").first).to_contain_text("too long by 4 characters (at most 1250)")
    expect(field).to_be_focused()
    assert product.ledger(since) == []
    for _ in range(4):
        page.keyboard.press("Backspace")
    expect(left).to_have_text("0 left")
    steps.send(form)
    steps.owed(page, "xxxyyyyyy").get_by_role("button", name="Send now").click()
    steps.on_linkedin(page, "xxxyyyyyy")
    assert [entry["text"] for entry in product.ledger(since)] == ["👏" + "x" * 1243 + "y" * 6]
