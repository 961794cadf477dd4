"""Coming in: the first person, cancelling, too few permissions, uninvited and invited people, going out again."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from socialactions.sandbox.switches import ALL_SCOPES
from tests import processes
from tests.browser import steps
from tests.browser.conftest import Visitor, Watch
from tests.processes import Product


@pytest.fixture(scope="module")
def product() -> Iterator[Product]:
    """With one desk, as people run it for themselves; the demo lets anybody make another."""
    with processes.product(OPEN_SIGN_UP="false") as running:
        yield running


def test_the_first_person_signs_in_makes_the_desk_and_can_come_back(page: Page, product: Product) -> None:
    page.goto("/posts/")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Answer every comment")
    asked = page.get_by_role("region", name="LinkedIn will ask you to allow")
    expect(asked.get_by_role("listitem")).to_have_count(8)
    expect(asked).to_contain_text("Comment, reply, like and delete as your Pages")
    page.get_by_role("link", name="Sign in with LinkedIn").click()
    expect(page.get_by_text("w_organization_social_feed")).to_be_visible()
    page.get_by_role("radio", name="Ada Berg").check()
    page.get_by_role("button", name="Allow", exact=True).click()

    expect(page.get_by_role("heading", name="Set up your desk")).to_be_visible()
    expect(page.get_by_text("Ada Berg")).to_be_visible()
    found = page.get_by_role("region", name="Pages we found")
    expect(found.get_by_role("listitem")).to_have_count(2)
    page.get_by_role("button", name="Create the desk").click()
    expect(page.get_by_role("heading", name="Set up your desk")).to_be_visible()  # a name is needed
    page.get_by_label("Name").fill("Social team")
    page.get_by_role("button", name="Create the desk").click()
    expect(page.get_by_role("link", name=steps.THIRD_ARM)).to_be_visible(timeout=steps.LONG_MS)
    expect(page.locator(".rail")).to_contain_text("2 of 2 Pages reading")

    page.get_by_role("link", name="Settings").click()
    mine = page.get_by_role("region", name="Ada Berg")
    expect(mine.locator(".scope__state", has_text="not granted")).to_have_count(0)
    expect(mine).to_contain_text("renews itself")
    page.get_by_role("button", name="account").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Answer every comment")

    page.goto("/history/")  # asks to sign in, then leads to where one wanted to go
    page.get_by_role("link", name="Sign in with LinkedIn").click()
    page.get_by_role("radio", name="Ada Berg").check()
    page.get_by_role("button", name="Allow", exact=True).click()
    expect(page.get_by_role("heading", name="History")).to_be_visible()
    assert product.ledger() == []


@pytest.mark.parametrize("button", ["Cancel", "Not sign in"])
def test_cancelling_on_linkedin_connects_nothing_and_says_so(
    page: Page, product: Product, watch: Watch, button: str
) -> None:
    watch.allow("status of 400")
    before = len(product.control("state")["grants"])
    page.goto("/connect/")
    page.get_by_role("link", name="Sign in with LinkedIn").click()
    page.get_by_role("button", name=button, exact=True).click()
    expect(page.get_by_role("heading", name="You cancelled the sign-in.")).to_be_visible()
    expect(page.get_by_text("Nothing was connected and nothing was read.")).to_be_visible()
    assert len(product.control("state")["grants"]) == before
    page.goto("/posts/")
    expect(page.get_by_role("link", name="Sign in with LinkedIn")).to_be_visible()
    assert product.ledger() == []


def test_an_answer_of_linkedin_works_once_and_only_where_it_was_asked_for(
    page: Page, visitor: Visitor, watch: Watch
) -> None:
    watch.allow("status of 401")
    answers = []
    page.on("request", lambda request: "/connect/callback/" in request.url and answers.append(request.url))
    steps.sign_in(page, "Ada")
    page.goto(answers[0])
    expect(
        page.get_by_role("heading", name="This sign-in was not started here, or was finished already.")
    ).to_be_visible()
    stranger = visitor()
    stranger.goto(answers[0])
    expect(stranger.get_by_text("Nothing was connected.")).to_be_visible()
    stranger.goto("/posts/")
    expect(stranger.get_by_role("link", name="Sign in with LinkedIn")).to_be_visible()


def test_an_app_without_the_product_is_told_what_is_missing(page: Page, product: Product, watch: Watch) -> None:
    watch.allow("status of 400")
    scopes = [scope for scope in ALL_SCOPES if scope != "r_organization_followers"]
    product.control("switches", {"app_scopes": scopes, "missing_scopes": "refuse"})
    page.goto("/connect/")
    page.get_by_role("link", name="Sign in with LinkedIn").click()
    expect(page.get_by_role("heading", name="LinkedIn does not allow this app what it asked for.")).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("r_organization_followers")
    product.control("switches", {"app_scopes": list(ALL_SCOPES)})


def test_what_was_not_granted_switches_off_only_what_needs_it(page: Page, product: Product, watch: Watch) -> None:
    watch.allow("status of 400")
    missing = ["w_organization_social", "w_organization_social_feed", "r_organization_followers"]
    scopes = [scope for scope in ALL_SCOPES if scope not in missing]
    product.control("switches", {"app_scopes": scopes, "missing_scopes": "drop"})
    steps.sign_in(page, "Ada")
    page.get_by_role("link", name="Settings").click()
    mine = page.get_by_role("region", name="Ada Berg")
    expect(mine.locator(".scope--missing code")).to_have_text(missing)
    expect(mine).to_contain_text("You can read, but not answer as a Page.")
    expect(mine).to_contain_text("3 not granted.")

    steps.open_post(page, steps.POLL)  # reading still works
    expect(steps.comment(page, "Can I vote for documentation?")).to_be_visible()
    page.locator("details.actors > summary").click()
    expect(page.locator("details.actors")).to_contain_text("LinkedIn did not grant writing as a Page")
    page.keyboard.press("Escape")
    expect(steps.comment(page, "A handle.").get_by_role("link", name="Delete")).to_have_count(0)
    form = steps.composer(page)
    steps.write(form, "As myself, then.")
    expect(form.locator("button.button--main")).to_contain_text("as Ada Berg")
    expect(form.get_by_role("button", name="Add a picture")).to_have_count(0)
    since = steps.mark(product)
    steps.send(form)
    steps.on_linkedin(page, "As myself, then.")
    (entry,) = steps.ledger(product, since=since)
    assert (entry["kind"], entry["actor"], entry["agent"]) == ("comment", steps.ADA, steps.ADA)

    without_name = [scope for scope in ALL_SCOPES if scope not in ("r_basicprofile", "r_liteprofile")]
    product.control("switches", {"app_scopes": without_name})
    steps.allow(page, "Ada")
    expect(page.get_by_role("heading", name="LinkedIn did not let us see who you are.")).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("r_basicprofile")
    product.control("switches", {"app_scopes": list(ALL_SCOPES)})


def test_others_come_in_by_invitation_only_and_see_their_own_pages(
    page: Page, visitor: Visitor, product: Product
) -> None:
    steps.sign_in(page, "Ada")
    cy = visitor()
    steps.allow(cy, "Cy")
    expect(cy.get_by_role("heading", name="You are signed in, but not part of a desk here")).to_be_visible()
    cy.goto("/posts/")
    expect(cy.get_by_role("heading", name="You are signed in, but not part of a desk here")).to_be_visible()

    bo = visitor()
    steps.invite(page, bo, "Bo")
    expect(bo.get_by_role("button", name="change Page")).to_contain_text("Birch & Co")
    expect(bo.get_by_role("link", name=steps.CHAIR)).to_be_visible(timeout=steps.LONG_MS)
    bo.get_by_role("button", name="change Page").click()
    expect(bo.locator("#pages").get_by_role("button", name="Acme Robotics")).to_have_count(0)
    page.goto("/settings/team/")
    expect(page.get_by_role("main")).to_contain_text("Bo Lindqvist")
    assert {entry["actor"] for entry in product.ledger()} <= {steps.ADA}
