"""Which addresses may be called: those of others on the public internet, over HTTPS.

An asker chooses the address and this server calls it, so without these rules anybody who may ask
could reach what only this server reaches.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from threading import Thread
from typing import Any
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from supervisor.errors import InvalidRequest

LONGEST_URL = 500
LOOK_UP_SECONDS = 5.0
HTTPS_PORT = 443
HTTP_PORT = 80
_VISIBLE = re.compile(r"[!-~]+")
_NAME = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?")

# Of the registries of special addresses (RFC 6890 and its successors), what Python takes for
# public, at least in some versions: protocols, relays, documentation, IPv6 that holds IPv4.
_NEVER = tuple(
    map(
        ip_network,
        "192.0.0.0/24 192.31.196.0/24 192.52.193.0/24 192.88.99.0/24 192.175.48.0/24 ::/96"
        " ::ffff:0:0/96 64:ff9b::/96 64:ff9b:1::/48 100::/64 2001::/23 2002::/16 3fff::/20"
        " 5f00::/16 fec0::/10".split(),
    )
)

Resolve = Callable[[str, int], Sequence[str]]
"""Host and port → the IP addresses it has, as text. Raises OSError."""
IP = IPv4Address | IPv6Address


class AddressRefused(Exception):
    """It is not one that may be called."""


@dataclass(frozen=True, slots=True)
class Target:
    """Of a checked URL; `path` with its query, `host` in lower case and without brackets."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """As the header Host says it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = HTTPS_PORT if self.scheme == "https" else HTTP_PORT
        return host if self.port == usual else f"{host}:{self.port}"


def parse_callback_url(text: str) -> str:
    """Without looking its host up, which is done whenever it is called. Raises InvalidRequest under
    `callback_url`."""
    if not text:
        return ""
    try:
        target = target_of(text)
        if (literal := _literal(target.host)) is not None:
            require_public(literal)
    except AddressRefused:
        reason = _(
            "Give a public address such as https://shop.example.com/hook: https, the usual port,"
            " no user name, at most 500 characters."
        )
        raise InvalidRequest(fields={"callback_url": [reason]}) from None
    return text


def target_of(url: str) -> Target:
    """Raises AddressRefused."""
    if len(url) > LONGEST_URL or not _VISIBLE.fullmatch(url) or "\\" in url or "#" in url:
        raise AddressRefused
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise AddressRefused from None
    local = settings.CALLBACKS_TO_THIS_MACHINE
    if parts.scheme not in ({"https", "http"} if local else {"https"}):
        raise AddressRefused
    usual = HTTPS_PORT if parts.scheme == "https" else HTTP_PORT
    if "@" in parts.netloc or not (local or port in (None, usual)):
        raise AddressRefused
    if not _NAME.fullmatch(host) and _literal(host) is None:
        raise AddressRefused
    return Target(parts.scheme, host, port or usual, _path(parts))


def address_to_call(target: Target, resolve: Resolve) -> str:
    """The IP address to connect to, and to no other: a name may mean something else when it is
    looked up again. Raises AddressRefused when any address of the host is not public; OSError when
    there is none."""
    literal = _literal(target.host)
    found = [target.host] if literal is not None else list(resolve(target.host, target.port))
    if not found:
        raise OSError
    for address in found:
        try:
            require_public(ip_address(address))
        except ValueError:
            raise AddressRefused from None
    return found[0]


def look_up(host: str, port: int) -> list[str]:
    """Raises TimeoutError, which is an OSError, after LOOK_UP_SECONDS: the system itself may take
    far longer."""
    answer: Future[Sequence[Any]] = Future()

    def ask() -> None:
        try:
            answer.set_result(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            answer.set_exception(error)

    Thread(target=ask, daemon=True).start()
    entries = answer.result(LOOK_UP_SECONDS)
    return list(dict.fromkeys(str(entry[4][0]) for entry in entries))


def require_public(ip: IP) -> None:
    """Raises AddressRefused for private, loopback, link-local, multicast, reserved, shared and
    unspecified ones, and for IPv6 ones that hold an IPv4 one."""
    if settings.CALLBACKS_TO_THIS_MACHINE and ip.is_loopback:
        return
    if not ip.is_global or ip.is_multicast or ip.is_reserved:
        raise AddressRefused
    # A zone would keep an address out of every network.
    plain = ip if isinstance(ip, IPv4Address) else IPv6Address(int(ip))
    if any(plain in network for network in _NEVER):
        raise AddressRefused


def _literal(host: str) -> IP | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _path(parts: SplitResult) -> str:
    path = parts.path or "/"
    return f"{path}?{parts.query}" if parts.query else path
