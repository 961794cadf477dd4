"""Pictures for comments: judged and drawn anew when they come, attached by their id when the comment is asked for."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, cast
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema, Status
from ninja.files import UploadedFile
from ninja.params.models import File, Form
from pydantic import Field

from socialactions.lifetimes import UNSENT_PICTURES_LIVE
from socialactions.services import attachments

from .keys import KeyRequest, needs
from .problems import documented, invalid
from .shapes import Words

router = Router(tags=["actions"])


class ImageOut(Schema):
    id: UUID
    content_type: str
    width: int
    height: int
    size: int = Field(description="Bytes, after it was drawn anew without metadata.")
    expires_at: datetime = Field(description="Deleted then, unless a comment was sent with it.")


@router.post(
    "/images",
    auth=needs("comment"),
    response={201: ImageOut, **documented(400, 408, 413)},
    operation_id="uploadImage",
    summary="Upload a picture for a comment",
)
def upload(
    request: HttpRequest,
    file: Annotated[UploadedFile, File(..., description="JPEG, PNG or GIF of at most 8 MB.")],
    alt: Annotated[Words, Form("", max_length=500, description="What is to be seen, for who cannot see it.")],
) -> Any:
    """Uploading the same twice does no harm: what no comment takes is deleted after a day."""
    strange = sorted({*request.POST, *request.FILES} - {"file", "alt"})
    if strange:
        raise invalid(*[(name[:80], "This is no field of a picture.") for name in strange[:20]])
    try:
        user = cast(KeyRequest, request).auth.user
        made = attachments.keep(user=user, file=file, size=file.size or 0, alt=alt)  # type: ignore[arg-type]  # ninja's own
    except attachments.PictureRefused as error:
        raise invalid(("file", str(error))) from error
    told = {
        "id": made.pk,
        "content_type": made.content_type,
        "width": made.width,
        "height": made.height,
        "size": made.size,
        "expires_at": made.created_at + UNSENT_PICTURES_LIVE,
    }
    return Status(201, told)
