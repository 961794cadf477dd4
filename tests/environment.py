"""The environment that settings read while tests run: nothing of whoever runs them, all data in a scratch folder.

`manage.py test` hands over servers in TEST_DATABASE_URL and TEST_REDIS_URL; SCALED_OUT=1 puts them to use.
"""

import base64
import os
import re
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VARIABLE = re.compile(r"^#? ?([A-Z][A-Z0-9_]+)=", re.MULTILINE)
NOBODY_LISTENS = "http://127.0.0.1:1"


def variables() -> list[str]:
    """Every setting that `.env.example` explains."""
    return VARIABLE.findall((ROOT / ".env.example").read_text(encoding="utf-8"))


def prepare() -> tempfile.TemporaryDirectory[str]:
    """Point every setting at test values. The folder returned holds all data; it must be cleaned up at the end."""
    for name in variables():
        os.environ.pop(name, None)
    scratch = tempfile.TemporaryDirectory(prefix="threadwell-test-", ignore_cleanup_errors=True)
    data = Path(scratch.name) / "data"  # so that what belongs beside it stays in the scratch folder too
    data.mkdir()
    os.environ.update(
        {
            "DJANGO_SETTINGS_MODULE": "dashboard.settings",
            "DATA_DIR": str(data),
            "SECRET_KEY": "only-for-tests",
            "FIELD_KEYS": base64.urlsafe_b64encode(b"only for tests, nothing else: ok").decode(),
            "BASE_URL": "http://testserver",
            "LINKEDIN_CLIENT_ID": "sandbox-client",
            "LINKEDIN_CLIENT_SECRET": "sandbox-secret",
            "LINKEDIN_AUTH_BASE_URL": NOBODY_LISTENS,
            "LINKEDIN_API_BASE_URL": NOBODY_LISTENS,
            "LINKEDIN_TIER": "standard",
            "DISK_ALARM_PERCENT": "0",  # how full the disk of whoever tests is stands on no screen
            # Whoever tests the pace sets it.
            "COMMENT_EVERY_S": "0",
            "LIKE_EVERY_S": "0",
            "LIKES_PER_HOUR": "0",
            "OUTGOING_PER_PERSON_PER_DAY": "0",
            **servers(),
        }
    )
    return scratch


def is_scaled_out() -> bool:
    return os.environ.get("SCALED_OUT") == "1"


def servers() -> dict[str, str]:
    """Addresses of PostgreSQL and Redis, apart for each process of pytest-xdist; empty on SQLite and files.

    TEST_AMQP_URL puts RabbitMQ in the place of Redis as the broker, for one process at a time.
    """
    if not is_scaled_out():
        return {}
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    redis = os.environ["TEST_REDIS_URL"].rstrip("/")
    return {
        "DATABASE_URL": os.environ["TEST_DATABASE_URL"],
        "CELERY_BROKER_URL": os.environ.get("TEST_AMQP_URL") or f"{redis}/{2 * number}",
        "CACHE_URL": f"{redis}/{2 * number + 1}",
    }
