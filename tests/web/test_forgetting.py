"""Forgetting a person: at once, everywhere in the desk, and for good; nobody else, and nothing of our own."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.core import serializers
from django.core.cache import cache
from django.utils import timezone

from socialactions.models import (
    Comment,
    CommentContent,
    Event,
    Forgotten,
    Outgoing,
    Receipt,
    User,
)
from socialactions.queries import texts
from socialactions.queries import threads as thread_rows
from socialactions.queries.threads import Eyes
from socialactions.sandbox.seeds import build
from socialactions.sandbox.seeds.cast import ACME, ADA, BO, PRIVATE, stranger
from socialactions.sandbox.server import Running
from socialactions.services import faces, forgetting, keeping, questions
from socialactions.services.forgetting import ANYBODY, CannotForget
from tests.deeds import Place, settle_in

DANA = stranger("Dana")
GREETING = f"👋 @[Dana Whitlock]({DANA}) asked what @[Ben Romano]({stranger('Ben')}) measured"


@pytest.fixture
def place(sandbox_server: Running, db: None, settings: Any) -> Place:
    settings.UNDO_WINDOW_S = 0
    return settle_in(sandbox_server)


def desk_of(place: Place) -> Any:
    return place.user.desk


def forget(place: Place, urn: str = DANA) -> int:
    return forgetting.forget(desk=desk_of(place), member_urn=urn, by=place.user)


def stored() -> str:
    """Every row as text, whatever its manager hides."""
    rows = [row for model in apps.get_app_config("socialactions").get_models() for row in model._base_manager.all()]
    return serializers.serialize("json", rows)


def on_linkedin(place: Place, text: str, *, by: str, **more: Any) -> Any:
    post = place.world.post(place.post().urn)
    return build.say(place.world, post, by, text, age_s=60, **more)


def shown(place: Place) -> list[str]:
    eyes = Eyes(desk_id=desk_of(place).pk, page_urn=ACME, acting_urn=ACME)
    rows = [one.row() for one in thread_rows.page(place.post(), eyes).threads]
    return ["".join(s.text for s in row.comment.segments) for row in rows]


def test_words_number_and_face_go_at_once(place: Place) -> None:
    on_linkedin(place, "A second thought.", by=DANA)
    place.read_comments(place.post())
    comment, others = place.comment(), CommentContent.objects.exclude(comment__actor_urn=DANA).count()
    assert faces.known(desk_of(place).pk, [DANA])[DANA].name == "Dana Whitlock"
    assert forget(place) == 2
    assert DANA not in stored() and "Does it stop" not in stored() and "second thought" not in stored()
    assert faces.known(desk_of(place).pk, [DANA])[DANA].name == "LinkedIn member"
    comment.refresh_from_db()
    assert (comment.actor_urn, comment.gone_at) == (ANYBODY, None)
    assert CommentContent.objects.count() == others


def test_a_later_reading_brings_nothing_back(place: Place) -> None:
    forget(place)
    on_linkedin(place, "Me again.", by=DANA)
    asked = place.calls("people")
    post = place.read_comments(place.post())
    assert post.reading == "complete" and post.read_found == 5
    assert DANA not in stored() and "Me again" not in stored() and "Does it stop" not in stored()
    assert place.calls("people") == asked  # nobody asks LinkedIn who that was
    assert faces.known(desk_of(place).pk, [DANA])[DANA].name == "LinkedIn member"
    assert "".join(shown(place)).count("stop") == 0
    assert [one.comment_id for one in Comment.objects.filter(actor_urn=ANYBODY)] != []


def test_a_mention_of_them_loses_the_name_and_keeps_the_rest(place: Place) -> None:
    on_linkedin(place, GREETING, by=stranger("Priya"))
    place.read_comments(place.post())
    forget(place)
    content = CommentContent.objects.get(text__contains="👋")
    assert content.text == "👋 a LinkedIn member asked what Ben Romano measured"
    assert [s.text for s in texts.comment_segments(content.text, content.attributes) if s.is_mention] == ["Ben Romano"]
    place.read_comments(place.post())
    content.refresh_from_db()
    assert content.text == "👋 a LinkedIn member asked what Ben Romano measured"
    assert DANA not in stored() and "Whitlock" not in stored()


def test_what_the_desk_wrote_itself_stays(place: Place) -> None:
    own = f"Good question, @[Dana Whitlock]({DANA})."
    sent = place.deliver(place.reply(own))
    assert sent.state == Outgoing.State.SENT
    forget(place)
    place.read_comments(place.post())
    assert Outgoing.objects.get().text == own
    assert CommentContent.objects.get(comment=sent.result_comment).text == "Good question, Dana Whitlock."


def test_others_faces_and_the_search_for_names_know_them_no_more(place: Place) -> None:
    def offered() -> list[str]:
        groups, _ = questions.mentionable("Dana", post=place.post(), connection=place.connection)
        return [face.name for _, part in groups for face in part]

    assert offered() == ["Dana Whitlock"]
    forget(place)
    assert offered() == []
    cache.clear()
    assert offered() == []  # asked of LinkedIn anew
    people, _ = questions.reactors(place.post(), None, connection=place.connection)
    assert "Dana Whitlock" not in [face.name for face, _ in people]


def test_who_stood_behind_a_page_is_forgotten_too(place: Place) -> None:
    Comment.objects.filter(is_ours=True).update(agent_urn=BO)
    forget(place, BO)
    assert set(Comment.objects.filter(is_ours=True).values_list("agent_urn", flat=True)) == {""}
    on_linkedin(place, "By Bo for the Page.", by=ACME, agent=BO)
    place.read_comments(place.post())
    assert place.comment("By Bo for").agent_urn == ""


def test_only_this_desk_forgets(place: Place, sandbox_server: Running, settings: Any) -> None:
    other = settle_in(sandbox_server, member=_second_administrator(sandbox_server))
    forget(place)
    assert "Does it stop" in other.comment().content.text
    other.read_comments(other.post())
    assert other.comment().actor_urn == DANA
    assert not CommentContent.everything.filter(post__organization__desk=desk_of(place), text__contains="Does it stop")


def test_twice_is_once(place: Place) -> None:
    assert (forget(place), forget(place)) == (1, 0)
    assert Forgotten.objects.count() == 1


def test_the_row_that_lasts_names_nobody(place: Place) -> None:
    forget(place)
    row = Forgotten.objects.get()
    assert row.by == place.user and DANA not in row.digest
    event = Event.objects.get(kind="forgot")
    assert (event.user, event.actor_urn, event.topic, event.reason) == (place.user, "", "settings", "")
    assert Receipt.objects.latest("pk").counts == {"words of forgotten people": 1}


def test_fingerprints_of_two_desks_differ_and_outlive_a_new_key(place: Place, settings: Any) -> None:
    forget(place)
    assert Forgotten.digest_of("another desk", DANA) != Forgotten.objects.get().digest
    settings.FIELD_KEYS = ["bmV3IGtleSwgdGhpcnR5LXR3byBieXRlcyBsb25nISE=", *settings.FIELD_KEYS]
    assert Forgotten.objects.among(desk_of(place).pk, [DANA, ADA]) == {DANA}
    settings.FIELD_KEYS = settings.FIELD_KEYS[:1]
    assert Forgotten.objects.among(desk_of(place).pk, [DANA]) == frozenset()


def test_what_a_reading_under_way_stored_meanwhile_goes_with_the_next_purge(place: Place) -> None:
    comment, content = place.comment(), place.comment().content
    forget(place)
    Comment.objects.filter(pk=comment.pk).update(actor_urn=DANA)
    content.save()
    assert keeping.purge()["words of forgotten people"] == 1
    assert DANA not in stored() and "Does it stop" not in stored()
    assert keeping.purge()["words of forgotten people"] == 0


def test_a_colleague_is_not_forgotten_while_they_sit_here(place: Place) -> None:
    with pytest.raises(CannotForget, match="signs in at this desk"):
        forget(place, ADA)
    assert not Forgotten.objects.exists()


def test_who_is_forgotten_and_then_joins_is_known_again(place: Place) -> None:
    forget(place)
    User.objects.create(desk=desk_of(place), member_urn=DANA, name="Dana Whitlock", joined_at=timezone.now())
    place.read_comments(place.post())
    assert place.comment().actor_urn == DANA


@pytest.mark.parametrize(
    "typed",
    [
        DANA,
        f"  {DANA} ",
        "daW1hit_42",
        "https://www.linkedin.com/in/dana-whitlock/",
        "linkedin.com/in/Dana-Whitlock",
        "https://de.linkedin.com/in/dana-whitlock?trk=people#top",
    ],
)
def test_a_person_is_understood_as_linkedin_names_them(place: Place, typed: str) -> None:
    assert forgetting.person_meant(desk_of(place), typed) == DANA


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("", "type their number"),
        ("urn:li:organization:1001", "this is a Page"),
        ("urn:li:person:", "not a number LinkedIn gives people"),
        ("urn:li:person:a b", "not a number"),
        ("urn:li:member:42", "not a number"),
        ("Dana Whitlock", "not a number"),
        ("\0", "not a number"),
        (PRIVATE.replace("pRv8_Hidden", "private"), "everybody whose name LinkedIn hides"),
        (ANYBODY, "everybody whose name"),
        ("https://www.linkedin.com/company/acme-robotics/", "not the address of a LinkedIn profile"),
        ("https://linkedin.com.example/in/dana-whitlock/", "not the address"),
        ("https://[/in/x/", "not the address"),
        ("https://www.linkedin.com/in/nobody-here/", "nobody whose words are here"),
        (ADA, "signs in at this desk"),
        ("https://www.linkedin.com/in/ada-berg/", "nobody whose words|signs in"),
    ],
)
def test_anything_else_is_refused_with_what_to_do(place: Place, typed: str, why: str) -> None:
    with pytest.raises(CannotForget, match=why):
        forgetting.person_meant(desk_of(place), typed)


def test_a_comment_of_theirs_can_still_be_answered(place: Place) -> None:
    comment = place.comment()
    forget(place)
    comment.refresh_from_db()
    assert place.deliver(place.reply("Still an answer.", to=comment)).state == Outgoing.State.SENT


def _second_administrator(running: Running) -> str:
    running.world.set_role(BO.rpartition(":")[2], "1001", "ADMINISTRATOR")
    return BO
