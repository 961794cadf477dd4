"""What is kept, and forgetting a person: for everybody who sees or moves differently, on a phone, without script."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser import steps
from tests.browser.conftest import Visitor
from tests.browser.test_guard_axe import Looks

LEAVES = "() => document.documentElement.scrollWidth <= document.documentElement.clientWidth"
DANA = "daW1hit_42"


def test_forgetting_a_person_by_keyboard_from_their_comment(page: Page) -> None:
    looks = Looks(page)
    steps.sign_in(page, "Ada")
    steps.open_post(page, steps.THIRD_ARM)
    steps.comment(page, "It stops within 80 ms").get_by_role("link", name="Delete").click()
    page.get_by_role("dialog").get_by_role("link", name="Forget this person here").press("Enter")
    expect(page.get_by_role("heading", level=1, name="Forget Dana Whitlock at this desk?")).to_be_visible()
    looks.at("the question")
    page.get_by_label("Type forget to confirm").fill("no")
    page.get_by_label("Type forget to confirm").press("Enter")
    expect(page.get_by_text("This does not match. Type forget")).to_be_visible()
    expect(page.get_by_label("Type forget to confirm")).to_be_focused()
    looks.at("the question, refused")
    page.get_by_label("Type forget to confirm").fill("forget")
    page.get_by_label("Type forget to confirm").press("Enter")
    expect(page.get_by_role("heading", level=1, name="What is kept")).to_be_visible()
    expect(page.get_by_role("status").get_by_text("have no author and no words any more")).to_be_visible()
    looks.at("what is kept")
    expect(page.get_by_text("Receipts chain: unbroken")).to_be_visible()
    steps.open_post(page, steps.THIRD_ARM)
    expect(steps.comment(page, "Congratulations").first).to_be_visible()
    expect(steps.comment(page, "It stops within 80 ms")).to_have_count(0)
    looks.assert_none()


def test_the_page_works_on_a_phone_and_without_script(visitor: Visitor) -> None:
    page = visitor(viewport={"width": 360, "height": 800}, java_script_enabled=True)
    steps.sign_in(page, "Ada")
    for address in ("/settings/kept/", "/settings/kept/forget/", f"/settings/kept/forget/?member={DANA}"):
        page.goto(address)
        assert page.evaluate(LEAVES), address
    plain = visitor(java_script_enabled=False)
    plain.context.add_cookies(page.context.cookies())  # type: ignore[arg-type]  # they come from the same browser
    plain.goto("/settings/kept/")
    plain.get_by_role("textbox", name="Person").fill("nobody at all")
    plain.get_by_role("button", name="Continue").click()
    expect(plain.get_by_text("this is not a number LinkedIn gives people")).to_be_visible()
    plain.get_by_role("textbox", name="Person").fill("urn:li:person:ruA5delman")
    plain.get_by_role("button", name="Continue").click()
    plain.get_by_label("Type forget to confirm").fill("forget")
    plain.get_by_role("button", name="Forget this person").click()
    expect(plain.get_by_role("heading", level=1, name="What is kept")).to_be_visible()
