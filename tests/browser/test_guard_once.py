"""The right actor, and once: other tabs, double clicks, reloads and the back button change nothing."""

from __future__ import annotations

import re

from playwright.sync_api import Page, Route, expect

from tests.browser import steps
from tests.browser.conftest import Visitor, Watch
from tests.browser.guarding import said_once
from tests.processes import Product


def test_another_tab_with_another_page_changes_no_open_form(page: Page, product: Product) -> None:
    steps.sign_in(page, "Ada")
    steps.open_post(page, steps.NIGHT_SHIFT)
    reply = steps.reply_box(page, "Handover notes")
    steps.write(reply, "Noted, three lines.")
    steps.write(steps.composer(page), "All of these went on the wall.")
    since = steps.mark(product)

    other = page.context.new_page()
    other.goto("/posts/")
    steps.look_at(other, "Birch & Co")
    steps.open_post(other, steps.CHAIR)
    steps.write(steps.composer(other), "The drawings are kept dry.")
    steps.send(steps.composer(other))
    steps.on_linkedin(other, "The drawings are kept dry.")

    expect(reply.locator(".button--main")).to_contain_text("Reply as Acme Robotics")
    expect(steps.composer(page).locator(".button--main")).to_contain_text("Comment as Acme Robotics")
    steps.send(steps.composer(page))
    steps.on_linkedin(page, "All of these went on the wall.")
    steps.send(reply)
    steps.on_linkedin(page, "Noted, three lines.")
    said = {entry["text"]: (entry["actor"], entry["agent"]) for entry in steps.ledger(product, since=since)}
    assert said == {
        "The drawings are kept dry.": (steps.BIRCH, steps.ADA),
        "All of these went on the wall.": (steps.ACME, steps.ADA),
        "Noted, three lines.": (steps.ACME, steps.ADA),
    }


def test_another_tab_as_another_actor_changes_no_open_form(page: Page, product: Product) -> None:
    steps.sign_in(page, "Ada")
    steps.open_post(page, steps.INTERVIEW, acting="Ada Berg")
    steps.write(steps.composer(page), "Speaking for myself: worth it.")
    other = page.context.new_page()
    steps.open_post(other, steps.INTERVIEW, acting="Acme Robotics")
    since = steps.mark(product)
    steps.send(steps.composer(page))
    steps.on_linkedin(page, "Speaking for myself")
    (entry,) = steps.ledger(product, since=since)
    assert (entry["kind"], entry["actor"]) == ("comment", steps.ADA)


def test_a_form_does_not_speak_for_whoever_signed_in_since(page: Page, product: Product, watch: Watch) -> None:
    """The cookie is another person's now: nothing is sent, the words stay."""
    watch.allow(
        "(status of|Status Error Code) 40[34]"
    )  # Bo may not read this post, which the page goes on asking about
    steps.sign_in(page, "Ada")
    steps.open_post(page, steps.HANDBOOK)
    form = steps.composer(page)
    steps.write(form, "Page 11 is mended.")
    since = steps.mark(product)
    other = page.context.new_page()
    other.goto("/posts/")
    other.get_by_role("button", name="account").click()
    other.get_by_role("button", name="Sign out").click()
    steps.sign_in(other, "Bo")
    steps.send(form)
    expect(form.get_by_role("alert").filter(visible=True)).to_contain_text("Your text is kept")
    expect(form.get_by_role("textbox", name="Comment as")).to_contain_text("Page 11 is mended.")
    assert steps.ledger(product, since=since) == []


def test_a_double_click_sends_one_comment_and_one_reply(page: Page, product: Product) -> None:
    steps.sign_in(page, "Ada")
    steps.open_post(page, steps.FAIR)
    since = steps.mark(product)
    steps.write(steps.composer(page), "Clicked twice at the fair.")
    steps.composer(page).locator(".button--main").dblclick()
    steps.on_linkedin(page, "Clicked twice at the fair.")
    reply = steps.reply_box(page, "Same hall next year")
    steps.write(reply, "Clicked twice in reply.")
    reply.locator(".button--main").dblclick()
    steps.on_linkedin(page, "Clicked twice in reply.")
    said_once(page, product, "Clicked twice at the fair.", since=since, kind="comment")
    said_once(page, product, "Clicked twice in reply.", since=since, kind="reply")


def test_a_double_click_without_script_sends_one_comment(visitor: Visitor, product: Product) -> None:
    page = visitor(java_script_enabled=False)
    steps.sign_in(page, "Ada")
    steps.open_post(page, steps.POLL)
    since = steps.mark(product)
    page.locator("textarea[name=text]").fill("Twice without script.")
    page.locator(".dock .button--main").dblclick()
    expect(steps.owed(page, "Twice without script.").or_(steps.comment(page, "Twice without script."))).to_have_count(1)
    said_once(page, product, "Twice without script.", since=since, kind="comment")


def test_like_and_take_back_end_where_they_began(page: Page, product: Product) -> None:
    steps.sign_in(page, "Ada")
    steps.open_post(page, steps.HANDBOOK)
    since = steps.mark(product)
    like = steps.comment(page, "Printed, hole-punched").locator("footer button")
    like.click()
    expect(like).to_have_attribute("aria-pressed", "true")
    like.click()
    expect(like).to_have_attribute("aria-pressed", "false")
    page.goto("/history/")
    outcomes = page.locator(".history__outcome").filter(has_text=re.compile("Liking|Taking|Waiting"))
    expect(outcomes).to_have_count(0, timeout=steps.LONG_MS)
    kinds = [entry["kind"] for entry in steps.ledger(product, since=since)]
    assert kinds in ([], ["react", "unreact"]), kinds


def test_reload_and_back_after_sending_send_nothing_again(page: Page, product: Product) -> None:
    steps.sign_in(page, "Ada")
    steps.open_post(page, steps.UNTOUCHED)
    since = steps.mark(product)
    steps.write(steps.composer(page), "Sent, then reloaded.")
    steps.send(steps.composer(page))
    expect(steps.owed(page, "Sent, then reloaded.")).to_be_visible()
    page.reload()
    expect(steps.composer(page).get_by_role("textbox", name="Comment as")).to_have_text("")
    expect(steps.owed(page, "Sent, then reloaded.").or_(steps.comment(page, "Sent, then reloaded."))).to_have_count(1)
    page.goto("/history/")
    page.go_back()
    expect(steps.composer(page).get_by_role("textbox", name="Comment as")).to_have_text("")
    entry = said_once(page, product, "Sent, then reloaded.", since=since, kind="comment")
    assert (entry["actor"], entry["agent"]) == (steps.ACME, steps.ADA)


def test_back_to_a_form_that_was_sent_sends_it_once(visitor: Visitor, product: Product, watch: Watch) -> None:
    """A browser that keeps whole pages shows the old form with its words; sending it again is the same action."""
    watch.allow("Access to image|ERR_FAILED")  # a page from memory came from no address: it may not fetch from loopback
    page = visitor(java_script_enabled=False)
    steps.sign_in(page, "Ada")
    steps.open_post(page, steps.THIRD_ARM)
    since = steps.mark(product)
    steps.comment(page, "Werkzeugwechsel").get_by_role("link", name="Reply").click()
    kept, address = page.content(), page.url
    reply_without_script(page, "Elf Sekunden, ehrlich gemessen.")
    page.go_back()
    expect(page.locator("textarea[name=text]")).to_have_value("")

    page.route(address, lambda route: _from_memory(route, kept))
    page.reload()
    reply_without_script(page, "Elf Sekunden, ehrlich gemessen.")
    page.go_back()
    page.locator("textarea[name=text]").fill("Zwölf Sekunden.")
    page.get_by_role("button", name="Send reply").click()
    expect(page.get_by_text("This was already sent at")).to_be_visible()
    expect(page.locator("textarea[name=text]")).to_have_value("Zwölf Sekunden.")
    said_once(page, product, "Elf Sekunden, ehrlich gemessen.", since=since, kind="reply")
    assert [entry["kind"] for entry in steps.ledger(product, since=since)] == ["reply"]


def reply_without_script(page: Page, words: str) -> None:
    page.locator("textarea[name=text]").fill(words)
    page.get_by_role("button", name="Send reply").click()
    page.wait_for_url("**/posts/**")


def _from_memory(route: Route, kept: str) -> None:
    if route.request.method == "GET":
        route.fulfill(body=kept, content_type="text/html; charset=utf-8")
    else:
        route.continue_()
