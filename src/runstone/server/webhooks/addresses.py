"""Where messages may go: to public addresses, decided on the very address that is then connected to."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence
from urllib.parse import SplitResult, urlsplit

from runstone.errors import InvalidValue

MOST_URL = 2_000
#: IPv6 addresses that stand for an IPv4 one behind a translator (RFC 6052).
_TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")
_PORTS = {"https": 443, "http": 80}

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def check_url(url: str, schemes: Sequence[str]) -> SplitResult:
    """The parts of a webhook's URL. Raises InvalidValue, which never repeats a password."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError as cause:
        raise InvalidValue(f"The webhook's URL cannot be read: {cause}.") from cause
    if parts.username is not None or parts.password is not None:
        raise InvalidValue("The webhook's URL has a user name or password in it. Leave it out; messages are signed instead.")
    if len(url) > MOST_URL or not url.isascii() or not url.isprintable() or " " in url or parts.fragment:
        raise InvalidValue(f"The webhook's URL must be plain ASCII without blanks and '#', of at most {MOST_URL} characters.")
    if parts.scheme not in schemes or parts.scheme not in _PORTS or not host:
        allowed = " or ".join(f"{one}://" for one in schemes)
        raise InvalidValue(f"The webhook's URL {url!r} must begin with {allowed} and name a host.")
    return parts


def resolve(parts: SplitResult, allow_private: bool) -> list[str]:
    """The addresses of the URL's host, as numbers.

    Raises:
        InvalidValue: one of them is not public. A name that means both is as bad as one that means a private one only.
        OSError: there is no such host, or nobody can be asked now.
    """
    host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as cause:
        raise InvalidValue(f"The webhook's host {host!r} is no name of a host.") from cause
    addresses = list(dict.fromkeys(str(one[4][0]) for one in found))
    if not allow_private:
        for one in addresses:
            if not is_public(one):
                raise InvalidValue(
                    f"The webhook's host {host!r} has the address {one}, which is not public. "
                    "RUNSTONE_WEBHOOK_ALLOW_PRIVATE_IPS=true on the server allows such addresses."
                )
    return addresses


def is_public(address: str) -> bool:
    """Whether an address is one of the open internet, in whatever notation an IPv4 address hides in it."""
    try:
        found: Address = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            found = found.ipv4_mapped
        elif found.sixtofour is not None:
            found = found.sixtofour
        elif found in _TRANSLATED:
            found = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        elif found.teredo is not None or found.is_site_local:
            return False
    return found.is_global and not (found.is_multicast or found.is_reserved or found.is_unspecified or found.is_loopback)
