"""The embedded broker: kombu's filesystem transport with messages that appear whole.

kombu creates a message file and then writes it; on a busy machine a worker takes it in between, finds nothing in it and
dies of that. Here a message is written beside and renamed into its place, and the table of queues, which kombu rewrites
in place, is read again when it was caught half written.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kombu.transport import TRANSPORT_ALIASES, filesystem
from kombu.utils.encoding import str_to_bytes
from kombu.utils.json import dumps

READS_AT_MOST = 50
PAUSE_S = 0.01
_binding = threading.Lock()
"""kombu tells all threads of a queue before it is written down: one that was quicker would send to nobody."""


class Channel(filesystem.Channel):
    def _put(self, queue: str, payload: Any, **kwargs: Any) -> None:  # type: ignore[override]  # kombu names it otherwise
        # The name sorts by age, as kombu's own; what begins with a dot belongs to no queue.
        name = f"{round(time.monotonic() * 1000)}_{uuid.uuid4()}.{queue}.msg"
        folder = Path(self.data_folder_out)
        part = folder / f".{name}.part"
        part.write_bytes(str_to_bytes(dumps(payload)))
        part.rename(folder / name)

    def queue_bind(self, *args: Any, **kwargs: Any) -> None:
        with _binding:
            super().queue_bind(*args, **kwargs)

    def get_table(self, exchange: str) -> Any:
        return _whole(lambda: super(Channel, self).get_table(exchange))

    def _queue_bind(self, exchange: str, routing_key: str, pattern: str, queue: str) -> None:
        _whole(lambda: super(Channel, self)._queue_bind(exchange, routing_key, pattern, queue))


class Transport(filesystem.Transport):
    Channel = Channel


def use_whole_messages() -> None:
    """Let the address ``filesystem://`` mean this transport."""
    TRANSPORT_ALIASES["filesystem"] = f"{__name__}:Transport"


def _whole(read: Callable[[], Any]) -> Any:
    """Try again while somebody is still writing the file; an error that stays is raised."""
    for _ in range(READS_AT_MOST):
        try:
            return read()
        except ValueError:
            time.sleep(PAUSE_S)
    return read()
