"""What a decision is made on."""

from dataclasses import replace
from typing import Any

import pytest
from fakes.rack_scene import RUNS, changed, node, scene, stateful
from multicasskop.crds.cassandracluster.status import RackStatus
from multicasskop.reconcilers.cassandracluster.facts import Rack
from multicasskop.reconcilers.cassandracluster.pods import Pod, Trouble
from multicasskop.reconcilers.cassandracluster.rack_status import NEW, due, moved
from multicasskop.reconcilers.cassandracluster.words import Action, Status

R1, R2 = "dc1-rack1", "dc1-rack2"
TWO = (node(R1, 0), node(R1, 1))
DUE = due(RUNS, Action.SCALE_UP, scene(TWO).now)
STUCK = node(R1, 1, ready=False, trouble=Trouble("Unschedulable"))


def rack(**fields: Any) -> Rack:  # noqa: ANN401
    """A rack of two nodes that are well, but for this."""
    return replace(scene(TWO).rack, **fields)


@pytest.mark.parametrize(
    ("fields", "settled"),
    [
        pytest.param({}, True, id="all are well"),
        pytest.param({"statefulset": None}, False, id="no StatefulSet"),
        pytest.param({"statefulset": stateful(R1, 2, seen=False)}, False, id="its StatefulSet is not"),
        pytest.param({"pods": (TWO[0], node(R1, 1, ready=False))}, False, id="a pod is not ready"),
        pytest.param({"pods": (TWO[0], node(R1, 1, deleting=True))}, False, id="a pod ends"),
        pytest.param({"pods": TWO[:1]}, False, id="a pod is not seen yet"),
        pytest.param({"pods": ()}, False, id="no pod is seen yet"),
        pytest.param({"pods": (), "statefulset": stateful(R1, 0)}, True, id="none is wanted"),
    ],
)
def test_settled(fields: dict[str, Any], settled: bool) -> None:
    """A rack is settled when its StatefulSet says so and each of its pods is seen to be well."""
    assert rack(**fields).settled is settled


@pytest.mark.parametrize(
    ("status", "fields", "active"),
    [
        pytest.param(RUNS, {}, False, id="nothing goes on"),
        pytest.param(RUNS, {"pods": TWO[:1]}, True, id="a pod is away"),
        pytest.param(RUNS, {"statefulset": None}, False, id="nothing is there"),
        pytest.param(DUE, {}, False, id="something is due"),
        pytest.param(moved(DUE, Status.ONGOING), {}, True, id="something goes on"),
        pytest.param(NEW, {"statefulset": None, "pods": ()}, True, id="a new rack"),
    ],
)
def test_active(status: RackStatus, fields: dict[str, Any], active: bool) -> None:
    """A rack is active while an action goes on, or a pod is missing."""
    found = rack(status=status, **fields)
    assert (found.active, found.initializing) == (active, status is NEW)


def test_pods_of_a_rack() -> None:
    """A pod is found by its ordinal, and the first that is stuck is the one that is told of."""
    found = rack(pods=(TWO[0], STUCK, replace(STUCK, ordinal=2)))
    assert (found.id, found.pod(1), found.pod(3), found.stuck) == (R1, STUCK, None, STUCK)
    assert rack(pods=(TWO[0], replace(STUCK, ready=True))).stuck is None


@pytest.mark.parametrize(
    ("first", "second", "speakers"),
    [
        pytest.param(TWO, [node(R2, 0)], [TWO[0], node(R2, 0), TWO[1]], id="by ordinal, then in topology order"),
        pytest.param([node(R1, 0, ready=False)], [node(R2, 0)], [node(R2, 0)], id="one that is not ready is none"),
        pytest.param([node(R1, n) for n in range(5)], [], [node(R1, n) for n in range(3)], id="three at most"),
        pytest.param([node(R1, 0, ip="")], [node(R2, 0, deleting=True)], [], id="nobody"),
    ],
)
def test_speakers(first: list[Pod], second: list[Pod], speakers: list[Pod]) -> None:
    """The ring is asked about at ready nodes, those of the lowest ordinals first; a few of them are enough."""
    facts = scene(first, second).facts
    assert list(facts.speakers) == speakers
    assert facts.speaker == (speakers[0] if speakers else None)


def test_others_unready() -> None:
    """Of other racks, the pods that are not ready or end are told; those of the own rack are not."""
    away, ends = node(R2, 0, ready=False), node(R2, 1, deleting=True)
    found = scene([STUCK], [away, ends, node(R2, 2)])
    assert found.others_unready == (away, ends)
    assert scene([STUCK], [node(R2, 0)]).others_unready == ()


def test_what_a_scene_knows() -> None:
    """The moment is that of the facts, and a person's key is read from the completed spec."""
    found = scene(TWO, spec={"unlockNextOperation": True})
    assert found.unlocked
    assert found.now == found.facts.now
    assert not scene(TWO).unlocked
    assert list(changed(found, 0, pods=TWO[:1]).facts.pods) == [TWO[0]]
