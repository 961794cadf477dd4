"""Nothing serious for anybody who sees, hears or moves differently: axe on every screen, bright and dark, wide and
narrow.

One journey visits every screen once and tells axe to look at it in all four guises, so that dialogs, menus, errors
and the states of outgoing actions are judged as people meet them.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser import steps
from tests.browser.conftest import Visitor, Watch
from tests.browser.guarding import COLOUR_RULES, faults_for_all, reload_until
from tests.environment import ROOT
from tests.processes import Product

GUISES = [(width, scheme) for width in (1440, 390) for scheme in ("light", "dark")]
COMMENTS = "/comments$"


class Looks:
    """Collects what axe finds wherever the journey stops."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.faults: list[str] = []

    def at(self, place: str) -> None:
        for width, scheme in GUISES:
            self.page.set_viewport_size({"width": width, "height": 900})
            self.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of its two words
            only = COLOUR_RULES if scheme == "dark" else ()  # light-dark() makes colours, and nothing else asks
            self.faults += [f"{place}, {width} {scheme}: {fault}" for fault in faults_for_all(self.page, only=only)]
        self.page.set_viewport_size({"width": 1440, "height": 900})

    def assert_none(self) -> None:
        assert not self.faults, "\n".join(self.faults)


def test_dark_differs_from_light_in_colours_alone() -> None:
    """So the dark guises need only those rules of axe that judge colours."""
    for path in [*ROOT.glob("static/css/**/*.css"), *ROOT.glob("static/js/*.js"), *ROOT.glob("templates/**/*.html")]:
        assert "prefers-color-scheme" not in path.read_text(encoding="utf-8"), path


@pytest.mark.parametrize(("scheme", "least", "most"), [("light", 0.9, 1), ("dark", 0, 0.3)])
def test_the_page_is_as_bright_as_the_system_asks(visitor: Visitor, scheme: str, least: float, most: float) -> None:
    page = visitor(color_scheme=scheme)
    page.goto("/connect/")
    ground = page.evaluate("() => getComputedStyle(document.body).backgroundColor")
    brightness = re.match(r"oklch\(([\d.]+) ", ground)
    assert brightness is not None, ground
    assert least <= float(brightness[1]) <= most


def test_the_ways_in(visitor: Visitor, product: Product, watch: Watch) -> None:
    watch.allow("status of 40[0-9]")
    page = visitor()
    looks = Looks(page)
    page.goto("/connect/")
    looks.at("sign in")
    page.get_by_role("link", name="Sign in with LinkedIn").click()
    page.get_by_role("button", name="Cancel", exact=True).click()
    expect(page.get_by_role("heading", name="You cancelled the sign-in.")).to_be_visible()
    looks.at("cancelled")
    page.goto("/connect/callback/?code=x&state=y")
    looks.at("foreign answer")
    page.goto("/nowhere/")
    looks.at("not found")
    page.goto("/join/never-made/")
    looks.at("invitation that does not work")
    steps.allow(page, "Ada")
    expect(page.get_by_role("button", name="Create the desk")).to_be_visible(timeout=steps.LONG_MS)
    looks.at("first desk")
    page.get_by_label("Name").fill(" ")
    page.locator("form").evaluate("form => form.noValidate = true")
    page.get_by_role("button", name="Create the desk").click()
    expect(page.get_by_text("Give the desk a name")).to_be_visible()
    looks.at("desk without a name")
    page.get_by_label("Name").fill("Social team")
    page.get_by_role("button", name="Create the desk").click()
    expect(page.get_by_role("heading", name="Posts", level=1)).to_be_visible(timeout=steps.LONG_MS)
    looks.at("posts, perhaps read for the first time")
    page.goto("/settings/team/")
    page.get_by_role("button", name="Invite a colleague").click()
    looks.at("team with an invitation")
    link = page.get_by_label("Give this link to one colleague").input_value()
    guest = visitor()
    guest.goto(link)
    invited = Looks(guest)
    invited.at("invitation")
    looks.faults += invited.faults
    looks.assert_none()


def test_screens_of_a_newcomer_without_pages(visitor: Visitor) -> None:
    page = visitor()
    steps.sign_in(page, "Cy")
    looks = Looks(page)
    looks.at("posts without a Page")
    page.goto("/settings/connections/")
    looks.at("connections without a Page")
    page.goto("/history/")
    looks.at("empty history")
    looks.assert_none()


def test_posts_threads_menus_and_dialogs(page: Page) -> None:
    steps.sign_in(page, "Ada")
    looks = Looks(page)
    expect(page.locator(".post-row")).not_to_have_count(0, timeout=steps.LONG_MS)
    looks.at("posts")
    page.get_by_role("button", name="change Page").click()
    looks.at("Page switcher")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="account").click()
    looks.at("account menu")
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    looks.at("keys")
    page.keyboard.press("Escape")
    for title in (steps.THIRD_ARM, steps.FAIR, steps.INTERVIEW, steps.UNTOUCHED, "Applications for our apprenticeship"):
        steps.open_post(page, title)
        looks.at(f"thread: {title}")
    steps.open_post(page, steps.NIGHT_SHIFT)
    page.locator("details.actors > summary").click()
    looks.at("actors' menu")
    page.locator("details.actors > summary").click()
    page.get_by_role("link", name="More reactions").click()
    expect(page.get_by_role("dialog", name="Reactions")).to_be_visible()
    looks.at("reactions")
    page.keyboard.press("Escape")
    steps.comment(page, "Handover notes").get_by_role("link", name="Delete").click()
    expect(page.get_by_role("dialog", name="Delete this comment")).to_be_visible()
    looks.at("deleting")
    page.keyboard.press("Escape")
    page.goto(f"{page.url.partition('#')[0].partition('?')[0]}comments-state/")
    looks.at("closing comments")
    looks.assert_none()


def test_composers_with_words_menus_and_errors(page: Page) -> None:
    steps.sign_in(page, "Ada")
    looks = Looks(page)
    steps.open_post(page, steps.HANDBOOK)
    form = steps.composer(page)
    steps.write(form, "@Sof")
    expect(page.get_by_role("option", name=re.compile("Sofie"))).to_be_visible()
    looks.at("mention menu")
    page.keyboard.press("Enter")
    looks.at("composer with a mention")
    form.get_by_role("button", name="Emoji").click()
    expect(page.locator("emoji-picker")).to_be_visible()
    expect(page.get_by_role("menuitem").first).to_be_visible(timeout=steps.LONG_MS)
    looks.at("emoji")
    page.keyboard.press("Escape")
    form.get_by_role("textbox", name="Comment as").fill("x" * 1300)
    looks.at("counter")
    steps.send(form)
    expect(page.get_by_text("too long by 50 characters")).to_be_visible()
    looks.at("composer with an error")
    reply = steps.reply_box(page, "Page 11, second figure")
    looks.at("reply")
    reply.get_by_label("Add a picture: why not here").click()
    looks.at("why no picture")
    for noun in ("replies", "deletion"):
        address = steps.comment(page, "Page 11, second figure").locator(f"footer a[href*='/{noun}/']")
        other = page.context.new_page()
        other.goto(str(address.get_attribute("href")))
        beside = Looks(other)
        beside.at(f"page of its own: {noun}")
        looks.faults += beside.faults
        other.close()
    looks.assert_none()


def test_outgoing_states_history_and_settings(page: Page, product: Product, watch: Watch) -> None:
    watch.allow("(status of|Status Error Code) 403")  # without her role the post is no longer Ada's to read
    steps.sign_in(page, "Ada")
    looks = Looks(page)
    steps.open_post(page, steps.FAIR)
    trouble(product, do="refuse", status=400, body={"status": 400, "message": "The text is not wanted here"})
    say(page, "Refused words.")
    expect(steps.owed(page, "Refused words.")).to_contain_text("LinkedIn refused it", timeout=steps.LONG_MS)
    trouble(product, do="drop_after")
    say(page, "Words in doubt.")
    expect(steps.owed(page, "Words in doubt.")).to_contain_text("Unclear", timeout=steps.LONG_MS)
    say(page, "Words behind them.")
    expect(steps.owed(page, "Words behind them.")).to_contain_text("Waiting: one earlier", timeout=steps.LONG_MS)
    looks.at("refused, unclear, waiting")
    for details in page.locator(".outgoing__details > summary").all():
        details.click()
    looks.at("details of outcomes")

    steps.open_post(page, steps.POLL)
    product.control("roles", {"member": "Ada", "organization": "1001", "role": None})
    say(page, "Words without a role.")
    post = page.url
    page.goto("/history/")
    row = page.locator("tr", has_text="Words without a role.")
    reload_until(page, lambda: "role" in row.locator(".history__outcome").inner_text())
    looks.at("history")
    row.locator(".history__when a").click()
    expect(page.get_by_role("heading", name="What happened")).to_be_visible()
    looks.at("story of an action")
    product.control("roles", {"member": "Ada", "organization": "1001", "role": "ADMINISTRATOR"})
    page.goto(post)
    expect(page.locator("#said")).to_contain_text("You no longer have the role")
    looks.at("a post of a Page that was lost")
    reload_until(page, lambda: page.get_by_role("heading", name="This Page is not yours").count() == 0)
    page.goto("/settings/connections/")
    looks.at("connections")
    page.goto("/settings/pages/")
    page.get_by_label("Undo window on Acme Robotics").fill("never")
    page.get_by_role("button", name="Save").first.click()
    expect(page.get_by_text("Undo window: this is not a number of seconds")).to_be_visible()
    looks.at("an undo window that cannot be")
    keys(page, looks)

    product.control("tokens", {"member": "Ada", "do": "revoke"})
    page.goto("/posts/")
    page.get_by_role("button", name="Refresh").click()
    reload_until(page, lambda: page.get_by_text("Your LinkedIn connection ended on").count() > 0)
    looks.at("posts after the connection ended")
    page.goto("/settings/connections/")
    looks.at("connections after one ended")
    looks.assert_none()


def keys(page: Page, looks: Looks) -> None:
    page.goto("/settings/keys/")
    page.get_by_label("Name").fill("Night shift")
    page.get_by_role("button", name="Make the key").click()
    expect(page.get_by_text("Choose at least one thing")).to_be_visible()
    looks.at("a key that may nothing")
    page.get_by_label("Like and react").check()
    page.get_by_label("Acme Robotics").check()
    page.get_by_role("button", name="Make the key").click()
    expect(page.get_by_label("Copy it to where the program keeps its secrets")).to_have_value(re.compile("^tw_"))
    looks.at("a key shown once")
    page.get_by_role("link", name="Webhooks").click()
    page.get_by_role("textbox", name="Address").fill("https://10.0.0.1/")
    page.get_by_role("button", name="Add the address").click()
    expect(page.get_by_text("not on the public internet")).to_be_visible()
    looks.at("a webhook that cannot be")
    page.get_by_role("textbox", name="Address").fill("https://hooks.example.org/")
    page.get_by_label("action.finished").check()
    page.get_by_role("button", name="Add the address").click()
    expect(page.get_by_label("Copy it to where the program keeps its secrets")).to_have_value(re.compile("^whsec_"))
    looks.at("a webhook")
    page.goto("/api/v1/docs")  # not ours to design; it only has to work under the policy
    expect(page.get_by_text("Comment, reply, like, react, edit or delete")).to_be_visible(timeout=steps.LONG_MS)


def say(page: Page, words: str) -> None:
    steps.write(steps.composer(page), words)
    steps.send(steps.composer(page))
    expect(steps.owed(page, words)).to_be_visible()


def trouble(product: Product, **rule: Any) -> None:
    product.control("faults", {"method": "POST", "path": COMMENTS, **rule})
