"""What must hold before a rack may be changed."""

from dataclasses import replace
from typing import Any

import pytest
from fakes.rack_scene import RUNS, changed, node, scene, stateful
from hypothesis import given
from hypothesis import strategies as st
from multicasskop.reconcilers.cassandracluster.facts import Scene
from multicasskop.reconcilers.cassandracluster.gates import (
    NodeFails,
    first_closed,
    has_joined,
    newest_joined,
    nobody_joins,
    others_ready,
    pods_ready,
    references_there,
)
from multicasskop.reconcilers.cassandracluster.jolokia.answers import Failed
from multicasskop.reconcilers.cassandracluster.jolokia.questions import JoiningNodes, OperationMode
from multicasskop.reconcilers.cassandracluster.pods import Pod, Trouble
from multicasskop.reconcilers.cassandracluster.ring import Unanswered

R1, R2 = "dc1-rack1", "dc1-rack2"
TWO = (node(R1, 0), node(R1, 1))
OTHER = node(R2, 0)
STUCK = node(R1, 1, ready=False, trouble=Trouble("Unschedulable", "0/3 nodes"))
WHY = "pod demo-dc1-rack1-1 is not ready"
HELD = replace(scene(TWO).rack.plan, partition=1)
HALF = (TWO[0], node(R1, 1, revision="new"))
SILENT = Failed("timeout", "no answer within 10s")
JOINING, MODE = JoiningNodes(), OperationMode()


def test_first_closed() -> None:
    """The first closed gate speaks, and those after it are not asked."""
    asked: list[str] = []

    def gate(said: str) -> str:
        asked.append(said)
        return said

    gates = [lambda _, said=said: gate(said) for said in ("", "wait", "never asked")]
    assert first_closed(scene(TWO), *gates) == "wait"
    assert asked == ["", "wait"]
    assert first_closed(scene(TWO)) == ""


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        pytest.param({}, "", id="all are well"),
        pytest.param({"statefulset": None}, "StatefulSet of rack dc1-rack1 is not there", id="no StatefulSet"),
        pytest.param({"pods": (TWO[0], node(R1, 1, ready=False))}, WHY, id="a pod is not ready"),
        pytest.param({"pods": (TWO[0], node(R1, 1, deleting=True))}, WHY, id="a pod ends"),
        pytest.param(
            {"pods": (node(R1, 0, ready=False), STUCK)}, f"{WHY} (Unschedulable: 0/3 nodes)", id="the stuck one first"
        ),
        pytest.param({"pods": TWO[:1]}, "rack dc1-rack1 has 1 of 2 pods", id="a pod is not there"),
        pytest.param(
            {"statefulset": stateful(R1, 2, updated=False)}, "StatefulSet demo-dc1-rack1 is not up to date", id="older"
        ),
        pytest.param(
            {"plan": HELD, "pods": HALF, "statefulset": stateful(R1, 2, updated=False, revision="new")},
            "rollingPartition 1 of rack dc1-rack1 to be lowered: it holds back demo-dc1-rack1-0",
            id="held back by a person",
        ),
        pytest.param(
            {"plan": HELD, "statefulset": stateful(R1, 2, updated=False, revision="new")},
            "StatefulSet demo-dc1-rack1 is not up to date",
            id="those that are not held back come first",
        ),
    ],
)
def test_pods_ready(fields: dict[str, Any], expected: str) -> None:
    """A rack that is not settled says what it lacks."""
    assert pods_ready(changed(scene(TWO), 0, **fields)) == expected


@given(
    there=st.lists(st.booleans(), max_size=3),
    replicas=st.integers(0, 3),
    ready=st.integers(0, 3),
    updated=st.booleans(),
)
def test_pods_ready_law(there: list[bool], replicas: int, ready: int, updated: bool) -> None:
    """The gate is open for settled racks and no others: a closed gate always says something."""
    pods = tuple(node(R1, ordinal, ready=well) for ordinal, well in enumerate(there))
    found = changed(scene(pods), 0, statefulset=stateful(R1, replicas, ready=ready, updated=updated))
    assert (pods_ready(found) == "") == found.rack.settled


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        pytest.param(scene(TWO, [OTHER]), "", id="all are well"),
        pytest.param(scene([STUCK], [OTHER]), "", id="the own rack does not count"),
        pytest.param(
            scene([OTHER], [STUCK]),
            f"pod {STUCK.name} of another rack is not ready (Unschedulable: 0/3 nodes)",
            id="a pod is not ready",
        ),
        pytest.param(
            changed(scene(TWO, [OTHER]), 1, statefulset=stateful(R2, 2)),
            "rack dc1-rack2 has 1 of 2 pods",
            id="a pod of another rack is gone",
        ),
        pytest.param(
            changed(scene(TWO, None), 1, status=RUNS),
            "rack dc1-rack2 has 0 of 1 pods",
            id="another rack ran, and all of it is gone",
        ),
        pytest.param(scene(TWO, None), "", id="another rack is not begun"),
        pytest.param(
            changed(scene(TWO, [OTHER]), 1, statefulset=None), "", id="another rack has only lost its StatefulSet"
        ),
    ],
)
def test_others_ready(found: Scene, expected: str) -> None:
    """While a node of another rack is away, whether its pod is seen or not, none may be taken away here."""
    assert others_ready(found) == expected


def test_a_person_passes() -> None:
    """Who unlocks the next operation accepts that nodes of other racks are away."""
    assert others_ready(scene([OTHER], [STUCK], spec={"unlockNextOperation": True})) == ""


@pytest.mark.parametrize(
    ("pods", "answers", "expected"),
    [
        pytest.param([], {}, "", id="there are no nodes"),
        pytest.param([STUCK], {}, "no node answers that could say whether another one is joining", id="none is ready"),
        pytest.param(TWO, {(TWO[0], JOINING): ()}, "", id="nobody joins"),
        pytest.param(TWO, {(TWO[0], JOINING): ("10.9.9.9", "x")}, "node 10.9.9.9 is joining the ring", id="one joins"),
        pytest.param(
            TWO, {(TWO[0], JOINING): SILENT, (TWO[1], JOINING): ()}, "", id="D11: one hangs, the next one answers"
        ),
        pytest.param(
            TWO,
            {(TWO[0], JOINING): SILENT, (TWO[1], JOINING): SILENT},
            f"node {TWO[1].name} does not say whether another one is joining: {SILENT.message}",
            id="all hang",
        ),
    ],
)
def test_nobody_joins(pods: list[Pod], answers: dict[Any, object], expected: str) -> None:
    """No node is changed while another joins, or while nobody can say that none does."""
    assert nobody_joins(scene(pods, answers=answers)) == expected


@pytest.mark.parametrize("gate", [nobody_joins, newest_joined])
def test_gates_ask(gate: Any) -> None:  # noqa: ANN401
    """A gate that needs an answer asks for it."""
    with pytest.raises(Unanswered):
        gate(scene(TWO))


@pytest.mark.parametrize(
    ("pods", "answers", "expected"),
    [
        pytest.param([], {}, "", id="no pod is wanted"),
        pytest.param([TWO[0], STUCK], {}, f"{WHY} (Unschedulable: 0/3 nodes)", id="it is not ready"),
        pytest.param(TWO, {(TWO[1], MODE): "JOINING"}, f"node {TWO[1].name} is JOINING", id="its pod is ready before"),
        pytest.param(TWO, {(TWO[1], MODE): "NORMAL"}, "", id="it has joined"),
        pytest.param(
            TWO,
            {(TWO[1], MODE): SILENT},
            f"node {TWO[1].name} does not say its mode: {SILENT.message}",
            id="it does not say",
        ),
    ],
)
def test_newest_joined(pods: list[Pod], answers: dict[Any, object], expected: str) -> None:
    """The node of the highest ordinal says itself that it is a part of the ring."""
    assert newest_joined(scene(pods, answers=answers)) == expected


@pytest.mark.parametrize(("gate", "question"), [(nobody_joins, JOINING), (newest_joined, MODE)])
def test_node_that_is_silent_is_a_trouble(gate: Any, question: Any) -> None:  # noqa: ANN401
    """Whoever waits for an answer that does not come says so as what a person may have to look at."""
    said = gate(scene(TWO, answers={(pod, question): SILENT for pod in TWO}))
    assert isinstance(said, NodeFails)
    assert SILENT.message in said


def test_pod_that_is_wanted_and_not_there_has_not_joined() -> None:
    """A rack whose StatefulSet has not made its pod yet waits for it."""
    given = changed(scene([]), 0, statefulset=stateful("dc1-rack1", 1))
    assert newest_joined(given) == "no pod is there"


def test_debugged_pods_have_no_nodes() -> None:
    """Pods that idle for a person's eyes are not asked: Cassandra does not run in them."""
    found = scene(TWO, spec={"debug": True})
    assert has_joined(found, TWO[0]) == ""


@pytest.mark.parametrize("missing", [(), ("Secret a is not there", "ConfigMap b is not there")])
def test_references_there(missing: tuple[str, ...]) -> None:
    """The first reference that leads nowhere closes the gate."""
    found = scene(TWO)
    assert references_there(replace(found, facts=replace(found.facts, missing=missing))) == "".join(missing[:1])
