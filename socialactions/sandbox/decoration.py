"""How the older face brings commenters along: `actor~` inside each comment, `actor!` where it may not be seen."""

from __future__ import annotations

import json

from .exchange import Request, dump, not_found
from .organizations import organization_json
from .people import member_json
from .records import Comment, Json
from .shapes import comment_text, image_url, link_expires_s
from .world import World

_STILL = "com.linkedin.digitalmedia.mediaartifact.StillImage"


def decorated(world: World, request: Request, comment: Comment) -> str:
    """The comment with its actor's profile inlined."""
    found = json.loads(comment_text(world, request, comment))
    kind, _, key = comment.actor.removeprefix("urn:li:").partition(":")
    if kind == "organization":
        found["actor~"] = organization_json(world.organizations[key])
    else:
        member = world.members.get(key)
        if member is None or world.switches.partner_access == "off":
            found["actor!"] = {**not_found().body, "serviceErrorCode": 0}
        elif member.is_private:
            found["actor~"] = {"id": "private"}
        else:
            found["actor~"] = member_json(member)
            if member.picture and "playableStreams" in request.text("projection"):
                found["actor~"]["profilePicture"]["displayImage~"] = _streams(world, request, member.picture)
    return dump(found)


def _streams(world: World, request: Request, picture: str) -> Json:
    asset = f"urn:li:digitalmediaAsset:{picture}"
    size = {"width": 80, "height": 80}
    link = {
        "identifier": image_url(world, request, picture),
        "index": 0,
        "mediaType": "image/svg+xml",
        "identifierType": "EXTERNAL_URL",
        "identifierExpiresInSeconds": link_expires_s(world),
    }
    return {
        "paging": {"count": 10, "start": 0, "links": []},
        "elements": [
            {
                "artifact": f"urn:li:digitalmediaMediaArtifact:({asset},urn:li:digitalmediaMediaArtifactClass:"
                "profile-displayphoto-shrink_100_100)",
                "authorizationMethod": "PUBLIC",
                "data": {
                    _STILL: {"mediaType": "image/svg+xml", "storageSize": size, "displaySize": {**size, "uom": "PX"}}
                },
                "identifiers": [link],
            }
        ],
    }
