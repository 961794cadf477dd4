"""`/media/…`: drawings of the seeds and uploaded pictures, behind links that end."""

from __future__ import annotations

import re
from pathlib import Path

from .exchange import Answer, Refused, Request, not_found, wrong_method
from .world import World

DRAWINGS = Path(__file__).parent / "seeds" / "media"


def route(world: World, request: Request) -> Answer:
    if request.method not in ("GET", "HEAD"):
        raise wrong_method()
    match = re.fullmatch(r"/media/images/([\w-]+)", request.path)
    image = world.images.get(match[1]) if match else None
    if image is None:
        raise not_found()
    ends = re.search(r"(?:^|&)e=(\d{1,12})(?:&|$)", request.query)
    if ends and int(ends[1]) <= world.now_s():
        raise Refused(403, "URL signature expired")
    if image.file:
        content, kind = (DRAWINGS / image.file).read_bytes(), "image/svg+xml"
    elif image.id in world.uploads and not image.is_broken:
        content, kind = world.uploads[image.id], image.content_type
    else:
        raise not_found()
    headers = [
        ("Cache-Control", "private, max-age=3600"),
        ("X-Content-Type-Options", "nosniff"),
        ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'"),
        ("Access-Control-Allow-Origin", "*"),
    ]
    return Answer(200, content, kind, headers)
