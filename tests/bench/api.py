"""How quick the API accepts and answers polls, against the goals.

    .venv/bin/python tests/bench/api.py [--seconds 20] [--per-second 20] [--polls 200] [--scaled]

The whole product runs as `manage.py demo` and `serve` start it: one web process (with --scaled on private PostgreSQL
and Redis). Programs accept comments and poll them over HTTP; then a program in a process of its own calls far too often
while another is timed. Prints figures, and ends with 1 when a call went wrong.
"""

from __future__ import annotations

import http.client
import json
import multiprocessing
import os
import re
import sys
import threading
import time
import uuid
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).parents[2]))

import requests

from tests import processes
from tests.bench import shared

POLLERS = 16
RUSH, RUSH_S, RUSHERS = 1000, 10, 10
CALM_EVERY_S, CALM_CALLS = 0.15, 60
SHOWN = 10  # of what went wrong
OLD = "/linkedin-agent"
POLLS = {"poll": "/actions/{uid}", "poll by old clients": f"{OLD}/get-task-status?api_agent_task_id={{uid}}"}
ADDRESSES = {"reads": ("/actions", "/budget"), "polls": ("/actions/{uid}", "/actions/{uid}")}


def main() -> None:
    options = shared.options(seconds=20, per_second=20, polls=200)
    print("scaled out" if options.scaled else "embedded", f"  load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    wrong: list[str] = []
    with shared.running(scaled=options.scaled, API_CALLS_PER_MINUTE="600000") as (product, browser):
        program = made(product, browser)
        post = some_post(product, browser, program)
        uids: list[str] = []
        count = options.seconds * options.per_second
        accepted = shared.at_a_pace(count, options.per_second, lambda _: uids.append(accept(program, post)), at_once=16)
        print(f"accept at {options.per_second}/s   {accepted}   (p95 at most 200 ms)")
        wrong += accepted.errors
        if not uids:
            raise SystemExit("\n".join(["Nothing was accepted:", *wrong[:SHOWN]]))
        for name, address in POLLS.items():
            before, count = processes_s(product), options.seconds * options.polls
            polls = shared.at_a_pace(
                count,
                options.polls,
                lambda n, address=address: program.get(address.format(uid=uids[n % len(uids)])),  # type: ignore[misc]
                at_once=POLLERS,
            )
            spent = 1000 * (processes_s(product) - before) / count
            print(f"{name} at {options.polls}/s   {polls}   {spent:.1f} ms of CPU each, in all of our processes")
            wrong += polls.errors
    with shared.running(scaled=options.scaled) as (product, browser):
        eager, calm = made(product, browser), made(product, browser)
        uid = accept(calm, some_post(product, browser, calm))
        for name, (often, timed) in ADDRESSES.items():
            wrong += beside_a_rush(name, eager, often.format(uid=uid), calm, timed.format(uid=uid))
    if wrong:
        raise SystemExit("\n".join([f"{len(wrong)} calls went wrong:", *wrong[:SHOWN]]))


class Program:
    """A key, and calls with it; each thread has a connection of its own. Light, for it shares our cores."""

    def __init__(self, base_url: str, key: str, actor: str) -> None:
        self.base_url, self.key, self.actor = base_url, key, actor
        self._own = threading.local()

    def call(self, method: str, address: str, wish: Any = None) -> tuple[int, bytes]:
        if not hasattr(self._own, "line"):
            self._own.line = http.client.HTTPConnection(urlsplit(self.base_url).netloc, timeout=30)
        headers = {"x-api-key": self.key}
        body = None
        if wish is not None:
            body = json.dumps(wish)
            headers |= {"Idempotency-Key": str(uuid.uuid4()), "Content-Type": "application/json"}
        below = "" if address.startswith(OLD) else "/api/v1"
        try:
            self._own.line.request(method, f"{below}{address}", body, headers)
            answer = self._own.line.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            self._own.line.close()  # the next call begins anew
            raise

    def get(self, address: str) -> Any:
        status, said = self.call("GET", address)
        assert status == 200, (status, said)
        return json.loads(said)


def made(product: processes.Product, browser: requests.Session) -> Program:
    """A program with a key of the person who signed in."""
    page = browser.get(f"{product.base_url}/settings/keys/").text
    actors = re.findall(r'name="actors" value="(urn:li:organization:\d+)"', page)
    wish = {
        "csrfmiddlewaretoken": shared.field(page, "csrfmiddlewaretoken"),
        "name": f"Bench {uuid.uuid4().hex[:6]}",
        "scopes": ["read", "like", "comment"],
        "actors": actors,
        "ends_on": re.findall(r'max="(\d{4}-\d\d-\d\d)"', page)[0],
    }
    answer = browser.post(f"{product.base_url}/settings/keys/", data=wish)
    return Program(product.base_url, re.findall(r'id="secret" value="(tw_[^"]+)"', answer.text)[0], actors[0])


def some_post(product: processes.Product, browser: requests.Session, program: Program) -> str:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        browser.get(f"{product.base_url}/posts/")  # opening the list has it read
        found = [one for one in program.get("/posts")["posts"] if one["organization"] == program.actor]
        if found:
            return str(found[0]["urn"])
        time.sleep(0.5)
    raise SystemExit("no post was read within a minute")


def accept(program: Program, post: str) -> str:
    wish = {"kind": "comment", "actor": program.actor, "target": post, "text": f"Bench {uuid.uuid4()}"}
    status, said = program.call("POST", "/actions", wish)
    assert status == 202, (status, said)
    return str(json.loads(said)["id"])


def beside_a_rush(name: str, eager: Program, often: str, calm: Program, timed: str) -> list[str]:
    """Prints both keys' figures; returns what went wrong."""
    alone = _calmly(calm, timed)
    ears, mouth = multiprocessing.get_context("spawn").Pipe(duplex=False)
    asked = (mouth, eager.base_url, eager.key, often)
    rush = multiprocessing.get_context("spawn").Process(target=_rush, args=asked)
    rush.start()
    ears.recv()  # it is about to begin
    meanwhile = _calmly(calm, timed)
    statuses, wrong = ears.recv()
    rush.join()
    print(f"{name}: {RUSH} calls of one key in {RUSH_S} s, {statuses.count(429)} of them answered 429")
    print(f"  another key, alone {alone}   meanwhile {meanwhile}   (p95 within ± 20 %)")
    odd = [f"{name}: answered {status}" for status in statuses if status not in (200, 429)]
    return [*alone.errors, *meanwhile.errors, *wrong, *odd]


def _rush(mouth: Any, base_url: str, key: str, address: str) -> None:
    program, statuses = Program(base_url, key, ""), []
    mouth.send("ready")
    rush = shared.at_a_pace(
        RUSH, RUSH / RUSH_S, lambda _: statuses.append(program.call("GET", address)[0]), at_once=RUSHERS
    )
    mouth.send((statuses, rush.errors))


def _calmly(program: Program, address: str) -> shared.Figures:
    figures = shared.Figures()
    for _ in range(CALM_CALLS):
        time.sleep(CALM_EVERY_S)
        figures.time(lambda: program.get(address))
    return figures


def processes_s(product: processes.Product) -> float:
    """The CPU that everything which `product` started has used so far."""
    ours, total, found = {product.process.pid}, 0, {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:  # it has ended
            continue
        found[int(stat.parent.name)] = (int(fields[1]), int(fields[11]) + int(fields[12]))
    for pid in sorted(found):  # parents are older
        if pid in ours or found[pid][0] in ours:
            ours.add(pid)
            total += found[pid][1]
    return total / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
