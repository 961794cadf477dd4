"""Reading against a LinkedIn that changes at random; `tests/bench/oracle.py` makes ten thousand edits of it."""

from __future__ import annotations

from random import Random

from socialactions.sandbox.server import Running
from tests.deeds import settle_in
from tests.oracle import Oracle
from tests.web.test_reading import crowd


def test_what_we_have_is_what_is_there_or_called_incomplete(sandbox_server: Running, db: None) -> None:
    place = settle_in(sandbox_server)
    crowd(place, 110, replies=10)
    place.read_comments(place.post())
    oracle = Oracle(place, Random(2))
    oracle.run(250, each=10)
    assert oracle.happened["one goes and one comes"]
    assert oracle.happened["reading complete"] and oracle.happened["reading incomplete"]
