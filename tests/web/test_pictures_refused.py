"""Pictures that would cost us more than they are worth, or that break what reads them: refused with words."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from socialactions.services import attachments
from socialactions.services.attachments import PictureRefused, redraw

TURNED = b"II*\0\x08\0\0\0\x02\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0"


def drawn(kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (4, 3), "red").save(file, kind, **options)
    return file.getvalue()


@pytest.mark.parametrize(
    "notes",
    [
        b"",
        b"II*",
        b"II*\0\xff\xff\xff\x7f",
        b"II*\0\x08\0\0\0\x05\0\x12\x01",  # ends within its first entry
        b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\0\0\0\0\0\0\0\0\0\0\0\0",  # no orientation at all
        TURNED + b"\x05\xa0\x01\0\x01\0\0\0\x08\0\0\0\0\0\0\0",  # struct.error
        TURNED + b"\x1a\x01\x07\0\x02\0\0\0\x06\0\0\0\0\0\0\0",  # TypeError
        TURNED + b"\x0e\x01\x0a\0\x01\0\0\0\0\0\0\0\0\0\0\0",  # AttributeError
    ],
)
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_broken_notes_never_break_the_form(kind: str, notes: bytes) -> None:
    try:
        content, _, _, _ = redraw(drawn(kind, exif=b"Exif\0\0" + notes))
    except PictureRefused as refusal:
        assert "damaged" in str(refusal)
    else:
        with Image.open(io.BytesIO(content)) as picture:
            assert not picture.getexif()


def test_a_long_animation_is_refused_before_it_is_drawn() -> None:
    more = [Image.new("P", (3_200, 3_200), colour) for colour in (2, 3, 4)]
    file = io.BytesIO()
    Image.new("P", (3_200, 3_200), 1).save(file, "GIF", save_all=True, append_images=more)
    with pytest.raises(PictureRefused, match="fewer or smaller pictures"):
        redraw(file.getvalue())


def test_a_picture_that_grows_beyond_the_limit_is_refused() -> None:
    file = io.BytesIO()
    Image.effect_noise((4_000, 4_000), 100).save(file, "JPEG", quality=5)
    assert file.tell() < attachments.MAX_BYTES
    with pytest.raises(PictureRefused, match="at most 8 MB can be sent"):
        redraw(file.getvalue())
