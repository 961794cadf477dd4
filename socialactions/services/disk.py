"""How full the disk is that holds database and pictures. Full, it takes nothing: operators hear of it before.

Each process asks the file system itself, once a minute at most: what had to be written down first would be missing
just when the disk is full.
"""

from __future__ import annotations

import logging
import math
import shutil
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import connection

log = logging.getLogger(__name__)
ASKED_AGAIN_AFTER_S = 60.0


@dataclass(frozen=True, slots=True)
class Disk:
    """``percent`` is rounded up, of what we may use: some of a disk is kept for its administrator."""

    percent: int
    free: int

    @property
    def left(self) -> str:
        """ "1.2 GB", or megabytes when it is less than one."""
        return f"{self.free / 1e9:.1f} GB" if self.free >= 1e9 else f"{self.free // 1_000_000} MB"


_asked: tuple[float, Disk | None] | None = None


def nearly_full() -> Disk | None:
    """The disk, when operators should do something about it."""
    found = _lately() if settings.DISK_ALARM_PERCENT else None
    return found if found and found.percent >= settings.DISK_ALARM_PERCENT else None


def warn() -> None:
    """A line for whoever reads logs and no screens."""
    if found := nearly_full():
        log.critical("the disk of database and pictures is %s %% full, %s are left", found.percent, found.left)


def fullest(folders: Iterable[Path]) -> Disk | None:
    """Of the disks that hold these folders; None when none of them answers."""
    found = []
    for folder in folders:
        try:
            usage = shutil.disk_usage(folder)
        except OSError as error:
            log.warning("how full the disk is cannot be asked: %s", error.strerror)
            continue
        if ours := usage.used + usage.free:  # some file systems tell no size
            found.append(Disk(math.ceil(100 * usage.used / ours), usage.free))
    return max(found, key=lambda disk: disk.percent, default=None)


def _lately() -> Disk | None:
    global _asked
    if _asked is None or time.monotonic() - _asked[0] > ASKED_AGAIN_AFTER_S:
        _asked = time.monotonic(), fullest(_folders())
    return _asked[1]


def _folders() -> list[Path]:
    """Also that of a SQLite elsewhere; PostgreSQL's disk is watched where it runs."""
    folders = [Path(settings.DATA_DIR)]
    if connection.vendor == "sqlite":
        folders.append(Path(connection.settings_dict["NAME"]).parent)
    return folders
