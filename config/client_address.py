"""Who is calling, when proxies stand between. A client may send any X-Forwarded-For it likes."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from django.core.exceptions import ImproperlyConfigured

Networks = tuple[IPv4Network | IPv6Network, ...]


def networks(texts: Iterable[str], *, variable: str = "TRUSTED_PROXIES") -> Networks:
    """`10.0.0.0/8`, `::1` → networks. ImproperlyConfigured names the variable it came from."""
    try:
        return tuple(ip_network(text) for text in texts)
    except ValueError as error:
        raise ImproperlyConfigured(f"{variable} is not a list of networks: {error}.") from None


def client_address(remote_address: str, forwarded_for: str, trusted: Networks) -> str:
    """The address nearest to us that is not one of our own proxies.

    `forwarded_for` is believed only as far as trusted proxies wrote it: it is read from the
    right, and an entry that is no address ends the reading at the proxy that passed it on.
    """
    nearest = _parse(remote_address)
    if nearest is None or not trusted or not is_trusted(remote_address, trusted):
        return str(nearest) if nearest else remote_address
    for hop in reversed(forwarded_for.split(",")):
        address = _parse(hop)
        if address is None:
            break
        nearest = address
        if not _inside(address, trusted):
            break
    return str(nearest)


@lru_cache(maxsize=256)
def is_trusted(remote_address: str, trusted: Networks) -> bool:
    address = _parse(remote_address)
    return address is not None and _inside(address, trusted)


def _inside(address: IPv4Address | IPv6Address, trusted: Networks) -> bool:
    return any(address in network for network in trusted)


def _parse(text: str) -> IPv4Address | IPv6Address | None:
    """Accepts what proxies write: a port, brackets, an IPv4 address inside an IPv6 one."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address.scope_id is not None:
            return None
    return address
