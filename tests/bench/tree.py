"""Reads the thread of a post with 1,000 first-level comments, 300 of them with replies, and prints how well that went.

    .venv/bin/python tests/bench/tree.py [--runs 3] [--in-flight 8] [--without-peer]

Processes on this machine, one after the other: the sandbox, which waits 50 ms before each answer; bare sockets that ask
for the same pages and read nothing of them, as a measure of what the machine allows at that moment; Threadwell's
client; and LinkedIn's own Python client, sequential as it is, installed into a temporary folder for this run only.
Ratios within one run mean something, absolute times do not. Prints figures and judges nothing, except that all must
read the same comments.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import queue
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

ROOT = Path(__file__).parents[2]
FIRST_LEVEL, WITH_REPLIES, REPLIES_EACH = 1000, 300, 3
PAGE_SIZE, LATENCY_MS = 100, 50
FLOOR = math.ceil(FIRST_LEVEL / PAGE_SIZE) + WITH_REPLIES
COMMENTS = FIRST_LEVEL + WITH_REPLIES * REPLIES_EACH
PEER = "linkedin-api-client"


def main() -> None:
    options = _options()
    if options.role:
        ROLES[options.role](options)
        return
    with tempfile.TemporaryDirectory() as folder, _sandbox() as server:
        at = json.loads(server.stdout.readline())  # type: ignore[union-attr]  # the pipe is there
        both = [[_run(role, at, in_flight=options.in_flight) for role in ("bare", "ours")] for _ in range(options.runs)]
        theirs = None if options.without_peer else _run("peer", at, python=_peer_python(Path(folder)))
    bare, ours = ([pair[at] for pair in both] for at in (0, 1))
    _print(bare, ours, theirs, options.in_flight)


def serve(_: argparse.Namespace) -> None:
    """The sandbox, until its standard input ends."""
    from socialactions.sandbox.seeds import seed
    from socialactions.sandbox.seeds.big import add_big_post
    from socialactions.sandbox.seeds.cast import ADA, token_for
    from socialactions.sandbox.server import serve

    world = seed("empty")
    post = add_big_post(world, first_level=FIRST_LEVEL, with_replies=WITH_REPLIES, replies_each=REPLIES_EACH)
    world.switches = world.switches.changed({"latency_ms": LATENCY_MS, "tier": "unlimited"})
    token = token_for(world, ADA).value
    running = serve(world)
    print(json.dumps({"base_url": running.base_url, "token": token, "post": post.urn}), flush=True)
    sys.stdin.read()
    running.stop()


def read_ours(options: argparse.Namespace) -> None:
    from socialactions.linkedin.client import LinkedIn
    from socialactions.linkedin.tree import read_tree
    from socialactions.linkedin.urns import Urn

    with LinkedIn(options.token, base_url=options.base_url, version="202609", in_flight=options.in_flight) as linkedin:
        clock = _Clock()
        tree = read_tree(linkedin, Urn.parse(options.post), in_flight=options.in_flight, page_size=PAGE_SIZE)
        clock.report(tree.requests, tree.comments, complete=tree.complete, missing=tree.missing[:3])


def read_bare(options: argparse.Namespace) -> None:
    """The same requests over sockets, with nothing parsed: the pages are known beforehand."""
    from socialactions.linkedin.client import LinkedIn
    from socialactions.linkedin.urns import Urn

    starts = range(0, FIRST_LEVEL, PAGE_SIZE)
    with LinkedIn(options.token, base_url=options.base_url, version="202609") as linkedin:
        pages = [linkedin.comment_page(Urn.parse(options.post), start=start) for start in starts]
    post = Urn.parse(options.post).in_path()
    wanted = [f"{post}/comments?start={start}" for start in starts]
    wanted += [f"{one.urn.in_path()}/comments?start=0" for page in pages for one in page if one.replies_count]
    head = f"HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {options.token}\r\nLinkedin-Version: 202609\r\n"
    asked = [
        f"GET /rest/socialActions/{one}&count={PAGE_SIZE} {head}X-Restli-Protocol-Version: 2.0.0\r\n\r\n".encode()
        for one in wanted
    ]
    port = int(options.base_url.rpartition(":")[2])
    clock = _Clock()
    _over_sockets(port, asked[:1], 1)
    _over_sockets(port, asked[1:], options.in_flight)
    clock.report(len(asked), 0)


def _over_sockets(port: int, asked: list[bytes], in_flight: int) -> None:
    todo: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    for one in asked:
        todo.put(one)

    def work() -> None:
        with socket.create_connection(("127.0.0.1", port)) as connection, connection.makefile("rb") as reader:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while not todo.empty():
                with suppress(queue.Empty):
                    connection.sendall(todo.get_nowait())
                    _skip_answer(reader)

    threads = [threading.Thread(target=work) for _ in range(in_flight)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _skip_answer(reader: BinaryIO) -> None:
    assert b" 200 " in reader.readline()
    length = 0
    while (line := reader.readline()) != b"\r\n":
        if line.lower().startswith(b"content-length:"):
            length = int(line.partition(b":")[2])
    assert len(reader.read(length)) == length


def read_peer(options: argparse.Namespace) -> None:
    from linkedin_api.clients.restli.client import RestliClient  # type: ignore[import-not-found]
    from linkedin_api.common import constants  # type: ignore[import-not-found]

    constants.VERSIONED_BASE_URL = f"{options.base_url}/rest"
    client, requests, comments = RestliClient(), 0, 0
    clock = _Clock()
    targets = [options.post]
    for target in targets:  # grows while it is read
        start = 0
        while True:
            answer = client.get_all(
                resource_path="/socialActions/{id}/comments",
                path_keys={"id": target},
                query_params={"start": start, "count": PAGE_SIZE},
                access_token=options.token,
                version_string="202609",
            )
            requests += 1
            comments += len(answer.elements)
            targets += [one["commentUrn"] for one in answer.elements if _replies(one)]
            start += PAGE_SIZE
            if start >= answer.paging.total:
                break
    clock.report(requests, comments)


ROLES = {"serve": serve, "bare": read_bare, "ours": read_ours, "peer": read_peer}


class _Clock:
    """Wall and CPU time from here on, imports left out."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def report(self, requests: int, comments: int, **more: object) -> None:
        wall_s, cpu_s = time.perf_counter() - self._wall, time.process_time() - self._cpu
        print(json.dumps({"wall_s": wall_s, "cpu_s": cpu_s, "requests": requests, "comments": comments, **more}))


def _replies(comment: dict[str, Any]) -> int:
    count: int = comment.get("commentsSummary", {}).get("aggregatedTotalComments", 0)
    return count


def _sandbox() -> subprocess.Popen[str]:
    command = [sys.executable, __file__, "--role", "serve"]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=_environment())


def _run(role: str, at: dict[str, str], *, python: str = sys.executable, in_flight: int = 1) -> dict[str, Any]:
    command = [python, __file__, "--role", role, "--in-flight", str(in_flight)]
    command += ["--base-url", at["base_url"], "--token", at["token"], "--post", at["post"]]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=_environment())
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def _peer_python(folder: Path) -> str:
    """A Python that has LinkedIn's own client, made for this run."""
    subprocess.run([sys.executable, "-m", "venv", str(folder / "peer")], check=True, capture_output=True)
    python = folder / "peer" / "bin" / "python"
    install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", PEER]
    subprocess.run(install, check=True, capture_output=True)
    return str(python)


def _print(
    bare: list[dict[str, Any]], ours: list[dict[str, Any]], theirs: dict[str, Any] | None, in_flight: int
) -> None:
    bare_s = statistics.median(run["wall_s"] for run in bare)
    wall_s = statistics.median(run["wall_s"] for run in ours)
    cpu_s = statistics.median(run["cpu_s"] for run in ours)
    trips = 1 + math.ceil((FLOOR - 1) / in_flight)
    floor_s = trips * LATENCY_MS / 1000
    print(f"tree of {COMMENTS} comments, {in_flight} in flight, {LATENCY_MS} ms latency; median of {len(ours)} runs")
    print(f"requests   {ours[0]['requests']} (floor {FLOOR})")
    print(f"comments   {ours[0]['comments']} (complete: {ours[0]['complete']})")
    walls = ", ".join(f"{run['wall_s']:.2f}" for run in ours)
    print(f"wall       {wall_s:.2f} s = {wall_s / floor_s:.3f} x {trips} round trips ({walls})")
    print(f"bare       {bare_s:.2f} s = {bare_s / floor_s:.3f} x; ours is {wall_s / bare_s:.3f} x that; load {_load()}")
    print(f"CPU        {cpu_s:.2f} s = {1000 * cpu_s / ours[0]['requests']:.2f} ms a request")
    if theirs is None:
        return
    assert theirs["comments"] == ours[0]["comments"] == COMMENTS
    print(f"{PEER}: wall {theirs['wall_s']:.2f} s, CPU {theirs['cpu_s']:.2f} s, {theirs['requests']} requests")
    print(f"ratio      {theirs['wall_s'] / wall_s:.1f} x faster; CPU {cpu_s / theirs['cpu_s']:.2f} x theirs")


def _load() -> str:
    return f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else None)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--in-flight", type=int, default=8)
    parser.add_argument("--without-peer", action="store_true")
    for name in ("role", "base-url", "token", "post"):
        parser.add_argument(f"--{name}", default="", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
