"""What programs read: what their person may see, unexpired, with its age, and no member's name."""

from __future__ import annotations

import io
import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from PIL import Image

from socialactions import clock
from socialactions.models import Attachment, CommentContent, Connection, Event, Outgoing, OwnReaction, Pace, Post
from socialactions.queries import program_reads
from socialactions.sandbox.seeds.cast import ACME, ADA, BIRCH
from tests.web.desks import AtDesk
from tests.web.programs import Program, program_of, refusal


@pytest.fixture
def program(ada_desk: AtDesk) -> Program:
    made = program_of(ada_desk, scopes=["read", "comment"])
    made.get("/actions")  # its first use is written down
    return made


def read(program: Program, address: str, *, queries: int = 9) -> Any:
    with CaptureQueriesContext(connection) as asked:
        answer = program.get(address)
    assert answer.status_code == 200, answer.content
    assert answer["Cache-Control"] == "private, no-store"
    assert len(asked) <= queries, [one["sql"][:120] for one in asked]
    return answer.json()


def test_organizations_are_those_of_the_person(program: Program, bo: AtDesk) -> None:
    found = read(program, "/organizations", queries=2)["organizations"]
    assert [(one["urn"], one["role"], one["can_write"]) for one in found] == [
        (ACME, "Administrator", True),
        (BIRCH, "Administrator", True),
    ]
    assert [one["urn"] for one in read(program_of(bo), "/organizations")["organizations"]] == [BIRCH]


def test_posts_come_with_counts_their_source_and_time(ada_desk: AtDesk, program: Program, bo: AtDesk) -> None:
    told = read(program, "/posts", queries=4)
    assert told["next_cursor"] is None and len(told["posts"]) == 3
    post = ada_desk.post()
    one = next(row for row in told["posts"] if row["urn"] == post.urn)
    assert one["text"].startswith("The third arm") and one["organization"] == ACME
    assert one["counts"]["comments_total"] == post.total_comments > 0
    assert (one["counts"]["source"], one["counts"]["reactions"]) == ("linkedin", post.reactions)
    assert one["read"]["state"] == "complete"
    for name in (post.urn, str(post.pk), *one["other_urns"]):
        assert read(program, f"/posts/{name}", queries=6) == one
    assert [row["organization"] for row in read(program, f"/posts?organization={BIRCH}")["posts"]] == [BIRCH]
    refusal(program_of(bo).get(f"/posts?organization={ACME}"), 404, "not_found")
    refusal(program.get("/posts/urn:li:share:1"), 404, "not_found")
    first = read(program, "/posts?limit=2")
    rest = read(program, f"/posts?limit=2&cursor={first['next_cursor'].replace('+', '%2B')}")
    assert [row["urn"] for row in first["posts"] + rest["posts"]] == [row["urn"] for row in told["posts"]]


def test_the_thread_tree_has_words_with_their_end_and_no_names(ada_desk: AtDesk, program: Program) -> None:
    post = ada_desk.post()
    told = read(program, f"/posts/{post.urn}/comments", queries=7)
    assert (told["post"], told["read"]["state"], told["mention_unit"]) == (post.urn, "complete", "utf16")
    thread = next(one for one in told["threads"] if "Does it stop" in one["text"])
    assert thread["author"].startswith("urn:li:person:") and not thread["is_ours"]
    assert thread["replies_stored"] == thread["replies_total"] == len(thread["replies"]) == 2
    assert any("80 ms" in one["text"] and one["is_ours"] for one in thread["replies"])
    ends = timezone.datetime.fromisoformat(thread["expires_at"])
    assert ends <= timezone.now() + timedelta(hours=48)
    said = json.dumps(told)
    assert "Whitlock" not in said and "headline" not in said and "licdn" not in said
    flat = read(program, f"/posts/{post.urn}/comments?depth=1", queries=6)
    assert [one["replies"] for one in flat["threads"]] == [[]] * len(told["threads"])
    all_of_it = read(program, f"/comments/{thread['urn']}/replies")
    assert all_of_it["replies"] == thread["replies"]
    by_reply = read(program, f"/comments/{thread['replies'][0]['id']}/replies?limit=1")
    assert by_reply["thread"] == thread["urn"] and by_reply["replies"] == thread["replies"][:1]
    rest = read(program, f"/comments/{thread['urn']}/replies?limit=1&cursor={by_reply['next_cursor']}")
    assert rest["replies"] == thread["replies"][1:] and rest["next_cursor"] is None
    first = read(program, f"/posts/{post.urn}/comments?limit=1")
    rest = read(program, f"/posts/{post.urn}/comments?limit=1&cursor={first['next_cursor']}")
    assert first["threads"] + rest["threads"] == told["threads"]


def test_what_is_past_its_time_is_told_to_no_program(ada_desk: AtDesk, program: Program) -> None:
    post, comment = ada_desk.post(), ada_desk.comment("Does it stop")
    CommentContent.everything.filter(pk=comment.pk).update(expires_at=timezone.now())
    assert b"Does it stop" not in program.get(f"/posts/{post.urn}/comments").content
    refusal(program.get(f"/comments/{comment.urn}/reactions"), 404, "not_found")
    for read in reads_of(program, post):
        assert (read["state"], read["expired"], read["gone_at"]) == ("expired", 1, None)
    CommentContent.everything.filter(post=post).update(expires_at=timezone.now())
    many = post.comments.filter(gone_at__isnull=True).count()
    assert many > 1 and program.get(f"/posts/{post.urn}/comments").json()["threads"] == []
    for read in reads_of(program, post):
        assert (read["state"], read["expired"]) == ("expired", many)
    Post.objects.filter(pk=post.pk).update(reading="incomplete")
    assert [read["state"] for read in reads_of(program, post)] == ["incomplete"] * 3
    Post.objects.filter(pk=post.pk).update(expires_at=timezone.now())
    for rest in ("", "/comments", "/reactions"):
        refusal(program.get(f"/posts/{post.urn}{rest}"), 404, "not_found")
    refusal(program.get(f"/comments/{comment.urn}/replies"), 404, "not_found")
    assert post.urn not in program.get("/posts").content.decode()


def test_a_post_that_linkedin_has_no_more_is_marked(ada_desk: AtDesk, program: Program) -> None:
    post, now = ada_desk.post(), timezone.now()
    assert {read["state"] for read in reads_of(program, post)} == {"complete"}
    Post.objects.filter(pk=post.pk).update(gone_at=now)
    assert post.urn not in program.get("/posts").content.decode()
    for read in reads_of(program, post):
        assert read["state"] == "gone"
        assert abs(datetime.fromisoformat(read["gone_at"]) - now) < timedelta(milliseconds=1)


def reads_of(program: Program, post: Post) -> list[dict[str, Any]]:
    """What is said about the reading of this post, wherever it is said."""
    listed = [one for one in program.get("/posts").json()["posts"] if one["urn"] == post.urn]
    one, tree = (program.get(f"/posts/{post.urn}{rest}").json() for rest in ("", "/comments"))
    return [told["read"] for told in (*listed, one, tree)]


def test_who_may_not_read_comments_reads_none(ada_desk: AtDesk, program: Program, other_desk: AtDesk) -> None:
    post, comment = ada_desk.post(), ada_desk.comment("Does it stop")
    Connection.objects.filter(user=ada_desk.user).update(scopes=["r_organization_social"])
    ada_desk.user.connection.roles.update(role="CONTENT_ADMINISTRATOR")
    assert program.get(f"/posts/{post.urn}").status_code == 200
    asked = [f"/posts/{post.urn}/comments", f"/posts/{post.urn}/reactions", f"/comments/{comment.urn}/replies"]
    for address in (*asked, f"/comments/{comment.urn}/reactions"):
        refusal(program.get(address), 404, "not_found")
        refusal(program_of(other_desk).get(address), 404, "not_found")


def test_reactions_are_counts_and_ones_own_actors(ada_desk: AtDesk, program: Program) -> None:
    post, comment = ada_desk.post(), ada_desk.comment("Does it stop")
    OwnReaction.objects.create(post=post, comment=None, actor_urn=ACME, kind="PRAISE", known_at=clock.now())
    told = read(program, f"/posts/{post.urn}/reactions", queries=4)
    assert (told["by_kind"], told["total"]) == (post.reactions, post.total_reactions)
    assert [(one["actor"], one["reaction"]) for one in told["ours"]] == [(ACME, "PRAISE")]
    told = read(program, f"/comments/{comment.urn}/reactions", queries=5)
    assert (told["target"], told["total"], told["ours"]) == (comment.urn, comment.content.likes, [])


def test_the_budget_tells_the_day_and_the_pace(ada_desk: AtDesk, program: Program, settings: Any) -> None:
    settings.DAILY_CALLS_MEMBER, settings.COMMENT_EVERY_S, settings.COMMENT_BURST = 100, 60, 1
    now = clock.now()
    Pace.objects.create(
        member_urn=ADA, pace="reaction", closed_until=now + timedelta(minutes=1), reason="pace", slowed_at=now
    )
    program.act(kind="comment", actor=ACME, target=ada_desk.post().urn, text="Words")
    Outgoing.objects.update(turn_after=now + timedelta(minutes=1))
    told = read(program, "/budget", queries=12)
    assert (told["member"], told["calls"]["limit"]) == (ADA, 100) and told["calls"]["spent"] > 0
    comment, reaction = told["paces"]
    assert comment["kind"] == "comment" and comment["closed_until"] is None and comment["next_turn_at"]
    assert reaction["closed_until"] == reaction["next_turn_at"]


def test_events_are_told_once_in_order_and_by_nobodys_words(
    ada_desk: AtDesk, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    Event.objects.update(at=clock.now() - timedelta(minutes=1))
    start = read(program, "/events", queries=3)
    assert start["events"] == [] and start["next_after"].startswith(f"{Event.objects.latest('pk').pk}_")
    row = program.outgoing(program.act(kind="comment", actor=ACME, target=ada_desk.post().urn, text="Secret words"))
    ada_desk.client.post(f"/outgoing/{row.uid}/undo/")
    assert read(program, f"/events?after={start['next_after']}")["events"] == []  # not settled yet
    late, early = Event.objects.order_by("-pk")[:2]
    Event.objects.filter(pk=late.pk).update(at=clock.now() - program_reads.SETTLED)
    assert read(program, f"/events?after={start['next_after']}")["events"] == []  # nothing is passed over
    Event.objects.filter(pk=early.pk).update(at=clock.now() - program_reads.SETTLED)
    told = read(program, f"/events?after={start['next_after']}", queries=3)
    assert [(one["kind"], one["state"], one["action"], one["by"]) for one in told["events"]] == [
        ("accepted", "queued", str(row.uid), ADA),
        ("state", "cancelled", str(row.uid), ADA),
    ]
    assert [one["way"] for one in told["events"]] == [program.key.name, "browser"]
    assert "Secret" not in json.dumps(told)
    assert read(program, f"/events?after={told['next_after']}")["events"] == []
    assert len(read(program, "/events?after=0&limit=2")["events"]) == 2
    refusal(program.get("/events?after=x"), 422, "invalid")


# pictures


def upload(program: Program, content: bytes, **fields: str) -> Any:
    file = SimpleUploadedFile("a.png", content, content_type="image/png")
    return program.client.post("/api/v1/images", {"file": file, **fields}, headers={"x-api-key": program.secret})


def test_a_picture_is_judged_when_it_comes_and_goes_with_a_comment(ada_desk: AtDesk, program: Program) -> None:
    file = io.BytesIO()
    Image.new("RGB", (4, 3)).save(file, "PNG")
    answer = upload(program, file.getvalue(), alt="Four by three")
    assert answer.status_code == 201, answer.content
    made = Attachment.objects.get(pk=answer.json()["id"])
    assert (made.user, made.alt, answer.json()["width"], answer.json()["height"]) == (
        *(ada_desk.user, "Four by three", 4, 3),
    )
    sent = program.act(kind="comment", actor=ACME, target=ada_desk.post().urn, text="", image=str(made.pk))
    assert sent.status_code == 202 and program.outgoing(sent).picture == made
    for wrong, field in ((upload(program, b"no picture"), "file"), (upload(program, b"x", colour="red"), "colour")):
        refusal(wrong, 422, "invalid")
        assert wrong.json()["errors"][0]["field"] == field
    refusal(program.ask("POST", "/images", {"file": 1}), 422, "invalid")
    refusal(upload(program_of(ada_desk, scopes=["read"]), file.getvalue()), 403, "scope_missing")
    assert Attachment.objects.count() == 1
