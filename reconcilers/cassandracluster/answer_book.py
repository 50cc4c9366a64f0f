"""Asks nodes beside the work, and keeps what they answered until a decision has been made on it.

No worker waits for a node: one that hangs holds up a thread here, of which there are a few, and none of the runs of
other clusters (D11). Answers are for one decision: what was true a moment ago is asked again for the next one.
"""

import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from multicasskop.informers.clock import Clock
from multicasskop.informers.key import Key
from multicasskop.reconcilers.cassandracluster.jolokia.operations import Inquiry, Node
from multicasskop.reconcilers.cassandracluster.jolokia.pool import Line
from multicasskop.reconcilers.cassandracluster.pods import Pod
from multicasskop.reconcilers.cassandracluster.ring import Ask, Asked

AT_ONCE: Final = 32
"""So many nodes that hang, of as many clusters, hold up nobody: a cluster asks one question at a time."""
FRESH_SECONDS: Final = 5.0
"""How long an answer counts by itself."""
MOMENT_SECONDS: Final = 60.0
"""How long it counts while others follow it: a decision needs several, and each may take seconds."""

Start = Callable[[str, Callable[[], None]], object]
Connect = Callable[[Key, Pod], Line]


@dataclass(frozen=True, slots=True)
class _Order:
    cluster: Key
    pod: Pod
    question: Asked[object]

    @property
    def ask(self) -> Ask:
        """The question, and to which pod: not the next one of its name."""
        return Ask(self.pod.uid, self.question)

    @property
    def subject(self) -> tuple[Key, Ask]:
        """Of which cluster, which pod, and what: equal for all who may share the answer."""
        return self.cluster, self.ask


class AnswerBook:
    """Questions to nodes and their answers, by CassandraCluster. Thread-safe.

    Guarantees: a question is put to a node once at a time; the answers of a cluster count for five seconds after the
    last of them, and none for more than a minute; whoever asked is woken by each answer, a failure being one, too. If
    each counted for itself alone, a decision that needs several slow ones would never have all of them. `connect` gives
    the line to the node in a pod, `start` runs something in a thread of its own.
    """

    def __init__(self, clock: Clock, *, connect: Connect, start: Start, at_once: int = AT_ONCE) -> None:
        """Know nothing yet."""
        self._clock, self._connect, self._start, self._at_once = clock, connect, start, at_once
        self._lock = threading.Lock()
        self._answers: dict[Key, dict[Ask, tuple[object, float]]] = {}
        self._due: deque[_Order] = deque()
        self._asked: dict[tuple[Key, Ask], bool] = {}
        """Whether the answer that is awaited will count."""
        self._threads = 0
        self._open: set[Line] = set()
        self._stopped = False
        self._wake: Callable[[Key], None] = lambda cluster: None

    def on_answer(self, wake: Callable[[Key], None]) -> None:
        """Tell whoever asked by this, in the thread that has asked."""
        self._wake = wake

    def answers(self, cluster: Key) -> Mapping[Ask, object]:
        """What is known for a cluster now; a view that does not change any more."""
        now = self._clock.monotonic()
        with self._lock:
            known = self._answers.get(cluster, {})
            goes_on = any(now - at <= FRESH_SECONDS for _, at in known.values())
            oldest = now - (MOMENT_SECONDS if goes_on else FRESH_SECONDS)
            return MappingProxyType({ask: answer for ask, (answer, at) in known.items() if at >= oldest})

    def ask(self, cluster: Key, pod: Pod, question: Asked[object]) -> None:
        """Have the node in a pod asked soon, unless it is being asked that already."""
        order = _Order(cluster, pod, question)
        with self._lock:
            if self._stopped or order.subject in self._asked:
                return
            self._asked[order.subject] = True
            self._due.append(order)
            begins = self._threads < self._at_once
            self._threads += begins
        if begins:
            self._start("question", self._run)

    def used(self, cluster: Key) -> None:
        """A decision was made: the next one asks anew."""
        with self._lock:
            self._answers.pop(cluster, None)

    def outdate(self, cluster: Key, uid: str) -> None:
        """Forget what the node in the pod of this UID said, and what it is being asked: it was told something since."""
        with self._lock:
            known = self._answers.get(cluster, {})
            for ask in [ask for ask in known if ask.uid == uid]:
                del known[ask]
            self._asked.update({(of, ask): False for of, ask in self._asked if (of, ask.uid) == (cluster, uid)})

    def stop(self) -> None:
        """Put no more questions, and wait for no answer any more, so that all threads end soon; nobody is woken."""
        with self._lock:
            self._stopped = True
            self._due.clear()
            lines = tuple(self._open)
        for line in lines:
            line.close()

    def _run(self) -> None:
        for order in iter(self._next, None):
            answer = self._put(order)
            with self._lock:
                counts = self._asked.pop(order.subject)
                if self._stopped:
                    continue
                if counts:
                    self._answers.setdefault(order.cluster, {})[order.ask] = answer, self._clock.monotonic()
            self._wake(order.cluster)

    def _put(self, order: _Order) -> object:
        line = self._connect(order.cluster, order.pod)
        with self._lock:
            if self._stopped:
                line.close()
            self._open.add(line)
        try:
            return _put(order.question, line)
        finally:
            with self._lock:
                self._open.discard(line)

    def _next(self) -> _Order | None:
        with self._lock:
            if self._due:
                return self._due.popleft()
            self._threads -= 1
            return None


def _put(question: Asked[object], node: Node) -> object:
    return question.run(node) if isinstance(question, Inquiry) else node.ask(question)
