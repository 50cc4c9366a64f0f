"""Racks of a CassandraCluster as they are seen, and what their nodes answered: what the decisions are tested on."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from fakes.cassandra import bare, dc, plan, topology
from multicasskop.crds.cassandracluster.status import LastAction, RackStatus
from multicasskop.reconcilers.cassandracluster.defaults import completed
from multicasskop.reconcilers.cassandracluster.facts import Facts, Rack, Scene
from multicasskop.reconcilers.cassandracluster.jolokia.questions import Question
from multicasskop.reconcilers.cassandracluster.pods import Pod
from multicasskop.reconcilers.cassandracluster.ring import Ask, Ring
from multicasskop.reconcilers.cassandracluster.sets import StatefulSet
from multicasskop.reconcilers.cassandracluster.words import Action, Phase, Status

Json = dict[str, Any]
NOW = datetime(2026, 11, 26, 12, 0, 0, 5, tzinfo=UTC)
RUNS = RackStatus(
    phase=Phase.RUNNING, cassandra_last_action=LastAction(name=Action.INITIALIZING, status=Status.DONE, start_time=NOW)
)


def node(rack: str, ordinal: int, **changed: Any) -> Pod:  # noqa: ANN401
    """A pod whose node is well."""
    name = f"demo-{rack}-{ordinal}"
    address = f"10.0.{rack[-1]}.{ordinal}"
    well = Pod(name, f"uid-{name}", ordinal, address, running=True, ready=True, whole=True, started=True)
    return replace(well, **changed)


def stateful(rack: str, replicas: int, **changed: Any) -> StatefulSet:  # noqa: ANN401
    """A StatefulSet that has done all that it was asked for."""
    name = f"demo-{rack}"
    body: Json = {
        "metadata": {"name": name, "uid": f"uid-{name}", "resourceVersion": "7", "generation": 2},
        "spec": {"replicas": replicas},
        "status": {"observedGeneration": 2, "replicas": replicas, "readyReplicas": replicas},
    }
    return replace(StatefulSet.of(body), **changed)


def scene(
    *racks: Iterable[Pod] | None,
    at: int = 0,
    spec: Json | None = None,
    status: Json | None = None,
    missing: tuple[str, ...] = (),
    answers: Mapping[tuple[Pod, Question[Any]], object] | None = None,
) -> Scene:
    """A datacenter of racks with these pods and a StatefulSet for them; None is a rack of which nothing is there."""
    stored = bare({**topology(dc(racks=len(racks))), **(spec or {})}, status=status)
    wanted = completed(stored)
    seen = []
    for number, pods in enumerate(racks, 1):
        planned = plan(wanted, f"dc1-rack{number}")
        if pods is None:
            seen.append(Rack(planned))
        else:
            kept = tuple(pods)
            seen.append(Rack(planned, RUNS, stateful(f"dc1-rack{number}", len(kept)), kept))
    facts = Facts(stored, wanted, NOW, racks=tuple(seen), missing=missing)
    said = {Ask(pod.uid, question): answer for (pod, question), answer in (answers or {}).items()}
    return Scene(facts, facts.racks[at], Ring(said))


def changed(given: Scene, rack: int, **fields: Any) -> Scene:  # noqa: ANN401
    """The scene with something else in one of its racks."""
    racks = [replace(each, **fields) if number == rack else each for number, each in enumerate(given.facts.racks)]
    facts = replace(given.facts, racks=tuple(racks))
    return replace(given, facts=facts, rack=next(each for each in racks if each.id == given.rack.id))
