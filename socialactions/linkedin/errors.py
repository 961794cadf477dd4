"""Everything that can go wrong between us and LinkedIn, as one tree to catch by class, never by message.

    LinkedInError           .status .code .service_code .message .request_id .retryable .retry_at
    ├─ Unreachable          no connection was made: safe to send again
    ├─ NoAnswer             sent, nothing definite came back (timeout, reset, 408): look before sending again
    │  └─ Redirected        3xx, which we never follow
    ├─ RateLimited          retryable after .retry_at; .creation_throttle for the one-minute limit on new comments
    ├─ ServerBroken         5xx: retryable for reads, unclear for writes
    ├─ TokenRejected        ask the admin to reconnect; .expired when a refresh may help
    ├─ NotPermitted         role, scope or product is missing; .field_refused names a field LinkedIn does not take
    ├─ NotFound             gone on LinkedIn, or never visible
    ├─ BadRequest           we are wrong: a bug, or text that LinkedIn does not take
    │  └─ Conflict          409: it is already so, or somebody else was faster
    ├─ VersionSunset        426: the installation has to ask for a newer version
    └─ UnexpectedAnswer     a success that is not the shape we know; .sample keeps what came, for the maintainers

Sources: the statuses and bodies of Microsoft Learn "Error handling", "Network update social actions" and "API
versioning". Repeating is left to the caller.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from pydantic_core import from_json

SAMPLE_MAX = 2000
CREATION_PAUSE = timedelta(seconds=60)  # "short term 1 minute rate limit" on creating comments
RETRY_AFTER_MAX = timedelta(hours=1)  # not documented by LinkedIn: believed only when sane

_REFUSED_FIELD = re.compile(r"Unpermitted fields present in REQUEST_BODY.*\[([^\]]*)\]", re.DOTALL)
_NO_RESOURCE = "No virtual resource found"


class LinkedInError(Exception):
    """A call that did not end as asked. Says nothing of bodies or tokens in `str` and `repr`."""

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        code: str | None = None,
        service_code: int | None = None,
        request_id: str | None = None,
        retryable: bool = False,
        retry_at: datetime | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.code = code
        self.service_code = service_code
        self.request_id = request_id  # what LinkedIn's support asks for
        self.retryable = retryable
        self.retry_at = retry_at

    def __str__(self) -> str:
        facts = [str(fact) for fact in (self.status, self.code) if fact is not None]
        return f"{self.message} ({' '.join(facts)})" if facts else self.message


class Unreachable(LinkedInError):
    """No connection was made, so nothing was asked."""


class NoAnswer(LinkedInError):
    """The request left, and nothing definite came back."""


class Redirected(NoAnswer):
    """LinkedIn pointed elsewhere; following could repeat a write or carry the token away."""


class RateLimited(LinkedInError):
    """Today's share, or this minute's, is spent; nothing was done."""

    creation_throttle = False


class ServerBroken(LinkedInError):
    """LinkedIn failed; a write may have been applied all the same."""


class TokenRejected(LinkedInError):
    """The token is not, or no longer, accepted."""

    expired = False


class NotPermitted(LinkedInError):
    """The scope, the product or the role is missing, or a field is not taken here."""

    field_refused: str | None = None  # "/content" when a picture stands where none may


class NotFound(LinkedInError):
    """Not there, or not visible to us."""


class BadRequest(LinkedInError):
    """LinkedIn does not take the request as it is."""


class Conflict(BadRequest):
    """It is already so, or somebody else was faster."""


class VersionSunset(LinkedInError):
    """The configured API version is not active: raise LINKEDIN_API_VERSION."""


class UnexpectedAnswer(LinkedInError):
    """LinkedIn said yes in a shape we do not know: the thing may be done. `sample` may hold members' words."""

    sample: str = ""
    field: str = ""  # where the shape differs, when that is known

    @classmethod
    def of(cls, message: str, *, sample: str = "", field: str = "", status: int | None = None) -> UnexpectedAnswer:
        error = cls(message, status=status)
        error.sample = sample[:SAMPLE_MAX]
        error.field = field
        return error


_BY_STATUS: dict[int, type[LinkedInError]] = {
    401: TokenRejected,
    403: NotPermitted,
    404: NotFound,
    408: NoAnswer,
    409: Conflict,
    410: NotFound,
    426: VersionSunset,
    429: RateLimited,
}


def from_answer(
    status: int, headers: Mapping[str, str], body: bytes, *, write: bool, now: datetime | None = None
) -> LinkedInError:
    """Say what an answer other than a success means. `headers` compare without case; the body need not be JSON.

    `now` is our clock; LinkedIn's midnight is counted on LinkedIn's clock, and `retry_at` is given in ours.
    """
    details = error_details(body)
    message = _text(details, "message") or f"LinkedIn answered {status} without an explanation"
    kind = _class_of(status, details)
    error = kind(
        message[:SAMPLE_MAX],
        status=status,
        code=_text(details, "code"),
        service_code=_number(details.get("serviceErrorCode")),
        request_id=headers.get("x-li-uuid") or headers.get("x-li-request-id") or _text(details, "requestId"),
        retryable=kind is RateLimited or (kind in (ServerBroken, NoAnswer) and not write),
    )
    if isinstance(error, RateLimited):
        error.creation_throttle = "throttled" in message and "creation" in message
        error.retry_at = _retry_at(headers, error.creation_throttle, now or datetime.now(UTC))
    elif isinstance(error, TokenRejected):
        error.expired = error.code == "EXPIRED_ACCESS_TOKEN" or error.service_code == 65602 or "expired" in message
    elif isinstance(error, NotPermitted):
        match = _REFUSED_FIELD.search(message)
        error.field_refused = match[1] if match else None
    elif isinstance(error, UnexpectedAnswer):
        error.sample = body.decode("utf-8", "replace")[:SAMPLE_MAX]
    return error


def error_details(body: bytes) -> Mapping[str, Any]:
    """The fields of an error body; empty for HTML, nothing, or anything else that is no JSON object."""
    try:
        details = from_json(body) if body.lstrip().startswith(b"{") else {}
    except ValueError:
        return {}
    return details if isinstance(details, dict) else {}


def _class_of(status: int, details: Mapping[str, Any]) -> type[LinkedInError]:
    if status == 404 and _is_unknown_resource(details):
        return BadRequest  # the address is wrong for this version; the thing itself may well exist
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if status >= 500:
        return ServerBroken
    if status >= 400:
        return BadRequest
    return Redirected if status >= 300 else UnexpectedAnswer


def _is_unknown_resource(details: Mapping[str, Any]) -> bool:
    return details.get("code") == "RESOURCE_NOT_FOUND" or (_text(details, "message") or "").startswith(_NO_RESOURCE)


def _retry_at(headers: Mapping[str, str], creation_throttle: bool, now: datetime) -> datetime:
    if creation_throttle:
        return now + CREATION_PAUSE
    seconds = headers.get("retry-after", "")
    if seconds.isascii() and seconds.isdigit() and int(seconds) <= RETRY_AFTER_MAX.total_seconds():
        return now + timedelta(seconds=int(seconds))
    theirs = server_time(headers) or now
    midnight = theirs.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return now + (midnight - theirs)  # both counters start again at 00:00 UTC


def server_time(headers: Mapping[str, str]) -> datetime | None:
    """LinkedIn's clock at the answer, to the second; None without a readable Date header."""
    try:
        moment = parsedate_to_datetime(headers.get("date", ""))
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _text(details: Mapping[str, Any], name: str) -> str | None:
    value = details.get(name)
    return value if isinstance(value, str) and value else None


def _number(value: object) -> int | None:
    return value if isinstance(value, int) else None
