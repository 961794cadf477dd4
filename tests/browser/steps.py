"""What people do again and again in the browser tests: sign in, open a post, find a comment, write, read the outcome.

Also a look at LinkedIn from outside: the sandbox's API, asked with a grant that has nothing to do with the product.
"""

import re
import sqlite3
import time
import urllib.parse
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Any

from playwright.sync_api import Locator, Page, expect
from requests import Session

from tests.processes import Product

ACME = "urn:li:organization:1001"
BIRCH = "urn:li:organization:1002"
ADA = "urn:li:person:adA4mBerg1"
BO = "urn:li:person:boL7ndqvs2"
NAMES = {"Ada": "Ada Berg", "Bo": "Bo Lindqvist", "Cy": "Cy Marsh"}

THIRD_ARM = "Eleven months ago"
HANDBOOK = "We wrote down what we know"
NIGHT_SHIFT = "A question for everybody"
FAIR = "Three days, four hundred"
INTERVIEW = "Ruth Adelman asked us"
POLL = "You decide"
BIG = "A thousand thanks"
UNTOUCHED = "Spare part lists"
CHAIR = "The chair that stays"

LONG_MS = 45_000  # a reading, or a round through worker and sandbox, on a busy machine
expect.set_options(timeout=15_000)


def allow(page: Page, who: str) -> None:
    """From our sign-in page through the consent page of the sandbox and back."""
    page.goto("/connect/")
    page.get_by_role("link", name="Sign in with LinkedIn").click()
    page.get_by_role("radio", name=NAMES[who]).check()
    page.get_by_role("button", name="Allow", exact=True).click()


def sign_in(page: Page, who: str) -> None:
    """Come in as one of the cast; the first of all makes the desk."""
    allow(page, who)
    expect(page.get_by_role("heading", level=1)).to_be_visible(timeout=LONG_MS)
    if page.get_by_role("button", name="Create the desk").is_visible():
        page.get_by_label("Name").fill("Social team")
        page.get_by_role("button", name="Create the desk").click()
    expect(page.get_by_role("heading", name="Posts", level=1)).to_be_visible(timeout=LONG_MS)
    page.wait_for_load_state("domcontentloaded")  # its scripts have run


def invite(admin: Page, guest: Page, who: str) -> None:
    """An administrator of the desk makes a link; the guest signs in and takes it up."""
    admin.goto("/settings/team/")
    admin.get_by_role("button", name="Invite a colleague").click()
    guest.goto(admin.get_by_label("Give this link to one colleague").input_value())
    guest.get_by_role("link", name="Sign in with LinkedIn").click()
    guest.get_by_role("radio", name=NAMES[who]).check()
    guest.get_by_role("button", name="Allow", exact=True).click()
    guest.get_by_role("button", name="Join the desk").click()
    expect(guest.get_by_role("heading", name="Posts", level=1)).to_be_visible(timeout=LONG_MS)


def look_at(page: Page, name: str) -> None:
    """Choose a Page in the switcher."""
    page.get_by_role("button", name="change Page").click()
    page.locator("#pages").get_by_role("button", name=name).click()
    expect(page.get_by_role("button", name="change Page")).to_contain_text(name)


def open_post(page: Page, title: str, *, acting: str = "") -> None:
    """Open a post from the list and wait until its thread is read to the end."""
    page.goto("/posts/")
    page.locator(".post-row__title").get_by_role("link", name=title).click(timeout=LONG_MS)
    read_to_the_end(page)
    if acting:
        speak_as(page, acting)


def read_to_the_end(page: Page, timeout: float = LONG_MS) -> None:
    """Wait until the thread is complete; the list of a first reading has then stopped to follow it."""
    expect(page.locator(".fresh").first).to_contain_text("Complete", timeout=timeout)
    expect(page.locator("#comments > [hx-get]")).to_have_count(0)


def speak_as(page: Page, name: str) -> None:
    """Choose in the post's bar as whom likes and new replies speak."""
    page.locator("details.actors > summary").click()
    page.locator("details.actors").get_by_role("link", name=name).click()
    expect(page.locator("details.actors > summary")).to_contain_text(name)


def thread(page: Page, words: str) -> Locator:
    """The thread whose first comment says this."""
    said = page.locator("article.comment").filter(has_text=words)
    return page.locator(".column li.thread").filter(has=said)


def comment(page: Page, words: str) -> Locator:
    """One comment or reply on LinkedIn, by its words."""
    text = page.locator(".comment__text", has_text=words)
    return page.locator(".column article.comment:not(.comment--owed)").filter(has=text)


def owed(page: Page, words: str) -> Locator:
    """An outgoing comment or reply, by its words."""
    return page.locator(".owed").filter(has_text=words)


def composer(page: Page) -> Locator:
    """The composer of the post."""
    return page.locator(".dock form.composer")


def write(form: Locator, words: str) -> None:
    """Type at the end of the composer's text."""
    field = form.get_by_role("textbox", name=re.compile("^(Comment|Reply|Edit)"))
    field.click()
    field.press("Control+End")
    field.press_sequentially(words)


def reply_box(page: Page, words: str) -> Locator:
    """Open the composer under a comment."""
    comment(page, words).get_by_role("link", name="Reply").click()
    form = thread(page, words).locator(".slot form.composer")
    expect(form.get_by_role("textbox", name=re.compile("^Reply to"))).to_be_focused()
    return form


def send(form: Locator) -> None:
    form.locator("button.button--main").click()


def on_linkedin(page: Page, words: str) -> Locator:
    """Wait until the words stand on LinkedIn, with the link to them; the comment they became."""
    found = comment(page, words)
    expect(found.locator(".outgoing")).to_contain_text("On LinkedIn ·", timeout=LONG_MS)
    return found


def ledger(product: Product, *, since: int = 0, kind: str = "") -> list[dict[str, Any]]:
    """What happened on LinkedIn since an entry, perhaps of one kind only."""
    return [entry for entry in product.ledger(since) if kind in ("", entry["kind"])]


def mark(product: Product) -> int:
    """The number of the newest entry, to ask later for what came after."""
    return len(product.ledger())


def comment_on_linkedin(product: Product, urn: str) -> dict[str, Any]:
    """A comment as LinkedIn's API gives it to somebody else's grant: with mentions and picture."""
    thread_urn, _, number = urn.removeprefix("urn:li:comment:(").removesuffix(")").partition(",")
    address = f"{product.sandbox_url}/rest/socialActions/{urllib.parse.quote(thread_urn, safe='')}/comments/{number}"
    headers = {
        "Authorization": f"Bearer {_token(product)}",
        "LinkedIn-Version": "202609",
        "X-Restli-Protocol-Version": "2.0.0",
    }
    answer = _session().get(address, headers=headers, timeout=10)
    answer.raise_for_status()
    found: dict[str, Any] = answer.json()
    return found


def _token(product: Product) -> str:
    """A grant with the scopes the product asks for: other ones would end the product's own."""
    grants = product.control("state")["grants"]
    scopes = next(one["scopes"] for one in grants if f"urn:li:person:{one['member']}" == ADA and one["is_active"])
    redirect = "http://127.0.0.1/elsewhere"
    query = urllib.parse.urlencode(
        {"response_type": "code", "client_id": "sandbox-client", "redirect_uri": redirect, "scope": " ".join(scopes)}
    )
    session = _session()
    answer = session.post(
        f"{product.sandbox_url}/oauth/v2/authorization?{query}",
        data={"member": ADA.rpartition(":")[2], "decision": "allow"},
        allow_redirects=False,
        timeout=10,
    )
    code = urllib.parse.parse_qs(urllib.parse.urlsplit(answer.headers["Location"]).query)["code"][0]
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect,
        "client_id": "sandbox-client",
        "client_secret": "sandbox-secret",
    }
    granted = session.post(f"{product.sandbox_url}/oauth/v2/accessToken", data=form, timeout=10)
    token: str = granted.json()["access_token"]
    return token


def _session() -> Session:
    session = Session()
    session.trust_env = False
    return session


def stands(
    page: Page, row: Locator, says: str | re.Pattern[str], *, buttons: Sequence[str] = (), links: Sequence[str] = ()
) -> Locator:
    """The row says exactly this and offers exactly this, now and after the page was loaded again."""
    for is_again in (False, True):
        if is_again:
            page.reload()
        expect(row.locator(".outgoing__say")).to_have_text(says, timeout=LONG_MS)
        offers(row, buttons=buttons, links=links)
    return row


def offers(row: Locator, *, buttons: Sequence[str] = (), links: Sequence[str] = ()) -> None:
    """Exactly these steps; before the words of a button the actor's initials may stand."""
    acts = row.locator(".outgoing__do")
    expect(acts.get_by_role("button")).to_have_text([re.compile(rf"{re.escape(words)}\s*$") for words in buttons])
    expect(acts.get_by_role("link")).to_have_text(list(links))


def banner(page: Page, words: str) -> Locator:
    return page.locator(".banner").filter(has_text=words)


def no_faults(product: Product) -> None:
    """LinkedIn is well again."""
    product.control("faults", method="DELETE")


def change(product: Product, table: str, where: str, **values: Any) -> None:
    """Write into the product's database behind its back, where a test cannot wait as long as life would."""
    columns = ", ".join(f"{name} = ?" for name in values)
    with closing(sqlite3.connect(product.data / "threadwell.sqlite3", timeout=20)) as database, database:
        database.execute(f"UPDATE socialactions_{table} SET {columns} WHERE {where}", list(values.values()))  # noqa: S608


def state_of(product: Product, text: str) -> str:
    """The state of the action with these words, as the product's database has it."""
    with closing(sqlite3.connect(product.data / "threadwell.sqlite3", timeout=20)) as database:
        found = database.execute("SELECT state FROM socialactions_outgoing WHERE text = ?", [text]).fetchone()
    return str(found[0]) if found else ""


def wait_until(is_so: Callable[[], bool], *, within_s: float = LONG_MS / 1000) -> None:
    """For what no page shows; asked again and again."""
    ends = time.monotonic() + within_s
    while not is_so():
        assert time.monotonic() < ends
        time.sleep(0.1)
