"""One member's proxy: accepts connections, refuses them, cuts them."""

import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress

from multicasskop.world.ports import free_ports
from multicasskop.world.proxy.connections import Connection
from multicasskop.world.proxy.control import Control
from multicasskop.world.proxy.upstream import Target

HOST = "127.0.0.1"
PATIENCE = 10.0


class Proxy:
    """Stands before one API server, on a port that stays the same."""

    def __init__(self, member: str, target: Target, context: ssl.SSLContext, control: Control) -> None:
        self.member = member
        (self._port,) = free_ports(1)
        self._target, self._context, self._control = target, context, control
        self._lock = threading.Lock()
        self._listener: socket.socket | None = None
        self._accepting: threading.Thread | None = None
        self._refusing = ""
        self._connections: set[Connection] = set()
        self._threads: set[threading.Thread] = set()

    @property
    def url(self) -> str:
        """The address for callers."""
        return f"https://{HOST}:{self._port}"

    def accept(self) -> None:
        """Accept connections, from now on or again."""
        with self._lock:
            self._refusing = ""
            if self._listener is None:
                self._listener = socket.create_server((HOST, self._port), backlog=512)
                self._accepting = self._spawn(self._listen, self._listener)

    def refuse(self, rule: str = "") -> None:
        """Refuse new connections and cut all that stand; with a rule's name until that is cleared."""
        with self._lock:
            self._refusing = rule or self._refusing
            listener, self._listener = self._listener, None
        if listener is not None and self._accepting is not None:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)  # closing alone would not wake the thread that accepts
            self._accepting.join(PATIENCE)  # what it has accepted is among those that are cut
            listener.close()
        self.cut()

    def settle(self) -> None:
        """Accept again when the rule that refused is gone."""
        if self._refusing and not self._control.rules.is_armed(self._refusing):
            self.accept()

    def cut(self) -> None:
        """End all connections that stand; new ones are accepted."""
        with self._lock:
            standing = tuple(self._connections)
        for connection in standing:
            connection.cut()

    def is_busy(self) -> bool:
        """Whether a connection stands or a thread runs."""
        with self._lock:
            return bool(self._connections) or any(thread.is_alive() for thread in self._threads)

    def stop(self) -> None:
        """End, and return when no thread is left; the rules must be cleared before."""
        self.refuse()
        with self._lock:
            threads = tuple(self._threads)
        for thread in threads:
            thread.join(PATIENCE)

    def _listen(self, listener: socket.socket) -> None:
        with suppress(OSError):  # it was shut
            while True:
                plain, _ = listener.accept()
                plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                with self._lock:
                    connection = Connection(self.member, plain, self._target, self._control)
                    self._connections.add(connection)
                    self._spawn(self._serve, connection)

    def _serve(self, connection: Connection) -> None:
        try:
            connection.serve(self._context)
        finally:
            with self._lock:
                self._connections.discard(connection)

    def _spawn(self, target: Callable[..., None], *args: object) -> threading.Thread:
        """Start a thread; the lock is held."""
        self._threads = {thread for thread in self._threads if thread.is_alive()}
        thread = threading.Thread(target=target, args=args, name=f"fault-proxy/{self.member}")
        self._threads.add(thread)
        thread.start()
        return thread
