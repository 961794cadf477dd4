"""Who reads a Page for the desk, when one of two has lost the role on LinkedIn and never comes back to say so."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.cache import cache

from socialactions import clock
from socialactions.models import Connection, Post
from socialactions.services import reading, sync
from tests.deeds import ago
from tests.web.desks import AtDesk, id_of


@pytest.fixture
def gone_ada(ada_desk: AtDesk, bo: AtDesk) -> AtDesk:
    """Ada's grant lasts longest, so she reads Birch; her role there is taken away, and she opens nothing any more."""
    Connection.objects.filter(user=ada_desk.user).update(expires_at=clock.now() + timedelta(days=59))
    Connection.objects.filter(user=bo.user).update(expires_at=clock.now() + timedelta(days=30))
    assert reading.reader_for(ada_desk.birch, ("r_organization_social",)) == ada_desk.user.connection
    ada_desk.sandbox.world.set_role(id_of("ada"), "1002", None)
    cache.clear()
    return ada_desk


def a_post(person: AtDesk) -> Post:
    return person.birch.posts.filter(total_comments__gt=0).latest("created_at")


def test_a_colleague_reads_what_the_first_may_no_longer(gone_ada: AtDesk) -> None:
    post = a_post(gone_ada)
    gone_ada.say(post, "Anybody here?")
    gone_ada.read_comments(post)
    post.refresh_from_db()
    assert (post.reading, post.read_problem) == (Post.Reading.COMPLETE, "")
    assert gone_ada.comment("Anybody here?")
    gone_ada.read_posts(gone_ada.birch)
    assert gone_ada.birch.posts_problem == ""


def test_the_next_run_of_a_colleague_reads_ahead(gone_ada: AtDesk, bo: AtDesk) -> None:
    post = a_post(gone_ada)
    gone_ada.say(post, "Anybody here?")
    for person in (gone_ada, bo):
        Post.objects.update(look_at=ago(seconds=1))
        assert sync.run(Connection.objects.select_related("desk").get(user=person.user), way="beat") is not None
    assert gone_ada.comment("Anybody here?")
    assert not gone_ada.user.connection.roles.filter(organization=gone_ada.birch, state="APPROVED").exists()


def test_who_is_refused_again_and_again_is_not_asked_for_roles_each_time(gone_ada: AtDesk, bo: AtDesk) -> None:
    gone_ada.sandbox.world.set_role(id_of("bo"), "1002", None)
    before = gone_ada.sandbox.world.requests["GET organizationAcls"]
    for _ in range(3):
        gone_ada.read_comments(a_post(gone_ada))
    assert gone_ada.sandbox.world.requests["GET organizationAcls"] == before + 2  # for each of them once
    assert "Nobody connected here may read" in a_post(gone_ada).read_problem
