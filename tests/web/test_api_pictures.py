"""A picture that comes with the wish itself: judged like one uploaded before, kept once, and part of what was asked."""

from __future__ import annotations

import io
import json
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from socialactions.models import Attachment, Outgoing
from socialactions.sandbox.seeds.cast import ACME
from socialactions.services import attachments
from tests.deeds import in_threads
from tests.web.desks import AtDesk
from tests.web.programs import Program, program_of, refusal, wrong


@pytest.fixture
def program(ada_desk: AtDesk, settings: Any) -> Program:
    settings.UNDO_WINDOW_S = 0
    return program_of(ada_desk)


@pytest.fixture
def wish(ada_desk: AtDesk) -> dict[str, Any]:
    return {"kind": "comment", "actor": ACME, "target": ada_desk.post().urn, "text": "Look."}


def picture(colour: str = "teal") -> SimpleUploadedFile:
    file = io.BytesIO()
    Image.new("RGB", (40, 30), colour).save(file, "PNG")
    return SimpleUploadedFile(f"{colour}.png", file.getvalue(), "image/png")


def send(program: Program, wish: Any, *, once: str = "", **parts: Any) -> Any:
    said = wish if isinstance(wish, str) else json.dumps(wish)
    headers = {"x-api-key": program.secret, "Idempotency-Key": once or uuid4().hex}
    return program.client.post("/api/v1/actions", {"wish": said, **parts}, headers=headers)


def files_kept() -> int:
    return len(list(attachments.folder().glob("*"))) if attachments.folder().exists() else 0


def test_it_goes_with_its_comment(ada_desk: AtDesk, program: Program, wish: dict[str, Any]) -> None:
    answer = send(program, {**wish, "text": None}, image=picture(), alt="Nothing but teal")
    assert answer.status_code == 202, answer.content
    row = program.outgoing(answer)
    assert row.picture is not None
    assert (row.picture.user, row.picture.alt, row.picture.width) == (ada_desk.user, "Nothing but teal", 40)
    ada_desk.deliver()
    assert [entry.kind for entry in ada_desk.ledger] == ["upload", "comment"]


def test_a_form_without_picture_is_the_same_wish_as_its_json(program: Program, wish: dict[str, Any]) -> None:
    first = program.act(once="a", **wish)
    as_file = SimpleUploadedFile("blob", json.dumps(wish).encode(), "application/json")
    headers = {"x-api-key": program.secret, "Idempotency-Key": "a"}
    again = program.client.post("/api/v1/actions", {"wish": as_file}, headers=headers)
    assert send(program, wish, once="a")["Location"] == again["Location"] == first["Location"]


def test_the_picture_is_part_of_what_was_asked(program: Program, wish: dict[str, Any]) -> None:
    before = files_kept()
    first = send(program, wish, once="a", image=picture(), alt="Teal")
    assert send(program, wish, once="a", image=picture(), alt="Teal")["Location"] == first["Location"]
    for parts in ({"image": picture("red"), "alt": "Teal"}, {"image": picture(), "alt": "Green"}, {}):
        refusal(send(program, wish, once="a", **parts), 422, "idempotency_key_reused")
    assert Attachment.objects.count() == Outgoing.objects.count() == files_kept() - before == 1


@pytest.mark.django_db(transaction=True)
def test_many_at_once_keep_one_picture(ada_desk: AtDesk, program: Program, wish: dict[str, Any]) -> None:
    before = files_kept()

    def ask(_: int) -> str:
        return str(send(Program(program.key, program.secret), wish, once="a", image=picture())["Location"])

    assert len(set(in_threads(8, ask))) == 1
    assert Attachment.objects.count() == Outgoing.objects.count() == files_kept() - before == 1


def test_every_wrong_part_is_named_and_nothing_is_kept(
    ada_desk: AtDesk, program: Program, wish: dict[str, Any]
) -> None:
    before = files_kept()
    answer = send(
        program, {**wish, "kind": "shout", "x": 1}, image=picture(), alt="y" * 501, colour="red", file=picture()
    )
    assert set(wrong(answer)) == {"kind", "x", "alt", "part colour", "part file"}
    assert set(wrong(send(program, wish, image=[picture(), picture()]))) == {"part image"}
    assert set(wrong(send(program, wish, image="urn"))) == {"part image"}
    assert set(wrong(send(program, wish, alt="Of what?"))) == {"alt"}
    assert "not both" in wrong(send(program, {**wish, "image": str(uuid4())}, image=picture()))["image"]
    reply = {**wish, "kind": "reply", "target": ada_desk.comment("Does it stop").urn}
    assert "takes no image" in wrong(send(program, reply, image=picture()))["image"]
    torn = SimpleUploadedFile("a.png", picture().read()[:40], "image/png")
    assert "damaged" in wrong(send(program, wish, image=torn))["image"]
    huge = SimpleUploadedFile("a.png", bytes(attachments.MAX_BYTES + 1), "image/png")
    assert "at most 8 MB" in wrong(send(program, wish, image=huge))["image"]
    assert "too long" in wrong(send(program, {**wish, "text": "x" * 2000}, image=picture()))["text"]
    assert set(wrong(send(program, "[]", image=picture()))) == {"wish"}
    headers = {"x-api-key": program.secret, "Idempotency-Key": "a"}
    assert set(wrong(program.client.post("/api/v1/actions", {"image": picture()}, headers=headers))) == {"wish"}
    assert not Attachment.objects.exists() and not Outgoing.objects.exists() and files_kept() == before


@pytest.mark.parametrize(
    ("said", "status", "code"),
    [("{", 400, "malformed"), ("[" * 50_000, 400, "malformed"), ("x" * 1_100_000, 413, "too_large")],
)
def test_no_part_breaks_it(program: Program, said: str, status: int, code: str) -> None:
    refusal(send(program, said), status, code)
    as_file = SimpleUploadedFile("blob", said.encode(), "application/json")
    headers = {"x-api-key": program.secret, "Idempotency-Key": "a"}
    refusal(program.client.post("/api/v1/actions", {"wish": as_file}, headers=headers), status, code)


@pytest.mark.parametrize(
    ("body", "kind"),
    [("x", "multipart/form-data"), ("--x\r\n\r\n\r\n" * 1101 + "--x--\r\n", "multipart/form-data; boundary=x")],
)
def test_no_form_breaks_it(program: Program, body: str, kind: str) -> None:
    headers = {"x-api-key": program.secret, "Idempotency-Key": "a"}
    answer = program.client.generic("POST", "/api/v1/actions", body, content_type=kind, headers=headers)
    assert answer.status_code in (400, 422) and answer.json()["code"] in ("malformed", "invalid")
    assert not Outgoing.objects.exists()


def test_a_picture_uploaded_before_goes_with_a_comment(ada_desk: AtDesk, bo: AtDesk, program: Program) -> None:
    def uploaded(person: AtDesk) -> str:
        return str(attachments.keep(user=person.user, file=picture(), size=100).pk)

    wish: dict[str, Any] = {"actor": ACME, "target": ada_desk.post().urn}
    answer = program.act(kind="comment", text="Look.", image=uploaded(ada_desk), **wish)
    assert answer.status_code == 202 and program.outgoing(answer).picture is not None
    for other in (uploaded(bo), str(uuid4())):
        assert "no such picture" in wrong(program.act(kind="comment", text="Look.", image=other, **wish))["image"]
    assert "takes no image" in wrong(program.act(kind="like", image=uploaded(ada_desk), **wish))["image"]
