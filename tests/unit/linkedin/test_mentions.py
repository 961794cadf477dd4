"""Mentions, in both units, in text that is not plain English: emoji, joiners, combining marks, right to left."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from socialactions.linkedin.mentions import Message, Segment, Unit, segments, to_message, to_tokens, token
from socialactions.linkedin.payloads import Attribute
from socialactions.linkedin.urns import Urn

ANA = Urn("person", "uOe_-1")
ACME = Urn("organization", "77")
UNITS: list[Unit] = ["utf16", "codepoint"]
# In front of a mention: text, its length in UTF-16 units, its length in code points.
BEFORE = [
    ("Hello ", 6, 6),
    ("", 0, 0),
    ("😀 ", 3, 2),
    ("👩‍🔬 ", 6, 4),  # woman, joiner, microscope
    ("👨‍👩‍👧‍👦", 11, 7),
    ("🇩🇪", 4, 2),
    ("👍🏽", 4, 2),
    ("é\u0301 ", 3, 3),
    ("e\u0301\u0308", 3, 3),
    ("مرحبا ", 6, 6),
    ("שלום \u200f", 6, 6),
    ("\u2067مرحبا\u2069 ", 8, 8),
    ("現場 ", 3, 3),
    ("𝒳 ", 3, 2),
    ("line\nnext\t", 10, 10),
]
NAMES = ["Ana Test", "😀 Ana", "ana", "علي", "O'Neil (Ltd)", "A]B", "back\\slash", "x\\", "[Berlin] GmbH", "e\u0301"]


def units(text: str, unit: Unit) -> int:
    return len(text) if unit == "codepoint" else len(text.encode("utf-16-le")) // 2


@pytest.mark.parametrize(("before", "utf16", "codepoints"), BEFORE)
def test_offsets_count_in_the_chosen_unit(before: str, utf16: int, codepoints: int) -> None:
    written = f"{before}@[Ana Test](urn:li:person:uOe_-1)!"
    for unit, start in (("utf16", utf16), ("codepoint", codepoints)):
        message = to_message(written, unit=unit)  # type: ignore[arg-type]
        assert message.text == f"{before}Ana Test!"
        assert message.attributes == (Attribute(start=start, length=8, kind="person", urn=ANA),)


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("name", NAMES)
def test_names_and_text_survive_the_round_trip(name: str, unit: Unit) -> None:
    for before, _, _ in BEFORE:
        check_round_trip(before, name, unit)


def check_round_trip(before: str, name: str, unit: Unit) -> None:
    written = f"{before}{token(name, ANA)} & {token(name, ACME)} 🎉"
    message = to_message(written, unit=unit)
    assert message.text == f"{before}{name} & {name} 🎉"
    assert [one.length for one in message.attributes] == [units(name, unit)] * 2
    assert to_tokens(message.text, message.attributes, unit=unit) == written
    shown = segments(message.text, message.attributes, unit=unit)
    assert [one.text for one in shown if one.urn] == [name, name]
    assert "".join(one.text for one in shown) == message.text


def test_a_page_is_an_organization_and_a_brand_too() -> None:
    message = to_message("@[Acme](urn:li:organization:77) @[Toy](urn:li:organizationBrand:78)")
    assert [(one.kind, str(one.urn)) for one in message.attributes] == [
        ("organization", "urn:li:organization:77"),
        ("organization", "urn:li:organizationBrand:78"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "@[Ana](urn:li:share:1)",
        "@[Ana](urn:li:person:)",
        "@[Ana](https://evil.example)",
        "@[](urn:li:person:a)",
        "@[two\nlines](urn:li:person:a)",
        "@Ana",
        "@[Ana]",
        "mail me @[work]",
        "",
    ],
)
def test_what_is_no_token_stays_text(text: str) -> None:
    assert to_message(text) == Message(text, ())


def test_an_unfinished_token_does_not_swallow_the_next() -> None:
    message = to_message("@[foo bar @[Ana](urn:li:person:uOe_-1)")
    assert message.text == "@[foo bar Ana"
    assert message.attributes == (Attribute(start=10, length=3, kind="person", urn=ANA),)


@pytest.mark.parametrize("unit_of_text", ["\\", "\\\\", "\\]", "\\a", "@[a", "@[a](", "]"])
def test_a_hostile_text_is_read_at_once(unit_of_text: str) -> None:
    """A name that could be read in two ways per backslash would never come to an end here."""
    text = "@[" + unit_of_text * 10_000
    assert to_message(text) == Message(text, ())


def test_escapes_of_a_name_are_read_in_one_way() -> None:
    assert to_message(r"@[a\\\]b\c\\](urn:li:person:uOe_-1)").text == "a\\]b\\c\\"
    assert to_message(r"@[a\](urn:li:person:uOe_-1)").attributes == ()


def test_a_name_with_brackets_typed_by_hand_is_read() -> None:
    assert to_message("@[Ben [Berlin]](urn:li:person:uOe_-1)").text == "Ben [Berlin]"


def test_an_existing_text_that_looks_like_a_token_does_not_become_one() -> None:
    literal = "write @[Ana](urn:li:person:a) or \\@[x]"
    assert to_message(to_tokens(literal, ())) == Message(literal, ())


@pytest.mark.parametrize(
    "spans",
    [
        [(0, 0)],
        [(5, 100)],
        [(-1, 3)],
        [(99, 1)],
        [(2, 1)],  # the second half of a surrogate pair
        [(0, 2)],  # ends within one
    ],
)
def test_spans_that_fit_nowhere_are_ignored(spans: list[tuple[int, int]]) -> None:
    text = "a😀bc"
    attributes = [Attribute(start=start, length=length, kind="person", urn=ANA) for start, length in spans]
    assert segments(text, attributes) == [Segment(text)]


def test_the_first_of_overlapping_spans_wins() -> None:
    attributes = [
        Attribute(start=2, length=3, kind="person", urn=ANA),
        Attribute(start=0, length=3, kind="organization", urn=ACME),
    ]
    assert segments("abcdef", attributes) == [Segment("abc", ACME), Segment("def")]


def test_a_span_of_an_unknown_kind_is_plain_text() -> None:
    assert segments("#robots", [Attribute(start=0, length=7, kind="hashtag", urn=None)]) == [Segment("#robots")]


def test_an_empty_text_has_no_segments() -> None:
    assert segments("", []) == []


@given(
    text=st.text(max_size=40),
    spans=st.lists(st.tuples(st.integers(-3, 50), st.integers(-3, 50)), max_size=6),
    unit=st.sampled_from(UNITS),
)
def test_any_spans_on_any_text_show_the_whole_text(text: str, spans: list[tuple[int, int]], unit: Unit) -> None:
    attributes = [Attribute(start=start, length=length, kind="person", urn=ANA) for start, length in spans]
    assert "".join(one.text for one in segments(text, attributes, unit=unit)) == text
    assert to_message(to_tokens(text, attributes, unit=unit), unit=unit).text == text


@given(
    parts=st.lists(st.tuples(st.text(max_size=8), st.text(min_size=1, max_size=8)), max_size=4),
    unit=st.sampled_from(UNITS),
)
def test_what_is_written_for_editing_means_the_same(parts: list[tuple[str, str]], unit: Unit) -> None:
    text, attributes = "", []
    for before, name in parts:
        start = units(text + before, unit) if _is_whole(text + before) else 0
        text += before + name
        attributes.append(Attribute(start=start, length=units(name, unit), kind="person", urn=ANA))
    first = segments(text, attributes, unit=unit)
    again = to_message(to_tokens(text, attributes, unit=unit), unit=unit)
    assert again.text == text
    linked = [one.text for one in segments(again.text, again.attributes, unit=unit) if one.urn]
    assert linked == [
        one.text for one in first if one.urn and not {"\n", "\r"} & set(one.text) and "@[" not in one.text
    ]


def _is_whole(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)
