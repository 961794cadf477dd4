"""Signing in with LinkedIn: where to send the browser, and what the token endpoint says. The only place that knows
`requests_oauthlib`.

Whether `state` comes back unchanged, where tokens are kept and who refreshes under which lock is the caller's
business. Source: Microsoft Learn, "Authorization Code Flow (3-legged OAuth)", "Refresh Tokens with OAuth 2.0",
"Token Introspection".
"""

from __future__ import annotations

import base64
import hashlib
import json
import logging
import os
import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote, urlsplit

from oauthlib.oauth2 import OAuth2Error
from requests import Response, Session
from requests.exceptions import RequestException
from requests_oauthlib import OAuth2Session

from socialactions.linkedin import deadline
from socialactions.linkedin.errors import error_details
from socialactions.linkedin.loopback import is_loopback
from socialactions.linkedin.transport import own_session, read_capped

YEAR_S = 31_536_000
YEAR_IN_MINUTES = 525_600  # LinkedIn's samples print a year's lifetime so, although the unit is seconds
LIFETIME_MAX_S = 10 * YEAR_S  # LinkedIn's are 60 days and a year: what is far beyond was printed wrongly
LAST_MOMENT_S = 253_402_300_799  # of the year 9999, in which the calendar ends
LONGEST_NUMBER = 20  # digits: Python itself refuses to read thousands of them
_TEXTS = ("access_token", "token_type", "refresh_token", "id_token")
_TIMEOUT_S = (deadline.CONNECT_S, deadline.READ_S)

for _name in ("requests_oauthlib.oauth2_session", "oauthlib"):
    logging.getLogger(_name).setLevel(logging.WARNING)  # both print tokens and secrets at DEBUG


class GrantRefused(Exception):
    """The token endpoint said no; `error` and `description` are LinkedIn's words."""

    def __init__(self, error: str, description: str, status: int | None = None) -> None:
        super().__init__(f"{error}: {description}" if description else error)
        self.error = error
        self.description = description
        self.status = status


class TokenEndpointDown(Exception):
    """No usable answer from the token endpoint: nothing is known, so nothing that we hold may be dropped."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What a member gave us; the secrets stay out of its repr."""

    access_token: str = field(repr=False)
    expires_at: datetime
    refresh_token: str | None = field(repr=False)  # only for approved apps
    refresh_expires_at: datetime | None  # fixed when the member consents; refreshing does not move it
    scopes: frozenset[str]
    id_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Introspection:
    """What LinkedIn thinks of a token. A token of another app is just not active."""

    active: bool
    status: str | None  # active, expired, revoked
    expires_at: datetime | None
    scopes: frozenset[str]


class OAuth:
    """One app at LinkedIn's authorization server."""

    def __init__(
        self,
        client_id: str,
        client_secret: str,
        auth_base_url: str,
        redirect_uri: str,
        *,
        pkce: bool = False,
        session: Session | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`auth_base_url` is https://www.linkedin.com, or plain HTTP on loopback for the sandbox."""
        _allow_plain_loopback(auth_base_url)
        self._client_id = client_id
        self._client_secret = client_secret
        self._base = f"{auth_base_url.rstrip('/')}/oauth/v2"
        self._redirect_uri = redirect_uri
        self._session = session
        self._clock = clock
        self.pkce = pkce

    def authorize_url(self, scopes: Iterable[str], state: str, *, verifier: str | None = None) -> str:
        """Where to send the browser. With `pkce`, `verifier` comes from `new_verifier` and is kept for `exchange`."""
        if self.pkce and verifier is None:
            raise ValueError("PKCE needs a verifier: keep one from new_verifier() with the state")
        challenge = {"code_challenge": _challenge(verifier), "code_challenge_method": "S256"} if verifier else {}
        session = OAuth2Session(self._client_id, redirect_uri=self._redirect_uri, scope=sorted(scopes))
        url, _ = session.authorization_url(f"{self._base}/authorization", state=state, **challenge)
        # LinkedIn documents %20 between scopes; a form's plus would be read as a plus by a stricter reader.
        return str(url).replace("+", "%20")

    def exchange(self, code: str, verifier: str | None = None) -> Grant:
        """Turn the code of the redirect into tokens, once. Raises: GrantRefused, TokenEndpointDown."""
        extra: dict[str, Any] = {"code_verifier": verifier} if verifier else {}

        def fetch(session: OAuth2Session) -> Mapping[str, Any]:
            token: Mapping[str, Any] = session.fetch_token(
                f"{self._base}/accessToken",
                code=code,
                include_client_id=True,  # LinkedIn wants id and secret in the body, not as Basic
                client_secret=self._client_secret,
                timeout=_TIMEOUT_S,
                **extra,
            )
            return token

        return self._grant(fetch)

    def refresh(self, refresh_token: str) -> Grant:
        """A fresh access token; the refresh token keeps its first end date. Raises as `exchange` does."""

        def fetch(session: OAuth2Session) -> Mapping[str, Any]:
            token: Mapping[str, Any] = session.refresh_token(
                f"{self._base}/accessToken",
                refresh_token=refresh_token,
                client_id=self._client_id,
                client_secret=self._client_secret,
                timeout=_TIMEOUT_S,
            )
            return token

        return self._grant(fetch)

    def introspect(self, token: str) -> Introspection:
        """Ask LinkedIn about a token, access or refresh. Raises: GrantRefused, TokenEndpointDown."""
        details = _details(self._post("introspectToken", token))
        return Introspection(
            active=details.get("active") is True,
            status=details.get("status"),
            expires_at=_from_seconds(details.get("expires_at")),
            scopes=split_scopes(details.get("scope")),
        )

    def revoke(self, token: str) -> bool:
        """Try to end a token at LinkedIn; the call is undocumented, so False means only "forget it here"."""
        try:
            return self._post("revoke", token).status_code == 200
        except TokenEndpointDown:
            return False

    def _grant(self, fetch: Callable[[OAuth2Session], Mapping[str, Any]]) -> Grant:
        session = OAuth2Session(self._client_id, redirect_uri=self._redirect_uri)
        session.register_compliance_hook("access_token_response", _checked)
        session.register_compliance_hook("refresh_token_response", _checked)
        self._equip(session)
        asked_at = self._clock()
        try:
            with session, deadline.within(deadline.TOTAL_S):
                token = fetch(session)
        except OAuth2Error as error:
            raise GrantRefused(str(error.error), str(error.description or ""), error.status_code) from None
        except (RequestException, TimeoutError) as error:
            raise TokenEndpointDown(f"LinkedIn's token endpoint did not answer ({type(error).__name__})") from None
        return _as_grant(token, asked_at)

    def _post(self, path: str, token: str) -> Response:
        with own_session() as session, deadline.within(deadline.TOTAL_S):
            self._equip(session)
            form = {"client_id": self._client_id, "client_secret": self._client_secret, "token": token}
            try:
                return session.post(f"{self._base}/{path}", data=form, timeout=_TIMEOUT_S)
            except (RequestException, TimeoutError) as error:
                raise TokenEndpointDown(f"LinkedIn's token endpoint did not answer ({type(error).__name__})") from None

    def _equip(self, session: Session) -> None:
        """Limits of time and size, nothing from the environment, and no redirect: the secret goes to LinkedIn only."""
        session.trust_env = False
        session.max_redirects = 0
        session.adapters = (self._session or own_session()).adapters
        session.hooks["response"].append(_read_whole)


def new_verifier() -> str:
    """A fresh secret for PKCE."""
    return secrets.token_urlsafe(48)


def split_scopes(value: object) -> frozenset[str]:
    """LinkedIn separates scopes by commas, spaces, or escaped spaces."""
    text = unquote(value) if isinstance(value, str) else " ".join(map(str, value)) if isinstance(value, list) else ""
    return frozenset(re.split(r"[,\s]+", text.strip(", \t\n"))) - {""}


def _allow_plain_loopback(base_url: str) -> None:
    """oauthlib refuses plain HTTP everywhere; the sandbox on this machine is the one exception."""
    address = urlsplit(base_url)
    if address.scheme == "https":
        return
    if address.scheme != "http" or not is_loopback(address.hostname):
        raise ValueError("sign-in needs https, except on this machine")
    os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"


def _read_whole(response: Response, **_: object) -> Response:
    try:
        response._content = read_capped(response)
    except ValueError as error:
        raise RequestException(str(error)) from None
    response._content_consumed = True  # type: ignore[attr-defined]  # as requests does after reading by itself
    return response


def _details(response: Response) -> Mapping[str, Any]:
    """The JSON of an answer that means something; TokenEndpointDown otherwise, GrantRefused for a refusal."""
    details = error_details(response.content)
    if response.status_code >= 500 or response.status_code in (408, 429) or not details:
        raise TokenEndpointDown(f"LinkedIn's token endpoint answered {response.status_code}")
    if response.status_code >= 400:
        error = str(details.get("error") or details.get("code") or response.status_code)
        description = str(details.get("error_description") or details.get("message") or "")
        raise GrantRefused(error, description, response.status_code)
    return details


def _checked(response: Response) -> Response:
    """LinkedIn's answer as oauthlib wants it: with a type, seconds as a number, scopes separated by spaces.

    Nothing else of it: what oauthlib does not understand in a field, it raises as what nobody expects.
    """
    details = _details(response)
    lifetime_s = _lifetime_s(details.get("expires_in"))
    if not isinstance(details.get("access_token"), str):
        raise TokenEndpointDown("LinkedIn's token endpoint answered without a token")
    if lifetime_s is None:
        raise TokenEndpointDown("LinkedIn's token endpoint answered without a lifetime")
    known = {name: details[name] for name in _TEXTS if isinstance(details.get(name), str)}
    token = {"token_type": "Bearer", **known, "expires_in": lifetime_s}
    token["refresh_token_expires_in"] = _lifetime_s(details.get("refresh_token_expires_in"))
    token["scope"] = " ".join(sorted(split_scopes(details.get("scope"))))
    response._content = json.dumps(token).encode()
    return response


def _lifetime_s(value: object) -> int | None:
    """Whole seconds, printed as a number or as text; None for what can be no lifetime."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < LONGEST_NUMBER:
        value = int(value)
    if isinstance(value, int | float) and not isinstance(value, bool) and 1 <= value <= LIFETIME_MAX_S:
        return int(value)
    return None


def _as_grant(token: Mapping[str, Any], asked_at: datetime) -> Grant:
    refresh_s = token["refresh_token_expires_in"]
    return Grant(
        access_token=token["access_token"],
        expires_at=asked_at + timedelta(seconds=token["expires_in"]),
        refresh_token=token.get("refresh_token"),
        refresh_expires_at=_refresh_end(refresh_s, asked_at),
        scopes=split_scopes(token.get("scope")),
        id_token=token.get("id_token"),
    )


def _refresh_end(lifetime_s: int | None, asked_at: datetime) -> datetime | None:
    if lifetime_s is None:
        return None
    return asked_at + timedelta(seconds=YEAR_S if lifetime_s == YEAR_IN_MINUTES else lifetime_s)


def _from_seconds(value: object) -> datetime | None:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= LAST_MOMENT_S:
        return None
    return datetime.fromtimestamp(value, UTC)


def _challenge(verifier: str | None) -> str:
    digest = hashlib.sha256((verifier or "").encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")
