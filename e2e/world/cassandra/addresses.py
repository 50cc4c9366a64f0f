"""Addresses for pods on this machine's loopback, each used by one pod at a time, whichever process or test it is of."""

import secrets
from collections.abc import Callable

from multicasskop.world.cassandra.listener import PORT, Answer, Credentials, Listener
from multicasskop.world.cassandra.rules import Line

ATTEMPTS = 100


class Addresses:
    """Gives out addresses of 127/8 at random: the kernel says whether somebody else listens there."""

    def __init__(self, port: int = PORT) -> None:
        self._port = port

    def listener(
        self, former: str, answer: Answer, line: Callable[[], Line], credentials: Credentials | None
    ) -> Listener:
        """A listener at an address of its own, at the former one where that is free. OSError when none is to be had."""
        failure = OSError("no address was tried")
        for address in [former] * bool(former) + [anywhere() for _ in range(ATTEMPTS)]:
            try:
                return Listener(address, answer, line, credentials, port=self._port)
            except OSError as error:
                failure = error
        raise OSError(f"no address of 127/8 to be had for a pod: {failure}") from failure


def anywhere() -> str:
    """Any address of 127/8, but for those that people use by hand."""
    number = secrets.randbelow(1 << 16)
    return f"127.{16 + secrets.randbelow(232)}.{number >> 8}.{1 + secrets.randbelow(254)}"
