"""What the screen says when sending is held up by a right, a connection, LinkedIn itself, or by having waited too long.

The waits of sending pass ten times faster. The table's other rows are in `test_rows_writing.py` and
`test_rows_doubt.py`; its last row, the API, is a later issue's.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests import processes
from tests.browser import steps
from tests.browser.conftest import Visitor, Watch
from tests.browser.guarding import reload_until
from tests.processes import Product

CREATES = {"method": "POST", "path": "/comments$"}
CLOCK = r"\d\d:\d\d"
DAY = r"\d+ [A-Z][a-z]+"


@pytest.fixture(scope="module")
def product() -> Iterator[Product]:
    with processes.product(DRILL_SPEED="10", UNDO_WINDOW_S="1") as running:
        yield running


@pytest.fixture(autouse=True)
def _well_again(product: Product) -> Iterator[None]:
    yield
    steps.no_faults(product)


@pytest.fixture
def bo(page: Page, visitor: Visitor, product: Product) -> Page:
    """Ada has the page open at Birch's posts; Bo, who has a role there too, is her colleague."""
    steps.sign_in(page, "Ada")
    guest = visitor()
    if _team(page) > 1:
        steps.sign_in(guest, "Bo")
    else:
        steps.invite(page, guest, "Bo")
    page.goto("/posts/")
    steps.look_at(page, "Birch & Co")
    return guest


def _team(admin: Page) -> int:
    admin.goto("/settings/team/")
    return admin.locator(".people > li").count()


def reply(page: Page, to: str, words: str) -> None:
    form = steps.reply_box(page, to)
    steps.write(form, words)
    steps.send(form)


def moment(ago: timedelta) -> str:
    """As the product's database writes it."""
    return (datetime.now(UTC) - ago).strftime("%Y-%m-%d %H:%M:%S.%f")


def test_no_right_and_the_way_to_a_colleague(page: Page, bo: Page, product: Product, watch: Watch) -> None:
    watch.allow("(status of|Status Error Code) 403")  # without her role the comment is no longer Ada's to read
    steps.open_post(page, steps.CHAIR)
    steps.open_post(bo, steps.CHAIR)
    since = steps.mark(product)
    form = steps.reply_box(page, "Do they ship flat?")
    steps.write(form, "Flat, and with the drawings.")
    product.control("roles", {"member": "Ada", "organization": "1002", "role": None})
    # Roles are asked for again when they are older than five minutes; so much time has passed.
    steps.change(product, "connection", f"member_urn = '{steps.ADA}'", roles_checked_at=moment(timedelta(minutes=6)))
    steps.send(form)
    steps.wait_until(lambda: steps.state_of(product, "Flat, and with the drawings.") == "blocked")
    form = steps.composer(page)  # it is open still, and must not promise what another load of the page cannot keep
    steps.write(form, "Ask us anything.")
    steps.send(form)
    expect(form.get_by_role("alert").filter(has_text="Nothing was sent: you may not write here now.")).to_be_visible()
    expect(form.get_by_role("textbox", name=re.compile("^Comment"))).to_have_text("Ask us anything.")
    warning = page.locator("#flash .flash__line")
    expect(warning).to_contain_text("You no longer have the role", timeout=steps.LONG_MS)
    warning.click()
    expect(warning).to_have_count(0)
    row = steps.owed(page, "Flat, and with the drawings.")
    says = (
        "You no longer have the role Administrator on Birch & Co. "
        "An administrator of the Page can give it back on LinkedIn."
    )
    steps.stands(page, row, says, buttons=["Discard", "Hand to a colleague"])
    page.reload()  # without a role the Page's posts are not hers to see; what she wrote there is
    expect(page.locator("#said")).to_contain_text("You no longer have the role Administrator on Birch & Co.")
    expect(steps.comment(page, "Do they ship flat?")).to_have_count(0)
    steps.stands(page, row, says, buttons=["Discard", "Hand to a colleague"])
    theirs = steps.owed(bo, "Flat, and with the drawings.")
    nothing = "Ada Berg cannot send this as Birch & Co now: a role or permission is missing."
    steps.stands(bo, theirs, nothing, buttons=["Discard"])
    assert product.ledger(since) == []

    row.get_by_role("button", name="Hand to a colleague").click()
    offered = re.compile(
        rf"^{re.escape(says)} You offered it to your colleagues at {CLOCK}: whoever of them may speak as "
    )
    steps.stands(page, row, offered, buttons=["Discard"])
    other = "Ada Berg cannot send this and offers it to colleagues. Whoever sends it speaks as Birch & Co."
    steps.stands(bo, theirs, other, buttons=["Send as Bo Lindqvist", "Discard"])
    assert product.ledger(since) == []
    theirs.get_by_role("button", name="Send as Bo Lindqvist").click()
    steps.on_linkedin(bo, "Flat, and with the drawings.")
    (entry,) = product.ledger(since)
    assert (entry["actor"], entry["agent"]) == (steps.BIRCH, steps.BO)
    page.reload()
    expect(row.locator(".outgoing__say")).to_have_text(re.compile(rf"^Discarded at {CLOCK}\.$"))
    product.control("roles", {"member": "Ada", "organization": "1002", "role": "ADMINISTRATOR"})
    steps.change(product, "connection", f"member_urn = '{steps.ADA}'", roles_checked_at=None)


def test_an_ended_connection_and_somebody_else_in_its_place(page: Page, bo: Page, product: Product) -> None:
    steps.open_post(page, steps.CHAIR)
    since = steps.mark(product)
    form = steps.reply_box(page, "Which oil?")
    steps.write(form, "Linseed, and patience.")
    product.control("tokens", {"member": "Ada", "do": "revoke"})
    steps.send(form)
    row = steps.owed(page, "Linseed, and patience.")
    says = re.compile(
        rf"^Your connection for Birch & Co ended on {DAY}\. "
        r"Reading still works from what we have; 1 reply is waiting\.$"
    )
    steps.stands(page, row, says, buttons=["Hand to a colleague", "Discard"], links=["Reconnect"])
    told = re.compile(
        rf"^Your LinkedIn connection ended on {DAY}\. Reading still works from what we have; 1 reply is waiting\."
    )
    banner = steps.banner(page, "connection ended")
    expect(banner.locator(".banner__say")).to_have_text(told)
    expect(banner.get_by_role("link", name="Reconnect")).to_be_visible()
    expect(steps.comment(page, "Do they ship flat?")).to_be_visible()
    assert product.ledger(since) == []

    steps.allow(page, "Bo")  # in Ada's browser
    told_now = "You reconnected as Bo Lindqvist; before it was Ada Berg. Waiting replies were written as Ada Berg."
    seen = page.get_by_role("status").filter(has_text=told_now)
    expect(seen).to_be_visible(timeout=steps.LONG_MS)
    steps.open_post(page, steps.CHAIR)
    other = re.compile(rf"^The LinkedIn connection of Ada Berg ended on {DAY}\. This was written as Ada Berg; ")
    steps.stands(page, row, other, buttons=["Send as Bo Lindqvist", "Discard"])
    assert product.ledger(since) == []  # the agent is never changed silently
    row.get_by_role("button", name="Send as Bo Lindqvist").click()
    steps.on_linkedin(page, "Linseed, and patience.")
    (entry,) = product.ledger(since)
    assert (entry["actor"], entry["agent"]) == (steps.BIRCH, steps.BO)


def test_reconnecting_loses_nothing(page: Page, product: Product) -> None:
    steps.sign_in(page, "Ada")
    steps.open_post(page, steps.NIGHT_SHIFT)
    since = steps.mark(product)
    product.control("tokens", {"member": "Ada", "do": "revoke"})
    reply(page, "Handover notes.", "Three lines it is.")
    row = steps.owed(page, "Three lines it is.")
    row.get_by_role("link", name="Reconnect").click(timeout=steps.LONG_MS)
    page.get_by_role("link", name="Sign in with LinkedIn").click()
    page.get_by_role("radio", name="Ada Berg").check()
    page.get_by_role("button", name="Allow", exact=True).click()
    expect(page.get_by_role("heading", name="Posts", level=1)).to_be_visible(timeout=steps.LONG_MS)
    steps.open_post(page, steps.NIGHT_SHIFT)
    steps.on_linkedin(page, "Three lines it is.")
    assert [entry["text"] for entry in product.ledger(since)] == ["Three lines it is."]


def test_too_old(page: Page, product: Product) -> None:
    steps.sign_in(page, "Ada")
    steps.open_post(page, steps.INTERVIEW)
    since = steps.mark(product)
    steps.change(product, "organization", f"urn = '{steps.ACME}'", undo_window_s=60)
    reply(page, "I disagree with nearly everything", "Then it was worth writing.")
    row = steps.owed(page, "Then it was worth writing.")
    expect(row.get_by_role("button", name="Undo")).to_be_visible()
    # It waits for 26 hours.
    old = moment(timedelta(hours=26, minutes=5))
    steps.change(product, "outgoing", "text = 'Then it was worth writing.'", wanted_at=old, created_at=old)
    says = "Written 26 hours ago. Still send it?"
    steps.stands(page, row, says, buttons=["Send", "Edit", "Discard"])
    assert product.ledger(since) == []
    row.get_by_role("button", name="Send", exact=True).click()
    steps.on_linkedin(page, "Then it was worth writing.")
    assert [entry["text"] for entry in product.ledger(since)] == ["Then it was worth writing."]
    steps.change(product, "organization", f"urn = '{steps.ACME}'", undo_window_s=None)


def test_linkedin_down(page: Page, product: Product) -> None:
    steps.sign_in(page, "Ada")
    steps.open_post(page, steps.HANDBOOK)
    since = steps.mark(product)
    product.control("faults", {"do": "drop_before", "path": "^/(rest|v2)/", "times": 9999})
    reply(page, "Printed, hole-punched, filed.", "Under which letter?")
    down = steps.banner(page, "LinkedIn does not answer")
    reload_until(page, lambda: down.count() > 0)
    told = re.compile(rf"^LinkedIn does not answer since {CLOCK}\. You can write; we send when it is back\.$")
    expect(down.locator(".banner__say")).to_have_text(told)
    expect(steps.comment(page, "Printed, hole-punched, filed.")).to_be_visible()  # no empty list
    expect(steps.owed(page, "Under which letter?")).to_contain_text("Unclear.")
    page.goto("/posts/")
    expect(down).to_be_visible()
    expect(page.locator(".post-row").first).to_be_visible()
    steps.no_faults(product)
    page.goto("/posts/")
    steps.open_post(page, steps.FAIR)
    reload_until(page, lambda: down.count() == 0)
    assert len([entry for entry in product.ledger(since) if entry["text"] == "Under which letter?"]) <= 1


def test_version_sunset(page: Page, bo: Page, product: Product) -> None:
    """Last of this file: what was refused for the version waits for another one."""
    steps.open_post(page, steps.CHAIR)
    steps.open_post(bo, steps.CHAIR)
    since = steps.mark(product)
    form = steps.reply_box(bo, "Do they ship flat?")
    steps.write(form, "Flatter than that.")
    product.control("switches", {"active_versions": "202610"})
    steps.send(form)
    row = steps.owed(bo, "Flatter than that.")
    steps.stands(bo, row, "Sending is paused by your administrator's update. Nothing is lost.")
    expect(steps.banner(bo, "switched off")).to_have_count(0)
    page.reload()
    told = "LinkedIn switched off API version 202609. Update Threadwell; writing is paused, nothing is lost."
    expect(steps.banner(page, "switched off").locator(".banner__say")).to_have_text(told)
    steps.stands(
        page,
        steps.owed(page, "Flatter than that."),
        "Sending is paused by your administrator's update. Nothing is lost.",
    )
    assert steps.state_of(product, "Flatter than that.") == "blocked"
    assert product.ledger(since) == []
