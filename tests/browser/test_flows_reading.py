"""Reading: one Page after the other, and a thread of 1,900 comments to its end, as much as LinkedIn has and no less."""

import re
from urllib.parse import urlsplit

from playwright.sync_api import Page, Request, expect

from tests.browser import steps
from tests.browser.conftest import Visitor
from tests.processes import Product

MANY_MS = 90_000


def test_switching_the_page_changes_what_one_looks_at_in_every_tab(
    page: Page, visitor: Visitor, product: Product
) -> None:
    steps.sign_in(page, "Ada")
    expect(page.get_by_role("link", name=steps.THIRD_ARM)).to_be_visible(timeout=steps.LONG_MS)
    rows = page.locator(".post-row")
    acme = [post for post in product.control("state")["posts"] if post["author"] == steps.ACME]
    expect(rows).to_have_count(len(acme) - 1)  # without the draft
    third_arm = next(post for post in acme if post["commentary"].startswith(steps.THIRD_ARM))
    expect(rows.filter(has_text=steps.THIRD_ARM).locator("dd")).to_have_text(
        [str(third_arm["reactions"]), str(third_arm["comments"])]
    )
    expect(rows.filter(has_text="Applications")).to_contain_text("Comments are closed")

    steps.look_at(page, "Birch & Co")
    expect(page.get_by_role("link", name=steps.CHAIR)).to_be_visible(timeout=steps.LONG_MS)
    expect(page.get_by_role("link", name=steps.THIRD_ARM)).to_have_count(0)
    steps.open_post(page, steps.CHAIR)
    expect(steps.comment(page, "One has a scratch")).to_be_visible()
    expect(page.locator("details.actors > summary")).to_contain_text("Birch & Co")
    steps.look_at(page, "Acme Robotics")
    expect(page.get_by_role("link", name=steps.THIRD_ARM)).to_be_visible()
    assert product.ledger() == []


def test_a_thread_shows_what_real_people_write_and_runs_none_of_it(page: Page, product: Product) -> None:
    steps.sign_in(page, "Ada")
    steps.open_post(page, steps.THIRD_ARM)
    markup = steps.comment(page, "Does your page show this as text?")
    expect(markup.locator(".comment__text")).to_contain_text("<script>alert('hi')</script> <b>")
    expect(markup.get_by_role("link", name="https://example.com/?a=1&b=2")).to_be_visible()
    expect(steps.comment(page, "We would need two of these")).to_contain_text("does not share this person’s name")
    arabic = steps.comment(page, "هل يعمل الذراع")
    assert arabic.locator(".comment__text").evaluate("found => getComputedStyle(found).direction") == "rtl"
    congratulations = steps.comment(page, "Congratulations")
    expect(congratulations.locator("a.mention")).to_have_text(["Acme Robotics"])
    gerda = steps.comment(page, "It arrived this morning")
    expect(gerda.locator("h3")).to_have_text("Kestrel Logistics")
    picture = gerda.get_by_role("img", name="No description")
    picture.scroll_into_view_if_needed()
    expect(picture).to_have_js_property("complete", True)
    assert picture.evaluate("found => found.naturalWidth") > 0
    dana = steps.thread(page, "what does the hand feel")
    expect(dana.locator("li.reply article")).to_have_count(3)
    expect(dana.locator("li.reply").first).to_contain_text("by Ada Berg")
    assert product.ledger() == []


def test_nineteen_hundred_comments_can_be_read_to_the_last_one(page: Page, product: Product) -> None:
    steps.sign_in(page, "Ada")
    big = next(post for post in product.control("state")["posts"] if post["commentary"].startswith(steps.BIG))
    assert (big["comments"], big["first_level"]) == (1900, 1000)
    page.goto("/posts/")
    page.locator(".post-row__title").get_by_role("link", name=steps.BIG).click(timeout=steps.LONG_MS)
    steps.read_to_the_end(page, MANY_MS)
    expect(page.locator(".fresh").first).to_contain_text("1900 of 1900")
    expect(page.locator("#ch")).to_have_text("1900 comments")
    expect(page.locator("#news a")).to_have_count(0)  # nothing of it is news

    threads = page.locator("#comments li.thread")
    expect(threads).to_have_count(50)
    for count in range(100, 1001, 50):
        page.get_by_role("link", name="Show more").click()
        expect(threads).to_have_count(count)
    expect(page.get_by_role("link", name="Show more")).to_have_count(0)
    articles = page.locator("#comments article.comment")
    expect(articles).to_have_count(1900)  # three replies each are shown from the start
    expect(page.get_by_text("LinkedIn counts")).to_have_count(0)
    expect(page.get_by_role("link", name=re.compile("^Show .* earlier"))).to_have_count(0)
    assert page.locator("article[id^=comment-]").count() == 900
    assert len(set(page.locator("#comments [id]").evaluate_all("found => found.map((one) => one.id)"))) == (
        page.locator("#comments [id]").count()
    )
    assert product.ledger() == []


def test_earlier_replies_and_news_come_when_asked_for(page: Page, product: Product) -> None:
    steps.sign_in(page, "Ada")
    steps.open_post(page, steps.NIGHT_SHIFT)
    hana = steps.thread(page, "the coffee machine needs cleaning")
    expect(hana.locator("li.reply article")).to_have_count(3)
    expect(hana.locator("article", has_text="This goes on OUR wall.")).to_have_count(0)
    hana.get_by_role("link", name="Show 1 earlier reply").click()
    expect(hana.locator("li.reply article")).to_have_count(4)
    expect(hana.locator("li.reply article").first).to_contain_text("This goes on OUR wall.")

    post = next(p for p in product.control("state")["posts"] if p["commentary"].startswith(steps.NIGHT_SHIFT))
    product.control("comments", {"post": post["urn"], "author": "Kenji", "text": "Light in the stairwell."})
    page.get_by_role("button", name="Refresh").first.click()
    news = page.get_by_role("link", name="1 new comment")
    expect(news).to_be_visible(timeout=steps.LONG_MS)
    expect(steps.comment(page, "Light in the stairwell.")).to_have_count(0)  # the list does not move by itself
    news.click()
    expect(page.locator("#comments article").first).to_contain_text("Light in the stairwell.")
    expect(page.locator("#ch")).to_have_text("9 comments")
    expect(page.locator(".post-line[data-current] .post-line__meta")).to_contain_text("9 comments")
    expect(page.locator("#news a")).to_have_count(0)
    assert [entry["actor"] for entry in product.ledger()] == ["urn:li:person:keW3atanab"]


def test_what_reading_ahead_finds_is_announced_on_the_open_page(page: Page, product: Product) -> None:
    steps.sign_in(page, "Ada")
    steps.open_post(page, steps.NIGHT_SHIFT)
    listed = page.locator("#comments .comment__text")
    before = listed.all_inner_texts()
    post = next(p for p in product.control("state")["posts"] if p["commentary"].startswith(steps.NIGHT_SHIFT))
    product.control("comments", {"post": post["urn"], "author": "Kenji", "text": "And a bench outside."})
    elsewhere = page.context.new_page()
    elsewhere.goto("/settings/reading/")
    elsewhere.get_by_role("button", name="Read now").click()
    news = page.get_by_role("link", name="1 new comment")
    expect(news).to_be_visible(timeout=steps.LONG_MS)
    assert listed.all_inner_texts() == before  # what one reads stays where it is
    with page.expect_request(lambda request: request.url.endswith("/changes/")):  # now it was seen
        news.click()
    expect(listed.first).to_contain_text("And a bench outside.")


def test_who_missed_too_much_asks_again_for_everything_in_sight(page: Page, product: Product) -> None:
    page.add_init_script(
        "window.EventSource = class extends EventSource { constructor(from) { super(from); window.heard = this; } }"
    )
    steps.sign_in(page, "Ada")
    steps.open_post(page, steps.NIGHT_SHIFT)
    page.wait_for_function("window.heard?.readyState === EventSource.OPEN")
    threads = page.locator("#comments li.thread")
    shown = set(threads.evaluate_all("found => found.map((one) => one.getAttribute('hx-get'))"))
    asked: set[str] = set()

    def is_all(request: Request) -> bool:
        asked.add(urlsplit(request.url).path)
        return asked >= shown

    with page.expect_request_finished(is_all):
        page.evaluate("heard.dispatchEvent(new MessageEvent('stale'))")  # as the server says it
    assert len(shown) > 1


def test_what_is_about_a_folded_reply_moves_below_it_when_it_unfolds(page: Page, product: Product) -> None:
    steps.sign_in(page, "Ada")
    steps.open_post(page, steps.NIGHT_SHIFT)
    hana = steps.thread(page, "the coffee machine needs cleaning")
    unfold = hana.get_by_role("link", name="Show 1 earlier reply")
    unfold.click()
    product.control("faults", {"do": "refuse", "status": 503, "method": "DELETE", "path": "/comments/", "times": 20})
    folded = hana.locator("article", has_text="This goes on OUR wall.")
    folded.get_by_role("link", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(folded.locator(".owed")).to_be_visible()  # it stays unfolded …
    page.reload()  # … until the page is drawn anew
    row = hana.locator(".owed")
    at_end = hana.locator("li.reply").last
    expect(at_end).to_contain_text("About a reply that is not shown here:")
    expect(row).to_contain_text("LinkedIn did not answer clearly", timeout=steps.LONG_MS)
    expect(at_end).to_contain_text("LinkedIn did not answer clearly")
    unfold.click()
    expect(folded.locator(".owed")).to_contain_text("LinkedIn did not answer clearly")
    expect(row).to_have_count(1)
    expect(hana).not_to_contain_text("About a reply")
    steps.no_faults(product)
