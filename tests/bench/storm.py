"""A storm over sending: a thousand actions while workers, broker, database and LinkedIn fail. Prints what became of it.

    .venv/bin/python tests/bench/storm.py [--mode scaled|embedded] [--broker redis|rabbitmq] [--actions 1000] [--seed 1]

`scaled` brings its own PostgreSQL and Redis (or RabbitMQ, which has to be installed), four prefork workers, 20 kills of
a whole worker, one emptied broker and two crashes of the database; `embedded` is SQLite, the filesystem broker and one
worker, killed six times, with 300 actions. Exits with 1 when an action was done twice, lost, done by a wrong actor or
told falsely, also to the programs that asked, or when a person was asked in vain, or to decide more than 2 %. All waits
of sending are `--speed` times shorter, LinkedIn's lateness with them; how long a killed worker takes to start again is
not.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

LASTING = ["fsync=off", "full_page_writes=off", "max_connections=200"]  # a crash of the server loses no commit
WITHOUT_PERSON = 0.98


def main() -> None:
    options = _options()
    with _stage(options) as (plan, logs):
        from django.conf import settings

        from socialactions.sandbox.server import serve
        from tests import storm

        running = serve(storm.world_of(plan))
        settings.LINKEDIN_AUTH_BASE_URL = settings.LINKEDIN_API_BASE_URL = running.base_url
        report = storm.run(plan, running, logs)
        running.stop()
    print(report.table(), flush=True)
    few = report.without_person < WITHOUT_PERSON
    if few:
        print(f"  BROKEN: less than {WITHOUT_PERSON:.0%} without a person")
    sys.exit(1 if report.broken or few else 0)


@contextmanager
def _stage(options: argparse.Namespace) -> Iterator[tuple[object, Path]]:
    """Servers, settings and an empty database; the plan that they allow, and a folder for the processes' logs."""
    from tests import environment, services

    with ExitStack() as stack:
        cut = None
        if options.mode == "scaled":
            database = stack.enter_context(services.postgres(LASTING))
            redis = stack.enter_context(services.redis())
            os.environ |= {"SCALED_OUT": "1", "TEST_DATABASE_URL": database.url, "TEST_REDIS_URL": redis.url}
            if options.broker == "rabbitmq":
                os.environ["TEST_AMQP_URL"] = stack.enter_context(services.rabbitmq()).url
            cut = database.crash
        stack.enter_context(environment.prepare())
        os.environ["UNDO_WINDOW_S"] = "0"
        import django

        django.setup()
        from django.core.management import call_command

        from tests.storm import Plan

        call_command("migrate", verbosity=0)
        is_scaled = options.mode == "scaled"
        actions = options.actions or (1000 if is_scaled else 300)
        plan = Plan(
            actions=actions,
            accepted_within_s=options.within * actions / (1000 if is_scaled else 300),
            seed=options.seed,
            speed=options.speed,
            workers=4 if is_scaled else 1,
            kills=20 if is_scaled else 6,
            cuts=2 if is_scaled else 0,
            cut=cut,
            warm_up=options.warm_up,
            way=options.way,
            stuck_after_s=1000 / options.speed + 60,
        )
        logs = Path(options.logs or stack.enter_context(tempfile.TemporaryDirectory(prefix="threadwell-storm-")))
        logs.mkdir(parents=True, exist_ok=True)
        yield plan, logs


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else None)
    parser.add_argument("--mode", choices=("scaled", "embedded"), default="scaled")
    parser.add_argument("--broker", choices=("redis", "rabbitmq"), default="redis")
    parser.add_argument("--way", choices=("people", "api", "both"), default="people", help="who asks for the actions")
    parser.add_argument("--actions", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--speed", type=int, default=3)
    parser.add_argument("--within", type=float, default=180, help="seconds in which all are accepted")
    parser.add_argument("--warm-up", type=int, default=60, help="plain replies before the storm begins")
    parser.add_argument("--logs", default="", help="a folder that keeps what the processes said")
    return parser.parse_args()


if __name__ == "__main__":
    main()
