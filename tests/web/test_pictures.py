"""Pictures on their way: only pixels survive, the actor owns the upload, and the comment waits until it is there."""

from __future__ import annotations

import io
from typing import Any
from uuid import uuid4

import pytest
from PIL import Image, PngImagePlugin

from socialactions.models import Attachment, Outgoing
from socialactions.sandbox.seeds.cast import ACME, ADA, BIRCH
from socialactions.sandbox.server import Running
from socialactions.services import attachments, outbox, second_thoughts, writing
from socialactions.services.attachments import PictureRefused, redraw
from socialactions.services.outcomes import Reason
from socialactions.services.refusals import Refused
from tests.deeds import Place, again, ago, later, settle_in

State = Outgoing.State
OF_GIF = {"version", "background", "duration", "loop", "extension", "transparency", "disposal"}
SECRET = "GPS 48.8584 N by Ada"


@pytest.fixture
def place(sandbox_server: Running, db: None, settings: Any) -> Place:
    settings.UNDO_WINDOW_S = 0
    return settle_in(sandbox_server)


def drawn(kind: str = "PNG", *, size: tuple[int, int] = (4, 3), mode: str = "RGB", **options: Any) -> bytes:
    file = io.BytesIO()
    Image.new(mode, size, 1 if mode in ("1", "L", "P") else "red").save(file, kind, **options)
    return file.getvalue()


def kept(place: Place, content: bytes | None = None, *, alt: str = "") -> Attachment:
    content = content or drawn()
    return attachments.keep(user=place.user, file=io.BytesIO(content), size=len(content), alt=alt)


# only pixels survive


def with_exif() -> Image.Exif:
    exif = Image.Exif()
    exif[0x010E] = SECRET
    exif[0x0112] = 6  # turned by 90 degrees
    return exif


def a_text() -> PngImagePlugin.PngInfo:
    found = PngImagePlugin.PngInfo()
    found.add_text("Author", SECRET)
    found.add_itxt("XML:com.adobe.xmp", SECRET)
    return found


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("JPEG", {"exif": with_exif()}),
        ("JPEG", {"comment": SECRET}),
        ("JPEG", {"xmp": SECRET.encode()}),
        ("JPEG", {"icc_profile": SECRET.encode()}),
        ("PNG", {"exif": with_exif()}),
        ("PNG", {"pnginfo": a_text()}),
        ("PNG", {"icc_profile": SECRET.encode()}),
        ("GIF", {"comment": SECRET}),
        ("GIF", {"comment": SECRET, "save_all": True, "append_images": [Image.new("RGB", (4, 3), "blue")]}),
    ],
)
def test_metadata_stays_here(kind: str, options: dict[str, Any]) -> None:
    content = drawn(kind, **options)
    assert SECRET.encode() in content or "icc_profile" in options  # PNG packs profiles
    again_drawn, same_kind, _, _ = redraw(content)
    assert same_kind == kind
    assert SECRET.encode() not in again_drawn
    with Image.open(io.BytesIO(again_drawn)) as picture:
        picture.load()
        assert not picture.getexif()
        assert set(picture.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density", *OF_GIF}


def test_a_turned_picture_is_turned_before_its_note_is_lost() -> None:
    content, _, width, height = redraw(drawn("JPEG", size=(40, 30), exif=with_exif()))
    assert (width, height) == (30, 40)
    with Image.open(io.BytesIO(content)) as picture:
        assert picture.size == (30, 40)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "I;16", "LA"])
def test_every_mode_of_png_survives(mode: str) -> None:
    file = io.BytesIO()
    Image.new(mode, (4, 3)).save(file, "PNG")
    content, kind, width, height = redraw(file.getvalue())
    assert (kind, width, height) == ("PNG", 4, 3)
    with Image.open(io.BytesIO(content)) as picture:
        picture.load()


def test_transparency_and_colours_survive() -> None:
    file = io.BytesIO()
    picture = Image.new("RGBA", (2, 1), (10, 20, 30, 0))
    picture.putpixel((1, 0), (200, 100, 50, 255))
    picture.save(file, "PNG")
    with Image.open(io.BytesIO(redraw(file.getvalue())[0])) as found:
        assert [found.convert("RGBA").getpixel((x, 0)) for x in (0, 1)] == [(10, 20, 30, 0), (200, 100, 50, 255)]


def test_a_moving_gif_keeps_moving() -> None:
    more = [Image.new("RGB", (4, 3), colour) for colour in ("blue", "green")]
    content, kind, _, _ = redraw(drawn("GIF", save_all=True, append_images=more))
    with Image.open(io.BytesIO(content)) as found:
        assert (kind, getattr(found, "n_frames", 1)) == ("GIF", 3)


def test_a_camera_picture_with_a_second_one_inside_is_a_jpeg() -> None:
    """Phones and stereo cameras put further pictures behind the first (MPO); only the first is sent."""
    content, kind, width, height = redraw(drawn("MPO", save_all=True, append_images=[Image.new("RGB", (4, 3), "blue")]))
    assert (kind, width, height) == ("JPEG", 4, 3)
    with Image.open(io.BytesIO(content)) as found:
        assert (found.format, getattr(found, "n_frames", 1)) == ("JPEG", 1)


def test_trailing_bytes_are_dropped() -> None:
    for kind in ("JPEG", "PNG", "GIF"):
        assert b"<script>" not in redraw(drawn(kind) + b"<script>alert(1)</script>")[0]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%!PS-Adobe-3.0 EPSF-3.0\n",
        drawn("BMP"),
        drawn("WEBP"),
        drawn("TIFF"),
        drawn("PNG", size=(200, 200))[:120],
        drawn("JPEG", size=(200, 200))[:300],
    ],
)
def test_what_is_no_whole_jpeg_png_or_gif_is_refused(content: bytes) -> None:
    with pytest.raises(PictureRefused, match="no JPEG, PNG or GIF picture, or it is damaged"):
        redraw(content)


def test_a_bomb_is_refused_before_it_is_drawn() -> None:
    with pytest.raises(PictureRefused, match="36 million"):
        redraw(drawn("PNG", mode="1", size=(9_000, 5_000)))
    with pytest.raises(PictureRefused, match="36 million"):
        redraw(drawn("PNG", mode="1", size=(20_000, 20_000)))


def test_a_file_name_is_ours_and_private(place: Place) -> None:
    found = kept(place, alt="x" * 600)
    path = attachments.path_of(found)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert len(found.alt) == 500
    assert (found.size, found.width, found.height) == (path.stat().st_size, 4, 3)


# on their way


@pytest.mark.parametrize("actor", [ACME, BIRCH, ADA])
def test_the_actor_owns_the_upload(place: Place, actor: str) -> None:
    row = place.deliver(place.say("Look.", actor=actor, picture=kept(place)))
    assert row.state == State.SENT
    upload, comment = place.ledger
    assert (upload.kind, upload.actor, upload.agent) == ("upload", actor, ADA)
    assert (comment.kind, comment.actor) == ("comment", actor)
    assert upload.urn == row.image_urn
    stored = place.world.comments[comment.urn.rpartition(",")[2].rstrip(")")]
    assert row.image_urn == f"urn:li:image:{stored.image}"
    assert place.world.uploads[stored.image].startswith(b"\x89PNG")


def test_a_picture_alone_is_a_comment(place: Place) -> None:
    assert place.deliver(place.say("", picture=kept(place))).state == State.SENT


def test_the_comment_waits_until_the_picture_is_there(place: Place) -> None:
    place.switch(image_processing_s=3600)
    row = place.deliver(place.say("Look.", picture=kept(place)))
    assert (row.state, row.reason) == (State.WAITING, Reason.PICTURE_PROCESSING)
    assert not row.attempts.exists()
    waits = []
    for _ in range(5):
        row = place.deliver(later(row, not_before=ago(seconds=1)))
        assert row.not_before is not None
        waits.append(round((row.not_before - ago()).total_seconds()))
    assert waits == [4, 8, 16, 32, 64]  # LinkedIn is asked ever more rarely
    assert [entry.kind for entry in place.ledger] == ["upload"]
    place.switch(image_processing_s=0)
    row = place.deliver(later(row, not_before=ago(seconds=1)))
    assert row.state == State.SENT
    assert [entry.kind for entry in place.ledger] == ["upload", "comment"]


def test_a_picture_linkedin_cannot_process_is_said(place: Place) -> None:
    place.switch(image_processing_s=3600)
    row = place.deliver(place.say("Look.", picture=kept(place)))
    place.world.images[row.image_urn.rpartition(":")[2]].is_broken = True
    place.switch(image_processing_s=0)
    row = place.deliver(later(row, not_before=ago(seconds=1)))
    assert (row.state, row.reason, row.text) == (State.FAILED, Reason.PICTURE_UNREADABLE, "Look.")


def test_a_picture_that_we_lost_is_said_and_nothing_is_sent(place: Place) -> None:
    row = place.say("Look.", picture=kept(place))
    attachments.path_of(row.picture).unlink()
    row = place.deliver(row)
    assert (row.state, row.reason, row.text) == (State.FAILED, Reason.PICTURE_LOST, "Look.")
    assert place.ledger == []


def test_a_picture_that_vanished_is_uploaded_anew(place: Place) -> None:
    place.switch(image_processing_s=3600)
    row = place.deliver(place.say("Look.", picture=kept(place)))
    place.world.images.clear()
    place.switch(image_processing_s=0)
    row = place.deliver(later(row, not_before=ago(seconds=1)))
    assert (row.state, row.reason) == (State.WAITING, Reason.LINKEDIN_DOWN)
    assert place.deliver(later(row, not_before=ago(seconds=1))).state == State.SENT


@pytest.mark.parametrize(
    ("path", "trouble"),
    [
        ("/images$", {"do": "refuse", "status": 500}),
        ("/images$", {"do": "malformed", "form": "html"}),
        ("/dms-uploads/", {"do": "refuse", "status": 503}),
        ("/dms-uploads/", {"do": "drop_after"}),
        ("/images/", {"do": "refuse", "status": 500}),
    ],
)
def test_trouble_with_the_picture_is_no_doubt_about_the_comment(
    place: Place, path: str, trouble: dict[str, Any]
) -> None:
    place.fault(path=path, **trouble)
    row = place.deliver(place.say("Look.", picture=kept(place)))
    assert (row.state, row.reason) == (State.WAITING, Reason.LINKEDIN_DOWN)
    assert place.deliver(later(row, not_before=ago(seconds=1))).state == State.SENT
    assert len(place.entries("comment")) == 1


def test_a_refused_token_of_the_upload_is_refreshed(place: Place) -> None:
    place.world.tokens[place.connection.access_token].expires = 0
    row = place.deliver(place.say("Look.", picture=kept(place)))
    assert (row.state, row.reason) == (State.WAITING, Reason.TOKEN_REFUSED)
    assert place.deliver(later(row, not_before=ago(seconds=1))).state == State.SENT


# where none may be


def test_a_reply_takes_no_picture_and_says_what_to_do(place: Place) -> None:
    with pytest.raises(Refused, match="Send the text without it, or write a new comment with it") as refusal:
        writing.reply_to(place.comment(), speaker=place.speaker(), text="x", picture=kept(place), form_key=uuid4())
    assert refusal.value.field == "picture"
    assert not Outgoing.objects.exists()


def test_who_may_not_upload_is_told_before_sending(place: Place) -> None:
    connection = place.connection
    connection.scopes = [one for one in connection.scopes if one != "w_member_social"]
    connection.save()
    with pytest.raises(Refused, match="w_member_social") as refusal:
        place.say("Look.", actor=ADA, picture=kept(place))
    assert refusal.value.field == "picture"
    assert place.say("Look.", picture=kept(place))
    connection.scopes = [one for one in connection.scopes if one != "w_organization_social"]
    connection.save()
    with pytest.raises(Refused, match="uploading pictures as Acme Robotics"):
        place.say("Look.", picture=kept(place))
    assert place.say("No picture.")


def test_linkedins_refusal_of_the_picture_offers_the_words_alone(place: Place) -> None:
    message = "Unpermitted fields present in REQUEST_BODY: Data Processing Exception while processing fields [/content]"
    place.fault_of_comments(do="refuse", status=403, body={"message": message, "code": "ACCESS_DENIED"})
    row = place.deliver(place.say("Look.", picture=kept(place)))
    assert (row.state, row.reason) == (State.FAILED, Reason.PICTURE_REFUSED)
    assert second_thoughts.without_picture(row, by=place.user)
    assert again(row).hidden_at is not None
    fresh = Outgoing.objects.exclude(pk=row.pk).get()
    assert (fresh.text, fresh.picture) == ("Look.", None)
    assert outbox.deliver(fresh.pk) == []
    assert [entry.text for entry in place.entries("comment")] == ["Look."]
