"""Pictures people attach: judged by their content, drawn anew without metadata, kept under a random name."""

from __future__ import annotations

import io
import secrets
import warnings
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from PIL import Image, ImageOps, UnidentifiedImageError

from socialactions.models import Attachment, User

MAX_BYTES = 8 * 1024 * 1024
MAX_PIXELS = 36_152_319  # LinkedIn takes fewer than 36,152,320 (Images API)
MAX_FRAMES = 250  # of a GIF (Images API)
FORMATS = {"JPEG": "image/jpeg", "PNG": "image/png", "GIF": "image/gif"}


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


def redraw(content: bytes) -> tuple[bytes, str, int, int]:
    """Decode within limits and encode again: only pixels survive. Returns bytes, format, width, height."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=tuple(FORMATS)) as picture:
                return _drawn(picture)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise PictureRefused(
            "This file is no JPEG, PNG or GIF picture, or it is damaged. Choose another one."
        ) from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PictureRefused("The picture has too many pixels. Choose one with fewer than 36 million.") from error


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
    if frames > MAX_FRAMES or width * height * frames > 4 * MAX_PIXELS:
        raise PictureRefused("The animation is too long for LinkedIn. Choose one with fewer pictures.")
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
