"""How quick Threadwell is on a quiet day, and prints it against the goals.

    .venv/bin/python tests/bench/calm.py [--seconds 20] [--per-second 20] [--idle 30] [--scaled]

The whole product runs as `manage.py demo` starts it (with --scaled on private PostgreSQL and Redis), without undo
window and pauses. People write over HTTP, as browsers without script do; what arrived is read from the sandbox's
ledger. Prints figures and judges nothing.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import threading
import time
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import requests

from socialactions.sandbox.seeds.cast import ADA
from tests import environment, processes, services

CALM = {"UNDO_WINDOW_S": "0", "COMMENT_EVERY_S": "0", "LIKE_EVERY_S": "0", "LIKES_PER_HOUR": "0"}
TICKS = os.sysconf("SC_CLK_TCK")


def main() -> None:
    options = _options()
    with ExitStack() as stack:
        if options.scaled:
            os.environ.update({**stack.enter_context(services.running()), "SCALED_OUT": "1"})
        scratch = environment.prepare()
        stack.callback(scratch.cleanup)
        product = stack.enter_context(processes.product(**CALM))
        product.control("switches", {"comments_per_minute": "off"})
        browser = _sign_in(product)
        thread = _thread(product, browser)
        _, warm = _write(product, browser, thread, 5, 5.0)
        _arrivals(product, warm, since=0)
        before = len(product.ledger())
        answered, accepted = _write(product, browser, thread, options.seconds * options.per_second, options.per_second)
        arrived = _arrivals(product, accepted, since=before)
        print(
            f"{'scaled out' if options.scaled else 'embedded'}: {len(answered)} replies, {options.per_second}/s asked"
        )
        print(
            f"accept   p50 {_part(answered, 0.5) * 1000:6.0f} ms   p95 {_part(answered, 0.95) * 1000:6.0f} ms   (200)"
        )
        one_by_one = [_one(product, browser, thread) for _ in range(20)]
        print(f"drained in {arrived:.1f} s after the last was accepted")
        print(
            f"accept → ledger, one at a time   p50 {_part(one_by_one, 0.5):5.2f} s   "
            f"p95 {_part(one_by_one, 0.95):5.2f} s   (2)"
        )
        print(f"idle CPU of all processes over {options.idle} s: {_idle(product, options.idle):.1f} %   (3)")


def _sign_in(product: processes.Product) -> requests.Session:
    browser = requests.Session()
    browser.trust_env = False
    consent = browser.get(f"{product.base_url}/connect/start/", allow_redirects=False).headers["Location"]
    choice = {"member": ADA.rpartition(":")[2], "decision": "allow"}
    back = requests.post(consent, data=choice, allow_redirects=False, timeout=10)
    page = browser.get(back.headers["Location"])
    if "/connect/desk/" in page.url:
        browser.post(page.url, data={"name": "Bench", "csrfmiddlewaretoken": _field(page.text, "csrfmiddlewaretoken")})
    return browser


def _thread(product: processes.Product, browser: requests.Session) -> str:
    """The address where replies to some thread are posted, once posts and comments were read."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        page = browser.get(f"{product.base_url}/posts/")
        for post in re.findall(r'href="(/posts/[0-9a-f-]{36}/)', page.text):
            found = re.search(r"/comments/[0-9a-f-]{36}/replies/", browser.get(product.base_url + post).text)
            if found:
                return product.base_url + found[0]
        time.sleep(1)  # it is being read
    raise SystemExit("No thread was read within a minute.")


def _write(
    product: processes.Product, browser: requests.Session, thread: str, count: int, per_second: float
) -> tuple[list[float], list[str]]:
    """Post so many replies at this rate; how long each answer took, and the texts."""
    forms = [browser.get(thread).text for _ in range(count)]  # each is good for one reply
    took: list[float] = []
    texts: list[str] = []
    lock = threading.Lock()

    def post(number: int) -> None:
        one = requests.Session()
        one.trust_env = False
        one.cookies.update(browser.cookies)
        text = f"calm {time.time_ns()} {number}"
        form = forms[number]
        fields = {"csrfmiddlewaretoken": _field(form, "csrfmiddlewaretoken"), "as": _actor(form), "text": text}
        began = time.monotonic()
        answer = one.post(thread, data=fields, allow_redirects=False, headers={"Referer": thread})
        with lock:
            took.append(time.monotonic() - began)
            if answer.status_code == 302:
                texts.append(text)

    threads = []
    began = time.monotonic()
    for number in range(count):
        time.sleep(max(began + number / per_second - time.monotonic(), 0))  # the asked rate
        threads.append(threading.Thread(target=post, args=(number,)))
        threads[-1].start()
    for one in threads:
        one.join()
    if len(texts) < count:
        raise SystemExit(f"{count - len(texts)} of {count} replies were refused.")
    return took, texts


def _arrivals(product: processes.Product, texts: list[str], *, since: int) -> float:
    """Wait until all stand in the ledger, each once; how long that took."""
    began = time.monotonic()
    wanted = set(texts)
    while time.monotonic() - began < 300:
        there = [one["text"] for one in product.ledger(since) if one["text"] in wanted]
        if len(there) != len(set(there)):
            raise SystemExit("A reply stands twice.")
        if len(there) == len(wanted):
            return time.monotonic() - began
        time.sleep(0.05)  # between two looks
    raise SystemExit(f"Only {len(there)} of {len(wanted)} arrived within five minutes.")


def _one(product: processes.Product, browser: requests.Session, thread: str) -> float:
    since = len(product.ledger())
    answered, texts = _write(product, browser, thread, 1, 1.0)
    return answered[0] + _arrivals(product, texts, since=since)


def _idle(product: processes.Product, seconds: int) -> float:
    """Per cent of one core that all processes of the product use when nobody does anything."""
    time.sleep(5)  # what was asked for before has ended
    before = _cpu_s(product.process.pid)
    time.sleep(seconds)
    return 100 * (_cpu_s(product.process.pid) - before) / seconds


def _cpu_s(session: int) -> float:
    total = 0
    for folder in Path("/proc").iterdir():
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except (OSError, ValueError):
            continue
        if folder.name.isdigit() and session in (int(fields[3]), _supervisor(folder)):
            total += int(fields[11]) + int(fields[12])
    return total / TICKS


def _supervisor(folder: Path) -> int:
    """The session of the process that started this one: children lead sessions of their own."""
    try:
        parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        return int((Path("/proc") / str(parent) / "stat").read_text().rpartition(")")[2].split()[3])
    except (OSError, ValueError):
        return 0


def _part(figures: list[float], share: float) -> float:
    return sorted(figures)[min(int(len(figures) * share), len(figures) - 1)]


def _field(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    if found is None:
        raise SystemExit(f"The page has no field {name}.")
    return found[1]


def _actor(page: str) -> str:
    """The first actor of the composer; the page's own likes are signed for something else."""
    chooser = re.search(r'<select class="composer__actor".*?<option\b[^>]*\bvalue="([^"]+)"', page, re.DOTALL)
    if chooser is None:
        raise SystemExit("The page offers nobody to write as.")
    return chooser[1]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--per-second", type=int, default=20)
    parser.add_argument("--idle", type=int, default=30)
    parser.add_argument("--scaled", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
