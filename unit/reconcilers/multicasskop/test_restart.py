"""`spec.restart`: a new value restarts all racks, one member after the other, once."""

import json
from copy import deepcopy
from typing import Any

import pytest
from fakes.cases import child, parent, wish
from fakes.runs import NEW_IMAGE, made, running, spec_writes
from fakes.stage import CHILDREN, HOME, NAMESPACE, OTHER, THIRD, Stage, datacenter, ring
from multicasskop.crds.names import OWNER, RESTART
from multicasskop.reconcilers.multicasskop.restart import (
    is_restart_due,
    waiting_racks,
    with_triggers,
    without_triggers,
)

Json = dict[str, Any]
MONDAY: Json = {"spec": {"restart": "monday"}}


def racks(*names: str, name: str = "dc1", triggered: str = "", **more: Any) -> Json:  # noqa: ANN401  any field
    """A datacenter with these racks, of which some are triggered."""
    found = [{"name": rack} | ({"rollingRestart": True} if rack in triggered.split() else {}) for rack in names]
    return {"name": name, "rack": found, **more}


def spec_of(*datacenters: Json) -> Json:
    """A spec with this topology and nothing else."""
    return {"topology": {"dc": list(datacenters)}}


@pytest.mark.parametrize(
    ("patch", "living", "sent"),
    [
        pytest.param(
            {},
            spec_of(racks("r1", "r2"), racks("r1", name="dc2")),
            spec_of(racks("r1", "r2", triggered="r1 r2"), racks("r1", name="dc2", triggered="r1")),
            id="every rack of every datacenter",
        ),
        pytest.param({}, {}, spec_of(racks("rack1", triggered="rack1")), id="what CassKop makes of no topology"),
        pytest.param({}, spec_of({"name": "a"}), spec_of(racks("rack1", name="a", triggered="rack1")), id="no rack"),
        pytest.param(
            {},
            spec_of(racks("r1", resources={}, nodesPerRacks=3)),
            spec_of(racks("r1", triggered="r1", resources={}, nodesPerRacks=3)),
            id="with all that stands there",
        ),
        pytest.param(
            {"spec": {"cassandraImage": "x", **spec_of(racks("r1", "r2"), racks("r1", name="dc2"))}},
            spec_of(racks("r1")),
            {"cassandraImage": "x", **spec_of(racks("r1", "r2", triggered="r1"), racks("r1", name="dc2"))},
            id="with a topology that changes too: what is added starts anyway",
        ),
        pytest.param(
            {}, spec_of(racks("r1", "r2", triggered="r2")), spec_of(racks("r1", "r2", triggered="r1 r2")), id="by hand"
        ),
    ],
)
def test_triggers(patch: Json, living: Json, sent: Json) -> None:
    """A restart triggers each rack that lives, in one patch with whatever else changes."""
    before = deepcopy((patch, living))
    assert with_triggers(patch, living)["spec"] == sent
    assert (patch, living) == before


@pytest.mark.parametrize(
    ("wanted", "known", "due"),
    [("", "", False), ("", "a", False), ("a", "", True), ("a", "a", False), ("b", "a", True)],
    ids=["none", "taken away", "first", "the same", "another"],
)
def test_due(wanted: str, known: str, due: bool) -> None:
    """A value that the child was not told yet makes a restart due; no value asks for nothing."""
    found = parent(ring(HOME, restart=wanted)["spec"])
    desired = wish(found).children[HOME]
    assert is_restart_due(desired, child(found, HOME, annotations={RESTART: known} if known else {})) is due


def test_waiting_racks() -> None:
    """Racks whose trigger still stands are those that CassKop has yet to begin with."""
    spec = spec_of(racks("r1", "r2", triggered="r2"), {"name": "dc2"})
    assert waiting_racks(child(parent(), HOME, spec=spec)) == ("dc1-r2",)


def test_spent_triggers() -> None:
    """What CassKop takes out is the triggers, and nothing else."""
    spec = {"a": 1, **spec_of(racks("r1", "r2", triggered="r2"), {"name": "dc2"})}
    before = deepcopy(spec)
    assert without_triggers(spec) == {"a": 1, **spec_of(racks("r1", "r2"), {"name": "dc2"})}
    assert without_triggers({"a": 1}) == {"a": 1}
    assert spec == before


def triggers(stage: Stage, member: str) -> list[bool]:
    """The triggers of all racks of a child."""
    dcs = made(stage, member)["spec"]["topology"]["dc"]
    return [rack.get("rollingRestart", False) for dc in dcs for rack in dc["rack"]]


def restarted(stage: Stage, member: str) -> None:
    """Let our CassKop of a member end all its restarts."""
    stage.own_casskop(member, action="RollingRestart")


def restarts(stage: Stage, member: str) -> list[str]:
    """For which values a member was told to restart, in order."""
    found = [call.body for call in spec_writes(stage, member) if "rollingRestart" in json.dumps(call.body["spec"])]
    return [body["metadata"]["annotations"][RESTART] for body in found]


def test_restart_goes_from_member_to_member() -> None:
    """All racks of the second member are restarted when those of the first are Running again; then it is over."""
    stage = running(override={HOME: {"spec": {"topology": datacenter(1, racks=2)}}, OTHER: other_topology()})
    stage.change(MONDAY)
    assert (triggers(stage, HOME), restarts(stage, OTHER)) == ([True, True], [])
    assert stage.status()["waitingFor"].startswith(f"{HOME}: ")
    assert "restart not begun in dc1-rack1, dc1-rack2" in stage.entry(HOME)["gate"]["has"]
    restarted(stage, HOME)
    assert (triggers(stage, HOME), triggers(stage, OTHER)) == ([False, False], [True])
    assert [stage.entry(member).get("restart") for member in (HOME, OTHER)] == ["monday", "monday"]
    restarted(stage, OTHER)
    stage.wait(3600)
    assert stage.status()["phase"] == "Ready"
    assert (restarts(stage, HOME), restarts(stage, OTHER)) == (["monday"], ["monday"])
    assert [told.note for told in stage.tape.events if told.reason == "StepStarted"] == [
        f"{member}: applied 1 change (spec.restart)" for member in (HOME, OTHER)
    ]


def other_topology() -> Json:
    """The second member's part."""
    return {"spec": {"topology": datacenter(2)}}


def test_status_tells_which_members_have_restarted() -> None:
    """While a restart is on its way each entry says for which value its member was restarted last."""
    stage = running()
    stage.change(MONDAY)
    assert [stage.entry(member).get("restart") for member in (HOME, OTHER)] == ["monday", None]
    assert stage.entry(OTHER)["message"] == "1 change to come: spec.restart"


def test_restart_survives_operators() -> None:
    """Whenever operators come and go, each member restarts once for one value."""
    stage = running(HOME, OTHER, THIRD)
    stage.change(MONDAY)
    for member in (HOME, OTHER, THIRD):
        stage.restart()
        stage.run()
        restarted(stage, member)
        stage.restart()
        stage.run()
    stage.wait(3600)
    assert [restarts(stage, member) for member in stage.members] == [["monday"]] * 3
    assert stage.status()["phase"] == "Ready"


def test_value_that_is_taken_away_restarts_nothing() -> None:
    """No value, and the last one again, restart nothing and write nothing; another value restarts."""
    stage = running()
    stage.change(MONDAY)
    restarted(stage, HOME)
    restarted(stage, OTHER)
    stage.forget_calls()
    stage.change({"spec": {"restart": None}})
    stage.change(MONDAY)
    assert (spec_writes(stage, HOME), spec_writes(stage, OTHER)) == ([], [])
    stage.change({"spec": {"restart": "tuesday"}})
    assert restarts(stage, HOME) == ["tuesday"]


def test_new_child_is_not_restarted() -> None:
    """A member that joins while a value stands there starts once."""
    stage = Stage()
    stage.apply(ring(restart="monday"))
    stage.all_running()
    stage.all_running()
    assert stage.status()["phase"] == "Ready"
    assert [made(stage, member)["metadata"]["annotations"][RESTART] for member in stage.members] == ["monday"] * 2
    assert (spec_writes(stage, HOME)[1:], spec_writes(stage, OTHER)[1:]) == ([], [])


def test_child_that_is_taken_over_is_not_restarted() -> None:
    """A value that was there before a child came to us concerns it no more."""
    stage = running(restart="monday")
    stage.edit_child(OTHER, {"metadata": {"annotations": {OWNER: None, RESTART: None}}})
    stage.wait(60)
    assert made(stage, OTHER)["metadata"]["annotations"][RESTART] == "monday"
    assert restarts(stage, OTHER) == []


def test_memory_that_is_taken_away_restarts_nothing() -> None:
    """Whoever strips the annotation off a child causes no restart, also when the operator was away meanwhile."""
    stage = running(restart="monday")
    stage.edit_child(OTHER, {"metadata": {"annotations": {RESTART: None}}})
    assert made(stage, OTHER)["metadata"]["annotations"][RESTART] == "monday"
    stage.members[OTHER].server.edit(CHILDREN, NAMESPACE, "demo", {"metadata": {"annotations": {RESTART: None}}})
    stage.restart()
    stage.run()
    assert made(stage, OTHER)["metadata"]["annotations"][RESTART] == "monday"
    assert restarts(stage, OTHER) == []


def test_trigger_by_hand_is_neither_lost_nor_repeated() -> None:
    """A person's trigger on one rack stays as it is, and no other member restarts for it."""
    stage = running(override={HOME: {"spec": {"topology": datacenter(1, racks=2)}}, OTHER: other_topology()})
    topology = deepcopy(made(stage, HOME)["spec"]["topology"])
    topology["dc"][0]["rack"][1]["rollingRestart"] = True
    stage.edit_child(HOME, {"spec": {"topology": topology}})
    assert "restart not begun in dc1-rack2" in stage.status()["waitingFor"]
    restarted(stage, HOME)
    stage.wait(60)
    assert (spec_writes(stage, HOME), spec_writes(stage, OTHER)) == ([], [])
    assert stage.status()["phase"] == "Ready"


def test_restart_goes_along_with_a_change() -> None:
    """A new image and a new value are one write, one step and one gate for each member."""
    stage = running()
    stage.change({"spec": {**NEW_IMAGE["spec"], **MONDAY["spec"]}})
    (patch,) = spec_writes(stage, HOME)
    assert patch.body["spec"]["cassandraImage"] == "cassandra:4.1.5"
    assert triggers(stage, HOME) == [True]
    assert spec_writes(stage, OTHER) == []


@pytest.mark.parametrize(
    ("field", "reason"),
    [({"paused": True}, "Paused"), ({"rollout": {"approval": "Manual"}}, "WaitingForApproval")],
    ids=["paused", "approval"],
)
def test_restart_keeps_to_the_rollout(field: Json, reason: str) -> None:
    """A restart waits for whatever a rollout waits for."""
    stage = running()
    stage.change({"spec": {**field, **MONDAY["spec"]}})
    if reason != "Paused":
        restarted(stage, HOME)
    assert restarts(stage, OTHER) == []
    assert stage.condition("Ready")["reason"] == reason


def test_restart_of_a_child_of_the_go_operator() -> None:
    """The first write to a child that came from the Go operator carries the triggers with all else it has to say."""
    stage = running(go=True)
    stage.edit_child(HOME, {"metadata": {"annotations": {f"{RESTART.partition('/')[0]}/fields": None}}})
    stage.forget_calls()
    stage.change(MONDAY)
    assert (triggers(stage, HOME), restarts(stage, HOME)) == ([True], ["monday"])
