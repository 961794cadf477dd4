"""`manage.py purge`: deletes what is past its lifetime, as beat does every few minutes, and follows the receipts."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from socialactions.models import Receipt
from socialactions.services import keeping, receipts


class Command(BaseCommand):
    help = "Deletes everything whose time is over and checks the chain of receipts; exits with 1 if it is broken."

    def handle(self, *args: Any, **options: Any) -> None:
        done = keeping.purge()
        deleted = ", ".join(f"{n} {what}" for what, n in done.items() if n)
        self.stdout.write(f"Deleted: {deleted}." if deleted else "Nothing was past its time.")
        newest = Receipt.objects.latest("pk")
        self.stdout.write(f"Newest receipt: number {newest.pk}, {newest.at:%Y-%m-%d %H:%M:%S} UTC, {newest.digest}.")
        chain = receipts.chain()
        if chain.broken_at is not None:
            raise CommandError(
                f"The chain of receipts is broken at number {chain.broken_at.pk}, after {chain.looked_at} that follow. "
                "Somebody changed or deleted one, or the database came back from a backup that was cut."
            )
        self.stdout.write(f"The chain of {chain.looked_at} receipts is unbroken.")
