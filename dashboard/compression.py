"""Brotli for browsers that take it, gzip for the others; with padding, so that lengths betray no secret (BREACH).

Files that were collected travel with their own compression; those that were not are packed as tightly as brotli can,
once for each process. Streams of events say `Content-Encoding: identity` and are left alone.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from functools import lru_cache
from typing import cast

import brotli
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.middleware.gzip import GZipMiddleware
from django.utils.cache import patch_vary_headers

PAGE_QUALITY = 5  # about as quick as gzip, and a sixth smaller
FILE_MAX = 400_000  # bytes; larger files are pictures or loaded on demand
PADDING_MAX = 100  # bytes, as Django's gzip adds
TAKES_BROTLI = re.compile(r"\bbr\b(?!;\s*q=0(?:\.0+)?(?:,|\s|$))")


class CompressionMiddleware(GZipMiddleware):
    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if not TAKES_BROTLI.search(request.headers.get("Accept-Encoding", "")) or response.has_header(
            "Content-Encoding"
        ):
            return super().process_response(request, response)
        content = _content(response)
        if content is None or len(content) < 200:
            return super().process_response(request, response) if content is None else response
        if isinstance(response, HttpResponse):
            lasts = "immutable" in response.get("Cache-Control", "")
            packed: bytes = _packed_file(content) if lasts else brotli.compress(content, quality=PAGE_QUALITY)
            response.content = packed
        else:
            packed = _packed_file(content)
            cast(StreamingHttpResponse, response).streaming_content = iter([packed])
        response["Content-Length"] = str(len(packed))
        response["Content-Encoding"] = "br"
        if "public" not in response.get("Cache-Control", ""):
            response["X-Padding"] = "x" * secrets.randbelow(PADDING_MAX)
        if etag := response.get("ETag"):
            response["ETag"] = etag if etag.startswith("W/") else f"W/{etag}"
        patch_vary_headers(response, ("Accept-Encoding",))
        return response


def _content(response: HttpResponseBase) -> bytes | None:
    """The whole body of a page or a small text file; None for what is not ours to pack."""
    if isinstance(response, HttpResponse):
        return response.content
    text = response.get("Content-Type", "").startswith(("text/", "application/javascript", "image/svg"))
    small = int(response.get("Content-Length") or FILE_MAX) < FILE_MAX
    if not isinstance(response, FileResponse) or not text or not small or response.status_code != 200:
        return None
    return b"".join(cast(Iterator[bytes], response.streaming_content))


@lru_cache(maxsize=128)
def _packed_file(content: bytes) -> bytes:
    packed: bytes = brotli.compress(content, mode=brotli.MODE_TEXT)
    return packed
