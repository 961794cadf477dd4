"""Pictures people attach: judged by their content, drawn anew without metadata, kept under a random name."""

from __future__ import annotations

import io
import logging
import secrets
import threading
import warnings
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from PIL import Image, ImageOps

from socialactions.models import Attachment, User

log = logging.getLogger(__name__)

MAX_BYTES = 8 * 1024 * 1024
MAX_PIXELS = 36_152_319  # LinkedIn takes fewer than 36,152,320 (Images API)
MAX_FRAMES = 250  # of a GIF (Images API)
MAX_MOVING_PIXELS = 40_000_000  # all pictures of a GIF together: drawing more anew takes longer than anybody waits
FORMATS = {"JPEG": "image/jpeg", "PNG": "image/png", "GIF": "image/gif"}

_one_at_a_time = threading.Lock()  # a large picture takes hundreds of MB and a processor while it is drawn


class PictureRefused(Exception):
    """The words say what is wrong with the file and what to do."""


def keep(*, user: User, file: BinaryIO, size: int, alt: str = "") -> Attachment:
    """Check, re-encode and store one picture. Raises PictureRefused, and leaves nothing behind then."""
    if size > MAX_BYTES:
        raise PictureRefused(
            f"The picture has {size / 1_048_576:.1f} MB; at most 8 MB can be sent. Choose a smaller one."
        )
    content, kind, width, height = redraw(file.read(MAX_BYTES + 1))
    assert user.desk is not None
    name = f"{secrets.token_hex(16)}.{kind.lower()}"
    folder().mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder() / name
    path.write_bytes(content)
    path.chmod(0o600)
    return Attachment.objects.create(
        desk=user.desk,
        user=user,
        file_name=name,
        content_type=FORMATS[kind],
        width=width,
        height=height,
        size=len(content),
        alt=alt[:500],
    )


def discard(attachment: Attachment) -> None:
    """One that nothing was sent with."""
    attachment.delete()
    path_of(attachment).unlink(missing_ok=True)


def is_same(one: Attachment | None, other: Attachment | None) -> bool:
    """Whether people see the same picture. A file chosen twice is drawn to the same bytes."""
    if one is None or other is None or one.pk == other.pk:
        return one == other
    if (one.content_type, one.size) != (other.content_type, other.size):
        return False
    try:
        return path_of(one).read_bytes() == path_of(other).read_bytes()
    except FileNotFoundError:
        return False  # nobody can tell any more, so it is asked


def redraw(content: bytes) -> tuple[bytes, str, int, int]:
    """Decode within limits and encode again: only pixels survive. Returns bytes, format, width, height."""
    try:
        with _one_at_a_time, warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=tuple(FORMATS)) as picture:
                drawn = _drawn(picture)
    except PictureRefused:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PictureRefused("The picture has too many pixels. Choose one with fewer than 36 million.") from error
    except Exception as error:  # what Pillow raises for a damaged file, its EXIF above all, is not bounded
        log.info("a picture was not readable: %s", type(error).__name__)
        raise PictureRefused(
            "This file is no JPEG, PNG or GIF picture, or it is damaged. Choose another one."
        ) from error
    if len(drawn[0]) > MAX_BYTES:
        raise PictureRefused(
            f"Without its metadata the picture would have {len(drawn[0]) / 1_048_576:.1f} MB; at most 8 MB can be sent."
            " Choose one with fewer pixels."
        )
    return drawn


def path_of(attachment: Attachment) -> Path:
    return folder() / attachment.file_name


def folder() -> Path:
    return Path(settings.DATA_DIR) / "attachments"


def _drawn(picture: Image.Image) -> tuple[bytes, str, int, int]:
    kind = "JPEG" if picture.format == "MPO" else str(picture.format)  # a JPEG with further pictures behind it
    width, height = picture.size
    frames = getattr(picture, "n_frames", 1)
    if width * height > MAX_PIXELS:
        raise PictureRefused(f"The picture has {width} × {height} pixels. Choose one with fewer than 36 million.")
    if frames > MAX_FRAMES or (frames > 1 and width * height * frames > MAX_MOVING_PIXELS):
        raise PictureRefused("The animation is too long. Choose one with fewer or smaller pictures.")
    out = io.BytesIO()
    if kind == "GIF" and frames > 1:
        picture.save(out, "GIF", save_all=True, comment=b"")
        return out.getvalue(), kind, width, height
    picture.load()
    still = ImageOps.exif_transpose(picture)
    has_holes = still.mode == "P" or "transparency" in still.info
    clean = still.convert("RGB") if kind == "JPEG" else still.convert("RGBA") if has_holes else still.copy()
    clean.info = {}  # comments and profiles in it would be written again
    clean.save(out, kind, optimize=True, **({"quality": 92} if kind == "JPEG" else {}))
    return out.getvalue(), kind, *still.size
