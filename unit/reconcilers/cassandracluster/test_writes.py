"""Writes as values."""

from dataclasses import FrozenInstanceError

import pytest
from fakes.rack_scene import node
from multicasskop.reconcilers.cassandracluster.jolokia.questions import Decommission
from multicasskop.reconcilers.cassandracluster.kinds import CLAIMS, PODS, STATEFULSETS
from multicasskop.reconcilers.cassandracluster.writes import Create, Delete, Edit, Patch, Run, Write

POD = node("dc1-rack1", 0)
ALL: list[Write] = [
    Create(STATEFULSETS, {"metadata": {"name": "demo-dc1-rack1-0"}}),
    Patch(PODS, POD.name, POD.uid, {}),
    Edit(PODS, POD.name, POD.uid, ()),
    Delete(CLAIMS, POD.name, "u"),
    Run(POD, Decommission()),
]


@pytest.mark.parametrize("write", ALL, ids=lambda write: type(write).__name__)
def test_every_write_names_what_it_is_about(write: Write) -> None:
    """Whichever it is, a write says what it is about, and nobody changes it after it was decided."""
    assert write.name == POD.name
    with pytest.raises((FrozenInstanceError, AttributeError)):
        write.why = "another reason"  # type: ignore[misc]


def test_nothing_is_destroyed_by_default() -> None:
    """A deletion takes away what belongs to the object, and compares its UID, unless more is said."""
    found = Delete(CLAIMS, "data", "u")
    assert (found.orphan, found.version, found.guards) == (False, "", ())


@pytest.mark.parametrize(("version", "paths"), [("", ["uid"]), ("7", ["uid", "resourceVersion"])])
def test_edit_is_tested(version: str, paths: list[str]) -> None:
    """Places are changed behind tests for the object that was compared, and for its version where that counts."""
    change = {"op": "replace", "path": "/spec/unlockNextOperation", "value": False}
    *tests, last = Edit(PODS, "demo", "u", (change,), version=version).guarded
    assert last == change
    assert [(each["op"], each["path"]) for each in tests] == [("test", f"/metadata/{path}") for path in paths]
