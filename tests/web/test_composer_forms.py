"""A form speaks for one person, one actor and one place, for a day and once; whatever else comes is refused."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import time_machine
from django.utils import timezone

from dashboard import signing
from socialactions.models import Outgoing, PageRole
from socialactions.sandbox.seeds.cast import ACME, BIRCH, stranger
from tests.web.composers import TYPED, Composer, composer_of, form_id
from tests.web.desks import AtDesk, fields_of, options_of, text_of


def test_a_form_we_did_not_make_is_refused(composer: Composer) -> None:
    for form in composer.ways():
        for forged in ("", "x", "a:b:c", "\0", "0" * 3000):
            form.refused(form.send(**{"as": forged, "text": TYPED}), typed=TYPED)


def test_a_changed_or_missing_signature_is_refused_with_words(composer: Composer) -> None:
    good = composer.token()
    words = "This form was not made by Threadwell, or was changed. Check the actor and send again."
    for token in (good[:-1] + ("A" if good[-1] != "A" else "B"), "e" + good, good.partition(":")[0]):
        composer.refused(composer.send(**{"as": token, "text": TYPED}), words, typed=TYPED)
    composer.refused(composer.send(text=TYPED), words, typed=TYPED)


def test_a_form_older_than_a_day_is_refused(composer: Composer) -> None:
    with time_machine.travel(timezone.now() - timedelta(hours=25), tick=True):
        old = composer.token()
    composer.refused(composer.send(**{"as": old, "text": TYPED}), "open for more than a day", typed=TYPED)


def test_another_persons_form_is_refused(composer: Composer, bo: AtDesk) -> None:
    """Somebody else has signed in since: the open form would speak under their name."""
    answer = composer.send(**{"as": composer.token(user=bo.user), "text": TYPED})
    composer.refused(answer, "Another person has signed in since", typed=TYPED)


def test_a_form_of_another_place_is_refused(composer: Composer) -> None:
    for target in ("act", "post ", "reply x", "delete x"):
        answer = composer.send(**{"as": composer.token(target=target), "text": TYPED})
        composer.refused(answer, "This form belongs to another place.", typed=TYPED)


def test_a_form_of_another_post_is_refused(composer: Composer) -> None:
    for words in ("Quiet floor", "The chair"):
        token = composer.token(post=composer.ada.post(words))
        composer.refused(composer.send(**{"as": token, "text": TYPED}), "belongs to another place", typed=TYPED)


def test_an_actor_one_may_not_be_is_refused(composer: Composer) -> None:
    """Even with a good signature: rights are asked again when the form comes in."""
    for actor in (stranger("Dana"), "urn:li:organization:2001", "urn:li:organization:999"):
        answer = composer.send(**{"as": composer.token(actor=actor), "text": TYPED})
        composer.refused(answer, typed=TYPED)


def test_a_role_lost_since_the_form_was_drawn_is_noticed(composer: Composer) -> None:
    token = composer.token()
    PageRole.objects.filter(organization=composer.ada.acme).update(role="CURATOR")
    answer = composer.send(**{"as": token, "text": TYPED})
    assert answer.status_code == 404  # the post is not theirs to read any more either
    composer.nothing_happened()


def test_the_chosen_actor_is_kept_through_a_refusal(ada_desk: AtDesk) -> None:
    for kind in ("comment", "reply"):
        composer = composer_of(ada_desk, kind, True)
        for name, urn in (("Ada Berg", ada_desk.user.member_urn), ("Birch & Co", BIRCH), ("Acme Robotics", ACME)):
            answer = composer.send(**{"as": composer.token(actor=urn), "text": " "})
            composer.refused(answer)
            assert fields_of(answer, form_id(answer.content.decode()))["as"] == options_of(answer)[name]


def test_the_same_form_twice_is_one_action(composer: Composer) -> None:
    for number, form in enumerate(composer.ways(), start=1):
        token = form.token()
        answers = [form.send(**{"as": token, "text": TYPED}) for _ in range(3)]
        assert len({answer.status_code for answer in answers}) == 1
        assert len({answer.get("Location") for answer in answers}) == 1
        assert Outgoing.objects.count() == number


def test_without_script_one_goes_on_as_whom_one_wrote(ada_desk: AtDesk) -> None:
    for form in (composer_of(ada_desk, "comment"), composer_of(ada_desk, "reply")):
        for actor, name in ((ACME, "Acme Robotics"), (ada_desk.user.member_urn, "Ada Berg")):
            answer = form.send(**{"as": form.token(actor=actor), "text": f"As {name}."})
            page = ada_desk.client.get(answer["Location"], follow=True)
            assert ("as=me" in page.request["QUERY_STRING"]) is (actor != ACME)
            assert f" selected>{name}</option>" in page.content.decode()


def test_a_form_that_was_sent_and_then_changed_asks_first(composer: Composer) -> None:
    token = composer.token()
    composer.send(**{"as": token, "text": TYPED})
    answer = composer.send(**{"as": token, "text": TYPED + " And more."})
    assert answer.status_code == 422
    said = text_of(answer)
    assert "This was already sent at" in said and "Look at it" in said and "Write another" in said
    assert f'href="/outgoing/{Outgoing.objects.get().uid}/"' in answer.content.decode()
    form = fields_of(answer, form_id(answer.content.decode()))
    assert form["text"] == TYPED + " And more." and form["as"] != token
    assert Outgoing.objects.count() == 1
    composer.send(**{"as": form["as"], "text": form["text"]})  # the answer's own form is a new one
    assert Outgoing.objects.count() == 2


def test_all_actors_of_one_form_share_its_one_time(ada_desk: AtDesk) -> None:
    """Sent as Acme, then back and sent as oneself: that is not meant twice without asking."""
    post = ada_desk.post()
    tokens = options_of(ada_desk.get("post-show", post.pk))
    for name, status in (("Acme Robotics", 302), ("Ada Berg", 422), ("Acme Robotics", 302)):
        answer = ada_desk.send("comment-create", post.pk, fields={"as": tokens[name], "text": TYPED})
        assert answer.status_code == status, name
    assert Outgoing.objects.get().actor_urn == ACME


def test_two_people_may_have_the_same_number(ada_desk: AtDesk, bo: AtDesk) -> None:
    post, nonce = ada_desk.post("The chair"), uuid4()
    for who in (ada_desk, bo):
        token = signing.sign(user=who.user, post_id=post.pk, actor_urn=BIRCH, target="post", nonce=nonce)
        assert who.send("comment-create", post.pk, fields={"as": token, "text": TYPED}).status_code == 302
    assert Outgoing.objects.count() == 2
