"""People's grants at LinkedIn: making, refreshing and ending them. The only place that hands out a client with
a token.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Literal, TypeVar

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q

from socialactions import clock, waits
from socialactions.linkedin.client import LinkedIn
from socialactions.linkedin.errors import LinkedInError, RateLimited, TokenRejected
from socialactions.linkedin.oauth import Grant, GrantRefused, OAuth, TokenEndpointDown
from socialactions.models import Connection, User
from socialactions.sealing import SealBroken

from . import batches, budget, weather
from .events import record

log = logging.getLogger(__name__)
Result = TypeVar("Result")

REFRESH_AHEAD = timedelta(days=7)
REFRESH_LEASE_S = 60
WAIT_FOR_OTHERS_S = 10
OUR_FAULT = frozenset({"invalid_client", "unauthorized_client"})  # about the app's id or secret, not about a grant


class ConnectionEnded(Exception):
    """LinkedIn takes this grant no longer; only its person can connect again."""


def oauth() -> OAuth:
    """Our app at LinkedIn, as the settings describe it."""
    return OAuth(
        settings.LINKEDIN_CLIENT_ID,
        settings.LINKEDIN_CLIENT_SECRET,
        settings.LINKEDIN_AUTH_BASE_URL,
        f"{settings.BASE_URL}/connect/callback/",
        pkce=settings.LINKEDIN_PKCE,
        clock=clock.now,
    )


def client_with(token: str, *, meter: budget.Meter | None = None, refused_batches: Iterable[str] = ()) -> LinkedIn:
    return LinkedIn(
        token,
        base_url=settings.LINKEDIN_API_BASE_URL,
        version=settings.LINKEDIN_API_VERSION,
        in_flight=settings.READS_IN_FLIGHT,
        before_call=meter.before_call if meter else None,
        expect=meter.expect if meter else None,
        total_s=waits.REQUEST_S,
        refused_batches=refused_batches,
    )


def client_for(connection: Connection) -> LinkedIn:
    """A client with a token that is good for now. Raises ConnectionEnded, TokenEndpointDown."""
    return client_with(fresh_token(connection))


def read_with(
    connection: Connection,
    work: Callable[[LinkedIn], Result],
    *,
    is_urgent: bool = False,
    is_brief: bool = False,
    tally: budget.Tally | None = None,
) -> Result:
    """Run a read; a token that LinkedIn refuses is refreshed once. Not for writes: those follow the outcome table.

    What is not urgent stops when reading has had its share of the day. Raises ConnectionEnded when a refresh does not
    help, ReadsSpent, and whatever LinkedIn answers otherwise. ``tally`` is told how many calls it took. ``is_brief``
    when it was given little time: then silence says nothing about LinkedIn.
    """
    meter = budget.Meter(connection, is_urgent=is_urgent, tally=tally)
    try:
        result = _read_twice_at_most(connection, work, meter)
    except LinkedInError as error:
        if isinstance(error, RateLimited):
            budget.note_refusal(connection.member_urn, error)
        if not is_brief:
            weather.failed(error)
        raise
    finally:
        meter.write()
    weather.answered()
    return result


def _read_twice_at_most(connection: Connection, work: Callable[[LinkedIn], Result], meter: budget.Meter) -> Result:
    try:
        return _read_once(fresh_token(connection), work, meter)
    except TokenRejected:
        token = refreshed_token(connection, refused_version=connection.token_version)
        return _read_once(token, work, meter)


def _read_once(token: str, work: Callable[[LinkedIn], Result], meter: budget.Meter) -> Result:
    with client_with(token, meter=meter, refused_batches=batches.refused()) as client:
        try:
            return work(client)
        finally:
            batches.note(client.refused_batches)


def fresh_token(connection: Connection) -> str:
    """The access token, refreshed a week before its end. Raises ConnectionEnded, TokenEndpointDown."""
    now = clock.now()
    if connection.health == Connection.Health.ENDED:
        raise ConnectionEnded("The connection was ended.")
    if connection.expires_at - now > REFRESH_AHEAD:
        return _opened(connection)
    if connection.expires_at > now and not _can_refresh(connection, now):
        return _opened(connection)
    try:
        return refreshed_token(connection, refused_version=connection.token_version)
    except TokenEndpointDown:
        if connection.expires_at > now:
            return _opened(connection)
        raise


def refreshed_token(connection: Connection, *, refused_version: int) -> str:
    """Exchange the refresh token once, whoever asks at the same time; the others wait for the result.

    ``refused_version`` is the version of the token that did not do. Raises ConnectionEnded, TokenEndpointDown.
    """
    deadline = time.monotonic() + WAIT_FOR_OTHERS_S
    while True:
        connection.refresh_from_db()
        if connection.health == Connection.Health.ENDED:
            raise ConnectionEnded("The connection was ended.")
        if connection.token_version != refused_version:
            return _opened(connection)
        now = clock.now()
        if not _can_refresh(connection, now):
            end(connection, reason="token_refused")
            raise ConnectionEnded("LinkedIn takes the token no longer and gave none to refresh it.")
        free = Q(refreshing_until__isnull=True) | Q(refreshing_until__lt=now)
        lease = now + timedelta(seconds=REFRESH_LEASE_S)
        mine = Connection.objects.filter(free, pk=connection.pk, token_version=refused_version)
        if mine.update(refreshing_until=lease) == 1:
            return _refresh(connection, refused_version)
        if time.monotonic() > deadline:
            raise TokenEndpointDown("Another worker is still refreshing this token.")
        time.sleep(0.05)


def _refresh(connection: Connection, version: int) -> str:
    """Ask for a new token under our lease, and write it only over the version it was asked for."""
    held = Connection.objects.filter(pk=connection.pk, token_version=version)
    try:
        grant = oauth().refresh(_opened(connection, "refresh_token"))
    except GrantRefused as error:
        log.warning("connection %s: refresh refused (%s)", connection.pk, error.error)
        if error.error in OUR_FAULT:
            held.update(refreshing_until=None)
            raise TokenEndpointDown("LinkedIn does not take LINKEDIN_CLIENT_ID or LINKEDIN_CLIENT_SECRET.") from error
        return _after_refusal(connection, version, error)
    except BaseException:
        held.update(refreshing_until=None)
        raise
    take_grant(connection, grant)
    held.update(
        sealed_access_token=connection.sealed_access_token,
        sealed_refresh_token=connection.sealed_refresh_token,
        expires_at=connection.expires_at,
        refresh_expires_at=connection.refresh_expires_at,
        scopes=connection.scopes,
        refreshing_until=None,
        token_version=F("token_version") + 1,
    )
    return _present_token(connection)


def _after_refusal(connection: Connection, version: int, error: GrantRefused) -> str:
    """The grant is over, unless somebody put another one in its place meanwhile."""
    with transaction.atomic():
        if Connection.objects.select_for_update().get(pk=connection.pk).token_version == version:
            end(connection, reason="refresh_refused")
    try:
        return _present_token(connection)
    except ConnectionEnded:
        raise ConnectionEnded("LinkedIn refused to refresh the token.") from error


def _present_token(connection: Connection) -> str:
    connection.refresh_from_db()
    if connection.health == Connection.Health.ENDED:
        raise ConnectionEnded("The connection was ended.")
    return _opened(connection)


def _opened(connection: Connection, name: Literal["access_token", "refresh_token"] = "access_token") -> str:
    """A token in the clear. Without its key it is of no use now, but the key may come back: nothing is dropped."""
    try:
        return connection.access_token if name == "access_token" else connection.refresh_token
    except SealBroken as error:
        log.error("connection %s: %s cannot be opened (%s)", connection.pk, name, error)
        raise ConnectionEnded("The stored token cannot be opened with FIELD_KEYS.") from error


def take_grant(connection: Connection, grant: Grant) -> None:
    """Put a grant's values on the row, unsaved. What a refresh does not name (refresh token, its end, scopes) stays."""
    connection.access_token = grant.access_token
    connection.expires_at = grant.expires_at
    if grant.refresh_token:
        connection.refresh_token = grant.refresh_token
        connection.refresh_expires_at = grant.refresh_expires_at or connection.refresh_expires_at
    if grant.scopes:
        connection.scopes = sorted(grant.scopes)


@transaction.atomic
def connect(*, user: User, grant: Grant, asked: Iterable[str] = ()) -> Connection:
    """Store a fresh grant as the user's connection; what the user had before is replaced. ``asked`` are the scopes
    that the sign-in asked for, granted or not.
    """
    now = clock.now()
    connection = Connection.objects.filter(user=user).first() or Connection(user=user, expires_at=now)
    connection.desk = user.desk
    connection.member_urn = user.member_urn
    connection.refresh_token = ""
    connection.refresh_expires_at = None
    connection.scopes = []
    connection.asked_scopes = sorted(asked)
    take_grant(connection, grant)
    connection.token_version += 1
    connection.refreshing_until = None
    connection.health = Connection.Health.OK
    connection.ended_at = None
    connection.connected_at = now
    connection.roles_checked_at = None
    connection.save()
    if user.desk is not None:
        record(desk=user.desk, kind="connected", topic="settings", user=user, actor_urn=user.member_urn)
    return connection


@transaction.atomic
def end(connection: Connection, *, reason: str, by: User | None = None) -> None:
    """Forget the tokens and say so; what waits to be sent stays and is shown as blocked."""
    mine = Connection.objects.filter(pk=connection.pk, token_version=connection.token_version)
    ended = mine.update(
        sealed_access_token="",
        sealed_refresh_token="",
        health=Connection.Health.ENDED,
        ended_at=clock.now(),
        refreshing_until=None,
        token_version=F("token_version") + 1,
    )
    connection.refresh_from_db()
    if not ended:  # somebody connected again meanwhile: that grant is not the one to end
        return
    if connection.desk is not None:
        record(desk=connection.desk, kind="disconnected", topic="settings", user=by, reason=reason)


def disconnect(connection: Connection, *, by: User) -> None:
    """End a connection on a person's wish: revoke at LinkedIn as far as it listens, forget here in any case."""
    try:
        token = connection.access_token
    except SealBroken:
        token = ""
        log.warning(
            "connection %s: its token cannot be opened with today's FIELD_KEYS, so it is not revoked", connection.pk
        )
    end(connection, reason="by_person", by=by)
    if token and not oauth().revoke(token):
        log.info("connection %s: LinkedIn did not confirm the revocation", connection.pk)


def _can_refresh(connection: Connection, now: datetime) -> bool:
    ends = connection.refresh_expires_at
    return bool(connection.sealed_refresh_token) and (ends is None or ends > now)
