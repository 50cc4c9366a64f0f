"""The nodes of all rings, as the reconciler sees them: what they answered, and what they are told."""

from collections.abc import Callable
from typing import Final

from multicasskop.informers.clock import Clock
from multicasskop.informers.guard import WriteGuard
from multicasskop.informers.key import Key
from multicasskop.reconcilers.cassandracluster.answer_book import AnswerBook
from multicasskop.reconcilers.cassandracluster.facts import Facts
from multicasskop.reconcilers.cassandracluster.jolokia.pool import CommandPool, Ended, Running
from multicasskop.reconcilers.cassandracluster.jolokia.questions import Decommission
from multicasskop.reconcilers.cassandracluster.lines import Lines
from multicasskop.reconcilers.cassandracluster.ring import Outcome, Ring, Unanswered
from multicasskop.reconcilers.cassandracluster.writes import Run

TOLD_AGAIN_SECONDS: Final = 30.0
"""So long a node that was to leave the ring and failed is let be; then it is told again, as the reason may be gone."""


class Nodes:
    """Questions and commands to the nodes of one Kubernetes cluster. Thread-safe; never waits for a node.

    Commands pass the write guard, as every change of an object does: no API server stands between us and a node.
    """

    def __init__(
        self, book: AnswerBook, pool: CommandPool, lines: Lines, clock: Clock, guard: WriteGuard | None = None
    ) -> None:
        """Ask through the book, command through the pool."""
        self._book, self._pool, self._lines, self._clock, self._guard = book, pool, lines, clock, guard
        # what a node said before it had done what it was told is no ground to tell it once more
        pool.before_end(book.outdate)

    def on_news(self, wake: Callable[[Key], None]) -> None:
        """Tell whose nodes have answered, or have done what they were told."""
        self._book.on_answer(wake)
        self._pool.on_end(wake)

    def ring(self, cluster: Key, facts: Facts) -> Ring:
        """What is known now of the nodes of a cluster: commands first, so that no answer is older than their ends."""
        known = {pod.uid: self._pool.look(Key(cluster.namespace, pod.name), pod.uid) for pod in facts.pods}
        over = {uid: state for uid, state in known.items() if isinstance(state, Ended)}
        ended = {uid: Outcome(state.work, state.failed) for uid, state in over.items()}
        running = {uid: state.work for uid, state in known.items() if isinstance(state, Running)}
        stayed = {uid: said for uid, state in over.items() if (said := self._why_it_stays(state))}
        return Ring(self._book.answers(cluster), frozenset(running), stayed, running, ended)

    def ask(self, cluster: Key, missing: Unanswered) -> None:
        """Have asked what a decision could not be made without."""
        self._book.ask(cluster, missing.pod, missing.question)

    def used(self, cluster: Key) -> None:
        """A decision was made on the answers: the next one asks anew."""
        self._book.used(cluster)

    def order(self, cluster: Key, run: Run) -> None:
        """Have a node told; where there is no room the cluster is woken when there is. NotLeader for who leads not."""
        pod, line = Key(cluster.namespace, run.pod.name), self._lines.connect(cluster, run.pod)
        if self._guard is not None:
            self._guard.check()
        self._pool.start(pod, run.pod.uid, run.command, line, cluster)

    def stop(self) -> None:
        """Ask and tell nodes nothing any more, and wait for none."""
        self._book.stop()
        self._pool.stop()

    def _why_it_stays(self, ended: Ended) -> str:
        """What kept a node in the ring that was to leave it, lately; an operation that failed is none of that."""
        if not isinstance(ended.work, Decommission) or ended.failed is None:
            return ""
        return ended.failed.message if self._clock.monotonic() - ended.at < TOLD_AGAIN_SECONDS else ""
