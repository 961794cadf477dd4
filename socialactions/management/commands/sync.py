"""`manage.py sync`: reads ahead now, for all Pages or some, and says what it cost."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from socialactions.models import SyncRun
from socialactions.services import sync


class Command(BaseCommand):
    help = "Reads new posts, counts and the threads that moved, for every connection, within the day's limits."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--everything", action="store_true", help="look at every post, due or not")
        parser.add_argument("--member", default="", help="only on this member's grant, by URN")

    def handle(self, *args: Any, **options: Any) -> None:
        readers = [one for one in sync.readers() if options["member"] in ("", one.member_urn)]
        if not readers:
            raise CommandError("Nobody is connected who may read a Page's comments.")
        stopped = 0
        for connection in readers:
            run = sync.run(connection, way="command", is_everything=options["everything"])
            if run is None:
                self.stdout.write(f"{connection.member_urn}: a run is under way already.")
                continue
            stopped += run.state != SyncRun.State.DONE
            self.stdout.write(
                f"{connection.member_urn}: {run.calls} calls, {run.posts_seen} posts looked at, "
                f"{run.posts_moved} moved, {run.posts_read} threads read, {run.changes} comments changed. "
                f"{run.problem}".rstrip()
            )
        if stopped:
            raise CommandError(f"{stopped} of {len(readers)} runs stopped early.")
