"""What the screen says when LinkedIn's answer leaves a doubt, or is a refusal, and what a person can decide then.

The waits of sending pass ten times faster. The table's other rows are in `test_rows_writing.py` and
`test_rows_held.py`; its last row, the API, is a later issue's.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests import processes
from tests.browser import steps
from tests.browser.conftest import Watch
from tests.processes import Product

CREATES = {"method": "POST", "path": "/comments$"}
LISTS = {"method": "GET", "path": "/comments$"}
CLOCK = r"\d\d:\d\d"


@pytest.fixture(scope="module")
def product() -> Iterator[Product]:
    with processes.product(DRILL_SPEED="10", UNDO_WINDOW_S="0") as running:
        yield running


@pytest.fixture(autouse=True)
def _well_again(product: Product) -> Iterator[None]:
    yield
    steps.no_faults(product)


def reply(page: Page, to: str, words: str) -> None:
    form = steps.reply_box(page, to)
    steps.write(form, words)
    steps.send(form)


def test_unknown_and_queued_behind_another(page: Page, product: Product) -> None:
    """LinkedIn took the reply, lost its answer, and cannot be looked at for a while."""
    steps.sign_in(page, "Ada")
    steps.open_post(page, steps.NIGHT_SHIFT)
    since = steps.mark(product)
    product.control("faults", {"do": "drop_after", **CREATES})
    product.control("faults", {"do": "refuse", "status": 503, "times": 999, **LISTS})
    reply(page, "Handover notes.", "Three lines it is.")
    row = steps.owed(page, "Three lines it is.")
    unclear = (
        "Unclear. LinkedIn did not answer; we are checking whether your reply is there. Please do not send it again."
    )
    expect(row).to_contain_text(unclear, timeout=steps.LONG_MS)
    reply(page, "Handover notes.", "Four at most.")
    behind = steps.owed(page, "Four at most.")
    waits = "Waiting: one earlier reply in this thread is still being checked."
    steps.stands(page, behind, waits, buttons=["Cancel"])
    steps.stands(page, row, unclear)  # no Retry: nothing that could say it twice
    row.get_by_text("Details").click()
    looked = re.compile(rf"Tried at {CLOCK}\. We (have not looked yet|looked .+); the next look is at {CLOCK}\.")
    expect(row.locator("details p")).to_have_text(looked)
    page.goto("/history/")
    expect(page.get_by_role("row").filter(has_text="Three lines it is.")).to_contain_text("Unclear.")
    assert [entry["text"] for entry in product.ledger(since)] == ["Three lines it is."]
    steps.no_faults(product)
    steps.open_post(page, steps.NIGHT_SHIFT)
    steps.on_linkedin(page, "Three lines it is.")
    steps.on_linkedin(page, "Four at most.")
    assert [entry["text"] for entry in product.ledger(since)] == ["Three lines it is.", "Four at most."]


def test_needs_attention(page: Page, product: Product, watch: Watch) -> None:
    """The request was lost on its way; several looks find nothing, and how promptly LinkedIn lists is not known yet."""
    watch.allow("status of 422|Response Status Error Code 422")
    steps.sign_in(page, "Ada")
    steps.open_post(page, steps.THIRD_ARM)
    since = steps.mark(product)
    product.control("faults", {"do": "drop_before", **CREATES})
    reply(page, "Wie lange dauert ein Werkzeugwechsel", "Vierzig Sekunden.")
    row = steps.owed(page, "Vierzig Sekunden.")
    says = re.compile(rf"^We could not find out\. Look on LinkedIn: is your reply there\? Tried at {CLOCK}\.$")
    decide = ["It is there", "It is not there, send again", "Discard"]
    steps.stands(page, row, says, buttons=decide, links=["Look on LinkedIn"])
    expect(row.locator(".comment__text")).to_have_text("Vierzig Sekunden.")
    href = row.get_by_role("link", name="Look on LinkedIn").get_attribute("href")
    assert href is not None and href.startswith("https://www.linkedin.com/feed/update/") and "commentUrn=" in href
    assert product.ledger(since) == []  # nothing was repeated unasked
    row.get_by_role("button", name="It is there").click()
    said = page.get_by_role("status").filter(has_text="LinkedIn does not list it yet.")
    expect(said).to_be_visible(timeout=steps.LONG_MS)
    steps.stands(page, row, says, buttons=decide, links=["Look on LinkedIn"])
    row.get_by_role("button", name="It is not there, send again").click()
    steps.on_linkedin(page, "Vierzig Sekunden.")
    assert [entry["text"] for entry in product.ledger(since)] == ["Vierzig Sekunden."]


def test_sent_but_different(page: Page, product: Product) -> None:
    """Lost on its way, while something much like it came to stand there."""
    steps.sign_in(page, "Ada")
    steps.open_post(page, steps.INTERVIEW)
    product.control("faults", {"do": "drop_before", **CREATES})
    product.control("faults", {"do": "refuse", "status": 503, "times": 1, **LISTS})
    words, shown = "Then it was worth the paper and the ink it took.", "Then it was worth the paper and the ink it to…"
    steps.write(steps.composer(page), words)
    steps.send(steps.composer(page))
    steps.wait_until(lambda: steps.state_of(product, words) == "unknown")
    product.control("comments", {"post": _post(product, steps.INTERVIEW), "author": steps.ACME, "text": shown})
    since = steps.mark(product)
    row = steps.owed(page, words)
    near = re.compile(
        rf"^LinkedIn shows something much like your comment: “{shown}”\. Is it yours\? Tried at {CLOCK}\.$"
    )
    buttons = ["That is mine", "It is not there, send again", "Discard"]
    steps.stands(page, row, near, buttons=buttons, links=["Look on LinkedIn"])
    row.get_by_role("button", name="That is mine").click()
    sent = steps.comment(page, shown)
    expect(sent.locator(".outgoing__say")).to_contain_text("On LinkedIn", timeout=steps.LONG_MS)
    both = f"On LinkedIn, but it shows the text differently: “{shown}”. You wrote: “{words}”."
    steps.stands(page, sent, both, buttons=["Keep", "Edit"], links=["Open", "Delete"])
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        sent.get_by_role("button", name="Keep").click()
    page.reload()
    expect(sent).to_be_visible()
    expect(sent.locator(".outgoing")).to_have_count(0)
    assert product.ledger(since) == []


def test_refused_but_fixable(page: Page, product: Product) -> None:
    steps.sign_in(page, "Ada")
    steps.open_post(page, steps.HANDBOOK)
    since = steps.mark(product)
    product.control("switches", {"text_limit": 20})
    reply(page, "Printed, hole-punched, filed.", "Under which letter of which one?")
    row = steps.owed(page, "Under which letter of which one?")
    steps.stands(page, row, "LinkedIn refused it: too long by 12 characters.", buttons=["Edit", "Discard"])
    expect(row).not_to_contain_text("Error 400")
    expect(row.locator("details")).to_contain_text("maximum 20 length")
    row.get_by_role("button", name="Edit").click()
    form = page.locator("form.composer")
    field = form.get_by_role("textbox", name=re.compile("^Reply to"))
    expect(field).to_have_text("Under which letter of which one?")
    field.fill("Under R?")
    steps.send(form)
    steps.on_linkedin(page, "Under R?")
    expect(row).to_have_count(0)
    assert [entry["text"] for entry in product.ledger(since)] == ["Under R?"]
    product.control("switches", {"text_limit": 1250})


def test_picture_refused(page: Page, product: Product, tmp_path: Path) -> None:
    steps.sign_in(page, "Ada")
    steps.open_post(page, steps.FAIR)
    since = steps.mark(product)
    body = {
        "status": 403,
        "message": "Unpermitted fields present in REQUEST_BODY: Data Processing Exception: [/content]",
    }
    product.control("faults", {"do": "refuse", "status": 403, "body": body, **CREATES})
    form = steps.composer(page)
    steps.write(form, "A picture of it.")
    Image.new("RGB", (20, 20), "green").save(tmp_path / "green.png")
    with page.expect_file_chooser() as chooser:
        form.get_by_role("button", name="Add a picture").click()
    chooser.value.set_files(tmp_path / "green.png")
    expect(form.get_by_role("img", name="Your picture: green.png")).to_be_visible()
    steps.send(form)
    row = steps.owed(page, "A picture of it.")
    says = "LinkedIn does not take a picture in this place."
    steps.stands(page, row, says, buttons=["Send without picture", "Discard"])
    expect(row.locator("img.comment__picture")).to_have_count(1)
    assert [entry["kind"] for entry in product.ledger(since)] == ["upload"]  # nothing went without it unasked
    row.get_by_role("button", name="Send without picture").click()
    steps.on_linkedin(page, "A picture of it.")
    assert [entry["kind"] for entry in product.ledger(since)] == ["upload", "comment"]


def test_target_gone(page: Page, product: Product) -> None:
    steps.sign_in(page, "Ada")
    steps.open_post(page, steps.POLL)
    post = _post(product, steps.POLL)
    made = product.control("comments", {"post": post, "author": "Luca", "text": "I will regret this."})
    page.get_by_role("button", name="Refresh").first.click()
    page.get_by_role("link", name="1 new comment").click(timeout=steps.LONG_MS)
    form = steps.reply_box(page, "I will regret this.")
    steps.write(form, "No need to.")
    product.control("comments/remove", {"comment": made["urn"]})
    since = steps.mark(product)
    steps.send(form)
    row = steps.owed(page, "No need to.").first  # for a moment it stands below the thread and, as that is gone, above
    says = "The comment you answer no longer exists. Your text is kept."
    again = ["Post as new comment", "Discard"]
    steps.stands(page, row, says, buttons=again, links=["Copy"])
    row.get_by_role("link", name="Copy").click()
    expect(page.locator("#flash")).to_contain_text("Copied.")
    assert page.evaluate("() => getSelection().toString()") == "No need to."
    # LinkedIn's answer had the post read again: what is gone does not go on standing there.
    expect(steps.comment(page, "I will regret this.")).to_have_count(0, timeout=steps.LONG_MS)
    steps.stands(page, row, says, buttons=again, links=["Copy"])
    row.get_by_role("button", name="Post as new comment").click()
    steps.on_linkedin(page, "No need to.")
    (entry,) = product.ledger(since)
    assert (entry["kind"], entry["text"]) == ("comment", "No need to.")


def test_posted_twice(page: Page, product: Product) -> None:
    """The answer was lost; the look finds the words twice."""
    steps.sign_in(page, "Ada")
    steps.open_post(page, steps.UNTOUCHED)
    words = "Two weeks well spent."
    product.control("faults", {"do": "drop_after", **CREATES})
    product.control("faults", {"do": "refuse", "status": 503, "times": 1, **LISTS})
    steps.write(steps.composer(page), words)
    steps.send(steps.composer(page))
    steps.wait_until(lambda: steps.state_of(product, words) == "unknown")
    product.control("comments", {"post": _post(product, steps.UNTOUCHED), "author": steps.ACME, "text": words})
    since = steps.mark(product)
    row = page.locator(".owed").filter(has_text="This appears twice on LinkedIn.")
    says = "This appears twice on LinkedIn. Delete the second?"
    buttons = ["Delete second", "Keep both"]
    steps.stands(page, row, says, buttons=buttons, links=["Open"])
    expect(steps.comment(page, words)).to_have_count(2)
    assert product.ledger(since) == []  # nothing is deleted unasked
    row.get_by_role("button", name="Delete second").click()
    expect(steps.comment(page, words)).to_have_count(1, timeout=steps.LONG_MS)
    (entry,) = product.ledger(since)
    assert (entry["kind"], entry["actor"], entry["agent"]) == ("delete", steps.ACME, steps.ADA)
    page.reload()
    expect(row).to_have_count(0)
    expect(steps.comment(page, words)).to_have_count(1)


def _post(product: Product, title: str) -> str:
    found: str = next(one["urn"] for one in product.control("state")["posts"] if title in str(one))
    return found
