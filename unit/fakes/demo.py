"""A demonstration without control planes: what a recorder would have seen, and a stage that plays it back."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from multicasskop.crds.names import FINALIZER
from multicasskop.operator.demo.history import Cast, Seen
from multicasskop.operator.demo.play import Examination, Preparation
from multicasskop.operator.demo.proof import NORMAL
from multicasskop.world.progress import Progress, ProgressSink
from multicasskop.world.services.jaeger import Span

Json = dict[str, Any]
CAST = Cast("ns", "demo", "ring", ("c1", "c2"))
SEEDS = ["ring-dc1-rack1-0.zone", "ring-dc2-rack1-0.zone"]
TRACE, OTHER_TRACE = "a" * 32, "b" * 32
MANIFEST: Json = {
    "metadata": {"namespace": "ns", "name": "demo"},
    "spec": {"base": {"metadata": {"name": "ring"}}, "override": {"c1": {}, "c2": {}}},
}


def child(member: str, phase: str = "", action: str = "", **metadata: Any) -> Json:  # noqa: ANN401
    """A child as its member has it."""
    status = {"phase": phase, "lastClusterAction": "Initializing", "lastClusterActionStatus": action, "seedlist": SEEDS}
    names = {"namespace": "ns", "name": "ring", "uid": f"uid-{member}"}
    return {"kind": "CassandraCluster", "metadata": {**names, **metadata}, "status": status if phase else {}}


def told(member: str) -> Json:
    """What the MultiCasskop says of a member at the end."""
    action = {"lastClusterAction": "Initializing", "lastClusterActionStatus": "Done"}
    return {"name": member, "state": "Ready", "uid": f"uid-{member}", "phase": "Running", **action}


def parent(*, finished: bool = False, held: bool = True, deleted: bool = False) -> Json:
    """The MultiCasskop."""
    metadata: Json = {"namespace": "ns", "name": "demo", "generation": 1}
    metadata |= {"finalizers": [FINALIZER]} if held else {}
    metadata |= {"deletionTimestamp": "2026-11-23T14:03:12Z"} if deleted else {}
    conditions = [{"type": kind, "status": status, "observedGeneration": 1} for kind, status in NORMAL.items()]
    status: Json = {"phase": "Ready", "ready": "2/2", "observedGeneration": 1, "seedlist": SEEDS}
    status |= {
        "clusters": [told("c1"), told("c2")],
        "conditions": conditions,
        "traceparent": f"00-{TRACE}-{'c' * 16}-01",
    }
    topology = {"spec": {"topology": {"dc": [{"name": "dc", "rack": [{"name": "rack1"}, {"name": "rack2"}]}]}}}
    base = {"spec": {"nodesPerRacks": 1}, "status": {"seedlist": SEEDS}}
    spec = {"base": base, "override": {"c1": topology, "c2": topology}}
    return {"kind": "MultiCasskop", "metadata": metadata, "spec": spec, "status": status if finished else {}}


def event(reason: str, note: str, kind: str = "Normal") -> Json:
    """A Kubernetes event about the MultiCasskop."""
    about = {"kind": "MultiCasskop", "name": "demo"}
    metadata = {"namespace": "ns", "name": f"demo.{reason}", "creationTimestamp": "2026-11-23T14:03:12Z"}
    return {"kind": "Event", "metadata": metadata, "type": kind, "reason": reason, "note": note, "regarding": about}


def good_run() -> list[Seen]:
    """Everything that was recorded of a run in which all is right."""
    running = ("Running", "Done")
    return [
        Seen(1.0, "c1", "ADDED", parent(held=False)),
        Seen(1.1, "c1", "MODIFIED", parent()),
        Seen(1.2, "c1", "ADDED", child("c1")),
        Seen(1.3, "c1", "ADDED", event("StepStarted", "c1: created ns/ring")),
        Seen(1.4, "c1", "MODIFIED", child("c1", "Initializing", "Ongoing")),
        Seen(3.0, "c1", "MODIFIED", child("c1", *running)),
        Seen(3.038, "c2", "ADDED", child("c2")),
        Seen(3.1, "c1", "ADDED", event("GatePassed", "c1: Running + Done after 2s")),
        Seen(3.2, "c1", "ADDED", event("StepStarted", "c2: created ns/ring")),
        Seen(5.0, "c2", "MODIFIED", child("c2", *running)),
        Seen(5.1, "c1", "MODIFIED", parent(finished=True)),
        Seen(5.2, "c1", "ADDED", event("GatePassed", "c2: Running + Done after 2s")),
        Seen(5.3, "c1", "ADDED", event("RolloutFinished", "generation 1 in 2 members after 4s")),
        Seen(6.0, "c1", "MODIFIED", parent(finished=True, deleted=True)),
        Seen(6.1, "c2", "DELETED", child("c2", *running)),
        Seen(6.2, "c1", "DELETED", child("c1", *running)),
        Seen(6.3, "c1", "MODIFIED", parent(finished=True, deleted=True, held=False)),
        Seen(6.31, "c1", "DELETED", parent(finished=True, deleted=True, held=False)),
        Seen(6.4, "c1", "ADDED", event("ChildDeleted", "c1: ns/ring gone", "Warning")),
    ]


def span(name: str, service: str, cluster: str, id: str, parent: str = "", **tags: str) -> Span:
    """A span of the rollout as Jaeger tells it; the attributes are ours."""
    own = {f"multicasskop.{tag}": value for tag, value in tags.items()}
    return Span(TRACE, id, parent, name, service, 1.0, 2.0, own, {"k8s.cluster.name": cluster})


def good_spans() -> list[Span]:
    """What Jaeger has after a run in which all is right; the last two are other traces, and ought to be."""
    engaged = span("member engage", "multicasskop", "c1", "9")
    return [
        span("rollout", "multicasskop", "c1", "1"),
        span("step", "multicasskop", "c1", "2", "1", member="c1"),
        span("casskop action", "casskop", "c1", "3", "2"),
        span("casskop rack", "casskop", "c1", "4", "3"),
        span("step", "multicasskop", "c1", "5", "1", member="c2"),
        span("casskop action", "casskop", "c2", "6", "5"),
        replace(engaged, trace=OTHER_TRACE),
        replace(engaged, trace=OTHER_TRACE, name="deletion", links=(TRACE,)),
    ]


class FakeStage:
    """Plays a recorded run back: each time something is waited for, the next entry has been seen."""

    ring_seconds, gone_seconds = 180.0, 60.0

    def __init__(
        self,
        run: Sequence[Seen],
        *,
        left: tuple[str, ...] = (),
        dies_at: int | None = None,
        spans: Sequence[Span] = (),
        spans_late: int = 0,
        examinations: tuple[Examination, ...] = (),
        fails: Mapping[str, BaseException] | None = None,
    ) -> None:
        self.cast, self.introduction = CAST, "Demo: a stage that plays back"
        self.directory = Path("demo")
        self.called: list[str] = []
        self._run, self._shown = list(run), 0
        self._left, self._dies_at = left, dies_at
        self._spans, self._spans_late = tuple(spans), spans_late
        self._examinations, self._fails = examinations, fails or {}

    def clear(self) -> None:
        """Note the call."""
        self._call("clear")

    def preparations(self, *, trace: bool) -> tuple[Preparation, ...]:
        """Clusters, which have a better title when they are up, and an operator; with a trace Jaeger in between."""
        clusters = Preparation("clusters", partial(self.prepare, "clusters", "clusters (v1.36.3)"))
        jaeger = Preparation("Jaeger", partial(self.prepare, "jaeger", "Jaeger at http://jaeger"))
        operator = Preparation("operator", partial(self.prepare, "operator", ""))
        return (clusters, *([jaeger] if trace else ()), operator)

    def prepare(self, what: str, title: str, progress: ProgressSink) -> str:
        """Report some progress."""
        self._call(what)
        progress(Progress(f"building {what}", 12.0, 30.0))
        return title

    def examinations(self) -> tuple[Examination, ...]:
        """What this one was given."""
        return self._examinations

    def apply(self) -> None:
        """Note the call."""
        self.called.append("apply")

    def delete(self) -> None:
        """Note the call."""
        self.called.append("delete")

    def keep(self) -> None:
        """Note the call."""
        self.called.append("keep")

    def strike(self) -> None:
        """Note the call."""
        self.called.append("strike")

    def await_news(self, seconds: float) -> None:
        """Let one more entry be seen."""
        self._shown = min(self._shown + 1, len(self._run))

    def seen(self) -> tuple[Seen, ...]:
        """What was seen until now."""
        return tuple(self._run[: self._shown])

    def spans(self) -> tuple[Span, ...]:
        """What has come; the last ones come some questions later."""
        self._spans_late -= 1
        return self._spans[:1] if self._spans_late >= 0 else self._spans

    def trace_url(self, trace_id: str) -> str:
        """An address."""
        return f"http://jaeger/trace/{trace_id}"

    def left_over(self) -> tuple[str, ...]:
        """What is left at the end."""
        return self._left

    def trouble(self) -> str:
        """The operator's last words, when it has left."""
        return "the operator has left" if self._dies_at is not None and self._shown >= self._dies_at else ""

    def _call(self, what: str) -> None:
        self.called.append(what)
        if what in self._fails:
            raise self._fails[what]
