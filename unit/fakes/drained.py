"""A ring of which one member is drained."""

import copy
from typing import Any

from fakes.server import Call
from fakes.stage import CHILDREN, HOME, OTHER, THIRD, Stage, ring

Json = dict[str, Any]


DRAIN = {"onOverrideRemoved": "Drain"}


MEMBERS = (HOME, OTHER, THIRD)


def running(*members: str, go: bool = False, **spec: Any) -> Stage:  # noqa: ANN401  any field of the spec
    """A stage on which the demo runs in three members, or in those named."""
    stage = Stage(*(members or MEMBERS))
    stage.apply(ring(*(members or MEMBERS), **{"deletion": DRAIN} | spec))
    for member in members or MEMBERS:
        if go:
            stage.casskop(member)
            stage.wait(31)
        else:
            stage.own_casskop(member)
    stage.forget_calls()
    return stage


def take_out(stage: Stage, member: str = THIRD) -> Json:
    """Take out the override of a member; what is returned puts it back."""
    kept: Json = copy.deepcopy(stage.parent()["spec"]["override"][member])
    stage.change({"spec": {"override": {member: None}}})
    return kept


def forget_seeds(stage: Stage, *members: str) -> None:
    """Let the CassKops of members take the seeds that they were given."""
    for member in members or (HOME, OTHER):
        stage.own_casskop(member, action="UpdateSeedList")


def nodes(stage: Stage, member: str = THIRD) -> list[int | None]:
    """The nodes per rack of each datacenter of a child."""
    child = stage.child(member)
    assert child is not None
    return [dc.get("nodesPerRacks") for dc in child["spec"]["topology"]["dc"]]


def deletes(stage: Stage) -> list[tuple[str, Call]]:
    """The deletes of children so far."""
    return [(member, call) for member, call in stage.writes(CHILDREN) if call.verb == "delete"]


def with_seeds(*numbers: int) -> Json:
    """A base with a seed of each of these datacenters, of the first one if none is named."""
    base: Json = ring()["spec"]["base"]
    return base | {"status": {"seedlist": [f"demo-dc{number}-rack1-0.ring.example" for number in numbers or (1,)]}}
