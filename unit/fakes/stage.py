"""A MultiCasskop reconciler between fake clusters, driven by hand: one thread, and time that stands still."""

import itertools
import socket
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

import structlog
from fakes.clock import FakeClock
from fakes.cluster import FakeCluster
from fakes.server import Call
from multicasskop.crds.names import EXTERNAL_DNS, LAST_APPLIED, ORPHANS
from multicasskop.informers.clusters import Clusters
from multicasskop.informers.deadline import Deadline
from multicasskop.informers.errors import InformerError
from multicasskop.informers.metrics import Metrics
from multicasskop.informers.observed import Observed
from multicasskop.informers.queue import Priority
from multicasskop.reconcilers.event_series import Reference
from multicasskop.reconcilers.multicasskop.orphans import Orphan, read_orphan
from multicasskop.reconcilers.multicasskop.reconciler import MultiCasskopReconciler, ReconcilerOptions
from multicasskop.reconcilers.multicasskop.restart import without_triggers
from multicasskop.reconcilers.multicasskop.seed_answers import SeedProbe
from multicasskop.reconcilers.multicasskop.seed_look import SeedLook
from multicasskop.reconcilers.multicasskop.sweep import Sweeper
from multicasskop.reconcilers.multicasskop.watches import wire
from multicasskop.reconcilers.request import Context, Reconciler, Request
from multicasskop.reconcilers.traces import Traces

Json = dict[str, Any]
NAMESPACE = "cassandra"
CHILDREN = "cassandraclusters"
PARENTS = "multicasskops"
CONFIGMAPS = "configmaps"
OPERATORS = "operators"
DEFAULTS: Json = {"reports_at_once": 1_000_000, "own_namespace": OPERATORS}
HOME, OTHER, THIRD = "c1", "c2", "c3"


# the story of each test is in its events; as log lines it would only be slow
SILENT = structlog.wrap_logger(None, processors=[], wrapper_class=structlog.make_filtering_bound_logger(50))


class HandQueue:
    """The objects that are to be looked at, at once or at an instant."""

    def __init__(self, clock: FakeClock) -> None:
        """Hold nothing."""
        self._clock = clock
        self.ready: dict[Request, Priority] = {}
        self.delayed: dict[Request, float] = {}

    def add(self, item: Request, priority: Priority = Priority.NORMAL) -> None:
        """Take an object to be looked at now."""
        self.delayed.pop(item, None)
        self.ready[item] = max(priority, self.ready.get(item, priority))

    def add_after(self, item: Request, seconds: float) -> None:
        """Take an object to be looked at later."""
        if item not in self.ready:
            due = self._clock.monotonic() + seconds
            self.delayed[item] = min(due, self.delayed.get(item, due))

    def due(self) -> list[Request]:
        """Take out what is to be looked at now."""
        now = self._clock.monotonic()
        for item in [item for item, at in self.delayed.items() if at <= now]:
            self.add(item)
        found, self.ready = list(self.ready), {}
        return found


@dataclass(frozen=True)
class Told:
    """One event that was recorded."""

    type: str
    reason: str
    note: str
    member: str


class Tape:
    """A recorder that keeps all events."""

    def __init__(self) -> None:
        """Hold none."""
        self.events: list[Told] = []
        self.gone: list[tuple[str, str, str]] = []

    def event(self, regarding: Reference, type_: str, reason: str, note: str, *, member: str = "") -> None:
        """Keep one."""
        self.events.append(Told(type_, reason, note, member))

    def over(self, gone: Reference) -> None:
        """Keep which object nothing more is told of."""
        self.gone.append(gone.place)

    @property
    def reasons(self) -> list[str]:
        """The reasons in order."""
        return [told.reason for told in self.events]


class Stage:
    """Members, an operator, and hands to play CassKop and people with."""

    def __init__(
        self,
        *members: str,
        traces: Callable[[], Traces] = lambda: Traces(Random(1)),
        seed_probe: SeedProbe = SeedProbe.OFF,
        **settings: Any,  # noqa: ANN401  whatever the options take
    ) -> None:
        """Raise the members, home first, and wire the reconciler to them; each new operator asks for its `traces`."""
        self._traces = traces
        self.clock = FakeClock(start=1000.0)
        self.members = {name: FakeCluster(name, self.clock) for name in members or (HOME, OTHER)}
        self.tape = Tape()
        self._settings = ReconcilerOptions(**DEFAULTS | settings)
        self._ids = itertools.count(1)
        self._probe, self.seeds_that_answer = seed_probe, set[str]()
        self.looked_at: list[tuple[str, int]] = []
        self.failures: list[Exception] = []
        self.restart()

    @property
    def home(self) -> FakeCluster:
        """The first member."""
        return next(iter(self.members.values()))

    def restart(self) -> None:
        """Let a new operator take over: it remembers nothing, and sees everything anew."""
        self.queue = HandQueue(self.clock)
        clusters = Clusters()
        for number, cluster in enumerate(self.members.values()):
            for informer in cluster._informers.values():
                cluster.server.watchers.remove(informer)
            cluster._informers, cluster._callbacks = {}, []
            clusters.add(cluster, home=number == 0)  # type: ignore[arg-type]
        self.clusters = clusters
        traces = self._traces()
        self.reconciler = MultiCasskopReconciler(
            clusters,
            clock=self.clock,
            settings=self._settings,
            recorder=self.tape,
            metrics=Metrics.none(),
            observed=Observed(self.clock),
            traces=traces,
            seed_look=SeedLook(self._probe, self.clock, connect=self.connect, start=lambda _, look: look()),
        )
        wire(clusters, self.queue, self.reconciler)
        self.sweeps = HandQueue(self.clock)
        parts = self.reconciler
        self.sweeper = Sweeper(
            clusters,
            parts.scope,
            parts.claims,
            parts.book,
            self.tape,
            metrics=Metrics.none(),
            traces=traces,
            clock=self.clock,
        )
        self.sweeper.wire(self.sweeps)
        for request in self.sweeper.everybody():
            self.sweeps.add(request)
        for cluster in self.members.values():
            for informer in cluster._informers.values():
                for (plural, _), obj in cluster.server.objects.items():
                    if plural == informer.resource.plural:
                        informer.hear(obj, gone=False)

    def connect(self, name: str, port: int) -> None:
        """Answer as a seed does: it takes the call if it is one of `seeds_that_answer`, else its name is unknown."""
        self.looked_at.append((name, port))
        if name not in self.seeds_that_answer:
            raise socket.gaierror(socket.EAI_NONAME, "not known")

    # the operator

    def run(self, limit: int = 200) -> int:
        """Let the operator work until it has nothing to do now; return the number of looks."""
        looks = 0
        works: tuple[tuple[HandQueue, Reconciler], ...] = (self.queue, self.reconciler), (self.sweeps, self.sweeper)
        while requests := [(queue, work, request) for queue, work in works for request in queue.due()]:
            for queue, work, request in requests:
                looks += 1
                if looks > limit:
                    raise AssertionError(f"the operator does not come to rest: {self.writes()[-10:]}")
                self._look(queue, work, request)
        return looks

    def look(self, request: Request) -> None:
        """Let the operator look at one object once."""
        self._look(self.queue, self.reconciler, request)

    def _look(self, queue: HandQueue, work: Reconciler, request: Request) -> None:
        context = Context(Deadline(self.clock, 120), f"{next(self._ids)}", "change", SILENT)
        try:
            result = work.reconcile(request, context)
        except InformerError as error:  # as the controller does; anything else is a bug
            self.failures.append(error)
            queue.add_after(request, 0.5)
        else:
            if result.requeue_after is not None:
                queue.add_after(request, result.requeue_after)

    def wait(self, seconds: float, steps: int = 1) -> None:
        """Let time pass, and the operator work at each of so many moments."""
        for _ in range(steps):
            self.clock.advance(seconds / steps)
            self.run()

    # people

    def unregister(self, member: str) -> None:
        """Let the Secret of a member go, and the operator work; what is in the cluster lives on."""
        self.clusters.remove(member)
        self._look_at_all()

    def register(self, member: str) -> None:
        """Let a member's Secret come back, and the operator work."""
        self.clusters.add(self.members[member])  # type: ignore[arg-type]
        self._look_at_all()

    def _look_at_all(self) -> None:
        for plural, (namespace, name) in self.home.server.objects:
            if plural == PARENTS:
                self.queue.add(Request(namespace, name))
        self.run()

    def apply(self, obj: Json) -> Json:
        """Make a MultiCasskop, or change it to this, and let the operator work."""
        metadata = obj["metadata"]
        known = self.home.server.find(PARENTS, metadata["namespace"], metadata["name"])
        if known is None:
            made = self.home.server.put(PARENTS, obj)
        else:
            made = self.home.server.replace_spec(PARENTS, metadata["namespace"], metadata["name"], obj["spec"])
        self.run()
        return made

    def change(self, patch: Json, name: str = "demo") -> None:
        """Change a MultiCasskop by a merge patch, and let the operator work."""
        self.home.server.edit(PARENTS, NAMESPACE, name, patch)
        self.run()

    def annotate(self, name: str = "demo", **annotations: str) -> None:
        """Set annotations of ours on a MultiCasskop; underscores stand for nothing but themselves."""
        values = {f"multicasskop.db.orange.com/{key}": value for key, value in annotations.items()}
        self.change({"metadata": {"annotations": values}}, name)

    def delete(self, name: str = "demo") -> None:
        """Delete a MultiCasskop, and let the operator work."""
        self.home.server.remove(PARENTS, NAMESPACE, name)
        self.run()

    # what there is

    def parent(self, name: str = "demo") -> Json:
        """The MultiCasskop."""
        found = self.home.server.find(PARENTS, NAMESPACE, name)
        assert found is not None, f"{name} is gone"
        return found

    def has_parent(self, name: str = "demo") -> bool:
        """Whether there is still such a MultiCasskop."""
        return self.home.server.find(PARENTS, NAMESPACE, name) is not None

    def status(self, name: str = "demo") -> Json:
        """Its status."""
        found: Json = self.parent(name).get("status") or {}
        return found

    def condition(self, type_: str, name: str = "demo") -> Json:
        """One of its conditions; empty when it is not there."""
        found = self.status(name).get("conditions") or []
        return next((item for item in found if item["type"] == type_), {})

    def entry(self, member: str, name: str = "demo") -> Json:
        """What its status says of a member."""
        return next((item for item in self.status(name).get("clusters") or () if item["name"] == member), {})

    def child(self, member: str, name: str = "demo") -> Json | None:
        """The child in a member, or None."""
        return self.members[member].server.find(CHILDREN, NAMESPACE, name)

    def orphans(self) -> tuple[Orphan, ...]:
        """The records of orphans."""
        found = self.home.server.find(CONFIGMAPS, OPERATORS, ORPHANS) or {}
        records = (read_orphan(key, text) for key, text in (found.get("data") or {}).items())
        return tuple(orphan for orphan in records if orphan is not None)

    def writes(self, *plurals: str) -> list[tuple[str, Call]]:
        """All writes so far with their member, of some kinds if any are named."""
        wanted = plurals or (CHILDREN, PARENTS)
        return [(m, c) for m, cluster in self.members.items() for c in cluster.server.writes if c.plural in wanted]

    def forget_calls(self) -> None:
        """Count calls from zero again."""
        for cluster in self.members.values():
            cluster.server.calls.clear()
        self.tape.events.clear()

    @property
    def calls(self) -> list[tuple[str, Call]]:
        """All calls so far with their member."""
        return [(member, call) for member, cluster in self.members.items() for call in cluster.server.calls]

    def calls_of_work(self) -> list[tuple[str, Call]]:
        """All calls so far but the one with which a new process reads the records of orphans."""
        return [(member, call) for member, call in self.calls if call.plural != CONFIGMAPS]

    # CassKop

    def casskop(
        self, member: str, *, phase: str = "Running", action: str = "", status: str = "Done", name: str = "demo"
    ) -> None:
        """Let the Go CassKop of a member end a pass: its annotation, then its status; then the operator works."""
        self.casskop_annotates(member, name=name)
        self.casskop_says(member, phase, action or ("Initializing" if phase else ""), status, name=name)

    def casskop_annotates(self, member: str, *, name: str = "demo") -> None:
        """Let the Go CassKop write which generation its pass was over."""
        child = self.child(member, name)
        assert child is not None, f"no child in {member}"
        last = f'{{"metadata":{{"generation":{child["metadata"]["generation"]}}},"spec":{{}}}}'
        patch = {"metadata": {"annotations": {LAST_APPLIED: last}}}
        self.members[member].server.edit(CHILDREN, NAMESPACE, name, patch, by="casskop")
        self.run()

    def casskop_says(self, member: str, phase: str, action: str, status: str, *, name: str = "demo") -> None:
        """Let the CassKop of a member write its status."""
        found = {"phase": phase, "lastClusterAction": action, "lastClusterActionStatus": status}
        self.members[member].server.edit(CHILDREN, NAMESPACE, name, {"status": found}, by="casskop", status=True)
        self.run()

    def own_casskop(self, member: str, *, name: str = "demo", action: str = "Initializing") -> None:
        """Let our CassKop of a member end its work: its triggers are out, and it says which generation that was for."""
        self._spend(member, name)
        child = self.child(member, name)
        assert child is not None, f"no child in {member}"
        found = {
            "phase": "Running",
            "lastClusterAction": action,
            "lastClusterActionStatus": "Done",
            "observedGeneration": child["metadata"]["generation"],
        }
        self.members[member].server.edit(CHILDREN, NAMESPACE, name, {"status": found}, by="casskop", status=True)
        self.run()

    def _spend(self, member: str, name: str) -> None:
        """Let CassKop take out the triggers of racks, as it does when it begins to restart them."""
        child = self.child(member, name)
        if child is not None and child["spec"] != (spent := without_triggers(child["spec"])):
            body = {"spec": {"topology": spent["topology"]}}
            self.members[member].server.edit(CHILDREN, NAMESPACE, name, body, by="casskop")

    def edit_child(self, member: str, patch: Json, *, name: str = "demo", status: bool = False) -> None:
        """Let a person change a child."""
        self.members[member].server.edit(CHILDREN, NAMESPACE, name, patch, by="kubectl", status=status)
        self.run()

    def all_running(self, name: str = "demo") -> None:
        """Let every CassKop end its work, one after the other, as children appear."""
        for member in self.members:
            if self.child(member, name) is not None:
                self.own_casskop(member, name=name)


def ring(*members: str, name: str = "demo", **spec: Any) -> Json:  # noqa: ANN401  any field of the spec
    """A MultiCasskop with a datacenter of one rack and one node in each member; `spec` replaces top-level fields."""
    wanted = members or (HOME, OTHER)
    base = {
        "spec": {
            "cassandraImage": "cassandra:4.1.4",
            "nodesPerRacks": 1,
            "maxPodUnavailable": 1,
            "service": {"annotations": {EXTERNAL_DNS: "ring.example."}},
        }
    }
    override = {member: {"spec": {"topology": datacenter(number)}} for number, member in enumerate(wanted, 1)}
    return {
        "apiVersion": "db.orange.com/v2",
        "kind": "MultiCasskop",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {"deleteCassandraCluster": True, "base": base, "override": override} | spec,
    }


def datacenter(number: int, racks: int = 1) -> Json:
    """A topology of one datacenter."""
    return {"dc": [{"name": f"dc{number}", "rack": [{"name": f"rack{rack}"} for rack in range(1, racks + 1)]}]}
