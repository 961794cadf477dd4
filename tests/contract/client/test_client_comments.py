"""Reading and writing comments, as the sandbox's LinkedIn answers them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from socialactions.linkedin import mentions
from socialactions.linkedin.client import LinkedIn
from socialactions.linkedin.errors import BadRequest, NotFound, NotPermitted, RateLimited, TokenRejected
from socialactions.linkedin.urns import Urn
from socialactions.sandbox.seeds.cast import ADA, BO, CY, FERNHILL
from tests.contract.client.place import ACME, BIRCH, Place

ADA_URN = Urn.parse(ADA)


def test_a_thread_is_read_with_its_replies(linkedin: LinkedIn, place: Place) -> None:
    first, second = linkedin.comments(place.post)
    assert (first.text, first.replies_count, second.text) == (
        "Does it stop when I touch it?",
        2,
        "Where is the data sheet? 📄",
    )
    replies = list(linkedin.comments(first.urn))
    assert [one.parent for one in replies] == [first.urn, first.urn]
    assert (replies[0].actor, replies[0].agent) == (ACME, ADA_URN)
    assert set(first.recent_replies) == {one.urn for one in replies}
    assert linkedin.comment(place.post, first.id) == first
    assert linkedin.comments_by_id(place.post, [second.id, first.id]).results == {second.id: second, first.id: first}


def test_pages_are_followed_to_the_end(linkedin: LinkedIn, place: Place) -> None:
    whole = list(linkedin.comments(place.post))
    assert list(linkedin.comments(place.post, count=1)) == whole


@pytest.mark.parametrize("empty", [404, 200])
def test_an_empty_list_is_an_empty_page(linkedin: LinkedIn, place: Place, empty: int) -> None:
    place.switch(empty_list=empty)
    page = linkedin.comment_page(place.quiet_post)
    assert (page.elements, page.next_start, page.not_found) == ([], None, empty == 404)
    assert list(linkedin.likes(place.quiet_post)) == []


@pytest.mark.parametrize("summary", ["zeros", "omitted"])
def test_totals_of_one_and_of_many(linkedin: LinkedIn, place: Place, summary: str) -> None:
    place.switch(summary=summary)
    one = linkedin.summary(place.post)
    assert (one.first_level, one.total, one.likes) == (2, 4, 1)
    many = linkedin.summaries([place.post, place.quiet_post, Urn("share", "404")])
    assert many[place.post] == one
    assert (many[place.quiet_post].total, many[place.quiet_post].likes) == (0, 0)
    assert isinstance(many.errors[Urn("share", "404")], NotFound)


def test_two_hundred_totals_cost_four_calls_at_once(linkedin: LinkedIn, place: Place) -> None:
    urns = [Urn("ugcPost", str(7_000_000_000_000_000_000 + n)) for n in range(199)]
    before = place.requests()
    found = linkedin.summaries([place.post, *urns], size=50)
    assert place.requests() - before == 4
    assert (len(found.results), len(found.errors)) == (1, 199)


def test_a_batch_too_long_for_an_address_is_tunneled(linkedin: LinkedIn, place: Place) -> None:
    urns = [Urn("ugcPost", str(7_000_000_000_000_000_000 + n)) for n in range(199)]
    before = place.requests()
    assert place.post in linkedin.summaries([place.post, *urns], size=200)
    assert place.requests() - before == 1


def test_a_page_comments_as_itself(linkedin: LinkedIn, place: Place) -> None:
    made = linkedin.create_comment(target=place.post, actor=ACME, object=place.post, text="Thanks, all!")
    assert (made.actor, made.agent, made.text, made.parent) == (ACME, ADA_URN, "Thanks, all!", None)
    assert linkedin.comment(place.post, made.id).text == "Thanks, all!"
    (entry,) = place.world.ledger
    assert (entry.kind, entry.actor, entry.agent, entry.text) == ("comment", str(ACME), ADA, "Thanks, all!")


def test_a_reply_stands_below_its_parent(linkedin: LinkedIn, place: Place) -> None:
    parent = next(linkedin.comments(place.post))
    made = linkedin.create_comment(
        target=parent.urn, actor=ADA_URN, object=place.post, text="Me too", parent=parent.urn
    )
    assert (made.parent, made.actor) == (parent.urn, ADA_URN)
    assert place.done() == ["reply"]


@pytest.mark.parametrize("unit", ["utf16", "codepoint"])
def test_mentions_arrive_where_they_were_meant(linkedin: LinkedIn, place: Place, unit: mentions.Unit) -> None:
    place.switch(index_unit=unit)
    written = "👩‍🔬🎉 é @[Ada Berg](urn:li:person:adA4mBerg1), meet @[Birch & Co](urn:li:organization:1002) 👍"
    message = mentions.to_message(written, unit=unit)
    made = linkedin.create_comment(
        target=place.post, actor=ACME, object=place.post, text=message.text, attributes=message.attributes
    )
    assert made.attributes == message.attributes
    linked = [one for one in mentions.segments(made.text, made.attributes, unit=unit) if one.urn]
    assert [(one.text, one.urn) for one in linked] == [("Ada Berg", ADA_URN), ("Birch & Co", BIRCH)]
    assert mentions.to_tokens(made.text, made.attributes, unit=unit) == written


def test_a_picture_hangs_on_a_first_level_comment_only(linkedin: LinkedIn, place: Place) -> None:
    upload = linkedin.initialize_upload(ACME)
    linkedin.upload(upload, b"\x89PNG\r\n\x1a\n" + b"0" * 200, "image/png")
    assert linkedin.image(upload.image).status == "AVAILABLE"
    made = linkedin.create_comment(target=place.post, actor=ACME, object=place.post, text="Look", image=upload.image)
    assert [image.urn for image in made.images] == [upload.image]
    with pytest.raises(NotPermitted) as caught:
        linkedin.create_comment(
            target=made.urn, actor=ACME, object=place.post, text="And", image=upload.image, parent=made.urn
        )
    assert caught.value.field_refused == "/content"
    assert place.done() == ["upload", "comment"]


@pytest.mark.parametrize("status", [200, 204])
def test_an_edit_returns_the_comment_as_it_is_now(linkedin: LinkedIn, place: Place, status: int) -> None:
    place.switch(edit_answer=status)
    made = linkedin.create_comment(target=place.post, actor=ACME, object=place.post, text="Thnaks")
    place.world.clock_offset_s = 60
    edited = linkedin.edit_comment(post=place.post, comment_id=made.id, actor=ACME, text="Thanks")
    assert (edited.urn, edited.text) == (made.urn, "Thanks")
    assert place.done() == ["comment", "edit"]


def test_a_deleted_comment_is_gone_and_says_so(linkedin: LinkedIn, place: Place) -> None:
    made = linkedin.create_comment(target=place.post, actor=ACME, object=place.post, text="Oops")
    linkedin.delete_comment(post=place.post, comment_id=made.id, actor=ACME)
    with pytest.raises(NotFound):
        linkedin.delete_comment(post=place.post, comment_id=made.id, actor=ACME)
    assert place.done() == ["comment", "delete"]


def test_a_member_deletes_its_own_comment_without_an_actor(linkedin: LinkedIn, place: Place) -> None:
    made = linkedin.create_comment(target=place.post, actor=ADA_URN, object=place.post, text="Oops")
    linkedin.delete_comment(post=place.post, comment_id=made.id, actor=None)
    assert place.done() == ["comment", "delete"]


def test_closing_comments_empties_the_post(linkedin: LinkedIn, place: Place) -> None:
    linkedin.set_comments_state(post=place.post, actor=ACME, state="CLOSED")
    metadata = linkedin.social_metadata(place.post)
    assert (metadata.comments_state, metadata.comments) == ("CLOSED", 0)
    linkedin.set_comments_state(post=place.post, actor=ACME, state="OPEN")
    assert linkedin.social_metadata_batch([place.post])[place.post].comments_state == "OPEN"


def test_a_text_that_is_too_long_is_a_bad_request(linkedin: LinkedIn, place: Place) -> None:
    with pytest.raises(BadRequest):
        linkedin.create_comment(target=place.post, actor=ACME, object=place.post, text="x" * 1251)
    assert place.done() == []


@pytest.mark.parametrize(("member", "actor"), [(CY, ACME), (BO, ACME), (ADA, Urn.parse(FERNHILL))])
def test_nobody_speaks_for_a_page_without_a_role(
    client_of: Callable[..., LinkedIn], place: Place, member: str, actor: Urn
) -> None:
    with pytest.raises(NotPermitted) as caught:
        client_of(member).create_comment(target=place.post, actor=actor, object=place.post, text="Hi")
    assert caught.value.field_refused is None
    assert place.done() == []


def test_a_missing_scope_is_not_permitted(client_of: Callable[..., LinkedIn], place: Place) -> None:
    reader = client_of(ADA, ("r_organization_social", "r_organization_social_feed"))
    assert len(reader.comment_page(place.post)) == 2
    with pytest.raises(NotPermitted):
        reader.create_comment(target=place.post, actor=ACME, object=place.post, text="Hi")


def test_an_ended_and_a_revoked_token_are_told_apart(client_of: Callable[..., LinkedIn], place: Place) -> None:
    linkedin = client_of()
    token = list(place.world.tokens.values())[-1]
    for one in place.world.tokens.values():
        one.is_revoked = True
    with pytest.raises(TokenRejected) as caught:
        linkedin.me()
    assert not caught.value.expired
    for one in place.world.tokens.values():
        one.is_revoked, one.expires = False, 0
    with pytest.raises(TokenRejected) as caught:
        linkedin.me()
    assert caught.value.expired
    assert token.member in ADA


def test_the_minute_limit_is_told_from_the_daily_one(linkedin: LinkedIn, place: Place) -> None:
    place.fault(do="throttle", method="POST", path="/comments")
    with pytest.raises(RateLimited) as caught:
        linkedin.create_comment(target=place.post, actor=ACME, object=place.post, text="Hi")
    assert caught.value.creation_throttle
    place.switch(tier="development")
    for key in ("app", ADA.rpartition(":")[2]):
        place.world.set_spent(key, 10_000)
    with pytest.raises(RateLimited) as caught:
        linkedin.comment_page(place.post)
    assert not caught.value.creation_throttle
    assert caught.value.retry_at is not None
    assert (caught.value.retry_at.minute, caught.value.retry_at.hour) in ((0, 0), (59, 23))
    assert place.done() == []
