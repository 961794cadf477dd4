"""The page's own scripts as one answer: a file per element to read, one request to load.

There is no build step. The files are joined when they are first asked for and named by what is in them, so that
browsers may keep them for ever.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

# In the order in which they stood in the page: what others use comes first.
FILES = (
    "vendor/idiomorph-ext.min.js",
    "js/mention-editor.js",
    "js/mention-menu.js",
    "js/draft-keeper.js",
    "js/char-count.js",
    "js/picture-field.js",
    "js/emoji-button.js",
    "js/composer-box.js",
    "js/app-dialog.js",
    "js/time-left.js",
    "js/page-filter.js",
    "js/local-zone.js",
    "js/swaps.js",
    "js/keys.js",
)
NAME_CHARS = 12
FOR_EVER = "public, max-age=31536000, immutable"


@require_GET
def joined(request: HttpRequest, name: str) -> HttpResponse:
    """Today's files under any name, so that a page drawn before an update works; only their own name may be kept."""
    content, current = _joined()
    answer = HttpResponse(content, content_type="text/javascript; charset=utf-8")
    answer["Cache-Control"] = FOR_EVER if name == current else "no-cache"
    return answer


def address() -> str:
    return reverse("scripts", args=[_joined()[1]])


def _joined() -> tuple[bytes, str]:
    return _read() if settings.DEBUG else _read_once()


@lru_cache(maxsize=1)
def _read_once() -> tuple[bytes, str]:
    return _read()


def _read() -> tuple[bytes, str]:
    content = b"\n;\n".join(_content(file) for file in FILES)
    return content, hashlib.sha256(content).hexdigest()[:NAME_CHARS]


def _content(file: str) -> bytes:
    path = finders.find(file)
    if not isinstance(path, str):
        raise FileNotFoundError(file)
    return Path(path).read_bytes()
