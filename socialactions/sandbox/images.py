"""`/images`, the upload address it hands out, and the older `/assets`. Keeps uploaded bytes; `media` serves them."""

from __future__ import annotations

from .exchange import Answer, Refused, Request, answer_json, missing, not_found, unpermitted, wrong_method, wrong_value
from .gates import READ_ROLES, denied, has_scope, require_batches
from .records import Image, Json
from .restli import path_urn, read_urn
from .shapes import batch_json, image_url, link_expires_s
from .targets import actor_urn
from .world import World

RESOURCE = "images"
UPLOAD_LIFE_MS = 3_600_000
MAX_UPLOAD = 64 * 1024 * 1024
_MAGIC = {
    b"\xff\xd8\xff": "image/jpeg",
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
}
_UPLOADING = "com.linkedin.digitalmedia.uploading.MediaUploadHttpRequest"


def route(world: World, request: Request) -> Answer:
    if request.segments:
        if request.method != "GET" or len(request.segments) > 1:
            raise wrong_method()
        _require_read(request)
        return answer_json(_image_json(world, request, _found(world, request.segments[0], in_path=True)))
    if request.method == "POST" and request.text("action") == "initializeUpload":
        return initialize(world, request)
    if request.method == "GET" and "ids" in request.parameters:
        return batch(world, request)
    raise wrong_method()


def _require_read(request: Request) -> None:
    if not has_scope(request, ("w_organization_social", "r_organization_social", "rw_organization_admin")):
        message = "Accessing this image resource is forbidden. Please check your permissions for this resource"
        raise Refused(403, message)


def _found(world: World, text: str, *, in_path: bool = False) -> Image:
    urn = path_urn(text, "image") if in_path else read_urn(text, "image")
    image = world.images.get(urn.key)
    if image is None:
        raise not_found()
    return image


def batch(world: World, request: Request) -> Answer:
    require_batches(world, request, RESOURCE)
    _require_read(request)
    results: dict[str, Json] = {}
    errors: dict[str, Json] = {}
    for asked in map(str, request.items("ids")):
        try:
            results[asked] = _image_json(world, request, _found(world, asked))
        except Refused as refused:
            errors[asked] = refused.body
    return answer_json(batch_json(results, errors))


def initialize(world: World, request: Request) -> Answer:
    body = request.json()
    wish = body.get("initializeUploadRequest")
    if not isinstance(wish, dict):
        raise missing("initializeUploadRequest")
    surplus = [f"/initializeUploadRequest/{name}" for name in wish if name not in ("owner", "mediaLibraryMetadata")]
    if surplus:
        raise unpermitted(*surplus)
    image = _new_image(world, request, wish.get("owner"))
    return answer_json(
        {
            "value": {
                "uploadUrlExpiresAt": image.upload_expires,
                "uploadUrl": _upload_url(request, image),
                "image": image.urn,
            }
        }
    )


def _upload_url(request: Request, image: Image) -> str:
    return f"{request.base_url}/dms-uploads/{image.id}/uploaded-image/0?ut={image.id[:12]}"


def _new_image(world: World, request: Request, owner: object) -> Image:
    if not owner:
        raise missing("owner")
    urn = actor_urn("owner", owner)
    if urn.startswith("urn:li:person:"):
        allowed = urn == request.viewer and has_scope(request, ("w_member_social",))
    else:
        allowed = has_scope(request, ("w_organization_social",)) and world.role(request.viewer, urn) in READ_ROLES
    if not allowed:
        raise denied(request, RESOURCE, "ACTION")
    now = world.now_ms()
    image = Image(world.new_secret("C4D", 28), urn, now, upload_expires=now + UPLOAD_LIFE_MS)
    world.images[image.id] = image
    world.touch()
    return image


def upload(world: World, request: Request) -> Answer:
    """PUT of the bytes to the address handed out; what is no picture fails while it is processed."""
    if request.method not in ("PUT", "POST"):
        raise wrong_method()
    image = world.images.get(request.path.split("/")[2])
    if image is None or f"ut={image.id[:12]}" not in request.query.split("&"):
        raise not_found()
    if image.upload_expires <= world.now_ms():
        raise Refused(400, "The upload URL has expired", code="EXPIRED_UPLOAD_URL")
    if len(request.body) > MAX_UPLOAD:
        raise Refused(413, "Request Entity Too Large")
    if not request.body:
        raise Refused(400, "The upload has no bytes", code="INVALID_VALUE_BLANK_FIELD")
    image.content_type = next((kind for magic, kind in _MAGIC.items() if request.body.startswith(magic)), "")
    image.is_broken = not image.content_type
    image.uploaded = world.now_ms()
    world.uploads[image.id] = request.body
    world.record("upload", actor=image.owner, agent=request.viewer, target=image.owner, urn=image.urn)
    return Answer(201)


def status_of(world: World, image: Image) -> str:
    if image.file:
        return "AVAILABLE"
    if not image.uploaded:
        return "WAITING_UPLOAD"
    if world.now_ms() < image.uploaded + world.switches.image_processing_s * 1000:
        return "PROCESSING"
    return "PROCESSING_FAILED" if image.is_broken else "AVAILABLE"


def _image_json(world: World, request: Request, image: Image) -> Json:
    status = status_of(world, image)
    found: Json = {"id": image.urn, "owner": image.owner, "status": status}
    if status == "AVAILABLE":
        found["downloadUrl"] = image_url(world, request, image.id)
        found["downloadUrlExpiresAt"] = link_expires_s(world) * 1000
    return found


def assets(world: World, request: Request) -> Answer:
    """The older way to an upload address: `/v2/assets?action=registerUpload`."""
    if request.method != "POST" or request.segments or request.text("action") != "registerUpload":
        raise wrong_method()
    wish = request.json().get("registerUploadRequest")
    if not isinstance(wish, dict):
        raise missing("registerUploadRequest")
    if wish.get("recipes") != ["urn:li:digitalmediaRecipe:feedshare-image"]:
        raise wrong_value("recipes", wish.get("recipes"))
    image = _new_image(world, request, wish.get("owner"))
    return answer_json(
        {
            "value": {
                "asset": f"urn:li:digitalmediaAsset:{image.id}",
                "mediaArtifact": f"urn:li:digitalmediaMediaArtifact:(urn:li:digitalmediaAsset:{image.id},"
                "urn:li:digitalmediaMediaArtifactClass:feedshare-uploadedImage)",
                "uploadMechanism": {_UPLOADING: {"uploadUrl": _upload_url(request, image), "headers": {}}},
            }
        }
    )
