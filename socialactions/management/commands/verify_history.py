"""`manage.py verify_history`: compares events, actions and, in the sandbox, LinkedIn's ledger."""

from __future__ import annotations

from typing import Any

import requests
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from socialactions.models import Outgoing
from socialactions.services.ledger import KINDS, Entry
from socialactions.services.verifying import contradictions


class Command(BaseCommand):
    help = "Says what in History contradicts the actions or, in the sandbox, what LinkedIn has; exits with 1 if so."

    def handle(self, *args: Any, **options: Any) -> None:
        found = list(contradictions(_ledger() if settings.SANDBOX else None))
        for sentence in found:
            self.stdout.write(sentence)
        count = Outgoing.objects.count()
        compared = "with LinkedIn's ledger" if settings.SANDBOX else "without LinkedIn, which keeps no ledger for us"
        if found:
            raise CommandError(f"{len(found)} contradictions in {count} actions.")
        self.stdout.write(f"{count} actions agree with their events, {compared}.")


def _ledger() -> list[Entry]:
    try:
        answer = requests.get(f"{settings.LINKEDIN_API_BASE_URL}/sandbox/control/ledger", timeout=30)
        answer.raise_for_status()
    except requests.RequestException as error:
        raise CommandError(f"The sandbox does not show its ledger: {type(error).__name__}. Is it running?") from error
    return [
        Entry(one["kind"], one["urn"], one["actor"], one["agent"], one["target"], one["text"])
        for one in answer.json()["entries"]
        if one["kind"] in KINDS
    ]
