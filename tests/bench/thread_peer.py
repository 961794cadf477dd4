"""The other side of thread.py: django-comments-xtd with as many comments, in a Python that has nothing but it.

Started by thread.py; knows nothing of Threadwell. Both sides answer what standard input asks for by the same lines.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

SIZES = (100, 1000, 5000)
WORDS = "We count every changeover, and this would save about a minute."
Case = Callable[[int], object]


def peer() -> dict[str, Case]:
    """Its own way: the whole tree below an object, for a visitor."""
    folder = tempfile.mkdtemp()
    from django.conf import settings

    apps = ("contenttypes", "auth", "sessions", "messages", "sites")
    settings.configure(
        SECRET_KEY="only for this run",
        ALLOWED_HOSTS=["testserver"],
        ROOT_URLCONF="peer_urls",
        SITE_ID=1,
        USE_TZ=True,
        COMMENTS_APP="django_comments_xtd",
        COMMENTS_XTD_MAX_THREAD_LEVEL=1,
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": f"{folder}/peer.sqlite3"}},
        INSTALLED_APPS=[
            *(f"django.contrib.{app}" for app in apps),
            "rest_framework",
            "django_comments_xtd",
            "django_comments",
        ],
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
        ],
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "APP_DIRS": True,
                "OPTIONS": {
                    "context_processors": [
                        "django.template.context_processors.request",
                        "django.contrib.auth.context_processors.auth",
                    ]
                },
            }
        ],
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    )
    import django

    django.setup()
    from django.core.management import call_command
    from django.test import Client

    call_command("migrate", verbosity=0)
    sys.modules["peer_urls"] = _peer_urls()
    for size in SIZES:
        _fill_peer(size)
    from django.contrib.auth.models import User

    client = Client()
    client.force_login(User.objects.get(username="reader"))
    return {"page": lambda size: seen(client.get(f"/{size}/"))}


def _peer_urls() -> Any:
    import types

    from django.contrib.auth.models import Group
    from django.http import HttpRequest, HttpResponse
    from django.template import engines
    from django.urls import include, path

    drawn = engines["django"].from_string(
        "{% load comments comments_xtd %}<!doctype html><title>A post</title>"
        "{% render_xtdcomment_tree for object allow_feedback show_feedback allow_flagging %}"
    )

    def show(request: HttpRequest, size: int) -> HttpResponse:
        return HttpResponse(drawn.render({"object": Group.objects.get(name=str(size))}, request))

    urls = types.ModuleType("peer_urls")
    urls.urlpatterns = [path("<int:size>/", show), path("comments/", include("django_comments_xtd.urls"))]  # type: ignore[attr-defined]
    return urls


def _fill_peer(size: int) -> None:
    from django.contrib.auth.models import Group, User
    from django.contrib.contenttypes.models import ContentType
    from django.db import transaction
    from django_comments.models import CommentFlag  # type: ignore[import-not-found]
    from django_comments_xtd.models import LIKEDIT_FLAG, XtdComment  # type: ignore[import-not-found]

    reader, _ = User.objects.get_or_create(username="reader")
    group = Group.objects.create(name=str(size))
    kind = ContentType.objects.get_for_model(Group)
    now = datetime.now(UTC)

    def say(n: int, parent: int) -> int:
        made = XtdComment.objects.create(
            content_type=kind, object_pk=group.pk, site_id=1, user_name=f"Person Number {n % 18}",
            user_email=f"p{n % 18}@example.org", comment=f"{WORDS} ({n})", submit_date=now, parent_id=parent,
        )  # fmt: skip
        if n % 5 == 0:
            CommentFlag.objects.create(comment=made, user=reader, flag=LIKEDIT_FLAG)
        found: int = made.pk
        return found

    first_level, with_replies = size * 3 // 4, size // 4
    with transaction.atomic():
        for n in range(first_level):
            made = say(n, 0)
            if (n * with_replies) // first_level != ((n + 1) * with_replies) // first_level:
                say(n + 1, made)


def seen(found: Any) -> None:
    assert found.status_code == 200 and len(found.content) > 10_000, found.status_code


def answer(cases: dict[str, Case], timed: Callable[[], float] = time.process_time) -> None:
    """Time what standard input asks for, one line each, until it ends."""
    print(json.dumps(sorted(cases)), flush=True)
    for line in sys.stdin:
        case, size = json.loads(line)
        began = timed()
        cases[case](size)
        print(json.dumps(1000 * (timed() - began)), flush=True)


if __name__ == "__main__":
    answer(peer())
