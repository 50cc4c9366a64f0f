"""The addresses behind a name, and a connection to the first of them that takes one.

The C library's resolver waits for as long as its own configuration says, half a minute and more where the servers of
names are silent, and cannot be cut. So a thread of its own waits for it, and whoever asks waits as long as it has time.
"""

import socket
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from ipaddress import ip_address
from typing import Any

Address = tuple[Any, ...]
"""What `socket.getaddrinfo` gives: family, type, protocol, canonical name, socket address."""
Options = Sequence[tuple[int, int, int | bytes]]
Patience = Callable[[], float | None]
"""For how many seconds to wait from now on, None for ever; TimeoutError when the time is over."""


class Names:
    """Looks up the addresses of one name at a time. Thread-safe; all who ask meanwhile wait for one look-up."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._looks: dict[tuple[str, int], Future[list[Address]]] = {}

    def addresses(self, host: str, port: int, patience: Patience) -> list[Address]:
        """Return the addresses; socket.gaierror when there are none, or when they have not come in time."""
        if _is_address(host):
            return look_up(host, port)
        look = self._look(host, port)
        try:
            return look.result(patience())
        except TimeoutError:
            raise socket.gaierror(socket.EAI_AGAIN, "no answer in time") from None

    def _look(self, host: str, port: int) -> "Future[list[Address]]":
        with self._lock:
            if (host, port) in self._looks:
                return self._looks[host, port]
            look = self._looks[host, port] = Future()
        # not the supervisor's: a process that ends does not wait for it
        thread = threading.Thread(name=f"name/{host}", target=self._run, args=(look, host, port), daemon=True)
        try:
            thread.start()
        except RuntimeError:
            self._finish(host, port)
            look.set_exception(socket.gaierror(socket.EAI_MEMORY, "no thread could be started"))
        return look

    def _run(self, look: "Future[list[Address]]", host: str, port: int) -> None:
        try:
            found = look_up(host, port)
        except BaseException as error:  # noqa: BLE001  whatever it is: who waits is told
            self._finish(host, port)
            look.set_exception(error)
        else:
            self._finish(host, port)
            look.set_result(found)

    def _finish(self, host: str, port: int) -> None:
        """Let whoever asks from now on look again."""
        with self._lock:
            del self._looks[host, port]


def look_up(host: str, port: int) -> list[Address]:
    """Ask the system; socket.gaierror."""
    try:
        return list(socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM))
    except UnicodeError:
        raise socket.gaierror(socket.EAI_NONAME, "not a name") from None


def connect(addresses: Sequence[Address], options: Options, patience: Patience) -> socket.socket:
    """Connect to the first address that lets us; OSError of the last one when none does.

    A name may stand for any number of them: each is waited for as `patience` says, which has an end for all together.
    """
    refusal = OSError("the name has no address")
    for family, kind, protocol, _, address in addresses:
        try:
            wait = patience()
            return _connected(socket.socket(family, kind, protocol), address, options, wait)
        except OSError as error:
            refusal = error
    raise refusal


def _connected(wire: socket.socket, address: Any, options: Options, wait: float | None) -> socket.socket:  # noqa: ANN401
    try:
        for option in options:
            wire.setsockopt(*option)
        wire.settimeout(wait)
        wire.connect(address)
    except BaseException:
        wire.close()
        raise
    return wire


def _is_address(host: str) -> bool:
    with suppress(ValueError):
        return bool(ip_address(host.strip("[]").partition("%")[0]))
    return False
