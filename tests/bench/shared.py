"""What benchmarks of the whole product have in common: starting it, signing in, calling at a pace, figures."""

from __future__ import annotations

import argparse
import os
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial

import requests

from socialactions.sandbox.seeds.cast import ADA
from tests import environment, processes, services

CALM = {"UNDO_WINDOW_S": "0", "COMMENT_EVERY_S": "0", "LIKE_EVERY_S": "0", "LIKES_PER_HOUR": "0"}


@contextmanager
def running(*, scaled: bool, **settings: str) -> Iterator[tuple[processes.Product, requests.Session]]:
    """The product as `manage.py demo` starts it, without pauses of its own, and somebody who has signed in."""
    with ExitStack() as stack:
        before = dict(os.environ)
        stack.callback(lambda: (os.environ.clear(), os.environ.update(before)))
        if scaled:
            os.environ.update({**stack.enter_context(services.running()), "SCALED_OUT": "1"})
        stack.callback(environment.prepare().cleanup)
        product = stack.enter_context(processes.product(**{**CALM, **settings}))
        yield product, sign_in(product)


def sign_in(product: processes.Product) -> requests.Session:
    browser = requests.Session()
    browser.trust_env = False
    consent = browser.get(f"{product.base_url}/connect/start/", allow_redirects=False).headers["Location"]
    choice = {"member": ADA.rpartition(":")[2], "decision": "allow"}
    back = requests.post(consent, data=choice, allow_redirects=False, timeout=10)
    page = browser.get(back.headers["Location"])
    if "/connect/desk/" in page.url:
        browser.post(page.url, data={"name": "Bench", "csrfmiddlewaretoken": field(page.text, "csrfmiddlewaretoken")})
    return browser


@dataclass
class Figures:
    """How many seconds the calls that went well took, and what went wrong with the others."""

    took: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def time(self, call: Callable[[], object], *, since: float | None = None) -> None:
        """Make a call that counts from now, or from when it was due."""
        began = time.perf_counter() if since is None else since
        try:
            call()
        except Exception as error:
            self.errors.append(f"{type(error).__name__}: {error}")
        else:
            self.took.append(time.perf_counter() - began)

    def __str__(self) -> str:
        p50, p95 = (f"{part(self.took, share) * 1000:5.1f} ms" if self.took else "none" for share in (0.5, 0.95))
        return f"n {len(self.took)}  errors {len(self.errors)}  p50 {p50}  p95 {p95}"


def at_a_pace(calls: int, per_second: float, call: Callable[[int], object], *, at_once: int) -> Figures:
    """Calls begin when the pace says so, not when the one before has ended; one that goes wrong stops no other."""
    figures = Figures()
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
            figures.time(partial(call, number), since=due)

    together(work, at_once)
    return figures


def together(work: Callable[[], None], at_once: int) -> None:
    workers = [threading.Thread(target=work) for _ in range(at_once)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


def field(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    if found is None:
        raise SystemExit(f"The page has no field {name}.")
    return found[1]


def part(figures: list[float], share: float) -> float:
    return sorted(figures)[min(int(len(figures) * share), len(figures) - 1)]


def options(**numbers: int) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    for name, usual in numbers.items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=int, default=usual)
    parser.add_argument("--scaled", action="store_true")
    return parser.parse_args()
