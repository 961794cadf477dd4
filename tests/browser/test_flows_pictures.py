"""Pictures: picked, pasted or dropped on a first-level comment, described, removed, sent, and refused in a reply."""

import base64
import io
import re
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from tests.browser import steps
from tests.processes import Product

# Hands a file to the page as the clipboard or a drag from the desktop does.
BRING = """(field, {kind, name, type, data}) => {
  const bytes = Uint8Array.from(atob(data), (one) => one.charCodeAt(0));
  const carrier = new DataTransfer();
  carrier.items.add(new File([bytes], name, {type}));
  const options = {bubbles: true, cancelable: true};
  field.dispatchEvent(kind === "paste"
    ? new ClipboardEvent("paste", {...options, clipboardData: carrier})
    : new DragEvent("drop", {...options, dataTransfer: carrier}));
}"""


def picture(colour: str, form: str = "PNG") -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (320, 200), colour).save(made, form)
    return made.getvalue()


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "green.png").write_bytes(picture("green"))
    (tmp_path / "drawing.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    return tmp_path


def bring(form: Locator, kind: str, name: str, content: bytes) -> None:
    field = form.get_by_role("textbox", name=re.compile("^(Comment|Reply)"))
    details = {"kind": kind, "name": name, "type": "image/png", "data": base64.b64encode(content).decode()}
    field.evaluate(BRING, details)


def pick(page: Page, form: Locator, file: Path) -> None:
    with page.expect_file_chooser() as chooser:
        form.get_by_role("button", name="Add a picture").click()
    chooser.value.set_files(file)


def preview(form: Locator, name: str) -> Locator:
    return form.get_by_role("img", name=f"Your picture: {name}")


def test_a_picked_picture_is_shown_described_and_stands_on_linkedin(page: Page, product: Product, files: Path) -> None:
    steps.sign_in(page, "Ada")
    steps.open_post(page, steps.FAIR)
    form = steps.composer(page)
    steps.write(form, "This is how green it was.")
    pick(page, form, files / "drawing.svg")
    expect(form.get_by_text("drawing.svg was not added: a picture is a JPEG, PNG or GIF")).to_be_visible()
    pick(page, form, files / "green.png")
    expect(preview(form, "green.png")).to_be_visible()
    form.get_by_label("Describe the picture").fill("A green wall")
    since = steps.mark(product)
    steps.send(form)
    expect(steps.owed(page, "how green it was").get_by_role("img", name="A green wall")).to_be_visible()
    sent = steps.on_linkedin(page, "how green it was")
    shown = sent.locator("figure img")
    shown.scroll_into_view_if_needed()
    expect(shown).to_have_js_property("naturalWidth", 320)
    expect(preview(form, "green.png")).to_have_count(0)

    upload, entry = product.ledger(since)
    assert (upload["kind"], upload["actor"]) == ("upload", steps.ACME)
    assert (entry["kind"], entry["text"]) == ("comment", "This is how green it was.")
    (content,) = steps.comment_on_linkedin(product, entry["urn"])["content"]
    assert content["entity"]["image"] == upload["urn"]


def test_a_pasted_or_dropped_picture_can_be_removed_or_replaced(page: Page, product: Product) -> None:
    steps.sign_in(page, "Ada")
    steps.open_post(page, steps.INTERVIEW)
    form = steps.composer(page)
    steps.write(form, "Only words")
    bring(form, "paste", "pasted.png", picture("red"))
    expect(preview(form, "pasted.png")).to_be_visible()
    form.get_by_role("button", name="Remove").click()
    expect(preview(form, "pasted.png")).to_have_count(0)
    expect(form.get_by_role("button", name="Add a picture")).to_be_focused()
    since = steps.mark(product)
    steps.send(form)
    steps.on_linkedin(page, "Only words")
    assert [entry["kind"] for entry in product.ledger(since)] == ["comment"]

    since = steps.mark(product)
    bring(form, "drop", "dropped.png", picture("blue"))  # a picture needs no words
    expect(preview(form, "dropped.png")).to_be_visible()
    bring(form, "drop", "better.png", picture("yellow"))
    expect(preview(form, "better.png")).to_be_visible()
    expect(preview(form, "dropped.png")).to_have_count(0)
    steps.write(form, "A colour")
    steps.send(form)
    steps.on_linkedin(page, "A colour")
    assert [entry["kind"] for entry in product.ledger(since)] == ["upload", "comment"]


def test_a_reply_says_why_it_takes_no_picture_and_keeps_its_words(page: Page, product: Product) -> None:
    steps.sign_in(page, "Ada")
    steps.open_post(page, steps.HANDBOOK)
    form = steps.reply_box(page, "Page 11, second figure")
    steps.write(form, "Corrected, see here")
    bring(form, "paste", "arrow.png", picture("white"))
    why = "LinkedIn does not take pictures in replies. Write a new comment on the post to show one."
    expect(form.get_by_role("alert").filter(has_text=why)).to_be_visible()
    form.get_by_label("Add a picture: why not here").click()
    expect(form.locator(".composer__why-not")).to_have_text(why)
    since = steps.mark(product)
    steps.send(form)
    steps.on_linkedin(page, "Corrected, see here")
    assert [entry["kind"] for entry in product.ledger(since)] == ["reply"]


def test_pictures_follow_the_chosen_actor_and_stay_for_another(page: Page, product: Product, files: Path) -> None:
    """Nobody is asked for uploading as themselves, unless the older scopes are."""
    steps.sign_in(page, "Ada")
    steps.open_post(page, steps.INTERVIEW)
    form = steps.composer(page)
    steps.write(form, "Whose picture?")
    pick(page, form, files / "green.png")
    why = "LinkedIn did not grant uploading pictures as yourself (w_member_social)."
    told = form.get_by_role("alert").filter(has_text=why)
    expect(told).to_have_count(0)
    form.get_by_label("Commenting as").select_option("Ada Berg")
    expect(told).to_be_visible()
    expect(form.get_by_role("button", name="Add a picture")).to_be_hidden()
    form.get_by_label("Add a picture: why not here").click()
    expect(form.locator(".composer__why-not")).to_have_text(why)
    expect(preview(form, "green.png")).to_be_visible()
    steps.send(form)
    said = form.locator(".composer__said:visible")
    expect(said).to_contain_text(f"{why} Send without the picture, or as somebody else.")
    expect(form.get_by_role("img", name="Your picture")).to_be_visible()
    expect(told).to_have_count(0)  # it is said once
    form.get_by_label("Commenting as").select_option("Acme Robotics")
    expect(told).to_have_count(0)
    expect(form.get_by_role("button", name="Add a picture")).to_be_visible()
    since = steps.mark(product)
    steps.send(form)
    steps.on_linkedin(page, "Whose picture?")
    assert [(one["kind"], one["actor"]) for one in product.ledger(since)] == [
        ("upload", steps.ACME),
        ("comment", steps.ACME),
    ]


def test_what_linkedin_refuses_about_a_picture_can_go_without_it(page: Page, product: Product, files: Path) -> None:
    steps.sign_in(page, "Ada")
    steps.open_post(page, steps.POLL)
    fields = "Data Processing Exception while processing fields [/content]"
    body = {"status": 403, "message": f"Unpermitted fields present in REQUEST_BODY: {fields}"}
    refusal = {"do": "refuse", "method": "POST", "path": "/comments$", "status": 403, "body": body}
    product.control("faults", refusal)
    form = steps.composer(page)
    steps.write(form, "The handle, drawn.")
    pick(page, form, files / "green.png")
    steps.send(form)
    row = steps.owed(page, "The handle, drawn.")
    expect(row).to_contain_text("LinkedIn does not take a picture in this place.", timeout=steps.LONG_MS)
    since = steps.mark(product)
    row.get_by_role("button", name="Send without picture").click()
    steps.on_linkedin(page, "The handle, drawn.")
    expect(row.get_by_text("does not take a picture")).to_have_count(0)
    (entry,) = product.ledger(since)
    assert entry["kind"] == "comment"
    assert "content" not in steps.comment_on_linkedin(product, entry["urn"])
