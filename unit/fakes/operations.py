"""Pods that are labelled for operations, and a world in which these go on from look to look."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from fakes.cassandra import dc, topology
from fakes.patches import PatchRefusedError, apply_json_patch
from fakes.rack_scene import node
from fakes.spec_change import changed_spec
from multicasskop.crds.cassandracluster.status import RackStatus
from multicasskop.reconcilers.cassandracluster.facts import Facts
from multicasskop.reconcilers.cassandracluster.jolokia.answers import Failed
from multicasskop.reconcilers.cassandracluster.jolokia.questions import (
    Compactions,
    HostIds,
    JoiningNodes,
    LeavingNodes,
    Streams,
)
from multicasskop.reconcilers.cassandracluster.operations import Operations, operations
from multicasskop.reconcilers.cassandracluster.pods import Pod
from multicasskop.reconcilers.cassandracluster.ring import Ask, Outcome, Ring
from multicasskop.reconcilers.cassandracluster.writes import Delete, Edit, Run

Labels = dict[str, str]
QUIET: dict[Any, object] = {JoiningNodes(): (), Compactions(): (), Streams(): (), LeavingNodes(): (), HostIds(): {}}


def asked(name: str, argument: str = "", status: str = "ToDo") -> Labels:
    """The labels of a wish."""
    given = {"operation-argument": argument} if argument else {}
    return {"operation-name": name, "operation-status": status, **given}


class World:
    """Racks of pods with labels, and nodes that do what they are told until the test says that it has ended."""

    def __init__(self, racks: int = 1, nodes: int = 2, spec: dict[str, Any] | None = None) -> None:
        self.spec = {"nodesPerRacks": nodes, **topology(dc(racks=racks)), **(spec or {})}
        self.facts = changed_spec(self.spec, self.spec)
        self.labels: dict[str, Labels] = {pod.name: {} for pod in self.facts.pods}
        self.statuses: dict[str, RackStatus] = {rack.id: rack.status for rack in self.facts.racks}
        self.running: dict[str, object] = {}
        self.ended: dict[str, Outcome] = {}
        self.answers: dict[Any, object] = dict(QUIET)
        self.told: list[Run] = []
        self.deleted: list[Delete] = []
        self.room = 100
        self.down: set[str] = set()

    def label(self, pod: str, labels: Labels) -> None:
        """Ask something of a pod."""
        self.labels[pod].update(labels)

    def see(self) -> Facts:
        """What is seen now."""
        racks = [
            replace(rack, status=self.statuses[rack.id], pods=tuple(map(self._seen, rack.pods)))
            for rack in self.facts.racks
        ]
        return replace(self.facts, racks=tuple(racks))

    def _seen(self, pod: Pod) -> Pod:
        created = "2026-11-01T00:00:00Z"
        return replace(pod, labels=self.labels[pod.name], created=created, ready=pod.name not in self.down)

    def ring(self, facts: Facts) -> Ring:
        """What the nodes answer, and what this process knows of them."""
        said = {Ask(pod.uid, question): answer for pod in facts.pods for question, answer in self.answers.items()}
        return Ring(said, frozenset(self.running), {}, dict(self.running), dict(self.ended))

    def decide(self) -> Operations:
        """Decide, and do nothing of it."""
        facts = self.see()
        return operations(facts, self.ring(facts), self.statuses)

    def look(self, *, dies_after: int = 1000) -> Operations:
        """Decide, write the status, and carry out the writes, of which this many are made before the process dies."""
        found = self.decide()
        self.statuses = dict(found.statuses)
        for write in found.writes[:dies_after]:
            self.carry_out(write)
        self.facts = replace(self.facts, now=self.facts.now + timedelta(seconds=20))
        if dies_after < len(found.writes):
            self.restart()
        return found

    def restart(self) -> None:
        """Forget what only the process knows; the nodes go on."""
        self.running, self.ended = {}, {}

    def end(self, pod: str, failed: Failed | None = None) -> None:
        """Let a node come to the end of what it is at."""
        uid = node_uid(pod)
        self.ended[uid] = Outcome(self.running.pop(uid), failed)

    def status_of(self, pod: str) -> str:
        """The status that a pod is labelled with."""
        return self.labels[pod].get("operation-status", "")

    def carry_out(self, write: object) -> None:
        """Do what is to be written; an edit whose tests do not hold fails the test."""
        match write:
            case Run():
                self.ended.pop(write.pod.uid, None)
                if len(self.running) < self.room:
                    self.told.append(write)
                    self.running[write.pod.uid] = write.command
            case Delete():
                self.deleted.append(write)
            case Edit():
                self._edit(write)
            case _:
                raise AssertionError(write)

    def _edit(self, write: Edit) -> None:
        stored = {"metadata": {"uid": write.uid, "labels": self.labels[write.name]}}
        try:
            self.labels[write.name] = apply_json_patch(stored, write.guarded)["metadata"]["labels"]
        except PatchRefusedError:
            raise AssertionError(write) from None


def node_uid(pod: str) -> str:
    """The UID of a pod."""
    return node("dc1-rack1", 0).uid.removesuffix("demo-dc1-rack1-0") + pod


def lists(status: RackStatus) -> Mapping[str, object]:
    """The last operation as it is told."""
    operation = status.pod_last_operation
    return {} if operation is None else operation.model_dump(include={"name", "status", "pods", "pods_ok", "pods_ko"})
