"""When it does not go as wished: our server fails, LinkedIn refuses, limits, falls silent, or takes a right away.

The words on the screen have to be true, and LinkedIn's ledger has to agree with them.
"""

import re

from playwright.sync_api import Page, Route, expect

from tests.browser import steps
from tests.browser.conftest import Visitor, Watch
from tests.browser.guarding import reload_until
from tests.processes import Product

LONG_AGO = "2020-01-01 00:00:00"
CREATES = {"method": "POST", "path": "/comments$"}


def test_a_server_that_fails_keeps_the_words_and_sends_them_once(page: Page, product: Product, watch: Watch) -> None:
    watch.allow("ERR_FAILED|status of 500|Response Status Error Code 500|htmx:(sendError|afterRequest)")
    steps.sign_in(page, "Ada")
    steps.open_post(page, steps.FAIR)
    form = steps.composer(page)
    field = form.get_by_role("textbox", name=re.compile("^Comment"))
    steps.write(form, "See you next year.")
    page.route("**/comments/", lambda route: route.abort())
    steps.send(form)
    said = form.get_by_role("alert").filter(
        has_text="We could not save this. Your text is still here; please try again."
    )
    expect(said).to_be_visible()
    expect(field).to_have_text("See you next year.")
    page.unroute("**/comments/")
    broken = 0

    def fail(route: Route) -> None:
        nonlocal broken
        broken += 1
        route.fulfill(status=500, body="<p>Broken</p>", content_type="text/html")

    page.route("**/comments/", fail)
    said.get_by_role("button", name="Try again").click()
    expect(said).to_be_visible()
    assert broken == 1
    expect(field).to_have_text("See you next year.")
    page.unroute("**/comments/")
    assert product.ledger() == []
    said.get_by_role("button", name="Try again").click()
    steps.on_linkedin(page, "See you next year.")
    expect(field).to_have_text("")
    expect(said).to_be_hidden()
    assert [entry["text"] for entry in product.ledger()] == ["See you next year."]


def test_somebody_signed_out_elsewhere_is_told_and_loses_nothing(page: Page, product: Product) -> None:
    since = steps.mark(product)
    steps.sign_in(page, "Ada")
    steps.open_post(page, steps.FAIR)
    form = steps.composer(page)
    steps.write(form, "Written before the lights went out.")
    other = page.context.new_page()
    other.goto("/history/")
    other.get_by_role("button", name="account").click()
    other.get_by_role("button", name="Sign out").click()
    expect(other.get_by_role("link", name="Sign in with LinkedIn")).to_be_visible()
    steps.send(form)
    expect(form.get_by_role("alert").filter(has_text="You are signed out, so nothing was saved.")).to_be_visible()
    assert product.ledger(since) == []
    steps.sign_in(page, "Ada")
    steps.open_post(page, steps.FAIR)
    form = steps.composer(page)
    expect(form.get_by_role("textbox", name=re.compile("^Comment"))).to_have_text("Written before the lights went out.")
    steps.send(form)
    steps.on_linkedin(page, "Written before the lights went out.")
    assert len(product.ledger(since)) == 1


def test_a_lost_answer_is_called_unclear_and_nothing_is_sent_again(
    page: Page, visitor: Visitor, product: Product
) -> None:
    since = steps.mark(product)
    steps.sign_in(page, "Ada")
    steps.open_post(page, steps.THIRD_ARM)
    product.control("switches", {"listing_lag_s": 3600})  # so that no look settles it meanwhile
    product.control("faults", {"do": "drop_after", **CREATES})
    form = steps.reply_box(page, "Wie lange dauert ein Werkzeugwechsel")
    steps.write(form, "Vierzig Sekunden.")
    steps.send(form)
    row = steps.owed(page, "Vierzig Sekunden.")
    unclear = (
        "Unclear. LinkedIn did not answer; we are checking whether your reply is there. Please do not send it again."
    )
    expect(row).to_contain_text(unclear, timeout=steps.LONG_MS)
    expect(row).to_contain_text("not on LinkedIn yet")
    expect(row.get_by_role("button")).to_have_count(0)  # neither Retry nor anything else that could say it twice

    form = steps.reply_box(page, "Wie lange dauert ein Werkzeugwechsel")
    steps.write(form, "Mit Handschuhen fünfzig.")
    steps.send(form)
    behind = steps.owed(page, "Mit Handschuhen fünfzig.")
    expect(behind).to_contain_text("Waiting: one earlier reply in this thread is still being checked.")
    page.reload()
    expect(row).to_contain_text(unclear)
    behind.get_by_role("button", name="Cancel").click()
    expect(behind).to_contain_text("Nothing was sent.")
    colleague = visitor()
    steps.sign_in(colleague, "Ada")
    colleague.goto("/history/")
    expect(colleague.get_by_role("row").filter(has_text="Vierzig Sekunden.")).to_contain_text("Unclear.")
    product.control("switches", {"listing_lag_s": 0})
    assert [entry["text"] for entry in product.ledger(since)] == ["Vierzig Sekunden."]

    form = steps.reply_box(page, "what does the hand feel")  # another thread goes on
    steps.write(form, "The drawer report is online.")
    steps.send(form)
    steps.on_linkedin(page, "The drawer report is online.")
    assert len(product.ledger(since)) == 2


def test_a_refusal_is_told_in_plain_words_and_can_be_mended(page: Page, product: Product) -> None:
    since = steps.mark(product)
    steps.sign_in(page, "Ada")
    steps.open_post(page, steps.HANDBOOK)
    body = {"status": 400, "code": "FIELD_LENGTH_TOO_LONG", "message": "Comment text is too long"}
    product.control("faults", {"do": "refuse", **CREATES, "status": 400, "body": body})
    form = steps.reply_box(page, "Printed, hole-punched, filed.")
    steps.write(form, "Which folder?")
    steps.send(form)
    row = steps.owed(page, "Which folder?")
    told = "LinkedIn refused it: it is too long. Shorten it, then send it again. Your text is kept."
    expect(row.locator(".outgoing__say")).to_have_text(told, timeout=steps.LONG_MS)
    expect(row.locator("details p")).to_have_text("400 FIELD_LENGTH_TOO_LONG: Comment text is too long")
    expect(row.get_by_role("button")).to_have_text(["Edit", "Discard"])
    assert product.ledger(since) == []
    row.get_by_role("button", name="Edit").click()
    form = page.locator("form.composer").filter(has_text="Which folder?")
    expect(form.get_by_role("textbox", name=re.compile("^Reply"))).to_have_text("Which folder?")
    steps.write(form, " The red one?")
    steps.send(form)
    steps.on_linkedin(page, "Which folder? The red one?")
    expect(page.get_by_text("LinkedIn refused it")).to_have_count(0)  # what was sent instead has settled it
    assert [entry["text"] for entry in product.ledger(since)] == ["Which folder? The red one?"]


def test_a_comment_that_is_gone_takes_no_reply_but_the_words_can_stand_alone(page: Page, product: Product) -> None:
    since = steps.mark(product)
    steps.sign_in(page, "Ada")
    steps.open_post(page, steps.POLL)
    made = product.control(
        "comments",
        {
            "post": next(p["urn"] for p in product.control("state")["posts"] if p["commentary"].startswith(steps.POLL)),
            "author": "Luca",
            "text": "I will regret this.",
        },
    )
    page.get_by_role("button", name="Refresh").first.click()
    page.get_by_role("link", name="1 new comment").click(timeout=steps.LONG_MS)
    form = steps.reply_box(page, "I will regret this.")
    steps.write(form, "No need to.")
    product.control("comments/remove", {"comment": made["urn"]})
    steps.send(form)
    row = steps.owed(page, "No need to.")
    expect(row).to_contain_text("no longer exists. Your text is kept.", timeout=steps.LONG_MS)
    row.get_by_role("button", name="Post as new comment").click()
    steps.on_linkedin(page, "No need to.")
    entry = product.ledger(since)[-1]
    assert (entry["kind"], entry["text"]) == ("comment", "No need to.")


def test_limits_of_linkedin_are_waited_for_and_named_with_their_end(page: Page, product: Product) -> None:
    since = steps.mark(product)
    steps.sign_in(page, "Ada")
    steps.open_post(page, steps.INTERVIEW)
    product.control("faults", {"do": "throttle", **CREATES})
    form = steps.composer(page)
    steps.write(form, "Part two is being written.")
    steps.send(form)
    row = steps.owed(page, "Part two is being written.")
    expect(row).to_contain_text(
        re.compile(r"Waiting until \d\d:\d\d — LinkedIn limits how fast you can comment\. Nothing is lost\."),
        timeout=steps.LONG_MS,
    )
    expect(row).not_to_have_attribute("data-tone", "attention")  # it is no fault of anybody
    expect(row.get_by_role("button")).to_have_text(["Cancel"])
    row.get_by_role("button", name="Cancel").click()
    expect(row).to_contain_text("Nothing was sent.")

    steps.change(product, "pace", "1 = 1", closed_until=LONG_AGO, slowness=0)  # as if the minute were over

    body = {
        "status": 429,
        "code": "TOO_MANY_REQUESTS",
        "message": "Resource level throttle limit for calls to this resource is reached.",
    }
    product.control("faults", {"do": "refuse", **CREATES, "status": 429, "body": body})
    form = steps.reply_box(page, "I disagree with nearly everything")
    steps.write(form, "Tomorrow, then.")
    steps.send(form)
    row = steps.owed(page, "Tomorrow, then.")
    expect(row).to_contain_text(
        re.compile(r"Waiting until .*\d\d:\d\d — LinkedIn's limit for today is used up\. Nothing is lost\."),
        timeout=steps.LONG_MS,
    )
    row.get_by_role("button", name="Cancel").click()
    expect(row).to_contain_text("Nothing was sent.")
    assert product.ledger(since) == []
    steps.change(product, "pace", "1 = 1", closed_until=LONG_AGO, slowness=0)  # as if it were tomorrow


def test_a_role_taken_away_blocks_and_given_back_lets_it_go(page: Page, product: Product, watch: Watch) -> None:
    watch.allow("(status of|Status Error Code) 403")  # without her role the post is no longer Ada's to read
    since = steps.mark(product)
    steps.sign_in(page, "Ada")
    steps.look_at(page, "Birch & Co")
    steps.open_post(page, steps.CHAIR)
    form = steps.reply_box(page, "Do they ship flat?")
    steps.write(form, "Flat, and with the drawings.")
    product.control("roles", {"member": "Ada", "organization": "1002", "role": None})
    steps.send(form)
    row = steps.owed(page, "Flat, and with the drawings.")
    expect(row).to_contain_text(
        "You no longer have the role Administrator on Birch & Co.",
        timeout=steps.LONG_MS,
    )
    steps.offers(row, buttons=["Discard", "Hand to a colleague"])
    assert product.ledger(since) == []
    product.control("roles", {"member": "Ada", "organization": "1002", "role": "ADMINISTRATOR"})
    # Whoever comes to look whether it is back has LinkedIn asked, and what waited goes on. The first look is made here:
    # an open screen asks nobody, and still shows what was read.
    page.reload()
    reload_until(page, lambda: steps.comment(page, "Do they ship flat?").count() > 0)
    steps.on_linkedin(page, "Flat, and with the drawings.")
    (entry,) = product.ledger(since)
    assert (entry["actor"], entry["agent"]) == (steps.BIRCH, steps.ADA)


def test_an_ended_connection_keeps_what_waits_until_its_person_is_back(page: Page, product: Product) -> None:
    since = steps.mark(product)
    steps.sign_in(page, "Ada")
    steps.open_post(page, steps.NIGHT_SHIFT)
    form = steps.reply_box(page, "Handover notes.")
    steps.write(form, "Three lines, promised.")
    product.control("tokens", {"member": "Ada", "do": "revoke"})
    steps.send(form)
    row = steps.owed(page, "Three lines, promised.")
    expect(row).to_contain_text("Your connection for Acme Robotics ended on", timeout=steps.LONG_MS)
    page.reload()
    expect(page.locator(".banner").filter(has_text="Your LinkedIn connection ended on")).to_be_visible()
    expect(steps.comment(page, "Handover notes.")).to_be_visible()  # what was read stays readable
    assert product.ledger(since) == []
    page.locator(".banner").get_by_role("link", name="Reconnect").click()
    page.get_by_role("link", name="Sign in with LinkedIn").click()
    page.get_by_role("radio", name="Ada Berg").check()
    page.get_by_role("button", name="Allow", exact=True).click()
    expect(page.get_by_role("heading", name="Posts", level=1)).to_be_visible(timeout=steps.LONG_MS)
    steps.open_post(page, steps.NIGHT_SHIFT)
    steps.on_linkedin(page, "Three lines, promised.")
    assert [entry["text"] for entry in product.ledger(since)] == ["Three lines, promised."]
