"""Which addresses no Secret may lead to."""

import pytest
from multicasskop.informers.addresses import why_local

LOOPBACK, LINK, METADATA = "a loopback address", "a link-local address", "a cloud's metadata address"


@pytest.mark.parametrize(
    ("host", "why"),
    [
        ("127.0.0.1", LOOPBACK),
        ("127.255.0.9", LOOPBACK),
        ("0.0.0.0", LOOPBACK),  # noqa: S104 - an address to be refused
        ("::1", LOOPBACK),
        ("::", LOOPBACK),
        ("::ffff:127.0.0.1", LOOPBACK),
        ("2002:7f00:1::", LOOPBACK),
        ("169.254.1.1", LINK),
        ("fe80::1", LINK),
        ("fe80::1%eth0", LINK),
        ("::ffff:169.254.9.9", LINK),
        ("169.254.169.254", METADATA),
        ("fd00:ec2::254", METADATA),
        ("100.100.100.200", METADATA),
        ("168.63.129.16", METADATA),
        ("224.0.0.1", "a multicast address"),
        ("10.0.0.1", ""),
        ("192.168.1.1", ""),
        ("203.0.113.9", ""),
        ("fd12::1", ""),
        ("2001:db8::1", ""),
        ("api.example.com", ""),
        ("localhost", ""),
        ("", ""),
    ],
)
def test_address(host: str, why: str) -> None:
    """What only our own machine can reach is told apart; private networks are where members are, and names wait."""
    assert why_local(host) == why
