"""Addresses in one spelling: Cassandra and Kubernetes write those of IPv6 in two."""

from collections.abc import Mapping
from ipaddress import ip_address


def plain(text: str) -> str:
    """The address in its shortest spelling; what is none stays as it is."""
    try:
        return ip_address(text).compressed
    except ValueError:
        return text


def by_address(members: Mapping[str, str]) -> Mapping[str, str]:
    """What a node says by address, with the addresses in their shortest spelling."""
    return {plain(address): value for address, value in members.items()}
