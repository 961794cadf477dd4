"""The words of a comment that somebody wants to write: length, mentions, picture. Raises what LinkedIn answers."""

from __future__ import annotations

from typing import Any

from socialactions.linkedin.urns import Urn

from .exchange import Refused, Request, missing, unpermitted, wrong_value
from .images import status_of
from .records import Json
from .world import World

_V2_UNIONS = {
    "com.linkedin.adsexternalapi.social.OrganizationAttributedEntity": ("company", "organization"),
    "com.linkedin.adsexternalapi.social.PersonAttributedEntity": ("member", "person"),
}


def read_message(world: World, request: Request, message: Any, *, has_content: bool) -> tuple[str, list[Json]]:
    """Text and spans of a message.

    Raises: Refused 400 for blank or too long text and spans that lie outside or over one another, 403 for other fields.
    """
    if not isinstance(message, dict):
        raise wrong_value("message", message)
    surplus = [f"/message/{name}" for name in message if name not in ("text", "attributes")]
    if surplus:
        raise unpermitted(*surplus)
    text = message.get("text")
    if text is None:
        raise missing("message/text")
    if not isinstance(text, str) or not _is_unicode(text):
        raise wrong_value("message/text", "this value")
    if not text.strip() and not has_content:
        raise Refused(400, "message/text can't be blank", code="INVALID_VALUE_BLANK_FIELD")
    limit = world.switches.text_limit
    if limit is not None and len(text) > limit:
        message_text = f"message/text length {len(text)} can't exceeded maximum {limit} length"
        raise Refused(400, message_text, code="FIELD_LENGTH_TOO_LONG")
    return text, _spans(world, request, text, message.get("attributes", []))


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _spans(world: World, request: Request, text: str, attributes: Any) -> list[Json]:
    if not isinstance(attributes, list):
        raise wrong_value("message/attributes", attributes)
    size = len(text.encode("utf-16-le")) // 2 if world.switches.index_unit == "utf16" else len(text)
    found = [_span(world, request, attribute) for attribute in attributes]
    end = 0
    for span in sorted(found, key=lambda span: int(span["start"])):
        if span["start"] < end or span["start"] + span["length"] > size:
            raise wrong_value("message/attributes", f"start {span['start']}, length {span['length']}")
        end = span["start"] + span["length"]
    return found


def _span(world: World, request: Request, attribute: Any) -> Json:
    if not isinstance(attribute, dict):
        raise wrong_value("message/attributes", attribute)
    for name in ("start", "length"):
        number = attribute.get(name)
        if number is None:
            raise missing(f"message/attributes/{name}")
        if type(number) is not int or number < (name == "length"):
            raise wrong_value(f"message/attributes/{name}", number)
    span: Json = {"start": attribute["start"], "length": attribute["length"]}
    if attribute.get("value") is not None:
        span["urn"] = _mentioned(world, request, attribute["value"])
    return span


def _mentioned(world: World, request: Request, value: Any) -> str:
    """The URN inside the union, which has one shape per face."""
    union, inner = next(iter(value.items())) if isinstance(value, dict) and len(value) == 1 else ("", None)
    field, kind = _V2_UNIONS.get(union, ("", "")) if request.is_v2 else (union, union)
    text = inner.get(field) if kind in ("organization", "person") and isinstance(inner, dict) else None
    if not isinstance(text, str):
        raise wrong_value("message/attributes/value", value)
    try:
        urn = str(Urn.parse(text, kind))
    except ValueError:
        message = f"message/attributes/value value {text} must be a {kind} URN"
        raise Refused(400, message, code="INVALID_URN_TYPE") from None
    if not world.knows_actor(urn):
        raise Refused(400, "The URN ID provided is invalid", code="INVALID_URN_ID")
    return urn


def read_content(world: World, request: Request, body: Json, actor: str, *, is_reply: bool) -> str:
    """The id of the picture, or nothing.

    Raises: Refused 403 for a picture in a reply, 400 for one that is not the actor's, not there or not ready.
    """
    if "content" not in body:
        return ""
    if is_reply:
        raise unpermitted("/content")
    content = body["content"]
    if not isinstance(content, list) or len(content) != 1 or not isinstance(content[0], dict):
        raise wrong_value("content", content)
    surplus = [f"/content/0/{name}" for name in content[0] if name != "entity"]
    if surplus:
        raise unpermitted(*surplus)
    name, kind = ("digitalmediaAsset", "digitalmediaAsset") if request.is_v2 else ("image", "image")
    entity = content[0].get("entity")
    text = entity.get(name) if isinstance(entity, dict) and set(entity) == {name} else None
    prefix = f"urn:li:{kind}:"
    image = world.images.get(text.removeprefix(prefix)) if isinstance(text, str) and text.startswith(prefix) else None
    if image is None or image.owner != actor:
        raise Refused(400, "The image ID provided is invalid", code="INVALID_IMAGE_ID")
    status = status_of(world, image)
    if status == "PROCESSING_FAILED":
        raise Refused(400, f"The image {text} could not be processed", code="MEDIA_ASSET_PROCESSING_FAILED")
    if status != "AVAILABLE":
        raise Refused(400, f"The image {text} is not ready", code="MEDIA_ASSET_WAITING_UPLOAD")
    return image.id
