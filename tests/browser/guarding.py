"""What the tests of safety, access for all and weight share: axe, sizes on the wire, and how wide a page really is."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.browser.steps import LONG_MS, ledger
from tests.processes import Product

AXE = (Path(__file__).resolve().parent.parent / "vendor" / "axe.min.js").read_text(encoding="utf-8")
BAD = ("serious", "critical")
COLOUR_RULES = ("color-contrast", "link-in-text-block")  # all that axe judges colours by, unless told to want more
RUN_AXE = """async (only) => {
  await Promise.allSettled(document.getAnimations().map((one) => one.finished)); // colours change in their time
  // preloading makes styles of its own
  return axe.run(document, { resultTypes: ["violations"], preload: false, ...(only && { runOnly: only }) });
}"""


def faults_for_all(page: Page, *, only: Sequence[str] = ()) -> list[str]:
    """What axe calls serious or worse on the page as it stands, with the element and the reason; by all of its rules
    or only some.
    """
    if not page.evaluate("() => 'axe' in window"):  # half a megabyte, so once for each document
        page.evaluate(f"() => {{ {AXE} }}")
    found: dict[str, Any] = page.evaluate(RUN_AXE, list(only) or None)
    return [
        f"{fault['id']}: {node['html'][:160]} — {' '.join(str(node.get('failureSummary', '')).split())[:300]}"
        for fault in found["violations"]
        if fault["impact"] in BAD
        for node in fault["nodes"]
    ]


def sideways(page: Page) -> int:
    """By how many pixels the page is wider than its window."""
    return int(page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def too_small(targets: Locator, *, least: float = 44) -> list[str]:
    """Those visible targets that are lower than a finger needs; all must be able to be pressed."""
    return [
        f"{round(box['width'])} × {round(box['height'])}: {one.evaluate('e => e.outerHTML')[:120]}"
        for one in targets.all()
        if one.is_visible() and (box := one.bounding_box()) and box["height"] < least - 0.5
    ]


def said_once(page: Page, product: Product, words: str, *, since: int, kind: str) -> dict[str, Any]:
    """History knows one action with these words and LinkedIn has them once; returns the ledger's entry."""
    page.goto("/history/")
    rows = page.locator("table.history tbody tr").filter(has_text=words)
    expect(rows).to_have_count(1)
    reload_until(page, lambda: "On LinkedIn" in rows.inner_text())
    found = [entry for entry in ledger(product, since=since) if words in entry["text"]]
    assert [entry["kind"] for entry in found] == [kind], found
    return found[0]


def reload_until(page: Page, is_so: Callable[[], bool]) -> None:
    """Load the page again, as a person without script would, until it is so; each load is the wait."""
    ends = time.monotonic() + LONG_MS / 1000
    while not is_so():
        assert time.monotonic() < ends, f"{page.url} still says: {page.get_by_role('main').inner_text()[:2000]}"
        page.reload()


def tab_to(page: Page, target: Locator, *, at_most: int = 80, back: bool = False) -> int:
    """Press Tab until the target has the focus; every stop on the way must show where it is. How many presses."""
    for presses in range(1, at_most + 1):
        page.keyboard.press("Shift+Tab" if back else "Tab")
        assert_focus_shows(page)
        if target.evaluate("e => e === document.activeElement"):
            return presses
    raise AssertionError(f"{at_most} presses of Tab did not lead to {target}")


def assert_focus_shows(page: Page) -> None:
    """The element with the focus is on the screen and looks different from itself without focus."""
    seen: dict[str, Any] = page.evaluate(FOCUS)
    assert seen["tag"] != "BODY", "the focus was lost to the page"
    assert seen["ring"], f"no ring on {seen['html']}"
    assert seen["inside"], f"out of sight: {seen['html']}"
    assert not seen["covered"], f"covered by {seen['covered']}: {seen['html']}"


FOCUS = """() => {
  let element = document.activeElement;
  while (element.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
  const draws = (one) => [null, "::before", "::after"].some((part) => {
    const style = getComputedStyle(one, part);
    const drawn = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
    return (drawn && !/, 0\\)$|transparent/.test(style.outlineColor)) || style.boxShadow.includes("inset");
  });
  const box = element.getBoundingClientRect();
  const around = element.closest(".composer");
  const covers = [6, box.width / 2, box.width - 6].map((x) => {
    const above = document.elementFromPoint(box.x + x, box.y + box.height / 2);
    return above && !above.closest("label") && !element.contains(above) && !above.contains(element) ? above : null;
  });
  return {
    tag: element.tagName,
    html: element.outerHTML.slice(0, 160),
    ring: draws(element) || (around !== null && draws(around)),
    covered: covers.every(Boolean) ? covers[0].outerHTML.slice(0, 160) : "",
    inside: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
  };
}"""


def starts_with(words: str) -> re.Pattern[str]:
    return re.compile(f"^{re.escape(words)}")
