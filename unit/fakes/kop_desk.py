"""A CassandraCluster reconciler before one cluster in memory, with its watches; driven by hand, in one thread."""

import itertools
from typing import Any, cast

from fakes.clock import FakeClock
from fakes.cluster import FakeCluster
from fakes.nodes import ScriptedNode
from fakes.server import Call
from fakes.stage import SILENT, HandQueue
from multicasskop.informers.cluster import Cluster
from multicasskop.informers.deadline import Deadline
from multicasskop.informers.supervisor import Supervisor
from multicasskop.reconcilers.cassandracluster.answer_book import AnswerBook
from multicasskop.reconcilers.cassandracluster.jolokia.pool import CommandPool
from multicasskop.reconcilers.cassandracluster.lines import Lines
from multicasskop.reconcilers.cassandracluster.nodes import Nodes
from multicasskop.reconcilers.cassandracluster.reconciler import CassandraClusterReconciler
from multicasskop.reconcilers.cassandracluster.scope import Scope
from multicasskop.reconcilers.cassandracluster.watches import wire
from multicasskop.reconcilers.event_series import Reference
from multicasskop.reconcilers.request import Context, Request, Result
from multicasskop.reconcilers.traces import Traces

Json = dict[str, Any]
PLURAL, NAMESPACE = "cassandraclusters", "ns"
DEMO = Request(NAMESPACE, "demo")


class Line(ScriptedNode):
    """A node that answers at once."""

    def close(self) -> None:
        """There is nothing to cut."""


class KopDesk:
    """What a test needs to let CassKop look at `demo`, and to see what it did. Nodes answer in the same thread."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.cluster = FakeCluster("k8s-cluster1", self.clock)
        self.server, self.queue = self.cluster.server, HandQueue(self.clock)
        self.scope = Scope(cast(Cluster, self.cluster))
        wire(self.scope, self.queue)
        self.node, self.told, self.gone = Line(), list[tuple[str, str]](), list[tuple[str, str, str]]()
        book = AnswerBook(self.clock, connect=lambda *_: self.node, start=lambda _, target: target())
        self.nodes = Nodes(book, CommandPool(Supervisor(), self.clock), cast(Lines, None), self.clock)
        self.nodes.on_news(lambda key: self.queue.add(Request.of(key)))
        self.traces, self._runs = Traces(cast(Any, None), wanted=False), itertools.count()
        self.reconciler = CassandraClusterReconciler(self.scope, self.nodes, self, clock=self.clock, traces=self.traces)

    def event(self, regarding: object, type_: str, reason: str, note: str, *, member: str = "") -> None:
        """Take an event."""
        self.told.append((reason, note))

    def over(self, gone: Reference) -> None:
        """Keep which cluster nothing more is told of."""
        self.gone.append(gone.place)

    def submit(self, spec: Json | None = None, **metadata: Any) -> None:  # noqa: ANN401
        """Make the CassandraCluster."""
        meta = {"name": "demo", "namespace": NAMESPACE, **metadata}
        self.server.put(
            PLURAL, {"apiVersion": "db.orange.com/v2", "kind": "CassandraCluster", "metadata": meta, "spec": spec or {}}
        )

    def edit(self, patch: Json, *, status: bool = False) -> None:
        """Let somebody change the CassandraCluster."""
        self.server.edit(PLURAL, NAMESPACE, "demo", patch, status=status)

    def look(self) -> Result:
        """Let CassKop look once; what was called before is forgotten."""
        self.server.calls.clear()
        context = Context(Deadline(self.clock, 120), f"{next(self._runs)}", "change", SILENT)
        return self.reconciler.reconcile(DEMO, context)

    def until_written(self, plural: str, limit: int = 20) -> None:
        """Let CassKop look until it has written something of a kind."""
        for _ in range(limit):
            self.look()
            if any(call.plural == plural for call in self.server.writes):
                return
        raise AssertionError(f"no {plural} after {limit} looks: {self.status}")

    @property
    def written(self) -> list[str]:
        """What the last look has written, in order."""
        return [word_of(call) for call in self.server.writes]

    @property
    def status(self) -> Json:
        """What the CassandraCluster says."""
        found = self.server.find(PLURAL, NAMESPACE, "demo") or {}
        return dict(found.get("status") or {})

    def condition(self, type_: str) -> tuple[str, str, str]:
        """Status, reason and message of a condition."""
        found: Json = next((each for each in self.status.get("conditions") or () if each["type"] == type_), {})
        return found.get("status", ""), found.get("reason", ""), found.get("message", "")


def word_of(call: Call) -> str:
    """A write in a word or two."""
    return f"{call.verb} {'status' if call.subresource == 'status' else f'{call.plural}/{call.key.name}'}"
