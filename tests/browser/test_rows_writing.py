"""What the screen says while a reply is on its way, and when it cannot be; the rows that real time shows.

The table's other rows are in `test_rows_doubt.py` and `test_rows_held.py`; its last row, the API, is a later issue's.
"""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser import steps
from tests.browser.conftest import Visitor, Watch
from tests.browser.guarding import reload_until
from tests.processes import Product

CREATES = {"method": "POST", "path": "/comments$"}
CLOCK = r"\d\d:\d\d"


@pytest.fixture(autouse=True)
def _well_again(product: Product) -> Iterator[None]:
    yield
    steps.no_faults(product)


def test_undo_window(page: Page, visitor: Visitor, product: Product) -> None:
    """The administrator sets it for the Page; closing the tab does not cancel what waits in it."""
    steps.sign_in(page, "Ada")
    since = steps.mark(product)
    _set_undo_window(page, "61")
    expect(page.get_by_text("Undo window: this is not a number of seconds from 0 to 60.")).to_be_visible()
    _set_undo_window(page, "15")
    expect(page.get_by_text("Saved for Acme Robotics.")).to_be_visible()
    steps.open_post(page, steps.INTERVIEW)
    form = steps.reply_box(page, "I disagree with nearly everything")
    steps.write(form, "Then it was worth writing.")
    steps.send(form)
    row = steps.owed(page, "Then it was worth writing.")
    says = re.compile(r"^Sending as Acme Robotics in \d+ s$")
    steps.stands(page, row, says, buttons=["Undo", "Send now"])
    state = page.context.storage_state()
    page.close()
    other = visitor(storage_state=state)
    other.goto("/history/")
    entry = other.get_by_role("row").filter(has_text="Then it was worth writing.")
    reload_until(other, lambda: "On LinkedIn ·" in entry.inner_text())
    assert [entry["text"] for entry in product.ledger(since)] == ["Then it was worth writing."]
    _set_undo_window(other, "")
    expect(other.get_by_text("Saved for Acme Robotics.")).to_be_visible()


def test_sending_and_then_slow(page: Page, product: Product) -> None:
    steps.sign_in(page, "Ada")
    steps.open_post(page, steps.NIGHT_SHIFT)
    since = steps.mark(product)
    product.control("faults", {"do": "delay", "seconds": 25, **CREATES})
    form = steps.reply_box(page, "Handover notes.")
    steps.write(form, "Three lines it is.")
    steps.send(form)
    row = steps.owed(page, "Three lines it is.")
    steps.stands(page, row, "Sending as Acme Robotics…")
    steps.stands(page, row, "LinkedIn is slow. We are still waiting for its answer.")
    expect(row).not_to_have_attribute("data-tone", "attention")
    steps.on_linkedin(page, "Three lines it is.")
    assert len(product.ledger(since)) == 1


def test_sent(page: Page, product: Product) -> None:
    steps.sign_in(page, "Ada")
    steps.open_post(page, steps.FAIR)
    since = steps.mark(product)
    steps.write(steps.composer(page), "Same hall, new machine.")
    steps.send(steps.composer(page))
    sent = steps.on_linkedin(page, "Same hall, new machine.")
    page.reload()
    expect(sent.locator(".outgoing__say")).to_have_text(re.compile(rf"^On LinkedIn · {CLOCK}$"))
    steps.offers(sent, links=["Open", "Delete"])
    expect(sent.get_by_role("button", name="Send")).to_have_count(0)
    (entry,) = product.ledger(since)
    href = sent.get_by_role("link", name="Open").get_attribute("href")
    assert href is not None and entry["urn"].rpartition(",")[2].rstrip(")") in href
    sent.locator(".outgoing__do").get_by_role("link", name="Delete").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Same hall, new machine.")
    dialog.get_by_role("button", name="Delete as").click()
    expect(steps.comment(page, "Same hall, new machine.")).to_have_count(0, timeout=steps.LONG_MS)
    assert [entry["kind"] for entry in product.ledger(since)] == ["comment", "delete"]


def test_undo_too_late(page: Page, visitor: Visitor, product: Product, watch: Watch) -> None:
    """The button stands in a page that has not heard of the start, as happens on a slow line."""
    watch.allow("status of 409|Response Status Error Code 409|htmx:afterRequest|object Event")
    steps.sign_in(page, "Ada")
    _set_undo_window(page, "6")
    steps.open_post(page, steps.POLL)
    since = steps.mark(product)
    page.route("**/events/**", lambda route: route.fulfill(status=204))  # the page stays as it was drawn
    page.route(re.compile(r"/outgoing/[^/]+/$|/posts/.+/live/"), _stay)
    page.reload()
    product.control("faults", {"do": "delay", "seconds": 10, "when": "before", **CREATES})
    form = steps.reply_box(page, "Can I vote for documentation?")
    steps.write(form, "You just did.")
    steps.send(form)
    row = steps.owed(page, "You just did.")
    expect(row.get_by_role("button", name="Undo")).to_be_visible()
    steps.wait_until(lambda: steps.state_of(product, "You just did.") == "sending")
    row.get_by_role("button", name="Undo").click()
    said = page.get_by_role("status").filter(has_text="Already on its way. You can delete it once it appears.")
    expect(said).to_be_visible()
    expect(row).not_to_contain_text("Cancelled")
    said.get_by_role("button", name="Delete when there").click()
    expect(said).to_have_count(0)
    expect(row).to_contain_text("It is deleted as soon as it is there.")
    page.unroute_all()
    page.reload()
    steps.wait_until(lambda: [entry["kind"] for entry in product.ledger(since)] == ["reply", "delete"])
    expect(steps.comment(page, "You just did.")).to_have_count(0, timeout=steps.LONG_MS)

    plain = visitor(storage_state=page.context.storage_state(), java_script_enabled=False)
    plain.goto(page.url)
    steps.comment(plain, "Can I vote for documentation?").get_by_role("link", name="Reply").click()
    plain.locator("textarea[name=text]").fill("Documented, then.")
    product.control("faults", {"do": "delay", "seconds": 10, "when": "before", **CREATES})
    plain.get_by_role("button", name="Send reply").click()
    undo = steps.owed(plain, "Documented, then.").get_by_role("button", name="Undo")
    expect(undo).to_be_visible()
    steps.wait_until(lambda: steps.state_of(product, "Documented, then.") == "sending")
    undo.click()
    expect(plain.get_by_role("heading", name="Already on its way")).to_be_visible()
    expect(plain.get_by_text("Already on its way. You can delete it once it appears.")).to_be_visible()
    plain.get_by_role("button", name="Delete when there").click()
    expect(steps.owed(plain, "Documented, then.")).to_contain_text("It is deleted as soon as it is there.")
    kinds = ["reply", "delete"] * 2
    steps.wait_until(lambda: [entry["kind"] for entry in product.ledger(since)] == kinds)
    _set_undo_window(page, "")


def test_colleague_first(page: Page, visitor: Visitor, product: Product) -> None:
    steps.sign_in(page, "Ada")
    bo = visitor()
    steps.invite(page, bo, "Bo")
    page.goto("/posts/")
    steps.look_at(page, "Birch & Co")
    steps.open_post(page, steps.CHAIR)
    steps.open_post(bo, steps.CHAIR)
    since = steps.mark(product)
    form = steps.reply_box(page, "Do they ship flat?")
    first = steps.reply_box(bo, "Do they ship flat?")
    steps.write(first, "Flat, in eleven parts.")
    steps.send(first)
    steps.on_linkedin(bo, "Flat, in eleven parts.")
    steps.write(form, "They do, and the drawings come along.")
    steps.send(form)
    says = re.compile(r"Bo Lindqvist answered (\d+ s ago|at \d\d:\d\d) as Birch & Co: “Flat, in eleven parts\.”")
    form = page.locator("form.composer").filter(has_text="Bo Lindqvist answered")
    expect(form.locator(".composer__said li")).to_contain_text(says)
    expect(form.get_by_role("button", name="Send too as Birch & Co")).to_be_visible()
    expect(form.get_by_role("link", name="Discard")).to_be_visible()
    expect(form.get_by_role("button", name=re.compile("^Reply as"))).to_have_count(0)
    field = form.get_by_role("textbox", name=re.compile("^Reply"))
    expect(field).to_have_text(re.compile("They do, and the drawings come along."))
    assert len(product.ledger(since)) == 1
    steps.write(form, " Promised.")
    form.get_by_role("button", name="Send too as Birch & Co").click()
    steps.on_linkedin(page, "They do, and the drawings come along. Promised.")
    assert [entry["agent"] for entry in product.ledger(since)] == [steps.BO, steps.ADA]

    form = steps.reply_box(page, "Which oil?")
    second = steps.reply_box(bo, "Which oil?")
    steps.write(second, "Linseed.")
    steps.send(second)
    steps.on_linkedin(bo, "Linseed.")
    steps.write(form, "Walnut?")
    steps.send(form)
    page.get_by_role("link", name="Discard").click()
    expect(page.locator(".slot form.composer")).to_have_count(0)
    assert len(product.ledger(since)) == 3


def test_already_sent(visitor: Visitor, product: Product, watch: Watch) -> None:
    """Back to a form that a browser kept, with other words in it."""
    watch.allow("Access to image|ERR_FAILED")  # a page from memory came from no address: it may not fetch from loopback
    page = visitor(java_script_enabled=False)
    steps.sign_in(page, "Ada")
    page.goto("/posts/")
    reload_until(page, lambda: page.locator(".post-row__title").get_by_role("link", name=steps.HANDBOOK).count() > 0)
    page.locator(".post-row__title").get_by_role("link", name=steps.HANDBOOK).click()
    reload_until(page, lambda: page.locator(".fresh", has_text="Complete").count() > 0)
    since = steps.mark(product)
    steps.comment(page, "Printed, hole-punched, filed.").get_by_role("link", name="Reply").click()
    kept, address = page.content(), page.url
    page.locator("textarea[name=text]").fill("Under which letter?")
    page.get_by_role("button", name="Send reply").click()
    page.wait_for_url("**/posts/**")
    page.route(address, lambda route: _from_memory(route, kept))
    page.goto(address)
    page.locator("textarea[name=text]").fill("Under R, I hope.")
    page.get_by_role("button", name="Send reply").click()
    said = page.locator(".composer__said li")
    expect(said).to_have_text(re.compile(rf"^This was already sent at {CLOCK}\. Look at it$"))
    expect(page.locator("textarea[name=text]")).to_have_value("Under R, I hope.")
    expect(page.get_by_role("button", name="Send reply")).to_have_count(0)
    story = said.get_by_role("link", name="Look at it").get_attribute("href")
    page.get_by_role("button", name="Write another").click()
    page.wait_for_url("**/posts/**")
    words = ["Under which letter?", "Under R, I hope."]
    steps.wait_until(lambda: [entry["text"] for entry in product.ledger(since)] == words)
    assert story is not None
    page.goto(story)
    expect(page.locator(".comment__text").first).to_have_text("Under which letter?")


def test_stale_view(page: Page, product: Product) -> None:
    steps.sign_in(page, "Ada")
    steps.open_post(page, steps.NIGHT_SHIFT)
    product.control("faults", {"do": "refuse", "method": "GET", "status": 503, "times": 999})
    # Fourteen minutes pass.
    read_at = (datetime.now(UTC) - timedelta(minutes=14)).strftime("%Y-%m-%d %H:%M:%S.%f")
    steps.change(product, "post", "commentary LIKE 'A question for everybody%'", read_at=read_at)
    page.reload()
    fresh = page.locator(".fresh").first
    expect(fresh).to_contain_text("Read 14 min ago", timeout=steps.LONG_MS)
    expect(steps.comment(page, "Handover notes.")).to_be_visible()
    page.reload()
    expect(fresh).to_contain_text("Read 14 min ago")
    steps.no_faults(product)
    fresh.get_by_role("button", name="Refresh").click()
    steps.read_to_the_end(page)


def test_partial_view(page: Page, product: Product) -> None:
    steps.sign_in(page, "Ada")
    page.goto("/posts/")
    link = page.locator(".post-row__title").get_by_role("link", name=steps.THIRD_ARM)
    expect(link).to_be_visible(timeout=steps.LONG_MS)
    product.control(
        "faults", {"do": "refuse", "method": "GET", "path": "comment:.*/comments$", "status": 503, "times": 999}
    )
    link.click()
    part = steps.banner(page, re.compile(r"\d+ of about \d+ comments\. "))
    expect(part).to_contain_text("LinkedIn stopped answering.", timeout=steps.LONG_MS)
    page.reload()
    found, expected = re.findall(r"\d+", part.inner_text())[:2]
    assert 0 < int(found) < int(expected)
    expect(page.get_by_role("heading", name=f"{expected} comments")).to_be_visible()  # LinkedIn's count, not ours
    expect(steps.comment(page, "what does the hand feel")).to_be_visible()
    steps.no_faults(product)
    part.get_by_role("button", name="Load the rest").click()
    steps.read_to_the_end(page)
    expect(part).to_have_count(0)


def test_saved_nowhere(page: Page, product: Product, watch: Watch) -> None:
    """The product's database takes no more rows."""
    watch.allow("status of 503|Response Status Error Code 503|htmx:afterRequest")
    steps.sign_in(page, "Ada")
    steps.open_post(page, steps.UNTOUCHED)
    since = steps.mark(product)
    form = steps.composer(page)
    field = form.get_by_role("textbox", name=re.compile("^Comment"))
    steps.write(form, "Two weeks well spent.")
    said = form.get_by_role("alert").filter(has_text="We could not save this.")
    with _full_disk(product):
        steps.send(form)
        expect(said).to_contain_text("We could not save this. Your text is still here; please try again.")
        expect(field).to_have_text("Two weeks well spent.")
        said.get_by_role("button", name="Copy").click()
        expect(page.locator("#flash")).to_contain_text("Copied.")
        assert page.evaluate("() => getSelection().toString()") == "Two weeks well spent."
        assert product.ledger(since) == []
        page.reload()
        expect(field).to_have_text("Two weeks well spent.")  # kept in the browser
        steps.send(form)
        expect(said).to_be_visible()
    said.get_by_role("button", name="Try again").click()
    steps.on_linkedin(page, "Two weeks well spent.")
    assert [entry["text"] for entry in product.ledger(since)] == ["Two weeks well spent."]


def test_waiting_for_the_pace(page: Page, product: Product) -> None:
    """Last of this file: LinkedIn holds the member back for a minute."""
    steps.sign_in(page, "Ada")
    steps.open_post(page, steps.INTERVIEW)
    since = steps.mark(product)
    product.control("faults", {"do": "throttle", **CREATES})
    steps.write(steps.composer(page), "Part two is being written.")
    steps.send(steps.composer(page))
    row = steps.owed(page, "Part two is being written.")
    says = re.compile(rf"^Waiting until {CLOCK} — LinkedIn limits how fast you can comment\. Nothing is lost\.$")
    steps.stands(page, row, says, buttons=["Cancel"])
    expect(row).not_to_have_attribute("data-tone", "attention")  # it is nobody's fault
    row.get_by_role("button", name="Cancel").click()
    expect(row).to_contain_text("Nothing was sent.")
    assert product.ledger(since) == []


def _set_undo_window(page: Page, seconds: str) -> None:
    page.goto("/settings/pages/")
    page.get_by_label("Undo window on Acme Robotics").fill(seconds)
    page.locator("section", has=page.get_by_label("Undo window on Acme Robotics")).get_by_role(
        "button", name="Save"
    ).click()


def _stay(route: Route) -> None:
    if route.request.method == "GET" and route.request.headers.get("hx-request"):
        route.fulfill(status=204)
    else:
        route.fallback()


def _from_memory(route: Route, kept: str) -> None:
    if route.request.method == "GET":
        route.fulfill(body=kept, content_type="text/html; charset=utf-8")
    else:
        route.continue_()


@contextmanager
def _full_disk(product: Product) -> Iterator[None]:
    full = "CREATE TRIGGER full BEFORE INSERT ON socialactions_outgoing BEGIN SELECT RAISE(ABORT, 'disk full'); END"
    with closing(sqlite3.connect(product.data / "threadwell.sqlite3", timeout=20)) as database:
        database.execute(full)
        try:
            yield
        finally:
            database.execute("DROP TRIGGER full")
