"""Who a session belongs to. Signing in is LinkedIn's work; this only finds the person again, with all that each page
needs.
"""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.backends import BaseBackend
from django.http import HttpRequest

from socialactions.models import User
from socialactions.queries import viewing


class LinkedInBackend(BaseBackend):
    def authenticate(self, request: HttpRequest | None, **credentials: object) -> None:
        """Nobody signs in with credentials; see `views.connect`."""
        return None

    def get_user(self, user_id: UUID) -> User | None:
        """The person with their desk and connection, in one query."""
        return viewing.signed_in(user_id)
