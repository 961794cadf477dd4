"""A post's commentary, cut into what a reader sees."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from socialactions.linkedin.little_text import Segment, parse
from socialactions.linkedin.urns import Urn


@pytest.mark.parametrize(
    ("commentary", "shown"),
    [
        ("", []),
        ("Hello", [Segment("Hello")]),
        ("Hello {hashtag|\\#|world}", [Segment("Hello "), Segment("#world", hashtag=True)]),
        ("{hashtag|#|日本}!", [Segment("#日本", hashtag=True), Segment("!")]),
        ("{hashtag|\\#|two\\_words}", [Segment("#two_words", hashtag=True)]),
        (
            "Meet @[Acme \\(Ltd\\)](urn:li:organization:77).",
            [Segment("Meet "), Segment("Acme (Ltd)", Urn("organization", "77")), Segment(".")],
        ),
        (
            "@[Ana](urn:li:person:a)@[Ben](urn:li:person:b)",
            [Segment("Ana", Urn("person", "a")), Segment("Ben", Urn("person", "b"))],
        ),
        ("1 \\* 2 \\< 3 \\\\ \\@\\[x\\]\\(y\\)", [Segment("1 * 2 < 3 \\ @[x](y)")]),
        ("C:\\new {braces} @[open", [Segment("C:\\new {braces} @[open")]),
        ("@[Ana](urn:li:organization:x)", [Segment("Ana")]),
        ("\\@[Ana](urn:li:person:a)", [Segment("@[Ana](urn:li:person:a)")]),
        ("line\n\nline", [Segment("line\n\nline")]),
        ("<script>alert(1)</script>", [Segment("<script>alert(1)</script>")]),
    ],
)
def test_markup_becomes_what_it_means(commentary: str, shown: list[Segment]) -> None:
    assert parse(commentary) == shown


@given(st.text(st.sampled_from("ab\\{}@[]()<>#*_~|:urnlihashtag1 \n"), max_size=60))
def test_no_commentary_is_an_error(commentary: str) -> None:
    assert all(one.text for one in parse(commentary))


@given(st.text(max_size=30))
def test_escaped_text_reads_as_it_was(text: str) -> None:
    escaped = "".join(f"\\{c}" if c in "|{}@[]()<>#\\*_~" else c for c in text)
    assert "".join(one.text for one in parse(escaped)) == text
