"""The way to a member's server: who we are, and the connections made so. It may change while calls are under way."""

import threading
import weakref
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum

from multicasskop.informers.connections import Connections
from multicasskop.informers.credentials import Credentials
from multicasskop.informers.tokens import TokenCache
from urllib3 import HTTPConnectionPool


@dataclass(frozen=True, slots=True)
class Way:
    """One way: each call takes all that it needs from the same one."""

    credentials: Credentials
    connections: Connections
    unary: HTTPConnectionPool
    watches: HTTPConnectionPool
    probes: HTTPConnectionPool

    def close(self) -> None:
        """Close what is idle; what is in use is closed when it is given back."""
        for pool in (self.unary, self.watches, self.probes):
            pool.close()


class Shift(Enum):
    """How far other credentials lead elsewhere."""

    NONE = "to the same server, trusted as before"
    TRUST = "to the same address, where other certificates are trusted"
    MOVED = "to another address"


class Ways:
    """The way that is used now, and older ones whose calls have not ended yet. Thread-safe."""

    def __init__(
        self, credentials: Credentials, before_send: Callable[[str], None], *, connections: int, watches: int
    ) -> None:
        """Make the first way; CredentialsError when its certificates cannot be used."""
        self._before_send, self._sizes = before_send, (connections, watches)
        self._lock = threading.Lock()
        self._old: tuple[Connections, ...] = ()
        self._tokens: weakref.WeakSet[TokenCache] = weakref.WeakSet()
        self._note(credentials)
        self.current = self._make(credentials)

    def change(self, credentials: Credentials, leaving: Callable[[Shift], None] = lambda _: None) -> Shift:
        """Use other credentials from now on, and return how far they lead elsewhere; `leaving` hears it before that.

        CredentialsError when the certificates cannot be used: the old way stays. Calls and streams under way end where
        they began, unless the address is another one: then they are cut.
        """
        with self._lock:
            self._note(credentials)
            old = self.current
            shift, same = _shift(old.credentials, credentials), _same_trust(old.credentials, credentials)
            way = replace(old, credentials=credentials) if same else self._make(credentials)
            leaving(shift)
            self.current = way
            if same:
                return shift
            self._old = (*(each for each in self._old if each.busy), old.connections)
        if shift is Shift.MOVED:
            old.connections.cut()
        old.close()
        return shift

    def cut(self) -> None:
        """End every call and stream that is under way, on whichever way, and wake those that wait for a token."""
        for connections in self._all():
            connections.cut()
        self._wake()

    def cut_calls(self) -> None:
        """End every call that is under way, and no stream; wake as `cut` does."""
        for connections in self._all():
            connections.cut_calls()
        self._wake()

    def _note(self, credentials: Credentials) -> None:
        if credentials.tokens:
            self._tokens.add(credentials.tokens)

    def _wake(self) -> None:
        with self._lock:
            known = tuple(self._tokens)
        for tokens in known:
            tokens.wake()

    def _all(self) -> tuple[Connections, ...]:
        with self._lock:
            return (*self._old, self.current.connections)

    def _make(self, credentials: Credentials) -> Way:
        made, (connections, watches) = Connections(credentials, self._before_send), self._sizes
        return Way(
            credentials,
            made,
            made.pool(connections, block=True, calls=True),
            made.pool(watches, block=False),
            made.pool(1, block=False),
        )


def _shift(one: Credentials, other: Credentials) -> Shift:
    if one.server != other.server:
        return Shift.MOVED
    return Shift.NONE if _same_server(one, other) else Shift.TRUST


def _same_server(one: Credentials, other: Credentials) -> bool:
    """Whether it takes the same certificate to be taken for the member's server."""
    return all(getattr(one, field) == getattr(other, field) for field in ("server", "ca", "insecure", "server_name"))


def _same_trust(one: Credentials, other: Credentials) -> bool:
    """Whether connections of the one serve the other too: all that differs is what is sent with each request."""
    fields = ("server", "ca", "certificate", "key", "insecure", "server_name", "confined")
    return all(getattr(one, field) == getattr(other, field) for field in fields)
