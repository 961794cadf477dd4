"""Whether this process runs, and whether it can do its work."""

from __future__ import annotations

from django.db import DatabaseError, InterfaceError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_GET

from socialactions.services import disk


@require_GET
def alive(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok", content_type="text/plain")


@require_GET
def ready(request: HttpRequest) -> HttpResponse:
    """503 when the database does not answer. A disk that is nearly full is told, but work goes on."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except (DatabaseError, InterfaceError):
        return JsonResponse({"database": "down"}, status=503)
    return JsonResponse({"database": "ok", "disk": "nearly full" if disk.nearly_full() else "ok"})
