"""Free ports on loopback, below the range from which the kernel takes ports for outgoing connections.

A port from that range could be taken by any client while its server is stopped, and the server could not come back.
"""

import secrets
import socket

FIRST, LAST = 20000, 32000


def free_ports(count: int) -> tuple[int, ...]:
    """Return different ports that nobody listens on now. Somebody may, a moment later: callers try again."""
    found: list[int] = []
    for _ in range(100 * count):
        port = FIRST + secrets.randbelow(LAST - FIRST)
        if port not in found and is_free(port):
            found.append(port)
            if len(found) == count:
                return tuple(found)
    raise OSError(f"no {count} free ports between {FIRST} and {LAST} on 127.0.0.1")


def is_free(port: int) -> bool:
    """Whether a server could listen on the port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def is_served(port: int) -> bool:
    """Whether somebody accepts connections on the port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
