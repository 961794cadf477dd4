"""Likes and reactions against the sandbox."""

from __future__ import annotations

import pytest

from socialactions.linkedin.client import LinkedIn
from socialactions.linkedin.errors import BadRequest, NotFound
from socialactions.linkedin.reactions import KINDS
from socialactions.linkedin.urns import Urn
from socialactions.sandbox.seeds.cast import ADA
from tests.contract.client.place import ACME, Place

ADA_URN = Urn.parse(ADA)


@pytest.mark.parametrize("actor", [ACME, ADA_URN])
def test_a_like_is_given_and_taken_back(linkedin: LinkedIn, place: Place, actor: Urn) -> None:
    like = linkedin.like(target=place.post, actor=actor, object=place.post)
    assert like.actor == actor
    assert like.created_at is not None
    assert actor in [one.actor for one in linkedin.likes(place.post)]
    linkedin.unlike(target=place.post, actor=actor)
    assert actor not in [one.actor for one in linkedin.likes(place.post)]
    assert len(place.done()) == 2


@pytest.mark.parametrize("double", [409, 201])
def test_liking_twice_is_liking(linkedin: LinkedIn, place: Place, double: int) -> None:
    place.switch(double_like=double)
    linkedin.like(target=place.post, actor=ACME, object=place.post)
    assert linkedin.like(target=place.post, actor=ACME, object=place.post).actor == ACME
    assert place.done() == ["like"]


def test_taking_back_what_is_not_there_is_done(linkedin: LinkedIn, place: Place) -> None:
    linkedin.unlike(target=place.quiet_post, actor=ACME)
    linkedin.unreact(actor=ACME, entity=place.quiet_post)
    assert place.done() == []


def test_a_comment_is_liked_through_its_own_name(linkedin: LinkedIn, place: Place) -> None:
    comment = next(linkedin.comments(place.post))
    linkedin.like(target=comment.urn, actor=ACME, object=place.post)
    (entry,) = place.world.ledger
    assert (entry.kind, entry.actor) == ("like", str(ACME))
    again = linkedin.comment(place.post, comment.id)
    assert again.likes_count == comment.likes_count + 1


@pytest.mark.parametrize("kind", KINDS)
def test_each_reaction_is_given_read_and_taken_back(linkedin: LinkedIn, place: Place, kind: str) -> None:
    made = linkedin.react(actor=ACME, root=place.post, kind=kind)
    assert (made.kind, made.actor) == (kind, ACME)
    assert (ACME, kind) in [(one.actor, one.kind) for one in linkedin.reactions(place.post)]
    batch = linkedin.reactions_by([(ACME, place.post), (ADA_URN, place.post)])
    assert batch[ACME, place.post].kind == kind
    assert isinstance(batch.errors[ADA_URN, place.post], NotFound)
    assert linkedin.social_metadata(place.post).reactions[kind] >= 1
    linkedin.unreact(actor=ACME, entity=place.post)
    assert ACME not in [one.actor for one in linkedin.reactions(place.post)]


def test_another_reaction_replaces_the_first(linkedin: LinkedIn, place: Place) -> None:
    linkedin.react(actor=ACME, root=place.post, kind="LIKE")
    linkedin.react(actor=ACME, root=place.post, kind="EMPATHY")
    assert [one.kind for one in linkedin.reactions(place.post) if one.actor == ACME] == ["EMPATHY"]


def test_curious_can_no_longer_be_given(linkedin: LinkedIn, place: Place) -> None:
    with pytest.raises(BadRequest):
        linkedin.react(actor=ACME, root=place.post, kind="MAYBE")
    assert place.done() == []
