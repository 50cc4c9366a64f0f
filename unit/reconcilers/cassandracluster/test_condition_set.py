"""What programs wait for, and what people read first."""

from dataclasses import replace
from typing import Any

import pytest
from fakes.rack_scene import changed, node, scene
from multicasskop.crds.base import Condition
from multicasskop.reconcilers.cassandracluster.condition_set import CATALOGUE, Findings, Reason, conditions, is_ready
from multicasskop.reconcilers.cassandracluster.facts import Facts
from multicasskop.reconcilers.cassandracluster.gates import NodeFails
from multicasskop.reconcilers.cassandracluster.pods import Trouble
from multicasskop.reconcilers.cassandracluster.summary import Summary

Json = dict[str, Any]
RUNS = Summary("Running", None, "Initializing", "Done")
GROWS = Summary("Pending", None, "ScaleUp", "Ongoing")
WELL = scene([node("dc1-rack1", 0)]).facts
STUCK = scene([node("dc1-rack1", 0, ready=False, trouble=Trouble("Unschedulable", "no room"))]).facts
LOST = changed(scene([node("dc1-rack1", 0)]), 0, pods=()).facts


def told(facts: Facts, summary: Summary = RUNS, findings: Findings | None = None) -> dict[str, tuple[str, str, str]]:
    """By type: status, reason and message."""
    found = conditions(facts, summary, findings or Findings())
    return {each["type"]: (each["status"], each["reason"], each["message"]) for each in found}


@pytest.mark.parametrize(
    ("summary", "findings", "ready", "progressing"),
    [
        pytest.param(RUNS, Findings(), ("True", "Running", ""), ("False", "Done", ""), id="all is done"),
        pytest.param(
            GROWS,
            Findings(rack="dc1-rack1", waiting="its next pod"),
            ("False", "ScaleUp", "rack dc1-rack1: waits for its next pod"),
            ("True", "ScaleUp", "rack dc1-rack1: waits for its next pod"),
            id="an action",
        ),
        pytest.param(
            GROWS,
            Findings(invalid="spec: no"),
            ("False", "Invalid", "spec: no"),
            ("False", "Invalid", ""),
            id="invalid",
        ),
        pytest.param(
            RUNS,
            Findings(ending=True, waiting="2 claims to go"),
            ("False", "Deleting", "waits for 2 claims to go"),
            ("True", "Deleting", "waits for 2 claims to go"),
            id="deleted",
        ),
    ],
)
def test_ready_and_progressing(
    summary: Summary, findings: Findings, ready: tuple[str, str, str], progressing: tuple[str, str, str]
) -> None:
    """Ready only when all racks run and nothing is due; both say in which rack, and whom it waits for."""
    found = told(WELL, summary, findings)
    assert (found["Ready"], found["Progressing"]) == (ready, progressing)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        pytest.param(WELL, ("False", "AsExpected", ""), id="all is well"),
        pytest.param(replace(STUCK, failure="403 Forbidden"), ("True", "WriteRefused", "403 Forbidden"), id="a right"),
        pytest.param(replace(STUCK, missing=("no map",)), ("True", "ReferenceMissing", "no map"), id="a reference"),
        pytest.param(STUCK, ("True", "Unschedulable", "pod demo-dc1-rack1-0: no room"), id="a stuck pod"),
        pytest.param(LOST, ("True", "NodesMissing", "rack dc1-rack1 has 0 of 1 pods"), id="a lost node"),
    ],
)
def test_degraded_says_the_most_telling(facts: Facts, expected: tuple[str, str, str]) -> None:
    """What a person must do something about comes first."""
    assert told(facts)["Degraded"] == expected


@pytest.mark.parametrize(
    ("facts", "waiting", "expected"),
    [
        pytest.param(WELL, NodeFails("node a hangs"), ("True", "NodeFails", "node a hangs"), id="a node that hangs"),
        pytest.param(LOST, NodeFails("node a hangs"), ("True", "NodeFails", "node a hangs"), id="before lost ones"),
        pytest.param(STUCK, NodeFails("a"), told(STUCK)["Degraded"], id="after stuck pods"),
        pytest.param(WELL, "node a is LEAVING", ("False", "AsExpected", ""), id="a node that takes its time"),
    ],
)
def test_node_that_does_not_answer_as_it_must_is_a_trouble(
    facts: Facts, waiting: str, expected: tuple[str, str, str]
) -> None:
    """Who is waited for may be at it; one that hangs, refuses or answers nonsense is for a person to look at."""
    assert told(facts, GROWS, Findings(rack="dc1-rack1", waiting=waiting))["Degraded"] == expected


@pytest.mark.parametrize(
    ("findings", "reason"),
    [
        (Findings(), "Accepted"),
        (Findings(invalid="a"), "Invalid"),
        (Findings(refused="b"), "ChangeRefused"),
        (Findings(fixed="c"), "CannotBeChanged"),
    ],
)
def test_valid(findings: Findings, reason: str) -> None:
    """True when the spec is what is being done, else why not."""
    status, found, _ = told(WELL, findings=findings)["Valid"]
    assert (status, found) == (str(reason == "Accepted"), reason)


@pytest.mark.parametrize(
    ("since", "stays"), [(0, True), (1, True), (2, False)], ids=["now", "taken back since", "edited since"]
)
def test_refusal_is_said_until_the_next_edit(since: int, stays: bool) -> None:
    """Taking it back is a change of the spec, too, and no reason to forget what was refused."""
    told_before = Condition.model_validate(
        {
            "type": "Valid",
            "status": "False",
            "reason": "ChangeRefused",
            "message": "spec.x",
            "lastTransitionTime": "2026-11-26T12:00:00Z",
            "observedGeneration": 5,
        }
    )
    cluster = WELL.cluster
    meta = cluster.metadata.model_copy(update={"generation": 5 + since})
    status = cluster.status.model_copy(update={"conditions": (told_before,)})
    facts = replace(WELL, cluster=cluster.model_copy(update={"metadata": meta, "status": status}))
    (valid,) = (each for each in conditions(facts, RUNS, Findings()) if each["type"] == "Valid")
    assert (valid["reason"], valid["observedGeneration"]) == (
        ("ChangeRefused", 5) if stays else ("Accepted", 5 + since)
    )


@pytest.mark.parametrize(("seeds", "expected"), [((), "NoSeed"), (("a",), "Computed")])
def test_seeds(seeds: tuple[str, ...], expected: str) -> None:
    """Whether there are any, and whose they are."""
    assert told(replace(WELL, seeds=seeds))["SeedsResolved"][1] == expected


def test_every_reason_is_documented() -> None:
    """Reasons are API: the catalogue has all of them."""
    assert {reason for _, _, reason, _ in CATALOGUE} >= set(Reason) - {Reason.DELETING}


def test_ready_is_running_and_done() -> None:
    """Other operators wait for exactly that."""
    assert (is_ready(RUNS), is_ready(GROWS)) == (True, False)
