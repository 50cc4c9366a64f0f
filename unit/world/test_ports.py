"""Free ports for servers that have to come back on them."""

import socket

from multicasskop.world import ports


def test_free_ports_differ_and_can_be_bound() -> None:
    """As many ports as asked for, all different, all outside the range of outgoing connections."""
    found = ports.free_ports(20)
    assert len(set(found)) == 20
    for port in found:
        assert ports.FIRST <= port < ports.LAST
        with socket.create_server(("127.0.0.1", port)):
            assert not ports.is_free(port)


def test_served_port_is_told_from_a_closed_one() -> None:
    """A port is served while somebody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert ports.is_served(port)
    assert not ports.is_served(port)
