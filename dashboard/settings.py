"""Every setting, read from the environment (`.env.example` explains each variable).

Safe by default: without DEBUG a missing secret stops the start. Readers live in `env.py`.
"""

import os
from base64 import urlsafe_b64encode
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from celery.schedules import crontab
from csp.constants import NONE, SELF, UNSAFE_INLINE
from django.core.exceptions import ImproperlyConfigured

from dashboard.env import (
    env_base_url,
    env_bool,
    env_choice,
    env_file_beside,
    env_folder,
    env_int,
    env_list,
    env_secret,
    env_str,
    env_upstream_url,
    is_loopback,
    private_folder,
)

BASE_DIR = Path(__file__).resolve().parent.parent

# --- Where things are kept, and the secrets -------------------------------------------------------------------------
DEBUG = env_bool("DEBUG")
DATA_DIR = env_folder("DATA_DIR", BASE_DIR / "data")
HIGH_WATER_FILE = env_file_beside("HIGH_WATER_FILE", DATA_DIR, "high-water")
KEYS_DIR = DATA_DIR / "keys"
_DEVELOPMENT_KEY = "threadwell-development-only-key!"  # 32 bytes, known to everybody: accepted with DEBUG only
SECRET_KEY = env_secret("SECRET_KEY", kept_in=KEYS_DIR, default=_DEVELOPMENT_KEY if DEBUG else None)
FIELD_KEYS = [
    key.strip()
    for key in env_secret(
        "FIELD_KEYS",
        kept_in=KEYS_DIR,
        default=urlsafe_b64encode(_DEVELOPMENT_KEY.encode()).decode() if DEBUG else None,
    ).split(",")
]
"""Keys of the encrypted columns: the first encrypts, all decrypt."""

# --- Our own address ------------------------------------------------------------------------------------------------
BASE_URL = env_base_url("BASE_URL", "http://127.0.0.1:8000")
_IS_HTTPS = BASE_URL.startswith("https://")
_OWN_HOSTS = ["127.0.0.1", "localhost", "[::1]"] if is_loopback(BASE_URL) else [urlsplit(BASE_URL).hostname or ""]
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS", _OWN_HOSTS)
CSRF_TRUSTED_ORIGINS = [BASE_URL]

# --- LinkedIn -------------------------------------------------------------------------------------------------------
LINKEDIN_CLIENT_ID = env_str("LINKEDIN_CLIENT_ID")
LINKEDIN_CLIENT_SECRET = env_secret("LINKEDIN_CLIENT_SECRET", kept_in=KEYS_DIR, default="")
LINKEDIN_API_VERSION = env_str("LINKEDIN_API_VERSION", "202609")
LINKEDIN_AUTH_BASE_URL = env_upstream_url("LINKEDIN_AUTH_BASE_URL", "https://www.linkedin.com")
LINKEDIN_API_BASE_URL = env_upstream_url("LINKEDIN_API_BASE_URL", "https://api.linkedin.com")
LINKEDIN_MEDIA_HOSTS = env_list("LINKEDIN_MEDIA_HOSTS", ["https://media.licdn.com"])
LINKEDIN_TIER = env_choice("LINKEDIN_TIER", "development", ("development", "standard"))
LINKEDIN_OLDER_SCOPES = env_bool("LINKEDIN_OLDER_SCOPES")
LINKEDIN_PKCE = env_bool("LINKEDIN_PKCE")
SANDBOX = is_loopback(LINKEDIN_API_BASE_URL)  # "LinkedIn" is a server on this machine; every screen says so

os.environ["OAUTHLIB_RELAX_TOKEN_SCOPE"] = "1"  # noqa: S105 (no password): fewer scopes are ours to judge
if is_loopback(LINKEDIN_AUTH_BASE_URL) and LINKEDIN_AUTH_BASE_URL.startswith("http://"):
    os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"
else:
    os.environ.pop("OAUTHLIB_INSECURE_TRANSPORT", None)

# --- How the desk behaves -------------------------------------------------------------------------------------------
OPEN_SIGN_UP = env_bool("OPEN_SIGN_UP")
UNDO_WINDOW_S = env_int("UNDO_WINDOW_S", 5, least=0, most=60)
MENTION_OFFSETS = env_choice("MENTION_OFFSETS", "utf16", ("utf16", "codepoint"))
COMMENT_MAX_CHARS = env_int("COMMENT_MAX_CHARS", 1250, least=1, most=100_000)
FACES_TTL_S = env_int("FACES_TTL_S", 86_400, least=0, most=86_400)  # LinkedIn's terms: profile data ≤ 24 hours
READ_AHEAD = env_bool("READ_AHEAD", True)
STALE_AFTER_S = env_int("STALE_AFTER_S", 120, least=5, most=86_400)
READS_IN_FLIGHT = env_int("READS_IN_FLIGHT", 8, least=1, most=64)
EARLIER_COMMENTS = env_bool("EARLIER_COMMENTS")
API_CALLS_PER_MINUTE = env_int("API_CALLS_PER_MINUTE", 600, least=0, most=10_000_000)
API_BODY_S = env_int("API_BODY_S", 120, least=1, most=3600)
DISK_ALARM_PERCENT = env_int("DISK_ALARM_PERCENT", 90, least=0, most=100)
WEBHOOKS_TO_LOOPBACK = env_bool("WEBHOOKS_TO_LOOPBACK")
if WEBHOOKS_TO_LOOPBACK and not (DEBUG or SANDBOX):
    raise ImproperlyConfigured(
        "WEBHOOKS_TO_LOOPBACK is for trials in the sandbox; leave it out where LinkedIn is real."
    )

# --- How fast we speak: LinkedIn counts the member, and does not publish its limits ----------------------------------
COMMENT_EVERY_S = env_int("COMMENT_EVERY_S", 6, least=0, most=3600)
COMMENT_BURST = env_int("COMMENT_BURST", 3, least=1, most=100)
LIKE_EVERY_S = env_int("LIKE_EVERY_S", 3, least=0, most=3600)
LIKES_PER_HOUR = env_int("LIKES_PER_HOUR", 60, least=0, most=100_000)
OUTGOING_PER_PERSON_PER_DAY = env_int("OUTGOING_PER_PERSON_PER_DAY", 1000, least=0, most=1_000_000)
_KNOWN_LIMITS = (100, 500) if LINKEDIN_TIER == "development" else (0, 0)
DAILY_CALLS_MEMBER = env_int("DAILY_CALLS_MEMBER", _KNOWN_LIMITS[0], least=0, most=10_000_000)
DAILY_CALLS_APP = env_int("DAILY_CALLS_APP", _KNOWN_LIMITS[1], least=0, most=10_000_000)
DRILL_SPEED = env_int("DRILL_SPEED", 1, least=1, most=60)
if DRILL_SPEED > 1 and not SANDBOX:
    raise ImproperlyConfigured("DRILL_SPEED is for drills against the sandbox; leave it out where LinkedIn is real.")

# --- Django's parts -------------------------------------------------------------------------------------------------
ROOT_URLCONF = "dashboard.urls"
ASGI_APPLICATION = "dashboard.asgi.application"
WSGI_APPLICATION = "dashboard.wsgi.application"
AUTH_USER_MODEL = "socialactions.User"
AUTHENTICATION_BACKENDS = ["dashboard.backends.LinkedInBackend"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LOGIN_URL = "/connect/"
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "csp",
    "ninja",
    "socialactions",
    "dashboard",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    # Pads against BREACH. Above whitenoise, so that files that were not collected travel compressed as well.
    "dashboard.compression.CompressionMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "dashboard.private.NeverStored",
    "dashboard.api.edge.ProblemsOnly",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "dashboard.encoding.OnlyUtf8",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "dashboard.zone.ViewersZone",
    "django_htmx.middleware.HtmxMiddleware",
    "csp.middleware.CSPMiddleware",
    "dashboard.limits.SayTooLarge",
    "dashboard.unsaved.SayNotSaved",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "dashboard.context.frame",
            ]
        },
    }
]
USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = False
LANGUAGE_CODE = "en"

# --- Sessions and headers -------------------------------------------------------------------------------------------
SESSION_ENGINE = "dashboard.sessions"
SESSION_COOKIE_NAME = "threadwell_session"  # cookies ignore ports: the sandbox beside us has its own name
SESSION_COOKIE_AGE = 7 * 86_400
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"  # LinkedIn sends people back by a link: Strict would lose the sign-in's state
SESSION_COOKIE_SECURE = _IS_HTTPS
CSRF_COOKIE_NAME = "threadwell_csrf"
CSRF_COOKIE_HTTPONLY = True  # scripts find the token in the page
CSRF_COOKIE_SECURE = _IS_HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if _IS_HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _IS_HTTPS else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# The proxy in front redirects to https and knows the neighbouring subdomains; we know neither.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W008", "security.W021"]
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_048_576  # form fields; files are counted by the form that takes them

STYLE_HASHES = ["'sha256-rg2BpwZ4T9EADaas/dlxn0KsISPDXXIabE9pnJ++3UQ='"]
"""Hashes of style elements that vendored components make for themselves: the emoji picker's, new with each version."""
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "style-src-elem": [SELF, *STYLE_HASHES],
        "style-src-attr": [UNSAFE_INLINE],  # components place their menus by style attribute
        "img-src": [SELF, "data:", "blob:", *LINKEDIN_MEDIA_HOSTS],
        "connect-src": [SELF],
        "font-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# --- Database and cache ---------------------------------------------------------------------------------------------
DATABASE_URL = env_str("DATABASE_URL", f"sqlite:///{DATA_DIR / 'threadwell.sqlite3'}")
_database: dict[str, Any] = environ.Env.db_url_config(DATABASE_URL)
if _database["ENGINE"] == "django.db.backends.sqlite3":
    _database["ENGINE"] = "socialactions.sqlite"
    _database["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",  # a writer waits for its turn at BEGIN instead of failing later
        "timeout": 20,
        # FULL: an accepted action outlives a power cut. secure_delete: what was deleted is overwritten with zeros, else
        # members' words would stand in the file's free pages long after their time (services/free_pages.py).
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON;",
    }
    _database["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}  # a file, so that locks behave as in production
elif _database["ENGINE"] != "django.db.backends.postgresql":
    raise ImproperlyConfigured("DATABASE_URL must begin with sqlite: or postgres:.")
elif env_bool("PREPARE_STATEMENTS", True):  # docs/decisions/0021, 0023
    _database["OPTIONS"] = {
        "options": "-c jit=off",  # compiling a question takes seconds where answering it takes milliseconds
        **_database.get("OPTIONS", {}),
        "server_side_binding": True,
        "prepare_threshold": 2,
    }
DATABASES = {"default": _database}

CACHE_URL = env_str("CACHE_URL")
CACHES: dict[str, Any]
if CACHE_URL:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": CACHE_URL}}
else:
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
            "LOCATION": str(private_folder(DATA_DIR / "cache")),
            "OPTIONS": {"MAX_ENTRIES": 20_000},
        }
    }

# --- Static files ---------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATICFILES_DIRS = [folder for folder in [BASE_DIR / "static"] if folder.is_dir()]
STATIC_ROOT = env_str("STATIC_ROOT") or None
WHITENOISE_USE_FINDERS = STATIC_ROOT is None  # collecting takes longer than a first start may
WHITENOISE_ALLOW_ALL_ORIGINS = False
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = ("png", "jpg", "gif", "webp", "woff2", "gz", "br", "zip", "map")
_STATIC_STORAGE = (
    "whitenoise.storage.CompressedManifestStaticFilesStorage"
    if STATIC_ROOT
    else "django.contrib.staticfiles.storage.StaticFilesStorage"
)
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": _STATIC_STORAGE},
}

# --- Background work: the database row is the queue, a message is only a doorbell -----------------------------------
CELERY_BROKER_URL = env_str("CELERY_BROKER_URL", "filesystem://")
IS_EMBEDDED = CELERY_BROKER_URL.startswith("filesystem:")
if IS_EMBEDDED:
    _BROKER_DIR = private_folder(DATA_DIR / "broker")
    CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = {
        "data_folder_in": str(private_folder(_BROKER_DIR / "messages")),
        "data_folder_out": str(_BROKER_DIR / "messages"),
        "processed_folder": str(private_folder(_BROKER_DIR / "processed")),
        "store_processed": True,  # else messages pass through the machine's shared temporary folder
        "control_folder": private_folder(_BROKER_DIR / "control"),
        "polling_interval": 0.1,
    }
elif CELERY_BROKER_URL.startswith(("redis:", "rediss:")):
    # A broker that hangs must not hold whoever has just written something: the sweeper rings as well.
    CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 300, "socket_connect_timeout": 2, "socket_timeout": 3}
else:
    CELERY_BROKER_TRANSPORT_OPTIONS = {"write_timeout": 3}  # as above
    CELERY_BROKER_CONNECTION_TIMEOUT = 2
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0.1}  # the sweeper rings again
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False  # nobody asks, and the embedded broker would poll for it
CELERY_WORKER_POOL = "threads" if IS_EMBEDDED else "prefork"  # no fork while SQLite is open
CELERY_WORKER_CONCURRENCY = 8 if IS_EMBEDDED else 4  # long readings leave room for writing
CELERY_DB_REUSE_MAX = 1_000_000_000  # dashboard/celery.py looks after connections
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "beat-schedule")
_OLD = {"expires": 1800}  # on beat's clock: workers' may be wrong by minutes
CELERY_BEAT_SCHEDULE = {
    # finds due rows that no bell announced, well within the promised ten seconds
    "sweep": {"task": "socialactions.tasks.sweep", "schedule": 5 / DRILL_SPEED, "options": _OLD},
    # what stands twice in public; at night, because it reads posts anew
    "find-twins": {"task": "socialactions.tasks.find_twins", "schedule": crontab(hour=2, minute=30)},
    # looks at what is due, within the day's limit
    "read-ahead": {"task": "socialactions.tasks.read_ahead", "schedule": 60.0, "options": _OLD},
    # deletes what is past its lifetime; it was unreadable already, and goes within minutes
    "purge": {"task": "socialactions.tasks.purge", "schedule": 300.0, "options": _OLD},
    # where something of ours is open, the words it is about are read again before they end; they have hours left
    "keep-open-work": {"task": "socialactions.tasks.keep_open_work", "schedule": 600.0, "options": _OLD},
    # a line in the log for whoever sees no banner; a disk seldom fills faster
    "watch-disk": {"task": "socialactions.tasks.watch_disk", "schedule": 300.0, "options": _OLD},
    # the embedded broker never deletes what it delivered
    "empty-broker": {"task": "dashboard.celery.empty_broker", "schedule": 600.0, "options": _OLD},
}

# --- Logs: names and ids, never words or tokens ---------------------------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"()": "dashboard.redaction.RedactingFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        "django": {"handlers": [], "propagate": True},
        "urllib3": {"level": "WARNING"},
        "kombu.connection": {"level": "ERROR"},
    },
}
