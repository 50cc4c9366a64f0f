"""What is done in a run: prepared in peace, then acted with the faults armed, until an end that can be seen."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from multicasskop.world.campaign.stage import Stage
from multicasskop.world.kinds import MULTICASSKOPS
from multicasskop.world.scenario import Predicate, datacenter, parent, ready, ring

Json = dict[str, Any]
Step = Callable[[Stage, str], None]


@dataclass(frozen=True)
class Workload:
    """`destroys`: children get deletion marks, and it is right so."""

    name: str
    prepare: Step
    act: Step
    done: Callable[[str, str], Predicate]
    destroys: bool = False


def create(stage: Stage, name: str) -> None:
    """A ring over two members."""
    stage.home.create(MULTICASSKOPS, stage.namespace, ring(name, stage.two))


def created(stage: Stage, name: str) -> None:
    """A ring that is Ready."""
    before = last(stage)
    create(stage, name)
    stage.wait(ready(stage.namespace, name), before)


def patch(spec: Json) -> Step:
    """A change of the spec."""
    return lambda stage, name: change(stage, name, spec)


def change(stage: Stage, name: str, spec: Json) -> None:
    """Change the spec."""
    stage.home.patch(MULTICASSKOPS, stage.namespace, name, {"spec": spec})


def add_third(stage: Stage, name: str) -> None:
    """A datacenter in the third member."""
    third = stage.world.members[2]
    change(stage, name, {"override": {third: {"spec": {"topology": datacenter(3)}}}})


def delete(stage: Stage, name: str) -> None:
    """Delete it, with its children."""
    stage.home.delete(MULTICASSKOPS, stage.namespace, name)


def again(stage: Stage, name: str) -> None:
    """Delete it, and make it again under its name as soon as that is free."""
    before = last(stage)
    delete(stage, name)
    stage.wait(gone(stage.namespace, name), before)
    create(stage, name)


def nothing(stage: Stage, name: str) -> None:
    """Nothing."""


def gone(namespace: str, name: str) -> Predicate:
    """The object is gone."""
    return parent(namespace, name, "DELETED")


def last(stage: Stage) -> float:
    """When the last entry was received."""
    entries = stage.recorder.entries()
    return entries[-1].at if entries else 0.0


IMAGE = {"base": {"spec": {"cassandraImage": "cassandra:4.1.5"}}}
SCALE = {"base": {"spec": {"nodesPerRacks": 2}}}

WORKLOADS = {
    workload.name: workload
    for workload in (
        Workload("create", nothing, create, ready),
        Workload("change", created, patch(IMAGE), ready),
        Workload("scale", created, patch(SCALE), ready),
        Workload("add", created, add_third, ready),
        Workload("delete", created, delete, gone, destroys=True),
        Workload("again", created, again, ready, destroys=True),
    )
}
