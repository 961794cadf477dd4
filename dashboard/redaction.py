"""Keeps tokens out of the logs: a last look at each finished line, tracebacks included.

A net below, not a licence above: code that logs names ids only.
"""

import logging
import re

SECRETS = re.compile(
    r"""(?ix)
    (?P<name> \bBearer\s+(?=\S{12})
      | (?:access_token|refresh_token|id_token|client_secret|x-api-key|authorization|sessionid)["']?\s*[=:]\s*["']?
      | \btw_[0-9a-f]{12}_(?=\S{12})  # an API key, but for the part that may be named
      | [?&]code= | \bcode["']\s*:\s*["'] )
    (?P<value> (?!Bearer\b) [^\s"'&,;<>)}\]]+ )
    """
)


class RedactingFormatter(logging.Formatter):
    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


def redact(text: str) -> str:
    """The text with every token, authorization code and client secret replaced by ***."""
    return SECRETS.sub(r"\g<name>***", text)
