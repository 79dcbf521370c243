"""Which addresses of the network a webhook may be sent to: public ones, and those allowed by name.

The check stands where the socket is made, so that it sees the very address that is dialled: a name
that resolves differently the second time, a number written in an odd way or a literal cannot slip
past it. What counts as public follows https://github.com/svix/svix-webhooks (webhook_http_client)
and the IANA special-purpose registries.
"""

import socket
from collections.abc import Callable, Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Dial = Callable[[tuple[Any, ...]], socket.socket]

FORBIDDEN: tuple[Network, ...] = tuple(
    map(
        ip_network,
        (
            "0.0.0.0/8",  # this network
            "10.0.0.0/8",  # private
            "100.64.0.0/10",  # shared by carriers (CGNAT)
            "127.0.0.0/8",  # loopback
            "169.254.0.0/16",  # link-local, cloud metadata
            "172.16.0.0/12",  # private
            "192.0.0.0/24",  # protocol assignments
            "192.0.2.0/24",  # documentation
            "192.88.99.0/24",  # 6to4 relays
            "192.168.0.0/16",  # private
            "198.18.0.0/15",  # benchmarks
            "198.51.100.0/24",  # documentation
            "203.0.113.0/24",  # documentation
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved, broadcast
        ),
    )
)
#: of IPv6 only global unicast is public; these parts of it are not, or lead to an IPv4 address
PUBLIC_V6 = ip_network("2000::/3")
NAT64 = ip_network("64:ff9b::/96")
FORBIDDEN_V6: tuple[Network, ...] = tuple(
    map(
        ip_network,
        (
            "2001::/23",  # protocol assignments, Teredo and ORCHID among them
            "2001:db8::/32",  # documentation
            "2002::/16",  # 6to4
            "3fff::/20",  # documentation
        ),
    )
)


class Forbidden(OSError):
    """The address is inside the network; webhooks go outside, or where the settings allow."""


def networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Read CIDRs such as ``127.0.0.0/8``; raise ``ValueError`` naming one that is none."""
    return tuple(ip_network(text) for text in texts)


def may_dial(text: str, allowed: Iterable[Network]) -> bool:
    """Say whether an address (an IP in text, an IPv6 zone included) may be dialled."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, IPv6Address):
        address = embedded(address) or address
    return _public(address) or any(address in network for network in allowed)


def refuse_inside(host: str, allowed: Iterable[Network]) -> None:
    """Raise ``Forbidden`` for an address that may not be dialled, or a name nobody looked up."""
    if not may_dial(host, allowed):
        raise Forbidden(
            f"{host} is inside the network; allow it with TILANNE_SINK_NETWORKS if it should be"
        )


def embedded(address: IPv6Address) -> IPv4Address | None:
    """Return the IPv4 address that an IPv6 address leads to: mapped, or through NAT64 (RFC 6052).

    Older ways of embedding (compatible, 6to4, Teredo) are not public and need no unwrapping.
    """
    if address in NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped


def _public(address: Address) -> bool:
    if isinstance(address, IPv4Address):
        return not any(address in network for network in FORBIDDEN)
    return address in PUBLIC_V6 and not any(address in network for network in FORBIDDEN_V6)


def guarded_dial(allowed: Iterable[Network]) -> Dial:
    """Return a maker of sockets that raises ``Forbidden`` for an address that may not be dialled.

    In: the networks that are allowed though they are not public. Out: a ``socket_factory`` for
    ``aiohttp.TCPConnector``.
    """
    permitted = tuple(allowed)

    def dial(info: tuple[Any, ...]) -> socket.socket:
        family, kind, protocol, _, destination = info
        refuse_inside(str(destination[0]), permitted)
        return socket.socket(family, kind, protocol)

    return dial
