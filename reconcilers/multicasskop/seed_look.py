"""Looks whether seeds answer: beside the work, which never waits for a name service or for a network."""

import socket
import threading
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Final

from cachetools import TTLCache
from multicasskop.informers.clock import Clock
from multicasskop.informers.key import Key
from multicasskop.reconcilers.multicasskop.seed_answers import Answer, Looked, SeedProbe
from multicasskop.reconcilers.multicasskop.seed_probe import PORT

_TIMEOUT: Final = 2.0
_AT_ONCE: Final = 4
_KEPT: Final = 1024
_KEPT_SECONDS: Final = 600.0

Connect = Callable[[str, int], None]
Start = Callable[[str, Callable[[], None]], None]


def connect(name: str, port: int) -> None:
    """Connect to a name and hang up; socket.gaierror when it has no address, OSError when nobody takes the call.

    The connection gets two seconds per address; how long a name may take is the resolver's business.
    """
    try:
        found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:
        raise socket.gaierror(socket.EAI_NONAME, "not a name") from error
    failed: OSError = socket.gaierror(socket.EAI_NONAME, "no address")
    for family, kind, protocol, _, address in found:
        try:
            with socket.socket(family, kind, protocol) as line:
                line.settimeout(_TIMEOUT)
                line.connect(address)
                return
        except OSError as error:
            failed = error
    raise failed


def in_background(name: str, target: Callable[[], None]) -> None:
    """Run something that nobody waits for, not even the end of the process: a resolver cannot be interrupted."""
    threading.Thread(name=name, target=target, daemon=True).start()


class SeedLook:
    """Remembers for ten minutes which seeds answered; who asked is woken when there is something new. Thread-safe."""

    def __init__(
        self, probe: SeedProbe, clock: Clock, *, connect: Connect = connect, start: Start = in_background
    ) -> None:
        """Look at nothing yet."""
        self._probe, self._clock, self._connect, self._start = probe, clock, connect, start
        self._lock = threading.Lock()
        self._known: TTLCache[str, Answer] = TTLCache(_KEPT, _KEPT_SECONDS, timer=clock.monotonic)
        self._shown: Mapping[str, Answer] = MappingProxyType({})
        # by name, who waits for it: first those nobody looks at yet, then those that somebody does
        self._asked: dict[str, set[Key]] = {}
        self._under_way: dict[str, set[Key]] = {}
        self._wake: Callable[[Key], None] = lambda key: None

    def on_answer(self, wake: Callable[[Key], None]) -> None:
        """Tell whoever asked by this, in the thread that has looked."""
        self._wake = wake

    @property
    def looked(self) -> Looked:
        """What is known now; a view that does not change any more."""
        return Looked(self._probe, self._shown)

    def ask(self, names: Iterable[str], key: Key) -> None:
        """Have these looked at soon, for this MultiCasskop."""
        with self._lock:
            for name in names:
                waiting = self._under_way if name in self._under_way else self._asked
                waiting.setdefault(name, set()).add(key)
            begun = [name for name in (self._next_locked() for _ in range(_AT_ONCE)) if name]
        for name in begun:
            self._start("seed look", partial(self._run, name))

    def _run(self, name: str) -> None:
        """Look at this one, and then at others that wait."""
        while name:
            answer = self._look(name)
            with self._lock:
                self._known[name] = answer
                self._shown = MappingProxyType(dict(self._known))
                keys = self._under_way.pop(name)
                name = self._next_locked()
            for key in keys:
                self._wake(key)

    def _next_locked(self) -> str:
        """Take the name that has waited longest; none while enough are looked at."""
        name = next(iter(self._asked), "") if len(self._under_way) < _AT_ONCE else ""
        if name:
            self._under_way[name] = self._asked.pop(name)
        return name

    def _look(self, name: str) -> Answer:
        try:
            self._connect(name, PORT)
        except socket.gaierror:
            return Answer(self._clock.monotonic(), ok=False, resolved=False)
        except OSError as error:
            return Answer(self._clock.monotonic(), ok=False, why=error.strerror or str(error) or "no answer")
        return Answer(self._clock.monotonic(), ok=True)
