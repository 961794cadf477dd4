"""The pages' own scripts and styles, each as one answer: a file per element to read, one request to load.

There is no build step. The files are joined when they are first asked for and named by what is in them, so that
browsers may keep them for ever.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

# In the order in which they stood in the page: what others use comes first.
SCRIPTS = (
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
    "js/copy-words.js",
    "js/keys.js",
)
# A later layer wins over an earlier one, whatever its selectors.
STYLES = (
    ("tokens", "css/tokens.css"),
    ("base", "css/base.css"),
    ("components", "css/components/controls.css"),
    ("components", "css/components/thread.css"),
    ("layout", "css/layout.css"),
)
NAME_CHARS = 12
FOR_EVER = "public, max-age=31536000, immutable"
COMMENT = re.compile(r"/\*.*?\*/\s*", re.DOTALL)  # no string in our styles holds one; a test looks


@require_GET
def scripts(request: HttpRequest, name: str) -> HttpResponse:
    """Today's files under any name, so that a page drawn before an update works; only their own name may be kept."""
    return _answer(_scripts, name, "text/javascript")


@require_GET
def styles(request: HttpRequest, name: str) -> HttpResponse:
    """As the scripts."""
    return _answer(_styles, name, "text/css")


def scripts_address() -> str:
    return reverse("scripts", args=[_current(_scripts)[1]])


def styles_address() -> str:
    return reverse("styles", args=[_current(_styles)[1]])


def _answer(joined: Callable[[], str], name: str, kind: str) -> HttpResponse:
    content, current = _current(joined)
    answer = HttpResponse(content, content_type=f"{kind}; charset=utf-8")
    answer["Cache-Control"] = FOR_EVER if name == current else "no-cache"
    return answer


def _current(joined: Callable[[], str]) -> tuple[bytes, str]:
    return _named(joined) if settings.DEBUG else _named_once(joined)


@cache
def _named_once(joined: Callable[[], str]) -> tuple[bytes, str]:
    return _named(joined)


def _named(joined: Callable[[], str]) -> tuple[bytes, str]:
    content = joined().encode()
    return content, hashlib.sha256(content).hexdigest()[:NAME_CHARS]


def _scripts() -> str:
    return "\n;\n".join(_text(file) for file in SCRIPTS)


def _styles() -> str:
    order = ", ".join(dict.fromkeys(layer for layer, _ in STYLES))
    layers = (f"@layer {layer} {{\n{COMMENT.sub('', _text(file))}}}" for layer, file in STYLES)
    return "\n".join([f"@layer {order};", *layers])


def _text(file: str) -> str:
    path = finders.find(file)
    if not isinstance(path, str):
        raise FileNotFoundError(file)
    return Path(path).read_text()
