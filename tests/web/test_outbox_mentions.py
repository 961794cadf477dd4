"""Mentions reach LinkedIn where they were typed, whatever stands before them, in both units of counting."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from socialactions.models import CommentContent, Outgoing
from socialactions.queries import texts
from socialactions.sandbox.seeds.cast import BIRCH, stranger
from socialactions.sandbox.server import Running
from socialactions.services import writing
from tests.deeds import Place, settle_in

DANA = stranger("Dana")
BEFORE = {
    "nothing": "",
    "ascii": "Thanks, ",
    "emoji": "🤖🎉 ",
    "family of four joined by ZWJ": "👩‍👩‍👧‍👦 ",
    "flag and skin": "🇸🇪👋🏽 ",
    "combining marks": "Zoe\u0308 a\u030a\u0323 ",
    "right to left": "شكراً جزيلاً ",
    "bidi marks": "\u2067שלום\u2069 ",
    "beyond the first plane": "𝒜𝄞𠜎 ",
    "lines": "one\r\ntwo\n",
}


@pytest.fixture(params=["utf16", "codepoint"])
def place(request: pytest.FixtureRequest, sandbox_server: Running, db: None, settings: Any) -> Place:
    """LinkedIn and we count alike: as UTF-16 code units, or as characters."""
    settings.UNDO_WINDOW_S = 0
    settings.MENTION_OFFSETS = request.param
    found = settle_in(sandbox_server)
    found.switch(index_unit=request.param)
    return found


def cut(text: str, start: int, length: int, unit: str) -> str:
    """What a server that counts in this unit finds at the span."""
    if unit == "codepoint":
        return text[start : start + length]
    return text.encode("utf-16-le")[2 * start : 2 * (start + length)].decode("utf-16-le")


@pytest.mark.parametrize("name", BEFORE)
def test_mentions_stand_where_they_were_typed(place: Place, settings: Any, name: str) -> None:
    before = BEFORE[name]
    typed = f"{before}@[Dana Whitlock]({DANA}), see 🌲 @[Birch & Co]({BIRCH})!"
    plain = f"{before}Dana Whitlock, see 🌲 Birch & Co!"
    row = place.deliver(place.say(typed))
    assert (row.state, row.result_text) == (Outgoing.State.SENT, "")
    (entry,) = place.ledger
    assert entry.text == plain
    stored = place.world.comments[entry.urn.rpartition(",")[2].rstrip(")")]
    found = {
        span["urn"]: cut(plain, span["start"], span["length"], settings.MENTION_OFFSETS) for span in stored.attributes
    }
    assert found == {DANA: "Dana Whitlock", BIRCH: "Birch & Co"}
    place.read_comments(place.post())  # read back, and shown
    content = CommentContent.objects.get(pk=row.result_comment_id)
    shown = texts.comment_segments(content.text, content.attributes)
    assert [one.text for one in shown if one.is_mention] == ["Dana Whitlock", "Birch & Co"]
    assert "".join(one.text for one in shown) == plain


def test_an_edit_moves_the_spans_along(place: Place, settings: Any) -> None:
    made = place.deliver(place.say(f"@[Dana Whitlock]({DANA}) first")).result_comment
    assert made is not None
    text = f"🤖 now later: @[Dana Whitlock]({DANA})"
    place.deliver(writing.edit(made, speaker=place.speaker(), text=text, form_key=uuid4()))
    stored = place.world.comments[made.comment_id]
    (span,) = stored.attributes
    assert cut(stored.text, span["start"], span["length"], settings.MENTION_OFFSETS) == "Dana Whitlock"
