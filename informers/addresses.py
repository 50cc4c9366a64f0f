"""Addresses that credentials out of a Secret may not lead to: our own machine, its link, and a cloud's own services.

Whoever may write such a Secret would else make the operator speak to what only the operator can reach.
"""

from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final

METADATA: Final = frozenset(
    map(ip_address, ("169.254.169.254", "fd00:ec2::254", "100.100.100.200", "168.63.129.16", "192.0.0.192"))
)
"""Where clouds hand out the credentials of a machine, or speak to it."""


def why_local(host: str) -> str:
    """Say what is wrong with an address for a member's API server; empty for any other, and for a name.

    A name is judged when it has been resolved: by the address to which a connection was made.
    """
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return ""
    return _judge(_embedded(address))


def _judge(address: IPv4Address | IPv6Address) -> str:
    if address.is_unspecified or address.is_loopback:
        return "a loopback address"
    if address in METADATA:
        return "a cloud's metadata address"
    if address.is_link_local:
        return "a link-local address"
    return "a multicast address" if address.is_multicast else ""


def _embedded(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address to which an IPv6 one leads, where it does."""
    if isinstance(address, IPv4Address):
        return address
    return address.ipv4_mapped or address.sixtofour or address
