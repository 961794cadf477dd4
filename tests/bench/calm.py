"""How quick Threadwell is on a quiet day, and prints it against the goals.

    .venv/bin/python tests/bench/calm.py [--seconds 20] [--per-second 20] [--idle 30] [--scaled] [--htmx]

The whole product runs as `manage.py demo` starts it (with --scaled on private PostgreSQL and Redis), without undo
window and pauses. People write over HTTP, as browsers without script do or, with --htmx, as those with it; each form is
drawn and signed for one reply, each answer is checked, and what arrived is read from the sandbox's ledger. What is
posted is put together before the clock runs, because the sender takes its time from the same cores. Exits with 1 when a
goal is missed; the statements of an action are counted by tests/web/test_writes.py.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode, urlsplit

sys.path.insert(0, str(Path(__file__).parents[2]))

import requests

from tests import environment, processes, services
from tests.bench.shared import field, sign_in

CALM = {"UNDO_WINDOW_S": "0", "COMMENT_EVERY_S": "0", "LIKE_EVERY_S": "0", "LIKES_PER_HOUR": "0"}
TICKS = os.sysconf("SC_CLK_TCK")
ACCEPT_MS, LEDGER_S, IDLE_PERCENT = 200, 2.0, 3.0  # the goals: 95 of 100 accepted, 95 of 100 on LinkedIn, of one core
NAMES = {
    **{" granian ": "web", " worker ": "worker", " beat ": "beat", " linkedin_sandbox ": "sandbox"},
    **{"postgres": "postgres", "redis-server": "redis"},
}


def main() -> None:
    options = _options()
    with ExitStack() as stack:
        if options.scaled:
            os.environ.update({**stack.enter_context(services.running()), "SCALED_OUT": "1"})
        scratch = environment.prepare()
        stack.callback(scratch.cleanup)
        product = stack.enter_context(processes.product(**CALM))
        product.control("switches", {"comments_per_minute": "off"})
        visitor = _visitor(product, htmx=options.htmx)
        _arrivals(product, _write(visitor, 5, 5.0).texts, since=0)  # warm
        before = len(product.ledger())
        written = _write(visitor, options.seconds * options.per_second, options.per_second)
        arrived = _arrivals(product, written.texts, since=before)
        place = "scaled out" if options.scaled else "embedded"
        asked = f"{len(written.took)} replies in {len(visitor.threads)} threads, {options.per_second}/s"
        print(f"{place}: {asked}, load of the machine {os.getloadavg()[0]:.1f}")
        print(f"accept   {_parts(written.took, 1000, 'ms')}   ({ACCEPT_MS})")
        print(f"CPU per reply until all were accepted: {_shares(written)}")
        one_by_one = [_one(product, visitor) for _ in range(20)]
        print(f"drained in {arrived:.1f} s after the last was accepted")
        print(f"accept → ledger, one at a time   {_parts(one_by_one, 1, 's')}   ({LEDGER_S:.0f})")
        idle = _idle(options.idle)
        print(f"idle CPU of all processes over {options.idle} s: {idle:.1f} %   ({IDLE_PERCENT:.0f})")
    missed = {
        "accept": 1000 * _p(written.took, 0.95) > ACCEPT_MS,
        "accept → ledger": _p(one_by_one, 0.95) > LEDGER_S,
        "idle CPU": idle > IDLE_PERCENT,
    }
    if any(missed.values()):
        sys.exit(f"Missed: {', '.join(name for name, is_missed in missed.items() if is_missed)}")


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody signed in, and the addresses where their replies to the threads of one post are posted."""

    product: processes.Product
    browser: requests.Session
    threads: list[str]
    htmx: bool

    def forms(self, count: int) -> list[tuple[str, bytes]]:
        """Texts, each with the whole request that posts it: one drawn form is good for one reply."""
        return [
            self._form(f"calm {time.time_ns()} {number}", self.threads[number % len(self.threads)])
            for number in range(count)
        ]

    def _form(self, text: str, thread: str) -> tuple[str, bytes]:
        page = self.browser.get(thread).text
        fields = {name: field(page, name) for name in ("csrfmiddlewaretoken", "seen")}
        body = urlencode({**fields, "as": _actor(page), "text": text}).encode()
        place = urlsplit(thread)
        headers = {
            "Host": place.netloc,
            "Cookie": "; ".join(f"{one.name}={one.value}" for one in self.browser.cookies),
            "Referer": thread,
            "Content-Type": "application/x-www-form-urlencoded",
            "Content-Length": str(len(body)),
            "Connection": "close",
            **({"HX-Request": "true"} if self.htmx else {}),
        }
        lines = [f"POST {place.path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
        return text, "\r\n".join(lines).encode() + body


@dataclass(frozen=True, slots=True)
class Written:
    took: list[float]
    texts: list[str]
    cpu_s: dict[str, float]  # what each process used meanwhile


def _visitor(product: processes.Product, *, htmx: bool) -> Visitor:
    browser = sign_in(product)
    return Visitor(product, browser, _threads(product, browser), htmx)


def _threads(product: processes.Product, browser: requests.Session) -> list[str]:
    """The addresses where replies to the threads of some post are posted, once posts and comments were read."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        page = browser.get(f"{product.base_url}/posts/")
        for post in re.findall(r'href="(/posts/[0-9a-f-]{36}/)', page.text):
            page_of_post = browser.get(product.base_url + post).text
            found = dict.fromkeys(re.findall(r'/comments/[0-9a-f-]{36}/replies/(?=["?])', page_of_post))
            if found:
                return [product.base_url + address for address in found]
        time.sleep(1)  # it is being read
    raise SystemExit("No thread was read within a minute.")


def _write(visitor: Visitor, count: int, per_second: float) -> Written:
    """Post so many replies at this rate, however long the earlier ones take."""
    forms = visitor.forms(count)
    before = {**_cpu(), "bench": time.process_time()}
    answers = asyncio.run(_post_all(visitor, [request for _, request in forms], per_second))
    after = {**_cpu(), "bench": time.process_time()}
    wanted = b"HTTP/1.1 200" if visitor.htmx else b"HTTP/1.1 302"
    refused = [answer for _, answer in answers if not answer.startswith(wanted)]
    if refused:
        raise SystemExit(f"{len(refused)} of {count} replies were refused, first with {refused[0][:40]!r}.")
    cpu_s = {name: after[name] - before.get(name, 0) for name in after}
    return Written([took for took, _ in answers], [text for text, _ in forms], cpu_s)


async def _post_all(visitor: Visitor, forms: list[bytes], per_second: float) -> list[tuple[float, bytes]]:
    place = urlsplit(visitor.threads[0])
    began = time.monotonic()

    async def post(number: int, form: bytes) -> tuple[float, bytes]:
        await asyncio.sleep(max(began + number / per_second - time.monotonic(), 0))  # the asked rate
        sent = time.monotonic()
        reader, writer = await asyncio.open_connection(place.hostname, place.port)
        writer.write(form)
        answer = await reader.read()
        took = time.monotonic() - sent
        writer.close()
        return took, answer

    return await asyncio.gather(*(post(number, form) for number, form in enumerate(forms)))


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


def _one(product: processes.Product, visitor: Visitor) -> float:
    since = len(product.ledger())
    written = _write(visitor, 1, 1.0)
    return written.took[0] + _arrivals(product, written.texts, since=since)


def _idle(seconds: int) -> float:
    """Per cent of one core that all processes of the product use when nobody does anything."""
    time.sleep(5)  # what was asked for before has ended
    before = sum(_cpu().values())
    time.sleep(seconds)
    return 100 * (sum(_cpu().values()) - before) / seconds


def _cpu() -> dict[str, float]:
    """Seconds that the product's processes and its servers have used so far, by what they are. Children lead sessions
    of their own, so it is asked who started whom.
    """
    started_by: dict[int, int] = {}
    used: dict[int, float] = {}
    names: dict[int, str] = {}
    for folder in Path("/proc").iterdir():
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            command = (folder / "cmdline").read_text().replace("\0", " ")
        except (OSError, ValueError):
            continue
        if folder.name.isdigit():
            pid = int(folder.name)
            started_by[pid], used[pid] = int(fields[1]), sum(map(int, fields[11:15])) / TICKS
            names[pid] = next((name for mark, name in NAMES.items() if mark in command), "supervisor")
    found: dict[str, float] = {}
    for pid in used:
        above = pid
        while above in started_by and above != os.getpid():
            above = started_by[above]
        if above == os.getpid() != pid:
            found[names[pid]] = found.get(names[pid], 0) + used[pid]
    return found


def _shares(written: Written) -> str:
    each = {name: 1000 * spent / len(written.took) for name, spent in written.cpu_s.items()}
    return ", ".join(f"{name} {spent:.0f} ms" for name, spent in each.items() if spent >= 0.5)


def _parts(figures: list[float], scale: float, unit: str) -> str:
    p50, p95 = (_p(figures, share) * scale for share in (0.5, 0.95))
    form = "6.0f" if scale > 1 else "6.2f"
    return f"p50 {p50:{form}} {unit}   p95 {p95:{form}} {unit}"


def _p(figures: list[float], share: float) -> float:
    ordered = sorted(figures)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


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
    parser.add_argument("--htmx", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
