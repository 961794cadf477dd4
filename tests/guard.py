"""Refuses every connection of the test process that would leave this machine."""

import ipaddress
import socket
from typing import Any


class LeftTheMachine(Exception):
    pass


def refuse_sockets_beyond_loopback() -> None:
    for name in ("connect", "connect_ex"):
        setattr(socket.socket, name, _guarded(getattr(socket.socket, name)))
    socket.getaddrinfo = _guarded_lookup(socket.getaddrinfo)


def _guarded(call: Any) -> Any:
    def connect(self: socket.socket, address: Any) -> Any:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            _refuse(str(address[0]))
        return call(self, address)

    return connect


def _guarded_lookup(call: Any) -> Any:
    def getaddrinfo(host: Any, *args: Any, **options: Any) -> Any:
        if host is not None:
            _refuse(host.decode() if isinstance(host, bytes) else str(host))
        return call(host, *args, **options)

    return getaddrinfo


def _refuse(host: str) -> None:
    if host in ("", "localhost") or host.endswith(".invalid"):  # a name that no server ever has
        return
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
        if address.is_loopback or address.is_unspecified:  # the latter only to listen on
            return
    except ValueError:
        pass  # a name, so not this machine
    raise LeftTheMachine(f"A test tried to reach {host}.")
