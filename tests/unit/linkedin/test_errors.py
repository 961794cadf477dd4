"""Each documented status and body becomes the class that callers can act on."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from socialactions.linkedin import errors
from socialactions.linkedin.errors import (
    BadRequest,
    Conflict,
    LinkedInError,
    NoAnswer,
    NotFound,
    NotPermitted,
    RateLimited,
    Redirected,
    ServerBroken,
    TokenRejected,
    UnexpectedAnswer,
    VersionSunset,
)

NOW = datetime(2026, 11, 22, 21, 30, tzinfo=UTC)
PICTURE_REFUSED = (
    "Unpermitted fields present in REQUEST_BODY: Data Processing Exception while processing fields [/content]"
)
HTML = b"<html><body>Request denied</body></html>"

ANSWERS: list[tuple[int, dict[str, object] | bytes, type[LinkedInError]]] = [
    (400, {"code": "VERSION_MISSING", "message": "A version must be present."}, BadRequest),
    (400, {"code": "INVALID_URN_TYPE", "message": "actor value urn:li:x:1 must be a person URN"}, BadRequest),
    (400, {"code": "INVALID_URN_ID", "message": "The URN ID provided is invalid"}, BadRequest),
    (400, {"code": "MISSING_FIELD", "message": "actor is required but missing"}, BadRequest),
    (400, {"code": "INVALID_VALUE_FOR_FIELD", "message": "start can't be set to -1"}, BadRequest),
    (
        400,
        {"code": "FIELD_LENGTH_TOO_LONG", "message": "text length 1300 can't exceeded maximum 1250 length"},
        BadRequest,
    ),
    (400, {"code": "INVALID_VALUE_BLANK_FIELD", "message": "text is blank"}, BadRequest),
    (400, {"code": "INVALID_IMAGE_ID", "message": "no such image"}, BadRequest),
    (400, {"code": "MEDIA_ASSET_WAITING_UPLOAD", "message": "waiting"}, BadRequest),
    (400, {"code": "MEDIA_ASSET_PROCESSING_FAILED", "message": "failed"}, BadRequest),
    (400, {"code": "EXPIRED_UPLOAD_URL", "message": "expired"}, BadRequest),
    (400, {"message": "Invalid query parameters passed to request"}, BadRequest),
    (400, {"message": "Syntax exception in path variables"}, BadRequest),
    (400, {"message": "Member permissions must be used when using member as author"}, BadRequest),
    (401, {"serviceErrorCode": 401, "message": "Empty oauth2_access_token"}, TokenRejected),
    (
        401,
        {"code": "INVALID_ACCESS_TOKEN", "serviceErrorCode": 65600, "message": "Invalid access token"},
        TokenRejected,
    ),
    (
        401,
        {"code": "REVOKED_ACCESS_TOKEN", "serviceErrorCode": 65601, "message": "The token has been revoked"},
        TokenRejected,
    ),
    (
        401,
        {"code": "EXPIRED_ACCESS_TOKEN", "serviceErrorCode": 65602, "message": "The token used has expired"},
        TokenRejected,
    ),
    (401, {"message": "Unknown authentication schema"}, TokenRejected),
    (
        403,
        {
            "code": "ACCESS_DENIED",
            "serviceErrorCode": 100,
            "message": "Not enough permissions to access: x.GET.20260901",
        },
        NotPermitted,
    ),
    (403, {"message": PICTURE_REFUSED}, NotPermitted),
    (
        403,
        {"message": "Viewer don't have permission to the ADMIN_ONLY VisibilityReduction for urn:li:organization:5"},
        NotPermitted,
    ),
    (403, {"message": "Accessing this image resource is forbidden."}, NotPermitted),
    (404, {"code": "NOT_FOUND", "message": "Not Found"}, NotFound),
    (404, b"", NotFound),
    (404, {"code": "RESOURCE_NOT_FOUND", "message": "No virtual resource found for: socialAction"}, BadRequest),
    (405, {"code": "METHOD_NOT_ALLOWED"}, BadRequest),
    (408, b"", NoAnswer),
    (409, {"code": "CONFLICT", "message": "write conflict"}, Conflict),
    (410, b"", NotFound),
    (411, b"", BadRequest),
    (413, HTML, BadRequest),
    (414, HTML, BadRequest),
    (415, b"", BadRequest),
    (422, {"code": "UNPROCESSABLE_ENTITY", "message": "Content is a duplicate of urn:li:share:1"}, BadRequest),
    (426, {"code": "NONEXISTENT_VERSION", "message": "Requested version 20230101 is not active"}, VersionSunset),
    (
        429,
        {"serviceErrorCode": 101, "message": "Resource level throttle limit for calls to this resource is reached."},
        RateLimited,
    ),
    (
        429,
        {"code": "TOO_MANY_REQUESTS", "message": "Resource level throttle APPLICATION DAY limit is reached."},
        RateLimited,
    ),
    (500, {"code": "INTERNAL_SERVER_ERROR", "message": "Internal Server Error"}, ServerBroken),
    (500, HTML, ServerBroken),
    (503, {"code": "SERVICE_UNAVAILABLE"}, ServerBroken),
    (503, {"code": "UNDER_MAINTENANCE"}, ServerBroken),
    (504, {"code": "GATEWAY_TIMEOUT"}, ServerBroken),
    (302, b"", Redirected),
    (307, b"", Redirected),
    (200, HTML, UnexpectedAnswer),
]


def error_of(status: int, body: dict[str, object] | bytes, *, write: bool = False, **headers: str) -> LinkedInError:
    raw = body if isinstance(body, bytes) else json.dumps({"status": status, **body}).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return errors.from_answer(status, named, raw, write=write, now=NOW)


@pytest.mark.parametrize(("status", "body", "kind"), ANSWERS)
def test_each_documented_answer_has_its_class(
    status: int, body: dict[str, object] | bytes, kind: type[LinkedInError]
) -> None:
    error = error_of(status, body)
    assert type(error) is kind
    assert error.status == status
    if isinstance(body, dict):
        assert error.code == body.get("code")
        assert error.service_code == body.get("serviceErrorCode")
        assert body.get("message") in (error.message, None)


def test_a_picture_in_a_reply_names_the_field() -> None:
    error = error_of(403, {"message": PICTURE_REFUSED}, write=True)
    assert isinstance(error, NotPermitted)
    assert error.field_refused == "/content"


def test_a_missing_role_names_no_field() -> None:
    error = error_of(403, {"message": "Not enough permissions to access: partnerApiSocialActions.CREATE.20260701"})
    assert isinstance(error, NotPermitted)
    assert error.field_refused is None


def test_the_minute_limit_on_comments_ends_after_a_minute() -> None:
    error = error_of(429, {"message": "Comment create throttled: creation rate limit exceeded for member"}, write=True)
    assert isinstance(error, RateLimited)
    assert error.creation_throttle
    assert error.retryable
    assert error.retry_at == NOW + timedelta(seconds=60)


def test_the_daily_limit_ends_at_midnight_utc() -> None:
    error = error_of(429, {"message": "Resource level throttle limit for calls to this resource is reached."})
    assert isinstance(error, RateLimited)
    assert not error.creation_throttle
    assert error.retry_at == datetime(2026, 11, 23, tzinfo=UTC)


def test_midnight_is_counted_on_linkedins_clock() -> None:
    error = error_of(429, {"message": "limit"}, date="Sun, 22 Nov 2026 21:40:00 GMT")
    assert error.retry_at == datetime(2026, 11, 22, 23, 50, tzinfo=UTC)


@pytest.mark.parametrize(("value", "wait_s"), [("120", 120), ("999999", 9000), ("soon", 9000), ("٣", 9000)])
def test_a_retry_after_is_believed_when_sane(value: str, wait_s: int) -> None:
    error = error_of(429, {"message": "limit"}, retry_after=value)
    assert error.retry_at == NOW + timedelta(seconds=wait_s)


@pytest.mark.parametrize(
    ("body", "expired"),
    [
        ({"code": "EXPIRED_ACCESS_TOKEN"}, True),
        ({"serviceErrorCode": 65602}, True),
        ({"serviceErrorCode": 65601, "message": "The token used in the request has expired"}, True),
        ({"serviceErrorCode": 65601, "message": "The token has been revoked"}, False),
        ({"message": "Invalid access token"}, False),
    ],
)
def test_an_expired_token_differs_from_a_revoked_one(body: dict[str, object], expired: bool) -> None:
    error = error_of(401, body)
    assert isinstance(error, TokenRejected)
    assert error.expired is expired


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
def test_a_broken_server_may_be_asked_again_only_by_reads(status: int) -> None:
    assert error_of(status, b"").retryable
    assert not error_of(status, b"", write=True).retryable


def test_the_trace_id_is_kept_for_support() -> None:
    assert error_of(500, b"", x_li_uuid="AAX").request_id == "AAX"
    assert error_of(500, b"", x_li_request_id="R1").request_id == "R1"
    assert error_of(500, {"requestId": "R2"}).request_id == "R2"


def test_an_unexplained_answer_still_reads_as_a_sentence() -> None:
    assert str(error_of(502, HTML)) == "LinkedIn answered 502 without an explanation (502)"


def test_a_sample_stays_out_of_what_is_printed() -> None:
    error = UnexpectedAnswer.of("odd", sample="words of a member " * 1000)
    assert len(error.sample) == errors.SAMPLE_MAX
    assert "words" not in str(error) + repr(error)


@pytest.mark.parametrize(
    "body", [b"[]", b"null", b'{"message": 5, "code": []}', b"{" * 5000, b"\xff\xfe", b'{"status":']
)
def test_odd_error_bodies_do_no_harm(body: bytes) -> None:
    assert isinstance(error_of(500, body), ServerBroken)
