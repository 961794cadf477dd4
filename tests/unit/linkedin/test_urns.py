"""URNs: what parses, what is refused, and how the nested ones come apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from socialactions.linkedin.urns import Urn

PLAIN = st.one_of(
    st.builds(
        Urn,
        st.sampled_from(["share", "ugcPost", "activity", "organization"]),
        st.from_regex(r"[0-9]{1,19}", fullmatch=True),
    ),
    st.builds(Urn, st.just("person"), st.from_regex(r"[A-Za-z0-9_-]{1,12}", fullmatch=True)),
)


@pytest.mark.parametrize(
    "text",
    [
        "urn:li:share:6297772917862207488",
        "urn:li:person:_74NULPy7d",
        "urn:li:person:private",
        "urn:li:image:C552CAQGu16obsGZENQ",
        "urn:li:hashtag:été",
        "urn:li:comment:(urn:li:ugcPost:7096760097833439232,7102976128625123328)",
        "urn:li:like:(urn:li:person:a,urn:li:comment:(urn:li:activity:1,2))",
        "urn:li:digitalmediaFile:(urn:li:digitalmediaAsset:C5,urn:li:digitalmediaMediaArtifactClass:p,0)",
    ],
)
def test_a_urn_reads_back_as_it_was_written(text: str) -> None:
    assert str(Urn.parse(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "urn:li:",
        "urn:li:share:",
        "urn:li:share:12a",
        "urn:li:share:1 ",
        "urn:li:share:1\n",
        "urn:li:organization:-5",
        "urn:li:organization:٣",
        "urn:li:person:a/b",
        "urn:li:per son:a",
        "URN:LI:share:1",
        "urn:li:comment:1",
        "urn:li:comment:(urn:li:activity:1)",
        "urn:li:comment:(urn:li:activity:1,2,3)",
        "urn:li:comment:(urn:li:activity:1,x)",
        "urn:li:comment:(urn:li:activity:1,2))",
        "urn:li:comment:((urn:li:activity:1,2)",
        "urn:li:comment:(1,2)",
        "urn:li:like:(urn:li:person:a,)",
        "javascript:alert(1)",
        "urn:li:image:" + "x" * 255,
    ],
)
def test_what_is_no_urn_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        Urn.parse(text)


def test_only_the_named_kinds_are_taken() -> None:
    with pytest.raises(ValueError, match="share or ugcPost"):
        Urn.parse("urn:li:activity:1", "share", "ugcPost")


def test_a_comment_in_the_short_form_of_notifications_gets_its_full_name() -> None:
    comment = Urn.parse("urn:li:comment:(activity:709,710)", "comment")
    assert comment == Urn.comment(Urn("activity", "709"), "710")
    assert (comment.thread, comment.id) == (Urn("activity", "709"), "710")


def test_a_like_of_a_comment_comes_apart_three_levels_deep() -> None:
    actor, liked = Urn.parse("urn:li:like:(urn:li:person:a,urn:li:comment:(urn:li:activity:1,2))").parts
    assert actor == Urn("person", "a")
    assert isinstance(liked, Urn)
    assert liked.thread == Urn("activity", "1")


def test_only_comments_have_a_thread() -> None:
    with pytest.raises(ValueError, match="only comments"):
        Urn("share", "1").thread  # noqa: B018 - reading it is the test


@given(thread=PLAIN, comment_id=st.from_regex(r"[0-9]{1,19}", fullmatch=True))
def test_a_comment_keeps_its_parts(thread: Urn, comment_id: str) -> None:
    comment = Urn.comment(thread, comment_id)
    assert comment.parts == (thread, comment_id)
    assert Urn.parse(str(comment)) == comment


@given(st.text(max_size=60))
def test_any_text_is_a_urn_or_a_value_error(text: str) -> None:
    try:
        urn = Urn.parse(f"urn:li:comment:({text}")
    except ValueError:
        return
    assert Urn.parse(str(urn)) == urn
