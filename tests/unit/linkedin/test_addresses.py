"""What people paste names the post or comment whose id stands in it, or nothing."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from socialactions.linkedin.addresses import from_address, is_short_link
from socialactions.linkedin.urns import Urn

POST = "https://www.linkedin.com/feed/update/urn:li:activity:12/"
ACTIVITY, COMMENT, REPLY = (
    "urn:li:activity:12",
    "urn:li:comment:(urn:li:activity:12,34)",
    "urn:li:comment:(urn:li:activity:12,56)",
)
WITH_COMMENT = f"{POST}?commentUrn=urn%3Ali%3Acomment%3A%28activity%3A12%2C34%29"
DASH = quote("urn:li:fsd_comment:(34,urn:li:activity:12)", safe="")


@pytest.mark.parametrize(
    ("address", "urn"),
    [
        (POST, ACTIVITY),
        (f" {POST}\n", ACTIVITY),
        ("  urn:li:share:9 ", "urn:li:share:9"),
        ("urn%3Ali%3AugcPost%3A9", "urn:li:ugcPost:9"),
        ("https://www.linkedin.com/feed/update/urn%3Ali%3AugcPost%3A12?utm=1", "urn:li:ugcPost:12"),
        ("https://www.linkedin.com/feed/update/urn%253Ali%253Aactivity%253A12", ACTIVITY),
        (quote(POST, safe=""), ACTIVITY),
        (quote(quote(WITH_COMMENT, safe=""), safe=""), COMMENT),
        ("www.linkedin.com/feed/update/urn:li:activity:12", ACTIVITY),
        ("linkedin.com/feed/update/urn:li:activity:12", ACTIVITY),
        ("HTTPS://WWW.LinkedIn.com/feed/update/urn:li:activity:12", ACTIVITY),
        ("http://de.linkedin.com:80/feed/update/urn:li:activity:12", ACTIVITY),
        ("https://m.linkedin.com/feed/update/urn:li:activity:12", ACTIVITY),
        ("https://www.linkedin.com/comm/feed/update/urn:li:activity:12?midToken=x", ACTIVITY),
        ("https://www.linkedin.com/embed/feed/update/urn:li:share:9?collapsed=1", "urn:li:share:9"),
        ("https://www.linkedin.com/feed/?highlightedUpdateUrn=urn%3Ali%3Aactivity%3A12&origin=x", ACTIVITY),
        ("https://www.linkedin.com/analytics/post-summary/urn:li:activity:12/?x=1", ACTIVITY),
        ("https://www.linkedin.com/feed/update/urn:li:fs_updateV2:(urn:li:activity:12,FEED_DETAIL,EMPTY)", ACTIVITY),
        ("https://www.linkedin.com/authwall?trk=x&sessionRedirect=" + quote(WITH_COMMENT, safe=""), COMMENT),
        ("https://www.linkedin.com/posts/acme_some-words-activity-12-aBcD/?utm=1", ACTIVITY),
        ("de.linkedin.com/posts/acme_activity-5-years-ugcPost-12-aBcD", "urn:li:ugcPost:12"),
        ("https://www.linkedin.com/posts/acme_words-share-12", "urn:li:share:12"),
        ("https://www.linkedin.com/comm/posts/acme_f%C3%BCr-alle-activity-12-a?x=1", ACTIVITY),
    ],
)
def test_a_pasted_address_names_a_post(address: str, urn: str) -> None:
    assert from_address(address) == Urn.parse(urn)


@pytest.mark.parametrize(
    ("address", "urn"),
    [
        (WITH_COMMENT, COMMENT),
        (WITH_COMMENT.replace("&", "&amp;") + "&amp;trk=x", COMMENT),
        (f"{POST}?dashCommentUrn={DASH}", COMMENT),
        (f"{POST}?dashCommentUrn={quote(DASH, safe='')}", COMMENT),
        (f"{WITH_COMMENT}&dashCommentUrn={DASH}", COMMENT),
        (f"{WITH_COMMENT}&replyUrn=urn:li:comment:(activity:12,56)", REPLY),
        (f"{WITH_COMMENT}&dashReplyUrn=urn:li:fsd_comment:(56,urn:li:activity:12)", REPLY),
        ("https://www.linkedin.com/feed/update/urn:li:comment:(urn:li:activity:12,34)", COMMENT),
        ("https://www.linkedin.com/feed/?highlightedUpdateUrn=urn:li:comment:(activity:12,34)", COMMENT),
        ("urn:li:comment:(activity:12,34)", COMMENT),
        ("urn:li:fsd_comment:(34,urn:li:activity:12)", COMMENT),
    ],
)
def test_a_pasted_address_names_a_comment(address: str, urn: str) -> None:
    assert from_address(address) == Urn.parse(urn)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "hello",
        "linkedin.com",
        "urn:li:person:abc",
        "urn:li:like:(urn:li:person:abc,urn:li:activity:12)",
        "https://www.linkedin.com/in/somebody/",
        "https://www.linkedin.com/posts/acme_some-words-activity-12x-a",
        "https://www.linkedin.com/feed/update/urn:li:activity:x/",
        "https://www.linkedin.com/feed/update/urn:li:activity:12x/",
        "https://linkedin.com.evil.example/feed/update/urn:li:activity:12/",
        "https://evillinkedin.com/feed/update/urn:li:activity:12/",
        "https://www.linkedin.com@evil.example/feed/update/urn:li:activity:12/",
        "https://evil.example/?to=https://www.linkedin.com/feed/update/urn:li:activity:12/",
        "ftp://www.linkedin.com/feed/update/urn:li:activity:12/",
        "https://[broken",
        "https://lnkd.in/dAbC12",
        # What is broken, or says two things, is nothing: never the parent or the post in its stead.
        f"{POST}?commentUrn=urn:li:comment:(activity:12,x)",
        f"{POST}?dashCommentUrn=urn:li:fsd_comment:(x,urn:li:activity:12)",
        f"{WITH_COMMENT}&replyUrn=",
        f"{WITH_COMMENT}&replyUrn=urn:li:comment:(activity:12,x)",
        f"{WITH_COMMENT}&dashCommentUrn=urn:li:fsd_comment:(35,urn:li:activity:12)",
        "https://www.linkedin.com/feed/update/urn:li:comment:(urn:li:activity:12,x)",
        "https://www.linkedin.com/feed/?highlightedUpdateUrn=urn:li:activity:12&updateUrn=urn:li:activity:13",
    ],
)
def test_what_names_nothing_or_two_things_is_no_address(address: str) -> None:
    assert from_address(address) is None


@given(st.text(max_size=60), st.sampled_from(["", "https://", "https://www.linkedin.com/", f"{POST}?commentUrn="]))
def test_no_text_breaks_it(text: str, before: str) -> None:
    from_address(before + text)
    is_short_link(before + text)


def test_a_short_link_is_known_as_one() -> None:
    assert is_short_link(" https://lnkd.in/dAbC12 ") and is_short_link("lnkd.in/dAbC12")
    assert not is_short_link(POST) and not is_short_link("https://lnkd.in.evil.example/x")
