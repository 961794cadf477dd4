"""Deleting, own words and strangers', with what goes along; closing a post's comments and opening them again."""

import re

from playwright.sync_api import Page, expect

from tests.browser import steps
from tests.processes import Product


def test_an_own_comment_is_deleted_after_a_question_and_can_be_kept(page: Page, product: Product) -> None:
    steps.sign_in(page, "Ada")
    steps.open_post(page, steps.THIRD_ARM)
    ours = steps.comment(page, "About the push of a closing drawer")
    ours.get_by_role("link", name="Delete").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading")).to_have_text("Delete this comment on LinkedIn?")
    expect(dialog).to_contain_text("Fair question, Dana Whitlock")
    expect(dialog).not_to_contain_text("with it")
    dialog.get_by_role("link", name="Keep it").click()
    expect(dialog).to_be_hidden()
    expect(ours).to_be_visible()
    assert product.ledger() == []

    ours.get_by_role("link", name="Delete").click()
    dialog.get_by_role("button", name="Delete as Acme Robotics").click()
    expect(ours).to_contain_text(re.compile("Deleting as Acme Robotics"))
    expect(ours).to_have_count(0, timeout=steps.LONG_MS)
    expect(steps.thread(page, "what does the hand feel").locator("li.reply article")).to_have_count(2)
    (entry,) = product.ledger()
    assert (entry["kind"], entry["actor"], entry["agent"]) == ("delete", steps.ACME, steps.ADA)
    assert entry["text"].startswith("Fair question")
    page.reload()
    expect(steps.comment(page, "what does the hand feel")).to_be_visible()
    expect(ours).to_have_count(0)
    expect(page.locator("#ch")).to_have_text("12 comments")


def test_a_reply_is_deleted_where_it_stands_among_unfolded_ones(page: Page, product: Product) -> None:
    since = steps.mark(product)
    steps.sign_in(page, "Ada")
    steps.open_post(page, steps.NIGHT_SHIFT)
    hana = steps.thread(page, "the coffee machine needs cleaning")
    hana.get_by_role("link", name="Show 1 earlier reply").click()
    draft = steps.composer(page)
    steps.write(draft, "Not sent yet")
    replies = hana.locator("li.reply article:not(.comment--owed)")
    expect(replies).to_have_count(4)
    earlier = replies.filter(has_text="This goes on OUR wall.")
    earlier.get_by_role("link", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(earlier).to_contain_text(re.compile("Deleting as Acme Robotics"))
    expect(replies).to_have_count(4)
    expect(earlier).to_have_count(0, timeout=steps.LONG_MS)
    expect(replies).to_have_count(3)
    expect(draft.get_by_role("textbox", name="Comment")).to_have_text("Not sent yet")
    assert [entry["kind"] for entry in product.ledger(since)] == ["delete"]


def test_a_strangers_thread_is_deleted_as_the_page_with_the_replies_it_names(page: Page, product: Product) -> None:
    since = steps.mark(product)
    steps.sign_in(page, "Ada")
    steps.open_post(page, steps.HANDBOOK)
    ben = steps.comment(page, "Page 11, second figure")
    ben.get_by_role("link", name="Delete").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Ben Romano")
    expect(dialog).to_contain_text("1 reply goes with it.")
    dialog.get_by_role("button", name="Delete as Acme Robotics").click()
    grave = page.locator(".tombstone", has_text="A comment stood here.")
    expect(grave).to_be_visible(timeout=steps.LONG_MS)
    expect(page.get_by_text("It does! I drew it.")).to_have_count(0)
    told = page.get_by_label("Under way on this post")
    expect(told).to_contain_text("About a comment that is no longer there:")
    expect(told).to_contain_text("Deleted on LinkedIn ·")
    (entry,) = product.ledger(since)
    assert (entry["kind"], entry["actor"]) == ("delete", steps.ACME)
    assert entry["text"].startswith("Page 11")
    page.reload()
    expect(ben).to_have_count(0)
    expect(page.locator("#ch")).to_have_text("5 comments")
    page.get_by_role("link", name="History").click()
    row = page.get_by_role("row").filter(has_text="Deleted on LinkedIn ·").first
    expect(row).to_contain_text("Ada Berg")


def test_comments_are_closed_behind_a_typed_word_and_opened_again(page: Page, product: Product) -> None:
    since = steps.mark(product)
    steps.sign_in(page, "Ada")
    steps.open_post(page, steps.INTERVIEW)
    page.get_by_role("link", name="About this post").click()
    page.get_by_role("link", name="Close comments…").click()
    expect(page.get_by_role("heading", name="Close comments on this post?")).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("LinkedIn also deletes the 5 comments that are there")
    word = page.get_by_label("Type close to close")
    word.fill("clsoe")
    page.get_by_role("button", name="Close comments as Acme Robotics").click()
    expect(page.get_by_text("This does not match.")).to_be_visible()
    assert product.ledger(since) == []
    word.fill("close")
    page.get_by_role("button", name="Close comments as Acme Robotics").click()
    expect(page.get_by_text("Closing comments as Acme Robotics")).to_be_visible()
    expect(page.get_by_text("Comments are closed.")).to_be_visible(timeout=steps.LONG_MS)
    page.reload()
    expect(page.locator("#comments article")).to_have_count(0)
    expect(page.locator(".dock")).to_contain_text("Comments on this post are closed.")
    expect(page.locator("#ch")).to_have_text("0 comments")

    page.get_by_role("link", name="About this post").click()
    page.get_by_role("link", name="Open comments…").click()
    page.get_by_role("button", name="Open comments as Acme Robotics").click()
    expect(page.get_by_text("Comments opened on LinkedIn ·")).to_be_visible(timeout=steps.LONG_MS)
    page.reload()
    form = steps.composer(page)
    steps.write(form, "We begin again.")
    steps.send(form)
    steps.on_linkedin(page, "We begin again.")
    close, opened, comment = product.ledger(since)
    assert (close["kind"], close["actor"], close["text"]) == ("close", steps.ACME, "5 comments removed")
    assert (opened["kind"], opened["actor"]) == ("open", steps.ACME)
    assert (comment["kind"], comment["text"]) == ("comment", "We begin again.")
