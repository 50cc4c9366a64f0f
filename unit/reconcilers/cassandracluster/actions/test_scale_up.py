"""What is done when the last new node of a rack has joined."""

from dataclasses import replace
from typing import Any

import pytest
from fakes.cassandra import dc, plan, topology
from fakes.rack_scene import NOW, RUNS, changed, node, scene, stateful
from multicasskop.reconcilers.cassandracluster.actions.scale_up import advance
from multicasskop.reconcilers.cassandracluster.facts import Rack, Scene
from multicasskop.reconcilers.cassandracluster.jolokia.questions import JoiningNodes, OperationMode, Question
from multicasskop.reconcilers.cassandracluster.pods import Pod
from multicasskop.reconcilers.cassandracluster.rack_status import action_of, due, moved
from multicasskop.reconcilers.cassandracluster.step import Step
from multicasskop.reconcilers.cassandracluster.words import Action, Status
from multicasskop.reconcilers.cassandracluster.writes import Patch

Json = dict[str, Any]
R1, R2, ELSEWHERE = "dc1-rack1", "dc1-rack2", "dc2-rack1"
BEFORE, SINCE = "2026-11-26T11:00:00Z", "2026-11-26T12:00:05Z"
OLD, NEW = node(R1, 0, created=BEFORE), node(R1, 1, created=SINCE)
NEIGHBOUR, REMOTE = node(R2, 0, created=BEFORE), node(ELSEWHERE, 0, created=BEFORE)


def joined(**spec: Any) -> Scene:  # noqa: ANN401 - any field of the spec
    """The second node of a rack has joined; another rack and another datacenter are as they were."""
    wanted: Json = {**topology(dc("dc1", 2), dc("dc2")), "nodesPerRacks": 2, **spec}
    answers: dict[tuple[Pod, Question[Any]], object] = {
        (NEW, OperationMode()): "NORMAL",
        (OLD, JoiningNodes()): (),
    }
    found = scene([OLD, NEW], [NEIGHBOUR], spec=wanted, answers=answers)
    remote = Rack(plan(found.facts.wanted, ELSEWHERE), RUNS, stateful(ELSEWHERE, 1), (REMOTE,))
    found = replace(found, facts=replace(found.facts, racks=(*found.facts.racks, remote)))
    return changed(found, 0, status=moved(due(RUNS, Action.SCALE_UP, NOW), Status.ONGOING))


def clean_ups(step: Step) -> dict[str, str]:
    """Which pods are labelled for the clean-up, and how."""
    labels = {each.name: each.patch["metadata"]["labels"] for each in step.writes if isinstance(each, Patch)}
    assert all(found["operation-name"] == "cleanup" for found in labels.values())
    return {name: found["operation-status"] for name, found in labels.items()}


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        pytest.param({"autoPilot": True}, "ToDo", id="on its own"),
        pytest.param({"autoPilot": False}, "Manual", id="by a person"),
    ],
)
def test_d15_all_older_nodes_of_the_datacenter_are_cleaned_up(spec: Json, expected: str) -> None:
    """Whoever gave data away, in every rack of the datacenter; not the new node, nor another datacenter."""
    step = advance(joined(**spec))
    assert action_of(step.status) == (Action.SCALE_UP, Status.DONE)
    assert clean_ups(step) == {OLD.name: expected, NEIGHBOUR.name: expected}


def test_d15_nothing_is_cleaned_up_before_the_new_node_has_joined() -> None:
    """Until then the older nodes still serve what they will give away."""
    found = joined(autoPilot=True)
    joining = {**found.ring.answers, **scene([OLD, NEW], answers={(NEW, OperationMode()): "JOINING"}).ring.answers}
    step = advance(replace(found, ring=replace(found.ring, answers=joining)))
    assert action_of(step.status) == (Action.SCALE_UP, Status.ONGOING)
    assert clean_ups(step) == {}
