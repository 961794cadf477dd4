"""How reading ahead went: one row a run, which is also its progress bar."""

from __future__ import annotations

import uuid

from django.db import models

from socialactions.lifetimes import RUNS_LIVE

from .desks import Desk
from .living import Living


class LivingRuns(Living["SyncRun"]):
    counts_from = "started_at"
    lives = RUNS_LIVE


class SyncRun(models.Model):
    """One walk over the Pages that a person's grant reads: new posts, counts, and the threads that moved."""

    class State(models.TextChoices):
        RUNNING = "running"
        DONE = "done"
        STOPPED = "stopped"  # by a fault or a limit; `problem` says why, in plain words
        LOST = "lost"  # its process died; the next run goes on from what is stored

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    desk = models.ForeignKey(Desk, on_delete=models.CASCADE, related_name="sync_runs")
    member_urn = models.CharField(max_length=255)  # on whose grant
    way = models.CharField(max_length=20)  # beat, person, command
    state = models.CharField(max_length=10, choices=State, default=State.RUNNING)
    started_at = models.DateTimeField()
    alive_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    calls = models.PositiveIntegerField(default=0)
    thread_calls = models.PositiveIntegerField(default=0)  # of these, for the threads that moved
    still_calls = models.PositiveIntegerField(default=0)  # of these, for posts whose counts stand still
    pages = models.PositiveIntegerField(default=0)  # of comments and replies, stored as they came
    posts_seen = models.PositiveIntegerField(default=0)
    posts_moved = models.PositiveIntegerField(default=0)
    posts_read = models.PositiveIntegerField(default=0)  # of those that moved, how many threads are read
    changes = models.PositiveIntegerField(default=0)  # comments new, edited or gone
    problem = models.CharField(max_length=300, blank=True)

    objects = LivingRuns()
    everything: models.Manager[SyncRun] = models.Manager()  # for purge

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["member_urn"], condition=models.Q(state="running"), name="one_run_at_a_time_per_member"
            )
        ]
        indexes = [models.Index(fields=["desk", "-started_at"], name="runs_newest_first")]

    def __str__(self) -> str:
        return f"{self.state} run of {self.started_at}"
