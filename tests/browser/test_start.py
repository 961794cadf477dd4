"""The first look: the product answers in a browser, keeps to its policy, and says that it runs on a sandbox."""

from playwright.sync_api import Page, Response, expect

from tests.processes import Product


def test_the_first_page_opens_without_a_complaint(page: Page) -> None:
    answer = page.goto("/")
    assert answer is not None
    assert answer.status == 200
    expect(page.get_by_role("main")).to_be_visible()
    expect(page.get_by_text("Sandbox").first).to_be_visible()


def test_pages_and_files_travel_compressed_and_with_a_policy(page: Page, product: Product) -> None:
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))
    page.goto("/")
    page.wait_for_load_state("load")
    headers = answers[0].headers
    assert "default-src 'self'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    files = [answer for answer in answers if answer.url.endswith((".css", ".js"))]
    assert files
    assert {answer.headers.get("content-encoding") for answer in files} <= {"gzip", "br"}
