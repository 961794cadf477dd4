"""A POST to an address that somebody typed in: to the public internet and nowhere else.

The name is resolved once, every address it has is judged, and the connection goes to the very address that was judged;
TLS still vouches for the name. No redirect, no proxy, no second look-up, little time, and little of the answer.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http.client import HTTPException
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

from requests import PreparedRequest, Response, Session
from requests.exceptions import ConnectTimeout, ReadTimeout, RequestException
from urllib3.exceptions import HTTPError

from socialactions.linkedin import deadline

LOOK_UP_S = CONNECT_S = 3.0
TOTAL_S = 10.0  # of everything after the look-up, however slowly the other side speaks
ANSWER_BYTES = 2048
EXCERPT = 200
ADDRESSES_TRIED = 2
LONGEST = 500
LOWEST_FREE_PORT = 1024  # below it only https's own: mail, shells and the like live there

# What Python's registry of special addresses does not know, or counts as global although it leads elsewhere.
LEADS_ELSEWHERE = (
    IPv4Network("192.0.0.0/24"),  # protocol assignments
    IPv4Network("192.88.99.0/24"),  # relays of 6to4
    IPv6Network("2001::/23"),  # protocol assignments; Teredo carries an IPv4 address
    IPv6Network("2002::/16"),  # 6to4 carries one as well
    IPv6Network("3fff::/20"),  # documentation
)
GLOBAL_UNICAST = IPv6Network("2000::/3")  # leaves out mapped and translated IPv4 addresses, too
_HOST = re.compile(r"[a-z0-9._-]+", re.IGNORECASE)
_PRINTED = re.compile(r"[!-~]+")

Address = IPv4Address | IPv6Address
Resolve = Callable[[str, int], Sequence[str]]


class NotCalled(Exception):
    """Nobody answered, or the address may not be called; the words say why."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; ``excerpt`` is the beginning of a refusal."""

    status: int
    excerpt: str = ""

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300


@dataclass(frozen=True, slots=True)
class Target:
    """An address that may be called, as far as can be said without asking for its name."""

    url: str
    host: str
    port: int
    is_secure: bool


def look_up(host: str, port: int) -> list[str]:
    """The addresses of a name, as the system orders them. Raises OSError, also when the system takes too long: it
    knows no limit of time, so it is asked on a thread of its own.
    """
    answer: SimpleQueue[list[str] | OSError | UnicodeError] = SimpleQueue()

    def ask() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            answer.put(list(dict.fromkeys(str(one[4][0]) for one in found)))
        except (OSError, UnicodeError) as error:
            answer.put(error)

    Thread(target=ask, name="look-up", daemon=True).start()
    try:
        found = answer.get(timeout=LOOK_UP_S)
    except Empty:
        raise TimeoutError(f"no answer about {host} in time") from None
    if isinstance(found, Exception):
        raise found
    return found


class Outside:
    """The way out. ``verify`` is what TLS trusts; ``may_loopback`` lets this machine be called, for trials alone."""

    def __init__(self, *, resolve: Resolve = look_up, verify: bool | str = True, may_loopback: bool = False) -> None:
        self._resolve = resolve
        self._verify = verify
        self._may_loopback = may_loopback

    def target(self, url: str) -> Target:
        """Raises NotCalled for what will never be called, whatever its name leads to."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise NotCalled("This is no address.") from None
        host, is_secure = parts.hostname or "", parts.scheme == "https"
        if len(url) > LONGEST or not _PRINTED.fullmatch(url) or "\\" in url or not _is_host(host):
            raise NotCalled(f"This is no address that can be called: plain letters, at most {LONGEST}.")
        if not is_secure and not (parts.scheme == "http" and self._may_loopback and _is_this_machine(host)):
            raise NotCalled("The address must begin with https://.")
        if parts.username is not None or parts.password is not None or parts.fragment:
            raise NotCalled("The address must have no user name, password or #part.")
        if port is None:
            port = 443 if is_secure else 80
        if port != 443 and port < LOWEST_FREE_PORT and not self._may_loopback:
            raise NotCalled(f"The port must be 443, or {LOWEST_FREE_PORT} and above.")
        if (literal := _literal(host)) is not None:
            self._judge(literal)
        query = f"?{parts.query}" if parts.query else ""
        return Target(f"{parts.scheme}://{parts.netloc}{parts.path or '/'}{query}", host, port, is_secure)

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Raises NotCalled. Any answer is an answer, a redirect as well: nobody follows it."""
        target = self.target(url)
        with deadline.within(TOTAL_S):
            addresses = self._addresses(target)
            for address in addresses[:-1]:
                try:
                    return self._post_to(address, target, body, headers)
                except ConnectTimeout:
                    continue  # no connection came about: the next address of the same name
            try:
                return self._post_to(addresses[-1], target, body, headers)
            except ConnectTimeout as error:
                raise NotCalled(_why_no_connection(error)) from None

    def _addresses(self, target: Target) -> list[Address]:
        """Where the name leads; one forbidden address is enough to call none."""
        try:
            found = [ip_address(one.partition("%")[0]) for one in self._resolve(target.host, target.port)]
        except (OSError, UnicodeError):
            found = []
        if not found:
            raise NotCalled("The name has no address, or nobody could say.")
        for one in found:
            self._judge(one)
            if not target.is_secure and not one.is_loopback:
                raise NotCalled("The address must begin with https://.")
        return found[:ADDRESSES_TRIED]

    def _judge(self, address: Address) -> None:
        if not (is_public(address) or (self._may_loopback and address.is_loopback)):
            raise NotCalled("The name leads to an address that is not on the public internet.")

    def _post_to(self, address: Address, target: Target, body: bytes, headers: Mapping[str, str]) -> Answer:
        with Session() as session:
            session.trust_env = False
            session.mount("https://", _Pinned(address, target))
            session.mount("http://", _Pinned(address, target))
            request = PreparedRequest()
            own = {"Host": target.url.split("/", 3)[2], "Accept-Encoding": "identity", "Connection": "close"}
            request.prepare("POST", target.url, headers={**headers, **own}, data=body)
            try:
                response = session.send(
                    request, allow_redirects=False, stream=True, verify=self._verify, cert=None, proxies={}
                )
            except ConnectTimeout:
                raise
            except ReadTimeout:
                raise NotCalled("No answer in time.") from None
            except RequestException:
                raise NotCalled("The connection broke before an answer came.") from None
            with response:
                return Answer(response.status_code, "" if response.ok else _excerpt(response))


class _Pinned(deadline.DeadlineAdapter):
    """Connects to one address, whatever the name would lead to now; certificates are for the name."""

    def __init__(self, address: Address, target: Target) -> None:
        super().__init__(connect_s=CONNECT_S)
        self._address, self._target = address, target

    def build_connection_pool_key_attributes(
        self, request: PreparedRequest, verify: bool | str, cert: Any = None
    ) -> tuple[Any, Any]:
        place, options = super().build_connection_pool_key_attributes(request, verify, cert)
        name = {"server_hostname": self._target.host} if self._target.is_secure else {}
        return {**place, "host": str(self._address), "port": self._target.port}, {**options, **name}


def is_public(address: Address) -> bool:
    """Whether an address belongs to the public internet and to nothing inside it that leads back to ours."""
    if isinstance(address, IPv6Address) and address not in GLOBAL_UNICAST:
        return False
    if not address.is_global or address.is_multicast or address.is_reserved or address.is_unspecified:
        return False
    return not any(address in network for network in LEADS_ELSEWHERE if network.version == address.version)


def _literal(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _is_host(host: str) -> bool:
    return bool(_HOST.fullmatch(host)) or isinstance(_literal(host), IPv6Address)


def _is_this_machine(host: str) -> bool:
    literal = _literal(host)
    return host == "localhost" or (literal is not None and literal.is_loopback)


def _why_no_connection(error: ConnectTimeout) -> str:
    """In our words: those of the system may name addresses that the name does not show."""
    words = f"{error} {error.__cause__}".lower()
    if "certificate" in words:
        return "The certificate is not valid for this name."
    if "ssl" in words:
        return "No secure connection came about."
    return "No connection came about."


def _excerpt(response: Response) -> str:
    """How a refusal begins, fit to be shown; nothing when that cannot be read."""
    try:
        found = response.raw.read(ANSWER_BYTES, decode_content=False)
    except (HTTPError, HTTPException, OSError):
        return ""
    text = " ".join(found.decode("utf-8", "replace").split())
    return "".join(one for one in text if one.isprintable())[:EXCERPT]
