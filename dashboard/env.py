"""Typed readers of the environment, for `settings.py` alone.

Each raises ImproperlyConfigured naming the variable (and its value, unless it is a secret). What a value means
is said in `.env.example`; what follows from it is decided in `settings.py`.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from socialactions.linkedin import loopback

TRUE = ("1", "true", "yes", "on")
FALSE = ("0", "false", "no", "off")


def env_str(name: str, default: str = "") -> str:
    """The value without surrounding space; an empty variable counts as absent."""
    return os.environ.get(name, "").strip() or default


def env_bool(name: str, default: bool = False) -> bool:
    text = env_str(name).lower()
    if text in TRUE:
        return True
    if text in FALSE:
        return False
    if text:
        raise ImproperlyConfigured(f"{name} must be true or false, not {text!r}.")
    return default


def env_int(name: str, default: int, *, least: int, most: int) -> int:
    text = env_str(name)
    if not text:
        return default
    try:
        number = int(text)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {text!r}.") from None
    if not least <= number <= most:
        raise ImproperlyConfigured(f"{name} must lie between {least} and {most}, not {number}.")
    return number


def env_list(name: str, default: Sequence[str] = ()) -> list[str]:
    """Values between commas; empty ones are dropped."""
    return [part.strip() for part in env_str(name).split(",") if part.strip()] or list(default)


def env_choice(name: str, default: str, choices: Sequence[str]) -> str:
    text = env_str(name, default)
    if text not in choices:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(choices)}, not {text!r}.")
    return text


def env_secret(name: str, *, kept_in: Path, default: str | None = None) -> str:
    """The secret from NAME, from the file named by NAME_FILE, or from the file NAME in the folder `kept_in`."""
    secret = env_str(name) or _read_secret(name, kept_in) or default
    if secret is None:
        raise ImproperlyConfigured(f"{name} is missing: set {name} or {name}_FILE (see .env.example).")
    return secret


def env_folder(name: str, default: Path) -> Path:
    """An absolute path of a folder that exists and that nobody else may read."""
    return private_folder(Path(env_str(name, str(default))).absolute(), because_of=name)


def env_file_beside(name: str, folder: Path, suffix: str) -> Path:
    """An absolute path of a file that we can write; by default one beside the folder that carries its name.

    Within the folder where we may write nowhere else, and where it is a volume of its own: what stands beside it then
    ends with the container.
    """
    if text := env_str(name):
        path = Path(text).absolute()
        if not os.access(private_folder(path.parent, because_of=name), os.W_OK):
            raise ImproperlyConfigured(f"{name}: cannot write in the folder {path.parent}.")
        return path
    if folder.is_mount() or not os.access(folder.parent, os.W_OK):
        return folder / suffix
    return folder.with_name(f"{folder.name}.{suffix}")


def private_folder(path: Path, *, because_of: str = "DATA_DIR") -> Path:
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ImproperlyConfigured(f"{because_of}: cannot make the folder {path} ({error.strerror}).") from error
    return path


def env_base_url(name: str, default: str) -> str:
    """An address without path, as others are to reach us."""
    url = env_str(name, default).rstrip("/")
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path or parts.query:
        raise ImproperlyConfigured(f"{name} must look like https://desk.example.org, not {url!r}.")
    return url


def env_upstream_url(name: str, default: str) -> str:
    """An address that we send secrets to: https, or plain http on loopback only."""
    url = env_base_url(name, default)
    if url.startswith("http://") and not is_loopback(url):
        raise ImproperlyConfigured(f"{name} must use https unless it is a loopback address, not {url!r}.")
    return url


def is_loopback(url: str) -> bool:
    return loopback.is_loopback(urlsplit(url).hostname)


def _read_secret(name: str, folder: Path) -> str | None:
    named = env_str(f"{name}_FILE")
    path = Path(named) if named else folder / name
    if not named and not path.exists():
        return None
    try:
        return path.read_text(encoding="utf-8").strip() or None
    except OSError as error:
        raise ImproperlyConfigured(f"{name}_FILE: cannot read {path} ({error.strerror}).") from error
