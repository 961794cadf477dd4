"""A pasted LinkedIn address leads to the post or comment, under whatever name LinkedIn gives it today."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest
from django.urls import reverse

from socialactions.models import CallCount, Comment, Post, PostAlias
from socialactions.queries import finding
from socialactions.sandbox.faults import Rule
from socialactions.sandbox.seeds.cast import ACME
from tests.deeds import Place
from tests.web.crowds import fill
from tests.web.desks import AtDesk, link_to_reply, text_of
from tests.web.programs import Program


def activity_of(ada: AtDesk) -> str:
    found = ada.sandbox.world.post(ada.post().urn)
    assert found is not None
    return found.activity


def place(ada: AtDesk, typed: str) -> str:
    answer = ada.client.get(reverse("find"), {"address": typed})
    assert answer.status_code == 302, text_of(answer)
    return str(answer["Location"])


@pytest.mark.parametrize(
    "address",
    [
        "{activity}",
        "{share}",
        " {share} ",
        "https://www.linkedin.com/feed/update/{activity}/",
        "https://www.linkedin.com/feed/update/{share}",
        "https://de.linkedin.com/feed/update/{escaped}/?utm_source=share",
        "https://www.linkedin.com/posts/acme_the-third-arm-activity-{digits}-Ab_c/?utm_medium=x",
    ],
)
def test_a_post_is_found_under_each_of_its_names(ada_desk: AtDesk, address: str) -> None:
    share, activity = ada_desk.post().urn, activity_of(ada_desk)
    assert share != activity
    typed = address.format(
        activity=activity, share=share, escaped=quote(activity, safe=""), digits=activity.rpartition(":")[2]
    )
    assert place(ada_desk, typed) == reverse("post-show", args=[ada_desk.post().pk])


def test_a_comment_is_found_in_its_thread_whatever_its_thread_is_called(ada_desk: AtDesk) -> None:
    reply = ada_desk.comment("We measured 70")
    at = f"{reverse('post-show', args=[reply.post_id])}#thread-{reply.thread_id}"
    for thread in (ada_desk.post().urn, activity_of(ada_desk)):
        urn = f"urn:li:comment:({thread},{reply.comment_id})"
        assert place(ada_desk, urn) == at
        link = f"https://www.linkedin.com/feed/update/{activity_of(ada_desk)}/?commentUrn={quote(urn, safe='')}"
        assert place(ada_desk, link) == at


def test_the_link_to_a_reply_leads_to_the_reply_and_not_its_parent(ada_desk: AtDesk) -> None:
    reply = ada_desk.comment("We measured 70")
    assert reply.thread is not None
    found = finding.meant(ada_desk.desk, link_to_reply(reply))
    assert found == reply
    assert place(ada_desk, link_to_reply(reply)).endswith(f"#thread-{reply.thread_id}")


def test_what_is_no_address_is_said_and_kept(ada_desk: AtDesk) -> None:
    for typed in ("the third arm", "https://example.org/feed/update/urn:li:share:1/", "urn:li:person:abc"):
        answer = ada_desk.client.get(reverse("find"), {"address": typed})
        assert answer.status_code == 422
        assert "Address: this is not the address" in text_of(answer) and f'value="{typed}"' in answer.text


def test_what_one_may_not_read_is_as_unknown_as_what_is_not_there(
    ada_desk: AtDesk, bo: AtDesk, cy: AtDesk, other_desk: AtDesk
) -> None:
    """Bo has no role on Acme, Cy none at all; Olga's desk has not read anything."""
    typed = ada_desk.post().urn
    nowhere = ada_desk.client.get(reverse("find"), {"address": "urn:li:share:1"})
    assert nowhere.status_code == 404
    for person in (bo, cy, other_desk):
        answer = person.client.get(reverse("find"), {"address": typed})
        assert answer.status_code == 404
        assert "Nothing is stored under this address." in text_of(answer)


def test_a_post_that_linkedin_lists_under_another_name_makes_no_twin(ada_desk: AtDesk) -> None:
    """Once both names are known, a list that uses the other one updates the row that stands."""
    post = ada_desk.post()
    other = f"urn:li:ugcPost:{int(post.urn.rpartition(':')[2]) + 7}"
    PostAlias.objects.create(organization=ada_desk.acme, post=post, urn=other)
    before = Post.objects.count()
    found = ada_desk.sandbox.world.post(post.urn)
    assert found is not None
    with ada_desk.sandbox.world.lock:
        found.urn = other
    ada_desk.read_posts(ada_desk.acme)
    assert Post.objects.count() == before
    assert Post.objects.get(pk=post.pk).urn == post.urn
    assert Comment.objects.filter(post=post).exists()


def test_a_thread_far_down_is_led_to(ada_desk: AtDesk) -> None:
    post = ada_desk.post("Quiet floor")
    heads = [one for one in fill(post, 120, with_replies=120, replies_each=1) if one.thread_id is None]
    near, first_beyond, far = heads[-50], heads[-51], heads[3]
    show = reverse("post-show", args=[post.pk])
    assert place(ada_desk, near.urn) == f"{show}#thread-{near.pk}"
    for head in (first_beyond, far):
        reply = head.replies.get()
        for address in (place(ada_desk, head.urn), place(ada_desk, reply.urn), _redirected(ada_desk, reply)):
            assert address.endswith(f"#thread-{head.pk}")
            page = ada_desk.client.get(address.partition("#")[0])
            threads = re.findall(r'id="thread-([0-9a-f-]{36})"', page.content.decode())
            assert threads[0] == str(head.pk)
            assert "Begin with the newest threads" in text_of(page)


def _redirected(ada: AtDesk, comment: Comment) -> str:
    return str(ada.get("comment-show", comment.pk)["Location"])


@pytest.fixture
def unmet(ada_desk: AtDesk) -> str:
    """The activity of a post that nobody here has met under this name."""
    PostAlias.objects.all().delete()
    ada_desk.sandbox.world.switches = ada_desk.sandbox.world.switches.changed({"answer_alias": "post"})
    return activity_of(ada_desk)


def calls(ada: AtDesk) -> int:
    return sum(ada.sandbox.world.requests.values())


def budgeted() -> int:
    return sum(CallCount.objects.values_list("calls", flat=True))


@pytest.mark.parametrize("form", ["{}", "https://www.linkedin.com/feed/update/{}/?commentUrn=urn:li:comment:({},77)"])
def test_a_name_that_nobody_met_is_asked_for_once_and_kept(ada_desk: AtDesk, unmet: str, form: str) -> None:
    before, counted, typed = calls(ada_desk), budgeted(), form.format(unmet, unmet)
    for _ in range(2):
        assert place(ada_desk, typed) == reverse("post-show", args=[ada_desk.post().pk])
    assert calls(ada_desk) - before == budgeted() - counted == 1
    assert finding.meant(ada_desk.desk, unmet) == ada_desk.post()


def test_a_name_that_linkedin_does_not_explain_stays_unknown(ada_desk: AtDesk, unmet: str) -> None:
    ada_desk.sandbox.world.switches = ada_desk.sandbox.world.switches.changed({"answer_alias": "same"})
    before = calls(ada_desk)
    for name in (unmet, unmet, "urn:li:activity:1", "urn:li:activity:1"):
        answer = ada_desk.client.get(reverse("find"), {"address": name})
        assert answer.status_code == 404 and text_of(answer).count("Nothing is stored under this address.") == 1
        assert "Nor could LinkedIn be asked" not in text_of(answer)
    assert calls(ada_desk) - before == 2 and not PostAlias.objects.filter(urn=unmet).exists()


def test_that_linkedin_could_not_be_asked_is_said_and_asked_again(ada_desk: AtDesk, unmet: str) -> None:
    ada_desk.sandbox.world.faults.append(Rule.read({"do": "refuse", "status": 503, "path": "/socialMetadata/"}))
    answer = ada_desk.client.get(reverse("find"), {"address": unmet})
    assert answer.status_code == 404 and "Nor could LinkedIn be asked" in text_of(answer)
    assert place(ada_desk, unmet) == reverse("post-show", args=[ada_desk.post().pk])


def test_who_may_not_read_a_post_learns_none_of_its_names(ada_desk: AtDesk, cy: AtDesk, unmet: str) -> None:
    answer = cy.client.get(reverse("find"), {"address": unmet})
    assert answer.status_code == 404 and "Nothing is stored under this address." in text_of(answer)
    assert not PostAlias.objects.filter(urn=unmet).exists()


def test_a_short_link_is_said_to_be_one(ada_desk: AtDesk) -> None:
    answer = ada_desk.client.get(reverse("find"), {"address": "https://lnkd.in/dAbC12"})
    assert answer.status_code == 422 and "only LinkedIn knows where a lnkd.in link leads" in text_of(answer)


def test_programs_paste_the_same_addresses(program: Program, place: Place) -> None:
    comment = place.comment()
    turned = f"urn:li:fsd_comment:({comment.comment_id},{comment.post.urn})"
    target = f"WWW.LinkedIn.com/comm/feed/update/{comment.post.urn}?dashCommentUrn={quote(turned, safe='')}"
    answer = program.act(kind="like", target=target, actor=ACME)
    assert answer.status_code == 202, answer.content
    assert answer.json()["target"] == comment.urn
