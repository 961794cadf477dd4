"""No token reaches a log line."""

import logging

import pytest

from dashboard.redaction import RedactingFormatter, redact

SECRET = "AQX-s3cr3t_tok.en"


@pytest.mark.parametrize(
    "line",
    [
        f"Authorization: Bearer {SECRET}",
        f"{{'Authorization': 'Bearer {SECRET}'}}",
        f"access_token={SECRET}&x=1",
        f'{{"access_token": "{SECRET}", "expires_in": 5}}',
        f"{{'refresh_token': '{SECRET}'}}",
        f"GET /connect/callback/?state=1&code={SECRET} HTTP/1.1",
        f"/connect/callback/?code={SECRET}&state=1",
        f"client_secret={SECRET}",
        f"x-api-key: {SECRET}",
        f"somebody pasted tw_0123456789ab_{SECRET} here",
    ],
)
def test_secrets_are_hidden(line: str) -> None:
    assert SECRET not in redact(line)
    assert "***" in redact(line)


@pytest.mark.parametrize("line", ["action 7 sent in 0.3 s", "status code=404", "the bearer of this ticket"])
def test_plain_lines_stay_as_they_are(line: str) -> None:
    assert redact(line) == line


def test_tracebacks_are_read_too() -> None:
    try:
        raise ValueError(f"refused Bearer {SECRET}")
    except ValueError as error:
        record = logging.LogRecord("x", logging.ERROR, "x", 1, "failed", (), (ValueError, error, error.__traceback__))
    assert SECRET not in RedactingFormatter().format(record)
