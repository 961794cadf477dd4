"""How quick the API accepts and answers polls, against the goals.

    .venv/bin/python tests/bench/api.py [--seconds 20] [--per-second 20] [--polls 200] [--scaled]

The whole product runs as `manage.py demo` starts it (with --scaled on private PostgreSQL and Redis). Programs accept
likes and poll actions over HTTP; one of them calls far too often, and another is timed meanwhile. Prints figures and
judges nothing.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import requests

from tests import environment, processes, services
from tests.bench.calm import CALM, _field, _part, _sign_in

POLLERS = 16
RUSH, RUSH_S = 1000, 10


def main() -> None:
    options = _options()
    with ExitStack() as stack:
        if options.scaled:
            os.environ.update({**stack.enter_context(services.running()), "SCALED_OUT": "1"})
        scratch = environment.prepare()
        stack.callback(scratch.cleanup)
        product = stack.enter_context(processes.product(**CALM, API_CALLS_PER_MINUTE="60000"))
        browser = _sign_in(product)
        program = Program(product, browser)
        print("scaled out" if options.scaled else "embedded")
        accepted = _at_a_pace(options.seconds * options.per_second, options.per_second, program.comment)
        print(f"accept at {options.per_second}/s   {_figures(accepted)}   (200)")
        uid = program.last
        polls = _at_a_pace(options.seconds * options.polls, options.polls, lambda: program.poll(uid))
        print(f"poll at {options.polls}/s     {_figures(polls)}")
    with ExitStack() as stack:
        stack.callback(environment.prepare().cleanup)
        product = stack.enter_context(processes.product(**CALM))
        browser = _sign_in(product)
        calm, eager = Program(product, browser), Program(product, browser)
        alone = [calm.timed("/budget") for _ in range(50)]
        statuses: list[int] = []
        rush = threading.Thread(target=lambda: _rush(eager, statuses))
        rush.start()
        meanwhile = [_after(0.15, lambda: calm.timed("/budget")) for _ in range(60)]
        rush.join()
        print(f"{len(statuses)} calls of one key in {RUSH_S} s: {statuses.count(429)} answered 429")
        print(f"another key   alone {_figures(alone)}   meanwhile {_figures(meanwhile)}   (p95 within ± 20 %)")


class Program:
    """A key of the person who signed in, and calls with it; each thread has a connection of its own."""

    def __init__(self, product: processes.Product, browser: requests.Session) -> None:
        self._address = f"{product.base_url}/api/v1"
        page = browser.get(f"{product.base_url}/settings/keys/")
        actors = re.findall(r'name="actors" value="(urn:li:organization:\d+)"', page.text)
        wish = {
            "csrfmiddlewaretoken": _field(page.text, "csrfmiddlewaretoken"),
            "name": f"Bench {uuid.uuid4().hex[:6]}",
            "scopes": ["read", "like", "comment"],
            "actors": actors,
            "ends_on": re.findall(r'max="(\d{4}-\d\d-\d\d)"', page.text)[0],
        }
        made = browser.post(f"{product.base_url}/settings/keys/", data=wish)
        self._key = re.findall(r'id="secret" value="(tw_[^"]+)"', made.text)[0]
        self._own = threading.local()
        self.last = ""
        self._page, self._post = self._some_post(product, browser)

    @property
    def _session(self) -> requests.Session:
        if not hasattr(self._own, "session"):
            self._own.session = requests.Session()
            self._own.session.trust_env = False
            self._own.session.headers["x-api-key"] = self._key
        session: requests.Session = self._own.session
        return session

    def _some_post(self, product: processes.Product, browser: requests.Session) -> tuple[str, str]:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            browser.get(f"{product.base_url}/posts/")  # opening the list has it read
            found = self._session.get(f"{self._address}/posts", params={"limit": 1}).json()["posts"]
            if found:
                return found[0]["organization"], found[0]["urn"]
            time.sleep(0.5)
        raise SystemExit("no post was read within a minute")

    def comment(self) -> None:
        wish = {"kind": "comment", "actor": self._page, "target": self._post, "text": f"Bench {uuid.uuid4()}"}
        headers = {"Idempotency-Key": str(uuid.uuid4())}
        answer = self._session.post(f"{self._address}/actions", json=wish, headers=headers, timeout=30)
        answer.raise_for_status()
        self.last = answer.json()["id"]

    def poll(self, uid: str) -> None:
        self._session.get(f"{self._address}/actions/{uid}", timeout=30).raise_for_status()

    def call(self, address: str) -> int:
        return self._session.get(f"{self._address}{address}", timeout=30).status_code

    def timed(self, address: str) -> float:
        began = time.perf_counter()
        assert self.call(address) == 200
        return time.perf_counter() - began


def _at_a_pace(calls: int, per_second: float, call: Callable[[], None]) -> list[float]:
    """How long each call took; they begin when the pace says so, not when the one before has ended."""
    took: list[float] = []
    numbers = iter(range(calls))
    lock = threading.Lock()
    began = time.perf_counter()

    def work() -> None:
        while True:
            with lock:
                number = next(numbers, None)
            if number is None:
                return
            due = began + number / per_second
            time.sleep(max(due - time.perf_counter(), 0))
            call()
            took.append(time.perf_counter() - due)

    workers = [threading.Thread(target=work) for _ in range(POLLERS)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return took


def _rush(program: Program, statuses: list[int]) -> None:
    def work() -> None:
        for _ in range(RUSH // 10):
            statuses.append(program.call("/actions"))
            time.sleep(RUSH_S / (RUSH // 10) / 2)

    workers = [threading.Thread(target=work) for _ in range(10)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


def _after(pause_s: float, work: Callable[[], float]) -> float:
    time.sleep(pause_s)
    return work()


def _figures(took: list[float]) -> str:
    return f"n {len(took)}  p50 {_part(took, 0.5) * 1000:5.0f} ms  p95 {_part(took, 0.95) * 1000:5.0f} ms"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--per-second", type=int, default=20)
    parser.add_argument("--polls", type=int, default=200)
    parser.add_argument("--scaled", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
