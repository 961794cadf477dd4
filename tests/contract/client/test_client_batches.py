"""Where LinkedIn refuses batches, as the Development tier may: one by one, not many, and not found out again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from socialactions.linkedin.client import LinkedIn
from socialactions.linkedin.errors import NotFound, NotPermitted, RateLimited
from socialactions.linkedin.urns import Urn
from socialactions.linkedin.values import Batch
from socialactions.sandbox.seeds.cast import ADA
from tests.contract.client.place import ACME, Place

ADA_URN = Urn.parse(ADA)
GONE = Urn("share", "404")
Ask = Callable[[LinkedIn, Place], Batch[Any, Any]]


def _images(linkedin: LinkedIn, place: Place) -> Batch[Urn, Any]:
    return linkedin.images([Urn("image", number) for number in place.world.images][:2])


def _comments(linkedin: LinkedIn, place: Place) -> Batch[str, Any]:
    return linkedin.comments_by_id(place.post, [one.id for one in linkedin.comments(place.post)])


BATCHES: dict[str, Ask] = {
    "socialActions": lambda linkedin, place: linkedin.summaries([place.post, place.quiet_post, GONE]),
    "socialMetadata": lambda linkedin, place: linkedin.social_metadata_batch([place.post, place.quiet_post, GONE]),
    "socialActions.comments": _comments,
    "reactions": lambda linkedin, place: linkedin.reactions_by(
        [(one.actor, place.post) for one in _likes(linkedin, place)]
    ),
    "posts": lambda linkedin, place: linkedin.posts_by_id([place.post, place.quiet_post, GONE]),
    "images": _images,
    "people": lambda linkedin, place: linkedin.people([ADA_URN.key, "nobody"]),
    "organizationsLookup": lambda linkedin, place: linkedin.organizations([ACME.key, "404"]),
}


def _likes(linkedin: LinkedIn, place: Place) -> list[Any]:
    return list(linkedin.reactions(place.post))


@pytest.mark.parametrize("resource", BATCHES)
def test_what_comes_in_batches_comes_one_by_one_where_they_are_refused(
    linkedin: LinkedIn, client_of: Callable[..., LinkedIn], place: Place, resource: str
) -> None:
    expected = BATCHES[resource](client_of(), place)
    place.switch(batch_get="off")
    found = BATCHES[resource](linkedin, place)
    assert found.results and {*found.results} == {*expected.results}
    assert {key: type(error) for key, error in found.errors.items()} == dict.fromkeys(expected.errors, NotFound)
    assert (found.unasked, linkedin.refused_batches) == ([], {resource})
    before = place.requests()
    knowing = client_of(refused_batches=linkedin.refused_batches)
    assert {*BATCHES[resource](knowing, place).results} == {*expected.results}
    listing = resource in ("socialActions.comments", "reactions")
    assert place.requests() - before == len(expected.results) + len(expected.errors) + listing


def test_only_the_first_are_asked_for_alone_and_batches_are_refused_once(linkedin: LinkedIn, place: Place) -> None:
    place.switch(batch_get="off")
    urns = [place.post, *(Urn("ugcPost", str(7_000_000_000_000_000_000 + n)) for n in range(60))]
    before = place.requests()
    found = linkedin.social_metadata_batch(urns)
    assert place.requests() - before == 4 + 10
    assert ([*found.results], [*found.errors], found.unasked) == ([place.post], urns[1:10], urns[10:])
    assert linkedin.social_metadata_batch(urns[:5]).unasked == urns[:5]  # that was all for this reading
    assert place.requests() - before == 4 + 10
    assert linkedin.posts_by_id([place.post]).results  # of another kind


def test_a_right_that_is_missing_is_no_refused_batch(linkedin: LinkedIn, place: Place) -> None:
    place.switch(partner_access="off")
    before = place.requests()
    with pytest.raises(NotPermitted, match="BATCH_GET"):
        linkedin.people([ADA_URN.key, "nobody"])
    assert place.requests() - before == 2
    assert linkedin.refused_batches == set()


def test_a_refused_batch_whose_members_are_refused_too_says_nothing_of_batches(
    linkedin: LinkedIn, place: Place
) -> None:
    place.switch(batch_get="off")
    place.world.set_role(ADA_URN.key, "1002", None)
    birch = next(Urn.parse(post.urn) for post in place.world.posts.values() if post.author.endswith(":1002"))
    found = linkedin.social_metadata_batch([place.post, birch])
    assert ([*found.results], [type(error) for error in found.errors.values()]) == ([place.post], [NotPermitted])
    assert linkedin.refused_batches == set()


def test_what_came_before_the_limit_stays(linkedin: LinkedIn, place: Place) -> None:
    place.switch(batch_get="off")
    place.fault(do="delay", seconds=0, path="/socialMetadata/", times=1)  # this one comes
    place.fault(do="throttle", path="/socialMetadata/", times=9)
    found = linkedin.social_metadata_batch([place.post, place.quiet_post, GONE])
    assert ([*found.results], found.unasked) == ([place.post], [place.quiet_post, GONE])
    with pytest.raises(RateLimited):
        linkedin.social_metadata_batch([place.quiet_post])
