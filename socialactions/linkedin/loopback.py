"""Which hosts are this machine: the only ones that are spoken to without TLS, because nobody listens in between."""

from __future__ import annotations

from ipaddress import ip_address


def is_loopback(host: str | None) -> bool:
    """Any loopback address (127.0.0.2 is one, too), or the name localhost; no other name, whatever it resolves to."""
    if host == "localhost":
        return True
    try:
        return ip_address(host or "").is_loopback
    except ValueError:
        return False
