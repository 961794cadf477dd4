"""The sandbox in process, without a socket: `session.mount(base_url, InProcess(app))` for `requests`."""

from __future__ import annotations

from collections.abc import Mapping
from email.message import Message
from http.client import HTTPMessage
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import ProtocolError
from urllib3.response import HTTPResponse

from .app import App
from .faults import AnswerTooLate, ConnectionDropped


class _Original:
    """What cookie jars want to see of a real answer."""

    def __init__(self, headers: list[tuple[str, str]]) -> None:
        self.msg: Message = HTTPMessage()
        for name, text in headers:
            self.msg[name] = text

    def isclosed(self) -> bool:
        return True

    def close(self) -> None:
        """Nothing is open."""


class InProcess(HTTPAdapter):
    """Hands a prepared request to the app, target as it would stand on the wire, and fails like a socket would."""

    def __init__(self, app: App) -> None:
        super().__init__()
        self.app = app

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: bool | str = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        read_timeout_s = timeout[1] if isinstance(timeout, tuple) else timeout
        if not isinstance(read_timeout_s, int | float):
            read_timeout_s = None
        started: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]]) -> None:
            started.extend((status, headers))

        try:
            body = b"".join(self.app(_environ(request, read_timeout_s), start_response))
        except ConnectionDropped:
            reset = ConnectionResetError(104, "Connection reset by peer")
            raise requests.ConnectionError(ProtocolError("Connection aborted.", reset), request=request) from None
        except AnswerTooLate:
            raise requests.ReadTimeout("Read timed out.", request=request) from None
        status, headers = started
        raw = HTTPResponse(
            body=BytesIO(body),
            headers=headers,
            status=int(status[:3]),
            reason=status[4:],
            preload_content=False,
            request_method=request.method,
            original_response=_Original(headers),  # type: ignore[arg-type] # only msg, isclosed and close are asked for
        )
        return self.build_response(request, raw)


def _environ(request: requests.PreparedRequest, read_timeout_s: float | None) -> dict[str, Any]:
    body = request.body or b""
    if isinstance(body, str):
        body = body.encode()
    elif not isinstance(body, bytes):
        body = b"".join(body)
    parts = urlsplit(request.url or "")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "REQUEST_URI": request.path_url,
        "HTTP_HOST": parts.netloc,
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.url_scheme": parts.scheme,
        "wsgi.input": BytesIO(body),
        "sandbox.read_timeout_s": read_timeout_s,
    }
    for name, text in request.headers.items():
        key = name.upper().replace("-", "_")
        text = text.decode("latin-1") if isinstance(text, bytes) else text
        environ[key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"] = text
    return environ
