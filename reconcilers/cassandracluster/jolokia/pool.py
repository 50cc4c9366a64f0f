"""Commands that run for minutes or hours, beside the work: no worker waits for a node.

What is remembered here dies with the process, and nothing is lost by it: a node goes on with what it was told, and its
mode, its compactions and its streams show that to whoever comes next.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Protocol, TypeAlias

from cachetools import LRUCache
from multicasskop.informers.clock import Clock
from multicasskop.informers.key import Key
from multicasskop.reconcilers.cassandracluster.jolokia.answers import Failed
from multicasskop.reconcilers.cassandracluster.jolokia.operations import Node, Work, carry_out

AT_ONCE: Final = 16
_KEPT: Final = 4096

Wake: TypeAlias = Callable[[Key], None]


class Line(Node, Protocol):
    """A node that can be left in the middle of an answer; a JolokiaClient is one."""

    def close(self) -> None:
        """Cut what is under way."""
        ...


class Threads(Protocol):
    """Who owns the threads; informers.supervisor.Supervisor is one."""

    def spawn(self, name: str, target: Callable[..., object], *args: object) -> threading.Thread:
        """Start a thread."""
        ...


@dataclass(frozen=True, slots=True)
class Running:
    """The node is at it, as far as we know."""

    work: Work


@dataclass(frozen=True, slots=True)
class Ended:
    """What came of it: done when nothing failed."""

    work: Work
    failed: Failed | None = None
    at: float = field(default=0.0, compare=False)
    """When, in seconds of the pool's monotonic clock."""


State: TypeAlias = Running | Ended


@dataclass(frozen=True, slots=True)
class _Order:
    pod: Key
    uid: str
    work: Work
    line: Line
    cluster: Key


class CommandPool:
    """Runs at most one command per pod and `at_once` in all; each in a thread of the supervisor's. Thread-safe.

    The pod is known by its key and its UID: what another pod of the same name was told is not told of this one. What
    came of a command is kept until the next one for the pod, or `forget`, or 4096 others.
    """

    def __init__(self, threads: Threads, clock: Clock, *, at_once: int = AT_ONCE) -> None:
        self._threads, self._clock, self._at_once = threads, clock, at_once
        self._lock = threading.Lock()
        self._running: dict[Key, _Order] = {}
        self._ended: LRUCache[Key, tuple[str, Ended]] = LRUCache(_KEPT)
        self._turned_away: dict[Key, None] = {}
        self._stopped = False
        self._wake: Wake = lambda cluster: None
        self._before_end: Callable[[Key, str], None] = lambda cluster, uid: None

    def before_end(self, tell: Callable[[Key, str], None]) -> None:
        """Tell the CassandraCluster and the UID of a pod whose command is over, while the pod still counts as busy."""
        self._before_end = tell

    def on_end(self, wake: Wake) -> None:
        """Tell the key of the CassandraCluster when a command of it has ended, in the command's thread.

        Those that were turned away are told, too, when there is room again.
        """
        self._wake = wake

    def start(self, pod: Key, uid: str, work: Work, line: Line, cluster: Key) -> bool:
        """Have the node in a pod told; False when there is no room, or the pod has a command that has not ended.

        Nothing waits in line: by the time it would be its turn the address could be another pod's. What came of an
        earlier command is forgotten in any case, so that nobody takes it for the end of this one.
        """
        order = _Order(pod, uid, work, line, cluster)
        with self._lock:
            self._ended.pop(pod, None)
            if self._stopped or pod in self._running or len(self._running) >= self._at_once:
                self._turned_away[cluster] = None
                return False
            self._running[pod] = order
        self._threads.spawn(f"command/{pod}", self._run, order)
        return True

    def look(self, pod: Key, uid: str) -> State | None:
        """What is known of the pod's last command; None for one that was told nothing by this process."""
        with self._lock:
            order = self._running.get(pod)
            if order is not None and order.uid == uid:
                return Running(order.work)
            told, ended = self._ended.get(pod, ("", None))
            return ended if told == uid else None

    def busy(self) -> frozenset[str]:
        """The UIDs of pods whose commands have not ended."""
        with self._lock:
            return frozenset(order.uid for order in self._running.values())

    def forget(self, pod: Key) -> None:
        """Drop what came of the pod's last command."""
        with self._lock:
            self._ended.pop(pod, None)

    def abandon(self, pod: Key) -> None:
        """Stop waiting for a command, because the pod is gone; the node, if it lives, goes on. It ends as a timeout."""
        with self._lock:
            order = self._running.get(pod)
        if order is not None:
            order.line.close()

    def stop(self) -> None:
        """Take no more and stop waiting, so that all threads end soon; the nodes go on with what they were told."""
        with self._lock:
            self._stopped = True
            orders = tuple(self._running.values())
        for order in orders:
            order.line.close()

    def _run(self, order: _Order) -> None:
        """Carry it out, and tell whoever waits for the end or for the room."""
        failed = carry_out(order.work, order.line)
        self._before_end(order.cluster, order.uid)
        with self._lock:
            del self._running[order.pod]
            self._ended[order.pod] = order.uid, Ended(order.work, failed, self._clock.monotonic())
            waiting, self._turned_away = {order.cluster: None} | self._turned_away, {}
            if self._stopped:
                return
        for cluster in waiting:
            self._wake(cluster)
