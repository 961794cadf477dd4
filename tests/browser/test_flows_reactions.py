"""Likes and the other reactions, on posts and comments, as the Page and as oneself; each side sees its own."""

import re
from typing import Any

from playwright.sync_api import Locator, Page, Route, expect

from tests.browser import steps
from tests.processes import Product

LIKE = re.compile("^(Like|Celebrate|Love|Insightful|Support|Funny) as ")
SIX = {
    "Like": "LIKE",
    "Celebrate": "PRAISE",
    "Support": "APPRECIATION",
    "Love": "EMPATHY",
    "Insightful": "INTEREST",
    "Funny": "ENTERTAINMENT",
}


def told(entry: dict[str, Any]) -> tuple[str, str, str, str]:
    return entry["kind"], entry["actor"], entry["agent"], entry["text"]


def like_button(place: Locator) -> Locator:
    return place.get_by_role("button", name=LIKE)


def until(page: Page, button: Locator, words: str, pressed: str) -> None:
    expect(button).to_have_attribute("aria-pressed", pressed, timeout=steps.LONG_MS)
    expect(button).to_contain_text(words)


def test_a_comment_is_liked_as_the_page_and_as_oneself_and_both_are_taken_back(page: Page, product: Product) -> None:
    steps.sign_in(page, "Ada")
    steps.open_post(page, steps.NIGHT_SHIFT)
    said = steps.comment(page, "Handover notes.")
    button = like_button(said)
    button.click()
    until(page, button, "Like as Acme Robotics", "true")
    expect(said.get_by_role("link", name="1 like", exact=True)).to_be_visible()

    steps.speak_as(page, "Ada Berg")
    until(page, button, "Like as Ada Berg", "false")  # the Page's like is not hers
    button.click()
    until(page, button, "Like as Ada Berg", "true")
    expect(said.get_by_role("link", name="2 likes")).to_be_visible()
    said.get_by_role("link", name="2 likes").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("listitem")).to_have_count(2)
    expect(dialog).to_contain_text("Acme Robotics")
    expect(dialog).to_contain_text("Ada Berg")
    dialog.get_by_role("button", name="Close").click()

    button.click()
    until(page, button, "Like as Ada Berg", "false")
    steps.speak_as(page, "Acme Robotics")
    until(page, button, "Like as Acme Robotics", "true")
    button.click()
    until(page, button, "Like as Acme Robotics", "false")
    expect(said.get_by_role("link", name="React")).to_be_visible()
    assert [told(entry) for entry in product.ledger()] == [
        ("react", steps.ACME, steps.ADA, "LIKE"),
        ("react", steps.ADA, steps.ADA, "LIKE"),
        ("unreact", steps.ADA, steps.ADA, "LIKE"),
        ("unreact", steps.ACME, steps.ADA, "LIKE"),
    ]
    page.reload()
    until(page, like_button(steps.comment(page, "Handover notes.")), "Like as Acme Robotics", "false")


def test_a_post_takes_each_of_the_six_reactions_one_at_a_time(page: Page, product: Product) -> None:
    since = steps.mark(product)
    steps.sign_in(page, "Ada")
    steps.open_post(page, steps.UNTOUCHED)
    live = page.locator(".live")
    expect(live).to_contain_text("No reactions yet")
    for label in SIX:
        page.get_by_role("link", name="More reactions").click()
        dialog = page.get_by_role("dialog")
        picks = dialog.get_by_role("group", name="React as Acme Robotics")
        expect(picks.get_by_role("button", name=re.compile(f"^({'|'.join(SIX)})$"))).to_have_count(6)
        picks.get_by_role("button", name=label, exact=True).click()
        expect(dialog).to_be_hidden()
        until(page, like_button(live), f"{label} as", "true")
        expect(live.locator(".post__kinds li")).to_have_text([f"1 {label}"])
    page.get_by_role("link", name="More reactions").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("listitem").filter(has_text="Acme Robotics")).to_contain_text("Funny")
    expect(dialog.get_by_role("button", name="Funny", exact=True)).to_have_attribute("aria-pressed", "true")
    dialog.get_by_role("button", name="Take back").click()
    expect(dialog).to_be_hidden()
    until(page, like_button(live), "Like as", "false")
    expect(live).to_contain_text("No reactions yet")
    entries = product.ledger(since)
    assert [entry["text"] for entry in entries] == [*SIX.values(), "ENTERTAINMENT"]
    assert [entry["kind"] for entry in entries] == ["react"] * 6 + ["unreact"]
    assert {entry["actor"] for entry in entries} == {steps.ACME}
    assert product.control("state")["posts"][-1]["reactions"] >= 0


def test_what_the_page_tells_on_its_own_closes_no_dialog(page: Page, product: Product) -> None:
    """That somebody has seen the post is written when its counts are drawn, whatever is open above them by then."""
    steps.sign_in(page, "Ada")
    held: list[Route] = []
    page.route("**/changes/", lambda route: held.append(route))
    steps.open_post(page, steps.UNTOUCHED)
    page.evaluate("htmx.trigger('.live > i', 'thread-gone')")
    expect(page.locator(".live [id^=seen-]")).to_be_attached()
    page.get_by_role("link", name="More reactions").click()
    dialog = page.get_by_role("dialog")
    picks = dialog.get_by_role("group", name="React as Acme Robotics")
    expect(picks).to_be_visible()
    with page.expect_response("**/changes/"):
        held[0].continue_()
    page.wait_for_timeout(200)  # what closes it would come with the answer
    expect(picks).to_be_visible()


def test_a_like_of_somebody_else_is_left_alone(page: Page, product: Product) -> None:
    since = steps.mark(product)
    steps.sign_in(page, "Ada")
    steps.open_post(page, steps.POLL)
    ben = steps.comment(page, "Can I vote for documentation?")
    expect(ben.get_by_role("link", name="1 like", exact=True)).to_be_visible()
    ben.get_by_role("link", name="1 like", exact=True).click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("listitem")).to_contain_text("Priya Ramaswamy")
    dialog.get_by_role("button", name="Love", exact=True).click()
    button = like_button(ben)
    until(page, button, "Love as Acme Robotics", "true")
    expect(ben.get_by_role("link", name="2 likes")).to_be_visible()
    button.click()
    until(page, button, "Like as Acme Robotics", "false")
    expect(ben.get_by_role("link", name="1 like", exact=True)).to_be_visible()
    assert [told(entry) for entry in product.ledger(since)] == [
        ("react", steps.ACME, steps.ADA, "EMPATHY"),
        ("unreact", steps.ACME, steps.ADA, "EMPATHY"),
    ]


def test_what_linkedin_takes_long_to_tell_is_seen_to_be_under_way(page: Page, product: Product) -> None:
    steps.sign_in(page, "Ada")
    steps.open_post(page, steps.NIGHT_SHIFT)
    line = "getComputedStyle(document.querySelector('.app'), '::before')"
    assert page.evaluate(f"{line}.content") == "none"
    product.control("faults", {"do": "delay", "seconds": 2, "method": "GET", "path": "/reactions"})
    page.get_by_role("link", name="More reactions").click()
    steps.wait_until(lambda: page.evaluate(f"{line}.opacity") == "1", within_s=2)
    expect(page.get_by_role("dialog")).to_be_visible(timeout=steps.LONG_MS)
    assert page.evaluate(f"{line}.content") == "none"
    steps.no_faults(product)
