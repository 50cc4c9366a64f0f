"""A member whose override was taken out: its child is left alone, or leaves the ring before it is deleted."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from multicasskop.world.operators import Operator
from multicasskop.world.play import QUICK, Play, eventually
from multicasskop.world.recorder import Recorder
from multicasskop.world.scenario import child, condition, ring, seeds
from multicasskop.world.simulators.modes import REPLICATES, Contract, Mode, SimulatorOptions
from multicasskop.world.world import World

pytestmark = pytest.mark.planes3

HOME, OTHER, THIRD = MEMBERS = ("k8s-cluster1", "k8s-cluster2", "k8s-cluster3")
GO = SimulatorOptions(Mode.NORMAL, scale=0.02)
OWN = SimulatorOptions(Mode.NORMAL, Contract.OWN, scale=0.02)
DRAIN: dict[str, Any] = {"deletion": {"onOverrideRemoved": "Drain"}, "rollout": {"settle": "2s"}}


@pytest.fixture
def play(world: World, namespace: str, recorder: Recorder, start_operator: Callable[..., Operator]) -> Play:
    """An operator over three members, and nothing for it to do yet."""
    return Play(world, namespace, recorder, start_operator(*QUICK))


def nodes(play: Play, member: str) -> list[int | None]:
    """The nodes per rack that each datacenter of a child has of its own."""
    found = play.child(member) or {"spec": {}}
    return [dc.get("nodesPerRacks") for dc in found["spec"].get("topology", {}).get("dc", [])]


def state(play: Play, member: str) -> str:
    """What the status says of a member."""
    clusters = ((play.parent() or {}).get("status") or {}).get("clusters") or []
    return next((str(each["state"]) for each in clusters if each["name"] == member), "")


def test_retained_child_is_left_alone(play: Play, casskop: Callable[..., None]) -> None:
    """Without a policy the child of a member whose override was taken out stays, and is listed, the cascade too."""
    casskop()
    play.begin()
    before = play.child(THIRD)
    assert before is not None
    play.change({"override": {THIRD: None}})
    play.told("OverrideRemoved", "is kept")
    eventually(lambda: state(play, THIRD) == "Retained")
    eventually(lambda: condition(play.parent() or {}, "Ready").get("status") == "True")
    play.delete()
    play.gone()
    after = play.child(THIRD)
    assert after is not None
    assert after["metadata"]["generation"] == before["metadata"]["generation"]
    assert "deletionTimestamp" not in after["metadata"]


@pytest.mark.parametrize("contract", [GO, OWN], ids=["go", "own"])
def test_drained_member_leaves_the_ring_and_its_child_goes(
    play: Play, casskop: Callable[..., None], contract: SimulatorOptions
) -> None:
    """With Drain its seeds leave the others first, then its nodes, one after the other, then the child."""
    casskop(contract)
    play.begin(**DRAIN)
    began = play.recorder.wait_for(child(play.namespace, "demo", THIRD)).at
    play.change({"override": {THIRD: None}})
    gone = play.recorder.wait_for(child(play.namespace, "demo", THIRD, "DELETED"), after=began)
    history = [entry for entry in play.recorder.entries() if child(play.namespace, "demo", THIRD)(entry)]
    emptied = next(e for e in history if e.object["spec"]["topology"]["dc"][0].get("nodesPerRacks") == 0)
    assert any((e.object.get("status") or {}).get("lastClusterAction") == "ScaleDown" for e in history)
    for member in (HOME, OTHER):
        kept = seeds("demo", MEMBERS[:2])
        fits = child(play.namespace, "demo", member)
        told = play.recorder.wait_for(
            lambda e, fits=fits, kept=kept: fits(e) and (e.object.get("status") or {}).get("seedlist") == kept  # type: ignore[misc]
        )
        assert told.at < emptied.at < gone.at
    eventually(lambda: condition(play.parent() or {}, "Ready").get("status") == "True")
    assert state(play, THIRD) == ""


def test_refused_drain_is_told_and_goes_on_when_nothing_replicates_there(
    play: Play, casskop: Callable[..., None]
) -> None:
    """While keyspaces replicate to it CassKop puts the nodes back: nothing is deleted, and it says what to do."""
    casskop(OWN)
    play.begin(**DRAIN)
    play.edit_child(THIRD, {"metadata": {"annotations": {REPLICATES: "dc3"}}})
    play.change({"override": {THIRD: None}})
    play.told("ChildRefused", "ALTER KEYSPACE")
    assert nodes(play, THIRD) == [None]
    play.edit_child(THIRD, {"metadata": {"annotations": {REPLICATES: None}}})
    play.operator.restart()  # which tries at once; else it does in five minutes
    play.recorder.wait_for(child(play.namespace, "demo", THIRD, "DELETED"))


def test_member_that_goes_dark_while_it_drains_is_waited_for(play: Play, casskop: Callable[..., None]) -> None:
    """A member that cannot be seen keeps its child though its nodes are gone; when it is back the child goes."""
    casskop(OWN, members=(HOME, OTHER))
    casskop(SimulatorOptions(Mode.NORMAL, Contract.OWN, scale=0.1), members=[THIRD])
    play.begin(**DRAIN)
    play.change({"override": {THIRD: None}})
    eventually(lambda: nodes(play, THIRD) == [0])
    with play.dark(THIRD):
        eventually(lambda: state(play, THIRD) == "Dark")
        eventually(partial(is_scaled_down, play))
        assert play.child(THIRD) is not None
    play.recorder.wait_for(child(play.namespace, "demo", THIRD, "DELETED"))


def is_scaled_down(play: Play) -> bool:
    """Whether the third member's CassKop says that no node is left."""
    status = (play.child(THIRD) or {}).get("status") or {}
    return (status.get("lastClusterAction"), status.get("lastClusterActionStatus")) == ("ScaleDown", "Done")


def test_override_put_back_while_draining_keeps_the_child(play: Play, casskop: Callable[..., None]) -> None:
    """A member that is wanted again while its nodes go gets them back, and its child is never deleted."""
    casskop(OWN, members=(HOME, OTHER))
    casskop(SimulatorOptions(Mode.NORMAL, Contract.OWN, scale=0.1), members=[THIRD])
    play.begin(**DRAIN)
    override = ring("demo", MEMBERS)["spec"]["override"][THIRD]
    left = play.child(THIRD)
    assert left is not None
    play.change({"override": {THIRD: None}})
    eventually(lambda: nodes(play, THIRD) == [0])
    play.change({"override": {THIRD: override}})
    eventually(partial(is_whole, play))
    found = play.child(THIRD)
    assert found is not None
    assert found["metadata"]["uid"] == left["metadata"]["uid"]


def is_whole(play: Play) -> bool:
    """Whether all three members are Ready, the third with its node."""
    found = play.parent() or {}
    whole = (found.get("status") or {}).get("ready") == "3/3"
    return whole and nodes(play, THIRD) == [1] and condition(found, "Ready").get("status") == "True"
