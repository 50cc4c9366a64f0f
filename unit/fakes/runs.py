"""A MultiCasskop that runs, and what its children have: where most stories about changes begin."""

from typing import Any

from fakes.server import Call
from fakes.stage import CHILDREN, HOME, OTHER, Stage, ring

Json = dict[str, Any]
NEW_IMAGE: Json = {"spec": {"base": {"spec": {"cassandraImage": "cassandra:4.1.5"}}}}


def running(*members: str, go: bool = False, **spec: Any) -> Stage:  # noqa: ANN401  any field of the spec
    """A stage on which the demo runs everywhere, calls and events forgotten."""
    stage = Stage(*(members or (HOME, OTHER)))
    stage.apply(ring(*(members or (HOME, OTHER)), **spec))
    for member in stage.members:
        (stage.casskop if go else stage.own_casskop)(member)
    assert stage.status()["phase"] == "Ready"
    stage.forget_calls()
    return stage


def made(stage: Stage, member: str) -> Json:
    """The child in a member, which must be there."""
    child = stage.child(member)
    assert child is not None, f"no child in {member}"
    return child


def image(stage: Stage, member: str) -> str:
    """The image that a child is to have."""
    return str(made(stage, member)["spec"]["cassandraImage"])


def spec_writes(stage: Stage, member: str) -> list[Call]:
    """The writes of specs in one member."""
    found = stage.members[member].server.writes
    return [call for call in found if call.plural == CHILDREN and not call.subresource and "spec" in (call.body or {})]
