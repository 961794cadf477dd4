"""Runs the worker's tests with RabbitMQ as the broker, beside PostgreSQL and Redis as the cache.

    .venv/bin/python tests/bench/rabbitmq.py [tests/worker/test_delivery.py …]

Not part of `manage.py test`: the broker brings Erlang with it, and installing that takes longer than all the tests of
the worker may. On Debian: apt-get install --no-install-recommends rabbitmq-server. It runs privately, on free ports.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from tests import services  # noqa: E402


def main() -> None:
    chosen = sys.argv[1:] or ["tests/worker/test_delivery.py", "tests/worker/test_storm.py"]
    with services.running() as addresses, services.rabbitmq() as broker:
        env = {**os.environ, **addresses, "SCALED_OUT": "1", "TEST_AMQP_URL": broker.url}
        done = subprocess.run([sys.executable, "-m", "pytest", "-q", *chosen], cwd=ROOT, env=env)
    sys.exit(done.returncode)


if __name__ == "__main__":
    main()
